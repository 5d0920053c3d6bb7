// SPDX-License-Identifier: GPL-2.0
/* What proves that the bytes written are the bytes read. */
#include "checksum.h"

#include <stdio.h>
#include <string.h>

#include "common/fail.h"

static const char * const names[] = {
	[CP_SHA256]	= "sha256",
	[CP_POLY1305]	= "poly1305",
};

#define NAME_COUNT	(sizeof(names) / sizeof(names[0]))

enum cp_checksum checksum_by_name(const char *name)
{
	unsigned int i;

	for (i = 1; i < NAME_COUNT; i++)
		if (!strcmp(name, names[i]))
			return i;
	fail("'%s' is not a checksum: sha256 or poly1305", name);
	return 0;
}

const char *checksum_name(enum cp_checksum algorithm)
{
	return algorithm < NAME_COUNT ? names[algorithm] : NULL;
}

static int no_library(void)
{
	return fail("libcrypto cannot compute the checksum");
}

static int init_poly1305(struct checksum *checksum,
			 const __u8 data_key[CP_MAC_LEN])
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "POLY1305", NULL);

	if (mac)
		checksum->mac = EVP_MAC_CTX_new(mac);
	EVP_MAC_free(mac);
	if (checksum->mac &&
	    EVP_MAC_init(checksum->mac, data_key, CP_MAC_LEN, NULL))
		return 0;
	return no_library();
}

int checksum_init(struct checksum *checksum, enum cp_checksum algorithm,
		  const __u8 data_key[CP_MAC_LEN])
{
	memset(checksum, 0, sizeof(*checksum));
	if (algorithm == CP_POLY1305)
		return init_poly1305(checksum, data_key);
	checksum->md = EVP_MD_CTX_new();
	if (checksum->md && EVP_DigestInit_ex(checksum->md, EVP_sha256(), NULL))
		return 0;
	return no_library();
}

int checksum_add(struct checksum *checksum, const void *data, size_t len)
{
	int ok = checksum->mac ? EVP_MAC_update(checksum->mac, data, len) :
		EVP_DigestUpdate(checksum->md, data, len);

	return ok ? 0 : no_library();
}

int checksum_result(struct checksum *checksum, __u8 digest[CP_DIGEST_LEN])
{
	size_t len;
	int ok;

	memset(digest, 0, CP_DIGEST_LEN);
	ok = checksum->mac ?
		EVP_MAC_final(checksum->mac, digest, &len, CP_DIGEST_LEN) :
		EVP_DigestFinal_ex(checksum->md, digest, NULL);
	return ok ? 0 : no_library();
}

void checksum_free(struct checksum *checksum)
{
	EVP_MD_CTX_free(checksum->md);
	EVP_MAC_CTX_free(checksum->mac);
}

void checksum_print(const __u8 digest[CP_DIGEST_LEN],
		    char text[CHECKSUM_TEXT_MAX])
{
	unsigned int i;

	for (i = 0; i < CP_DIGEST_LEN; i++)
		sprintf(text + 2 * i, "%02x", digest[i]);
}

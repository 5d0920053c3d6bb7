/* SPDX-License-Identifier: GPL-2.0 */
/* What proves that the bytes written are the bytes read. */
#ifndef HPSCP_CHECKSUM_H
#define HPSCP_CHECKSUM_H

#include <stddef.h>

#include <openssl/evp.h>

#include "proto.h"

#define CHECKSUM_TEXT_MAX	(2 * CP_DIGEST_LEN + 1)

/* One of the two is in use. */
struct checksum {
	EVP_MD_CTX	*md;
	EVP_MAC_CTX	*mac;
};

/* The algorithm of that name, 0 after fail(). */
enum cp_checksum checksum_by_name(const char *name);

/* NULL when there is no such algorithm. */
const char *checksum_name(enum cp_checksum algorithm);

/* All of these return -1 after fail(). @data_key: see proto.h */
int checksum_init(struct checksum *checksum, enum cp_checksum algorithm,
		  const __u8 data_key[CP_MAC_LEN]);
int checksum_add(struct checksum *checksum, const void *data, size_t len);

/* Shorter results end with zeros. */
int checksum_result(struct checksum *checksum, __u8 digest[CP_DIGEST_LEN]);
void checksum_free(struct checksum *checksum);

void checksum_print(const __u8 digest[CP_DIGEST_LEN],
		    char text[CHECKSUM_TEXT_MAX]);

#endif /* HPSCP_CHECKSUM_H */

// SPDX-License-Identifier: GPL-2.0
/* The shared key: its file, and the proof that both sides have it. */
#include "key.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/direct.h"
#include "common/fail.h"
#include "wire.h"

/* The bodies of both HELLOs: what proofs and session key are made from. */
struct transcript {
	struct cp_hello client;
	struct cp_hello server;
};

static int read_key(struct key *key, const char *path, int fd)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st))
		return fail("cannot read the key file %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail("the key file %s is not a regular file", path);
	if (st.st_mode & 0007)
		return fail("everybody may use the key file %s: chmod o= it first",
			    path);
	if (st.st_size > KEY_MAX)
		return fail("the key file %s has more than %d bytes", path, KEY_MAX);
	got = read(fd, key->bytes, sizeof(key->bytes));
	if (got < 0)
		return fail("cannot read the key file %s: %s", path, strerror(errno));
	while (got && isspace(key->bytes[got - 1]))
		got--;
	if (got < KEY_MIN)
		return fail("the key in %s has less than %d bytes", path, KEY_MIN);
	key->len = got;
	return 0;
}

int key_load(struct key *key, const char *path)
{
	int err, fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return fail("cannot open the key file %s: %s", path, strerror(errno));
	err = read_key(key, path, fd);
	close(fd);
	return err;
}

void key_hmac(const void *key, size_t len, const struct iovec *parts,
	      size_t count, __u8 mac[CP_MAC_LEN])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 (char *)"SHA256", 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
	size_t i, mac_len = 0;
	int ok;

	ok = ctx && EVP_MAC_init(ctx, key, len, params);
	for (i = 0; ok && i < count; i++)
		ok = EVP_MAC_update(ctx, parts[i].iov_base, parts[i].iov_len);
	ok = ok && EVP_MAC_final(ctx, mac, &mac_len, CP_MAC_LEN);
	if (!ok || mac_len != CP_MAC_LEN) {
		say_error("libcrypto cannot compute HMAC-SHA256");
		_exit(1);
	}
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(algorithm);
}

static void derive(const struct key *key, const char *label,
		   const struct transcript *transcript, __u8 mac[CP_MAC_LEN])
{
	const struct iovec parts[] = {
		{ (void *)label, strlen(label) },
		{ (void *)transcript, sizeof(*transcript) },
	};

	key_hmac(key->bytes, key->len, parts, 2, mac);
}

static int make_hello(struct cp_hello *hello, const struct key *key, bool direct)
{
	memset(hello, 0, sizeof(*hello));
	memcpy(hello->magic, CP_MAGIC, sizeof(hello->magic));
	hello->version = htobe16(CP_VERSION);
	hello->flags = htobe16((key ? CP_HELLO_KEY : 0) |
			       (direct ? CP_HELLO_DIRECT : 0));
	if (getrandom(hello->nonce, sizeof(hello->nonce), 0) != sizeof(hello->nonce))
		return fail("cannot get random numbers: %s", strerror(errno));
	return 0;
}

static int check_hello(const struct cp_hello *hello)
{
	if (memcmp(hello->magic, CP_MAGIC, sizeof(hello->magic)))
		return fail("the other side does not speak hpscp's protocol");
	if (be16toh(hello->version) != CP_VERSION)
		return fail("the other side speaks version %u of hpscp's protocol, this side version %u",
			    be16toh(hello->version), CP_VERSION);
	if (be16toh(hello->flags) & ~(CP_HELLO_KEY | CP_HELLO_DIRECT) || hello->reserved)
		return fail("the other side's greeting has unknown flags");
	return 0;
}

static int recv_proof(struct wire *wire, const struct key *key,
		      const char *label, const struct transcript *transcript)
{
	struct cp_proof theirs;
	__u8 right[CP_MAC_LEN];

	if (wire_recv_fixed(wire, CP_PROOF, &theirs, sizeof(theirs)))
		return -1;
	derive(key, label, transcript, right);
	if (CRYPTO_memcmp(theirs.mac, right, sizeof(right)))
		return fail("the keys of the two sides differ");
	return 0;
}

static int send_proof(struct wire *wire, const struct key *key,
		      const char *label, const struct transcript *transcript)
{
	struct cp_proof proof;

	derive(key, label, transcript, proof.mac);
	return wire_send(wire, CP_PROOF, &proof, sizeof(proof));
}

static void derive_data_key(struct wire *wire, const struct key *key,
			    const struct transcript *transcript)
{
	static const struct key none = { .len = 6, .bytes = "no key" };

	derive(key ? key : &none, "hpscp data", transcript, wire->data_key);
}

static void start_macs(struct wire *wire, const struct key *key,
		       const struct transcript *transcript)
{
	derive(key, "hpscp session", transcript, wire->session_key);
	wire->has_key = true;
}

int key_hello_client(struct wire *wire, const struct key *key)
{
	struct transcript both;
	bool demanded, direct;

	if (make_hello(&both.client, key, wire->direct) ||
	    wire_send(wire, CP_HELLO, &both.client, sizeof(both.client)) ||
	    wire_recv_fixed(wire, CP_HELLO, &both.server, sizeof(both.server)) ||
	    check_hello(&both.server))
		return -1;

	direct = be16toh(both.server.flags) & CP_HELLO_DIRECT;
	if (direct && !wire->direct)
		return fail("the other side's greeting has unknown flags");
	if (wire->direct && !direct)
		return 1;
	demanded = be16toh(both.server.flags) & CP_HELLO_KEY;
	if (demanded && !key)
		return fail("the server demands a key: use --key FILE");
	if (!demanded && key)
		return fail("the server has no key, so it cannot prove who it is: not using it");
	derive_data_key(wire, key, &both);
	if (!key)
		return 0;

	if (send_proof(wire, key, "hpscp client", &both) ||
	    recv_proof(wire, key, "hpscp server", &both))
		return -1;
	start_macs(wire, key, &both);
	return 0;
}

int key_hello_server(struct wire *wire, const struct key *key)
{
	struct transcript both;

	if (wire_recv_fixed(wire, CP_HELLO, &both.client, sizeof(both.client)))
		return -1;
	if (memcmp(both.client.magic, CP_MAGIC, sizeof(both.client.magic)))
		return fail("the other side does not speak hpscp's protocol");
	wire->direct = be16toh(both.client.flags) & CP_HELLO_DIRECT &&
		direct_usable(wire->fd);
	if (make_hello(&both.server, key, wire->direct) ||
	    wire_send(wire, CP_HELLO, &both.server, sizeof(both.server)) ||
	    check_hello(&both.client))
		return -1;
	derive_data_key(wire, key, &both);
	if (!key)
		return 0;

	if (!(be16toh(both.client.flags) & CP_HELLO_KEY))
		return fail("this server demands a key: use --key FILE");
	if (recv_proof(wire, key, "hpscp client", &both) ||
	    send_proof(wire, key, "hpscp server", &both))
		return -1;
	start_macs(wire, key, &both);
	return 0;
}

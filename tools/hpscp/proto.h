/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The protocol of hpscp, version 1. One connection does one transfer.
 *
 *	client				server
 *	HELLO			->
 *				<-	HELLO		flag KEY: a key is demanded
 *	[PROOF			->			with a key only
 *				<-	PROOF]
 *	REQUEST get		->
 *				<-	READY		size, mode, time of the part
 *				<-	DATA ...
 *				<-	END		digest of what was read
 *   or
 *	REQUEST put		->
 *				<-	READY
 *	DATA ...		->
 *	END			->
 *				<-	DONE		digest of what was written
 *
 * At any place either side may send ERROR, a sentence, and give up. Every
 * message is a header and a body; integers are big-endian, offsets and sizes
 * 64 bit and at most 2^63-1. Reserved fields are zero; an unknown type, a flag
 * or a length that does not fit is answered with ERROR.
 *
 * A HELLO of another version is answered with the server's own HELLO, so that
 * the client can name both versions; then both give up. Whatever changes the
 * meaning of a message makes a new version.
 *
 * Direct placement. A client that wants it says DIRECT in its HELLO; a server
 * that can does so in its own only then. A client that gets no DIRECT back makes
 * another connection without it: servers that do not know the flag end this one.
 * When both have said it, and there is at least a byte, DATA gives way to
 *
 *	sender				receiver
 *				<-	WINDOW		memory of the file
 *				<-	WINDOW		and the next part of it
 *	(one-sided writes) PLACED ->			up to here
 *	...			<-	WINDOW		the first one is full
 *	(one-sided writes) PLACED ->
 *				<-	ORDINARY	no more; all windows are full
 *	DATA ...		->			what is left
 *
 * ORDINARY comes if bytes are left, also without any WINDOW before; END as ever.
 *
 * Keys. Both sides hold the same secret K. With T = the bytes of the client's
 * HELLO body, then of the server's (both have a random nonce, the version and
 * the flags, so none of these can be changed on the way):
 *
 *	client's PROOF = HMAC-SHA256(K, "hpscp client" T)
 *	server's PROOF = HMAC-SHA256(K, "hpscp server" T)
 *	session key S  = HMAC-SHA256(K, "hpscp session" T)
 *
 * The client proves first: a stranger gets nothing to guess the key from.
 * After the PROOFs every message but DATA is followed by
 *
 *	HMAC-SHA256(S, role number header body)
 *
 * where role is one octet, 'c' or 's', that names the sender, and number is
 * the 64-bit count of its messages with a MAC so far. As END and DONE carry
 * the digest of all data, nobody on the way can change a request or the data
 * unseen. Nothing is encrypted.
 *
 * The digest is SHA-256 of the data, or Poly1305, which costs a sixteenth of
 * it in instructions on machines without SHA instructions, and identifies a
 * transfer, not a file. Its one-time key is
 *
 *	HMAC-SHA256(K, "hpscp data" T), where K is "no key" if there is none
 */
#ifndef HPSCP_PROTO_H
#define HPSCP_PROTO_H

#include <assert.h>

#include <linux/types.h>

#define CP_PORT			18513
#define CP_VERSION		1
#define CP_MAGIC		"HPScp\r\n"	/* with its NUL: 8 octets */

#define CP_NONCE_LEN		32
#define CP_MAC_LEN		32
#define CP_DIGEST_LEN		32

#define CP_PATH_MAX		4095
#define CP_ERROR_MAX		511
#define CP_DATA_MAX		(1024 * 1024)

enum cp_type {
	CP_HELLO	= 1,
	CP_PROOF	= 2,
	CP_REQUEST	= 3,
	CP_READY	= 4,
	CP_DATA		= 5,
	CP_END		= 6,
	CP_DONE		= 7,
	CP_ERROR	= 8,	/* body: 1 to CP_ERROR_MAX octets of UTF-8 */
	CP_WINDOW	= 9,
	CP_PLACED	= 10,
	CP_ORDINARY	= 11,	/* body: why, 1 to CP_ERROR_MAX octets of UTF-8 */
};

struct cp_header {
	__u8	type;
	__u8	reserved[3];
	__be32	length;		/* of the body, a MAC not counted */
};
static_assert(sizeof(struct cp_header) == 8, "cp_header");

#define CP_HELLO_KEY	0x0001	/* client: has one; server: demands one */
#define CP_HELLO_DIRECT	0x0002	/* WINDOW, PLACED, ORDINARY are understood */

struct cp_hello {
	__u8	magic[8];
	__be16	version;
	__be16	flags;
	__be32	reserved;
	__u8	nonce[CP_NONCE_LEN];
};
static_assert(sizeof(struct cp_hello) == 48, "cp_hello");

struct cp_proof {
	__u8	mac[CP_MAC_LEN];
};

enum cp_op {
	CP_GET		= 1,
	CP_PUT		= 2,
};

enum cp_checksum {
	CP_SHA256	= 1,
	CP_POLY1305	= 2,	/* 16 octets, then zeros */
};

#define CP_REQ_PART	0x01	/* offset and length name a part */
#define CP_REQ_TO_END	0x02	/* get of a part: length is "to the end" */
#define CP_REQ_TIMES	0x04	/* put: set the modification time */

/*
 * get: of a part, offset and length; else both are zero. mode and mtime zero.
 * put: length is how much DATA follows. Without PART a new file takes the
 *	path's place once all has arrived and is right; with PART the data go
 *	to offset of a file that exists.
 */
struct cp_request {
	__u8	op;
	__u8	flags;
	__be16	path_len;
	__be32	mode;		/* permission bits, 0777 at most */
	__be64	offset;
	__be64	length;
	__be64	mtime_sec;	/* signed */
	__be32	mtime_nsec;
	__u8	checksum;
	__u8	reserved[3];
	/* path_len octets: relative to the served directory, no NUL */
};
static_assert(sizeof(struct cp_request) == 40, "cp_request");

/* put: all zero. get: what follows. */
struct cp_ready {
	__be64	length;		/* of the DATA that follow */
	__be64	file_size;
	__be64	mtime_sec;
	__be32	mtime_nsec;
	__be32	mode;
};
static_assert(sizeof(struct cp_ready) == 32, "cp_ready");

/* DATA: 1 to CP_DATA_MAX octets of the file, in order. */

/* WINDOW: the part of the file behind that of the WINDOW before. At most two are
 * there that are not all in place.
 */
struct cp_window {
	__be32	stag;		/* a region that is open to writes */
	__be32	reserved;
	__be64	length;
};
static_assert(sizeof(struct cp_window) == 16, "cp_window");

/* Not beyond the end of the WINDOW that is next to be full. */
struct cp_placed {
	__be64	end;		/* bytes that have been written, from the first on */
};

struct cp_end {
	__be64	length;		/* of all DATA together */
	__u8	digest[CP_DIGEST_LEN];
};
static_assert(sizeof(struct cp_end) == 40, "cp_end");

struct cp_done {
	__be64	length;
	__u8	digest[CP_DIGEST_LEN];
	__be64	nsec;		/* from READY to the last DATA, server's clock */
};
static_assert(sizeof(struct cp_done) == 48, "cp_done");

#endif /* HPSCP_PROTO_H */

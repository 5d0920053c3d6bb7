// SPDX-License-Identifier: GPL-2.0
/* HPS by hand over a plain TCP socket, see raw.h. */
#include "raw.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

/* The module listens there on behalf of all HPS listeners. */
void raw_dial(struct raw *r)
{
	union address addr;
	socklen_t len = loopback(&addr, RAW_TCP_PORT);

	raw_dial_to(r, &addr, len);
}

static void open_tcp(struct raw *r)
{
	memset(r, 0, sizeof(*r));
	r->fd = socket(v->family, SOCK_STREAM, IPPROTO_TCP);
	CHECK(r->fd >= 0);
	set_int(r->fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

void raw_dial_to(struct raw *r, const union address *addr, socklen_t len)
{
	open_tcp(r);
	CHECK(connect(r->fd, &addr->sa, len) == 0);
}

/* From another address than raw_dial(): over another pair of links. */
static void dial_from_other(struct raw *r)
{
	union address to, from;
	socklen_t len = loopback(&to, RAW_TCP_PORT);
	static bool added;

	loopback(&from, 0);
	if (from.sa.sa_family == AF_INET6) {
		CHECK(added || !system("ip addr replace fd00::2/128 dev lo nodad"));
		added = true;
		inet_pton(AF_INET6, "fd00::2", &from.in6.sin6_addr);
	} else {
		inet_pton(AF_INET, "127.0.0.2", &from.in.sin_addr);
	}
	open_tcp(r);
	CHECK(bind(r->fd, &from.sa, len) == 0);
	CHECK(connect(r->fd, &to.sa, len) == 0);
}

/* The module may have closed already: that is for the reader to find. */
void raw_send(struct raw *r, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = send(r->fd, p, len, MSG_NOSIGNAL);

		if (n < 0) {
			CHECK(errno == EPIPE || errno == ECONNRESET);
			return;
		}
		p += n;
		len -= n;
	}
}

/* Fills @r->mine. */
void raw_hello(struct raw *r, u8 kind, int port)
{
	static u64 state = 0xbadc0de;
	struct hps_hello *h = &r->mine;
	unsigned int i;

	memset(h, 0, sizeof(*h));
	h->version = HPS_WIRE_VERSION;
	h->kind = kind;
	h->credit = cpu_to_be32(1 << 20);
	h->host_id = cpu_to_be64(0x1234);
	h->token = cpu_to_be64(seeded((uint64_t *)&state));
	for (i = 0; i < sizeof(h->nonce); i++)
		h->nonce[i] = seeded((uint64_t *)&state);
	h->port = cpu_to_be16(port);
	h->source_port = cpu_to_be16(4711);
	h->socktype = v->type;
}

void raw_startup(struct raw *r, bool reply, u8 flags)
{
	u8 buf[MPA_MAX_STARTUP];
	int n = mpa_startup_build(buf, sizeof(buf), reply, flags, &r->mine,
				  sizeof(r->mine));

	CHECK(n > 0);
	raw_send(r, buf, n);
}

/* Reads exactly @len octets; false at the end of the stream or an error. */
static bool read_all(int fd, void *buf, size_t len)
{
	char *p = buf;

	set_timeout(fd, SO_RCVTIMEO, scaled(8000));
	while (len) {
		ssize_t n = recv(fd, p, len, 0);

		if (n <= 0) {
			if (n < 0)
				CHECK(errno != EAGAIN);
			return false;
		}
		p += n;
		len -= n;
	}
	return true;
}

bool raw_read_startup(struct raw *r)
{
	struct mpa_startup head;

	if (!read_all(r->fd, &head, sizeof(head)))
		return false;
	CHECK_EQ(be16_to_cpu(head.private_len), sizeof(r->theirs));
	CHECK_EQ(head.revision, MPA_REVISION);
	r->flags = head.flags;
	return read_all(r->fd, &r->theirs, sizeof(r->theirs));
}

/* Lays a message out as a frame, with a CRC if the module has asked for that.
 * Returns its size.
 */
size_t raw_frame(struct raw *r, void *buf, const void *msg, size_t len)
{
	size_t size = mpa_frame_size(HPS_ULPDU_HEAD + len);
	size_t checked = size - MPA_CRC_SIZE;
	struct hps_frame head;
	__le32 crc;

	memset(buf, 0, size);
	hps_frame_build(&head, len, ++r->tx_msn);
	memcpy(buf, &head, sizeof(head));
	memcpy((char *)buf + sizeof(head), msg, len);
	if (r->flags & MPA_FLAG_CRC) {
		crc = mpa_crc_end(mpa_crc_add(mpa_crc_start(), buf, checked));
		memcpy((char *)buf + checked, &crc, sizeof(crc));
	}
	return size;
}

void raw_message(struct raw *r, const void *msg, size_t len)
{
	static char buf[70000];

	raw_send(r, buf, raw_frame(r, buf, msg, len));
}

/* The next message, cut to @size; 0 at the end, whatever its kind. */
ssize_t raw_read_message(struct raw *r, void *buf, size_t size)
{
	static char body[70000];
	const struct hps_msg *msg = (void *)body;
	struct hps_frame head;
	size_t len, rest;

	if (!read_all(r->fd, &head, sizeof(head)))
		return 0;
	CHECK_EQ(head.ddp_ctrl, 0x41);
	CHECK_EQ(head.rdmap_ctrl, 0x43);
	len = hps_frame_payload(&head);
	rest = mpa_frame_size(HPS_ULPDU_HEAD + len) - sizeof(head);
	if (!read_all(r->fd, body, rest))
		return 0;
	if (msg->type < 32)
		r->seen |= 1u << msg->type;
	if (msg->type == HPS_MSG_RESET)
		r->reason = be32_to_cpu(((struct hps_reset *)body)->reason);
	memcpy(buf, body, len < size ? len : size);
	return len;
}

/* Reads on until a message of this type; false if the channel ends before. */
bool raw_wait_message(struct raw *r, u8 type, void *buf, size_t size)
{
	while (raw_read_message(r, buf, size) > 0)
		if (((struct hps_msg *)buf)->type == type)
			return true;
	return false;
}

void raw_ack(struct raw *r, u64 ack, u64 edge)
{
	struct hps_ack m;

	hps_ack_build(&m, ack, edge, be32_to_cpu(r->mine.credit));
	raw_message(r, &m, sizeof(m));
}

/* A segment of the pattern that recv_pattern(fd, len, off) wants. */
void raw_data(struct raw *r, u8 flags, u64 off, size_t len)
{
	static char buf[66000];

	hps_data_build((void *)buf, flags, off, 0, 1 << 20);
	pattern(buf + sizeof(struct hps_data), len, off);
	raw_message(r, buf, sizeof(struct hps_data) + len);
}

void raw_fin(struct raw *r, u64 off)
{
	struct hps_fin m;

	hps_fin_build(&m, off);
	raw_message(r, &m, sizeof(m));
}

/* Opens a connection to @lst by hand; returns the accepted socket. */
int raw_open(struct raw *r, int lst)
{
	return raw_open_with(r, lst, 0, 1 << 20);
}

/* The same; we offer @features and take @credit octets. */
int raw_open_with(struct raw *r, int lst, u16 features, u32 credit)
{
	int fd;

	raw_dial(r);
	raw_hello(r, HPS_MSG_OPEN, port_of(lst));
	r->mine.features = cpu_to_be16(features);
	r->mine.credit = cpu_to_be32(credit);
	raw_startup(r, false, 0);
	CHECK(raw_read_startup(r));
	CHECK_EQ(r->theirs.kind, HPS_MSG_ACCEPT);
	raw_ack(r, 0, credit);
	fd = accept(lst, NULL, NULL);
	CHECK(fd >= 0);
	set_timeout(fd, SO_RCVTIMEO, scaled(10000));
	return fd;
}

/* Has the module closed the channel? Reads what it says before. */
bool raw_is_dead(struct raw *r)
{
	char buf[64];

	while (raw_read_message(r, buf, sizeof(buf)) > 0)
		;
	return true;
}

/* Begins a join of the connection of @first; the answer is in @r->theirs. */
void raw_join(struct raw *r, const struct raw *first)
{
	dial_from_other(r);
	raw_ask_join(r, first);
}

/* The same on a channel that was dialled. */
void raw_ask_join(struct raw *r, const struct raw *first)
{
	raw_hello(r, HPS_MSG_JOIN, 0);
	r->mine.token = first->theirs.token;
	raw_startup(r, false, 0);
	CHECK(raw_read_startup(r));
}

/* The initiator's proof. */
void raw_proof(const struct raw *join, const struct raw *first, u8 *mac)
{
	u8 key[2 * HPS_NONCE_LEN], text[1 + 2 * HPS_NONCE_LEN] = "I";
	unsigned int len = HPS_MAC_LEN;

	memcpy(key, first->mine.nonce, HPS_NONCE_LEN);
	memcpy(key + HPS_NONCE_LEN, first->theirs.nonce, HPS_NONCE_LEN);
	memcpy(text + 1, join->mine.nonce, HPS_NONCE_LEN);
	memcpy(text + 1 + HPS_NONCE_LEN, join->theirs.nonce, HPS_NONCE_LEN);
	CHECK(HMAC(EVP_sha256(), key, sizeof(key), text, sizeof(text), mac,
		   &len));
}

/* --- the module ---------------------------------------------------------------- */

/* An ordinary connection, there and back. */
void still_works(void)
{
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 30000, 0);
	recv_pattern(p.b, 30000, 0);
	send_pattern(p.b, 3000, 9);
	recv_pattern(p.a, 3000, 9);
	pair_close(&p);
}

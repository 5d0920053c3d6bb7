// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug
 *
 * Channels that belong to no connection any more, or not yet: idle ones, and joins
 * by who may not.
 */
#include "raw.h"

/* A clean end of the connection from here. */
static void finish(struct raw *r, int fd)
{
	struct hps_fin fin;
	char buf[100];

	raw_fin(r, 0);
	recv_eof(fd);
	close(fd);
	CHECK(raw_wait_message(r, HPS_MSG_FIN, buf, sizeof(buf)));
	raw_ack(r, 1, 1 << 20);
	hps_finack_build(&fin, 0);
	raw_message(r, &fin, sizeof(fin));
	CHECK(r->seen & 1 << HPS_MSG_FINACK ||
	      raw_wait_message(r, HPS_MSG_FINACK, buf, sizeof(buf)));
}

TEST(idle_channel_takes_only_hellos, V_HPS_STREAM)
{
	int lst = listener(4), fd, i;

	for (i = 0; i < 2; i++) {
		long long before = counter("HpsBadMessage");
		struct raw r;

		fd = raw_open(&r, lst);
		finish(&r, fd);
		if (i)
			raw_ack(&r, 1, 1 << 20);
		else
			raw_data(&r, 0, 0, 10);
		CHECK(raw_is_dead(&r));
		wait_counter("HpsBadMessage", before);
	}
	still_works();
}

/* Who asks again and again and reads no answer is let go. */
TEST(idle_channel_that_does_not_read, V_HPS_STREAM)
{
	struct hps_hello_msg hello;
	int lst = listener(4), i;
	struct raw r;

	finish(&r, raw_open(&r, lst));
	close(lst);
	set_int(r.fd, SOL_SOCKET, SO_RCVBUF, 4096);
	hps_hello_msg_build(&hello, &r.mine);
	/* some MB of answers, if they were given */
	for (i = 0; i < 20000; i++)
		raw_message(&r, &hello, sizeof(hello));
	wait_for(r.fd, POLLHUP);
	lst = listener(4);
	still_works();
}

/* What TCP may hold for the module's end of a channel that we dialled. */
static int tcp_width(const struct raw *r)
{
	char cmd[100], line[1000];
	union address addr;
	socklen_t len = sizeof(addr);
	const char *at = NULL;
	FILE *f;

	CHECK(getsockname(r->fd, &addr.sa, &len) == 0);
	snprintf(cmd, sizeof(cmd), "ss -tmnH sport = :%d and dport = :%d",
		 RAW_TCP_PORT, ntohs(addr.in.sin_port));
	f = popen(cmd, "r");
	CHECK(f);
	while (!at && fgets(line, sizeof(line), f))
		at = strstr(line, ",rb");
	CHECK(at);
	pclose(f);
	return atoi(at + 3);
}

static void grow(int fd, int size)
{
	set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, size / 2);
	/* Before 6.7 the module sees it with the next call. */
	CHECK_EQ(send(fd, "", 0, 0), 0);
	CHECK_EQ(get_int(fd, SOL_SOCKET, SO_RCVBUF), size);
}

/* An idle channel is as wide as a new one, whatever its connection had grown to. */
TEST(idle_channel_is_narrow, V_HPS_STREAM)
{
	long long end = now_ms() + scaled(8000);
	int lst = listener(4), narrow;
	struct raw r;
	int fd = raw_open(&r, lst);

	narrow = tcp_width(&r);
	grow(fd, 8 << 20);
	CHECK(tcp_width(&r) > 2 * narrow);
	finish(&r, fd);
	while (tcp_width(&r) != narrow) {
		CHECK(now_ms() < end);
		usleep(10000);
	}
}

static void send_proof(struct raw *join, const struct raw *first, u8 spoil)
{
	struct hps_auth auth;
	u8 mac[HPS_MAC_LEN];

	raw_proof(join, first, mac);
	mac[31] ^= spoil;
	hps_auth_build(&auth, mac);
	raw_message(join, &auth, sizeof(auth));
}

/* The first path is as it was. */
static void goes_on(struct raw *r, int fd)
{
	raw_data(r, 0, 0, 100);
	recv_pattern(fd, 100, 0);
}

/* TCP is wide for a connection whose buffer has grown only behind the proof. */
TEST(join_is_narrow_before_the_proof, V_HPS_STREAM)
{
	long long before = counter("HpsJoinOk");
	int lst = listener(4), narrow;
	struct raw r, j;
	int fd = raw_open(&r, lst);

	narrow = tcp_width(&r);
	grow(fd, 6 << 20);
	CHECK(tcp_width(&r) > 2 * narrow);
	sysctl_set("handshake_timeout", 60);
	raw_join(&j, &r);
	CHECK_EQ(tcp_width(&j), narrow);
	grow(fd, 8 << 20);
	CHECK_EQ(tcp_width(&j), narrow);
	send_proof(&j, &r, 0);
	wait_counter("HpsJoinOk", before);
	raw_data(&j, 0, 0, 1000);
	recv_pattern(fd, 1000, 0);
	CHECK_EQ(tcp_width(&j), tcp_width(&r));
	sysctl_set("handshake_timeout", 5);
}

TEST(join_in_order, V_HPS_STREAM)
{
	long long before = counter("HpsJoinOk");
	int lst = listener(4);
	struct raw r, j;
	int fd = raw_open(&r, lst);

	raw_join(&j, &r);
	CHECK_EQ(j.theirs.kind, HPS_MSG_JOINED);
	send_proof(&j, &r, 0);
	raw_data(&j, 0, 1000, 1000);
	raw_data(&r, 0, 0, 1000);
	recv_pattern(fd, 2000, 0);
	wait_counter("HpsJoinOk", before);
	/* one path goes, the connection stays */
	close(j.fd);
	raw_data(&r, 0, 2000, 1000);
	recv_pattern(fd, 1000, 2000);
}

/* Who joins over the pair of a path again has given that up. */
TEST(join_over_the_same_pair_replaces, V_HPS_STREAM)
{
	int lst = listener(4);
	struct raw r, j;
	int fd = raw_open(&r, lst);

	raw_data(&r, 0, 0, 1000);
	recv_pattern(fd, 1000, 0);
	raw_dial(&j);
	raw_ask_join(&j, &r);
	CHECK_EQ(j.theirs.kind, HPS_MSG_JOINED);
	send_proof(&j, &r, 0);
	CHECK(raw_is_dead(&r));
	raw_data(&j, 0, 1000, 1000);
	recv_pattern(fd, 1000, 1000);
}

TEST(join_unknown_token, V_HPS_STREAM)
{
	long long before = counter("HpsJoinBadToken");
	int lst = listener(4);
	struct raw r, j;
	int fd = raw_open(&r, lst);

	r.theirs.token ^= 1;
	raw_join(&j, &r);
	CHECK_EQ(j.theirs.kind, HPS_MSG_REFUSE);
	CHECK_EQ(be32_to_cpu(j.theirs.reason), HPS_REASON_TOKEN);
	wait_counter("HpsJoinBadToken", before);
	goes_on(&r, fd);
}

/* Without a bundle nothing is on offer but the address of the first path. */
TEST(join_to_another_address, V_HPS_STREAM)
{
	int lst = listener(4);
	struct raw r, j;
	int fd = raw_open(&r, lst);
	union address addr;
	socklen_t len = loopback(&addr, RAW_TCP_PORT);

	/* It takes a second loopback address. */
	if (v->family != AF_INET)
		return;
	addr.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	raw_dial_to(&j, &addr, len);
	raw_ask_join(&j, &r);
	CHECK_EQ(j.theirs.kind, HPS_MSG_REFUSE);
	CHECK_EQ(be32_to_cpu(j.theirs.reason), HPS_REASON_NOT_OFFERED);
	goes_on(&r, fd);
}

TEST(join_wrong_proof, V_HPS_STREAM)
{
	long long before = counter("HpsJoinBadMac");
	int lst = listener(4);
	struct raw r, j;
	int fd = raw_open(&r, lst);

	raw_join(&j, &r);
	send_proof(&j, &r, 1);
	raw_data(&j, 0, 0, 100);
	CHECK(raw_is_dead(&j));
	wait_counter("HpsJoinBadMac", before);
	CHECK_ERR(recv(fd, &j, 1, MSG_DONTWAIT), EAGAIN);
	goes_on(&r, fd);
}

TEST(join_replayed, V_HPS_STREAM)
{
	struct raw r, j, again;
	struct hps_auth auth;
	int lst = listener(4);
	int fd = raw_open(&r, lst);
	long long before;
	u8 mac[HPS_MAC_LEN];

	raw_join(&j, &r);
	raw_proof(&j, &r, mac);
	send_proof(&j, &r, 0);
	/* the same octets once more */
	raw_dial(&again);
	again.mine = j.mine;
	raw_startup(&again, false, 0);
	CHECK(raw_read_startup(&again));
	CHECK(memcmp(again.theirs.nonce, j.theirs.nonce, HPS_NONCE_LEN));
	before = counter("HpsJoinBadMac");
	hps_auth_build(&auth, mac);
	raw_message(&again, &auth, sizeof(auth));
	CHECK(raw_is_dead(&again));
	wait_counter("HpsJoinBadMac", before);
	goes_on(&r, fd);
}

TEST(join_data_before_proof, V_HPS_STREAM)
{
	int lst = listener(4);
	struct raw r, j;
	int fd = raw_open(&r, lst);

	raw_join(&j, &r);
	raw_data(&j, 0, 0, 100);
	CHECK(raw_is_dead(&j));
	CHECK_ERR(recv(fd, &j, 1, MSG_DONTWAIT), EAGAIN);
	goes_on(&r, fd);
}

TEST(join_without_proof_times_out, V_HPS_STREAM)
{
	int lst = listener(4), fd;
	struct raw r, j;

	sysctl_set("handshake_timeout", 1);
	fd = raw_open(&r, lst);
	raw_join(&j, &r);
	CHECK(raw_is_dead(&j));
	goes_on(&r, fd);
	sysctl_set("handshake_timeout", 5);
}

TEST(join_is_bounded, V_HPS_STREAM)
{
	int lst = listener(4), i, refused = 0;
	struct raw r, j[12];
	int fd = raw_open(&r, lst);

	for (i = 0; i < 12; i++) {
		raw_join(&j[i], &r);
		refused += j[i].theirs.kind == HPS_MSG_REFUSE;
	}
	/* The first one counts. */
	CHECK_EQ(refused, 12 - 7);
	goes_on(&r, fd);
}

TEST(join_of_a_connection_that_ended, V_HPS_STREAM)
{
	struct hps_reset reset;
	int lst = listener(4);
	struct raw r, j;
	int fd = raw_open(&r, lst);
	char c;

	hps_reset_build(&reset, HPS_REASON_ABORT);
	raw_message(&r, &reset, sizeof(reset));
	CHECK_ERR(recv(fd, &c, 1, 0), ECONNRESET);
	raw_join(&j, &r);
	CHECK_EQ(j.theirs.kind, HPS_MSG_REFUSE);
	still_works();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short
 * timeout: 120
 *
 * HPS_INFO: what it tells, and how it grows: length in, length out.
 */
#include <linux/hps.h>
#include <linux/hps_netlink.h>

#include "pair.h"

#define ROOM	8192

static union {
	struct hps_info	info;
	unsigned char	octets[ROOM];
} got;

/* Asks with @len octets of room; what lies behind stays 0xa5. */
static int ask(int fd, socklen_t *len)
{
	memset(&got, 0xa5, sizeof(got));
	return getsockopt(fd, SOL_HPS, HPS_INFO, &got, len);
}

static bool untouched(size_t from)
{
	for (; from < ROOM; from++)
		if (got.octets[from] != 0xa5)
			return false;
	return true;
}

static void look(int fd)
{
	socklen_t len = ROOM;

	CHECK(ask(fd, &len) == 0);
	CHECK(got.info.path_offset >= sizeof(struct hps_info));
	CHECK(got.info.path_size >= sizeof(struct hps_path_info));
	CHECK_EQ(len, got.info.path_offset +
		      got.info.nr_paths * got.info.path_size);
}

static const struct hps_path_info *path(unsigned int i)
{
	CHECK(i < got.info.nr_paths);
	return (void *)(got.octets + got.info.path_offset +
			i * got.info.path_size);
}

static bool same_address(const struct hps_info_addr *a, const union address *b)
{
	if (a->family != b->sa.sa_family || a->port != b->in.sin_port)
		return false;
	if (a->family == AF_INET6)
		return !memcmp(a->addr, &b->in6.sin6_addr, 16);
	return !memcmp(a->addr, &b->in.sin_addr, 4);
}

/* --- lengths --------------------------------------------------------------------- */

TEST(long_buffer, V_HPS)
{
	struct pair p;
	socklen_t len = ROOM;

	pair_open(&p);
	CHECK(ask(p.a, &len) == 0);
	CHECK_EQ(got.info.nr_paths, 1);
	CHECK_EQ(len, got.info.path_offset + got.info.path_size);
	CHECK(untouched(len));
}

TEST(short_buffer, V_HPS)
{
	unsigned char whole[ROOM];
	socklen_t len, full = ROOM;
	struct pair p;

	pair_open(&p);
	CHECK(ask(p.a, &full) == 0);
	memcpy(whole, got.octets, full);
	for (len = 0; len < full; len++) {
		socklen_t n = len;

		CHECK(ask(p.a, &n) == 0);
		CHECK_EQ(n, len);
		CHECK(untouched(n));
		/* what is told at the beginning does not change by itself */
		CHECK(!memcmp(got.octets, whole,
			      n < offsetof(struct hps_info, una) ? n :
			      offsetof(struct hps_info, una)));
	}
}

TEST(exact_buffer, V_HPS)
{
	socklen_t len = sizeof(struct hps_info);
	int fd = new_socket();

	CHECK(ask(fd, &len) == 0);
	CHECK_EQ(len, sizeof(struct hps_info));
	CHECK(untouched(len));
}

TEST(bad_length, V_HPS)
{
	socklen_t len = -1;
	struct pair p;

	pair_open(&p);
	CHECK_ERR(ask(p.a, &len), EINVAL);
	CHECK(untouched(0));
	CHECK_ERR(getsockopt(p.a, SOL_HPS, HPS_INFO, &got, NULL), EFAULT);
	len = ROOM;
	CHECK_ERR(getsockopt(p.a, SOL_HPS, HPS_INFO, (void *)8, &len), EFAULT);
}

TEST(read_only, V_HPS)
{
	int fd = new_socket();

	memset(&got, 0, sizeof(got));
	CHECK_ERR(setsockopt(fd, SOL_HPS, HPS_INFO, &got, sizeof(got)),
		  ENOPROTOOPT);
}

/* --- what it tells --------------------------------------------------------------- */

TEST(no_connection, V_HPS)
{
	int fd = new_socket();

	look(fd);
	CHECK_EQ(got.info.state, TCP_CLOSE);
	CHECK_EQ(got.info.nr_paths, 0);
	CHECK_EQ(got.info.token, 0);
	CHECK_EQ(!!(got.info.flags & HPS_INFO_SEQPACKET), is_seqpacket());
}

TEST(listening, V_HPS)
{
	int fd = listener(7), c;

	look(fd);
	CHECK_EQ(got.info.state, TCP_LISTEN);
	CHECK_EQ(got.info.backlog, 7);
	CHECK_EQ(got.info.waiting, 0);
	c = connected_to(port_of(fd));
	wait_for(fd, POLLIN);
	look(fd);
	CHECK_EQ(got.info.waiting, 1);
	CHECK(accept(fd, NULL, NULL) >= 0);
	look(fd);
	CHECK_EQ(got.info.waiting, 0);
	close(c);
}

static void check_names(int fd)
{
	union address addr;
	socklen_t len = sizeof(addr);

	look(fd);
	CHECK(getsockname(fd, &addr.sa, &len) == 0);
	/* v4-mapped names are told as such, HPS_INFO has the plain ones */
	if (v->family == AF_INET)
		CHECK(same_address(&got.info.local, &addr));
	CHECK_EQ(got.info.local.port, addr.in.sin_port);
	len = sizeof(addr);
	CHECK(getpeername(fd, &addr.sa, &len) == 0);
	if (v->family == AF_INET)
		CHECK(same_address(&got.info.remote, &addr));
	CHECK_EQ(got.info.remote.port, addr.in.sin_port);
}

TEST(both_ends, V_HPS)
{
	unsigned long long token;
	struct pair p;

	pair_open(&p);
	check_names(p.a);
	CHECK_EQ(got.info.state, TCP_ESTABLISHED);
	CHECK(got.info.flags & HPS_INFO_INITIATOR);
	CHECK_EQ(!!(got.info.flags & HPS_INFO_SEQPACKET), is_seqpacket());
	CHECK_EQ(path(0)->state, HPS_PATH_STATE_UP);
	CHECK_EQ(ntohs(path(0)->remote.port), HPS_TCP_PORT);
	CHECK(path(0)->mss > 0);
	token = got.info.token;
	CHECK(token);
	check_names(p.b);
	CHECK(!(got.info.flags & HPS_INFO_INITIATOR));
	CHECK(got.info.token && got.info.token != token);
}

TEST(octets_are_counted, V_HPS)
{
	int n = is_seqpacket() ? 50001 : 50000;	/* a record mark takes one */
	struct pair p;

	pair_open(&p);
	send_pattern(p.a, 50000, 0);
	wait_in_queue(p.b, n);
	look(p.b);
	CHECK_EQ(got.info.rcv_next, 0);
	CHECK_EQ(got.info.rcv_ready, n);
	CHECK(got.info.rcv_cost >= 50000);
	CHECK(got.info.rcv_edge >= got.info.rcv_ready);
	CHECK_EQ(path(0)->rx_octets, 50000);
	CHECK(path(0)->rx_segments > 0);
	recv_pattern(p.b, 50000, 0);
	wait_out_queue_empty(p.a);
	look(p.b);
	CHECK_EQ(got.info.rcv_next, got.info.rcv_ready);
	look(p.a);
	CHECK_EQ(got.info.end, n);
	CHECK_EQ(got.info.nxt, n);
	CHECK_EQ(got.info.una, n);
	CHECK(got.info.edge >= got.info.nxt);
	CHECK_EQ(got.info.snd_memory, 0);
	CHECK_EQ(path(0)->tx_octets, 50000);
	CHECK(path(0)->tx_segments > 0);
	CHECK(path(0)->rtt_us > 0);
	CHECK_EQ(got.info.resent_octets, 0);
}

TEST(used_up_credit, V_HPS)
{
	struct pair p;

	pair_open_small(&p, 30000, 300000);
	look(p.a);
	CHECK_EQ(got.info.stalls, 0);
	CHECK_EQ(got.info.snd_limit, get_int(p.a, SOL_SOCKET, SO_SNDBUF));
	fill(p.a);
	look(p.a);
	CHECK(got.info.stalls > 0);
	CHECK(got.info.snd_memory > 0);
	CHECK(got.info.end > got.info.nxt);
	CHECK(got.info.peer_buffer > 0);
}

TEST(after_a_reset, V_HPS)
{
	struct linger now = { .l_onoff = 1 };
	struct pair p;

	pair_open(&p);
	/* Before the initiator's first FPDU the responder may send none (RFC 5044,
	 * section 7.1.2), so no reason either.
	 */
	send_pattern(p.a, 10, 0);
	recv_pattern(p.b, 10, 0);
	CHECK(setsockopt(p.b, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	close(p.b);
	wait_for(p.a, POLLHUP);
	look(p.a);
	CHECK_EQ(got.info.state, TCP_CLOSE);
	CHECK_EQ(got.info.error, ECONNRESET);
	CHECK_EQ(got.info.reason, HPS_REASON_ABORT);
}

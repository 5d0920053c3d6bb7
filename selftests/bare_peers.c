// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full debug short
 *
 * Bare sockets and other peers: libhps, which has an implementation of its own above
 * the codec, and peers by hand that break the rules.
 */
#include "barehand.h"
#include "libhps.h"

#include <pthread.h>

#define REGION	200000
#define INBOX	1000000

/* --- libhps --------------------------------------------------------------- */

struct end {
	struct hps_domain *domain;
	struct hps_cq	*cq;
	struct hps_conn	*conn;
	struct hps_region *region;
	char		*mem;
	char		*inbox;
	uint32_t	stag;
};

static void end_open(struct end *e, unsigned int flags)
{
	struct hps_conn_attr attr = { .flags = flags };
	struct iovec iov = { malloc(INBOX), INBOX };
	int i;

	CHECK(hps_domain_open_over(&e->domain, HPS_TRANSPORT_BARE) == 0);
	CHECK(hps_cq_create(e->domain, 256, &e->cq) == 0);
	attr.cq = e->cq;
	CHECK(hps_conn_create(e->domain, &attr, &e->conn) == 0);
	e->mem = aligned_alloc(8, REGION);
	memset(e->mem, 0, REGION);
	CHECK(hps_region_register(e->domain, e->mem, REGION, HPS_REMOTE_READ |
				  HPS_REMOTE_WRITE | HPS_REMOTE_ATOMIC |
				  HPS_REMOTE_INVALIDATE, NULL,
				  &e->region) == 0);
	e->stag = hps_region_stag(e->region);
	e->inbox = iov.iov_base;
	for (i = 0; i < 8; i++)
		CHECK(hps_post_recv(e->conn, &iov, 1, 1000 + i) == 0);
}

static struct hps_completion end_next(struct end *e)
{
	struct hps_completion c;

	CHECK_EQ(hps_cq_wait(e->cq, &c, 1, scaled(10000)), 1);
	return c;
}

static void end_expect(struct end *e, unsigned int op, unsigned int status)
{
	struct hps_completion c = end_next(e);

	CHECK_EQ(c.op, op);
	CHECK_EQ(c.status, status);
}

/* The kernel connects, libhps accepts. */
static int connect_kernel(struct end *e, unsigned int flags)
{
	struct hps_listener *listener;
	struct hps_request *request;
	union address addr;
	socklen_t len = loopback(&addr, 0);
	int fd = bare_socket();

	bare_setup(fd, flags, 0, 0);
	CHECK(hps_listen(e->domain, &addr.sa, len, 8, &listener) == 0);
	CHECK(hps_listener_address(listener, &addr.sa, &len) == 0);
	nonblocking(fd, true);
	CHECK_ERR(connect(fd, &addr.sa, len), EINPROGRESS);
	CHECK(hps_listener_next(listener, &request, scaled(10000)) == 0);
	CHECK(hps_accept(request, e->conn, NULL, 0) == 0);
	bare_dialed(fd);
	hps_listener_close(listener);
	return fd;
}

static void *accept_thread(void *arg)
{
	return (void *)(long)accept(*(int *)arg, NULL, NULL);
}

/* libhps connects, the kernel accepts. */
static int accept_kernel(struct end *e, unsigned int flags)
{
	int lst = bare_listener();
	union address addr;
	socklen_t len = loopback(&addr, port_of(lst));
	pthread_t thread;
	void *fd;

	bare_setup(lst, flags, 0, 0);
	CHECK(pthread_create(&thread, NULL, accept_thread, &lst) == 0);
	CHECK(hps_connect(e->conn, &addr.sa, len, NULL, 0, scaled(10000)) == 0);
	CHECK(pthread_join(thread, &fd) == 0);
	CHECK((long)fd >= 0);
	close(lst);
	return (long)fd;
}

static void exchange(struct end *e, int fd, size_t len)
{
	char *buf = malloc(len);
	struct iovec iov = { buf, len };
	struct hps_completion c;

	pattern(buf, len, len);
	CHECK(hps_post_send(e->conn, &iov, 1, 1, 0) == 0);
	end_expect(e, HPS_OP_SEND, HPS_STATUS_OK);
	memset(buf, 0, len);
	CHECK_EQ(recv(fd, buf, len, 0), len);
	CHECK(pattern_ok(buf, len, len));

	pattern(buf, len, len + 1);
	CHECK_EQ(send(fd, buf, len, MSG_NOSIGNAL), len);
	c = end_next(e);
	CHECK_EQ(c.op, HPS_OP_RECV);
	CHECK_EQ(c.len, len);
	CHECK(pattern_ok(e->inbox, len, len + 1));
	free(buf);
}

/* The kernel asks, libhps serves. */
static void kernel_asks(struct end *e, int fd)
{
	char *sink = memory(REGION), *buf = malloc(REGION);
	uint32_t stag = enrol_with(fd, sink, REGION, 0, HPS_DIRECT_SINK);
	struct hps_direct_completion c;
	struct queue q;
	uint64_t value = 5;

	queue_open(&q, fd, 16);
	pattern(buf, REGION, 1);
	post_ok(fd, post_write(1, e->stag, 0), buf, REGION);
	post_ok(fd, post_read(2, e->stag, 7, stag, 100, REGION - 100), NULL, 0);
	queue_expect(&q, 1, 0);
	queue_expect(&q, 2, 0);
	CHECK(pattern_ok(e->mem, REGION, 1));
	CHECK(!memcmp(sink + 100, e->mem + 7, REGION - 100));
	memcpy(e->mem, &value, 8);
	post_ok(fd, post_add(3, e->stag, 0, 4), NULL, 0);
	post_ok(fd, post_swap(4, e->stag, 0, 9, 1), NULL, 0);
	c = queue_take(&q);
	CHECK_EQ(c.value, 5);
	c = queue_take(&q);
	CHECK_EQ(c.value, 9);
	memcpy(&value, e->mem, 8);
	CHECK_EQ(value, 1);
	queue_close(&q);
}

/* libhps asks, the kernel serves. */
static void libhps_asks(struct end *e, int fd)
{
	char *mem = memory(REGION), *buf = malloc(REGION);
	struct hps_remote to = {
		.stag = enrol(fd, mem, REGION, ALL_RIGHTS),
	};
	struct iovec iov = { buf, REGION };
	struct hps_completion c;
	uint64_t value = 5;

	pattern(buf, REGION, 2);
	CHECK(hps_post_write(e->conn, &iov, 1, &to, 1, 0) == 0);
	end_expect(e, HPS_OP_WRITE, HPS_STATUS_OK);
	iov.iov_base = memset(malloc(REGION), 0, REGION);
	CHECK(hps_post_read(e->conn, &iov, 1, &to, 2, 0) == 0);
	end_expect(e, HPS_OP_READ, HPS_STATUS_OK);
	CHECK(pattern_ok(mem, REGION, 2));
	CHECK(pattern_ok(iov.iov_base, REGION, 2));
	memcpy(mem, &value, 8);
	CHECK(hps_post_fetch_add(e->conn, &to, 4, 3, 0) == 0);
	CHECK(hps_post_cas(e->conn, &to, 9, 1, 4, 0) == 0);
	c = end_next(e);
	CHECK_EQ(c.value, 5);
	c = end_next(e);
	CHECK_EQ(c.value, 9);
	memcpy(&value, mem, 8);
	CHECK_EQ(value, 1);
}

static void invalidate_both(struct end *e, int fd)
{
	char *mem = memory(100), buf[10];
	uint32_t stag = enrol_with(fd, mem, 100, HPS_DIRECT_REMOTE_INVALIDATE |
				   HPS_DIRECT_REMOTE_WRITE, HPS_DIRECT_ONLY);
	struct iovec iov = { "inval", 5 };
	struct hps_bare_received note;
	struct hps_completion c;

	CHECK(hps_post_send_inval(e->conn, &iov, 1, stag, 1,
				  HPS_POST_SOLICITED) == 0);
	end_expect(e, HPS_OP_SEND, HPS_STATUS_OK);
	CHECK_EQ(bare_recv(fd, buf, sizeof(buf), &note), 5);
	CHECK_EQ(note.flags, HPS_BARE_SOLICITED | HPS_BARE_INVALIDATE);
	CHECK_EQ(note.stag, stag);
	CHECK_EQ(bare_send(fd, "inval", 5, HPS_BARE_INVALIDATE, e->stag), 5);
	c = end_next(e);
	CHECK_EQ(c.op, HPS_OP_RECV);
	CHECK_EQ(c.flags, HPS_COMPLETION_INVALIDATED);
	CHECK_EQ(c.stag, e->stag);
}

static void all(struct end *e, int fd, bool crc)
{
	CHECK_EQ(!!(bare_info(fd).flags & HPS_BARE_INFO_CRC), crc);
	exchange(e, fd, 1);
	exchange(e, fd, 3000);
	exchange(e, fd, 500000);
	kernel_asks(e, fd);
	libhps_asks(e, fd);
	invalidate_both(e, fd);
	CHECK(hps_disconnect(e->conn) == 0);
	CHECK_EQ(recv(fd, e->inbox, 1, 0), 0);
	close(fd);
}

TEST(libhps_accepts, V_BARE)
{
	struct end e;

	end_open(&e, 0);
	all(&e, connect_kernel(&e, 0), true);
}

TEST(libhps_connects, V_BARE)
{
	struct end e;

	end_open(&e, 0);
	all(&e, accept_kernel(&e, 0), true);
}

TEST(libhps_accepts_no_crc, V_BARE)
{
	struct end e;

	end_open(&e, HPS_CONN_NO_CRC);
	all(&e, connect_kernel(&e, HPS_BARE_NO_CRC | HPS_BARE_REVISION_1),
	    false);
}

TEST(libhps_connects_no_crc, V_BARE)
{
	struct end e;

	end_open(&e, HPS_CONN_NO_CRC | HPS_CONN_REVISION_1);
	all(&e, accept_kernel(&e, HPS_BARE_NO_CRC), false);
}

/* Each refuses an access of the other one. */
TEST(libhps_terminates, V_BARE)
{
	struct hps_conn_info info;
	struct end e;
	struct queue q;
	int fd;

	end_open(&e, 0);
	fd = connect_kernel(&e, 0);
	queue_open(&q, fd, 4);
	post_ok(fd, post_write(1, e.stag, REGION - 1), "xy", 2);
	bare_terminated(fd, HPS_BARE_TERMINATED_BY_PEER, TERM_BOUNDS, EREMOTEIO);
	hps_conn_get_info(e.conn, &info);
	CHECK_EQ(info.terminated, 1);
}

TEST(libhps_is_terminated, V_BARE)
{
	char *mem = memory(100);
	struct iovec iov = { "xy", 2 };
	struct hps_remote to = {};
	struct hps_conn_info info;
	struct end e;
	int fd;

	end_open(&e, 0);
	fd = accept_kernel(&e, 0);
	to.stag = enrol(fd, mem, 100, HPS_DIRECT_REMOTE_WRITE);
	CHECK(hps_post_read(e.conn, &iov, 1, &to, 1, 0) == 0);
	end_expect(&e, HPS_OP_READ, HPS_STATUS_REFUSED);
	bare_terminated(fd, HPS_BARE_TERMINATED_BY_US, TERM_RIGHTS, EPROTO);
	hps_conn_get_info(e.conn, &info);
	CHECK_EQ(info.terminated, 2);
	CHECK_EQ(info.error, TERM_RIGHTS);
}

/* --- by hand -------------------------------------------------------------- */

static bool at_end(int fd)
{
	char c;

	wait_for(fd, POLLIN);
	return recv(fd, &c, 1, 0) <= 0;
}

/* RFC 5044: markers that are wanted can be refused. The same for what is not known. */
TEST(refuses_requests, V_BARE)
{
	int lst = bare_listener(), fd;

	fd = tcp_dial(port_of(lst));
	put_startup(fd, false, MPA_FLAG_MARKERS, 1);
	CHECK_EQ(get_startup(fd, true), MPA_FLAG_REJECT);
	CHECK(at_end(fd));
	fd = tcp_dial(port_of(lst));
	put_startup(fd, false, 0, 9);
	CHECK(at_end(fd));
	fd = tcp_dial(port_of(lst));
	CHECK_EQ(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
	CHECK(at_end(fd));
	CHECK_EQ(poll_now(lst, POLLIN), 0);
}

static int tcp_listener(void)
{
	union address addr;
	socklen_t len = loopback(&addr, 0);
	int lst = socket(v->family, SOCK_STREAM, 0);

	CHECK(bind(lst, &addr.sa, len) == 0 && listen(lst, 1) == 0);
	return lst;
}

static void refuse(unsigned char flags, unsigned char revision, int err)
{
	int lst = tcp_listener(), fd = bare_socket(), peer;

	bare_setup(fd, HPS_BARE_REVISION_1, 0, 0);
	nonblocking(fd, true);
	CHECK_ERR(try_connect(fd, port_of(lst)), EINPROGRESS);
	peer = accept(lst, NULL, NULL);
	get_startup(peer, false);
	put_startup(peer, true, flags, revision);
	wait_for(fd, POLLIN | POLLERR);
	CHECK_EQ(so_error(fd), err);
	close(fd);
	CHECK(at_end(peer));
	close(peer);
	close(lst);
}

TEST(refused_by_reply, V_BARE)
{
	refuse(MPA_FLAG_REJECT, 1, ECONNREFUSED);
	refuse(MPA_FLAG_MARKERS, 1, EPROTONOSUPPORT);
	refuse(0, 2, EPROTO);
	refuse(0, 7, EPROTONOSUPPORT);
}

/* What connect() says to @len octets of a reply, RFC 6581. */
static int error_of(const void *reply, size_t len)
{
	int lst = tcp_listener(), fd = bare_dial(port_of(lst)), err;
	struct peer peer = { .fd = accept(lst, NULL, NULL) };
	unsigned char request[24];

	peer_read(&peer, request, sizeof(request));
	peer_send(&peer, reply, len);
	wait_for(fd, POLLOUT);
	err = so_error(fd);
	close(fd);
	close(peer.fd);
	close(lst);
	return err;
}

static int error_of_reply(struct mpa_startup_info info)
{
	unsigned char reply[64];
	int len = mpa_bare_build(reply, sizeof(reply), true, &info);

	CHECK(len > 0);
	return error_of(reply, len);
}

TEST(enhanced_replies, V_BARE)
{
	const struct mpa_startup_info good = {
		.revision = MPA_REVISION_ENHANCED, .enhanced = true,
		.ird = MPA_IRD_PEER_TO_PEER | 4, .ord = MPA_ORD_RTR_WRITE | 4,
		.flags = MPA_FLAG_CRC,
	};
	struct mpa_startup_info info = good;

	CHECK_EQ(error_of("HTTP/1.0 400 Bad Request", 24), EPROTO);
	info.flags = MPA_FLAG_MARKERS;
	CHECK_EQ(error_of_reply(info), EPROTONOSUPPORT);
	info.flags = MPA_FLAG_REJECT;
	CHECK_EQ(error_of_reply(info), ECONNREFUSED);
	info = good;
	info.revision = MPA_REVISION;
	CHECK_EQ(error_of_reply(info), EPROTO);
	info = good;
	info.enhanced = false;
	CHECK_EQ(error_of_reply(info), EPROTO);
	/* it would ask for more than we offered */
	info = good;
	info.ord = 17;
	CHECK_EQ(error_of_reply(info), EPROTO);
	CHECK_EQ(error_of_reply(good), 0);
}

TEST(terminates, V_BARE)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_SEND, .last = true, .len = 4, .msn = 1,
	};
	unsigned char frame[64];
	struct hand h;
	size_t len;

	hand_open(&h, true);
	peer_segment(&h.peer, &seg, "good");
	CHECK_EQ(recv(h.bare, &(char[4]){}, 4, 0), 4);
	seg.msn = 2;
	len = frame_of(&h.peer, frame, &seg, "evil");
	frame[len - 1] ^= 1;
	peer_send(&h.peer, frame, len);
	hand_terminated(&h, TERM_CRC);
	hand_close(&h);
}

/* Who says nothing keeps nobody out, and nobody is dropped without need. */
TEST(backlog, V_BARE)
{
	int lst = bare_socket(), slow, quick, fd;
	union address addr;
	socklen_t len = loopback(&addr, 0);

	CHECK(bind(lst, &addr.sa, len) == 0 && listen(lst, 1) == 0);
	slow = tcp_dial(port_of(lst));
	CHECK_EQ(poll(&(struct pollfd){ .fd = slow, .events = POLLIN }, 1, 200),
		 0);
	put_startup(slow, false, 0, 1);
	fd = accept(lst, NULL, NULL);
	CHECK(fd >= 0);
	close(fd);
	slow = tcp_dial(port_of(lst));
	quick = tcp_dial(port_of(lst));
	CHECK(at_end(slow));
	put_startup(quick, false, 0, 1);
	CHECK(accept(lst, NULL, NULL) >= 0);
}

static void reset(int fd)
{
	const struct linger now = { .l_onoff = 1 };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0);
	CHECK(close(fd) == 0);
}

/* A peer that has gone before it was accepted is no error of accept(). The reset may
 * be late: then it is accepted.
 */
TEST(gone_before_accept, V_BARE)
{
	int lst = bare_listener(), gone, fd, bare, i;

	nonblocking(lst, true);
	for (i = 0, bare = 0; i < 20 && bare >= 0; i++) {
		gone = tcp_dial(port_of(lst));
		put_startup(gone, false, MPA_FLAG_CRC, 1);
		CHECK_EQ(wait_for(lst, POLLIN), POLLIN);
		reset(gone);
		bare = accept(lst, NULL, NULL);
		if (bare >= 0)
			close(bare);
	}
	CHECK_EQ(bare, -1);
	CHECK_EQ(errno, EAGAIN);
	nonblocking(lst, false);
	fd = tcp_dial(port_of(lst));
	put_startup(fd, false, MPA_FLAG_CRC, 1);
	bare = accept(lst, NULL, NULL);
	CHECK(bare >= 0);
	CHECK_EQ(get_startup(fd, true), MPA_FLAG_CRC);
	close(bare);
	close(fd);
	close(lst);
}

/* RFC 5044, 7.1.2: who accepts waits for the first FPDU. */
TEST(waits_for_first_frame, V_BARE)
{
	struct ddp_segment seg = { .opcode = RDMAP_OP_WRITE, .last = true };
	unsigned char payload[70000];
	struct hand h;

	hand_open(&h, true);
	CHECK_EQ(send(h.bare, "early", 5, 0), 5);
	CHECK_EQ(poll(&(struct pollfd){ .fd = h.peer.fd, .events = POLLIN }, 1, 200),
		 0);
	peer_segment(&h.peer, &seg, "");
	peer_next(&h.peer, &seg, payload);
	CHECK_EQ(seg.opcode, RDMAP_OP_SEND);
	CHECK_EQ(seg.len, 5);
}

/* What waits for an answer that never comes is completed once, by the end. */
TEST(unanswered, V_BARE)
{
	struct ddp_segment seg = { .opcode = RDMAP_OP_WRITE, .last = true };
	struct hps_direct_completion c;
	char *sink = memory(100);
	struct queue q;
	struct hand h;
	uint32_t stag;
	int i;

	hand_open(&h, true);
	peer_segment(&h.peer, &seg, "");
	stag = enrol_with(h.bare, sink, 100, 0, HPS_DIRECT_SINK);
	queue_open(&q, h.bare, 64);
	for (i = 0; i < 40; i++)
		post_ok(h.bare, post_read(i, 1, 0, stag, 0, 100), NULL, 0);
	CHECK(!queue_try(&q, &c));
	close(h.bare);
	CHECK(!queue_try(&q, &c));
	close(h.peer.fd);
	for (i = 0; i < 40; i++)
		queue_expect(&q, i, -ECONNRESET);
	CHECK(!queue_try(&q, &c));
}

/* A reset is noticed though the program does not read; then it reads what came. */
TEST(reset_while_full, V_BARE)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_SEND, .last = true, .len = 1000,
	};
	char buf[1000];
	struct hand h;
	u32 i;

	hand_open(&h, true);
	set_int(h.bare, SOL_SOCKET, SO_RCVBUF, 2500);
	for (i = 1; i <= 20; i++) {
		pattern(buf, sizeof(buf), i);
		seg.msn = i;
		peer_segment(&h.peer, &seg, buf);
	}
	CHECK_EQ(wait_for(h.bare, POLLIN), POLLIN);
	wait_out_queue_empty(h.peer.fd);
	reset(h.peer.fd);
	wait_for(h.bare, POLLERR);
	for (i = 1; i <= 20; i++) {
		CHECK_EQ(recv(h.bare, buf, sizeof(buf), 0), sizeof(buf));
		CHECK(pattern_ok(buf, sizeof(buf), i));
	}
	CHECK_ERR(recv(h.bare, buf, 1, 0), ECONNRESET);
	CHECK_EQ(recv(h.bare, buf, 1, 0), 0);
	close(h.bare);
}

/* RFC 6581: a peer that answers no requests. The rest goes on. */
TEST(no_requests, V_BARE)
{
	const struct mpa_startup_info info = {
		.flags = MPA_FLAG_CRC, .revision = MPA_REVISION_ENHANCED,
		.enhanced = true,
	};
	struct ddp_segment seg = { .opcode = RDMAP_OP_WRITE, .last = true };
	unsigned char payload[70000], frame[64];
	struct hand h = { .peer.crc = true };
	int lst = bare_listener(), len;
	struct queue q;
	uint32_t stag;

	h.peer.fd = tcp_dial(port_of(lst));
	len = mpa_bare_build(frame, sizeof(frame), false, &info);
	CHECK(len > 0);
	peer_send(&h.peer, frame, len);
	h.bare = accept(lst, NULL, NULL);
	CHECK(h.bare >= 0);
	peer_read(&h.peer, frame, len);
	CHECK_EQ(bare_info(h.bare).ord, 0);
	peer_segment(&h.peer, &seg, "");
	stag = enrol_with(h.bare, memory(100), 100, 0, HPS_DIRECT_SINK);
	queue_open(&q, h.bare, 4);
	CHECK_ERR(post_one(h.bare, post_read(1, 1, 0, stag, 0, 100), 0),
		  EOPNOTSUPP);
	CHECK_ERR(post_one(h.bare, post_add(2, 1, 0, 1), 0), EOPNOTSUPP);
	post_ok(h.bare, post_write(3, 1, 0), "x", 1);
	queue_expect(&q, 3, 0);
	peer_next(&h.peer, &seg, payload);
	CHECK_EQ(seg.opcode, RDMAP_OP_WRITE);
	queue_close(&q);
	close(h.bare);
	close(h.peer.fd);
	close(lst);
}

/* Returns whether the peer of a socket that was closed is told so in order. */
static bool close_one(void)
{
	struct hand h;
	char c;

	hand_open(&h, true);
	CHECK(close(h.bare) == 0);
	wait_for(h.peer.fd, POLLIN);
	if (recv(h.peer.fd, &c, 1, 0) == 0)
		return true;
	close(h.peer.fd);
	return false;
}

/* Peers that never end their side: their connections are TCP's soon. */
static void leave_orphans(void *arg)
{
	long long end;
	int i;

	(void)arg;
	own_namespace();
	sysctl_set("max_orphans", 1);
	end = now_ms() + scaled(20000);
	for (i = 0; i < 4; )
		if (close_one())
			i++;
		else
			CHECK(now_ms() < end);
}

TEST(orphans, V_BARE)
{
	reap(child(leave_orphans, NULL));
}

/* Octets without sense, and the end in the middle of a frame, do no harm; with a
 * checksum and without.
 */
TEST(noise, V_BARE)
{
	uint64_t state = 4711;
	int i, k;

	for (i = 0; i < 60; i++) {
		unsigned char buf[500];
		struct hand h;

		hand_open(&h, i & 1);
		for (k = 0; k < (int)sizeof(buf); k++)
			buf[k] = seeded(&state);
		buf[0] = 0;
		buf[1] = seeded(&state) % 60;
		send(h.peer.fd, buf, sizeof(buf), MSG_NOSIGNAL);
		shutdown(h.peer.fd, SHUT_WR);
		wait_for(h.bare, POLLIN | POLLHUP);
		CHECK(bare_info(h.bare).error);
		hand_close(&h);
	}
}

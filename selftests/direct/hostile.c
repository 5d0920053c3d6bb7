// SPDX-License-Identifier: GPL-2.0
/*
 * A client that breaks the protocol: each breach gets its Terminate, ends the
 * connection, and no octet outside of the region is touched.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "peer.h"
#include "breaches.h"

static struct end e;
static struct peer peer = { .crc = true };

static void begin(void)
{
	peer.crc = true;
	peer_of_end(&peer, &e, NULL);
	peer_greet(&peer);
}

/* The connection has ended with this code, and everything is completed. */
static void terminated(unsigned int error)
{
	struct hps_conn_info info;
	int receives = 0, i;

	CHECK_EQ(peer_terminated(&peer), error);
	for (;;) {
		struct hps_completion c = next_completion(&e);

		if (c.op == HPS_OP_CLOSED)
			break;
		receives += c.op == HPS_OP_RECV;
	}
	CHECK_EQ(receives, RECVS);
	no_completion(&e);
	hps_conn_get_info(e.conn, &info);
	CHECK_EQ(info.error, error);
	CHECK_EQ(info.terminated, 1);
	for (i = 0; i < REGION; i++)
		CHECK(!e.memory[i]);
	close(peer.fd);
}

static void ends_with(unsigned int error)
{
	terminated(error);
	end_close(&e);
}

static const uint8_t junk[65536] = { [0 ... 65535] = 0xff };

/* --- segments ----------------------------------------------------------------------- */

TEST(breaches, V_TCP)
{
	unsigned int i;

	for (i = 0; i < sizeof(breaches) / sizeof(breaches[0]); i++) {
		struct ddp_segment seg = breaches[i].seg;

		begin();
		seg.last = true;
		if (seg.stag == TAG)
			seg.stag = hps_region_stag(e.region);
		printf("# %s\n", breaches[i].what);
		peer_segment(&peer, &seg, junk);
		ends_with(breaches[i].error);
	}
	no_leak();
}

TEST(sequences, V_TCP)
{
	static const uint8_t zeros[64];
	const struct sequence *q;
	unsigned int i;

	for (q = sequences; q != sequences + sizeof(sequences) / sizeof(*q); q++) {
		begin();
		printf("# %s\n", q->what);
		for (i = 0; i < q->nr; i++)
			peer_segment(&peer, &q->seg[i], zeros);
		ends_with(q->error);
	}
	no_leak();
}

TEST(changed_heads, V_TCP)
{
	unsigned int i;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct ddp_segment seg = {
			.opcode = changes[i].opcode, .last = true, .len = 8,
			.msn = 1,
		};
		uint8_t frame[64];
		size_t len;

		begin();
		len = frame_of(&peer, frame, &seg, junk);
		frame[changes[i].at] = changes[i].value;
		frame_seal(&peer, frame, len);
		printf("# %s\n", changes[i].what);
		peer_send(&peer, frame, len);
		ends_with(changes[i].error);
	}
}

/* A ULPDU too short for any head, down to none. */
TEST(short_frames, V_TCP)
{
	uint8_t frame[64];
	int len;

	for (len = 0; len < 18; len++) {
		uint32_t whole = mpa_frame_size(len);

		begin();
		memset(frame, 0, sizeof(frame));
		frame[1] = len;
		frame[2] = 0x41;
		frame[3] = 0x43;
		frame_seal(&peer, frame, whole);
		peer_send(&peer, frame, whole);
		ends_with(0x0207);
	}
}

TEST(wrong_checksum, V_TCP)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_WRITE, .last = true, .len = 100,
	};
	uint8_t frame[200];
	size_t len, i;

	for (i = 2; i < 120; i += 13) {
		begin();
		seg.stag = hps_region_stag(e.region);
		len = frame_of(&peer, frame, &seg, junk);
		CHECK_EQ(len, 16 + 100 + 4);
		frame[i] ^= 0x10;
		peer_send(&peer, frame, len);
		/* nothing of it was placed */
		ends_with(0x2002);
	}
}

/* A message that never ends: it ends with the receive that is filled. */
TEST(endless_message, V_TCP)
{
	struct ddp_segment seg = {
		.opcode = RDMAP_OP_SEND, .len = 32768, .msn = 1,
	};
	int i;

	begin();
	for (i = 0; i < RECV_LEN / 32768; i++) {
		peer_segment(&peer, &seg, junk);
		seg.mo += seg.len;
	}
	seg.len = 1;
	peer_segment(&peer, &seg, junk);
	ends_with(0x1205);
}

/* --- requests ------------------------------------------------------------------------- */

/* More reads at once than the depth allows; nobody takes the responses. */
TEST(flood_of_reads, V_TCP)
{
	struct rdmap_request r = { .sink_stag = 9, .len = 200 << 20 };
	uint8_t *huge;
	struct hps_region *region;
	uint32_t msn;

	begin();
	huge = malloc(r.len);
	OK(hps_region_register(e.domain, huge, r.len, HPS_REMOTE_READ, NULL,
			       &region));
	r.stag = hps_region_stag(region);
	for (msn = 1; msn <= 17; msn++)
		peer_request(&peer, &r, msn);
	terminated(0x1202);
	hps_region_deregister(region);
	end_close(&e);
	free(huge);
}

TEST(requests_for_what_is_not_theirs, V_TCP)
{
	unsigned int i;

	for (i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct rdmap_request r = {
			.len = asks[i].len, .offset = asks[i].offset,
			.atomic = asks[i].op != ASK_READ, .op = asks[i].op,
		};
		struct hps_region *region;

		begin();
		OK(hps_region_register(e.domain, e.memory, 100,
				       asks[i].rights, NULL, &region));
		r.stag = hps_region_stag(region);
		peer_request(&peer, &r, 1);
		CHECK_EQ(peer_terminated(&peer), asks[i].error);
		expect_closed(&e, HPS_STATUS_FLUSHED);
		hps_region_deregister(region);
		close(peer.fd);
		end_close(&e);
	}
}

/* The region goes while its octets are on their way: they stop. */
TEST(region_goes_during_a_read, V_TCP)
{
	struct rdmap_request r = { .sink_stag = 9, .len = 200 << 20 };
	struct hps_region *region;
	uint8_t *huge, first[2];

	begin();
	huge = malloc(r.len);
	OK(hps_region_register(e.domain, huge, r.len, HPS_REMOTE_READ, NULL,
			       &region));
	r.stag = hps_region_stag(region);
	peer_request(&peer, &r, 1);
	CHECK_EQ(recv(peer.fd, first, 2, MSG_PEEK | MSG_WAITALL), 2);
	hps_region_deregister(region);
	free(huge);
	ends_with(0x0100);
	no_leak();
}

/* --- start-up --------------------------------------------------------------------------- */

/* What libhps answers to @len octets; 0 if it closes without an answer. */
static size_t startup(const void *request, size_t len, uint8_t *reply)
{
	struct hps_listener *listener;
	struct hps_request *r;
	ssize_t n;

	end_open(&e, NULL);
	peer.fd = peer_dial(listen_any(&e, &listener));
	peer_send(&peer, request, len);
	n = recv(peer.fd, reply, MPA_MAX_STARTUP, MSG_WAITALL);
	if (n < 0) {
		CHECK_EQ(errno, ECONNRESET);
		n = 0;
	}
	CHECK_EQ(hps_listener_next(listener, &r, 0), -EAGAIN);
	hps_listener_close(listener);
	close(peer.fd);
	end_close(&e);

	return n;
}

/* Why nobody can connect to it, 0 if one can. */
static int closed_port(uint16_t port)
{
	int fd = socket(v->family, SOCK_STREAM, 0), err;
	struct sockaddr_storage addr;

	loopback(&addr, port);
	err = connect(fd, (void *)&addr, sizeof(addr)) ? errno : 0;
	close(fd);

	return err;
}

TEST(markers_are_refused, V_TCP)
{
	uint8_t request[20], reply[MPA_MAX_STARTUP];
	struct mpa_startup_info info;
	int revision;

	for (revision = 1; revision <= 2; revision++) {
		mpa_startup_build(request, 20, false, MPA_FLAG_MARKERS, NULL,
				  0);
		request[17] = revision;
		CHECK_EQ(startup(request, 20, reply), 20);
		CHECK_EQ(mpa_bare_parse(reply, 20, true, &info), 20);
		CHECK_EQ(info.flags, MPA_FLAG_REJECT);
		CHECK_EQ(info.revision, revision);
	}
	no_leak();
}

TEST(garbage_is_not_answered, V_TCP)
{
	uint8_t request[20], reply[MPA_MAX_STARTUP];

	CHECK_EQ(startup("GET / HTTP/1.1\r\n\r\n", 18, reply), 0);
	mpa_startup_build(request, 20, true, 0, NULL, 0);
	CHECK_EQ(startup(request, 20, reply), 0);
	mpa_startup_build(request, 20, false, 0, NULL, 0);
	request[17] = 3;
	CHECK_EQ(startup(request, 20, reply), 0);
}

/* Who is rejected sees the end, although a child has the descriptor. */
TEST(rejection_after_a_fork, V_TCP)
{
	const struct timeval limit = { .tv_sec = 5 };
	struct hps_listener *listener;
	struct hps_request *r;
	uint8_t frame[20];
	uint16_t port;
	ssize_t n;
	pid_t pid;
	int late;

	end_open(&e, NULL);
	port = listen_any(&e, &listener);
	peer.fd = peer_dial(port);
	mpa_startup_build(frame, 20, false, 0, NULL, 0);
	peer_send(&peer, frame, 20);
	OK(hps_listener_next(listener, &r, scaled(10000)));
	pid = fork();
	if (!pid) {
		close(peer.fd);
		for (;;)
			pause();
	}
	OK(hps_reject(r, NULL, 0));
	hps_listener_close(listener);
	CHECK(!setsockopt(peer.fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
			  sizeof(limit)));
	peer_read(&peer, frame, 20);
	n = recv(peer.fd, frame, 1, 0);
	late = closed_port(port);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK_EQ(n, 0);
	CHECK_EQ(late, ECONNREFUSED);
	close(peer.fd);
	end_close(&e);
}

/* A way to begin that we do not have: an FPDU without anything. */
TEST(no_way_to_begin, V_TCP)
{
	const struct mpa_startup_info ask = {
		.revision = 2, .enhanced = true,
		.ird = MPA_IRD_PEER_TO_PEER | MPA_IRD_RTR_EMPTY | 1, .ord = 1,
	};
	uint8_t request[24], reply[MPA_MAX_STARTUP];

	CHECK_EQ(mpa_bare_build(request, 24, false, &ask), 24);
	CHECK_EQ(startup(request, 24, reply), 24);
	CHECK_EQ(reply[16], MPA_FLAG_REJECT | MPA_FLAG_ENHANCED);
}

/* The depths stand before what the application says. */
TEST(rejection_of_an_enhanced_request, V_TCP)
{
	const struct mpa_startup_info ask = {
		.revision = 2, .enhanced = true, .ird = 1, .ord = 1,
	};
	uint8_t request[24], reply[MPA_MAX_STARTUP];
	struct hps_listener *listener;
	struct mpa_startup_info info;
	struct hps_request *r;

	end_open(&e, NULL);
	peer.fd = peer_dial(listen_any(&e, &listener));
	CHECK_EQ(mpa_bare_build(request, 24, false, &ask), 24);
	peer_send(&peer, request, 24);
	OK(hps_listener_next(listener, &r, scaled(10000)));
	OK(hps_reject(r, "busy", 4));
	CHECK_EQ(recv(peer.fd, reply, sizeof(reply), MSG_WAITALL), 28);
	CHECK_EQ(mpa_bare_parse(reply, 28, true, &info), 28);
	CHECK(info.enhanced && info.flags & MPA_FLAG_REJECT);
	CHECK_EQ(info.ird, 0);
	CHECK_EQ(info.ord, 0);
	CHECK_EQ(info.private_len, 4);
	CHECK(!memcmp(info.private_data, "busy", 4));
	hps_listener_close(listener);
	close(peer.fd);
	end_close(&e);
}

/* Who connects and says nothing, or not all, does not keep others waiting. */
TEST(silent_clients, V_TCP)
{
	struct hps_listener *listener;
	struct hps_request *request;
	uint8_t frame[20];
	uint16_t port;
	int fd[3], i;

	end_open(&e, NULL);
	port = listen_any(&e, &listener);
	mpa_startup_build(frame, 20, false, 0, NULL, 0);
	for (i = 0; i < 3; i++) {
		fd[i] = peer_dial(port);
		CHECK_EQ(send(fd[i], frame, i * 10, 0), i * 10);
	}
	OK(hps_listener_next(listener, &request, scaled(10000)));
	OK(hps_reject(request, "no", 2));
	CHECK_EQ(recv(fd[2], frame, 20, MSG_WAITALL), 20);
	CHECK_EQ(frame[16], MPA_FLAG_REJECT);
	/* and they are turned away in the end */
	CHECK_EQ(recv(fd[1], frame, 1, 0), 0);
	hps_listener_close(listener);
	end_close(&e);
	no_leak();
}

/* Many of them: who speaks gets in at once all the same. */
TEST(flood_of_silent_clients, V_TCP)
{
	struct hps_listener *listener;
	struct hps_request *request;
	uint8_t frame[20];
	uint16_t port;
	int i, fd;

	end_open(&e, NULL);
	port = listen_any(&e, &listener);
	mpa_startup_build(frame, 20, false, 0, NULL, 0);
	/* some say a little, some nothing */
	for (i = 0; i < 40; i++) {
		fd = peer_dial(port);
		CHECK_EQ(send(fd, frame, i % 2 * 5, 0), i % 2 * 5);
	}
	fd = peer_dial(port);
	CHECK_EQ(send(fd, frame, 20, 0), 20);
	/* sooner than their time is over */
	OK(hps_listener_next(listener, &request, 3000));
	OK(hps_reject(request, NULL, 0));
	hps_listener_close(listener);
	end_close(&e);
}

static void peer_connect(int fd, struct hps_listener *listener)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	OK(hps_listener_address(listener, (void *)&addr, &len));
	CHECK(!connect(fd, (void *)&addr, len));
}

static long cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Without a descriptor for it a peer waits; nobody spins. */
TEST(no_descriptor_left, V_TCP)
{
	struct hps_listener *listener;
	struct hps_request *request;
	struct rlimit before, none;
	uint8_t frame[20];
	long begin;
	int fd;

	end_open(&e, NULL);
	fd = peer_dial(listen_any(&e, &listener));
	/* it was taken: one more, without room */
	CHECK(!getrlimit(RLIMIT_NOFILE, &before));
	mpa_startup_build(frame, 20, false, 0, NULL, 0);
	CHECK_EQ(send(fd, frame, 20, 0), 20);
	OK(hps_listener_next(listener, &request, scaled(10000)));
	OK(hps_reject(request, NULL, 0));
	close(fd);
	fd = socket(v->family, SOCK_STREAM, 0);
	none = before;
	none.rlim_cur = fd + 1;
	CHECK(!setrlimit(RLIMIT_NOFILE, &none));
	peer_connect(fd, listener);
	CHECK_EQ(send(fd, frame, 20, 0), 20);
	begin = cpu_ms();
	CHECK_EQ(hps_listener_next(listener, &request, 500), -EAGAIN);
	CHECK(cpu_ms() - begin < 60);
	CHECK(!setrlimit(RLIMIT_NOFILE, &before));
	OK(hps_listener_next(listener, &request, scaled(10000)));
	OK(hps_reject(request, NULL, 0));
	hps_listener_close(listener);
	end_close(&e);
}

/* More of them than may wait: they get in when others are gone. */
TEST(full_backlog, V_TCP)
{
	struct hps_listener *listener;
	struct hps_request *request;
	uint8_t frame[20];
	uint16_t port;
	int fd[20], i;

	end_open(&e, NULL);
	port = listen_any(&e, &listener);
	mpa_startup_build(frame, 20, false, 0, NULL, 0);
	for (i = 0; i < 16; i++) {
		fd[i] = peer_dial(port);
		CHECK_EQ(send(fd[i], frame, 20, 0), 20);
	}
	for (i = 0; i < 16; i++) {
		OK(hps_listener_next(listener, &request, scaled(10000)));
		OK(hps_reject(request, NULL, 0));
		CHECK_EQ(recv(fd[i], frame, 20, MSG_WAITALL), 20);
		close(fd[i]);
	}
	hps_listener_close(listener);
	end_close(&e);
	no_leak();
}

/* RFC 5044 section 7.1.2: who accepted waits for the first frame. */
TEST(nothing_before_the_first_frame, V_TCP)
{
	const struct iovec iov = piece("hello", 5);
	struct ddp_segment seg;
	uint8_t payload[66000];

	peer.crc = true;
	peer_of_end(&peer, &e, NULL);
	OK(hps_post_send(e.conn, &iov, 1, 1, 0));
	CHECK_EQ(recv(peer.fd, payload, 1, MSG_DONTWAIT), -1);
	peer_greet(&peer);
	peer_next(&peer, &seg, payload);
	CHECK_EQ(seg.len, 5);
	expect(&e, HPS_OP_SEND, 1, HPS_STATUS_OK);
	close(peer.fd);
	end_close(&e);
}

/* --- anything ----------------------------------------------------------------------------- */

static unsigned int noise(unsigned int n)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;

	return (state >> 11) % n;
}

/* A frame that is mostly right. */
static size_t some_frame(uint8_t *frame, uint32_t *msn)
{
	static const uint8_t ops[] = { RDMAP_OP_WRITE, RDMAP_OP_SEND,
				       RDMAP_OP_READ_REQUEST,
				       RDMAP_OP_ATOMIC_REQUEST };
	struct rdmap_request r = {
		.sink_stag = 1, .len = noise(1000), .offset = noise(100) * 8,
		.stag = hps_region_stag(e.region),
	};
	struct ddp_segment seg = {
		.opcode = ops[noise(4)], .last = true, .len = noise(500),
		.offset = noise(100), .mo = 0,
	};
	uint8_t payload[500] = {};
	bool request = seg.opcode == RDMAP_OP_READ_REQUEST ||
		       seg.opcode == RDMAP_OP_ATOMIC_REQUEST;

	if (seg.opcode == RDMAP_OP_WRITE)
		seg.stag = hps_region_stag(e.region);
	else
		seg.msn = msn[request]++;
	r.atomic = seg.opcode == RDMAP_OP_ATOMIC_REQUEST;
	if (request)
		seg.len = rdmap_request_build(payload, &r);

	return frame_of(&peer, frame, &seg, payload);
}

/* Streams of which an octet here and there is changed: the sanitizers look on. */
TEST(mutated_streams, V_TCP)
{
	int round, i;

	for (round = 0; round < 60; round++) {
		const struct hps_conn_attr no_crc = {
			.flags = HPS_CONN_NO_CRC,
		};
		uint32_t msn[2] = { 1, 1 };

		peer.crc = false;
		peer_of_end(&peer, &e, &no_crc);
		for (i = 0; i < 7; i++) {
			uint8_t frame[1000];
			size_t len = some_frame(frame, msn);

			if (!noise(3))
				frame[noise(len < 24 ? len : 24)] = noise(256);
			if (send(peer.fd, frame, len, MSG_NOSIGNAL) < 0)
				break;
		}
		shutdown(peer.fd, SHUT_WR);
		peer_at_end(&peer);
		close(peer.fd);
		do {
			i = next_completion(&e).op;
		} while (i != HPS_OP_CLOSED);
		end_close(&e);
	}
	no_leak();
}

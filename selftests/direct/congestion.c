// SPDX-License-Identifier: GPL-2.0
/*
 * Peers that ask and do not read: the output buffer fills up to its last octet,
 * and the answers wait.
 */
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

#include "peer.h"

/* The output buffer with default segments: two whole frames. */
#define OUT_CAPACITY	(2 * mpa_frame_size(18 + 32768))

static struct end e;
static struct peer peer = { .crc = true };
static struct hps_region *region;
static uint8_t *memory, *answer;
static uint32_t asked, atomics;
static uint64_t staged;

static void begin(void)
{
	asked = 0;
	atomics = 0;
	staged = 0;
	peer.crc = true;
	peer_of_end(&peer, &e, NULL);
	peer_greet(&peer);
	memory = calloc(1, 1 << 20);
	answer = malloc(1 << 20);
	OK(hps_region_register(e.domain, memory, 1 << 20,
			       HPS_REMOTE_READ | HPS_REMOTE_ATOMIC, NULL,
			       &region));
}

static void finish(void)
{
	close(peer.fd);
	hps_region_deregister(region);
	end_close(&e);
	free(memory);
	free(answer);
}

static void nap(unsigned int ms)
{
	const struct timespec ts = { .tv_nsec = ms * 1000000 };

	nanosleep(&ts, NULL);
}

/* Octets that libhps has and TCP does not take; all is answered. */
static uint64_t queued(unsigned int ms)
{
	uint64_t before = ~0ULL;
	struct hps_conn_info info;
	int i;

	for (i = 0; i < 5000; i++) {
		hps_conn_get_info(e.conn, &info);
		if (info.requests_served == asked &&
		    (before == info.octets_sent || staged == info.octets_sent))
			return staged - info.octets_sent;
		before = info.octets_sent;
		nap(ms);
	}
	test_fail(__FILE__, __LINE__, "%llu of %u answered",
		  (unsigned long long)info.requests_served, asked);
}

/* A read of so many octets, all in one frame. */
static void ask_read(uint32_t len)
{
	const struct rdmap_request r = {
		.sink_stag = 9, .len = len, .stag = hps_region_stag(region),
	};

	peer_request(&peer, &r, ++asked);
	staged += mpa_frame_size(14 + len);
}

static void ask_atomic(void)
{
	const struct rdmap_request r = {
		.atomic = true, .op = RDMAP_ATOMIC_FETCH_ADD, .data = 1,
		.id = ++atomics, .stag = hps_region_stag(region),
	};

	peer_request(&peer, &r, ++asked);
	staged += mpa_frame_size(30);
}

/* Asks until @left octets are left of the output buffer, or up to 3 more. */
static void fill_up(uint64_t left)
{
	uint64_t have;

	do {
		ask_read(32768);
		have = queued(2);
	} while (!have);
	have = queued(50);
	CHECK(have <= OUT_CAPACITY / 2);
	have = (OUT_CAPACITY - have - left) & ~3;
	while (have) {
		uint32_t whole = have > 20000 ? 16000 : have;

		ask_read(whole - 20);
		have -= whole;
		queued(2);
	}
}

/* What was asked for comes, in order; atomics count up. */
static void take_answers(void)
{
	struct ddp_segment seg;
	uint32_t i, n = 0;

	for (i = 0; i < asked; i++) {
		peer_next(&peer, &seg, answer);
		if (seg.opcode == RDMAP_OP_READ_RESPONSE)
			continue;
		CHECK_EQ(seg.opcode, RDMAP_OP_ATOMIC_RESPONSE);
		CHECK_EQ(seg.len, 12);
		CHECK_EQ(answer[3], ++n);
		CHECK_EQ(answer[11], n - 1);
	}
	CHECK_EQ(n, atomics);
}

/* The answer to an atomic is larger than what it is about. */
TEST(atomics_when_the_buffer_is_full, V_TCP)
{
	unsigned int left, i;

	for (left = 28; left <= 36; left += 4) {
		begin();
		fill_up(left);
		for (i = 0; i < 14; i++) {
			if (i % 5 == 4)
				ask_read(0);
			else
				ask_atomic();
		}
		/* time for it to write where it must not */
		nap(20);
		take_answers();
		CHECK_EQ(queued(2), 0);
		finish();
	}
}

/* Takes all that comes, as fast as it comes. */
static void *discard(void *arg)
{
	static char buf[1 << 20];

	(void)arg;
	while (recv(peer.fd, buf, sizeof(buf), MSG_TRUNC) > 0)
		;

	return NULL;
}

/* A peer that asks for much and takes it fast does not keep the lock busy. */
TEST(others_get_the_lock, V_TCP)
{
	struct rdmap_request r = { .sink_stag = 9, .len = 256 << 20 };
	struct hps_region *large;
	struct hps_conn_info info;
	uint64_t before = 0;
	int looks = 0;
	uint8_t *huge;
	pthread_t t;

	begin();
	huge = malloc(r.len);
	OK(hps_region_register(e.domain, huge, r.len, HPS_REMOTE_READ, NULL,
			       &large));
	r.stag = hps_region_stag(large);
	OK(pthread_create(&t, NULL, discard, NULL));
	peer_request(&peer, &r, 1);
	do {
		hps_conn_get_info(e.conn, &info);
		looks += info.octets_sent != before;
		before = info.octets_sent;
	} while (before < r.len);
	CHECK(looks > 20);
	shutdown(peer.fd, SHUT_WR);
	OK(pthread_join(t, NULL));
	hps_region_deregister(large);
	finish();
	free(huge);
}

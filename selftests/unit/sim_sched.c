// SPDX-License-Identifier: GPL-2.0
/*
 * schedsim: what would the scheduler's choices give on these links?
 *
 *	schedsim [-s SIZE] [-t SECONDS] [-w WINDOW] [-e PERCENT] [-p] [-v] LINK...
 *
 * LINK is RATE_MBIT[:ONE_WAY_US]. Discrete events over a plain model: a link
 * sends frames of 1514 octets one after the other, an acknowledgement comes
 * back for every second one and for a pushed one; the transport below never
 * loses nor limits anything. Data moves in a stream (default) or in messages of
 * SIZE that are answered with as much (-p). WINDOW bounds what is sent and not
 * acknowledged (4 MB); with -e the measured rates are wrong by up to PERCENT,
 * each link's in its own way. Prints payload Mbit/s and the share
 * of what the links can carry at best.
 */
#include <getopt.h>
#include <math.h>

#include "conn/sched.h"
#include "xport/train.h"
#include "wire.h"

#define FRAME		1514
#define MSS		1448
#define HEADERS		(FRAME - MSS)
#define MAX_LINKS	16
#define MAX_EVENTS	65536

struct event {
	double	at;
	int	link;
	int	dir;
	u32	len;		/* payload of the transport */
	bool	ack;
	bool	frontier;	/* last frame of a segment: moves the stream */
	u64	off;
	u32	seg;
	double	sent_at;
};

struct path {
	double	rate;		/* octets of frames per second */
	double	delay;
	double	busy_until;
	u32	unacked;	/* octets that the next acknowledgement covers */
	u32	tail;		/* octets in the last, unfilled packet */
	struct hps_sched_path s;
	u64	sent;
	double	busy_since;
	double	acked_at;
	struct hps_train train;
	u32	una;
};

static struct event heap[MAX_EVENTS];
static int events;
static struct path path[2][MAX_LINKS];
static int links;
static double now;
static u64 size = 16 << 20, window = 4 << 20;
static double rate_error;
static double duration = 2;
static bool pingpong, verbose;

static u64 to_send[2], next_off[2], arrived[2], want[2], acked[2];
static u64 segments, segment_octets;

static void push(struct event e)
{
	int i = events++;

	assert(events < MAX_EVENTS);
	for (; i && heap[(i - 1) / 2].at > e.at; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = e;
}

static struct event pop(void)
{
	struct event top = heap[0], e = heap[--events];
	int i = 0, c;

	while ((c = 2 * i + 1) < events) {
		if (c + 1 < events && heap[c + 1].at < heap[c].at)
			c++;
		if (heap[c].at >= e.at)
			break;
		heap[i] = heap[c];
		i = c;
	}
	heap[i] = e;

	return top;
}

static double transmit(struct path *p, u32 octets)
{
	if (p->busy_until < now)
		p->busy_until = now;
	p->busy_until += octets / p->rate;

	return p->busy_until + p->delay;
}

static void send_segment(int dir, int i, u32 len)
{
	struct path *p = &path[dir][i];
	u32 left = len + HPS_SEGMENT_OVERHEAD + (-len & 3);

	if (!p->s.in_flight) {
		p->busy_since = p->acked_at = now;
	}
	p->s.in_flight += left;
	p->sent += len;
	segments++;
	segment_octets += len;
	if (verbose)
		printf("%.6f dir %d link %d off %llu len %u in flight %u rate %llu min rtt %u busy %.0f ack %.0f\n",
		       now, dir, i, next_off[dir], len, p->s.in_flight - left,
		       p->s.rate, p->s.min_rtt_us, (now - p->busy_since) * 1e6,
		       (now - p->acked_at) * 1e6);
	while (left) {
		u32 n = left < MSS ? left : MSS;

		left -= n;
		push((struct event){
			.at = transmit(p, n + HEADERS), .link = i, .dir = dir,
			.len = n, .frontier = !left, .off = next_off[dir],
			.seg = len, .sent_at = now });
	}
	next_off[dir] += len;
	to_send[dir] -= len;
}

static void schedule(int dir)
{
	struct hps_sched_path snapshot[MAX_LINKS];
	bool progress;
	int i;

	do {
		progress = false;
		for (i = 0; i < links; i++) {
			struct hps_sched_work w = {
				.backlog = to_send[dir], .stripe = true };
			u64 room = acked[dir] + window - next_off[dir];
			u32 len;
			int j;

			if (w.backlog > room)
				w.backlog = room;
			for (j = 0; j < links; j++) {
				double sign = j % 2 ? 1 : -1;

				snapshot[j] = path[dir][j].s;
				snapshot[j].rate *= 1 + sign * rate_error;
				snapshot[j].busy_us = (now - path[dir][j].busy_since) * 1e6;
				snapshot[j].ack_us = (now - path[dir][j].acked_at) * 1e6;
			}
			len = hps_sched_segment(snapshot, links, i, &w);
			if (!len)
				continue;
			send_segment(dir, i, len);
			progress = true;
		}
	} while (progress);
}

static void measure(struct path *p, const struct event *e)
{
	double rtt = now - e->sent_at;

	p->acked_at = now;
	p->una += e->len;
	if (!p->s.min_rtt_us || rtt * 1e6 < p->s.min_rtt_us)
		p->s.min_rtt_us = rtt * 1e6;
	hps_train_ack(&p->train, now * 1e6, p->una, MSS, p->s.in_flight, false);
	p->s.rate = p->train.rate;
}

/* Segments of the stream that have arrived, in order of arrival. */
#define MAX_PIECES 4096
static struct { u64 off; u32 len; } piece[2][MAX_PIECES];
static int pieces[2];

static void arrive(int dir, u64 off, u32 len)
{
	bool again = true;
	int i;

	assert(pieces[dir] < MAX_PIECES);
	piece[dir][pieces[dir]].off = off;
	piece[dir][pieces[dir]++].len = len;
	while (again) {
		again = false;
		for (i = 0; i < pieces[dir]; i++)
			if (piece[dir][i].off == arrived[dir]) {
				arrived[dir] += piece[dir][i].len;
				piece[dir][i] = piece[dir][--pieces[dir]];
				again = true;
				break;
			}
	}
	acked[dir] = arrived[dir];	/* rides on the acknowledgements */
}

static void data_event(struct event *e)
{
	struct path *p = &path[e->dir][e->link];
	u32 n;

	p->unacked += e->len;
	if (e->frontier)
		arrive(e->dir, e->off, e->seg);
	if (p->unacked < 2 * MSS && !e->frontier)
		return;
	n = p->unacked;
	p->unacked = 0;
	push((struct event){
		.at = transmit(&path[!e->dir][e->link], HEADERS),
		.link = e->link, .dir = e->dir, .len = n, .ack = true,
		.sent_at = e->sent_at });
}

static void run(void)
{
	u64 rounds = 0;
	double limit = 0, got, ended = 0;
	u64 octets;
	int i;

	to_send[0] = pingpong ? size : 1ULL << 40;
	want[0] = size;
	want[1] = size;
	schedule(0);
	while (events && now < duration) {
		struct event e = pop();

		now = e.at;
		if (!e.ack) {
			data_event(&e);
		} else {
			struct path *p = &path[e.dir][e.link];

			p->s.in_flight -= e.len;
			measure(p, &e);
		}
		if (pingpong && arrived[e.dir] == want[e.dir]) {
			want[e.dir] += size;
			to_send[!e.dir] += size;
			rounds++;
			ended = now;
			schedule(!e.dir);
		}
		schedule(e.dir);
	}

	for (i = 0; i < links; i++)
		limit += path[0][i].rate * 8 / 1e6 * MSS / FRAME;
	octets = pingpong ? rounds * size : arrived[0];
	got = octets * 8 / (pingpong ? ended : now) / 1e6;
	printf("%s %llu: %.2f Mbit/s, %.2f %% of %.2f; mean segment %llu;",
	       pingpong ? "pingpong" : "stream", pingpong ? size : octets, got,
	       got / limit * 100, limit, segment_octets / segments);
	for (i = 0; i < links; i++)
		printf(" %llu", (path[0][i].sent + path[1][i].sent) >> 10);
	printf(" KB\n");
}

int main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "s:t:w:e:pv")) != -1) {
		switch (c) {
		case 's':
			size = strtoull(optarg, NULL, 0);
			break;
		case 't':
			duration = atof(optarg);
			break;
		case 'w':
			window = strtoull(optarg, NULL, 0);
			break;
		case 'e':
			rate_error = atof(optarg) / 100;
			break;
		case 'p':
			pingpong = true;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return 2;
		}
	}
	for (; optind < argc && links < MAX_LINKS; optind++, links++) {
		const char *colon = strchr(argv[optind], ':');
		int d;

		for (d = 0; d < 2; d++) {
			struct path *p = &path[d][links];

			p->rate = atof(argv[optind]) * 1e6 / 8;
			p->delay = (colon ? atof(colon + 1) : 50) * 1 / 1e6;
			p->s.usable = true;
			p->s.mss = MSS;
			/* As the handshake sees it. */
			p->s.min_rtt_us = (2 * p->delay + 2 * HEADERS / p->rate) * 1e6;
		}
	}
	if (!links || !size) {
		fprintf(stderr, "usage: schedsim [-s SIZE] [-t SECONDS] [-w WINDOW] [-e PERCENT] [-p] [-v]\n"
				"                RATE_MBIT[:ONE_WAY_US]...\n");
		return 2;
	}
	run();

	return 0;
}

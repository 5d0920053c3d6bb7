// SPDX-License-Identifier: GPL-2.0
/*
 * schedsim: what would the scheduler's choices give on these links?
 *
 *	schedsim [-s SIZE] [-t SECONDS] [-w WINDOW] [-e PERCENT] [-p] [-n] [-v] LINK...
 *
 * LINK is RATE_MBIT[:ONE_WAY_US[:AT_MS:RATE_MBIT]], the latter rate from then on, 0
 * for silence. Discrete events over a plain model: a link
 * sends frames of 1514 octets one after the other, an acknowledgement comes
 * back for every second one and for a pushed one; the transport below never
 * loses nor limits anything. Data moves in a stream (default) or in messages of
 * SIZE that are answered with as much (-p). WINDOW bounds what is sent and not
 * acknowledged (4 MB); with -e the measured rates are wrong by up to PERCENT,
 * each link's in its own way. What is late goes over an idle link, as rescue.c has
 * it, but with -n. Prints payload Mbit/s and the share of what the links can carry
 * at best, the longest round, and the octets that went twice.
 */
#include <getopt.h>
#include <math.h>

#include "conn/late.h"
#include "conn/sched.h"
#include "xport/train.h"
#include "wire.h"

#define FRAME		1514
#define MSS		1448
#define HEADERS		(FRAME - MSS)
#define MAX_LINKS	16
#define MAX_EVENTS	65536
#define MAX_SEGMENTS	4096
#define LOOK		4e-3	/* as LOOK_MS of rescue.c */

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
	double	turn_at;	/* when its rate becomes another */
	double	turn_rate;
	struct segment {
		u64	off;
		u32	len;
		u32	left;		/* not acknowledged, with the overhead */
		u32	takes_us;
		bool	guess;
		double	given_at;
		bool	rescued;
	} segment[MAX_SEGMENTS];
	u32	first, n;
};

static struct event heap[MAX_EVENTS];
static int events;
static struct path path[2][MAX_LINKS];
static int links;
static double now;
static u64 size = 16 << 20, window = 4 << 20;
static double rate_error;
static double duration = 2;
static bool pingpong, no_rescue, verbose;
static double longest_round, looked_at;
static u64 twice;

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
	if (p->turn_at && now >= p->turn_at) {
		p->rate = p->turn_rate;
		p->turn_at = 0;
	}
	if (p->busy_until < now)
		p->busy_until = now;
	/* Silence: long after the end. */
	p->busy_until += p->rate ? octets / p->rate : duration + 1;

	return p->busy_until + p->delay;
}

static void send_segment(int dir, int i, u64 off, u32 len, bool rescued)
{
	struct path *p = &path[dir][i];
	u32 left = len + HPS_SEGMENT_OVERHEAD + (-len & 3);

	if (!p->s.in_flight) {
		p->busy_since = p->acked_at = now;
	}
	assert(p->n < MAX_SEGMENTS);
	p->segment[(p->first + p->n++) % MAX_SEGMENTS] = (struct segment){
		.off = off, .len = len, .left = left, .given_at = now,
		.takes_us = hps_late_takes(&p->s, len), .guess = !p->s.rate,
		.rescued = rescued };
	p->s.in_flight += left;
	p->sent += len;
	segments++;
	segment_octets += len;
	if (verbose)
		printf("%.6f dir %d link %d off %llu len %u in flight %u rate %llu min rtt %u busy %.0f ack %.0f\n",
		       now, dir, i, off, len, p->s.in_flight - left,
		       p->s.rate, p->s.min_rtt_us, (now - p->busy_since) * 1e6,
		       (now - p->acked_at) * 1e6);
	while (left) {
		u32 n = left < MSS ? left : MSS;

		left -= n;
		push((struct event){
			.at = transmit(p, n + HEADERS), .link = i, .dir = dir,
			.len = n, .frontier = !left, .off = off,
			.seg = len, .sent_at = now });
	}
}

/* The scheduler's view of the paths. */
static void look(int dir, struct hps_sched_path *view)
{
	int j;

	for (j = 0; j < links; j++) {
		const struct path *p = &path[dir][j];

		view[j] = p->s;
		view[j].rate *= 1 + (j % 2 ? 1 : -1) * rate_error;
		view[j].busy_us = (now - p->busy_since) * 1e6;
		view[j].ack_us = (now - p->acked_at) * 1e6;
	}
}

/* What is late on another path goes over @i, which idles. */
static bool rescue(int dir, int i, const struct hps_sched_path *idle)
{
	struct segment *late = NULL;
	int j;

	for (j = 0; j < links; j++) {
		struct path *p = &path[dir][j];
		struct segment *s = NULL;
		u32 k;

		for (k = 0; k < p->n && (!s || s->rescued ||
					 s->off + s->len <= acked[dir]); k++)
			s = &p->segment[(p->first + k) % MAX_SEGMENTS];
		if (j == i || !s || s->rescued || s->off + s->len <= acked[dir] ||
		    (late && late->off < s->off))
			continue;
		if (hps_late(&(struct hps_late){
				.len = s->len, .takes_us = s->takes_us,
				.age_us = (now - s->given_at) * 1e6,
				.ack_us = (now - p->acked_at) * 1e6,
				.min_rtt_us = p->s.min_rtt_us,
				.srtt_us = p->s.srtt_us,
				.guess = s->guess }, idle))
			late = s;
	}
	if (!late)
		return false;
	late->rescued = true;
	twice += late->len;
	send_segment(dir, i, late->off, late->len, true);
	return true;
}

static void rescue_all(int dir)
{
	struct hps_sched_path view[MAX_LINKS];
	int i, best;

	do {
		look(dir, view);
		for (best = -1, i = 0; i < links; i++)
			if (hps_sched_idle(&view[i]) &&
			    (best < 0 || hps_sched_arrival(&view[i]) <
					 hps_sched_arrival(&view[best])))
				best = i;
	} while (best >= 0 && rescue(dir, best, &view[best]));
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

			if (w.backlog > room)
				w.backlog = room;
			look(dir, snapshot);
			len = hps_sched_segment(snapshot, links, i, &w);
			if (!len)
				continue;
			send_segment(dir, i, next_off[dir], len, false);
			next_off[dir] += len;
			to_send[dir] -= len;
			progress = true;
		}
	} while (progress);
}

static void measure(struct path *p, const struct event *e)
{
	double rtt = now - e->sent_at;

	u32 left = e->len;

	p->acked_at = now;
	p->una += e->len;
	while (left) {
		struct segment *s = &p->segment[p->first];
		u32 n = left < s->left ? left : s->left;

		assert(p->n);
		left -= n;
		s->left -= n;
		if (s->left)
			continue;
		p->first = (p->first + 1) % MAX_SEGMENTS;
		p->n--;
	}
	p->s.srtt_us = p->s.srtt_us ? (7 * p->s.srtt_us + rtt * 1e6) / 8 : rtt * 1e6;
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

	if (off < arrived[dir])
		return;
	for (i = 0; i < pieces[dir]; i++)
		if (piece[dir][i].off == off)
			return;
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
		struct event e;

		if (!no_rescue && looked_at + LOOK <= heap[0].at) {
			now = looked_at += LOOK;
			rescue_all(0);
			rescue_all(1);
			continue;
		}
		e = pop();
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
			if (now - ended > longest_round)
				longest_round = now - ended;
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
	printf(" KB; longest %.1f ms; %llu KB twice\n", longest_round * 1e3,
	       twice >> 10);
}

int main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "s:t:w:e:pnv")) != -1) {
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
		case 'n':
			no_rescue = true;
			break;
		case 'v':
			verbose = true;
			break;
		default:
			return 2;
		}
	}
	for (; optind < argc && links < MAX_LINKS; optind++, links++) {
		double mbit = 0, delay_us = 50, at_ms = 0, turn = 0;
		int d;

		sscanf(argv[optind], "%lf:%lf:%lf:%lf", &mbit, &delay_us, &at_ms,
		       &turn);

		for (d = 0; d < 2; d++) {
			struct path *p = &path[d][links];

			p->rate = mbit * 1e6 / 8;
			p->delay = delay_us / 1e6;
			p->turn_at = at_ms / 1e3;
			p->turn_rate = turn * 1e6 / 8;
			p->s.usable = true;
			p->s.mss = MSS;
			/* As the handshake sees it. */
			p->s.min_rtt_us = (2 * p->delay + 2 * HEADERS / p->rate) * 1e6;
		}
	}
	if (!links || !size) {
		fprintf(stderr, "usage: schedsim [-s SIZE] [-t SECONDS] [-w WINDOW] [-e PERCENT] [-p] [-n] [-v]\n"
				"                RATE_MBIT[:ONE_WAY_US[:AT_MS:RATE_MBIT]]...\n");
		return 2;
	}
	run();

	return 0;
}

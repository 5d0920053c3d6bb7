// SPDX-License-Identifier: GPL-2.0
/*
 * hpsctl tune: from which size on are several links faster than one?
 *
 * Sizes that double give the curves, of each link by itself and of the best 2,
 * 3, ... links. For each number of links a binary search refines the step between
 * the sizes at which they lose and those at which they win, and where the fitted
 * curves meet is told beside it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/fail.h"
#include "common/out.h"
#include "common/parse.h"
#include "common/perf.h"
#include "hpsctl/ctl.h"
#include "hpsctl/curve.h"
#include "hpsctl/trial.h"

#define SIZE_MIN	256
#define ROWS_MAX	17		/* up to TRIAL_SIZE_MAX */
#define ROWS_MIN	4
#define SETS_MAX	(2 * TRIAL_LINKS - 1)

/* Which links are the better ones is told by the size from here on that takes a
 * link so long.
 */
#define WARM_SIZE	4096
#define WARM_SIZE_MAX	(256 << 10)
#define WARM_NS		(10 * NSEC_PER_MSEC)
#define WARM_ROUNDS	3

#define ROUNDS_MIN	5

/* The longest silence of the peer. */
#define TIMEOUT_MS	10000

/* The curves may take this share of the time, the searches have the rest. */
#define LADDER_SHARE	0.7

/**
 * struct tune - all that is measured
 * @first_ns: the longest time that a message of WARM_SIZE took
 * @sets: of links; the first are single ones, the best first, then come the best
 *	2, 3, ... of them
 * @set: bit I stands for link I of the trial
 * @behind: the single link has nothing more to tell
 * @rows: sizes measured
 * @ns: times of a set over @size, 0 where none was measured
 * @line: fitted to them
 * @cutoff: of a set of several, 0 for none
 * @meet: where curves meet
 */
struct tune {
	const char	*bundle;
	const char	*host;
	unsigned int	port;
	uint64_t	size_max;
	double		seconds;
	bool		set_it;

	struct trial	trial;
	uint64_t	start_ns;
	uint64_t	first_ns;
	unsigned int	sets;
	uint32_t	set[SETS_MAX];
	bool		behind[SETS_MAX];
	unsigned int	rows;
	uint64_t	size[ROWS_MAX];
	uint64_t	ns[SETS_MAX][ROWS_MAX];
	struct line	line[SETS_MAX];
	uint64_t	cutoff[SETS_MAX];
	double		meet[SETS_MAX];
};

/* --- the curves --- */

static uint64_t ladder_ns(const struct tune *t)
{
	return t->seconds * LADDER_SHARE * NSEC_PER_SEC;
}

/* The single link that takes the least time. */
static unsigned int best_link(const struct tune *t, unsigned int row)
{
	unsigned int i, best = 0;

	for (i = 1; i < t->trial.used; i++) {
		if (t->ns[i][row] && (!t->ns[best][row] ||
				      t->ns[i][row] < t->ns[best][row]))
			best = i;
	}
	return best;
}

static uint64_t best_ns(const struct tune *t, unsigned int row)
{
	return t->ns[best_link(t, row)][row];
}

/* As many rounds as fit into the share of one measurement. */
static unsigned int rounds(const struct tune *t, uint64_t expected_ns)
{
	uint64_t fit = ladder_ns(t) / (t->sets * ROWS_MAX) / (expected_ns + 1);

	if (fit < ROUNDS_MIN)
		return ROUNDS_MIN;
	return fit < TRIAL_ROUNDS ? fit : TRIAL_ROUNDS;
}

static uint64_t measure(struct tune *t, unsigned int set, uint64_t size,
			uint64_t expected_ns)
{
	return trial_time(&t->trial, t->set[set], size, rounds(t, expected_ns));
}

/* Opens the windows of a link. Return: its time for an octet of a long message,
 * 0 after fail().
 */
static double warm_up(struct tune *t, unsigned int link)
{
	uint64_t size, ns;

	for (size = WARM_SIZE; ; size *= 4) {
		ns = trial_time(&t->trial, 1U << link, size, WARM_ROUNDS);
		if (size == WARM_SIZE && ns > t->first_ns)
			t->first_ns = ns;
		if (!ns || ns > WARM_NS || size == WARM_SIZE_MAX)
			return (double)ns / size;
	}
}

/* Sorts the links, the best first, and makes the sets. */
static int choose_sets(struct tune *t)
{
	struct trial_link *link = t->trial.link, moved;
	unsigned int i, j, links = t->trial.used;
	double octet_ns[TRIAL_LINKS], ns;

	for (i = 0; i < links; i++) {
		ns = warm_up(t, i);
		if (ns <= 0)
			return -1;
		moved = link[i];
		for (j = i; j && octet_ns[j - 1] > ns; j--) {
			octet_ns[j] = octet_ns[j - 1];
			link[j] = link[j - 1];
		}
		octet_ns[j] = ns;
		link[j] = moved;
	}
	t->sets = 2 * links - 1;
	for (i = 0; i < links; i++)
		t->set[i] = 1U << i;
	for (i = 2; i <= links; i++)
		t->set[links + i - 2] = (1U << i) - 1;
	return 0;
}

/* Will the next size take longer than there is time? It takes about twice as
 * long as the one before.
 */
static bool time_is_up(const struct tune *t)
{
	uint64_t cost = 0;
	unsigned int i;

	for (i = 0; t->rows && i < t->sets; i++)
		if (!t->behind[i])
			cost += 2 * t->ns[i][t->rows - 1] * (ROUNDS_MIN + 1);
	return clock_ns() + cost > t->start_ns + ladder_ns(t);
}

static int measure_row(struct tune *t)
{
	unsigned int i, row = t->rows;
	uint64_t expected;

	t->size[row] = (uint64_t)SIZE_MIN << row;
	for (i = 0; i < t->sets; i++) {
		if (t->behind[i])
			continue;
		expected = row ? 2 * t->ns[i][row - 1] : t->first_ns;
		t->ns[i][row] = measure(t, i, t->size[row], expected);
		if (!t->ns[i][row])
			return -1;
	}
	for (i = 0; row && i < t->trial.used; i++)
		t->behind[i] |= curve_behind(t->ns[i][row], t->ns[i][row - 1],
					     best_ns(t, row),
					     best_ns(t, row - 1));
	t->rows++;
	return 0;
}

static int climb(struct tune *t)
{
	while (t->rows < ROWS_MAX && (uint64_t)SIZE_MIN << t->rows <= t->size_max &&
	       !time_is_up(t))
		if (measure_row(t))
			return -1;
	if (t->rows < ROWS_MIN)
		return fail("%g s are not enough for links as slow as these",
			    t->seconds);
	return 0;
}

/* --- the cut-offs --- */

/**
 * struct search - for the cut-off of a set
 * @rival: single links that it must beat: the best ones on either side
 * @rivals: how many
 * @expected_ns: of one round, about
 * @failed: the search has not just run out of time
 */
struct search {
	struct tune	*tune;
	unsigned int	set;
	unsigned int	rival[2];
	unsigned int	rivals;
	uint64_t	expected_ns;
	bool		failed;
};

/* Return: as curve_search() wants it. */
static int wins_at(uint64_t size, void *arg)
{
	struct search *s = arg;
	struct tune *t = s->tune;
	uint64_t ns, rival_ns;
	bool win = true;
	unsigned int i;

	if (clock_ns() > t->trial.deadline_ns)
		return -1;
	s->failed = true;
	ns = measure(t, s->set, size, s->expected_ns);
	if (!ns)
		return -1;
	for (i = 0; i < s->rivals && win; i++) {
		rival_ns = measure(t, s->rival[i], size, s->expected_ns);
		if (!rival_ns)
			return -1;
		win = curve_wins(ns, rival_ns);
	}
	s->failed = false;
	return win;
}

static int find_cutoff(struct tune *t, unsigned int set)
{
	struct search search = { .tune = t, .set = set };
	bool wins[ROWS_MAX];
	unsigned int row;

	for (row = 0; row < t->rows; row++)
		wins[row] = curve_wins(t->ns[set][row], best_ns(t, row));
	row = curve_step(wins, t->rows);
	if (row == t->rows)
		return 0;
	t->cutoff[set] = t->size[row];
	if (!row)
		return 0;
	search.rival[0] = best_link(t, row - 1);
	search.rival[1] = best_link(t, row);
	search.rivals = 1 + (search.rival[0] != search.rival[1]);
	search.expected_ns = best_ns(t, row);
	t->cutoff[set] = curve_search(t->size[row - 1], t->size[row], wins_at,
				      &search);
	return search.failed ? -1 : 0;
}

static int find_cutoffs(struct tune *t)
{
	unsigned int i;

	for (i = 0; i < t->sets; i++)
		curve_fit(t->size, t->ns[i], t->rows, &t->line[i]);
	for (i = t->trial.used; i < t->sets; i++) {
		t->meet[i] = curve_meet(t->line, t->trial.used, &t->line[i]);
		if (find_cutoff(t, i))
			return -1;
	}
	return 0;
}

static int run(struct tune *t)
{
	uint64_t ns = t->seconds * NSEC_PER_SEC;

	t->start_ns = clock_ns();
	t->trial.deadline_ns = t->start_ns + ns;
	if (choose_sets(t) || climb(t) || find_cutoffs(t))
		return -1;
	return trial_check(&t->trial);
}

/* --- the report --- */

/* A row of the table; NAN stands for what is not known. */
static void print_cells(const char *key, const char *heading, const double *value,
			unsigned int count)
{
	unsigned int i;

	out_text("%9s", heading);
	out_list_begin(key);
	for (i = 0; i < count; i++) {
		if (isnan(value[i])) {
			out_null(NULL);
			out_text(" %11s", "-");
		} else {
			out_double(NULL, " %11.1f", value[i]);
		}
	}
	out_list_end();
	out_text("\n");
}

/* Which links each curve is of. */
static void print_heads(const struct tune *t)
{
	unsigned int i, j;

	out_text("times in microseconds\n%9s", "bytes");
	out_list_begin("curves");
	for (i = 0; i < t->sets; i++) {
		if (i < t->trial.used)
			out_text(" %11s", t->trial.link[i].name);
		else
			out_text(" %3u links", i - t->trial.used + 2);
		out_list_begin(NULL);
		for (j = 0; j < t->trial.used; j++)
			if (t->set[i] >> j & 1)
				out_str(NULL, NULL, t->trial.link[j].name);
		out_list_end();
	}
	out_list_end();
	out_text("\n");
}

static void print_curves(const struct tune *t)
{
	double latency[SETS_MAX], rate[SETS_MAX], us[SETS_MAX];
	unsigned int i, row;
	char heading[24];

	print_heads(t);
	out_list_begin("results");
	for (row = 0; row < t->rows; row++) {
		out_object_begin(NULL);
		out_u64("size", NULL, t->size[row]);
		snprintf(heading, sizeof(heading), "%llu",
			 (unsigned long long)t->size[row]);
		for (i = 0; i < t->sets; i++)
			us[i] = t->ns[i][row] ? t->ns[i][row] / 1e3 : NAN;
		print_cells("us", heading, us, t->sets);
		out_object_end();
	}
	out_list_end();
	for (i = 0; i < t->sets; i++) {
		latency[i] = t->line[i].latency_ns / 1e3;
		rate[i] = t->line[i].octet_ns > 0 ? 8e3 / t->line[i].octet_ns : NAN;
	}
	out_text("fitted:\n");
	print_cells("latency_us", "latency", latency, t->sets);
	print_cells("mbit_per_s", "Mbit/s", rate, t->sets);
}

/* INFINITY is nowhere. */
static void print_size(const char *key, double size)
{
	if (isfinite(size)) {
		out_u64(key, " %11llu", size);
	} else {
		out_null(key);
		out_text(" %11s", "none");
	}
}

static void print_cutoffs(const struct tune *t)
{
	unsigned int i;

	out_text("%9s %11s %11s\n", "links", "cut-off", "curves meet");
	out_list_begin("cutoffs");
	for (i = t->trial.used; i < t->sets; i++) {
		out_object_begin(NULL);
		out_u64("links", "%9llu", i - t->trial.used + 2);
		print_size("cutoff", t->cutoff[i] ? t->cutoff[i] : INFINITY);
		print_size("meet", t->meet[i]);
		out_text("\n");
		out_object_end();
	}
	out_list_end();
}

static void print(const struct tune *t, uint64_t cutoff, bool was_set)
{
	unsigned int i;

	out_str("bundle", "%s", t->bundle);
	out_str("host", " with %s", t->host);
	out_u64("port", " port %llu: ", t->port);
	print_curves(t);
	print_cutoffs(t);
	out_list_begin("without_path");
	for (i = t->trial.used; i < t->trial.links; i++)
		out_str(NULL, "%s has no path to the peer and was left out\n",
			t->trial.link[i].name);
	out_list_end();
	if (cutoff)
		out_u64("proposed", was_set ? "cut-off set to %llu\n" :
					      "proposed cut-off %llu\n", cutoff);
	else
		out_null("proposed");
	out_bool("set", was_set);
	if (!cutoff)
		out_text("no cut-off: one link is as fast at all these sizes\n");
}

/* --- the command line --- */

static int take_word(struct tune *t, const char *word, const char *value)
{
	if (value && !strcmp(word, "max"))
		return parse_size(value, &t->size_max);
	if (value && !strcmp(word, "time"))
		return parse_seconds(value, &t->seconds);
	return fail("'%s' is not max SIZE, time SECONDS or --set", word);
}

static int parse(struct tune *t, int argc, char **argv)
{
	if (argc < 2)
		return fail("say which: tune BUNDLE HOST[:PORT] [max SIZE] [time SECONDS] [--set]");
	t->bundle = argv[0];
	if (parse_host_port(argv[1], &t->host, &t->port))
		return -1;
	for (argc -= 2, argv += 2; argc; argc--, argv++) {
		if (!strcmp(argv[0], "--set")) {
			t->set_it = true;
			continue;
		}
		if (take_word(t, argv[0], argc > 1 ? argv[1] : NULL))
			return -1;
		argc--;
		argv++;
	}
	if (t->size_max < SIZE_MIN << (ROWS_MIN - 1) || t->size_max > TRIAL_SIZE_MAX)
		return fail("the largest size is from %d to %d bytes",
			    SIZE_MIN << (ROWS_MIN - 1), TRIAL_SIZE_MAX);
	if (t->seconds > 3600)
		return fail("an hour is the longest time");
	return 0;
}

int tune_run(int argc, char **argv)
{
	static struct tune t = {
		.port = PERF_PORT,
		.size_max = 4 << 20,
		.seconds = 10,
	};
	uint64_t cutoff;
	int err;

	if (parse(&t, argc, argv))
		return -1;
	err = trial_open(&t.trial, t.bundle, t.host, t.port, TIMEOUT_MS);
	if (!err)
		err = run(&t);
	if (trial_close(&t.trial) || err)
		return -1;

	cutoff = t.cutoff[t.sets - 1];
	if (t.set_it && !cutoff)
		err = fail("one link is as fast as all: no cut-off was set");
	else if (t.set_it)
		err = bundle_set_cutoff(t.trial.bundle, cutoff);
	print(&t, cutoff, t.set_it && !err);
	return out_close() ? -1 : err;
}

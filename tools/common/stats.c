// SPDX-License-Identifier: GPL-2.0
/* Statistics of round trips: pure. */
#include "common/stats.h"

#include <stdlib.h>

#define ROUNDS_GOOD	20
#define ROUNDS_MIN	3
#define ROUNDS_MAX	1000000

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void stats_of(uint64_t *samples, size_t count, struct stats *stats)
{
	qsort(samples, count, sizeof(*samples), compare);
	stats->min_ns = samples[0];
	stats->median_ns = (samples[(count - 1) / 2] + samples[count / 2]) / 2;
	/* Nearest rank: 99 % of the samples are at most this. */
	stats->p99_ns = samples[(count * 99 + 99) / 100 - 1];
	stats->p999_ns = samples[(count * 999 + 999) / 1000 - 1];
	stats->max_ns = samples[count - 1];
}

double stats_mbit_per_s(uint64_t size, uint64_t rtt_ns)
{
	return rtt_ns ? 8e3 * size / (rtt_ns / 2.0) : 0;
}

double stats_rate(uint64_t bytes, uint64_t nsec)
{
	return nsec ? bytes * 8e3 / nsec : 0;
}

double stats_fairness(const double *rates, unsigned int count)
{
	double sum = 0, squares = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		sum += rates[i];
		squares += rates[i] * rates[i];
	}
	return squares ? sum * sum / (count * squares) : 0;
}

uint64_t stats_rounds(uint64_t rtt_ns, uint64_t time_ns)
{
	uint64_t rounds;

	if (!rtt_ns)
		rtt_ns = 1;
	rounds = time_ns / rtt_ns;
	if (rounds >= ROUNDS_GOOD)
		return rounds < ROUNDS_MAX ? rounds : ROUNDS_MAX;
	rounds = time_ns * 10 / rtt_ns;
	if (rounds >= ROUNDS_GOOD)
		return ROUNDS_GOOD;
	return rounds > ROUNDS_MIN ? rounds : ROUNDS_MIN;
}

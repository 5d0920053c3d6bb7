/* SPDX-License-Identifier: GPL-2.0 */
/* Statistics of round trips: pure. */
#ifndef TOOLS_STATS_H
#define TOOLS_STATS_H

#include <stddef.h>
#include <stdint.h>

struct stats {
	uint64_t min_ns;
	uint64_t median_ns;
	uint64_t p99_ns;
	uint64_t p999_ns;
	uint64_t max_ns;
};

/* Sorts @samples, of which there is at least one. */
void stats_of(uint64_t *samples, size_t count, struct stats *stats);

/* Both directions carry a message in one round trip: 8 * size / (RTT / 2). */
double stats_mbit_per_s(uint64_t size, uint64_t rtt_ns);

/* Mbit/s, 0 for no time. */
double stats_rate(uint64_t bytes, uint64_t nsec);

/* Jain's index of @count rates: 1 when all are equal, 1 / @count at worst. */
double stats_fairness(const double *rates, unsigned int count);

/**
 * stats_rounds() - how many round trips give a good median
 * @rtt_ns: one round trip, estimated
 * @time_ns: wished length of the test
 *
 * Return: enough to fill @time_ns, but 20 at least; for slow ones what fits
 * into ten times @time_ns, but 3 at least.
 */
uint64_t stats_rounds(uint64_t rtt_ns, uint64_t time_ns);

#endif /* TOOLS_STATS_H */

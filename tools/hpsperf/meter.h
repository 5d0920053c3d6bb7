/* SPDX-License-Identifier: GPL-2.0 */
/* Counts a stream where its bytes arrive. */
#ifndef HPSPERF_METER_H
#define HPSPERF_METER_H

#include <stddef.h>
#include <stdint.h>

#include <linux/types.h>

struct perf_result;

/**
 * struct meter - one stream at its receiver; times by clock_ns()
 * @interval_ns: length of a bin, 0 when none are wanted
 * @start_ns: when the stream could begin
 * @last_ns: when the last bytes came
 * @steady_ns: when "steady" began, 0 before
 * @steady_from: bytes received until then
 * @gap_ns: longest time without a byte since then
 */
struct meter {
	uint64_t	interval_ns;
	uint64_t	start_ns;
	uint64_t	last_ns;
	uint64_t	steady_ns;
	uint64_t	steady_from;
	uint64_t	gap_ns;
	uint64_t	bytes;
	unsigned int	bin_count;
	__be64		*bins;
};

/* -1 after fail(). */
int meter_init(struct meter *meter, uint64_t interval_ns);
void meter_start(struct meter *meter);
void meter_count(struct meter *meter, uint64_t got);
void meter_free(struct meter *meter);

/* Fills in all of a result but the CPU use. */
void meter_result(const struct meter *meter, struct perf_result *result);

#endif /* HPSPERF_METER_H */

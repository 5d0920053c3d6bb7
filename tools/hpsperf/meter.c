// SPDX-License-Identifier: GPL-2.0
/*
 * Counts a stream where its bytes arrive.
 *
 * "Steady" leaves out the first second, in which the transport finds the rate:
 * it is what came from the first read after t = 1 s on.
 */
#include "meter.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/fail.h"
#include "common/perf_proto.h"

int meter_init(struct meter *meter, uint64_t interval_ns)
{
	memset(meter, 0, sizeof(*meter));
	meter->interval_ns = interval_ns;
	if (!interval_ns)
		return 0;
	meter->bins = calloc(PERF_BINS_MAX, sizeof(*meter->bins));
	return meter->bins ? 0 : fail("not enough memory for intervals");
}

void meter_free(struct meter *meter)
{
	free(meter->bins);
	meter->bins = NULL;
}

void meter_start(struct meter *meter)
{
	meter->start_ns = clock_ns();
	meter->last_ns = meter->start_ns;
}

static void count_bin(struct meter *meter, uint64_t now, uint64_t got)
{
	uint64_t bin;

	if (!meter->bins)
		return;
	bin = (now - meter->start_ns) / meter->interval_ns;
	if (bin >= PERF_BINS_MAX)
		return;
	meter->bins[bin] = htobe64(be64toh(meter->bins[bin]) + got);
	meter->bin_count = bin + 1;
}

void meter_count(struct meter *meter, uint64_t got)
{
	uint64_t now = clock_ns();

	meter->bytes += got;
	if (meter->steady_ns && now - meter->last_ns > meter->gap_ns)
		meter->gap_ns = now - meter->last_ns;
	if (!meter->steady_ns && now - meter->start_ns >= NSEC_PER_SEC) {
		meter->steady_ns = now;
		meter->steady_from = meter->bytes;
	}
	meter->last_ns = now;
	count_bin(meter, now, got);
}

void meter_result(const struct meter *meter, struct perf_result *result)
{
	uint64_t steady = meter->steady_ns;

	result->start_nsec = htobe64(meter->start_ns);
	result->bytes = htobe64(meter->bytes);
	result->nsec = htobe64(meter->last_ns - meter->start_ns);
	result->steady_bytes = htobe64(steady ? meter->bytes - meter->steady_from : 0);
	result->steady_nsec = htobe64(steady ? meter->last_ns - steady : 0);
	result->gap_nsec = htobe64(meter->gap_ns);
	result->bins = htobe32(meter->bin_count);
}

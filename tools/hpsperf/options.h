/* SPDX-License-Identifier: GPL-2.0 */
/* What the command line says. */
#ifndef HPSPERF_OPTIONS_H
#define HPSPERF_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/sock.h"

#define SIZES_MAX	64

/**
 * struct options - all options of all commands
 * @sizes: of pingpong, hotspot, write and read, in octets
 * @rounds: of these; 0 adapts them to @time_ns
 * @time_ns: of a stream, or of each of the sizes; 0 is the default
 * @every_ns: of pingpong, from round to round; 0 is at once
 * @samples: of pingpong, all in the report
 * @posted: of pingpong: what comes back goes to memory that was posted
 * @depth: of write, read and atomic: operations under way
 * @count: connections of multistream and hotspot, or to each host; 0 is the
 *	default
 * @bytes: of stream; 0 when the time limits it
 * @write_size: of a stream, or block of fanin
 * @interval_ms: of stream, 0 is none
 */
struct options {
	struct sock_params	sock;
	unsigned int		port;
	bool			json;
	bool			cpu;
	const char		*bind;
	unsigned int		max_clients;
	unsigned int		size_count;
	uint64_t		sizes[SIZES_MAX];
	uint64_t		rounds;
	uint64_t		time_ns;
	uint64_t		warmup_ns;
	uint64_t		every_ns;
	bool			samples;
	bool			posted;
	unsigned int		depth;
	unsigned int		count;
	uint64_t		bytes;
	uint64_t		write_size;
	unsigned int		interval_ms;
	bool			nodelay;
};

static inline uint64_t options_largest(const struct options *options)
{
	uint64_t largest = 0;
	unsigned int i;

	for (i = 0; i < options->size_count; i++)
		if (options->sizes[i] > largest)
			largest = options->sizes[i];
	return largest;
}

#endif /* HPSPERF_OPTIONS_H */

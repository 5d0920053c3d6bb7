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
 * @sizes: of pingpong, in octets
 * @rounds: of pingpong; 0 adapts them to @time_ns
 * @time_ns: of stream, or of each size of pingpong; 0 is the default
 * @bytes: of stream; 0 when the time limits it
 * @write_size: of stream
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
	uint64_t		bytes;
	uint64_t		write_size;
	unsigned int		interval_ms;
	bool			nodelay;
};

#endif /* HPSPERF_OPTIONS_H */

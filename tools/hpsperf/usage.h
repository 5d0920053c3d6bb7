/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CPU time: of this process, and of the machine with its softirqs; and what HPS copied in
 * this network namespace.
 */
#ifndef HPSPERF_USAGE_H
#define HPSPERF_USAGE_H

#include <stdint.h>

/**
 * struct usage - CPU time used, at a moment or between two
 * @user_ns: in the process, in user mode
 * @system_ns: in the process, in the kernel
 * @machine_busy: ticks of all CPUs that were not idle
 * @machine_all: ticks of all CPUs; 0 when /proc/stat cannot be read
 * @copied: octets of payload that HPS copied; 0 without the module
 * @moved: octets of payload that it sent and received
 * @wall_ns: clock_ns()
 */
struct usage {
	uint64_t user_ns;
	uint64_t system_ns;
	uint64_t machine_busy;
	uint64_t machine_all;
	uint64_t copied;
	uint64_t moved;
	uint64_t wall_ns;
};

void usage_now(struct usage *usage);

/* Turns a moment into the time since then. */
void usage_since(struct usage *usage);

/* Adds what was used later. */
void usage_add(struct usage *sum, const struct usage *more);

/* Adds what another process of the same machine used at the same time. */
void usage_join(struct usage *sum, const struct usage *more);

/* Prints one end's CPU use and copies; @key is "client" or "server". */
void usage_print(const char *key, const struct usage *usage);

#endif /* HPSPERF_USAGE_H */

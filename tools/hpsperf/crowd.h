/* SPDX-License-Identifier: GPL-2.0 */
/* Several clients at once, a process each, that start together. */
#ifndef HPSPERF_CROWD_H
#define HPSPERF_CROWD_H

#include <stddef.h>

#define CROWD_MAX	1024

/**
 * struct crowd - what each member of a crowd does
 * @count: of members
 * @slot_size: each has so many octets for its results, zero at first, which
 *	the parent reads
 * @prepare: connects and warms up. Return: the socket, or -1 after fail()
 * @run: begins when all are prepared. 0, or -1 after fail()
 * @arg: for both
 */
struct crowd {
	unsigned int	count;
	size_t		slot_size;
	int		(*prepare)(const void *arg, unsigned int index);
	int		(*run)(const void *arg, unsigned int index, int fd, void *slot);
	const void	*arg;
};

/**
 * crowd_run() - let all members run to their ends
 *
 * Return: their slots, one after the other, which crowd_free() gives back; NULL
 * after fail(), which is the first member's that failed.
 */
void *crowd_run(const struct crowd *crowd);
void crowd_free(const struct crowd *crowd, void *slots);

#endif /* HPSPERF_CROWD_H */

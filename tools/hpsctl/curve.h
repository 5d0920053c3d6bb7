/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From times over message sizes to a cut-off: pure.
 *
 * Both ways of the publication (munisocket.txt, section 3): the size at which
 * the fitted curves of one link and of several meet, and a search between two
 * sizes, of which one is too small.
 */
#ifndef HPSCTL_CURVE_H
#define HPSCTL_CURVE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct line - a fitted curve: time = @latency_ns + size * @octet_ns
 */
struct line {
	double latency_ns;
	double octet_ns;
};

/**
 * curve_fit() - the line that fits best
 * @sizes: in octets
 * @times: in nanoseconds, 0 where nothing was measured
 *
 * What counts is the relative distance, or the largest sizes would decide over
 * the latency alone.
 *
 * Return: false if fewer than two sizes were measured.
 */
bool curve_fit(const uint64_t *sizes, const uint64_t *times, unsigned int count,
	       struct line *line);

/**
 * curve_meet() - from which size on several links take less time than any one
 * @alone: each link by itself
 * @together: all of them
 *
 * Return: octets, 0 when they always do, or INFINITY when they never gain
 * anything to speak of.
 */
double curve_meet(const struct line *alone, unsigned int count,
		  const struct line *together);

/* Is one time less than the other, by more than what noise and rounding are? */
bool curve_wins(uint64_t together_ns, uint64_t alone_ns);

/* Is a link far behind the best one, and does it fall further behind with each
 * octet? Then larger sizes tell nothing new of it. @before: the times of
 * half of the size
 */
bool curve_behind(uint64_t ns, uint64_t ns_before, uint64_t best_ns,
		  uint64_t best_before);

/**
 * curve_step() - from which size on do several links win?
 * @wins: whether they do, by increasing size
 *
 * A single measurement may be wrong: it is the step that contradicts the fewest
 * of them, of several such ones that of the largest size.
 *
 * Return: the index, @count for nowhere.
 */
unsigned int curve_step(const bool *wins, unsigned int count);

/**
 * curve_search() - binary search between two sizes
 * @low: several links do not win there
 * @high: they do
 * @wins: measures; 1 if they win at this size, 0 if not, -1 to end the search
 *
 * Ends when both are within a sixteenth.
 *
 * Return: the smallest size found at which they win.
 */
uint64_t curve_search(uint64_t low, uint64_t high,
		      int (*wins)(uint64_t size, void *arg), void *arg);

#endif /* HPSCTL_CURVE_H */

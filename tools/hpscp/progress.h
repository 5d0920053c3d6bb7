/* SPDX-License-Identifier: GPL-2.0 */
/* The bar that a terminal shows during a transfer. */
#ifndef HPSCP_PROGRESS_H
#define HPSCP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct progress - one transfer on stderr
 * @shown: stderr is a terminal and the user did not say -q
 * @name: what is copied
 */
struct progress {
	bool		shown;
	const char	*name;
	uint64_t	total;
	uint64_t	start_ns;
	uint64_t	next_ns;
};

void progress_start(struct progress *progress, bool quiet, const char *name,
		    uint64_t total);

/* Cheap when nothing is due. NULL is allowed. */
void progress_show(struct progress *progress, uint64_t done);

/* Clears the line, so that a result or an error can be printed. */
void progress_end(struct progress *progress);

#endif /* HPSCP_PROGRESS_H */

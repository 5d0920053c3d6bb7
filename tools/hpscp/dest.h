/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A file that appears under its name only when it is complete.
 *
 * It grows as a file without a name (O_TMPFILE), so that even SIGKILL leaves
 * nothing. File systems without such files get a hidden temporary name, which
 * is removed on failure, SIGINT, SIGTERM and SIGHUP.
 */
#ifndef HPSCP_DEST_H
#define HPSCP_DEST_H

#include <stdbool.h>
#include <time.h>

#include <linux/types.h>

#define DEST_TEMP_MAX	48

/**
 * struct dest - a file on its way
 * @dirfd: its directory, open for reading; the owner closes it
 * @fd: where to write
 * @temp: temporary name, empty while it has none
 */
struct dest {
	int	dirfd;
	int	fd;
	char	temp[DEST_TEMP_MAX];
};

/* All of these return -1 after fail(). */
int dest_open(struct dest *dest, int dirfd);

/* Like dest_open(), for a file that never gets a name. */
int dest_open_scratch(struct dest *dest, int dirfd);

/**
 * dest_commit() - put the file in its place, safe on disk
 * @name: without a slash; what is there is replaced
 * @mode: permission bits, which the umask may cut
 * @mtime: NULL leaves the time of writing
 */
int dest_commit(struct dest *dest, const char *name, unsigned int mode,
		const struct timespec *mtime);

/* After dest_commit() it only closes. */
void dest_close(struct dest *dest);

#endif /* HPSCP_DEST_H */

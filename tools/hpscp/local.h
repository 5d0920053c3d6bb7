/* SPDX-License-Identifier: GPL-2.0 */
/* Where a client's get puts the file. */
#ifndef HPSCP_LOCAL_H
#define HPSCP_LOCAL_H

#include <limits.h>
#include <stdbool.h>

/**
 * struct local - the place of the local file
 * @dirfd: its directory
 * @name: in that directory
 * @special: a device or pipe that is written to as it is; -1 for a file
 */
struct local {
	int	dirfd;
	int	special;
	char	name[NAME_MAX + 1];
};

/**
 * local_find() - find the place, without changing anything
 * @path: a file, a directory, or NULL for the current directory
 * @remote: gives the name in a directory
 *
 * Return: 0, or -1 after fail().
 */
int local_find(struct local *local, const char *path, const char *remote);
void local_close(struct local *local);

#endif /* HPSCP_LOCAL_H */

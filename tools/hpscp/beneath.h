/* SPDX-License-Identifier: GPL-2.0 */
/* Files beneath the served directory, and nothing else. */
#ifndef HPSCP_BENEATH_H
#define HPSCP_BENEATH_H

#include <sys/stat.h>

/* All of these return a file descriptor or -1 after fail(). */
int beneath_open_root(const char *dir);

/**
 * beneath_open_file() - open an existing regular file
 * @flags: O_RDONLY or O_WRONLY
 * @st: its size, mode and times
 */
int beneath_open_file(int root, const char *path, int flags, struct stat *st);

/**
 * beneath_open_parent() - open the directory that a new file goes to
 * @name: the last component of @path; it may name a regular file, which the
 *	new one will replace, and nothing else
 */
int beneath_open_parent(int root, const char *path, const char **name);

#endif /* HPSCP_BENEATH_H */

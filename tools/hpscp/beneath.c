// SPDX-License-Identifier: GPL-2.0
/* Files beneath the served directory, and nothing else. */
#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "common/fail.h"
#include "proto.h"

/* openat2() reports a rename at a bad moment as EAGAIN. */
#define TRIES	16

static int open_beneath(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd, i = 0;

	do {
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EAGAIN || errno == EINTR) && ++i < TRIES);
	return fd;
}

static int cannot_open(int err)
{
	if (err == EXDEV)
		return fail("the path leads out of the served directory");
	if (err == ENOSYS)
		return fail("the server's kernel has no openat2()");
	return fail("%s", strerror(err));
}

int beneath_open_root(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail("cannot open the directory %s: %s", dir, strerror(errno));
	return fd;
}

int beneath_open_file(int root, const char *path, int flags, struct stat *st)
{
	char self[40];
	int fd, place;

	/* Look before opening: opening a device or a pipe does things. */
	place = open_beneath(root, path, O_PATH);
	if (place < 0)
		return cannot_open(errno);
	if (fstat(place, st) || !S_ISREG(st->st_mode)) {
		close(place);
		return fail("not a regular file");
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", place);
	fd = open(self, flags | O_CLOEXEC);
	if (fd < 0)
		cannot_open(errno);
	close(place);
	return fd;
}

int beneath_open_parent(int root, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char parent[CP_PATH_MAX + 1] = ".";
	struct stat st;
	int fd;

	*name = slash ? slash + 1 : path;
	/* "/name" must stay "/", which openat2() then refuses. */
	if (slash)
		snprintf(parent, sizeof(parent), "%.*s",
			 slash == path ? 1 : (int)(slash - path), path);
	if (!**name || !strcmp(*name, ".") || !strcmp(*name, ".."))
		return fail("the path names a directory, not a file");

	fd = open_beneath(root, parent, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return cannot_open(errno);
	if (!fstatat(fd, *name, &st, AT_SYMLINK_NOFOLLOW) && !S_ISREG(st.st_mode)) {
		close(fd);
		return fail("what has this name is not a regular file");
	}
	return fd;
}

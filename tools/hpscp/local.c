// SPDX-License-Identifier: GPL-2.0
/* Where a client's get puts the file. */
#include "local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <stdlib.h>

#include "common/fail.h"

static int open_dir(struct local *local, const char *dir)
{
	local->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (local->dirfd < 0)
		return fail("cannot open the directory %s: %s", dir, strerror(errno));
	return 0;
}

static int set_name(struct local *local, const char *name)
{
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return fail("'%s' is not the name of a file", name);
	if (strlen(name) > NAME_MAX)
		return fail("the name '%s' is too long", name);
	strcpy(local->name, name);
	return 0;
}

static int in_directory(struct local *local, const char *dir, const char *remote)
{
	const char *slash = strrchr(remote, '/');
	struct stat st;

	if (set_name(local, slash ? slash + 1 : remote) || open_dir(local, dir))
		return -1;
	if (!fstatat(local->dirfd, local->name, &st, 0) && !S_ISREG(st.st_mode)) {
		local_close(local);
		return fail("%s in %s is not a regular file", local->name, dir);
	}
	return 0;
}

static int beside(struct local *local, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";

	if (strlen(path) >= sizeof(dir))
		return fail("the path is too long");
	if (slash)
		sprintf(dir, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (set_name(local, slash ? slash + 1 : path))
		return -1;
	return open_dir(local, dir);
}

int local_find(struct local *local, const char *path, const char *remote)
{
	char real[PATH_MAX];
	struct stat st;

	local->dirfd = -1;
	local->special = -1;
	if (!path)
		path = ".";
	if (stat(path, &st)) {
		if (errno != ENOENT)
			return fail("cannot look at %s: %s", path, strerror(errno));
		return beside(local, path);
	}
	if (S_ISDIR(st.st_mode))
		return in_directory(local, path, remote);
	if (!S_ISREG(st.st_mode)) {
		local->special = open(path, O_WRONLY | O_CLOEXEC);
		if (local->special < 0)
			return fail("cannot open %s: %s", path, strerror(errno));
		return 0;
	}
	/* Replace what a symbolic link leads to, not the link. */
	if (!realpath(path, real))
		return fail("cannot follow %s: %s", path, strerror(errno));
	return beside(local, real);
}

void local_close(struct local *local)
{
	if (local->dirfd >= 0)
		close(local->dirfd);
	if (local->special >= 0)
		close(local->special);
	local->dirfd = -1;
	local->special = -1;
}

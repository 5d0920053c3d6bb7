// SPDX-License-Identifier: GPL-2.0
/* A file that appears under its name only when it is complete. */
#include "dest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fail.h"

/* The one temporary name that a signal must remove. */
static struct {
	volatile sig_atomic_t	armed;
	int			dirfd;
	char			name[DEST_TEMP_MAX];
} doomed;

static void on_signal(int sig)
{
	if (doomed.armed)
		unlinkat(doomed.dirfd, doomed.name, 0);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void arm(const struct dest *dest)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal }, old;
	unsigned int i;

	doomed.armed = 0;
	doomed.dirfd = dest->dirfd;
	strcpy(doomed.name, dest->temp);
	doomed.armed = 1;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		/* Under nohup a hangup stays ignored. */
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler == SIG_IGN)
			continue;
		sigaction(signals[i], &action, NULL);
	}
}

static int make_temp_name(struct dest *dest)
{
	unsigned long long random;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return fail("cannot get random numbers: %s", strerror(errno));
	snprintf(dest->temp, sizeof(dest->temp), ".hpscp.%016llx.part", random);
	return 0;
}

static bool has_no_tmpfile(int err)
{
	/* EISDIR and ENOENT come from kernels and servers that never heard of
	 * the flag.
	 */
	return err == EOPNOTSUPP || err == EISDIR || err == ENOENT || err == EINVAL;
}

int dest_open(struct dest *dest, int dirfd)
{
	dest->dirfd = dirfd;
	dest->temp[0] = 0;
	dest->fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (dest->fd >= 0)
		return 0;
	if (!has_no_tmpfile(errno))
		return fail("cannot write in this directory: %s", strerror(errno));

	if (make_temp_name(dest))
		return -1;
	arm(dest);
	dest->fd = openat(dirfd, dest->temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			  0600);
	if (dest->fd >= 0)
		return 0;
	doomed.armed = 0;
	return fail("cannot write in this directory: %s", strerror(errno));
}

static void drop_temp(struct dest *dest)
{
	if (!dest->temp[0])
		return;
	unlinkat(dest->dirfd, dest->temp, 0);
	doomed.armed = 0;
	dest->temp[0] = 0;
}

int dest_open_scratch(struct dest *dest, int dirfd)
{
	if (dest_open(dest, dirfd))
		return -1;
	drop_temp(dest);
	return 0;
}

static int link_to(const struct dest *dest, const char *name)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", dest->fd);
	return linkat(AT_FDCWD, path, dest->dirfd, name, AT_SYMLINK_FOLLOW);
}

static int give_name(struct dest *dest, const char *name)
{
	if (!dest->temp[0]) {
		if (!link_to(dest, name))
			return 0;
		if (errno != EEXIST)
			return fail("cannot name the file: %s", strerror(errno));
		/* linkat() does not replace, renameat() does. */
		if (make_temp_name(dest))
			return -1;
		arm(dest);
		if (link_to(dest, dest->temp))
			return fail("cannot name the file: %s", strerror(errno));
	}
	if (renameat(dest->dirfd, dest->temp, dest->dirfd, name))
		return fail("cannot rename the finished file: %s", strerror(errno));
	doomed.armed = 0;
	dest->temp[0] = 0;
	return 0;
}

int dest_commit(struct dest *dest, const char *name, unsigned int mode,
		const struct timespec *mtime)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
	mode_t mask = umask(0);

	umask(mask);
	if (fchmod(dest->fd, mode & 0777 & ~mask))
		return fail("cannot set the file's permissions: %s", strerror(errno));
	if (mtime) {
		times[1] = *mtime;
		if (futimens(dest->fd, times))
			return fail("cannot set the file's time: %s", strerror(errno));
	}
	if (fsync(dest->fd))
		return fail("cannot write the file to disk: %s", strerror(errno));
	if (give_name(dest, name))
		return -1;
	/* Some file systems cannot sync a directory; the file itself is safe. */
	if (fsync(dest->dirfd) && errno != EINVAL)
		return fail("cannot write the directory to disk: %s",
			    strerror(errno));
	return 0;
}

void dest_close(struct dest *dest)
{
	drop_temp(dest);
	if (dest->fd >= 0)
		close(dest->fd);
	dest->fd = -1;
}

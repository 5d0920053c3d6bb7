// SPDX-License-Identifier: GPL-2.0
/*
 * usage: enrol [OCTETS]...
 *
 * How long HPS_DIRECT_REGISTER takes, with pages that the registration cache has
 * and without: a line for each size (64 KiB and 64 MiB), microseconds, medians.
 * In virtual time they do not depend on the host.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/hps.h>
#include <linux/hps_direct.h>

#define TIMES	21

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *v)
{
	qsort(v, TIMES, sizeof(*v), by_size);
	return v[TIMES / 2];
}

static void set_cache(unsigned long octets)
{
	FILE *f = fopen("/proc/sys/net/hps/region_cache", "w");

	if (!f || fprintf(f, "%lu", octets) < 0 || fclose(f))
		err(1, "net.hps.region_cache");
}

/* Registers @p and ends that; how long both took. */
static void measure(int fd, void *p, size_t len, double *begin, double *end)
{
	struct hps_direct_region r = {
		.addr = (unsigned long)p, .len = len,
		.rights = HPS_DIRECT_REMOTE_READ | HPS_DIRECT_REMOTE_WRITE,
	};
	socklen_t size = sizeof(r);
	double t[3];

	t[0] = now_us();
	if (getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, &r, &size))
		err(1, "register %zu octets", len);
	t[1] = now_us();
	if (setsockopt(fd, SOL_HPS, HPS_DIRECT_DEREGISTER, &r.stag,
		       sizeof(r.stag)))
		err(1, "deregister");
	t[2] = now_us();
	*begin = t[1] - t[0];
	*end = t[2] - t[1];
}

/* Its mapping changes, so what is idle is given back, which takes a while. */
static void drop(void *p, size_t len)
{
	if (mprotect(p, len, PROT_READ) ||
	    mprotect(p, len, PROT_READ | PROT_WRITE))
		err(1, "mprotect");
	usleep(50000);
}

static void one_size(int fd, size_t len, int huge)
{
	double begin[3][TIMES], end[3][TIMES];
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	if (p == MAP_FAILED)
		err(1, "mmap");
	/* kernels without huge pages know no such advice */
	madvise(p, len, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	memset(p, 'x', len);
	for (i = 0; i < TIMES; i++) {
		drop(p, len);
		set_cache(0);
		measure(fd, p, len, &begin[0][i], &end[0][i]);
		set_cache(1UL << 30);
		measure(fd, p, len, &begin[1][i], &end[1][i]);
		measure(fd, p, len, &begin[2][i], &end[2][i]);
	}
	printf("%10zu %s pages, register + end: off %.1f + %.1f, miss %.1f + %.1f, hit %.1f + %.1f us\n",
	       len, huge ? "huge " : "small", median(begin[0]), median(end[0]),
	       median(begin[1]), median(end[1]), median(begin[2]),
	       median(end[2]));
	munmap(p, len);
}

int main(int argc, char **argv)
{
	static const char *const usual[] = { "65536", "67108864" };
	int fd = socket(AF_HPS, SOCK_STREAM, 0), i, huge;
	size_t len;

	if (fd < 0)
		err(1, "socket");
	for (i = 0; i < (argc > 1 ? argc - 1 : 2); i++) {
		len = strtoul(argc > 1 ? argv[i + 1] : usual[i], NULL, 0);
		for (huge = 0; huge < 2; huge++)
			one_size(fd, len, huge);
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * lists: full short debug
 * timeout: 240
 *
 * Registered memory: which may be, what it costs, when it ends.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "region.h"

#define HUGE_PAGE	(2UL << 20)

/* What is the same with each way to get a socket is tried with the first of a
 * kind.
 */
#define V_MEMORY	(V_HPS_STREAM | V_ONCE)

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

/* --- arguments ------------------------------------------------------------ */

TEST(register_and_deregister, V_HPS)
{
	int fd = new_socket();
	char *p = memory(3 * PAGE);
	uint32_t a, b;

	a = enrol(fd, p, 3 * PAGE, ALL_RIGHTS);
	b = enrol(fd, p + 100, PAGE, HPS_DIRECT_REMOTE_READ);
	CHECK(a != b);
	deregister(fd, a);
	CHECK_ERR(try_deregister(fd, a), ENOENT);
	deregister(fd, b);
	CHECK_ERR(try_deregister(fd, b), ENOENT);
	CHECK_ERR(try_deregister(fd, 0), ENOENT);
}

TEST(deregister_without_domain, V_HPS)
{
	CHECK_ERR(try_deregister(new_socket(), 12345), ENOENT);
}

TEST(on_every_state_of_a_socket, V_HPS)
{
	char *p = memory(PAGE);
	struct pair pair;

	pair_open(&pair);
	deregister(pair.a, enrol(pair.a, p, PAGE, ALL_RIGHTS));
	deregister(pair.b, enrol(pair.b, p, PAGE, ALL_RIGHTS));
	deregister(pair.lst, enrol(pair.lst, p, PAGE, ALL_RIGHTS));
	close(pair.b);
	recv_eof(pair.a);
	deregister(pair.a, enrol(pair.a, p, PAGE, ALL_RIGHTS));
	send_pattern(pair.a, 1, 0);
}

TEST(rights_and_flags, V_MEMORY)
{
	char *p = memory(PAGE);
	struct hps_direct_region r;
	unsigned int bit;
	int fd = new_socket();

	for (bit = 0; bit < 32; bit++) {
		r = region(p, PAGE, 1U << bit);
		if (1U << bit & ALL_RIGHTS)
			CHECK(try_register(fd, &r) == 0);
		else
			CHECK_ERR(try_register(fd, &r), EINVAL);
		r = region(p, PAGE, HPS_DIRECT_REMOTE_READ);
		r.flags = 1U << bit;
		if (r.flags == HPS_DIRECT_SINK)
			CHECK(try_register(fd, &r) == 0);
		else
			CHECK_ERR(try_register(fd, &r),
				  r.flags == HPS_DIRECT_ONLY ? ENOTCONN : EINVAL);
		r = region(p, PAGE, HPS_DIRECT_REMOTE_READ);
		r.reserved = 1U << bit;
		CHECK_ERR(try_register(fd, &r), EINVAL);
	}
	CHECK(try_memory(fd, p, PAGE, 0) == 0);
}

TEST(arguments_of_calls, V_MEMORY)
{
	struct {
		struct hps_direct_region	r;
		char				more;
	} arg = { .r = region(memory(PAGE), PAGE, ALL_RIGHTS) };
	int fd = new_socket(), x = 1;
	socklen_t len;
	void *page;

	no_cache();
	for (len = 0; len <= sizeof(arg); len++)
		if (len != sizeof(arg.r))
			CHECK_ERR(getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER,
					     &arg, &len), EINVAL);
	len = sizeof(arg.r);
	CHECK_ERR(getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, NULL, &len),
		  EFAULT);
	CHECK_ERR(getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, &arg, NULL),
		  EFAULT);
	CHECK_ERR(setsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, &arg, len),
		  ENOPROTOOPT);
	CHECK_ERR(getsockopt(fd, SOL_HPS, HPS_DIRECT_DEREGISTER, &arg, &len),
		  ENOPROTOOPT);
	CHECK_ERR(setsockopt(fd, SOL_HPS, HPS_DIRECT_DEREGISTER, &x, 3), EINVAL);
	CHECK_ERR(setsockopt(fd, SOL_HPS, HPS_DIRECT_DEREGISTER, NULL, 4),
		  EFAULT);
	CHECK_ERR(setsockopt(fd, SOL_HPS, HPS_DIRECT_DOMAIN, &x, 3), EINVAL);
	/* the tag cannot be told: there is no region */
	page = memory(PAGE);
	memcpy(page, &arg.r, sizeof(arg.r));
	CHECK(mprotect(page, PAGE, PROT_READ) == 0);
	CHECK_ERR(try_register(fd, page), EFAULT);
	CHECK_EQ(charged(), 0);
}

TEST(lengths, V_MEMORY)
{
	int fd = new_socket();
	char *p = memory(PAGE);

	enrol(fd, p, 0, ALL_RIGHTS);
	/* no octets: no address */
	enrol(fd, NULL, 0, ALL_RIGHTS);
	enrol(fd, (void *)UINTPTR_MAX, 0, ALL_RIGHTS);
	CHECK_EQ(charged(), 3 * PAGE);
	enrol(fd, p + 1, 1, ALL_RIGHTS);
	enrol(fd, p + PAGE - 1, 1, ALL_RIGHTS);
	CHECK_EQ(charged(), 5 * PAGE);
	CHECK_ERR(try_memory(fd, p, UINT64_MAX, ALL_RIGHTS), EINVAL);
	CHECK_ERR(try_memory(fd, (void *)UINTPTR_MAX, 2, ALL_RIGHTS), EINVAL);
	CHECK_ERR(try_memory(fd, p + 1, -(uintptr_t)p, ALL_RIGHTS), EINVAL);
	CHECK_ERR(try_memory(fd, (void *)UINTPTR_MAX, 1, ALL_RIGHTS), EFAULT);
	/* more than there is */
	CHECK_ERR(try_memory(fd, p, 1ULL << 40, ALL_RIGHTS), ENOMEM);
	CHECK_ERR(try_memory(fd, p, -(uintptr_t)p, ALL_RIGHTS), ENOMEM);
	CHECK_EQ(charged(), 5 * PAGE);
}

TEST(only_with_a_connection, V_HPS)
{
	struct hps_direct_region r = region(memory(PAGE), PAGE, ALL_RIGHTS);
	int fd = new_socket();
	struct pair pair;

	r.flags = HPS_DIRECT_ONLY;
	CHECK_ERR(try_register(fd, &r), ENOTCONN);
	pair_open(&pair);
	CHECK_ERR(try_register(pair.lst, &r), ENOTCONN);
	CHECK(try_register(pair.a, &r) == 0);
	CHECK(try_register(pair.b, &r) == 0);
	deregister(pair.b, r.stag);
}

/* --- memory --------------------------------------------------------------- */

TEST(not_mapped, V_MEMORY)
{
	char *p = memory(2000 * PAGE);
	int fd = new_socket();

	CHECK_ERR(try_memory(fd, NULL, 1, ALL_RIGHTS), EFAULT);
	CHECK_ERR(try_memory(fd, (void *)(1ULL << 62), 1, ALL_RIGHTS), EFAULT);
	CHECK(munmap(p + 1500 * PAGE, PAGE) == 0);
	CHECK_ERR(try_memory(fd, p, 2000 * PAGE, ALL_RIGHTS), EFAULT);
	CHECK_ERR(try_memory(fd, p + 1500 * PAGE - 1, 2, ALL_RIGHTS), EFAULT);
	CHECK(try_memory(fd, p, 1500 * PAGE, ALL_RIGHTS) == 0);
	CHECK(try_memory(fd, p + 1501 * PAGE, 499 * PAGE, ALL_RIGHTS) == 0);
	CHECK_EQ(charged(), 1999 * PAGE);
}

TEST(protection, V_MEMORY)
{
	char *p = memory(3 * PAGE);
	struct hps_direct_region r;
	int fd = new_socket();

	CHECK(mprotect(p + PAGE, PAGE, PROT_READ) == 0);
	CHECK(mprotect(p + 2 * PAGE, PAGE, PROT_NONE) == 0);
	CHECK_ERR(try_memory(fd, p, 2 * PAGE, HPS_DIRECT_REMOTE_WRITE), EFAULT);
	CHECK_ERR(try_memory(fd, p + PAGE, PAGE, HPS_DIRECT_REMOTE_ATOMIC),
		  EFAULT);
	r = region(p + PAGE, PAGE, HPS_DIRECT_REMOTE_READ);
	r.flags = HPS_DIRECT_SINK;
	CHECK_ERR(try_register(fd, &r), EFAULT);
	CHECK_EQ(charged(), 0);
	CHECK(try_memory(fd, p, 2 * PAGE, HPS_DIRECT_REMOTE_READ) == 0);
	CHECK_ERR(try_memory(fd, p, 3 * PAGE, HPS_DIRECT_REMOTE_READ), EFAULT);
	/* the program itself */
	CHECK(try_memory(fd, (void *)(uintptr_t)new_socket, 16,
			 HPS_DIRECT_REMOTE_READ) == 0);
	CHECK_ERR(try_memory(fd, (void *)(uintptr_t)new_socket, 16,
			     HPS_DIRECT_REMOTE_WRITE), EFAULT);
}

static void huge(void *p, int fd)
{
	uint32_t whole, part;

	CHECK(p != MAP_FAILED);
	whole = enrol(fd, p, 2 * HUGE_PAGE, ALL_RIGHTS);
	part = enrol(fd, (char *)p + HUGE_PAGE - 5, 10, ALL_RIGHTS);
	CHECK_EQ(charged(), 2 * HUGE_PAGE + 2 * PAGE);
	deregister(fd, whole);
	deregister(fd, part);
	CHECK_EQ(charged(), 0);
}

TEST(huge_pages, V_MEMORY)
{
	int fd = new_socket(), mem;

	no_cache();
	if (access("/sys/kernel/mm/hugepages/hugepages-2048kB", F_OK)) {
		/* the small kernel that looks for faults has none */
		CHECK(on_debug_kernel());
		return;
	}
	write_file("/proc/sys/vm/nr_hugepages", "4");
	huge(mmap(NULL, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0), fd);
	mem = memfd_create("huge", MFD_HUGETLB);
	CHECK(mem >= 0);
	CHECK(ftruncate(mem, 2 * HUGE_PAGE) == 0);
	huge(mmap(NULL, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, mem,
		  0), fd);
	write_file("/proc/sys/vm/nr_hugepages", "0");
}

/* One huge page takes nothing of the budget: it is in one piece already. */
TEST(huge_page_is_in_one_piece, V_MEMORY)
{
	long long before;
	int fd;
	char *p;

	if (access("/sys/kernel/mm/hugepages/hugepages-2048kB", F_OK)) {
		CHECK(on_debug_kernel());
		return;
	}
	own_namespace();
	fd = new_socket();
	write_file("/proc/sys/vm/nr_hugepages", "1");
	p = mmap(NULL, HUGE_PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	CHECK(p != MAP_FAILED);
	before = counter("HpsMappedOctets");
	enrol(fd, p, HUGE_PAGE, ALL_RIGHTS);
	CHECK_EQ(counter("HpsMappedOctets"), before);
	CHECK_EQ(counter("HpsRegionPerPage"), 0);
	write_file("/proc/sys/vm/nr_hugepages", "0");
}

static void shared_memory(int fd, int mem)
{
	char *p;

	no_cache();
	CHECK(mem >= 0);
	CHECK(ftruncate(mem, 100 * PAGE) == 0);
	p = mmap(NULL, 101 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
	CHECK(p != MAP_FAILED);
	deregister(fd, enrol(fd, p, 100 * PAGE, ALL_RIGHTS));
	deregister(fd, enrol(fd, p, 100 * PAGE, HPS_DIRECT_REMOTE_READ));
	/* behind the end of the file */
	CHECK_ERR(try_memory(fd, p, 101 * PAGE, ALL_RIGHTS), EFAULT);
	CHECK(munmap(p, 101 * PAGE) == 0);
	p = mmap(NULL, 100 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, mem, 0);
	CHECK(p != MAP_FAILED);
	deregister(fd, enrol(fd, p, 100 * PAGE, ALL_RIGHTS));
	CHECK_EQ(charged(), 0);
}

TEST(memfd, V_MEMORY)
{
	shared_memory(new_socket(), memfd_create("region", 0));
}

TEST(file_in_memory, V_MEMORY)
{
	shared_memory(new_socket(),
		      open("/dev/shm", O_TMPFILE | O_RDWR, 0600));
}

TEST(file_sealed_and_cut, V_MEMORY)
{
	int mem = memfd_create("region", MFD_ALLOW_SEALING);
	int fd = new_socket();
	uint32_t stag;
	char *p;

	CHECK(ftruncate(mem, 4 * PAGE) == 0);
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, mem, 0);
	CHECK(p != MAP_FAILED);
	stag = enrol(fd, p, 4 * PAGE, ALL_RIGHTS);
	CHECK(munmap(p, 4 * PAGE) == 0);
	/* peers can write: it cannot be promised that nobody does */
	CHECK_ERR(fcntl(mem, F_ADD_SEALS, F_SEAL_WRITE), EBUSY);
	CHECK(ftruncate(mem, PAGE) == 0);
	deregister(fd, stag);
	CHECK(fcntl(mem, F_ADD_SEALS, F_SEAL_WRITE) == 0);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, mem, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERR(try_memory(fd, p, PAGE, HPS_DIRECT_REMOTE_WRITE), EFAULT);
	CHECK(try_memory(fd, p, PAGE, HPS_DIRECT_REMOTE_READ) == 0);
}

/* A small file system with a disk behind it, the simplest to make: FAT. */
static void mount_disk(const char *dir)
{
	static unsigned char disk[1 << 20] = {
		0xeb, 0x3c, 0x90, 'm', 'k', 'f', 's', '.', 'f', 'a', 't',
		0, 2,		/* octets of a sector */
		1,		/* sectors of a cluster */
		1, 0,		/* sectors before the table */
		1,		/* tables */
		16, 0,		/* files */
		0, 8,		/* sectors */
		0xf8,
		8, 0,		/* sectors of the table */
		[510] = 0x55, 0xaa, 0xf8, 0xff, 0xff
	};
	char cmd[200];
	int fd;

	CHECK(unshare(CLONE_NEWNS) == 0);
	CHECK(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	CHECK(mount("tmpfs", dir, "tmpfs", 0, NULL) == 0);
	CHECK(chdir(dir) == 0);
	fd = open("disk", O_RDWR | O_CREAT, 0600);
	CHECK(fd >= 0 && write(fd, disk, sizeof(disk)) == sizeof(disk));
	close(fd);
	snprintf(cmd, sizeof(cmd),
		 "modprobe loop && mount -t msdos -o loop %s/disk %s", dir, dir);
	CHECK(system(cmd) == 0);
	CHECK(chdir(dir) == 0);
}

/* The file system would have to be told of each octet that a peer writes. */
TEST(file_on_disk, V_MEMORY)
{
	int fd = new_socket(), file;
	char *p;

	/* the small kernel that looks for faults has neither disks nor FAT */
	if (on_debug_kernel())
		return;
	mount_disk("/mnt");
	file = open("file", O_RDWR | O_CREAT, 0600);
	CHECK(file >= 0 && ftruncate(file, 2 * PAGE) == 0);
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	CHECK(p != MAP_FAILED);
	memset(p, 'x', 2 * PAGE);
	CHECK_ERR(try_memory(fd, p, PAGE, HPS_DIRECT_REMOTE_WRITE), EOPNOTSUPP);
	CHECK_ERR(try_memory(fd, p, PAGE, HPS_DIRECT_REMOTE_ATOMIC), EOPNOTSUPP);
	CHECK_EQ(charged(), 0);
	CHECK(try_memory(fd, p, 2 * PAGE, HPS_DIRECT_REMOTE_READ) == 0);
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	CHECK(p != MAP_FAILED);
	CHECK(try_memory(fd, p, 2 * PAGE, ALL_RIGHTS) == 0);
	CHECK(munmap(p, 2 * PAGE) == 0);
	/* the disk can go while pages of its file are registered */
	CHECK(ftruncate(file, 0) == 0);
}

/* Registers of a device are no memory that can be pinned. */
TEST(device, V_MEMORY)
{
	int fd = new_socket(), mem = open("/dev/mem", O_RDONLY);
	char *p;

	/* not every kernel gives them out */
	if (mem < 0)
		return;
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, mem, 0xfee00000);
	if (p != MAP_FAILED)
		CHECK_ERR(try_memory(fd, p, PAGE, HPS_DIRECT_REMOTE_READ),
			  EOPNOTSUPP);
}

TEST(unmapped_while_registered, V_MEMORY)
{
	char *p = memory(100 * PAGE);
	int fd = new_socket();
	uint32_t stag;

	stag = enrol(fd, p, 100 * PAGE, ALL_RIGHTS);
	CHECK(munmap(p, 100 * PAGE) == 0);
	CHECK_EQ(charged(), 100 * PAGE);
	deregister(fd, stag);
	CHECK_EQ(charged(), 0);
}

/* --- accounting ----------------------------------------------------------- */

TEST(limit_of_memory, V_MEMORY)
{
	char *p = memory(100 * PAGE);
	uint32_t stag;
	int fd, other;

	no_cache();
	be_somebody(10 * PAGE);
	fd = new_socket();
	other = new_socket();
	CHECK_ERR(try_memory(fd, p, 11 * PAGE, ALL_RIGHTS), ENOMEM);
	CHECK_ERR(try_memory(fd, p + 1, 10 * PAGE, ALL_RIGHTS), ENOMEM);
	CHECK_EQ(charged(), 0);
	stag = enrol(fd, p, 10 * PAGE, ALL_RIGHTS);
	CHECK_ERR(try_memory(fd, p, 1, ALL_RIGHTS), ENOMEM);
	CHECK_ERR(try_memory(other, p, 0, ALL_RIGHTS), ENOMEM);
	deregister(fd, stag);
	CHECK_EQ(charged(), 0);
	enrol(fd, p, 4 * PAGE, ALL_RIGHTS);
	enrol(fd, p, 6 * PAGE, ALL_RIGHTS);
	CHECK_ERR(try_memory(other, p, 1, ALL_RIGHTS), ENOMEM);
	close(fd);
	CHECK_EQ(charged(), 0);
	enrol(other, p, 10 * PAGE, ALL_RIGHTS);
}

/* A child's memory stays for its parent's socket. */
TEST(limit_of_children, V_MEMORY)
{
	char *p = memory(10 * PAGE);
	int fd, i, status;
	pid_t pid;

	be_somebody(10 * PAGE);
	fd = new_socket();
	for (i = 0; i < 3; i++) {
		pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			_exit(try_memory(fd, p, 5 * PAGE, ALL_RIGHTS) ? errno : 0);
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), i < 2 ? 0 : ENOMEM);
	}
	close(fd);
	enrol(new_socket(), p, 10 * PAGE, ALL_RIGHTS);
}

/* What was not registered is not charged. */
TEST(limit_after_failures, V_MEMORY)
{
	char *p = memory(10 * PAGE);
	int fd, i;

	CHECK(munmap(p + 5 * PAGE, PAGE) == 0);
	be_somebody(10 * PAGE);
	fd = new_socket();
	for (i = 0; i < 100; i++)
		CHECK_ERR(try_memory(fd, p, 10 * PAGE, ALL_RIGHTS), EFAULT);
	CHECK_EQ(charged(), 0);
	enrol(fd, p, 5 * PAGE, ALL_RIGHTS);
}

TEST(privileged_has_no_limit, V_MEMORY)
{
	struct rlimit limit = { PAGE, PAGE };

	CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
	enrol(new_socket(), memory(100 * PAGE), 100 * PAGE, ALL_RIGHTS);
}

TEST(counters, V_MEMORY)
{
	char *p = memory(100 * PAGE);
	uint32_t stag;
	int fd;

	own_namespace();
	no_cache();
	fd = new_socket();
	stag = enrol(fd, p, 100 * PAGE, ALL_RIGHTS);
	CHECK_EQ(counter("HpsRegionRegistered"), 1);
	CHECK_EQ(counter("HpsRegions"), 1);
	CHECK_EQ(counter("HpsPinnedOctets"), 100 * PAGE);
	/* or they happen to lie in one piece */
	CHECK(counter("HpsMappedOctets") == 100 * PAGE ||
	      counter("HpsMappedOctets") == 0);
	enrol(fd, p, 10, ALL_RIGHTS);
	CHECK_EQ(counter("HpsRegions"), 2);
	CHECK_EQ(counter("HpsPinnedOctets"), 101 * PAGE);
	deregister(fd, stag);
	CHECK_EQ(counter("HpsRegions"), 1);
	CHECK_EQ(counter("HpsPinnedOctets"), PAGE);
	CHECK_EQ(counter("HpsMappedOctets"), 0);
	close(fd);
	CHECK_EQ(counter("HpsRegions"), 0);
	CHECK_EQ(counter("HpsPinnedOctets"), 0);
	CHECK_EQ(counter("HpsRegionRegistered"), 2);
	CHECK_EQ(counter("HpsRegionPerPage"), 0);
}

/* Two pages that are the same one are in no piece. */
static char *twice(unsigned int times)
{
	int mem = memfd_create("twice", 0);
	char *p = memory(times * PAGE);
	unsigned int i;

	CHECK(mem >= 0 && ftruncate(mem, PAGE) == 0);
	for (i = 0; i < times; i++)
		CHECK(mmap(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_FIXED, mem, 0) == p + i * PAGE);
	close(mem);
	return p;
}

TEST(budget_of_mappings, V_MEMORY)
{
	char *p = twice(8);
	uint32_t a, b;
	int fd;

	own_namespace();
	no_cache();
	fd = new_socket();
	write_file("/proc/sys/net/hps/map_budget", "40960");
	a = enrol(fd, p, 8 * PAGE, ALL_RIGHTS);
	CHECK_EQ(counter("HpsMappedOctets"), 8 * PAGE);
	b = enrol(fd, p, 3 * PAGE, ALL_RIGHTS);
	CHECK_EQ(counter("HpsMappedOctets"), 8 * PAGE);
	CHECK_EQ(counter("HpsRegionPerPage"), 1);
	enrol(fd, p, 2 * PAGE, ALL_RIGHTS);
	CHECK_EQ(counter("HpsMappedOctets"), 10 * PAGE);
	deregister(fd, b);
	CHECK_EQ(counter("HpsMappedOctets"), 10 * PAGE);
	deregister(fd, a);
	CHECK_EQ(counter("HpsMappedOctets"), 2 * PAGE);
	write_file("/proc/sys/net/hps/map_budget", "0");
	enrol(fd, p, 2 * PAGE, ALL_RIGHTS);
	enrol(fd, p, PAGE, ALL_RIGHTS);
	CHECK_EQ(counter("HpsRegionPerPage"), 2);
	close(fd);
	CHECK_EQ(counter("HpsMappedOctets"), 0);
	/* nothing is left behind of one that failed */
	write_file("/proc/sys/net/hps/map_budget", "8192");
	enrol(new_socket(), p, 2 * PAGE, ALL_RIGHTS);
	CHECK_EQ(counter("HpsMappedOctets"), 2 * PAGE);
}

/* --- tags ----------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

TEST(many_regions, V_MEMORY)
{
	enum { N = 3000 };
	static uint32_t tags[N], sorted[N];
	char *p = memory(PAGE);
	unsigned int i, n = on_debug_kernel() ? 300 : N;
	int fd;

	own_namespace();
	no_cache();
	fd = new_socket();
	for (i = 0; i < n; i++)
		tags[i] = enrol(fd, p + i % 100, 8, ALL_RIGHTS);
	memcpy(sorted, tags, sizeof(tags));
	qsort(sorted, n, sizeof(*sorted), by_number);
	for (i = 1; i < n; i++)
		CHECK(sorted[i] != sorted[i - 1]);
	CHECK_EQ(charged(), n * PAGE);
	CHECK_EQ(counter("HpsRegions"), n);
	for (i = 0; i < n; i += 2)
		deregister(fd, tags[i]);
	for (i = 0; i < n; i += 2)
		CHECK_ERR(try_deregister(fd, tags[i]), ENOENT);
	CHECK_EQ(counter("HpsRegions"), n / 2);
	close(fd);
	CHECK_EQ(counter("HpsRegions"), 0);
	CHECK_EQ(charged(), 0);
}

/* None of the last ones comes again, and one does not say what the next will
 * be.
 */
TEST(tags_are_random, V_MEMORY)
{
	enum { N = 200 };
	static uint32_t tags[N];
	unsigned int i, j, near = 0, bits = 0;
	char *p = memory(PAGE);
	int fd = new_socket();

	for (i = 0; i < N; i++) {
		tags[i] = enrol(fd, p, PAGE, ALL_RIGHTS);
		deregister(fd, tags[i]);
		bits |= tags[i];
		for (j = 0; j < i; j++)
			CHECK(tags[i] != tags[j]);
		if (i && tags[i] - tags[i - 1] + 1000 < 2000)
			near++;
	}
	CHECK_EQ(bits, UINT32_MAX);
	CHECK(near < 3);
}

/* --- ends ----------------------------------------------------------------- */

static void register_and_go(void *arg)
{
	int *fd = arg;

	enrol(*fd, memory(100 * PAGE), 100 * PAGE, ALL_RIGHTS);
}

/* The process has gone, its socket is somebody else's as well. */
TEST(exit_while_registered, V_MEMORY)
{
	int fd;

	own_namespace();
	fd = new_socket();
	reap(child(register_and_go, &fd));
	CHECK_EQ(counter("HpsRegions"), 1);
	CHECK_EQ(counter("HpsPinnedOctets"), 100 * PAGE);
	CHECK_EQ(charged(), 0);
	close(fd);
	CHECK_EQ(counter("HpsRegions"), 0);
	CHECK_EQ(counter("HpsPinnedOctets"), 0);
	CHECK_EQ(charged(), 0);
}

static void register_and_die(void *arg)
{
	register_and_go(arg);
	kill(getpid(), SIGKILL);
}

TEST(killed_while_registered, V_MEMORY)
{
	int fd, status;
	pid_t pid;

	own_namespace();
	fd = new_socket();
	pid = child(register_and_die, &fd);
	close(fd);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	counter_becomes("HpsRegions", 0, 10000);
	CHECK_EQ(counter("HpsRegionRegistered"), 1);
}

struct family {
	int		fd;
	char		*p;
	uint32_t	stag;
};

/* A child has the socket and a copy of the memory: it can end the region. */
static void be_the_child(void *arg)
{
	struct family *f = arg;

	CHECK_EQ(f->p[0], 'p');
	memset(f->p, 'c', 2 * PAGE);
	CHECK_EQ(charged(), 0);
	deregister(f->fd, f->stag);
	CHECK_EQ(charged(), 0);
	f->stag = enrol(f->fd, f->p, 2 * PAGE, ALL_RIGHTS);
	CHECK_EQ(charged(), 2 * PAGE);
	CHECK_EQ(counter("HpsRegions"), 1);
}

TEST(fork_while_registered, V_MEMORY)
{
	struct family f;

	own_namespace();
	f.fd = new_socket();
	f.p = memory(2 * PAGE);
	memset(f.p, 'p', 2 * PAGE);
	f.stag = enrol(f.fd, f.p, 2 * PAGE, ALL_RIGHTS);
	reap(child(be_the_child, &f));
	CHECK_EQ(f.p[0], 'p');
	CHECK_EQ(f.p[2 * PAGE - 1], 'p');
	CHECK_EQ(charged(), 0);
	CHECK_ERR(try_deregister(f.fd, f.stag), ENOENT);
	/* that of the child, whose memory is gone */
	CHECK_EQ(counter("HpsRegions"), 1);
	close(f.fd);
	CHECK_EQ(counter("HpsRegions"), 0);
}

/* A namespace ends with its last socket, and its regions with it. */
TEST(namespace_ends, V_MEMORY)
{
	int i;

	for (i = 0; i < 5; i++) {
		own_namespace();
		enrol(new_socket(), memory(30 * PAGE), 30 * PAGE, ALL_RIGHTS);
	}
}

static int crowd[4];

static void *one_of_the_crowd(void *arg)
{
	uint64_t seed = (uintptr_t)arg;
	char *p = memory(20 * PAGE);
	int i, fd;
	struct hps_direct_region r;

	for (i = 0; i < (on_debug_kernel() ? 50 : 200); i++) {
		fd = crowd[seeded(&seed) % 4];
		r = region(p + seeded(&seed) % PAGE, seeded(&seed) % (19 * PAGE),
			   ALL_RIGHTS);
		CHECK(try_register(fd, &r) == 0);
		/* of the same domain, whichever it is */
		deregister(crowd[seeded(&seed) % 4], r.stag);
	}
	return NULL;
}

TEST(many_at_once, V_MEMORY)
{
	pthread_t threads[4];
	uintptr_t i;

	own_namespace();
	no_cache();
	for (i = 0; i < 4; i++) {
		crowd[i] = new_socket();
		if (i)
			CHECK(try_domain(crowd[i], crowd[0]) == 0);
	}
	for (i = 0; i < 4; i++)
		CHECK(!pthread_create(&threads[i], NULL, one_of_the_crowd,
				      (void *)i));
	for (i = 0; i < 4; i++)
		CHECK(!pthread_join(threads[i], NULL));
	CHECK_EQ(counter("HpsRegions"), 0);
	CHECK_EQ(charged(), 0);
}

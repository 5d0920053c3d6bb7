/* SPDX-License-Identifier: GPL-2.0 */
/* Registered memory, for tests of it. */
#ifndef _HPS_SELFTESTS_REGION_H
#define _HPS_SELFTESTS_REGION_H

#include <linux/hps.h>
#include <linux/hps_direct.h>
#include <sys/mman.h>

#include "locked.h"
#include "pair.h"

#define ALL_RIGHTS	(HPS_DIRECT_REMOTE_READ | HPS_DIRECT_REMOTE_WRITE | \
			 HPS_DIRECT_REMOTE_ATOMIC)

static inline struct hps_direct_region region(const void *addr, uint64_t len,
					      unsigned int rights)
{
	return (struct hps_direct_region) {
		.addr = (uintptr_t)addr, .len = len, .rights = rights,
	};
}

static inline int try_register(int fd, struct hps_direct_region *r)
{
	socklen_t len = sizeof(*r);

	return getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, r, &len);
}

static inline int try_memory(int fd, const void *addr, uint64_t len,
			     unsigned int rights)
{
	struct hps_direct_region r = region(addr, len, rights);

	return try_register(fd, &r);
}

/* The tag of a new region. */
static inline uint32_t enrol(int fd, const void *addr, uint64_t len,
			     unsigned int rights)
{
	struct hps_direct_region r = region(addr, len, rights);

	if (try_register(fd, &r))
		test_fail(__FILE__, __LINE__, "register %llu octets",
			  (unsigned long long)len);
	CHECK(r.stag != 0);
	return r.stag;
}

static inline int try_deregister(int fd, uint32_t stag)
{
	return setsockopt(fd, SOL_HPS, HPS_DIRECT_DEREGISTER, &stag,
			  sizeof(stag));
}

static inline void deregister(int fd, uint32_t stag)
{
	CHECK(try_deregister(fd, stag) == 0);
}

static inline int try_domain(int fd, int other)
{
	return setsockopt(fd, SOL_HPS, HPS_DIRECT_DOMAIN, &other,
			  sizeof(other));
}

static inline void *memory(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

/* What is idle counts as well, and would hide what is not given back: cached.c. */
static inline void no_cache(void)
{
	sysctl_set("region_cache", 0);
}

#endif /* _HPS_SELFTESTS_REGION_H */

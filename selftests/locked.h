/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that is locked, and who may lock how much. */
#ifndef _HPS_SELFTESTS_LOCKED_H
#define _HPS_SELFTESTS_LOCKED_H

#include <stdio.h>
#include <sys/resource.h>

#include "harness.h"

#define PAGE		4096UL
#define SOMEBODY	65534

/* Octets that count for RLIMIT_MEMLOCK. */
static inline long long charged(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	long long kib = -1;
	char line[200];

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmPin: %lld", &kib) == 1)
			break;
	fclose(f);
	CHECK(kib >= 0);
	return kib * 1024;
}

/* From now on as somebody without privileges, who may lock @octets. */
static inline void be_somebody(size_t octets)
{
	struct rlimit limit = { octets, octets };

	CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
	CHECK(setresuid(SOMEBODY, SOMEBODY, SOMEBODY) == 0);
}

#endif /* _HPS_SELFTESTS_LOCKED_H */

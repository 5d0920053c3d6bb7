// SPDX-License-Identifier: GPL-2.0
/*
 * CPU time: of this process, and of the machine with its softirqs; and what HPS copied in
 * this network namespace.
 */
#include "usage.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "common/clock.h"
#include "common/out.h"

static uint64_t to_ns(const struct timeval *tv)
{
	return tv->tv_sec * NSEC_PER_SEC + tv->tv_usec * NSEC_PER_USEC;
}

static void read_machine(struct usage *usage)
{
	/* user nice system idle iowait irq softirq steal; guest is in user */
	unsigned long long t[8] = { 0 };
	FILE *file = fopen("/proc/stat", "re");
	unsigned int i;

	usage->machine_busy = 0;
	usage->machine_all = 0;
	if (!file)
		return;
	if (fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0],
		   &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) == 8) {
		for (i = 0; i < 8; i++)
			usage->machine_all += t[i];
		usage->machine_busy = usage->machine_all - t[3] - t[4];
	}
	fclose(file);
}

/* There is no such file without the module. */
static void read_copies(struct usage *usage)
{
	FILE *file = fopen("/proc/net/hps_stat", "re");
	unsigned long long value;
	char name[64];

	usage->copied = 0;
	usage->moved = 0;
	if (!file)
		return;
	while (fscanf(file, "%63s %llu", name, &value) == 2) {
		if (!strcmp(name, "HpsCopiedOctets"))
			usage->copied = value;
		else if (!strcmp(name, "HpsSentOctets") ||
			 !strcmp(name, "HpsReceivedOctets"))
			usage->moved += value;
	}
	fclose(file);
}

void usage_now(struct usage *usage)
{
	struct rusage self;

	getrusage(RUSAGE_SELF, &self);
	usage->user_ns = to_ns(&self.ru_utime);
	usage->system_ns = to_ns(&self.ru_stime);
	read_machine(usage);
	read_copies(usage);
	usage->wall_ns = clock_ns();
}

void usage_since(struct usage *usage)
{
	struct usage before = *usage;

	usage_now(usage);
	usage->user_ns -= before.user_ns;
	usage->system_ns -= before.system_ns;
	usage->machine_busy -= before.machine_busy;
	usage->machine_all -= before.machine_all;
	usage->copied -= before.copied;
	usage->moved -= before.moved;
	usage->wall_ns -= before.wall_ns;
}

void usage_add(struct usage *sum, const struct usage *more)
{
	sum->user_ns += more->user_ns;
	sum->system_ns += more->system_ns;
	sum->machine_busy += more->machine_busy;
	sum->machine_all += more->machine_all;
	sum->copied += more->copied;
	sum->moved += more->moved;
	sum->wall_ns += more->wall_ns;
}

void usage_join(struct usage *sum, const struct usage *more)
{
	uint64_t wall_ns = sum->wall_ns;

	usage_add(sum, more);
	sum->wall_ns = wall_ns > more->wall_ns ? wall_ns : more->wall_ns;
}

void usage_print(const char *key, const struct usage *usage)
{
	double wall = usage->wall_ns ? usage->wall_ns : 1;

	out_object_begin(key);
	out_text("CPU of the %s:", key);
	out_double("user_percent", " user %.1f %%",
		   100.0 * usage->user_ns / wall);
	out_double("system_percent", ", system %.1f %%",
		   100.0 * usage->system_ns / wall);
	if (usage->machine_all)
		out_double("machine_percent", ", all CPUs of its machine %.1f %%",
			   100.0 * usage->machine_busy / usage->machine_all);
	else
		out_null("machine_percent");
	if (usage->moved)
		out_double("copies_per_byte", ", %.2f copies per byte",
			   (double)usage->copied / usage->moved);
	else
		out_null("copies_per_byte");
	out_text("\n");
	out_object_end();
}

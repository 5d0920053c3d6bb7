// SPDX-License-Identifier: GPL-2.0
/* hpsctl stats */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/hps_netlink.h>

#include "common/fail.h"
#include "common/out.h"
#include "hpsctl/ctl.h"
#include "hpsctl/nl.h"

static bool nonzero;

static void print(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[HPS_A_COUNTER_MAX + 1];
	const char *name;
	uint64_t value;

	nl_parse(nlh, tb, HPS_A_COUNTER_MAX);
	name = nl_string(tb[HPS_A_COUNTER_NAME]);
	value = nl_number(tb[HPS_A_COUNTER_VALUE]);
	if (nonzero && !value)
		return;
	out_text("%-23s ", name);
	out_u64(name, "%llu\n", value);
}

static int show(int argc, char **argv)
{
	struct nlmsghdr *nlh;
	int err;

	if (argc && (!strcmp(argv[0], "--nonzero") ||
		     !strcmp(argv[0], "nonzero"))) {
		nonzero = true;
		argc--;
		argv++;
	}
	if (argc > 1)
		return fail("one counter, or none for all");
	if (argc && strlen(argv[0]) > NAME_MAX)
		return fail("no counter has such a long name");
	nlh = nl_request(HPS_CMD_STATS_GET, !argc);
	if (argc)
		mnl_attr_put_strz(nlh, HPS_A_COUNTER_NAME, argv[0]);
	out_object_begin("counters");
	err = nl_run(nlh, print);
	out_object_end();
	return err;
}

/* --- histograms --- */

#define BUCKETS	64

/* "64k": the power of two at which a bucket begins */
static const char *size_text(unsigned int bucket)
{
	static const char units[] = " kMGTPE";
	static char text[16];
	unsigned int power = bucket ? bucket - 1 : 0;

	if (!bucket)
		return "0";
	snprintf(text, sizeof(text), power < 10 ? "%u" : "%u%c",
		 1U << power % 10, units[power / 10]);
	return text;
}

static void out_bucket(unsigned int i, uint64_t n, uint64_t most)
{
	static const char bar[] = "########################################";
	int width = n * (sizeof(bar) - 1.0) / most + 0.5;

	out_object_begin(NULL);
	out_text("    %6s", size_text(i));
	out_u64("from", NULL, i ? 1ULL << (i - 1) : 0);
	out_u64("count", " %12llu", n);
	out_text(" %.*s\n", width, bar);
	out_object_end();
}

static void print_histogram(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[HPS_A_HISTOGRAM_MAX + 1], *attr;
	uint64_t bucket[BUCKETS], most = 0;
	unsigned int i, n = 0;

	nl_parse(nlh, tb, HPS_A_HISTOGRAM_MAX);
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) != HPS_A_HISTOGRAM_BUCKET ||
		    n == BUCKETS)
			continue;
		bucket[n] = nl_number(attr);
		if (bucket[n] > most)
			most = bucket[n];
		n++;
	}
	out_text("%s, sizes from\n", nl_string(tb[HPS_A_HISTOGRAM_NAME]));
	out_list_begin(nl_string(tb[HPS_A_HISTOGRAM_NAME]));
	for (i = 0; i < n; i++) {
		if (bucket[i])
			out_bucket(i, bucket[i], most);
	}
	out_list_end();
}

static int histogram(int argc, char **argv)
{
	int err;

	if (argc)
		return fail("'%s': stats histogram takes no argument", argv[0]);
	out_object_begin("histograms");
	err = nl_run(nl_request(HPS_CMD_HISTOGRAM_GET, true), print_histogram);
	out_object_end();
	return err;
}

const struct command stats_commands[] = {
	{ "show",	show,	"[--nonzero] [NAME]" },
	{ "histogram",	histogram,	"" },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/* hpsctl stats */
#include <stdbool.h>
#include <string.h>

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
	nlh = nl_request(HPS_CMD_STATS_GET, !argc);
	if (argc)
		mnl_attr_put_strz(nlh, HPS_A_COUNTER_NAME, argv[0]);
	out_object_begin("counters");
	err = nl_run(nlh, print);
	out_object_end();
	return err;
}

const struct command stats_commands[] = {
	{ "show",	show,	"[--nonzero] [NAME]" },
	{ }
};

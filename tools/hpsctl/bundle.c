// SPDX-License-Identifier: GPL-2.0
/* hpsctl bundle */
#include <string.h>

#include <linux/hps.h>
#include <linux/hps_netlink.h>

#include "common/fail.h"
#include "common/out.h"
#include "common/parse.h"
#include "hpsctl/ctl.h"
#include "hpsctl/nl.h"

static const char * const policies[] = {
	[HPS_POLICY_AUTO]	= "auto",
	[HPS_POLICY_SINGLE]	= "single",
	[HPS_POLICY_STRIPE]	= "stripe",
	[HPS_POLICY_DUPLICATE]	= "duplicate",
};

#define POLICIES	(sizeof(policies) / sizeof(policies[0]))

const char *policy_name(uint8_t policy)
{
	return policy < POLICIES ? policies[policy] : "unknown";
}

static void print(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[HPS_A_BUNDLE_MAX + 1];
	uint64_t cutoff;

	nl_parse(nlh, tb, HPS_A_BUNDLE_MAX);
	cutoff = nl_number(tb[HPS_A_BUNDLE_CUTOFF]);
	out_object_begin(NULL);
	out_u64("ifindex", "%llu: ", nl_number(tb[HPS_A_BUNDLE_IFINDEX]));
	out_str("ifname", "%s:", nl_string(tb[HPS_A_BUNDLE_IFNAME]));
	out_str("policy", " policy %s",
		policy_name(nl_number(tb[HPS_A_BUNDLE_POLICY])));
	out_u64("cutoff", cutoff ? " cutoff %llu" : " cutoff auto", cutoff);
	if (nl_number(tb[HPS_A_BUNDLE_POLICY]) == HPS_POLICY_DUPLICATE)
		out_u64("copies", " copies %llu",
			nl_number(tb[HPS_A_BUNDLE_COPIES]));
	out_u64("links", " links %llu", nl_number(tb[HPS_A_BUNDLE_LINKS]));
	out_bool("default", tb[HPS_A_BUNDLE_DEFAULT]);
	out_text("%s\n", tb[HPS_A_BUNDLE_DEFAULT] ? " default" : "");
	out_u64("tx_bytes", "    tx %llu bytes",
		nl_number(tb[HPS_A_BUNDLE_TX_BYTES]));
	out_u64("tx_segments", " %llu segments",
		nl_number(tb[HPS_A_BUNDLE_TX_SEGMENTS]));
	out_u64("rx_bytes", "  rx %llu bytes",
		nl_number(tb[HPS_A_BUNDLE_RX_BYTES]));
	out_u64("rx_segments", " %llu segments\n",
		nl_number(tb[HPS_A_BUNDLE_RX_SEGMENTS]));
	out_object_end();
}

static int show(int argc, char **argv)
{
	struct nlmsghdr *nlh;
	uint32_t ifindex;
	int err;

	if (argc > 1)
		return fail("one bundle, or none for all");
	nlh = nl_request(HPS_CMD_BUNDLE_GET, !argc);
	if (argc) {
		ifindex = need_interface(argv[0]);
		if (!ifindex)
			return -1;
		mnl_attr_put_u32(nlh, HPS_A_BUNDLE_IFINDEX, ifindex);
	}
	out_list_begin("bundles");
	err = nl_run(nlh, print);
	out_list_end();
	return err;
}

static int put_cutoff(struct nlmsghdr *nlh, const char *text)
{
	uint64_t cutoff = 0;

	if (strcmp(text, "auto") && parse_size(text, &cutoff))
		return -1;
	if (cutoff > UINT32_MAX)
		return fail("the cut-off '%s' is too large", text);
	mnl_attr_put_u32(nlh, HPS_A_BUNDLE_CUTOFF, cutoff);
	return 0;
}

static int put_policy(struct nlmsghdr *nlh, const char *text)
{
	size_t i;

	for (i = 0; i < POLICIES; i++) {
		if (strcmp(text, policies[i]))
			continue;
		mnl_attr_put_u8(nlh, HPS_A_BUNDLE_POLICY, i);
		return 0;
	}
	return fail("there is no policy '%s'", text);
}

static int put_copies(struct nlmsghdr *nlh, const char *text)
{
	uint64_t copies;

	if (parse_number(text, "number of copies", 0, UINT8_MAX, &copies))
		return -1;
	mnl_attr_put_u8(nlh, HPS_A_BUNDLE_COPIES, copies);
	return 0;
}

static const struct setting settings[] = {
	{ "cutoff",	put_cutoff },
	{ "policy",	put_policy },
	{ "copies",	put_copies },
	{ }
};

int bundle_set_cutoff(uint32_t ifindex, uint32_t cutoff)
{
	struct nlmsghdr *nlh = nl_request(HPS_CMD_BUNDLE_SET, false);

	mnl_attr_put_u32(nlh, HPS_A_BUNDLE_IFINDEX, ifindex);
	mnl_attr_put_u32(nlh, HPS_A_BUNDLE_CUTOFF, cutoff);
	return nl_run(nlh, NULL);
}

static int set(int argc, char **argv)
{
	struct nlmsghdr *nlh;
	uint32_t ifindex;

	if (!argc)
		return fail("name a bundle");
	ifindex = need_interface(argv[0]);
	if (!ifindex)
		return -1;
	nlh = nl_request(HPS_CMD_BUNDLE_SET, false);
	mnl_attr_put_u32(nlh, HPS_A_BUNDLE_IFINDEX, ifindex);
	if (nl_put_settings(nlh, settings,
			    "cutoff SIZE, policy NAME or copies N", argc - 1,
			    argv + 1))
		return -1;
	return nl_run(nlh, NULL);
}

const struct command bundle_commands[] = {
	{ "show",	show,	"[DEV]" },
	{ "set",	set,	"DEV [cutoff SIZE|auto] [policy auto|single|stripe|duplicate] [copies N]" },
	{ }
};

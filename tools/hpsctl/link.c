// SPDX-License-Identifier: GPL-2.0
/* hpsctl link */
#include <string.h>

#include <linux/hps.h>
#include <linux/hps_netlink.h>

#include "common/fail.h"
#include "common/out.h"
#include "common/parse.h"
#include "hpsctl/ctl.h"
#include "hpsctl/nl.h"

static const char * const roles[] = {
	[HPS_LINK_ROLE_ACTIVE]		= "active",
	[HPS_LINK_ROLE_BACKUP]		= "backup",
	[HPS_LINK_ROLE_DUPLICATE]	= "duplicate",
};

#define ROLES	(sizeof(roles) / sizeof(roles[0]))

const char *role_name(uint8_t role)
{
	return role < ROLES ? roles[role] : "unknown";
}

static const char *origin_name(uint8_t origin)
{
	switch (origin) {
	case HPS_LINK_ORIGIN_ENSLAVED:
		return "enslaved";
	case HPS_LINK_ORIGIN_ATTACHED:
		return "attached";
	}
	return "unknown";
}

/* What became of the paths over it: in JSON always, as text with -s. */
static void print_paths(const struct nlattr **tb)
{
	unsigned int cause;

	if (!want_statistics && !out_is_json())
		return;
	out_u64("path_ups", "    paths up %llu",
		nl_number(tb[HPS_A_LINK_PATH_UPS]));
	out_u64("path_suspects", " suspect %llu",
		nl_number(tb[HPS_A_LINK_PATH_SUSPECTS]));
	out_u64("path_readies", " ready again %llu  down:",
		nl_number(tb[HPS_A_LINK_PATH_READIES]));
	out_object_begin("downs");
	for (cause = HPS_PATH_CAUSE_CARRIER; cause <= HPS_PATH_CAUSE_REPLACED;
	     cause++) {
		out_text(" %s", cause_name(cause));
		out_u64(cause_name(cause), " %llu",
			nl_number(tb[HPS_A_LINK_DOWNS_CARRIER + cause -
				     HPS_PATH_CAUSE_CARRIER]));
	}
	out_object_end();
	out_text("\n");
}

static void print(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[HPS_A_LINK_MAX + 1];
	uint64_t weight;

	nl_parse(nlh, tb, HPS_A_LINK_MAX);
	out_object_begin(NULL);
	out_u64("ifindex", "%llu: ", nl_number(tb[HPS_A_LINK_IFINDEX]));
	out_str("ifname", "%s:", nl_string(tb[HPS_A_LINK_IFNAME]));
	out_interface("bundle", " bundle %s", nl_number(tb[HPS_A_LINK_BUNDLE]));
	out_u64("id", " id %llu", nl_number(tb[HPS_A_LINK_ID]));
	out_str("origin", " %s", origin_name(nl_number(tb[HPS_A_LINK_ORIGIN])));
	out_str("role", " role %s", role_name(nl_number(tb[HPS_A_LINK_ROLE])));
	weight = nl_number(tb[HPS_A_LINK_WEIGHT]);
	out_u64("weight", weight ? " weight %llu" : " weight auto", weight);
	out_bool("up", tb[HPS_A_LINK_UP]);
	out_text(" %s\n", tb[HPS_A_LINK_UP] ? "up" : "down");
	out_u64("tx_bytes", "    tx %llu bytes",
		nl_number(tb[HPS_A_LINK_TX_BYTES]));
	out_u64("tx_segments", " %llu segments",
		nl_number(tb[HPS_A_LINK_TX_SEGMENTS]));
	out_u64("rx_bytes", "  rx %llu bytes",
		nl_number(tb[HPS_A_LINK_RX_BYTES]));
	out_u64("rx_segments", " %llu segments\n",
		nl_number(tb[HPS_A_LINK_RX_SEGMENTS]));
	print_paths(tb);
	out_object_end();
}

static int show(int argc, char **argv)
{
	struct nlmsghdr *nlh;
	uint32_t ifindex;
	int err;

	if (argc > 1)
		return fail("one link, or none for all");
	nlh = nl_request(HPS_CMD_LINK_GET, !argc);
	if (argc) {
		ifindex = need_interface(argv[0]);
		if (!ifindex)
			return -1;
		mnl_attr_put_u32(nlh, HPS_A_LINK_IFINDEX, ifindex);
	}
	out_list_begin("links");
	err = nl_run(nlh, print);
	out_list_end();
	return err;
}

static int add(int argc, char **argv)
{
	uint32_t ifindex, bundle;
	struct nlmsghdr *nlh;

	if (argc != 3 || strcmp(argv[1], "bundle"))
		return fail("say which: link add DEV bundle BUNDLE");
	ifindex = need_interface(argv[0]);
	bundle = ifindex ? need_interface(argv[2]) : 0;
	if (!bundle)
		return -1;
	nlh = nl_request(HPS_CMD_LINK_ADD, false);
	mnl_attr_put_u32(nlh, HPS_A_LINK_IFINDEX, ifindex);
	mnl_attr_put_u32(nlh, HPS_A_LINK_BUNDLE, bundle);
	return nl_run(nlh, NULL);
}

static int del(int argc, char **argv)
{
	struct nlmsghdr *nlh;
	uint32_t ifindex;

	if (argc != 1)
		return fail("name one link");
	ifindex = need_interface(argv[0]);
	if (!ifindex)
		return -1;
	nlh = nl_request(HPS_CMD_LINK_DEL, false);
	mnl_attr_put_u32(nlh, HPS_A_LINK_IFINDEX, ifindex);
	return nl_run(nlh, NULL);
}

static int put_role(struct nlmsghdr *nlh, const char *text)
{
	size_t i;

	for (i = 0; i < ROLES; i++) {
		if (strcmp(text, roles[i]))
			continue;
		mnl_attr_put_u8(nlh, HPS_A_LINK_ROLE, i);
		return 0;
	}
	return fail("there is no role '%s'", text);
}

static int put_weight(struct nlmsghdr *nlh, const char *text)
{
	uint64_t weight = 0;

	if (strcmp(text, "auto") &&
	    parse_number(text, "weight", 1, UINT16_MAX, &weight))
		return -1;
	mnl_attr_put_u16(nlh, HPS_A_LINK_WEIGHT, weight);
	return 0;
}

static const struct setting settings[] = {
	{ "role",	put_role },
	{ "weight",	put_weight },
	{ }
};

int link_set_role(uint32_t ifindex, uint8_t role)
{
	struct nlmsghdr *nlh = nl_request(HPS_CMD_LINK_SET, false);

	mnl_attr_put_u32(nlh, HPS_A_LINK_IFINDEX, ifindex);
	mnl_attr_put_u8(nlh, HPS_A_LINK_ROLE, role);
	return nl_run(nlh, NULL);
}

static int set(int argc, char **argv)
{
	struct nlmsghdr *nlh;
	uint32_t ifindex;

	if (!argc)
		return fail("name a link");
	ifindex = need_interface(argv[0]);
	if (!ifindex)
		return -1;
	nlh = nl_request(HPS_CMD_LINK_SET, false);
	mnl_attr_put_u32(nlh, HPS_A_LINK_IFINDEX, ifindex);
	if (nl_put_settings(nlh, settings, "role NAME or weight N", argc - 1,
			    argv + 1))
		return -1;
	return nl_run(nlh, NULL);
}

const struct command link_commands[] = {
	{ "show",	show,	"[DEV]" },
	{ "add",	add,	"DEV bundle BUNDLE" },
	{ "del",	del,	"DEV" },
	{ "set",	set,	"DEV [role active|backup|duplicate] [weight N|auto]" },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/* hpsctl acl */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include <linux/hps_netlink.h>

#include "common/fail.h"
#include "common/out.h"
#include "common/parse.h"
#include "hpsctl/ctl.h"
#include "hpsctl/nl.h"

static void print(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[HPS_A_ACL_MAX + 1];
	uint64_t min, max;

	nl_parse(nlh, tb, HPS_A_ACL_MAX);
	min = nl_number(tb[HPS_A_ACL_PORT_MIN]);
	max = nl_number(tb[HPS_A_ACL_PORT_MAX]);
	out_object_begin(NULL);
	out_u64("order", "%llu:", nl_number(tb[HPS_A_ACL_ORDER]));
	out_str("action", " %s", nl_number(tb[HPS_A_ACL_ACTION]) == HPS_ACL_DENY ?
		"deny" : "allow");
	if (tb[HPS_A_ACL_PREFIX]) {
		out_address("prefix", " from %s", tb[HPS_A_ACL_PREFIX], NULL);
		out_u64("prefix_len", "/%llu", nl_number(tb[HPS_A_ACL_PREFIX_LEN]));
	}
	if (min || max != UINT16_MAX) {
		out_u64("port_min", " port %llu", min);
		out_u64("port_max", min == max ? NULL : "-%llu", max);
	}
	out_u64("hits", " hits %llu\n", nl_number(tb[HPS_A_ACL_HITS]));
	out_object_end();
}

static int show(int argc, char **argv)
{
	int err;

	if (argc)
		return fail("'%s': acl show takes no argument", argv[0]);
	out_list_begin("acl");
	err = nl_run(nl_request(HPS_CMD_ACL_GET, true), print);
	out_list_end();
	return err;
}

static int put_order(struct nlmsghdr *nlh, const char *text)
{
	uint64_t order;

	if (parse_number(text, "place of a rule", 0, UINT32_MAX, &order))
		return -1;
	mnl_attr_put_u32(nlh, HPS_A_ACL_ORDER, order);
	return 0;
}

/* ADDRESS[/LEN] or "any" */
static int put_prefix(struct nlmsghdr *nlh, const char *text)
{
	const char *slash = strchr(text, '/');
	uint8_t addr[16];
	char host[64];
	uint64_t len;
	int bits;

	if (!strcmp(text, "any"))
		return 0;
	snprintf(host, sizeof(host), "%.*s",
		 slash ? (int)(slash - text) : (int)strlen(text), text);
	if (inet_pton(AF_INET, host, addr) == 1)
		bits = 32;
	else if (inet_pton(AF_INET6, host, addr) == 1)
		bits = 128;
	else
		return fail("'%s' is no address", host);
	mnl_attr_put(nlh, HPS_A_ACL_PREFIX, bits / 8, addr);
	if (!slash)
		return 0;
	if (parse_number(slash + 1, "prefix length", 0, bits, &len))
		return -1;
	mnl_attr_put_u8(nlh, HPS_A_ACL_PREFIX_LEN, len);
	return 0;
}

/* PORT or FIRST-LAST */
static int put_ports(struct nlmsghdr *nlh, char *text)
{
	char *dash = strchr(text, '-');
	uint64_t port;

	if (dash)
		*dash = 0;
	if (parse_number(text, "port", 0, UINT16_MAX, &port))
		return -1;
	mnl_attr_put_u16(nlh, HPS_A_ACL_PORT_MIN, port);
	if (!dash)
		return 0;
	if (parse_number(dash + 1, "port", 0, UINT16_MAX, &port))
		return -1;
	mnl_attr_put_u16(nlh, HPS_A_ACL_PORT_MAX, port);
	return 0;
}

static int add(int argc, char **argv)
{
	struct nlmsghdr *nlh = nl_request(HPS_CMD_ACL_ADD, false);
	int i, err;

	if (argc < 2)
		return fail("say which: acl add ORDER allow|deny");
	if (put_order(nlh, argv[0]))
		return -1;
	if (!strcmp(argv[1], "deny"))
		mnl_attr_put_u8(nlh, HPS_A_ACL_ACTION, HPS_ACL_DENY);
	else if (!strcmp(argv[1], "allow"))
		mnl_attr_put_u8(nlh, HPS_A_ACL_ACTION, HPS_ACL_ALLOW);
	else
		return fail("'%s' is neither allow nor deny", argv[1]);
	for (i = 2; i < argc; i += 2) {
		if (i + 1 == argc)
			return fail("'%s' needs a value", argv[i]);
		if (nl_is_full(nlh))
			return fail("these are too many words");
		if (!strcmp(argv[i], "from"))
			err = put_prefix(nlh, argv[i + 1]);
		else if (!strcmp(argv[i], "port"))
			err = put_ports(nlh, argv[i + 1]);
		else
			err = fail("'%s' is neither from nor port", argv[i]);
		if (err)
			return err;
	}
	return nl_run(nlh, NULL);
}

static int del(int argc, char **argv)
{
	struct nlmsghdr *nlh = nl_request(HPS_CMD_ACL_DEL, false);

	if (argc != 1)
		return fail("name one rule by its place");
	if (put_order(nlh, argv[0]))
		return -1;
	return nl_run(nlh, NULL);
}

const struct command acl_commands[] = {
	{ "show",	show,	"" },
	{ "add",	add,	"ORDER allow|deny [from PREFIX] [port PORT[-PORT]]" },
	{ "del",	del,	"ORDER" },
	{ }
};

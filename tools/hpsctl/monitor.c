// SPDX-License-Identifier: GPL-2.0
/* hpsctl monitor: events as they happen, one line each. */
#include <string.h>

#include <linux/genetlink.h>
#include <linux/hps_netlink.h>

#include "common/fail.h"
#include "common/out.h"
#include "hpsctl/ctl.h"
#include "hpsctl/nl.h"

static const char * const events[] = {
	[HPS_EVENT_BUNDLE_ADDED]	= "bundle-added",
	[HPS_EVENT_BUNDLE_REMOVED]	= "bundle-removed",
	[HPS_EVENT_BUNDLE_CHANGED]	= "bundle-changed",
	[HPS_EVENT_LINK_ADDED]		= "link-added",
	[HPS_EVENT_LINK_REMOVED]	= "link-removed",
	[HPS_EVENT_LINK_CHANGED]	= "link-changed",
	[HPS_EVENT_LINK_UP]		= "link-up",
	[HPS_EVENT_LINK_DOWN]		= "link-down",
	[HPS_EVENT_CONN_OPENED]		= "conn-opened",
	[HPS_EVENT_CONN_CLOSED]		= "conn-closed",
	[HPS_EVENT_PATH_UP]		= "path-up",
	[HPS_EVENT_PATH_DOWN]		= "path-down",
	[HPS_EVENT_PATH_SUSPECT]	= "path-suspect",
	[HPS_EVENT_PATH_READY]		= "path-ready",
	[HPS_EVENT_CONN_STRANDED]	= "conn-stranded",
	[HPS_EVENT_CONN_RECOVERED]	= "conn-recovered",
};

static void out_event(const struct nlattr *attr)
{
	uint64_t event = nl_number(attr);
	const char *name = "unknown";

	if (event < sizeof(events) / sizeof(events[0]))
		name = events[event];
	out_str("event", "%s", name);
}

static void print_link(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[HPS_A_NOTICE_MAX + 1];

	nl_parse(nlh, tb, HPS_A_NOTICE_MAX);
	out_event(tb[HPS_A_NOTICE_EVENT]);
	out_str("bundle", " bundle %s", nl_string(tb[HPS_A_NOTICE_BUNDLE_NAME]));
	if (tb[HPS_A_NOTICE_LINK]) {
		out_str("link", " link %s",
			nl_string(tb[HPS_A_NOTICE_LINK_NAME]));
		out_u64("link_id", " id %llu",
			nl_number(tb[HPS_A_NOTICE_LINK_ID]));
	}
}

static void print_conn(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[HPS_A_CONN_MAX + 1];

	nl_parse(nlh, tb, HPS_A_CONN_MAX);
	out_event(tb[HPS_A_CONN_EVENT]);
	out_text(" ");
	out_conn_names(tb);
	if (tb[HPS_A_CONN_PATH])
		out_path_brief(tb[HPS_A_CONN_PATH]);
	if (tb[HPS_A_CONN_REASON])
		out_str("reason", " reason %s",
			reason_name(nl_number(tb[HPS_A_CONN_REASON])));
	if (tb[HPS_A_CONN_CAUSE])
		out_str("cause", " cause %s",
			cause_name(nl_number(tb[HPS_A_CONN_CAUSE])));
	if (tb[HPS_A_CONN_ERROR])
		out_str("error", " error %s",
			strerrorname_np(nl_number(tb[HPS_A_CONN_ERROR])) ? :
			"unknown");
}

static int finish(void)
{
	bool json = out_is_json();

	out_text("\n");
	if (out_close())
		return -1;
	out_open(json);
	return 0;
}

static int print(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	switch (genl->cmd) {
	case HPS_CMD_LINK_EVENT:
		print_link(nlh);
		return finish();
	case HPS_CMD_CONN_EVENT:
		print_conn(nlh);
		return finish();
	}
	return 0;
}

static int print_lost(void)
{
	out_str("event", "%s", "events-lost");
	return finish();
}

int monitor_run(int argc, char **argv)
{
	if (argc)
		return fail("'%s': monitor takes no argument", argv[0]);
	return nl_listen(print, print_lost);
}

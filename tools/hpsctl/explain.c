// SPDX-License-Identifier: GPL-2.0
/* hpsctl explain: which links a connection uses, which not, and why. */
#include <stddef.h>

#include <linux/hps_netlink.h>

#include "common/fail.h"
#include "common/out.h"
#include "hpsctl/ctl.h"
#include "hpsctl/diag.h"

static void out_link(const struct hps_diag_link *l)
{
	out_object_begin(NULL);
	out_interface("dev", "    %-12s", l->ifindex);
	out_u64("id", NULL, l->id);
	out_bool("up", l->up);
	out_str("why", " %-14s", reason_name(l->why));
	out_str("text", " %s\n", reason_text(l->why));
	out_object_end();
}

static unsigned int paths_up(const struct diag_socket *s)
{
	unsigned int i, n = 0;

	for (i = 0; i < s->nr_paths; i++)
		n += s->path[i].state == HPS_PATH_STATE_UP;
	return n;
}

static void print(const struct diag_socket *s)
{
	const struct hps_info *info = &s->info;
	unsigned int i, n = paths_up(s);

	out_object_begin(NULL);
	out_socket_names(s);
	out_u64("paths_up", "\n    %llu", n);
	out_text(n == 1 ? " path up" : " paths up");
	out_text("; policy");
	out_str("policy", " %s", policy_name(info->policy));
	out_cutoff(info);
	out_u64("moved", ", moved %llu", info->end + info->rcv_ready);
	out_u64("backlog", ", %llu wait", info->end - info->nxt);
	out_u64("unacked", ", %llu in transit", info->nxt - info->una);
	out_u64("peer_links", "\n    the peer told %llu links",
		info->peer_links);
	if (s->why) {
		out_str("why", "\n    no more now: %s", reason_name(s->why));
		out_str("text", ": %s\n", reason_text(s->why));
	} else {
		out_str("why", NULL, reason_name(s->why));
		out_str("text", "\n    %s\n",
			"it uses all the links that it can");
	}
	out_list_begin("links");
	for (i = 0; i < s->nr_links; i++)
		out_link(&s->link[i]);
	out_list_end();
	out_object_end();
}

int explain_run(int argc, char **argv)
{
	struct diag_filter filter;
	int n;

	if (diag_filter_parse(&filter, argc, argv))
		return -1;
	out_list_begin("conns");
	n = diag_run(&filter, true, print);
	out_list_end();
	if (n < 0)
		return -1;
	if (!n && argc)
		return fail(filter.by_token ? "No connection has this token" :
			    "no connection is selected");
	return out_close();
}

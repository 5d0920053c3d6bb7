// SPDX-License-Identifier: GPL-2.0
/* hpsctl conn */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <linux/hps_netlink.h>

#include "common/fail.h"
#include "common/out.h"
#include "hpsctl/ctl.h"
#include "hpsctl/diag.h"
#include "hpsctl/nl.h"

static const char * const states[] = {
	[TCP_ESTABLISHED]	= "established",
	[TCP_SYN_SENT]		= "opening",
	[TCP_FIN_WAIT1]		= "fin-wait-1",
	[TCP_FIN_WAIT2]		= "fin-wait-2",
	[TCP_CLOSE]		= "closed",
	[TCP_CLOSE_WAIT]	= "close-wait",
	[TCP_LAST_ACK]		= "last-ack",
	[TCP_LISTEN]		= "listening",
	[TCP_CLOSING]		= "closing",
};

#define STATES	(sizeof(states) / sizeof(states[0]))

const char *state_name(uint8_t state)
{
	return state < STATES && states[state] ? states[state] : "unknown";
}

int state_number(const char *name)
{
	size_t i;

	for (i = 0; i < STATES; i++) {
		if (states[i] && !strcmp(states[i], name))
			return i;
	}
	return -1;
}

static const char *path_state_name(uint8_t state)
{
	switch (state) {
	case HPS_PATH_STATE_OPENING:
		return "opening";
	case HPS_PATH_STATE_UP:
		return "up";
	case HPS_PATH_STATE_DOWN:
		return "down";
	case HPS_PATH_STATE_SUSPECT:
		return "suspect";
	case HPS_PATH_STATE_SILENT:
		return "silent";
	}
	return "unknown";
}

static const char *type_name(uint32_t type)
{
	return type == SOCK_SEQPACKET ? "seqpacket" : "stream";
}

/* What names a path: its place in the connection's object or line. */
static void out_path_names(const struct nlattr **tb)
{
	out_interface("dev", " dev %s", nl_number(tb[HPS_A_PATH_IFINDEX]));
	if (tb[HPS_A_PATH_LINK_ID])
		out_u64("link_id", " link %llu",
			nl_number(tb[HPS_A_PATH_LINK_ID]));
	out_str("state", " %s",
		path_state_name(nl_number(tb[HPS_A_PATH_STATE])));
	out_address("local", " %s", tb[HPS_A_PATH_LOCAL_ADDR],
		    tb[HPS_A_PATH_LOCAL_PORT]);
	out_address("remote", " > %s", tb[HPS_A_PATH_REMOTE_ADDR],
		    tb[HPS_A_PATH_REMOTE_PORT]);
}

void out_path_brief(const struct nlattr *nest)
{
	const struct nlattr *tb[HPS_A_PATH_MAX + 1];

	nl_parse_nest(nest, tb, HPS_A_PATH_MAX);
	out_object_begin("path");
	out_text(" path");
	out_path_names(tb);
	out_object_end();
}

static void out_path(const struct hps_path_info *p)
{
	out_object_begin(NULL);
	out_text("    path");
	out_interface("dev", " dev %s", p->ifindex);
	if (p->link_id)
		out_u64("link_id", " link %llu", p->link_id);
	if (p->link_id || out_is_json())
		out_u64("remote_id", " to %llu", p->remote_id);
	out_str("role", p->link_id ? " %s" : NULL, role_name(p->role));
	out_str("state", " %s", path_state_name(p->state));
	out_info_address("local", " %s", &p->local);
	out_info_address("remote", " > %s", &p->remote);
	out_u64("tx_bytes", "\n         tx %llu bytes", p->tx_octets);
	out_u64("tx_segments", " %llu segments", p->tx_segments);
	out_u64("resent", " %llu resent", p->resent_segments);
	out_u64("resent_bytes", NULL, p->resent_octets);
	out_u64("rx_bytes", "  rx %llu bytes", p->rx_octets);
	out_u64("rx_segments", NULL, p->rx_segments);
	out_u64("duplicate_bytes", p->duplicate_octets ?
		" %llu of them twice" : NULL, p->duplicate_octets);
	out_u64("in_flight", "  in flight %llu", p->in_flight);
	out_u64("rtt_us", "  rtt %llu us", p->rtt_us);
	out_u64("min_rtt_us", " min %llu us", p->min_rtt_us);
	out_u64("mss", NULL, p->mss);
	out_u64("rate", "  rate %llu bytes/s\n", p->rate);
	out_object_end();
}

/* What names a connection, and its state. */
void out_conn_names(const struct nlattr **tb)
{
	char token[32];

	snprintf(token, sizeof(token), "%016" PRIx64,
		 nl_number(tb[HPS_A_CONN_TOKEN]));
	out_str("token", "%s", token);
	out_str("type", " %s", type_name(nl_number(tb[HPS_A_CONN_TYPE])));
	out_str("state", " %s", state_name(nl_number(tb[HPS_A_CONN_STATE])));
	out_address("local", " %s", tb[HPS_A_CONN_LOCAL_ADDR],
		    tb[HPS_A_CONN_LOCAL_PORT]);
	out_bool("initiator", tb[HPS_A_CONN_INITIATOR]);
	out_address("remote", tb[HPS_A_CONN_INITIATOR] ? " > %s" : " < %s",
		    tb[HPS_A_CONN_REMOTE_ADDR], tb[HPS_A_CONN_REMOTE_PORT]);
	if (tb[HPS_A_CONN_BUNDLE])
		out_interface("bundle", " bundle %s",
			      nl_number(tb[HPS_A_CONN_BUNDLE]));
	out_u64("uid", " uid %llu", nl_number(tb[HPS_A_CONN_UID]));
	out_u64("inode", " inode %llu", nl_number(tb[HPS_A_CONN_INODE]));
}

void out_socket_names(const struct diag_socket *s)
{
	const struct hps_info *info = &s->info;
	bool initiator = info->flags & HPS_INFO_INITIATOR;
	char token[32];

	snprintf(token, sizeof(token), "%016llx",
		 (unsigned long long)info->token);
	out_str("token", "%s", info->token ? token : "-");
	out_str("type", " %s", type_name(s->msg.type));
	out_str("state", " %s", state_name(s->msg.state));
	out_info_address("local", " %s", &info->local);
	if (info->token) {
		out_bool("initiator", initiator);
		out_info_address("remote", initiator ? " > %s" : " < %s",
				 &info->remote);
	}
	if (info->bundle)
		out_interface("bundle", " bundle %s", info->bundle);
	out_u64("uid", " uid %llu", s->msg.uid);
	out_u64("inode", " inode %llu", s->msg.inode);
	if (s->has_mark)
		out_u64("mark", s->mark ? " mark %llu" : NULL, s->mark);
}

static uint64_t ahead(uint64_t edge, uint64_t from)
{
	return edge > from ? edge - from : 0;
}

/* As it was set, and as it is in effect. */
void out_cutoff(const struct hps_info *info)
{
	out_u64("cutoff", info->cutoff ? " cutoff %llu" : " cutoff auto",
		info->cutoff);
	out_u64("cutoff_now", info->cutoff_now &&
		info->cutoff_now != info->cutoff ? " (%llu)" : NULL,
		info->cutoff_now);
}

static void out_flow(const struct hps_info *info)
{
	out_u64("send_queue", "\n    queued %llu",
		ahead(info->end, info->una));
	out_u64("unacked", " unacked %llu", ahead(info->nxt, info->una));
	out_u64("receive_queue", " unread %llu",
		ahead(info->rcv_ready, info->rcv_next));
	out_u64("peer_window", " window %llu", ahead(info->edge, info->una));
	out_u64("send_memory", " memory %llu", info->snd_memory);
	out_u64("send_limit", " of %llu", info->snd_limit);
	out_u64("receive_buffer", NULL, info->rcv_buffer);
	out_u64("peer_buffer", NULL, info->peer_buffer);
	out_u64("stalls", " stalls %llu", info->stalls);
	out_u64("resent_bytes", " resent %llu", info->resent_octets);
	out_u64("duplicate_bytes", " twice %llu", info->duplicate_octets);
	out_str("policy", " policy %s", policy_name(info->policy));
	out_cutoff(info);
	out_u64("join_at", NULL, info->join_at);
	if (info->error)
		out_str("error", " error %s",
			strerrorname_np(info->error) ? : "unknown");
	if (info->reason)
		out_str("reason", " reason %s", reason_name(info->reason));
	out_text("\n");
}

static void print(const struct diag_socket *s)
{
	unsigned int i;

	out_object_begin(NULL);
	out_socket_names(s);
	if (s->msg.state == TCP_LISTEN) {
		out_u64("waiting", " waiting %llu", s->info.waiting);
		out_u64("backlog", " backlog %llu\n", s->info.backlog);
		out_object_end();
		return;
	}
	out_flow(&s->info);
	out_list_begin("paths");
	for (i = 0; i < s->nr_paths; i++)
		out_path(&s->path[i]);
	out_list_end();
	out_object_end();
}

static int show(int argc, char **argv)
{
	struct diag_filter filter;
	int n;

	if (diag_filter_parse(&filter, argc, argv))
		return -1;
	out_list_begin("conns");
	n = diag_run(&filter, false, print);
	out_list_end();
	if (!n && filter.by_token)
		return fail("No connection has this token");
	return n < 0 ? -1 : 0;
}

const struct command conn_commands[] = {
	{ "show",	show,	DIAG_FILTER_USAGE },
	{ }
};

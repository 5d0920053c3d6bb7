// SPDX-License-Identifier: GPL-2.0
/* hpsctl conn */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <linux/genetlink.h>
#include <linux/hps_netlink.h>

#include "common/fail.h"
#include "common/out.h"
#include "hpsctl/ctl.h"
#include "hpsctl/nl.h"

static const char *state_name(uint8_t state)
{
	static const char * const names[] = {
		[TCP_ESTABLISHED]	= "established",
		[TCP_SYN_SENT]		= "opening",
		[TCP_FIN_WAIT1]		= "fin-wait-1",
		[TCP_FIN_WAIT2]		= "fin-wait-2",
		[TCP_CLOSE]		= "closed",
		[TCP_CLOSE_WAIT]	= "close-wait",
		[TCP_LAST_ACK]		= "last-ack",
		[TCP_CLOSING]		= "closing",
	};

	if (state < sizeof(names) / sizeof(names[0]) && names[state])
		return names[state];
	return "unknown";
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

static void out_path(const struct nlattr *nest)
{
	const struct nlattr *tb[HPS_A_PATH_MAX + 1];

	nl_parse_nest(nest, tb, HPS_A_PATH_MAX);
	out_object_begin(NULL);
	out_text("    path");
	out_path_names(tb);
	out_u64("tx_bytes", "\n         tx %llu bytes",
		nl_number(tb[HPS_A_PATH_TX_BYTES]));
	out_u64("tx_segments", " %llu segments",
		nl_number(tb[HPS_A_PATH_TX_SEGMENTS]));
	out_u64("resent", " %llu resent", nl_number(tb[HPS_A_PATH_RESENT]));
	out_u64("rx_bytes", "  rx %llu bytes",
		nl_number(tb[HPS_A_PATH_RX_BYTES]));
	out_u64("in_flight", "  in flight %llu",
		nl_number(tb[HPS_A_PATH_IN_FLIGHT]));
	out_u64("rtt_us", "  rtt %llu us", nl_number(tb[HPS_A_PATH_RTT_US]));
	out_u64("min_rtt_us", " min %llu us",
		nl_number(tb[HPS_A_PATH_MIN_RTT_US]));
	out_u64("rate", "  rate %llu bytes/s\n",
		nl_number(tb[HPS_A_PATH_RATE]));
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

static void print(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[HPS_A_CONN_MAX + 1], *attr;

	nl_parse(nlh, tb, HPS_A_CONN_MAX);
	out_object_begin(NULL);
	out_conn_names(tb);
	out_u64("send_queue", "\n    queued %llu",
		nl_number(tb[HPS_A_CONN_SEND_QUEUE]));
	out_u64("unacked", " unacked %llu", nl_number(tb[HPS_A_CONN_UNACKED]));
	out_u64("receive_queue", " unread %llu",
		nl_number(tb[HPS_A_CONN_RECEIVE_QUEUE]));
	out_u64("peer_window", " window %llu\n",
		nl_number(tb[HPS_A_CONN_PEER_WINDOW]));
	out_list_begin("paths");
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == HPS_A_CONN_PATH)
			out_path(attr);
	}
	out_list_end();
	out_object_end();
}

static int show(int argc, char **argv)
{
	unsigned long long token = 0;
	struct nlmsghdr *nlh;
	char *end;
	int err;

	if (argc > 1)
		return fail("one token, or none for all");
	if (argc) {
		errno = 0;
		token = strtoull(argv[0], &end, 16);
		if (errno || end == argv[0] || *end)
			return fail("'%s' is not a token (16 hexadecimal digits)",
				    argv[0]);
	}
	nlh = nl_request(HPS_CMD_CONN_GET, !argc);
	if (argc)
		mnl_attr_put_u64(nlh, HPS_A_CONN_TOKEN, token);
	out_list_begin("conns");
	err = nl_run(nlh, print);
	out_list_end();
	return err;
}

const struct command conn_commands[] = {
	{ "show",	show,	"[TOKEN]" },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/* hpsctl peer */
#include <stdlib.h>
#include <string.h>

#include <linux/hps_netlink.h>

#include "common/fail.h"
#include "common/out.h"
#include "hpsctl/ctl.h"
#include "hpsctl/nl.h"

/* The kernel may tell of one pair in several messages: they are added up. */
struct peer {
	uint32_t ifindex;
	uint16_t port;
	uint32_t channels;
	uint32_t idle_ms;
	/* attributes as they came: header and up to 16 octets */
	struct nlattr *local;
	struct nlattr *remote;
};

static struct peer *peers;
static size_t count;

static struct nlattr *keep(const struct nlattr *attr)
{
	struct nlattr *copy;

	if (!attr)
		return NULL;
	copy = malloc(attr->nla_len);
	if (copy)
		memcpy(copy, attr, attr->nla_len);
	return copy;
}

static int same(const struct nlattr *a, const struct nlattr *b)
{
	if (!a || !b)
		return a == b;
	return a->nla_len == b->nla_len && !memcmp(a, b, a->nla_len);
}

static struct peer *find(const struct nlattr **tb)
{
	uint32_t ifindex = nl_number(tb[HPS_A_PEER_IFINDEX]);
	uint16_t port = nl_number(tb[HPS_A_PEER_REMOTE_PORT]);
	struct peer *grown;
	size_t i;

	for (i = 0; i < count; i++) {
		if (peers[i].ifindex == ifindex && peers[i].port == port &&
		    same(peers[i].local, tb[HPS_A_PEER_LOCAL_ADDR]) &&
		    same(peers[i].remote, tb[HPS_A_PEER_REMOTE_ADDR]))
			return &peers[i];
	}
	grown = realloc(peers, (count + 1) * sizeof(*peers));
	if (!grown)
		return NULL;
	peers = grown;
	peers[count] = (struct peer){
		.ifindex = ifindex,
		.port = port,
		.idle_ms = UINT32_MAX,
		.local = keep(tb[HPS_A_PEER_LOCAL_ADDR]),
		.remote = keep(tb[HPS_A_PEER_REMOTE_ADDR]),
	};
	return &peers[count++];
}

static void collect(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[HPS_A_PEER_MAX + 1];
	struct peer *peer;
	uint32_t idle;

	nl_parse(nlh, tb, HPS_A_PEER_MAX);
	peer = find(tb);
	if (!peer) {
		fail("out of memory");
		return;
	}
	idle = nl_number(tb[HPS_A_PEER_IDLE_MS]);
	peer->channels += nl_number(tb[HPS_A_PEER_CHANNELS]);
	if (idle < peer->idle_ms)
		peer->idle_ms = idle;
}

static void print(const struct peer *peer)
{
	out_object_begin(NULL);
	out_address("local", "%s", peer->local, NULL);
	out_address("remote", " > %s", peer->remote, NULL);
	out_u64("port", " port %llu", peer->port);
	if (peer->ifindex)
		out_interface("dev", " dev %s", peer->ifindex);
	out_u64("channels", " channels %llu", peer->channels);
	out_u64("idle_ms", " idle %llu ms\n", peer->idle_ms);
	out_object_end();
}

static int show(int argc, char **argv)
{
	size_t i;
	int err;

	if (argc)
		return fail("'%s': peer show takes no argument", argv[0]);
	err = nl_run(nl_request(HPS_CMD_PEER_GET, true), collect);
	if (err)
		return err;
	out_list_begin("peers");
	for (i = 0; i < count; i++) {
		print(&peers[i]);
		free(peers[i].local);
		free(peers[i].remote);
	}
	out_list_end();
	free(peers);
	return 0;
}

const struct command peer_commands[] = {
	{ "show",	show,	"" },
	{ }
};

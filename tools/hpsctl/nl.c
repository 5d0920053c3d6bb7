// SPDX-License-Identifier: GPL-2.0
/* Generic netlink family "hps": requests, answers, refusals, events. */
#include "hpsctl/nl.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/genetlink.h>
#include <linux/hps_netlink.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include "common/fail.h"

#define BUFFER		(64 * 1024)

static struct mnl_socket *sock;
static struct mnl_socket *diag;
static uint16_t family;
static uint32_t group;
static uint32_t seq;
static char request_buffer[4096];
static char answer_buffer[BUFFER];

/* --- attributes --- */

struct table {
	const struct nlattr **tb;
	uint16_t max;
};

static int collect(const struct nlattr *attr, void *data)
{
	const struct table *table = data;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= table->max)
		table->tb[type] = attr;
	return MNL_CB_OK;
}

void nl_parse(const struct nlmsghdr *nlh, const struct nlattr **tb,
	      uint16_t max)
{
	struct table table = { tb, max };

	memset(tb, 0, (max + 1) * sizeof(*tb));
	mnl_attr_parse(nlh, GENL_HDRLEN, collect, &table);
}

void nl_parse_nest(const struct nlattr *nest, const struct nlattr **tb,
		   uint16_t max)
{
	struct table table = { tb, max };

	memset(tb, 0, (max + 1) * sizeof(*tb));
	mnl_attr_parse_nested(nest, collect, &table);
}

uint64_t nl_number(const struct nlattr *attr)
{
	if (!attr)
		return 0;
	switch (mnl_attr_get_payload_len(attr)) {
	case 1:
		return mnl_attr_get_u8(attr);
	case 2:
		return mnl_attr_get_u16(attr);
	case 4:
		return mnl_attr_get_u32(attr);
	case 8:
		return mnl_attr_get_u64(attr);
	}
	return 0;
}

const char *nl_string(const struct nlattr *attr)
{
	if (!attr || mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
		return "";
	return mnl_attr_get_str(attr);
}

/* --- requests --- */

static struct nlmsghdr *prepare(uint16_t type, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request_buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = HPS_GENL_VERSION;
	return nlh;
}

struct nlmsghdr *nl_request(uint8_t cmd, bool dump)
{
	return prepare(family, cmd, dump ? NLM_F_DUMP : NLM_F_ACK);
}

struct nlmsghdr *nl_diag_request(size_t size, void **req)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request_buffer);

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++seq;
	*req = mnl_nlmsg_put_extra_header(nlh, size);
	return nlh;
}

/* The kernel's sentence in an acknowledgement or at the end of a dump. */
static const char *extack(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *tb[NLMSGERR_ATTR_MAX + 1] = {};
	struct table table = { tb, NLMSGERR_ATTR_MAX };
	size_t offset = sizeof(err->error);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		offset += nlh->nlmsg_flags & NLM_F_CAPPED ?
			  sizeof(err->msg) : err->msg.nlmsg_len;
	mnl_attr_parse(nlh, offset, collect, &table);
	return tb[NLMSGERR_ATTR_MSG] ? nl_string(tb[NLMSGERR_ATTR_MSG]) : NULL;
}

static int refused(int error, const char *why)
{
	if (why && *why)
		return fail("%s", why);
	if (error == EPERM)
		return fail("this needs CAP_NET_ADMIN: run it as root");
	return fail("the kernel refused: %s", strerror(error));
}

/* Return: 1 go on, 0 the last message, -1 refused. */
static int one_message(const struct nlmsghdr *nlh,
		       void (*on_message)(const struct nlmsghdr *nlh))
{
	const struct nlmsgerr *err;

	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		err = mnl_nlmsg_get_payload(nlh);
		return err->error ? refused(-err->error, extack(nlh)) : 0;
	case NLMSG_DONE:
		/* a dump that failed says so in its last message */
		if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(int)) {
			int error = *(int *)mnl_nlmsg_get_payload(nlh);

			if (error < 0)
				return refused(-error, extack(nlh));
		}
		return 0;
	case NLMSG_NOOP:
		return 1;
	}
	if (on_message)
		on_message(nlh);
	return 1;
}

static int receive(struct mnl_socket *from)
{
	int len = mnl_socket_recvfrom(from, answer_buffer,
				      sizeof(answer_buffer));

	if (len < 0)
		return fail("cannot read from the kernel: %s", strerror(errno));
	return len;
}

static void extended_errors(struct mnl_socket *s)
{
	int one = 1;

	/* without these errors lack their sentence, which is no error */
	mnl_socket_setsockopt(s, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(s, NETLINK_CAP_ACK, &one, sizeof(one));
}

static int open_diag(void)
{
	if (diag)
		return 0;
	diag = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!diag || mnl_socket_bind(diag, 0, MNL_SOCKET_AUTOPID) < 0)
		return fail("cannot open a netlink socket: %s", strerror(errno));
	extended_errors(diag);
	return 0;
}

bool nl_is_full(const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_len > sizeof(request_buffer) / 2;
}

int nl_put_settings(struct nlmsghdr *nlh, const struct setting *table,
		    const char *expected, int argc, char **argv)
{
	const struct setting *s;

	for (; argc; argc -= 2, argv += 2) {
		for (s = table; s->word && strcmp(s->word, argv[0]); s++)
			;
		if (argc < 2 || !s->word)
			return fail("'%s' is not %s", argv[0], expected);
		if (nl_is_full(nlh))
			return fail("these are too many words");
		if (s->put(nlh, argv[1]))
			return -1;
	}
	return 0;
}

int nl_run(struct nlmsghdr *request,
	   void (*on_message)(const struct nlmsghdr *nlh))
{
	struct mnl_socket *via = sock;
	const struct nlmsghdr *nlh;
	int len, more = 1;

	if (request->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
		if (open_diag())
			return -1;
		via = diag;
	}
	if (mnl_socket_sendto(via, request, request->nlmsg_len) < 0)
		return fail("cannot ask the kernel: %s", strerror(errno));
	while (more > 0) {
		len = receive(via);
		if (len < 0)
			return -1;
		nlh = (void *)answer_buffer;
		for (; more > 0 && mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_seq == seq)
				more = one_message(nlh, on_message);
		}
	}
	return more;
}

/* --- the family --- */

static void find_group(const struct nlattr *groups)
{
	const struct nlattr *tb[CTRL_ATTR_MCAST_GRP_MAX + 1], *nest;

	mnl_attr_for_each_nested(nest, groups) {
		nl_parse_nest(nest, tb, CTRL_ATTR_MCAST_GRP_MAX);
		if (!strcmp(nl_string(tb[CTRL_ATTR_MCAST_GRP_NAME]),
			    HPS_MCGRP_EVENTS))
			group = nl_number(tb[CTRL_ATTR_MCAST_GRP_ID]);
	}
}

static void on_family(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[CTRL_ATTR_MAX + 1];

	nl_parse(nlh, tb, CTRL_ATTR_MAX);
	family = nl_number(tb[CTRL_ATTR_FAMILY_ID]);
	if (tb[CTRL_ATTR_MCAST_GROUPS])
		find_group(tb[CTRL_ATTR_MCAST_GROUPS]);
}

static int find_family(void)
{
	struct nlmsghdr *nlh;

	nlh = prepare(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, HPS_GENL_NAME);
	if (!nl_run(nlh, on_family) && family)
		return 0;
	fail_clear();
	return fail("the kernel does not know AF_HPS: load the module (modprobe hps)");
}

int nl_open(void)
{
	sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return fail("cannot open a netlink socket: %s", strerror(errno));
	seq = time(NULL);
	extended_errors(sock);
	return find_family();
}

void nl_close(void)
{
	if (sock)
		mnl_socket_close(sock);
	if (diag)
		mnl_socket_close(diag);
	sock = NULL;
	diag = NULL;
}

/* --- events --- */

int nl_listen(int (*on_message)(const struct nlmsghdr *nlh),
	      int (*on_lost)(void))
{
	const struct nlmsghdr *nlh;
	int len;

	if (mnl_socket_setsockopt(sock, NETLINK_ADD_MEMBERSHIP, &group,
				  sizeof(group)) < 0)
		return fail("cannot join the events: %s", strerror(errno));
	for (;;) {
		len = mnl_socket_recvfrom(sock, answer_buffer,
					  sizeof(answer_buffer));
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == ENOBUFS) {
			if (on_lost())
				return -1;
			continue;
		}
		if (len < 0)
			return fail("cannot read events: %s", strerror(errno));
		nlh = (void *)answer_buffer;
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_type == family && on_message(nlh))
				return -1;
		}
	}
}

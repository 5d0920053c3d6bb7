// SPDX-License-Identifier: GPL-2.0
/* The kernel's sock_diag for AF_HPS: sockets by filter. */
#include "hpsctl/diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/fail.h"
#include "hpsctl/ctl.h"
#include "hpsctl/nl.h"

/* --- the words of a filter --- */

static int number(const char *text, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || *value > max)
		return fail("'%s' is not a number from 0 to %llu", text,
			    (unsigned long long)max);
	return 0;
}

static int word_token(struct diag_filter *f, const char *text)
{
	char *end;

	errno = 0;
	f->token = strtoull(text, &end, 16);
	if (errno || end == text || *end || *text == '-')
		return fail("'%s' is not a token (16 hexadecimal digits)",
			    text);
	f->by_token = true;
	return 0;
}

static int word_state(struct diag_filter *f, const char *text)
{
	int state;

	if (!strcmp(text, "all")) {
		f->states = UINT32_MAX;
		return 0;
	}
	state = state_number(text);
	if (state < 0)
		return fail("there is no state '%s'", text);
	f->states |= 1U << state;
	return 0;
}

static int word_dev(struct diag_filter *f, const char *text)
{
	f->ifindex = need_interface(text);
	return f->ifindex ? 0 : -1;
}

static int word_uid(struct diag_filter *f, const char *text)
{
	uint64_t n;

	if (number(text, UINT32_MAX - 1, &n))
		return -1;
	f->uid = n;
	f->by_uid = true;
	return 0;
}

static int word_inode(struct diag_filter *f, const char *text)
{
	f->by_inode = true;
	return number(text, UINT64_MAX, &f->inode);
}

static int port(const char *text, uint16_t *to)
{
	uint64_t n;

	if (number(text, 65535, &n))
		return -1;
	if (!n)
		return fail("no socket has port 0");
	*to = n;
	return 0;
}

static int word_sport(struct diag_filter *f, const char *text)
{
	return port(text, &f->local_port);
}

static int word_dport(struct diag_filter *f, const char *text)
{
	return port(text, &f->remote_port);
}

static int prefix(const char *text, struct hps_diag_prefix *p)
{
	char host[INET6_ADDRSTRLEN + 1];
	const char *slash = strchrnul(text, '/');
	uint64_t len;

	snprintf(host, sizeof(host), "%.*s", (int)(slash - text), text);
	if (inet_pton(AF_INET, host, p->addr) == 1)
		p->family = AF_INET;
	else if (inet_pton(AF_INET6, host, p->addr) == 1)
		p->family = AF_INET6;
	else
		return fail("'%s' is not an address or prefix", text);
	len = p->family == AF_INET ? 32 : 128;
	if (*slash && number(slash + 1, len, &len))
		return -1;
	p->len = len;
	return 0;
}

static int word_src(struct diag_filter *f, const char *text)
{
	return prefix(text, &f->local);
}

static int word_dst(struct diag_filter *f, const char *text)
{
	return prefix(text, &f->remote);
}

/* "pid PID fd FD": by the inode that the link in /proc names. */
static int word_pid(struct diag_filter *f, const char *pid, const char *fd)
{
	char path[PATH_MAX], target[64];
	unsigned long long inode;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, fd);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return fail("cannot look at %s: %s", path, strerror(errno));
	target[len] = '\0';
	if (sscanf(target, "socket:[%llu]", &inode) != 1)
		return fail("%s is not a socket", path);
	f->inode = inode;
	f->by_inode = true;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct diag_filter *f, const char *text);
} words[] = {
	{ "state",	word_state },
	{ "dev",	word_dev },
	{ "uid",	word_uid },
	{ "inode",	word_inode },
	{ "sport",	word_sport },
	{ "dport",	word_dport },
	{ "src",	word_src },
	{ "dst",	word_dst },
};

/* One word and its value. Return: how many arguments, or -1. */
static int one_word(struct diag_filter *f, int argc, char **argv)
{
	size_t i;

	if (!strcmp(argv[0], "pid")) {
		if (argc < 4 || strcmp(argv[2], "fd"))
			return fail("say which: pid PID fd FD");
		return word_pid(f, argv[1], argv[3]) ? -1 : 4;
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(argv[0], words[i].name))
			continue;
		if (argc < 2)
			return fail("a value is missing behind '%s'", argv[0]);
		return words[i].take(f, argv[1]) ? -1 : 2;
	}
	return word_token(f, argv[0]) ? -1 : 1;
}

int diag_filter_parse(struct diag_filter *f, int argc, char **argv)
{
	int n;

	memset(f, 0, sizeof(*f));
	for (; argc; argc -= n, argv += n) {
		n = one_word(f, argc, argv);
		if (n < 0)
			return -1;
	}
	/* who listens has no connection: only when asked for, or by name */
	if (!f->states)
		f->states = f->by_inode ? UINT32_MAX : ~(1U << TCP_LISTEN);
	return 0;
}

/* --- asking --- */

static struct nlmsghdr *request(const struct diag_filter *f, bool links)
{
	struct hps_diag_req *req;
	struct nlmsghdr *nlh;

	nlh = nl_diag_request(sizeof(*req), (void **)&req);
	req->sdiag_family = AF_HPS;
	req->states = f->states;
	if (links)
		req->show = HPS_DIAG_SHOW_LINKS;
	if (f->by_token)
		mnl_attr_put_u64(nlh, HPS_DIAG_REQ_TOKEN, f->token);
	if (f->by_inode)
		mnl_attr_put_u64(nlh, HPS_DIAG_REQ_INODE, f->inode);
	if (f->by_uid)
		mnl_attr_put_u32(nlh, HPS_DIAG_REQ_UID, f->uid);
	if (f->local_port)
		mnl_attr_put_u16(nlh, HPS_DIAG_REQ_LOCAL_PORT, f->local_port);
	if (f->remote_port)
		mnl_attr_put_u16(nlh, HPS_DIAG_REQ_REMOTE_PORT, f->remote_port);
	if (f->local.family)
		mnl_attr_put(nlh, HPS_DIAG_REQ_LOCAL, sizeof(f->local),
			     &f->local);
	if (f->remote.family)
		mnl_attr_put(nlh, HPS_DIAG_REQ_REMOTE, sizeof(f->remote),
			     &f->remote);
	if (f->ifindex)
		mnl_attr_put_u32(nlh, HPS_DIAG_REQ_IFINDEX, f->ifindex);
	return nlh;
}

/* What both this program and the kernel know of a structure that grows. */
static void take(void *to, size_t room, const void *from, size_t len)
{
	memcpy(to, from, len < room ? len : room);
}

static void read_info(struct diag_socket *s, const struct nlattr *attr)
{
	const char *data = mnl_attr_get_payload(attr);
	size_t len = mnl_attr_get_payload_len(attr), at;
	unsigned int i;

	take(&s->info, sizeof(s->info), data, len);
	at = s->info.path_offset;
	if (at < sizeof(s->info))
		memset((char *)&s->info + at, 0, sizeof(s->info) - at);
	for (i = 0; i < s->info.nr_paths && i < DIAG_PATHS; i++) {
		if (at + s->info.path_size > len)
			break;
		take(&s->path[i], sizeof(s->path[i]), data + at,
		     s->info.path_size);
		at += s->info.path_size;
	}
	s->nr_paths = i;
}

static void (*report)(const struct diag_socket *s);
static int count;

static void on_message(const struct nlmsghdr *nlh)
{
	static struct diag_socket s;
	const struct nlattr *attr;

	memset(&s, 0, sizeof(s));
	take(&s.msg, sizeof(s.msg), mnl_nlmsg_get_payload(nlh),
	     mnl_nlmsg_get_payload_len(nlh));
	mnl_attr_for_each(attr, nlh, sizeof(s.msg)) {
		switch (mnl_attr_get_type(attr)) {
		case HPS_DIAG_INFO:
			read_info(&s, attr);
			break;
		case HPS_DIAG_MARK:
			s.has_mark = true;
			s.mark = nl_number(attr);
			break;
		case HPS_DIAG_WHY:
			s.why = nl_number(attr);
			break;
		case HPS_DIAG_LINK:
			if (s.nr_links < DIAG_LINKS)
				take(&s.link[s.nr_links++], sizeof(s.link[0]),
				     mnl_attr_get_payload(attr),
				     mnl_attr_get_payload_len(attr));
			break;
		}
	}
	count++;
	report(&s);
}

int diag_run(const struct diag_filter *f, bool links,
	     void (*on_socket)(const struct diag_socket *s))
{
	report = on_socket;
	count = 0;
	if (nl_run(request(f, links), on_message))
		return -1;
	return count;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Times messages to a peer over some of the links of a bundle.
 *
 * One connection with paths over all links serves for all, as paths that are warm
 * tell the truth. It is told by the role of the links over which it may send:
 * those that shall not carry become backup links for the time being. The
 * socket's own policy and cut-off have all others divide whatever they can.
 */
#include "hpsctl/trial.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/hps.h>
#include <linux/hps_netlink.h>

#include "common/clock.h"
#include "common/fail.h"
#include "common/perf.h"
#include "common/sock.h"
#include "common/stats.h"
#include "hpsctl/ctl.h"
#include "hpsctl/nl.h"

/* For so long a link may take to get its path. */
#define JOIN_NS		(10 * NSEC_PER_SEC)

#define PATHS_MAX	64

static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

#define SIGNALS		(sizeof(signals) / sizeof(signals[0]))

static struct sigaction old_actions[SIGNALS];
static volatile sig_atomic_t interrupted;
static volatile sig_atomic_t signal_fd = -1;

/* What nl_run() reads goes here. */
static struct trial *filled;
static bool too_many;

/* --- signals --- */

/* Whatever waits for the peer fails then, and all goes the way of errors. */
static void on_signal(int sig)
{
	int saved = errno;

	interrupted = sig;
	shutdown(signal_fd, SHUT_RDWR);
	errno = saved;
}

static void catch_signals(int fd)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	size_t i;

	signal_fd = fd;
	for (i = 0; i < SIGNALS; i++) {
		sigaction(signals[i], NULL, &old_actions[i]);
		if (old_actions[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	}
}

static void release_signals(void)
{
	size_t i;

	for (i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &old_actions[i], NULL);
	if (interrupted)
		raise(interrupted);
}

/* --- links --- */

static void on_link(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[HPS_A_LINK_MAX + 1];
	struct trial_link *link;

	nl_parse(nlh, tb, HPS_A_LINK_MAX);
	if (nl_number(tb[HPS_A_LINK_BUNDLE]) != filled->bundle ||
	    nl_number(tb[HPS_A_LINK_ROLE]) != HPS_LINK_ROLE_ACTIVE ||
	    !tb[HPS_A_LINK_UP])
		return;
	too_many |= filled->links == TRIAL_LINKS;
	if (too_many)
		return;
	link = &filled->link[filled->links++];
	link->ifindex = nl_number(tb[HPS_A_LINK_IFINDEX]);
	link->id = nl_number(tb[HPS_A_LINK_ID]);
	snprintf(link->name, sizeof(link->name), "%s",
		 nl_string(tb[HPS_A_LINK_IFNAME]));
}

static int find_links(struct trial *trial, const char *bundle)
{
	struct nlmsghdr *nlh;

	trial->bundle = need_interface(bundle);
	if (!trial->bundle)
		return -1;
	nlh = nl_request(HPS_CMD_BUNDLE_GET, false);
	mnl_attr_put_u32(nlh, HPS_A_BUNDLE_IFINDEX, trial->bundle);
	if (nl_run(nlh, NULL))
		return -1;
	filled = trial;
	if (nl_run(nl_request(HPS_CMD_LINK_GET, true), on_link))
		return -1;
	if (too_many)
		return fail("%s has more than %d active links: give some the role backup",
			    bundle, TRIAL_LINKS);
	if (trial->links < 2)
		return fail("%s has %s link that is active and up: there is nothing to tune",
			    bundle, trial->links ? "one" : "no");
	return 0;
}

/* Those of bits @links carry, the others do not. */
static int use_links(struct trial *trial, uint32_t links)
{
	struct trial_link *link;
	unsigned int i;
	bool off;

	for (i = 0; i < trial->links; i++) {
		link = &trial->link[i];
		off = !(links >> i & 1);
		if (off == link->off)
			continue;
		if (link_set_role(link->ifindex, off ? HPS_LINK_ROLE_BACKUP :
						       HPS_LINK_ROLE_ACTIVE))
			return -1;
		link->off = off;
	}
	return 0;
}

/* --- paths --- */

/* Which links have a path that is up? Return: how many, -1 after fail(). */
static int look_at_paths(const struct trial *trial, bool *up)
{
	union {
		struct hps_info info;
		char room[sizeof(struct hps_info) +
			  PATHS_MAX * sizeof(struct hps_path_info)];
	} u = {};
	struct hps_path_info path;
	socklen_t len = sizeof(u);
	unsigned int i, j;
	int count = 0;
	size_t at;

	if (getsockopt(trial->fd, SOL_HPS, HPS_INFO, &u, &len))
		return fail("cannot look at the connection: %s", strerror(errno));
	memset(up, 0, trial->links * sizeof(*up));
	for (i = 0; i < u.info.nr_paths; i++) {
		at = u.info.path_offset + i * u.info.path_size;
		if (u.info.path_size < sizeof(path) || at + sizeof(path) > len)
			break;
		memcpy(&path, u.room + at, sizeof(path));
		if (path.state != HPS_PATH_STATE_UP)
			continue;
		if (!path.link_id)
			return fail("the peer is reached by a way that is no link of this bundle: name an address behind a link");
		for (j = 0; j < trial->links; j++) {
			if (path.link_id != trial->link[j].id || up[j])
				continue;
			up[j] = true;
			count++;
		}
	}
	return count;
}

/* Looks until so many links have a path, or as long as that may take. */
static int await_count(const struct trial *trial, unsigned int wanted, bool *up)
{
	static const struct timespec moment = { .tv_nsec = 20 * NSEC_PER_MSEC };
	uint64_t end = clock_ns() + JOIN_NS;
	int count;

	for (;;) {
		count = look_at_paths(trial, up);
		if (count < 0 || (unsigned int)count >= wanted ||
		    clock_ns() > end || interrupted)
			return count;
		nanosleep(&moment, NULL);
	}
}

/* Waits until all links have a path. */
static int await_paths(struct trial *trial, const char *host)
{
	struct trial_link swap;
	bool up[TRIAL_LINKS];
	unsigned int i;
	int count;

	count = await_count(trial, trial->links, up);
	if (count < 0)
		return -1;
	if (count < 2)
		return fail("%s is reached over %s of these links: there is nothing to tune (see hpsctl explain)",
			    host, count ? "one" : "none");
	for (i = 0; i < trial->links; i++) {
		if (!up[i])
			continue;
		trial->link[i].used = true;
		swap = trial->link[trial->used];
		trial->link[trial->used++] = trial->link[i];
		trial->link[i] = swap;
	}
	return 0;
}

int trial_check(const struct trial *trial)
{
	bool up[TRIAL_LINKS];
	unsigned int i;

	/* A slow one may be suspect for a moment, with what is under way on it. */
	if (await_count(trial, trial->used, up) < 0)
		return -1;
	for (i = 0; i < trial->used; i++) {
		if (!up[i])
			return fail("the path over %s has not stayed up",
				    trial->link[i].name);
	}
	return 0;
}

/* --- the connection --- */

static int set_option(int fd, int name, const char *what, int value)
{
	if (setsockopt(fd, SOL_HPS, name, &value, sizeof(value)))
		return fail("cannot set the socket's %s: %s", what, strerror(errno));
	return 0;
}

static int connect_to(const char *bundle, const char *host, unsigned int port,
		      unsigned int timeout_ms)
{
	const struct sock_params params = {
		.proto = SOCK_PROTO_HPS,
		.type = SOCK_STREAM,
		.timeout_ms = timeout_ms,
		.device = bundle,
	};
	char why[FAIL_TEXT_MAX];
	int fd;

	fd = sock_connect(&params, host, port);
	if (fd >= 0)
		return fd;
	snprintf(why, sizeof(why), "%s", fail_text());
	fail_clear();
	return fail("%s; hpsperf server must run there", why);
}

int trial_open(struct trial *trial, const char *bundle, const char *host,
	       unsigned int port, unsigned int timeout_ms)
{
	*trial = (struct trial){ .fd = -1, .deadline_ns = UINT64_MAX };
	if (find_links(trial, bundle))
		return -1;
	trial->message = calloc(1, TRIAL_SIZE_MAX);
	if (!trial->message)
		return fail("not enough memory");
	trial->fd = connect_to(bundle, host, port, timeout_ms);
	if (trial->fd < 0)
		return -1;
	catch_signals(trial->fd);
	if (sock_set_nodelay(trial->fd) ||
	    set_option(trial->fd, HPS_POLICY, "policy", HPS_POLICY_STRIPE) ||
	    set_option(trial->fd, HPS_CUTOFF, "cut-off", 0))
		return -1;
	/* What is sent makes it join the other links. */
	if (!trial_time(trial, UINT32_MAX, 1, 1))
		return -1;
	return await_paths(trial, host);
}

static int ping(struct trial *trial, uint64_t size, uint64_t *ns)
{
	uint64_t start = clock_ns();
	char answer;

	if (perf_send(trial->fd, trial->message, size) ||
	    perf_recv(trial->fd, &answer, 1))
		return -1;
	*ns = clock_ns() - start;
	return 0;
}

uint64_t trial_time(struct trial *trial, uint32_t links, uint64_t size,
		    unsigned int rounds)
{
	struct perf_want want = { .test = PERF_PING, .size = size };
	uint64_t ns[TRIAL_ROUNDS + 1];
	struct perf_result result;
	struct stats stats;
	unsigned int i;

	if (clock_ns() > trial->deadline_ns)
		rounds = 1;
	want.rounds = rounds + 1;
	if (use_links(trial, links) || perf_start(trial->fd, &want))
		return 0;
	for (i = 0; i < want.rounds; i++)
		if (ping(trial, size, &ns[i]))
			return 0;
	if (perf_recv(trial->fd, &result, sizeof(result)))
		return 0;
	stats_of(ns + 1, rounds, &stats);
	return stats.median_ns + !stats.median_ns;
}

int trial_close(struct trial *trial)
{
	unsigned int i;
	int err = 0;

	/* All that can be put right, whatever fails. */
	for (i = 0; i < trial->links; i++) {
		if (trial->link[i].off &&
		    link_set_role(trial->link[i].ifindex, HPS_LINK_ROLE_ACTIVE))
			err = -1;
	}
	if (trial->fd >= 0) {
		signal_fd = -1;
		close(trial->fd);
		release_signals();
	}
	free(trial->message);
	return err;
}

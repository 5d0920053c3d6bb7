// SPDX-License-Identifier: GPL-2.0
/* Which links does a connection use, which not, and why? */
#include "conn/explain.h"

#include <linux/netdevice.h>

#include "conn/choose.h"
#include "conn/conn.h"
#include "conn/join.h"
#include "conn/path.h"
#include "conn/why.h"
#include "link/bundle.h"

/**
 * struct rules - by which a connection chooses paths
 * @config:	policy and so on
 * @only:	id and one of the path that policy single uses; 0: several are used
 */
struct rules {
	struct hps_bundle_config	config;
	u8				only;
};

/* Why does a path that works not carry? HPS_REASON_NONE: it does. */
static enum hps_reason waits(struct hps_conn *conn, const struct hps_path *path,
			     const struct rules *rules)
{
	u8 role = hps_choose_path_role(path);

	if (!hps_choose_admits(conn, path, &rules->config))
		return hps_why_waits(role, false);
	if (rules->only && path->id + 1 != rules->only)
		return hps_why_waits(role, true);
	return HPS_REASON_NONE;
}

/* The paths that roles admit, and why others wait. */
static void path_facts(struct hps_conn *conn, const struct rules *rules,
		       struct hps_why_conn *c)
{
	const struct hps_path *path;
	enum hps_reason why;

	list_for_each_entry(path, &conn->paths, node) {
		if (!hps_path_usable(path))
			continue;
		why = waits(conn, path, rules);
		if (why == HPS_REASON_BACKUP || why == HPS_REASON_COPIES_ONLY)
			c->waiting = why;
		else
			c->paths++;
	}
}

static unsigned int usable_links(const struct hps_explain *e)
{
	unsigned int i, n = 0;

	for (i = 0; i < e->nr_links; i++)
		n += e->link[i].up;
	return n;
}

/* Duplicates are never too short; without a cut-off nothing is long enough. */
static u32 effective(const struct hps_bundle_config *config, u32 cutoff)
{
	if (config->policy == HPS_POLICY_DUPLICATE)
		return 0;
	return cutoff ? : U32_MAX;
}

static void conn_facts(struct hps_conn *conn, const struct hps_explain *e,
		       const struct rules *rules, u32 cutoff,
		       struct hps_why_conn *c)
{
	const struct hps_bundle_config *config = &rules->config;
	const struct hps_send *snd = &conn->snd;

	*c = (struct hps_why_conn) {
		.opening	= conn->state == HPS_CONN_OPENING,
		.ending		= conn->state == HPS_CONN_CLOSED ||
				  conn->ending,
		.initiator	= conn->initiator,
		.bound		= conn->one_link,
		.loopback	= conn->key.ifindex ==
				  conn->net->loopback_dev->ifindex,
		.single		= hps_choose_is_single(conn, config),
		.bundle		= config->ifindex,
		.links		= usable_links(e),
		.offers		= conn->nr_offers,
		.cutoff		= effective(config, cutoff),
		.join_at	= hps_join_cutoff(conn, config),
		.moved		= snd->end + conn->rcv.reasm.frontier,
		.backlog	= snd->end - snd->nxt,
		.in_transit	= snd->nxt - snd->una,
	};
	path_facts(conn, rules, c);
}

static void link_facts(struct hps_conn *conn, const struct hps_explain *e,
		       const struct rules *rules, int n_addr,
		       const struct hps_link_brief *link,
		       struct hps_why_link *l)
{
	const struct hps_path *path;
	enum hps_reason why;
	int i;

	*l = (struct hps_why_link) { .up = link->up };
	list_for_each_entry(path, &conn->paths, node) {
		if (!path->ch || path->ch->key.ifindex != link->ifindex)
			continue;
		if (hps_path_usable(path)) {
			why = waits(conn, path, rules);
			l->used |= why == HPS_REASON_NONE;
			l->waiting = why;
		}
		l->opening |= path->state == HPS_PATH_OPENING;
		l->silent |= path->state == HPS_PATH_UP &&
			     path->health.state == HPS_HEALTH_SUSPECT;
	}
	for (i = 0; i < n_addr; i++) {
		if (e->addr[i].ifindex == link->ifindex)
			hps_join_prospects(conn, &e->addr[i], &l->address,
					   &l->partner);
	}
}

/**
 * hps_conn_explain() - which links does it use, which not, and why?
 * @conn: the connection; the caller holds a reference
 * @cutoff: the one in effect, of hps_conn_snapshot()
 * @e: filled; 4 KB, so not on the stack
 *
 * Context: process or softirq; takes the data lock.
 */
void hps_conn_explain(struct hps_conn *conn, u32 cutoff, struct hps_explain *e)
{
	struct hps_why_conn c;
	struct hps_why_link l;
	struct rules rules;
	unsigned int i;
	int n_addr;

	e->nr_links = hps_link_list(conn->net, conn->bundle_ifindex, e->link,
				    HPS_EXPLAIN_LINKS);
	n_addr = hps_link_snapshot(conn->net, conn->bundle_ifindex, e->addr,
				   HPS_EXPLAIN_LINKS);
	spin_lock_bh(&conn->lock);
	hps_choose_config(conn, &rules.config);
	rules.only = hps_choose_is_single(conn, &rules.config) ?
		     hps_choose_only(conn) : 0;
	conn_facts(conn, e, &rules, cutoff, &c);
	e->why = hps_why_conn(&c);
	for (i = 0; i < e->nr_links; i++) {
		link_facts(conn, e, &rules, n_addr, &e->link[i], &l);
		e->link_why[i] = hps_why_link(&c, &l);
	}
	spin_unlock_bh(&conn->lock);
}

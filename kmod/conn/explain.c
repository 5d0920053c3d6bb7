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

static unsigned int usable_paths(const struct hps_conn *conn)
{
	const struct hps_path *path;
	unsigned int n = 0;

	list_for_each_entry(path, &conn->paths, node)
		n += hps_path_usable(path);
	return n;
}

static unsigned int usable_links(const struct hps_explain *e)
{
	unsigned int i, n = 0;

	for (i = 0; i < e->nr_links; i++)
		n += e->link[i].up;
	return n;
}

static void conn_facts(const struct hps_conn *conn, const struct hps_explain *e,
		       struct hps_why_conn *c)
{
	const struct hps_send *snd = &conn->snd;
	struct hps_bundle_config config;

	hps_choose_config(conn, &config);
	*c = (struct hps_why_conn) {
		.opening	= conn->state == HPS_CONN_OPENING,
		.ending		= conn->state == HPS_CONN_CLOSED ||
				  conn->ending,
		.initiator	= conn->initiator,
		.bound		= conn->one_link,
		.loopback	= conn->key.ifindex ==
				  conn->net->loopback_dev->ifindex,
		.single		= config.policy == HPS_POLICY_SINGLE &&
				  !snd->mixed,
		.bundle		= config.ifindex,
		.links		= usable_links(e),
		.offers		= conn->nr_offers,
		.paths		= usable_paths(conn),
		.cutoff		= config.policy == HPS_POLICY_DUPLICATE ? 0 :
				  config.cutoff,
		.join_at	= hps_join_cutoff(conn, &config),
		.moved		= snd->end + conn->rcv.reasm.frontier,
		.backlog	= snd->end - snd->nxt,
		.in_transit	= snd->nxt - snd->una,
	};
}

static void link_facts(const struct hps_conn *conn, const struct hps_explain *e,
		       int n_addr, const struct hps_link_brief *link,
		       struct hps_why_link *l)
{
	const struct hps_path *path;
	int i;

	*l = (struct hps_why_link) { .up = link->up };
	list_for_each_entry(path, &conn->paths, node) {
		if (!path->ch || path->ch->key.ifindex != link->ifindex)
			continue;
		l->used |= hps_path_usable(path);
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
 * @e: filled; 4 KB, so not on the stack
 *
 * Context: process or softirq; takes the data lock.
 */
void hps_conn_explain(struct hps_conn *conn, struct hps_explain *e)
{
	struct hps_why_conn c;
	struct hps_why_link l;
	unsigned int i;
	int n_addr;

	e->nr_links = hps_link_list(conn->net, conn->bundle_ifindex, e->link,
				    HPS_EXPLAIN_LINKS);
	n_addr = hps_link_snapshot(conn->net, conn->bundle_ifindex, e->addr,
				   HPS_EXPLAIN_LINKS);
	spin_lock_bh(&conn->lock);
	conn_facts(conn, e, &c);
	e->why = hps_why_conn(&c);
	for (i = 0; i < e->nr_links; i++) {
		link_facts(conn, e, n_addr, &e->link[i], &l);
		e->link_why[i] = hps_why_link(&c, &l);
	}
	spin_unlock_bh(&conn->lock);
}

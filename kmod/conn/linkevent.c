// SPDX-License-Identifier: GPL-2.0
/*
 * What the going and coming of links and addresses means for connections.
 *
 * The events only have a work run, which looks at what is left: paths whose
 * ground is gone are given up, pairs of links are looked for again, and peers
 * that dialled us are told of our links.
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>
#include <net/addrconf.h>
#include <net/route.h>

#include "conn/conn.h"
#include "conn/join.h"
#include "conn/path.h"
#include "conn/rejoin.h"
#include "link/link.h"
#include "link/prober.h"
#include "net.h"

/* A new address of IPv6 is of use only some time after its event. */
#define AGAIN		(3 * HZ / 2)

/* How many are looked at for each search. */
#define BATCH		32

/* --- paths that have lost their ground ----------------------------------------- */

static bool is_local(struct net *net, struct net_device *dev,
		     const union hps_addr *addr)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (addr->sa.sa_family == AF_INET6)
		/* The device says in which VRF; any of it will do. */
		return ipv6_chk_addr_and_flags(net, &addr->in6.sin6_addr, dev,
					       true, 0, 0);
#endif
	return inet_addr_type_dev_table(net, dev, addr->in.sin_addr.s_addr) ==
	       RTN_LOCAL;
}

/**
 * hps_linkevent_lost - what a channel lacks to work
 * @ch:	the channel, locked
 *
 * Context: any. Returns a cause at this end, or HPS_PATH_CAUSE_NONE.
 */
enum hps_nl_path_cause hps_linkevent_lost(const struct hps_channel *ch)
{
	enum hps_nl_path_cause cause = HPS_PATH_CAUSE_NONE;
	const struct hps_path *path = ch->user;
	struct net_device *dev;

	if (ch->events == &hps_path_events && path->link &&
	    READ_ONCE(path->link->gone))
		return HPS_PATH_CAUSE_REMOVED;
	if (!ch->key.ifindex || !ch->key.local.sa.sa_family)
		return cause;
	rcu_read_lock();
	dev = dev_get_by_index_rcu(ch->net, ch->key.ifindex);
	if (!dev)
		cause = HPS_PATH_CAUSE_REMOVED;
	else if (!netif_running(dev) || !netif_carrier_ok(dev))
		cause = HPS_PATH_CAUSE_CARRIER;
	else if (!is_local(ch->net, dev, &ch->key.local))
		cause = HPS_PATH_CAUSE_ADDRESS;
	rcu_read_unlock();
	return cause;
}

/* Could the connection do without this path? Its channel is locked. A path that
 * is the only one stays: as with TCP the link may come back; but another one is
 * looked for.
 */
static bool is_spare(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;
	bool spare;

	spin_lock_bh(&conn->lock);
	spare = hps_path_ready(conn, path);
	if (!spare) {
		conn->kept = true;
		hps_rejoin_ask(conn);
	}
	spin_unlock_bh(&conn->lock);
	return spare;
}

static void look_at_channel(struct hps_channel *ch)
{
	enum hps_nl_path_cause cause = HPS_PATH_CAUSE_NONE;

	hps_channel_lock(ch);
	/* One that is being dialled has a time limit of its own, and a dialler. */
	if (ch->state != HPS_CHANNEL_DEAD && ch->state != HPS_CHANNEL_DIALING)
		cause = hps_linkevent_lost(ch);
	if (cause && (ch->events != &hps_path_events || is_spare(ch->user))) {
		WRITE_ONCE(ch->cause, cause);
		hps_channel_fail(ch, -ENETDOWN);
	} else if (ch->events == &hps_path_events) {
		/* Roles and rules may have changed: what waits may go by it now. */
		ch->ops->kick(ch);
	}
	hps_channel_unlock(ch);
}

/* Up to BATCH channels that this round has not seen, with references. */
static unsigned int take_channels(struct hps_net *hn, long round,
				  struct hps_channel **batch)
{
	struct hps_channel *ch;
	unsigned int n = 0;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(ch, &hn->channels, net_node) {
		if (ch->round - round >= 0 || !refcount_inc_not_zero(&ch->ref))
			continue;
		ch->round = round;
		batch[n++] = ch;
		if (n == BATCH)
			break;
	}
	spin_unlock_bh(&hn->lock);
	return n;
}

/* --- connections that can gain something ------------------------------------------ */

static void look_at_conn(struct hps_conn *conn)
{
	spin_lock_bh(&conn->lock);
	if (conn->state == HPS_CONN_ESTABLISHED) {
		if (!conn->initiator)
			hps_join_offer_anew(conn);
		else if ((conn->joined && !conn->one_link) || conn->stranded)
			hps_rejoin_ask(conn);
	}
	spin_unlock_bh(&conn->lock);
}

/* The same as take_channels(). */
static unsigned int take_conns(struct hps_net *hn, long round,
			       struct hps_conn **batch)
{
	struct hps_conn *conn;
	unsigned int n = 0;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(conn, &hn->conns, net_node) {
		if (conn->round - round >= 0 ||
		    !refcount_inc_not_zero(&conn->ref))
			continue;
		conn->round = round;
		batch[n++] = conn;
		if (n == BATCH)
			break;
	}
	spin_unlock_bh(&hn->lock);
	return n;
}

/* Two may do this at a time: the later one has the higher round, and the other
 * leaves out what that has seen.
 */
static void look_at_all(struct hps_net *hn)
{
	static atomic_long_t rounds;
	long round = atomic_long_inc_return(&rounds);
	struct hps_channel *ch[BATCH];
	struct hps_conn *conn[BATCH];
	unsigned int i, n;

	while ((n = take_channels(hn, round, ch)))
		for (i = 0; i < n; i++) {
			look_at_channel(ch[i]);
			hps_channel_put(ch[i]);
		}
	while ((n = take_conns(hn, round, conn)))
		for (i = 0; i < n; i++) {
			look_at_conn(conn[i]);
			hps_conn_put(conn[i]);
		}
}

static void links_work(struct work_struct *work)
{
	look_at_all(container_of(work, struct hps_net, events.work));
}

static void links_again_work(struct work_struct *work)
{
	look_at_all(container_of(work, struct hps_net, events_again.work));
}

/* --- events ------------------------------------------------------------------------ */

/**
 * hps_linkevent_look - look at all channels and connections, soon
 * @net:	the namespace
 *
 * Context: any.
 */
void hps_linkevent_look(struct net *net)
{
	struct hps_net *hn = hps_net(net);

	spin_lock_bh(&hn->lock);
	if (!hn->dying)
		mod_delayed_work(hps_wq, &hn->events, 0);
	spin_unlock_bh(&hn->lock);
}

static void changed(struct net *net)
{
	struct hps_net *hn = hps_net(net);

	hps_linkevent_look(net);
	hps_prober_retry(net);
	spin_lock_bh(&hn->lock);
	if (!hn->dying)
		mod_delayed_work(hps_wq, &hn->events_again, AGAIN);
	spin_unlock_bh(&hn->lock);
}

/* Called under RTNL. */
static int link_event(struct notifier_block *nb, unsigned long event,
		      void *data)
{
	const struct hps_link_event_info *info = data;

	switch (event) {
	case HPS_LINK_CHANGED:
	case HPS_BUNDLE_CHANGED:
		hps_linkevent_look(info->net);
		break;
	default:
		changed(info->net);
	}
	return NOTIFY_DONE;
}

static int inet_event(struct notifier_block *nb, unsigned long event,
		      void *data)
{
	const struct in_ifaddr *ifa = data;

	changed(dev_net(ifa->ifa_dev->dev));
	return NOTIFY_DONE;
}

static int inet6_event(struct notifier_block *nb, unsigned long event,
		       void *data)
{
	const struct inet6_ifaddr *ifa = data;

	changed(dev_net(ifa->idev->dev));
	return NOTIFY_DONE;
}

static struct notifier_block link_notifier = { .notifier_call = link_event };
static struct notifier_block inet_notifier = { .notifier_call = inet_event };
static struct notifier_block inet6_notifier = { .notifier_call = inet6_event };

void hps_linkevent_net_init(struct hps_net *hn)
{
	INIT_DELAYED_WORK(&hn->events, links_work);
	INIT_DELAYED_WORK(&hn->events_again, links_again_work);
}

/* ORDER: the namespace is dying, so nothing is queued any more. */
void hps_linkevent_net_exit(struct hps_net *hn)
{
	cancel_delayed_work_sync(&hn->events);
	cancel_delayed_work_sync(&hn->events_again);
}

int hps_linkevent_init(void)
{
	int err;

	err = hps_link_register_notifier(&link_notifier);
	if (err)
		return err;
	err = register_inetaddr_notifier(&inet_notifier);
	if (err)
		goto err_link;
	err = register_inet6addr_notifier(&inet6_notifier);
	if (err)
		goto err_inet;
	return 0;

err_inet:
	unregister_inetaddr_notifier(&inet_notifier);
err_link:
	hps_link_unregister_notifier(&link_notifier);
	return err;
}

void hps_linkevent_exit(void)
{
	unregister_inet6addr_notifier(&inet6_notifier);
	unregister_inetaddr_notifier(&inet_notifier);
	hps_link_unregister_notifier(&link_notifier);
}

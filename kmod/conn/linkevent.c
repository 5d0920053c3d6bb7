// SPDX-License-Identifier: GPL-2.0
/* What a link's going and coming means for the connections that use it. */
#include <linux/notifier.h>

#include "conn/conn.h"
#include "conn/path.h"
#include "link/link.h"
#include "net.h"

/* Could the connection do without this path? Its channel is locked. */
static bool is_spare(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;
	struct hps_path *other;
	bool spare = false;

	spin_lock_bh(&conn->lock);
	list_for_each_entry(other, &conn->paths, node)
		spare |= other != path && hps_path_usable(other);
	spin_unlock_bh(&conn->lock);
	return spare;
}

/* A path that is the only one stays: as with TCP the link may come back. */
static void cut(struct hps_channel *ch)
{
	hps_channel_lock(ch);
	if (ch->events != &hps_path_events || is_spare(ch->user))
		hps_channel_fail(ch, -ENETDOWN);
	hps_channel_unlock(ch);
}

static unsigned long round;	/* RTNL */

/* The next channel over @ifindex, or over any link if that is 0, that was not
 * looked at, with a reference.
 */
static struct hps_channel *next_channel(struct hps_net *hn, int ifindex,
					unsigned long since)
{
	struct hps_channel *ch, *found = NULL;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(ch, &hn->channels, net_node) {
		if ((ifindex && ch->key.ifindex != ifindex) ||
		    ch->cut_round == since ||
		    !refcount_inc_not_zero(&ch->ref))
			continue;
		ch->cut_round = since;
		found = ch;
		break;
	}
	spin_unlock_bh(&hn->lock);
	return found;
}

static void link_down(struct hps_net *hn, int ifindex)
{
	struct hps_channel *ch;

	round++;
	while ((ch = next_channel(hn, ifindex, round))) {
		cut(ch);
		hps_channel_put(ch);
	}
}

/* What waits may go elsewhere now. */
static void rules_changed(struct hps_net *hn)
{
	struct hps_channel *ch;

	round++;
	while ((ch = next_channel(hn, 0, round))) {
		if (READ_ONCE(ch->events) == &hps_path_events)
			ch->ops->kick(ch);
		hps_channel_put(ch);
	}
}

/* Connections ask for it again when their traffic calls for it. */
static void link_up(struct hps_net *hn)
{
	struct hps_conn *conn;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(conn, &hn->conns, net_node)
		WRITE_ONCE(conn->joined, conn->one_link);
	spin_unlock_bh(&hn->lock);
}

/* Called under RTNL. */
static int link_event(struct notifier_block *nb, unsigned long event,
		      void *data)
{
	const struct hps_link_event_info *info = data;
	struct hps_net *hn = hps_net(info->net);

	switch (event) {
	case HPS_LINK_DOWN:
	case HPS_LINK_REMOVED:
		link_down(hn, info->link_ifindex);
		break;
	case HPS_LINK_UP:
		link_up(hn);
		break;
	case HPS_LINK_CHANGED:
	case HPS_BUNDLE_CHANGED:
		rules_changed(hn);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block link_notifier = { .notifier_call = link_event };

int hps_linkevent_init(void)
{
	return hps_link_register_notifier(&link_notifier);
}

void hps_linkevent_exit(void)
{
	hps_link_unregister_notifier(&link_notifier);
}

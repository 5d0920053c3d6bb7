// SPDX-License-Identifier: GPL-2.0
/* The pool: channels that no connection uses and the next one can (BP-3). */
#include "link/pool.h"

#include <linux/jiffies.h>

#include "net.h"
#include "xport/channel.h"

/* Takes @ch out of the pool; false if another did. The list's reference goes
 * to the caller.
 */
static bool take(struct hps_net *hn, struct hps_channel *ch)
{
	bool taken;

	spin_lock_bh(&hn->lock);
	taken = !list_empty(&ch->use_node);
	list_del_init(&ch->use_node);
	spin_unlock_bh(&hn->lock);
	return taken;
}

/* An idle peer has nothing to say, but it may answer late. Behind its FINACK a RESET may
 * come: then it reads no more of the channel.
 */
static int pool_control(struct hps_channel *ch, const struct hps_msg *msg,
			u32 len)
{
	if (msg->type == HPS_MSG_RESET)
		return -ECONNRESET;
	return msg->type == HPS_MSG_PONG ? 0 : -EPROTO;
}

static int pool_data(struct hps_channel *ch, const struct hps_data *data, u32 len,
		     u32 pos, u32 here)
{
	return -EPROTO;
}

static void pool_push(struct hps_channel *ch)
{
}

static void pool_down(struct hps_channel *ch, int err)
{
	if (take(hps_net(ch->net), ch))
		hps_channel_put(ch);
	hps_channel_close(ch);
}

static const struct hps_channel_events pool_events = {
	.control	= pool_control,
	.data		= pool_data,
	.push		= pool_push,
	.down		= pool_down,
};

/* TCP's FIN goes behind what was said last, and is sent again as that is; who has
 * acknowledged it has all. The sweep closes a channel whose peer does not.
 */
static void leave_push(struct hps_channel *ch)
{
	hps_channel_use(ch, NULL, NULL);
	/* A RESET may come behind the peer's FINACK. */
	set_bit(HPS_CHANNEL_DRAINED, &ch->flags);
	ch->ops->end(ch);
}

static void leave_down(struct hps_channel *ch, int err)
{
	hps_channel_close(ch);
}

/* A channel that the pool has no place for: its last push ends it. */
static const struct hps_channel_events leave_events = {
	.control	= pool_control,
	.data		= pool_data,
	.push		= leave_push,
	.down		= leave_down,
};

/**
 * hps_pool_get - take an idle channel that fits
 * @net:	the namespace
 * @key:	what the channel must match
 *
 * Context: process, may sleep. Returns a channel that is ready, *locked* and
 * with a reference for the caller, who gives it a user; or NULL.
 */
struct hps_channel *hps_pool_get(struct net *net,
				 const struct hps_channel_key *key)
{
	struct hps_net *hn = hps_net(net);
	struct hps_channel *ch;
	bool found;

	for (;;) {
		found = false;
		spin_lock_bh(&hn->lock);
		list_for_each_entry(ch, &hn->pool, use_node) {
			if (!hps_channel_same_key(&ch->key, key) ||
			    (READ_ONCE(hn->sysctl.crc) && !ch->crc))
				continue;
			list_del_init(&ch->use_node);
			found = true;
			break;
		}
		spin_unlock_bh(&hn->lock);
		if (!found)
			return NULL;

		hps_channel_lock(ch);
		if (ch->state == HPS_CHANNEL_READY) {
			hps_mib_inc(net, HPS_MIB_POOL_HIT);
			return ch;
		}
		hps_channel_unlock(ch);
		hps_channel_put(ch);
	}
}

/**
 * hps_pool_put - keep a channel for the next connection
 * @ch:	the channel, locked; outbound, ready, with no user any more
 *
 * Context: any. If the pool is full or switched off the channel is closed, when the
 * peer has what was sent by it: our FINACK may be all that acknowledges its FIN.
 */
void hps_pool_put(struct hps_channel *ch)
{
	struct hps_net *hn = hps_net(ch->net);
	unsigned int same = 0;
	struct hps_channel *c;
	bool keep;

	hps_channel_use(ch, &pool_events, NULL);
	ch->ops->idle(ch);
	spin_lock_bh(&hn->lock);
	list_for_each_entry(c, &hn->pool, use_node)
		same += hps_channel_same_key(&c->key, &ch->key);
	keep = !hn->dying && READ_ONCE(hn->sysctl.pool_idle) &&
	       same < READ_ONCE(hn->sysctl.pool_size);
	if (keep) {
		hps_channel_hold(ch);
		list_add(&ch->use_node, &hn->pool);
	}
	spin_unlock_bh(&hn->lock);
	if (keep) {
		hps_mib_inc(ch->net, HPS_MIB_POOL_PUT);
		return;
	}
	/* Not here: FINACK may wait for the end of the push that it belongs to. */
	hps_channel_use(ch, &leave_events, NULL);
	hps_channel_linger(ch);
	ch->ops->kick(ch);
}

/* hps_net.lock held. */
static void drop(struct hps_net *hn, struct hps_channel *ch)
{
	list_del_init(&ch->use_node);
	hps_mib_inc(hn->net, HPS_MIB_POOL_EXPIRED);
	hps_channel_close(ch);
	hps_channel_put(ch);
}

static void pool_drop(struct hps_net *hn, bool all)
{
	unsigned long limit = READ_ONCE(hn->sysctl.pool_idle) * HZ;
	struct hps_channel *ch, *next;

	spin_lock_bh(&hn->lock);
	list_for_each_entry_safe(ch, next, &hn->pool, use_node) {
		if (!all && time_before(jiffies, ch->since + limit))
			continue;
		drop(hn, ch);
	}
	spin_unlock_bh(&hn->lock);
}

/**
 * hps_pool_flush - a link pair is dead, and so are its idle channels
 * @net:	the namespace
 * @key:	whose channels
 *
 * Context: any; hps_net.lock is held.
 */
void hps_pool_flush(struct net *net, const struct hps_channel_key *key)
{
	struct hps_net *hn = hps_net(net);
	struct hps_channel *ch, *next;

	lockdep_assert_held(&hn->lock);
	list_for_each_entry_safe(ch, next, &hn->pool, use_node)
		if (hps_channel_same_key(&ch->key, key))
			drop(hn, ch);
}

/* Closes what was idle for too long; called every second. */
void hps_pool_sweep(struct net *net)
{
	pool_drop(hps_net(net), false);
}

void hps_pool_net_exit(struct net *net)
{
	pool_drop(hps_net(net), true);
}

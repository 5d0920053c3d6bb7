// SPDX-License-Identifier: GPL-2.0
/* Channels: what all transports have in common. */
#include "xport/channel.h"

#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "compat.h"
#include "ddp/ddp.h"
#include "ddp/mpa.h"
#include "net.h"
#include "xport/tcp.h"

/* How long a channel rests when there was no memory. */
#define BACKOFF_MS	10

struct workqueue_struct *hps_wq;

/* ORDER: the timer is stopped last: until the transport is closed and CLOSING
 * is seen, a push may arm it.
 */
static void channel_release(struct work_struct *work)
{
	struct hps_channel *ch = container_of(work, struct hps_channel, release);
	struct hps_net *hn = hps_net(ch->net);

	mutex_lock(&ch->tune);
	ch->ops->destroy(ch);
	mutex_unlock(&ch->tune);
	timer_delete_sync(&ch->backoff);

	spin_lock_bh(&hn->lock);
	list_del_init(&ch->net_node);
	if (test_and_clear_bit(HPS_CHANNEL_HALF_OPEN, &ch->flags))
		hn->half_open -= !ch->outbound;
	spin_unlock_bh(&hn->lock);
	hps_channel_put(ch);
}

static void channel_backoff(struct timer_list *t)
{
	struct hps_channel *ch = timer_container_of(ch, t, backoff);

	clear_bit(HPS_CHANNEL_BACKOFF, &ch->flags);
	ch->ops->kick(ch);
}

/**
 * hps_channel_create - make a channel to a peer, not yet dialled
 * @net:	the namespace
 * @key:	from where to where; the local port is ignored
 * @hello:	what the channel is wanted for
 *
 * The one place that chooses a transport; all else goes by the channel's table.
 *
 * Context: process. Returns the channel with a reference for the caller, or an
 * ERR_PTR.
 */
struct hps_channel *hps_channel_create(struct net *net,
				       const struct hps_channel_key *key,
				       const struct hps_hello *hello)
{
	return hps_tcp_ops.create(net, key, hello);
}

/**
 * hps_channel_init - set the common part of a new channel up
 * @ch:		the channel, zeroed
 * @net:	its namespace; no reference is held, see hps_channel_net_exit()
 * @ops:	the transport
 * @outbound:	we dial
 *
 * Context: process.
 */
void hps_channel_init(struct hps_channel *ch, struct net *net,
		      const struct hps_channel_ops *ops, bool outbound)
{
	struct hps_net *hn = hps_net(net);

	refcount_set(&ch->ref, 1);
	ch->net = net;
	ch->ops = ops;
	ch->outbound = outbound;
	ch->tx_msn = 1;
	ch->rx_msn = 1;
	ch->since = jiffies;
	INIT_LIST_HEAD(&ch->use_node);
	INIT_LIST_HEAD(&ch->kick_node);
	mutex_init(&ch->tune);
	INIT_WORK(&ch->release, channel_release);
	timer_setup(&ch->backoff, channel_backoff, 0);

	__set_bit(HPS_CHANNEL_HALF_OPEN, &ch->flags);
	spin_lock_bh(&hn->lock);
	list_add_tail(&ch->net_node, &hn->channels);
	hn->half_open += !outbound;
	spin_unlock_bh(&hn->lock);
}

void hps_channel_put(struct hps_channel *ch)
{
	if (refcount_dec_and_test(&ch->ref))
		ch->ops->free(ch);
}

/**
 * hps_channel_dial - begin to connect
 * @ch:	the channel, not locked; its user may end it meanwhile
 *
 * Its transport stays until this is done: see channel_release().
 *
 * Context: process. Return: 0 when it is under way, -ECONNABORTED if it has ended, or
 * an error of connect(); then the channel is still to be closed.
 */
int hps_channel_dial(struct hps_channel *ch)
{
	int err = -ECONNABORTED;

	mutex_lock(&ch->tune);
	if (READ_ONCE(ch->state) != HPS_CHANNEL_DEAD)
		err = ch->ops->dial(ch);
	mutex_unlock(&ch->tune);
	return err;
}

/**
 * hps_channel_is_deaf - has the peer stopped reading?
 * @ch:		the channel, locked
 * @octets:	so many may be under way
 *
 * What answers a peer is not subject to room: this keeps it from growing for ever.
 */
bool hps_channel_is_deaf(const struct hps_channel *ch, u32 octets)
{
	struct hps_channel_pulse p;

	if (test_bit(HPS_CHANNEL_UNSENT, &ch->flags))
		return true;
	ch->ops->pulse(ch, &p);
	return p.in_transit > octets;
}

/**
 * hps_channel_close - end a channel
 * @ch:	the channel; what it holds unsent is lost
 *
 * Context: any. The transport is closed by the release work; until then its
 * receive queue can still be read by a user that holds a reference, provided
 * the user closes only when it has read all.
 */
void hps_channel_close(struct hps_channel *ch)
{
	if (!test_and_set_bit(HPS_CHANNEL_CLOSING, &ch->flags))
		queue_work(hps_wq, &ch->release);
}

/**
 * hps_channel_linger - let the peer close the channel
 * @ch:	the channel, locked, without a user
 *
 * What was sent last shall reach the peer, which an immediate close could
 * prevent. The sweep closes it if the peer does not.
 */
void hps_channel_linger(struct hps_channel *ch)
{
	struct hps_net *hn = hps_net(ch->net);

	ch->since = jiffies;
	if (ch->state == HPS_CHANNEL_DEAD) {
		hps_channel_close(ch);
	} else if (!test_and_set_bit(HPS_CHANNEL_HALF_OPEN, &ch->flags)) {
		spin_lock_bh(&hn->lock);
		hn->half_open += !ch->outbound;
		spin_unlock_bh(&hn->lock);
	}
}

/**
 * hps_channel_drain - let the peer close the channel, whatever it says until then
 * @ch:	the channel, locked, without a user
 *
 * What was sent last may wait for room at the peer, which says that it has some by
 * messages to a user that is gone: neither these nor data in flight are errors.
 */
void hps_channel_drain(struct hps_channel *ch)
{
	set_bit(HPS_CHANNEL_DRAINED, &ch->flags);
	hps_channel_linger(ch);
}

/**
 * hps_channel_fail - the channel is of no use any more
 * @ch:		the channel, locked
 * @err:	why, a negative errno
 *
 * Tells the user once. Without a user the channel is closed.
 */
void hps_channel_fail(struct hps_channel *ch, int err)
{
	if (ch->state == HPS_CHANNEL_DEAD)
		return;
	if (ch->state != HPS_CHANNEL_READY && !ch->probe)
		hps_mib_inc(ch->net, HPS_MIB_CHANNEL_FAILED);
	ch->state = HPS_CHANNEL_DEAD;
	ch->want = false;
	ch->err = err;
	if (ch->events)
		ch->events->down(ch, err);
	else
		hps_channel_close(ch);
}

/**
 * hps_channel_abort - have a channel fail, soon
 * @ch:		the channel; a reference is held, or a lock under which it is used
 * @err:	why, a negative errno
 * @cause:	enum hps_nl_path_cause
 *
 * Context: any, also under any channel's lock and a data lock. The first call
 * counts. The user is told as by hps_channel_fail().
 */
void hps_channel_abort(struct hps_channel *ch, int err, u8 cause)
{
	if (READ_ONCE(ch->doomed))
		return;
	WRITE_ONCE(ch->cause, cause);
	/* A full barrier: whoever sees the error sees the cause. */
	if (!cmpxchg(&ch->doomed, 0, err))
		ch->ops->kick(ch);
}

static bool same_host(const union hps_addr *a, const union hps_addr *b)
{
	return hps_addr_same_host(a, b) &&
	       (a->sa.sa_family != AF_INET6 ||
		a->in6.sin6_scope_id == b->in6.sin6_scope_id);
}

/* Are they over the same pair of links? Of what was accepted the remote port
 * tells nothing.
 */
bool hps_channel_same_pair(const struct hps_channel_key *a,
			   const struct hps_channel_key *b)
{
	return a->ifindex == b->ifindex && same_host(&a->local, &b->local) &&
	       same_host(&a->remote, &b->remote);
}

/* Could a channel that was dialled by one key stand in for one of the other? */
bool hps_channel_same_key(const struct hps_channel_key *a,
			  const struct hps_channel_key *b)
{
	return a->remote.in.sin_port == b->remote.in.sin_port &&
	       a->mark == b->mark && a->priority == b->priority &&
	       a->tos == b->tos && a->tclass == b->tclass &&
	       !strcmp(a->congestion, b->congestion) &&
	       uid_eq(a->uid, b->uid) && hps_channel_same_pair(a, b);
}

/**
 * hps_channel_use - hand a channel to another user
 * @ch:		the channel, locked
 * @events:	the new user's events
 * @user:	what they find in @ch->user
 */
void hps_channel_use(struct hps_channel *ch,
		     const struct hps_channel_events *events, void *user)
{
	ch->events = events;
	ch->user = user;
	ch->want = false;
	ch->since = jiffies;
}

/**
 * hps_channel_ready - set-up has ended
 * @ch:	the channel, locked
 */
void hps_channel_ready(struct hps_channel *ch)
{
	struct hps_net *hn = hps_net(ch->net);

	ch->state = HPS_CHANNEL_READY;
	ch->since = jiffies;
	if (!ch->unproven &&
	    test_and_clear_bit(HPS_CHANNEL_HALF_OPEN, &ch->flags)) {
		spin_lock_bh(&hn->lock);
		hn->half_open -= !ch->outbound;
		spin_unlock_bh(&hn->lock);
	}
}

/**
 * hps_channel_answer - answer the hello of a peer's cold channel
 * @ch:		the channel, locked, in its hello event
 * @hello:	the answer
 * @reject:	the channel ends behind the answer
 */
void hps_channel_answer(struct hps_channel *ch, const struct hps_hello *hello,
			bool reject)
{
	ch->hello = *hello;
	ch->hello_pending = true;
	ch->hello_reject = reject;
}

/**
 * hps_channel_back_off - go on later, there is no memory now
 * @ch:	the channel, locked
 */
void hps_channel_back_off(struct hps_channel *ch)
{
	if (!test_and_set_bit(HPS_CHANNEL_BACKOFF, &ch->flags))
		mod_timer(&ch->backoff, jiffies + msecs_to_jiffies(BACKOFF_MS));
}

static void push_waiting(struct hps_channel *ch)
{
	int err = READ_ONCE(ch->doomed);

	if (err) {
		hps_channel_fail(ch, err);
		return;
	}
	if (test_bit(HPS_CHANNEL_BACKOFF, &ch->flags) ||
	    ch->state == HPS_CHANNEL_DEAD)
		return;
	if (test_bit(HPS_CHANNEL_STALLED, &ch->flags)) {
		clear_bit(HPS_CHANNEL_STALLED, &ch->flags);
		ch->ops->receive(ch);
		if (ch->state == HPS_CHANNEL_DEAD)
			return;
	}
	if (ch->hello_pending)
		ch->ops->hello(ch);
	if (test_bit(HPS_CHANNEL_UNSENT, &ch->flags) && ch->ops->flush(ch))
		return;
	if (!ch->events || !hps_channel_may_send(ch))
		return;
	ch->corked = true;
	ch->events->push(ch);
	ch->corked = false;
}

/* Sends what waits, messages without payload in as few packets as may be. The channel
 * is locked.
 */
void hps_channel_push_locked(struct hps_channel *ch)
{
	push_waiting(ch);
	if (ch->state != HPS_CHANNEL_DEAD)
		ch->ops->settle(ch);
}

/**
 * hps_channel_push - send what waits, in the caller's context
 * @ch:	the channel, not locked
 *
 * Context: process, may sleep.
 */
void hps_channel_push(struct hps_channel *ch)
{
	hps_channel_lock(ch);
	hps_channel_push_locked(ch);
	hps_channel_unlock(ch);
}

/**
 * hps_tx_alloc - memory that goes to the transport by reference
 * @vec:	will be that memory, with a reference on its page
 * @size:	octets, at most a page
 *
 * Returns where to write, NULL without memory. Any context.
 */
void *hps_tx_alloc(struct bio_vec *vec, u32 size)
{
	void *data = netdev_alloc_frag(size);
	struct page *page;

	if (!data)
		return NULL;
	page = virt_to_head_page(data);
	bvec_set_page(vec, page, size, data - page_address(page));
	return data;
}

/**
 * hps_tx_head - begin a message in memory of its own
 * @tx:		the message
 * @msg_len:	octets of the message header to come (any payload excluded)
 *
 * Returns where the message header goes, NULL without memory. Any context.
 */
void *hps_tx_head(struct hps_tx *tx, u32 msg_len)
{
	void *head = hps_tx_alloc(&tx->vec[0],
				  sizeof(struct hps_frame) + msg_len);

	if (!head)
		return NULL;
	tx->frame = head;
	tx->nr = 1;
	tx->len = msg_len;
	tx->tail_room = false;
	tx->shared = false;
	tx->control = false;
	tx->ubuf = NULL;
	return head + sizeof(struct hps_frame);
}

/* Lets go of the pages of a message, sent or not. */
void hps_tx_drop(struct hps_tx *tx)
{
	unsigned int i;

	for (i = 0; i < tx->nr; i++)
		put_page(tx->vec[i].bv_page);
	tx->nr = 0;
	if (tx->ubuf)
		net_zcopy_put(tx->ubuf);
	tx->ubuf = NULL;
}

/**
 * hps_channel_send_control - send a message that has no payload
 * @ch:		the channel, locked, allowed to send
 * @msg:	the message
 * @len:	its octets
 *
 * Returns 0, or -ENOMEM with nothing sent.
 */
int hps_channel_send_control(struct hps_channel *ch, const void *msg, u32 len)
{
	u32 size = mpa_frame_size(HPS_ULPDU_HEAD + len);
	struct hps_tx tx hps_uninitialized;

	/* In one piece, with room for padding and CRC. */
	tx.frame = hps_tx_alloc(&tx.vec[0], size);
	if (!tx.frame)
		return -ENOMEM;
	tx.vec[0].bv_len = sizeof(struct hps_frame) + len;
	tx.nr = 1;
	tx.len = len;
	tx.tail_room = true;
	tx.shared = false;
	tx.control = true;
	tx.ubuf = NULL;
	memcpy(tx.frame + sizeof(struct hps_frame), msg, len);
	return ch->ops->send(ch, &tx, false);
}

static bool is_over(const struct hps_channel *ch, unsigned int seconds)
{
	return time_after_eq(jiffies, READ_ONCE(ch->since) + seconds * HZ);
}

/* Ends channels whose set-up takes too long, and inbound ones that idle for
 * longer than a peer keeps them; called every second.
 */
void hps_channel_sweep(struct net *net)
{
	struct hps_net *hn = hps_net(net);
	struct hps_channel *ch;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(ch, &hn->channels, net_node) {
		if (test_bit(HPS_CHANNEL_CLOSING, &ch->flags))
			continue;
		if (test_bit(HPS_CHANNEL_HALF_OPEN, &ch->flags)) {
			if (is_over(ch, hn->sysctl.handshake_timeout)) {
				hps_mib_inc(net, HPS_MIB_HANDSHAKE_TIMEOUT);
				hps_channel_close(ch);
			}
		} else if (READ_ONCE(ch->events) == hps_inbound_events &&
			   is_over(ch, 2 * hn->sysctl.pool_idle + 1)) {
			/* The peer would have closed it before us. */
			hps_mib_inc(net, HPS_MIB_POOL_EXPIRED);
			hps_channel_close(ch);
		}
	}
	spin_unlock_bh(&hn->lock);
}

/**
 * hps_channel_net_exit - close all channels of a namespace
 * @net:	the namespace, in which nothing is started any more
 *
 * ORDER: before TCP's own per-namespace exit. Channels hold no reference on
 * the namespace while they idle; closing them stops TCP's timers in sync.
 */
void hps_channel_net_exit(struct net *net)
{
	struct hps_net *hn = hps_net(net);
	struct hps_channel *ch;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(ch, &hn->channels, net_node)
		hps_channel_close(ch);
	spin_unlock_bh(&hn->lock);
	flush_workqueue(hps_wq);
	/* A channel's last push may have queued the end of its connection. */
	flush_workqueue(hps_wq);
}

int hps_channel_init_all(void)
{
	hps_wq = alloc_workqueue("hps", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return hps_wq ? 0 : -ENOMEM;
}

void hps_channel_exit_all(void)
{
	destroy_workqueue(hps_wq);
}

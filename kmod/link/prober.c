// SPDX-License-Identifier: GPL-2.0
/*
 * Probers: is a pair of links that failed of use again (MS-4)?
 *
 * One for each pair of a local link and a remote address, however many
 * connections wait for it. It dials afresh every 200 ms for a minute, then
 * every second, for ever: a connection attempt of TCP alone would wait longer
 * and longer. An attempt that succeeds has done its work and is dropped; the
 * connections then dial, each for itself, for a channel serves one at a time.
 */
#include "link/prober.h"

#include <linux/jiffies.h>
#include <linux/slab.h>

#include "link/pool.h"
#include "net.h"
#include "xport/channel.h"

#define FAST_FOR	(60 * HZ)
#define PATIENT_MS	3000

/* Of an attempt. */
#define PENDING		1

/* An attempt is given up for the next one, so besides the frequent ones there is
 * one that has time: the round trip of the pair may not be known.
 */
enum {
	FREQUENT,
	PATIENT,
	ATTEMPTS,
};

/**
 * struct attempt - a dial
 * @prober:	whose
 * @ch:		the channel, NULL if none is under way; only the work
 * @result:	of it, written with the channel locked
 * @due:	when the next one begins; hps_net.lock
 */
struct attempt {
	struct hps_prober	*prober;
	struct hps_channel	*ch;
	int			result;
	unsigned long		due;
};

/*
 * Lifetime and locking of struct hps_prober
 *
 * Made by the first user, ended by its work: when the pair works, or when the
 * work finds no user any more. Nobody else holds it: users are in @users, and
 * the events of its attempts find it by @ch->user until the work takes that away.
 *
 * @node, @users, @since: hps_net.lock
 * @key, @net, @rtt_us: constant
 */
struct hps_prober {
	struct list_head	node;	/* hps_net.probers */
	struct list_head	users;
	struct hps_channel_key	key;
	struct net		*net;
	u32			rtt_us;
	unsigned long		since;
	struct delayed_work	work;
	struct attempt		attempt[ATTEMPTS];
};

/* --- the events of an attempt ------------------------------------------------ */

static void probe_result(struct attempt *a, int result)
{
	a->result = result;
	if (!result || result == -ECONNREFUSED)
		mod_delayed_work(hps_wq, &a->prober->work, 0);
}

static void probe_connected(struct hps_channel *ch)
{
	probe_result(ch->user, 0);
}

static void probe_down(struct hps_channel *ch, int err)
{
	struct attempt *a = ch->user;

	if (a->result == PENDING)
		probe_result(a, err);
}

static int probe_control(struct hps_channel *ch, const struct hps_msg *msg,
			 u32 len)
{
	return -EPROTO;
}

static int probe_data(struct hps_channel *ch, const struct hps_data *data,
		      u32 len, u32 pos, u32 here)
{
	return -EPROTO;
}

static void probe_push(struct hps_channel *ch)
{
}

static const struct hps_channel_events probe_events = {
	.connected	= probe_connected,
	.control	= probe_control,
	.data		= probe_data,
	.push		= probe_push,
	.down		= probe_down,
};

/* --- the work ------------------------------------------------------------------ */

/* Ends the attempt if it is under way. Returns its result. */
static int end_attempt(struct attempt *a)
{
	struct hps_channel *ch = a->ch;
	int result;

	if (!ch)
		return PENDING;
	hps_channel_lock(ch);
	if (ch->user == a)
		hps_channel_use(ch, NULL, NULL);
	result = a->result;
	hps_channel_unlock(ch);
	hps_channel_close(ch);
	hps_channel_put(ch);
	a->ch = NULL;
	return result;
}

static void dial(struct attempt *a)
{
	static const struct hps_hello none;
	struct hps_prober *p = a->prober;
	struct hps_channel *ch;

	/* The one before may have got an answer just now: the next one will. */
	end_attempt(a);
	ch = hps_channel_create(p->net, &p->key, &none);
	if (IS_ERR(ch))
		return;
	hps_mib_inc(p->net, HPS_MIB_PROBE_SENT);
	a->result = PENDING;
	a->ch = ch;
	hps_channel_lock(ch);
	ch->probe = true;
	hps_channel_use(ch, &probe_events, a);
	hps_channel_unlock(ch);
	/* A failure at once is one like any other. */
	hps_channel_dial(ch);
}

static unsigned long period(const struct attempt *a)
{
	const struct hps_prober *p = a->prober;
	unsigned int ms = HPS_PROBER_FAST_MS;

	if (a == &p->attempt[PATIENT])
		ms = PATIENT_MS;
	else if (time_after(jiffies, p->since + FAST_FOR))
		ms = HPS_PROBER_SLOW_MS;
	/* An answer must have the time to come. */
	return msecs_to_jiffies(max(ms, p->rtt_us / 500));
}

/* hps_net.lock held. */
static void tell(struct hps_prober *p, int err)
{
	struct hps_prober_user *user, *next;

	list_for_each_entry_safe(user, next, &p->users, node) {
		if (!err) {
			list_del(&user->node);
			user->prober = NULL;
		}
		user->told(user, err);
	}
}

/* What the attempts have found: 0, -ECONNREFUSED, or PENDING. */
static int look(struct hps_prober *p)
{
	int i, result, found = PENDING;

	for (i = 0; i < ATTEMPTS; i++) {
		struct attempt *a = &p->attempt[i];

		if (time_before(jiffies, READ_ONCE(a->due)) &&
		    READ_ONCE(a->result) == PENDING)
			continue;
		result = end_attempt(a);
		if (!result || (result == -ECONNREFUSED && found))
			found = result;
	}
	return found;
}

/* Which attempts are due? Returns their bits. hps_net.lock held. */
static unsigned int take_due(struct hps_prober *p, unsigned long *wait)
{
	unsigned long now = jiffies;
	unsigned int i, due = 0;

	*wait = ULONG_MAX;
	for (i = 0; i < ATTEMPTS; i++) {
		struct attempt *a = &p->attempt[i];

		if (time_before_eq(a->due, now)) {
			a->due = now + period(a);
			due |= BIT(i);
		}
		*wait = min(*wait, a->due - now);
	}
	return due;
}

static void probe(struct work_struct *work)
{
	struct hps_prober *p = container_of(work, struct hps_prober, work.work);
	struct hps_net *hn = hps_net(p->net);
	int i, result = look(p);
	unsigned long wait = 0;
	unsigned int due = 0;
	bool over;

	spin_lock_bh(&hn->lock);
	if (result != PENDING)
		tell(p, result);
	/* Users find it as long as there are any. */
	over = list_empty(&p->users);
	if (over)
		list_del(&p->node);
	else
		due = take_due(p, &wait);
	if (hn->dying)
		due = 0;
	spin_unlock_bh(&hn->lock);

	for (i = 0; i < ATTEMPTS; i++) {
		if (over)
			end_attempt(&p->attempt[i]);
		else if (due & BIT(i))
			dial(&p->attempt[i]);
	}
	if (over) {
		/* An attempt may have asked for another round. */
		cancel_delayed_work(&p->work);
		kfree(p);
		return;
	}
	queue_delayed_work(hps_wq, &p->work, wait);
}

/* --- users ---------------------------------------------------------------------- */

static struct hps_prober *find(struct hps_net *hn,
			       const struct hps_channel_key *key)
{
	struct hps_prober *p;

	list_for_each_entry(p, &hn->probers, node)
		if (hps_channel_same_key(&p->key, key))
			return p;
	return NULL;
}

static struct hps_prober *start(struct hps_net *hn,
				const struct hps_channel_key *key, u32 rtt_us,
				unsigned int delay_ms)
{
	struct hps_prober *p = kzalloc(sizeof(*p), GFP_ATOMIC);
	unsigned long wait = msecs_to_jiffies(delay_ms);
	int i;

	if (!p)
		return NULL;
	p->key = *key;
	p->net = hn->net;
	p->rtt_us = rtt_us;
	p->since = jiffies;
	for (i = 0; i < ATTEMPTS; i++) {
		p->attempt[i].prober = p;
		p->attempt[i].due = jiffies + wait;
		p->attempt[i].result = PENDING;
	}
	INIT_LIST_HEAD(&p->users);
	INIT_DELAYED_WORK(&p->work, probe);
	list_add_tail(&p->node, &hn->probers);
	queue_delayed_work(hps_wq, &p->work, wait);
	/* What idles over the pair is as dead as what failed. */
	hps_pool_flush(hn->net, key);
	return p;
}

/**
 * hps_prober_want - wait until a pair of links works
 * @net:	the namespace
 * @key:	the pair; also who dials, for connections differ in that
 * @rtt_us:	its round trip as far as known
 * @delay_ms:	before the first attempt
 * @user:	with @told; told once, if not forgotten before
 *
 * Context: any; hps_net.lock is held. Returns 0, or -ENOMEM.
 */
int hps_prober_want(struct net *net, const struct hps_channel_key *key,
		    u32 rtt_us, unsigned int delay_ms, struct hps_prober_user *user)
{
	struct hps_net *hn = hps_net(net);
	struct hps_prober *p;

	lockdep_assert_held(&hn->lock);
	p = find(hn, key);
	if (!p)
		p = start(hn, key, rtt_us, delay_ms);
	if (!p)
		return -ENOMEM;
	user->prober = p;
	list_add_tail(&user->node, &p->users);
	return 0;
}

/**
 * hps_prober_forget - wait no more
 * @user:	from hps_prober_want(); hps_net.lock is held
 */
void hps_prober_forget(struct hps_prober_user *user)
{
	struct hps_prober *p = user->prober;

	if (!p)
		return;
	list_del(&user->node);
	user->prober = NULL;
	if (list_empty(&p->users))
		mod_delayed_work(hps_wq, &p->work, 0);
}

/**
 * hps_prober_retry - links have changed: try all that fail at once
 * @net:	the namespace
 *
 * Context: any.
 */
void hps_prober_retry(struct net *net)
{
	struct hps_net *hn = hps_net(net);
	struct hps_prober *p;

	spin_lock_bh(&hn->lock);
	list_for_each_entry(p, &hn->probers, node) {
		p->since = jiffies;
		p->attempt[FREQUENT].due = jiffies;
		mod_delayed_work(hps_wq, &p->work, 0);
	}
	spin_unlock_bh(&hn->lock);
}

/* The namespace is dying and no user is left. */
void hps_prober_net_exit(struct net *net)
{
	hps_prober_retry(net);
	flush_workqueue(hps_wq);
	WARN_ON_ONCE(!list_empty(&hps_net(net)->probers));
}

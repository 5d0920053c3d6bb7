// SPDX-License-Identifier: GPL-2.0
/* An end of a bare connection: made, woken by TCP, ended, forgotten. */
#include "bare/bare.h"

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "compat.h"
#include "conn/cq.h"
#include "ddp/region.h"
#include "net.h"

static struct workqueue_struct *bare_wq;

/* --- references, work ----------------------------------------------------- */

static void bare_work(struct work_struct *work)
{
	struct hps_bare *b = container_of(to_delayed_work(work),
					  struct hps_bare, work);

	mutex_lock(&b->lock);
	hps_bare_pump(b);
	mutex_unlock(&b->lock);
	hps_bare_put(b);
}

static u32 next_stream(struct net *net)
{
	u32 n;

	do {
		n = atomic_inc_return(&hps_net(net)->streams);
	} while (!n);
	return n;
}

/**
 * hps_bare_new - an end that does nothing yet
 * @net:	its namespace
 * @gfp:	how to allocate
 *
 * Context: process; the module cannot go now. Return: it with a reference, or NULL.
 */
struct hps_bare *hps_bare_new(struct net *net, gfp_t gfp)
{
	struct hps_bare *b = kzalloc(sizeof(*b), gfp);

	if (!b)
		return NULL;
	__module_get(THIS_MODULE);
	b->net = get_net(net);
	refcount_set(&b->refs, 1);
	mutex_init(&b->lock);
	mutex_init(&b->reading);
	INIT_DELAYED_WORK(&b->work, bare_work);
	spin_lock_init(&b->queue);
	INIT_LIST_HEAD(&b->node);
	INIT_LIST_HEAD(&b->asking);
	INIT_LIST_HEAD(&b->ready);
	INIT_LIST_HEAD(&b->received);
	INIT_LIST_HEAD(&b->posted);
	INIT_LIST_HEAD(&b->staged);
	rdmap_stream_init(&b->stream, hps_region_tags(net), 0,
			  next_stream(net));
	return b;
}

void hps_bare_hold(struct hps_bare *b)
{
	refcount_inc(&b->refs);
}

/**
 * hps_bare_put - drop a reference
 * @b:	the end
 *
 * Context: process if it may be the last one; then @b has no TCP socket.
 */
void hps_bare_put(struct hps_bare *b)
{
	struct hps_bare *listener = b->listener;

	if (!refcount_dec_and_test(&b->refs))
		return;
	WARN_ON_ONCE(b->tcp || b->works || !list_empty(&b->received));
	hps_cq_put(b->cq);
	kvfree(b->in);
	kvfree(b->out);
	kfree(b->answers);
	kfree(b->stream.asked);
	kfree(b->startup);
	put_net(b->net);
	mutex_destroy(&b->reading);
	mutex_destroy(&b->lock);
	kfree(b);
	if (listener)
		hps_bare_put(listener);
	module_put(THIS_MODULE);
}

/**
 * hps_bare_kick - look after it soon
 * @b:	the end, with a reference or called by its TCP socket
 *
 * Context: any.
 */
void hps_bare_kick(struct hps_bare *b)
{
	hps_bare_hold(b);
	/* It was queued and has a reference: ours is not the last one. */
	if (mod_delayed_work(bare_wq, &b->work, 0))
		hps_bare_put(b);
}

/* Look after it at the latest then; if it is queued already, that will do. */
void hps_bare_kick_later(struct hps_bare *b, unsigned long delay)
{
	hps_bare_hold(b);
	if (!queue_delayed_work(bare_wq, &b->work, delay))
		hps_bare_put(b);
}

void hps_bare_set_deadline(struct hps_bare *b, unsigned int seconds)
{
	b->deadline = jiffies + seconds * HZ;
	b->timeout = true;
}

/* --- callbacks of TCP ----------------------------------------------------- */

/* A child that nobody has accepted yet has none. The listener's pointer is
 * marked, so that children do not get it.
 */
static struct hps_bare *bare_of(const struct sock *sk)
{
	return (void *)((uintptr_t)sk->sk_user_data & SK_USER_DATA_PTRMASK);
}

static void on_event(struct sock *sk)
{
	struct hps_bare *b;

	read_lock_bh(&sk->sk_callback_lock);
	b = bare_of(sk);
	if (b)
		hps_bare_kick(b);
	read_unlock_bh(&sk->sk_callback_lock);
}

static void on_write_space(struct sock *sk)
{
	struct hps_bare *b;

	read_lock_bh(&sk->sk_callback_lock);
	b = bare_of(sk);
	if (b) {
		/* It decides whether there is enough. */
		b->old_write_space(sk);
		hps_bare_kick(b);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

/**
 * hps_bare_attach - from now on this is its TCP socket
 * @b:		the end, locked
 * @tcp:	a socket of ours; that of a child has our callbacks already
 */
void hps_bare_attach(struct hps_bare *b, struct socket *tcp)
{
	const struct hps_bare *from = b->listener;
	struct sock *sk = tcp->sk;

	b->tcp = tcp;
	write_lock_bh(&sk->sk_callback_lock);
	b->old_data_ready = from ? from->old_data_ready : sk->sk_data_ready;
	b->old_write_space = from ? from->old_write_space : sk->sk_write_space;
	b->old_state_change = from ? from->old_state_change :
				     sk->sk_state_change;
	sk->sk_user_data = (void *)((uintptr_t)b | SK_USER_DATA_NOCOPY);
	sk->sk_data_ready = on_event;
	sk->sk_state_change = on_event;
	sk->sk_write_space = on_write_space;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* May it go on without a socket? They count with those of other sockets of HPS. */
static bool join_orphans(struct hps_bare *b)
{
	struct hps_net *hn = hps_net(b->net);

	spin_lock_bh(&hn->lock);
	b->counted = hn->orphans < READ_ONCE(hn->sysctl.max_orphans);
	if (b->counted)
		hn->orphans++;
	spin_unlock_bh(&hn->lock);
	if (!b->counted)
		hps_mib_inc(b->net, HPS_MIB_ORPHAN_DROPPED);
	return b->counted;
}

static void leave_orphans(struct hps_bare *b)
{
	struct hps_net *hn = hps_net(b->net);

	if (!b->counted)
		return;
	spin_lock_bh(&hn->lock);
	hn->orphans--;
	spin_unlock_bh(&hn->lock);
	b->counted = false;
}

/**
 * hps_bare_drop_tcp - it has no TCP socket any more
 * @b:		the end, locked
 * @abort:	with a reset
 */
void hps_bare_drop_tcp(struct hps_bare *b, bool abort)
{
	struct socket *tcp = b->tcp;
	struct sock *sk;

	if (!tcp)
		return;
	sk = tcp->sk;
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = NULL;
	sk->sk_data_ready = b->old_data_ready;
	sk->sk_write_space = b->old_write_space;
	sk->sk_state_change = b->old_state_change;
	write_unlock_bh(&sk->sk_callback_lock);
	b->tcp = NULL;
	b->timeout = false;
	leave_orphans(b);
	if (abort)
		sock_no_linger(sk);
	sock_release(tcp);
	/* Not waiting, for this may be the work itself. */
	if (cancel_delayed_work(&b->work))
		hps_bare_put(b);
}

/* --- what the program sees ------------------------------------------------ */

static int tcp_state_of(const struct hps_bare *b)
{
	switch (b->state) {
	case HPS_BARE_LISTEN:
		return TCP_LISTEN;
	case HPS_BARE_DIALING:
	case HPS_BARE_ASKED:
		return TCP_SYN_SENT;
	case HPS_BARE_OPEN:
		return TCP_ESTABLISHED;
	case HPS_BARE_CLOSING:
		return TCP_FIN_WAIT1;
	default:
		return TCP_CLOSE;
	}
}

/**
 * hps_bare_wake - tell the program what has changed
 * @b:	the end, locked
 */
void hps_bare_wake(struct hps_bare *b)
{
	struct sock *sk = b->sk;

	if (!sk)
		return;
	WRITE_ONCE(sk->sk_state, tcp_state_of(b));
	if (b->state == HPS_BARE_ENDED)
		WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	else if (b->state == HPS_BARE_CLOSING)
		WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	/* All that waits looks again: which it is for is seldom worth a thought. */
	sk->sk_state_change(sk);
	sk->sk_data_ready(sk);
}

/**
 * hps_bare_end - it is over: complete all, tell the program
 * @b:		the end, locked
 * @error:	errno for the program, 0: in an orderly way
 *
 * What is in the output buffer still goes out.
 */
void hps_bare_end(struct hps_bare *b, int error)
{
	if (b->state == HPS_BARE_ENDED)
		return;
	b->state = HPS_BARE_ENDED;
	b->stream.ended = true;
	b->error = error;
	/* An orphan still has to wait for the peer. */
	if (b->sk)
		b->timeout = false;
	hps_bare_flush(b);
	if (b->sk && error) {
		WRITE_ONCE(b->sk->sk_err, error);
		sk_error_report(b->sk);
	}
	hps_bare_wake(b);
}

/* --- its life ------------------------------------------------------------- */

static bool is_over(const struct hps_bare *b)
{
	return b->broken || (b->shut && b->eof && b->out_off == b->out_end);
}

/* The peer's TCP has all, also our end. For its end TCP waits without us, as after any
 * close(), and within its own limits.
 */
static bool is_delivered(const struct hps_bare *b)
{
	return b->shut && b->out_off == b->out_end &&
	       READ_ONCE(b->tcp->sk->sk_state) == TCP_FIN_WAIT2;
}

/* Nobody has it any more, but it may have something to say. */
static bool is_orphan(const struct hps_bare *b)
{
	return !b->sk && (b->state == HPS_BARE_CLOSING ||
			  b->state == HPS_BARE_ENDED);
}

static void settle(struct hps_bare *b)
{
	bool late = b->timeout && time_after_eq(jiffies, b->deadline);
	bool delivered;

	if (!b->tcp)
		return;
	delivered = is_delivered(b);
	if (is_orphan(b) && (late || delivered || is_over(b))) {
		if (late && !delivered)
			hps_mib_inc(b->net, HPS_MIB_ORPHAN_DROPPED);
		hps_bare_end(b, late ? ETIMEDOUT : 0);
		hps_bare_drop_tcp(b, !delivered && (!b->eof || !b->shut));
		hps_bare_put(b);
		return;
	}
	if (b->timeout)
		hps_bare_kick_later(b, late ? 0 : b->deadline - jiffies);
}

/**
 * hps_bare_pump - do all that can be done now
 * @b:	the end, locked; the caller has a reference of its own
 *
 * Context: process.
 */
void hps_bare_pump(struct hps_bare *b)
{
	if (!b->tcp)
		return;
	if (b->state < HPS_BARE_OPEN) {
		hps_bare_set_up(b);
		/* In set-up it looks after its time itself; it may have failed. */
		if (b->state < HPS_BARE_OPEN || !b->tcp)
			return;
	}
	hps_bare_receive(b);
	hps_bare_push(b);
	settle(b);
}

/**
 * hps_bare_shutdown - nothing more is posted
 * @b:	the end, locked
 */
void hps_bare_shutdown(struct hps_bare *b)
{
	if (b->state != HPS_BARE_OPEN)
		return;
	b->state = HPS_BARE_CLOSING;
	hps_bare_wake(b);
	hps_bare_pump(b);
}

/**
 * hps_bare_close - the program has closed its socket
 * @b:		the end, not locked; the socket's reference is consumed
 * @abort:	with a reset
 *
 * What was posted is still carried out, within net.hps.fin_timeout, unless there are
 * net.hps.max_orphans already. As with TCP, what was not read makes it a reset.
 */
void hps_bare_close(struct hps_bare *b, bool abort)
{
	mutex_lock(&b->lock);
	/* Children wake it. */
	spin_lock(&b->queue);
	b->sk = NULL;
	spin_unlock(&b->queue);
	/* The memory is that of a socket: the peer finds none any more. */
	b->stream.domain = 0;
	if (b->state == HPS_BARE_LISTEN)
		hps_bare_unlisten(b);
	abort |= b->messages;
	hps_bare_purge(b);
	if (!abort && b->state >= HPS_BARE_OPEN && b->tcp && !is_over(b))
		abort = !join_orphans(b);
	if (abort || b->state < HPS_BARE_OPEN || !b->tcp) {
		hps_bare_end(b, ECONNABORTED);
		hps_bare_drop_tcp(b, abort);
	} else {
		hps_bare_set_deadline(b, READ_ONCE(hps_net(b->net)->sysctl
						   .fin_timeout));
		/* Its own reference, until settle() finds that it is over. */
		hps_bare_hold(b);
		if (b->state == HPS_BARE_OPEN)
			b->state = HPS_BARE_CLOSING;
		hps_bare_pump(b);
	}
	mutex_unlock(&b->lock);
	hps_bare_put(b);
}

/**
 * hps_bare_domain - its socket has got another protection domain
 * @b:		the end, not locked
 * @domain:	number of the domain
 */
void hps_bare_domain(struct hps_bare *b, u32 domain)
{
	mutex_lock(&b->lock);
	b->stream.domain = domain;
	mutex_unlock(&b->lock);
}

int hps_bare_init(void)
{
	bare_wq = alloc_workqueue("hps_bare", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	return bare_wq ? 0 : -ENOMEM;
}

/* Nothing is left but works that are about to return: each end holds the module. */
void hps_bare_exit(void)
{
	destroy_workqueue(bare_wq);
}

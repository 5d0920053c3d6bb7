// SPDX-License-Identifier: GPL-2.0
/* Channels over TCP: life cycle, callbacks and the kick list. */
#include "xport/tcp.h"

#include <linux/in6.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <net/busy_poll.h>
#include <net/inet_common.h>
#include <net/inet_ecn.h>
#include <net/ipv6.h>
#include <net/neighbour.h>

#include "compat.h"
#include "net.h"

/*
 * Work for a channel that arises under another channel's lock, or under the
 * channel's own lock in the middle of TCP's processing, waits on the list of
 * this CPU and is done in a tasklet, when no lock is held (lab: "sending from
 * softirq"). If the socket is owned by a process then, PUSH is set and
 * release_cb does it.
 */
struct kick_list {
	spinlock_t		lock;	/* list */
	struct list_head	list;
	struct tasklet_struct	tasklet;
};

static DEFINE_PER_CPU(struct kick_list, kick_lists);

static struct kmem_cache *tcp_cache;

static_assert(HPS_CONGESTION_LEN == TCP_CA_NAME_MAX);

/* TCP's protos with our release_cb; [0] IPv4, [1] IPv6. */
static struct proto tcp_protos[2];
static DEFINE_MUTEX(tcp_protos_lock);	/* tcp_protos, at first use of each */

static void tcp_push_or_defer(struct hps_channel *ch)
{
	struct sock *sk = hps_tcp_sk(ch);

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk)) {
		set_bit(HPS_CHANNEL_PUSH, &ch->flags);
	} else if (ch->state != HPS_CHANNEL_DEAD) {
		/* A dead channel may have outlived its namespace. */
		hps_mib_inc(ch->net, HPS_MIB_SOFTIRQ_SEND);
		hps_channel_push_locked(ch);
	}
	bh_unlock_sock(sk);
}

static void kick_tasklet(struct tasklet_struct *tasklet)
{
	struct kick_list *k = container_of(tasklet, struct kick_list, tasklet);
	struct hps_channel *ch, *next;
	LIST_HEAD(list);

	spin_lock(&k->lock);
	list_splice_init(&k->list, &list);
	spin_unlock(&k->lock);

	list_for_each_entry_safe(ch, next, &list, kick_node) {
		list_del_init(&ch->kick_node);
		/* Cleared first: a kick during the push must not be lost. */
		clear_bit(HPS_CHANNEL_KICKED, &ch->flags);
		smp_mb__after_atomic();
		tcp_push_or_defer(ch);
		hps_channel_put(ch);
	}
}

/**
 * hps_tcp_kick - let a channel send what waits, soon
 * @ch:	the channel
 *
 * Context: any, also under any channel's lock and a data lock.
 */
void hps_tcp_kick(struct hps_channel *ch)
{
	struct kick_list *k;

	/* A full barrier: what the push shall see is written before it looks. */
	if (test_and_set_bit(HPS_CHANNEL_KICKED, &ch->flags))
		return;
	hps_channel_hold(ch);
	local_bh_disable();
	k = this_cpu_ptr(&kick_lists);
	spin_lock(&k->lock);
	list_add_tail(&ch->kick_node, &k->list);
	spin_unlock(&k->lock);
	tasklet_schedule(&k->tasklet);
	local_bh_enable();
}

/* Called at the end of every release_sock(), under the socket's spinlock. */
static void tcp_release_push(struct sock *sk)
{
	struct hps_tcp *t = sk->sk_user_data;

	t->prot->release_cb(sk);
	/* TCP works off its backlog in the middle of a large send as well, and
	 * calls this then: nothing may come between the pieces of a frame.
	 */
	if (!t->sending && test_bit(HPS_CHANNEL_PUSH, &t->ch.flags)) {
		clear_bit(HPS_CHANNEL_PUSH, &t->ch.flags);
		hps_channel_push_locked(&t->ch);
	}
}

static struct proto *tcp_proto_for(struct sock *sk)
{
	struct proto *p = &tcp_protos[sk->sk_family == AF_INET6];

	mutex_lock(&tcp_protos_lock);
	if (!p->release_cb) {
		struct proto copy = *sk->sk_prot;

		copy.release_cb = tcp_release_push;
		*p = copy;
	}
	mutex_unlock(&tcp_protos_lock);
	return p;
}

/* TCP calls write_space on every arrival while SOCK_NOSPACE is set, also of what it
 * holds out of order: keep it set.
 */
static void on_write_space(struct sock *sk)
{
	struct hps_tcp *t = sk->sk_user_data;

	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	if (!t)
		return;
	hps_tcp_acked(t);
	if (unlikely(t->early && !RB_EMPTY_ROOT(&tcp_sk(sk)->out_of_order_queue)))
		hps_tcp_early(t);
	if (t->ch.want && hps_tcp_in_flight(sk) <= t->ch.want_below)
		hps_tcp_kick(&t->ch);
}

static void on_data_ready(struct sock *sk)
{
	struct hps_tcp *t = sk->sk_user_data;

	if (t)
		hps_tcp_receive(t);
}

static void ended(struct hps_tcp *t, int err)
{
	/* What arrived before the end counts. Who said nothing was a prober. */
	t->ch.probe |= !t->ch.outbound && !hps_tcp_heard(t);
	hps_tcp_receive(t);
	hps_channel_fail(&t->ch, err);
}

/* Credit is the flow control; TCP's window must never close while credit is
 * left, or control messages would wait behind unread data. The factor covers
 * what an skb costs above its payload at HPS_MIN_SEGMENT_COST octets each.
 */
static int rcvbuf_for(u32 credit)
{
	return min_t(u64, 4ULL * credit + SZ_256K, INT_MAX / 2);
}

/**
 * hps_tcp_rcvbuf - TCP's receive buffer for its handshake
 * @net:	the namespace
 *
 * The scale of its window is agreed upon then: HPS's buffer may grow one day.
 * Afterwards tcp_narrow() takes off what is not needed yet, lest a peer fill it.
 */
int hps_tcp_rcvbuf(struct net *net)
{
	const struct hps_sysctls *s = &hps_net(net)->sysctl;

	return rcvbuf_for(max(READ_ONCE(s->rmem), READ_ONCE(s->rmem_max)));
}

static void tcp_buffer(struct hps_channel *ch, u32 credit)
{
	struct hps_tcp *t = hps_tcp(ch);
	int want = rcvbuf_for(credit);
	struct sock *sk = t->sk;

	if (credit > READ_ONCE(t->credit))
		WRITE_ONCE(t->credit, credit);
	/* Pairs with tcp_narrow(). */
	smp_mb();
	if (READ_ONCE(sk->sk_rcvbuf) < want)
		WRITE_ONCE(sk->sk_rcvbuf, want);
	/* Set when it connects, to what the scale allows; by itself it does not
	 * follow. From 6.9 on TCP sets it as well, under the lock, maybe by what the
	 * buffer was a moment before: the next time mends that.
	 */
	if (READ_ONCE(sk->sk_state) != TCP_CLOSE &&
	    READ_ONCE(tcp_sk(sk)->window_clamp) < want)
		WRITE_ONCE(tcp_sk(sk)->window_clamp, want);
}

/* The handshake is over, or a connection. The channel is locked; tcp_buffer() may be
 * called meanwhile.
 */
static void tcp_narrow(struct hps_tcp *t)
{
	u32 credit;

	do {
		credit = READ_ONCE(t->credit);
		WRITE_ONCE(t->sk->sk_rcvbuf, rcvbuf_for(credit));
		/* Either this sees a larger credit or tcp_buffer() what was
		 * written here.
		 */
		smp_mb();
	} while (READ_ONCE(t->credit) != credit);
}

/* Whoever uses it next tells what he needs, by tcp_buffer(). */
static void tcp_idle(struct hps_channel *ch)
{
	struct hps_tcp *t = hps_tcp(ch);

	WRITE_ONCE(t->credit, READ_ONCE(hps_net(ch->net)->sysctl.rmem));
	tcp_narrow(t);
	hps_tcp_early_forget(t);
}

static void on_state_change(struct sock *sk)
{
	struct hps_tcp *t = sk->sk_user_data;

	if (!t)
		return;
	switch (sk->sk_state) {
	case TCP_ESTABLISHED:
		if (t->ch.state == HPS_CHANNEL_DIALING) {
			t->ch.state = HPS_CHANNEL_HELLO;
			t->rx.pos = tcp_sk(sk)->copied_seq;
			hps_tcp_addrs(sk, &t->ch.key.local, &t->ch.key.remote);
			tcp_narrow(t);
			if (t->ch.events && t->ch.events->connected) {
				t->ch.events->connected(&t->ch);
				break;
			}
			/* A probe that was given up has nothing to say. */
			if (t->ch.probe)
				break;
			t->ch.hello_pending = true;
			hps_tcp_kick(&t->ch);
		}
		break;
	case TCP_SYN_SENT:
	case TCP_SYN_RECV:
		break;
	default:
		ended(t, sk->sk_err ? -sk->sk_err : -EPIPE);
	}
}

static void on_error_report(struct sock *sk)
{
	struct hps_tcp *t = sk->sk_user_data;

	if (!t)
		return;
	if (sk->sk_err)
		ended(t, -sk->sk_err);
	else
		hps_tcp_receive(t);
}

static void tcp_install(struct hps_tcp *t, struct sock *sk)
{
	struct proto *prot = tcp_proto_for(sk);

	lock_sock(sk);
	t->data_ready = sk->sk_data_ready;
	t->write_space = sk->sk_write_space;
	t->state_change = sk->sk_state_change;
	t->error_report = sk->sk_error_report;
	t->prot = sk->sk_prot;
	t->rx.pos = tcp_sk(sk)->copied_seq;
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_user_data = t;
	sk->sk_data_ready = on_data_ready;
	sk->sk_write_space = on_write_space;
	sk->sk_state_change = on_state_change;
	sk->sk_error_report = on_error_report;
	write_unlock_bh(&sk->sk_callback_lock);
	WRITE_ONCE(sk->sk_prot, prot);
	/* Sends happen in softirq, and the caller's frag is not ours there. */
	sk->sk_allocation = GFP_ATOMIC;
	sk->sk_use_task_frag = false;
	/* Room is our decision (design.md section 4), never sk_sndbuf's. */
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK | SOCK_RCVBUF_LOCK;
	WRITE_ONCE(sk->sk_sndbuf, INT_MAX / 2);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	release_sock(sk);
	tcp_sock_set_nodelay(sk);
}

static void tcp_uninstall(struct hps_tcp *t, struct sock *sk)
{
	write_lock_bh(&sk->sk_callback_lock);
	sk->sk_data_ready = t->data_ready;
	sk->sk_write_space = t->write_space;
	sk->sk_state_change = t->state_change;
	sk->sk_error_report = t->error_report;
	sk->sk_user_data = NULL;
	write_unlock_bh(&sk->sk_callback_lock);
	WRITE_ONCE(sk->sk_prot, t->prot);
	clear_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
}

/* A FIN: the peer answers with a reset, which leaves the receive queue alone. */
static void tcp_end(struct hps_channel *ch)
{
	struct sock *sk = hps_tcp_sk(ch);

	sk->sk_prot->shutdown(sk, SEND_SHUTDOWN);
}

static void tcp_destroy(struct hps_channel *ch)
{
	struct hps_tcp *t = hps_tcp(ch);
	struct sock *sk = t->sock->sk;

	lock_sock(sk);
	/* In set-up it is the sweep that closes. */
	hps_channel_fail(ch, ch->state == HPS_CHANNEL_READY ? -ECONNABORTED :
							      -ETIMEDOUT);
	tcp_uninstall(t, sk);
	hps_tcp_drop_rest(t);
	hps_tcp_early_forget(t);
	release_sock(sk);
	/* RST instead of FIN: nothing is owed to the peer any more, no
	 * TIME_WAIT port is held, and for a socket without a namespace
	 * reference tcp_close() stops the timers before it returns.
	 */
	sock_no_linger(sk);
	sock_release(t->sock);
}

static void tcp_free_rcu(struct rcu_head *rcu)
{
	struct hps_channel *ch = container_of(rcu, struct hps_channel, rcu);

	kmem_cache_free(tcp_cache, hps_tcp(ch));
}

static void tcp_free(struct hps_channel *ch)
{
	sock_put(hps_tcp_sk(ch));
	call_rcu(&ch->rcu, tcp_free_rcu);
}

static void tcp_lock(struct hps_channel *ch)
{
	lock_sock(hps_tcp_sk(ch));
}

static void tcp_unlock(struct hps_channel *ch)
{
	release_sock(hps_tcp_sk(ch));
}

static unsigned int tcp_napi(const struct hps_channel *ch)
{
	unsigned int id = 0;

#ifdef CONFIG_NET_RX_BUSY_POLL
	id = READ_ONCE(hps_tcp_sk(ch)->sk_napi_id);
	if (id < MIN_NAPI_ID)
		id = 0;
#endif
	return id;
}

static bool tcp_squeezed(const struct hps_channel *ch)
{
	return tcp_under_memory_pressure(hps_tcp_sk(ch));
}

/* The ECN bits are TCP's own. Returns whether it was another. */
static bool set_class(u8 *field, u8 class)
{
	u8 old = *field;

	*field = class | (old & INET_ECN_MASK);
	return *field != old;
}

static void tcp_options(struct hps_channel *ch, const struct hps_channel_key *key)
{
	struct sock *sk = hps_tcp_sk(ch);
	bool other = sk->sk_mark != key->mark;

	WRITE_ONCE(sk->sk_mark, key->mark);
	WRITE_ONCE(sk->sk_priority, key->priority);
	other |= set_class(&inet_sk(sk)->tos, key->tos);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		other |= set_class(&inet6_sk(sk)->tclass, key->tclass);
#endif
	/* They may choose another route. */
	if (other)
		sk_dst_reset(sk);
	/* The pool looks at it. An inbound one keeps what its SYN had: the next
	 * connection begins with that, not with what this one asked for.
	 */
	if (!ch->outbound)
		return;
	ch->key.mark = key->mark;
	ch->key.priority = key->priority;
	ch->key.tos = key->tos;
	ch->key.tclass = key->tclass;
}

/* The congestion control of sockets that name none; HPS_CONGESTION_LEN. */
void hps_tcp_default_congestion(struct net *net, char *name)
{
	const struct tcp_congestion_ops *ops;

	rcu_read_lock();
	ops = rcu_dereference(net->ipv4.tcp_congestion_control);
	strscpy(name, ops->name, HPS_CONGESTION_LEN);
	rcu_read_unlock();
}

static int tcp_congestion(struct hps_channel *ch)
{
	struct sock *sk = hps_tcp_sk(ch);
	char name[HPS_CONGESTION_LEN];

	lockdep_assert_held(&ch->tune);
	lock_sock(sk);
	strscpy(name, ch->key.congestion, sizeof(name));
	release_sock(sk);
	if (!*name)
		hps_tcp_default_congestion(ch->net, name);
	return READ_ONCE(sk->sk_prot)->setsockopt(sk, SOL_TCP, TCP_CONGESTION,
						  KERNEL_SOCKPTR(name),
						  strlen(name));
}

/**
 * hps_tcp_check_congestion - may a program have this congestion control?
 * @net:	its namespace
 * @name:	the name
 *
 * Context: process, with the program's rights; may load a module. Returns 0 or
 * what TCP_CONGESTION says of it.
 */
int hps_tcp_check_congestion(struct net *net, char *name)
{
	struct socket *sock;
	int err;

	err = sock_create_kern(net, AF_INET, SOCK_STREAM, IPPROTO_TCP, &sock);
	if (err)
		return err;
	err = sock->sk->sk_prot->setsockopt(sock->sk, SOL_TCP, TCP_CONGESTION,
					    KERNEL_SOCKPTR(name), strlen(name));
	sock_release(sock);
	return err;
}

static void tcp_receive(struct hps_channel *ch)
{
	hps_tcp_receive(hps_tcp(ch));
}

static void addr_from(union hps_addr *a, const struct sock *sk, bool local)
{
	__be16 port = local ? inet_sk(sk)->inet_sport : inet_sk(sk)->inet_dport;

	memset(a, 0, sizeof(*a));
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6 &&
	    !ipv6_addr_v4mapped(&sk->sk_v6_daddr)) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = port;
		a->in6.sin6_addr = local ? sk->sk_v6_rcv_saddr : sk->sk_v6_daddr;
		if (ipv6_addr_type(&a->in6.sin6_addr) & IPV6_ADDR_LINKLOCAL)
			a->in6.sin6_scope_id = sk->sk_bound_dev_if;
		return;
	}
#endif
	a->in.sin_family = AF_INET;
	a->in.sin_port = port;
	a->in.sin_addr.s_addr = local ? inet_sk(sk)->inet_rcv_saddr :
					inet_sk(sk)->inet_daddr;
}

/**
 * hps_tcp_addrs - the addresses of a TCP socket, v4-mapped ones as IPv4
 * @sk:		the socket, connected
 * @local:	its own
 * @remote:	the peer's
 */
void hps_tcp_addrs(const struct sock *sk, union hps_addr *local,
		   union hps_addr *remote)
{
	addr_from(local, sk, true);
	addr_from(remote, sk, false);
}

static struct hps_tcp *tcp_alloc(struct net *net, struct socket *sock,
				 bool outbound)
{
	struct hps_tcp *t = kmem_cache_zalloc(tcp_cache, GFP_KERNEL);

	if (!t)
		return NULL;
	t->sock = sock;
	t->sk = sock->sk;
	sock_hold(t->sk);
	INIT_LIST_HEAD(&t->rest);
	hps_channel_init(&t->ch, net, &hps_tcp_ops, outbound);
	return t;
}

static void tcp_keepalive(struct net *net, struct sock *sk)
{
	unsigned int probe = READ_ONCE(hps_net(net)->sysctl.probe_time);
	unsigned int idle = max(probe / 2, 1U);

	/* A silent peer is noticed within probe_time, idle or not. */
	sock_set_keepalive(sk);
	tcp_sock_set_keepidle(sk, idle);
	tcp_sock_set_keepintvl(sk, max(probe / 8, 1U));
	tcp_sock_set_keepcnt(sk, 3);
	tcp_sock_set_user_timeout(sk, probe * MSEC_PER_SEC);
}

static int addr_len(const union hps_addr *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof(a->in6) : sizeof(a->in);
}

static struct hps_channel *tcp_create(struct net *net,
				      const struct hps_channel_key *key,
				      const struct hps_hello *hello)
{
	struct socket *sock;
	struct hps_tcp *t;
	int err;

	err = sock_create_kern(net, key->remote.sa.sa_family, SOCK_STREAM,
			       IPPROTO_TCP, &sock);
	if (err)
		return ERR_PTR(err);
	sock->sk->sk_uid = key->uid;
	t = tcp_alloc(net, sock, true);
	if (!t) {
		sock_release(sock);
		return ERR_PTR(-ENOMEM);
	}
	tcp_options(&t->ch, key);
	t->ch.key = *key;
	/* Set later, with the rights of the kernel: hps_options_retune(). */
	t->ch.key.congestion[0] = 0;
	t->ch.hello = *hello;
	t->ch.want_crc = READ_ONCE(hps_net(net)->sysctl.crc);
	tcp_install(t, sock->sk);
	tcp_keepalive(net, sock->sk);
	WRITE_ONCE(sock->sk->sk_rcvbuf, hps_tcp_rcvbuf(net));
	tcp_buffer(&t->ch, be32_to_cpu(hello->credit));
	hps_channel_hold(&t->ch);
	return &t->ch;
}

/* How long a neighbour may take to tell its hardware address. */
#define NEIGHBOUR_TIME	(HZ / 50)

/* The kernel asks a neighbour that does not answer once a second, and till then
 * keeps what is for it: a probe shall not wait for that.
 */
static void ask_neighbour(struct hps_channel *ch)
{
	struct sock *sk = hps_tcp_sk(ch);
	struct dst_entry *dst = sk_dst_get(sk);
	const void *addr = &inet_sk(sk)->inet_daddr;
	struct neighbour *n;

	if (!dst)
		return;
#if IS_ENABLED(CONFIG_IPV6)
	if (dst->ops->family == AF_INET6)
		addr = &sk->sk_v6_daddr;
#endif
	n = dst_neigh_lookup(dst, addr);
	dst_release(dst);
	if (!n)
		return;
	if (n->ops->solicit && READ_ONCE(n->nud_state) == NUD_INCOMPLETE &&
	    time_after(jiffies, READ_ONCE(n->updated) + NEIGHBOUR_TIME) &&
	    __ratelimit(&hps_net(ch->net)->solicit)) {
		hps_mib_inc(ch->net, HPS_MIB_PROBE_SOLICIT);
		local_bh_disable();
		n->ops->solicit(n, NULL);
		local_bh_enable();
	}
	neigh_release(n);
}

static int tcp_dial(struct hps_channel *ch)
{
	union hps_addr local = ch->key.local, remote = ch->key.remote;
	struct socket *sock = hps_tcp(ch)->sock;
	int err = 0;

	hps_mib_inc(ch->net, HPS_MIB_CHANNEL_DIALED);
	if (ch->key.ifindex)
		err = sock_bindtoindex(sock->sk, ch->key.ifindex, true);
	local.in.sin_port = 0;
	if (!err && local.sa.sa_family)
		err = kernel_bind(sock, (struct sockaddr_unsized *)&local,
				  addr_len(&local));
	if (!err)
		err = kernel_connect(sock, (struct sockaddr_unsized *)&remote,
				     addr_len(&remote), O_NONBLOCK);
	if (ch->probe)
		ask_neighbour(ch);
	return err == -EINPROGRESS ? 0 : err;
}

const struct hps_channel_ops hps_tcp_ops = {
	.create		= tcp_create,
	.dial		= tcp_dial,
	.lock		= tcp_lock,
	.unlock		= tcp_unlock,
	.hello		= hps_tcp_send_hello,
	.send		= hps_tcp_send,
	.flush		= hps_tcp_flush,
	.settle		= hps_tcp_settle,
	.receive	= tcp_receive,
	.peek		= hps_tcp_peek,
	.placed		= hps_tcp_placed,
	.read		= hps_tcp_read,
	.splice		= hps_tcp_splice,
	.trim		= hps_tcp_trim,
	.metrics	= hps_tcp_metrics,
	.napi		= tcp_napi,
	.pulse		= hps_tcp_pulse,
	.kick		= hps_tcp_kick,
	.buffer		= tcp_buffer,
	.idle		= tcp_idle,
	.squeezed	= tcp_squeezed,
	.options	= tcp_options,
	.congestion	= tcp_congestion,
	.end		= tcp_end,
	.destroy	= tcp_destroy,
	.free		= tcp_free,
};

/**
 * hps_tcp_adopt - make a channel of a socket that the TCP listener accepted
 * @net:	the namespace
 * @sock:	the socket; consumed on success
 *
 * Context: process. Returns 0 or -ENOMEM.
 */
int hps_tcp_adopt(struct net *net, struct socket *sock)
{
	struct hps_net *hn = hps_net(net);
	struct sock *sk = sock->sk;
	struct hps_tcp *t;

	t = tcp_alloc(net, sock, false);
	if (!t)
		return -ENOMEM;
	/* It may end as soon as the callbacks are ours. */
	hps_channel_hold(&t->ch);
	t->ch.want_crc = READ_ONCE(hn->sysctl.crc);
	/* Whoever will use it tells more. */
	t->credit = READ_ONCE(hn->sysctl.rmem);
	t->ch.events = hps_inbound_events;
	hps_tcp_addrs(sk, &t->ch.key.local, &t->ch.key.remote);
	/* With tcp_fwmark_accept that of the SYN. */
	t->ch.key.mark = sk->sk_mark;
	/* With tcp_reflect_tos also this. */
	t->ch.key.tos = inet_sk(sk)->tos & ~INET_ECN_MASK;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		t->ch.key.tclass = inet6_sk(sk)->tclass & ~INET_ECN_MASK;
#endif
	/* Answers leave by the device that the SYN came in by, whatever routing
	 * says: two NICs in one subnet are two links.
	 */
	t->ch.key.ifindex = READ_ONCE(sk->sk_rx_dst_ifindex);
	if (t->ch.key.ifindex)
		sock_bindtoindex(sk, t->ch.key.ifindex, true);
	hps_mib_inc(net, HPS_MIB_CHANNEL_ACCEPTED);
	tcp_install(t, sk);
	tcp_keepalive(net, sk);

	/* The peer may have spoken, or gone, before the callbacks were ours. */
	lock_sock(sk);
	/* Not before: what is DIALING no lost link takes away. */
	if (t->ch.state == HPS_CHANNEL_DIALING)
		t->ch.state = HPS_CHANNEL_HELLO;
	tcp_narrow(t);
	hps_tcp_receive(t);
	if (sk->sk_state != TCP_ESTABLISHED)
		on_state_change(sk);
	release_sock(sk);
	hps_channel_put(&t->ch);
	return 0;
}

int hps_tcp_init(void)
{
	int cpu;

	tcp_cache = KMEM_CACHE(hps_tcp, 0);
	if (!tcp_cache)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct kick_list *k = &per_cpu(kick_lists, cpu);

		spin_lock_init(&k->lock);
		INIT_LIST_HEAD(&k->list);
		tasklet_setup(&k->tasklet, kick_tasklet);
	}
	return 0;
}

void hps_tcp_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu(kick_lists, cpu).tasklet);
	/* ORDER: channels are freed by RCU, and so are the connections that late
	 * kicks held; hps_exit() counts on that.
	 */
	rcu_barrier();
	kmem_cache_destroy(tcp_cache);
}

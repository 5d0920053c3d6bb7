// SPDX-License-Identifier: GPL-2.0
/* HPS ports: binding, listening and the accept queue. */
#include "conn/listener.h"

#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "conn/acl.h"
#include "conn/conn.h"
#include "conn/join.h"
#include "link/bundle.h"
#include "net.h"
#include "xport/listen.h"

static struct hlist_head *port_bucket(struct hps_net *hn, __be16 port)
{
	return &hn->bind[ntohs(port) % HPS_BIND_HASH];
}

/* Would a peer reach both by one address? */
static bool overlap(const struct hps_port *a, const struct hps_port *b)
{
	bool a6 = a->addr.sa.sa_family == AF_INET6;
	bool b6 = b->addr.sa.sa_family == AF_INET6;

	if (a->ifindex && b->ifindex && a->ifindex != b->ifindex)
		return false;
	if (a6 == b6)
		return hps_addr_is_any(&a->addr) || hps_addr_is_any(&b->addr) ||
		       hps_addr_same_host(&a->addr, &b->addr);
	/* An IPv6 wildcard takes IPv4 as well, unless told otherwise. */
	if (a6)
		return hps_addr_is_any(&a->addr) && !a->v6only;
	return hps_addr_is_any(&b->addr) && !b->v6only;
}

/* As inet_csk_bind_conflict(). Who connects means one type. */
static bool may_share(const struct hps_port *p, const struct hps_port *other)
{
	if (p->listener && other->listener &&
	    p->listener->seqpacket != other->listener->seqpacket)
		return false;
	if (p->reuseport && other->reuseport && uid_eq(p->uid, other->uid))
		return true;
	return p->reuse && other->reuse && !other->listener;
}

/* Is the port taken? A port of our choice is @ours alone: nobody asked to share. */
static bool conflict(struct hps_net *hn, const struct hps_port *p, bool ours)
{
	const struct hps_port *other;

	hlist_for_each_entry(other, port_bucket(hn, p->port), node)
		if (other->port == p->port && other != p && overlap(p, other) &&
		    (ours || !may_share(p, other)))
			return true;
	return false;
}

static int choose_port(struct hps_net *hn, struct hps_port *p)
{
	u32 low = READ_ONCE(hn->sysctl.port_min);
	u32 high = READ_ONCE(hn->sysctl.port_max);
	u32 n = high >= low ? high - low + 1 : 1;
	u32 start = get_random_u32() % n, i;

	for (i = 0; i < n; i++) {
		p->port = htons(low + (start + i) % n);
		if (!conflict(hn, p, true))
			return 0;
	}
	p->port = 0;
	return -EADDRINUSE;
}

/**
 * hps_port_bind - claim a port
 * @net:	the namespace
 * @p:		the claim; port 0 has one chosen
 *
 * Context: process. Returns 0 or -EADDRINUSE.
 */
int hps_port_bind(struct net *net, struct hps_port *p)
{
	struct hps_net *hn = hps_net(net);
	int err = 0;

	spin_lock_bh(&hn->bind_lock);
	if (!p->port)
		err = choose_port(hn, p);
	else if (conflict(hn, p, false))
		err = -EADDRINUSE;
	if (err)
		p->port = 0;
	else
		hlist_add_head(&p->node, port_bucket(hn, p->port));
	spin_unlock_bh(&hn->bind_lock);
	return err;
}

void hps_port_unbind(struct net *net, struct hps_port *p)
{
	struct hps_net *hn = hps_net(net);

	if (!p->port)
		return;
	spin_lock_bh(&hn->bind_lock);
	hlist_del_init(&p->node);
	spin_unlock_bh(&hn->bind_lock);
	p->port = 0;
}

/**
 * hps_port_share - say with whom a port may be shared
 * @net:	the namespace
 * @p:		the claim, bound or not
 * @reuse:	SO_REUSEADDR
 * @reuseport:	SO_REUSEPORT
 * @uid:	whose it is
 */
void hps_port_share(struct net *net, struct hps_port *p, bool reuse,
		    bool reuseport, kuid_t uid)
{
	struct hps_net *hn = hps_net(net);

	spin_lock_bh(&hn->bind_lock);
	p->reuse = reuse;
	p->reuseport = reuseport;
	p->uid = uid;
	spin_unlock_bh(&hn->bind_lock);
}

static void listener_put(struct hps_listener *l)
{
	if (refcount_dec_and_test(&l->ref))
		kfree_rcu(l, rcu);
}

static bool is_bundle(struct net *net, int ifindex)
{
	return ifindex && hps_bundle_find(net, ifindex);
}

/* Where connections may have paths: see struct hps_listener. */
static void set_scope(struct hps_listener *l, const struct hps_port *p,
		      bool bundle)
{
	WRITE_ONCE(l->bundle_ifindex, bundle ? p->ifindex : 0);
	WRITE_ONCE(l->one_link, p->ifindex && !bundle);
	WRITE_ONCE(l->one_addr, !p->ifindex && !hps_addr_is_any(&p->addr));
}

/**
 * hps_port_listen - take connections on a port
 * @sk:		the socket, locked
 * @p:		its claim, bound
 * @backlog:	connections that may wait
 * @opt:	what its connections begin with
 * @defer:	TCP_DEFER_ACCEPT, seconds
 *
 * Context: process. Called again it only changes the backlog. Returns 0,
 * -ENOMEM, or -EADDRINUSE if another socket listens on the port.
 */
int hps_port_listen(struct sock *sk, struct hps_port *p, unsigned int backlog,
		    const struct hps_options *opt, unsigned int defer)
{
	struct hps_net *hn = hps_net(sock_net(sk));
	struct hps_listener *l;
	int err;

	if (p->listener) {
		WRITE_ONCE(p->listener->backlog, backlog);
		return 0;
	}
	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (!l)
		return -ENOMEM;
	refcount_set(&l->ref, 1);
	spin_lock_init(&l->lock);
	INIT_LIST_HEAD(&l->queue);
	INIT_LIST_HEAD(&l->deferred);
	l->sk = sk;
	l->backlog = backlog;
	l->seqpacket = sk->sk_type == SOCK_SEQPACKET;
	l->opt = *opt;
	l->defer = defer;
	l->domain = p->domain;
	set_scope(l, p, is_bundle(sock_net(sk), p->ifindex));
	err = hps_listen_get(sock_net(sk));
	if (err)
		goto err_free;
	spin_lock_bh(&hn->bind_lock);
	WRITE_ONCE(p->listener, l);
	/* Two may have shared the port until one of them listens. */
	if (conflict(hn, p, false))
		err = -EADDRINUSE;
	if (err)
		p->listener = NULL;
	spin_unlock_bh(&hn->bind_lock);
	if (err)
		goto err_put;
	return 0;

err_put:
	hps_listen_put(sock_net(sk));
err_free:
	kfree(l);
	return err;
}

/**
 * hps_port_options - what is accepted from now on begins with other options
 * @p:		the claim, listening or not
 * @opt:	the options
 * @defer:	TCP_DEFER_ACCEPT, seconds
 *
 * Context: process, socket lock held.
 */
void hps_port_options(struct hps_port *p, const struct hps_options *opt,
		      unsigned int defer)
{
	struct hps_listener *l = p->listener;

	if (!l)
		return;
	spin_lock_bh(&l->lock);
	l->opt = *opt;
	l->defer = defer;
	spin_unlock_bh(&l->lock);
}

/**
 * hps_port_domain - the socket has got another protection domain
 * @p:		the claim, listening or not
 * @domain:	the domain's number
 *
 * Context: process, socket lock held. What waits to be accepted gets it then.
 */
void hps_port_domain(struct hps_port *p, u32 domain)
{
	struct hps_listener *l = p->listener;

	p->domain = domain;
	if (!l)
		return;
	spin_lock_bh(&l->lock);
	l->domain = domain;
	spin_unlock_bh(&l->lock);
}

/**
 * hps_port_device - the socket was bound to a device after it got its port
 * @net:	the namespace
 * @p:		the claim
 * @ifindex:	the device, 0 for any
 *
 * Context: process, socket lock held. As with TCP nobody looks for conflicts.
 */
void hps_port_device(struct net *net, struct hps_port *p, int ifindex)
{
	struct hps_net *hn = hps_net(net);
	bool bundle = is_bundle(net, ifindex);

	spin_lock_bh(&hn->bind_lock);
	p->ifindex = ifindex;
	if (p->listener)
		set_scope(p->listener, p, bundle);
	spin_unlock_bh(&hn->bind_lock);
}

/* The next of those that wait, ready or not; NULL at the end. */
static struct hps_conn *take_waiting(struct hps_listener *l)
{
	struct hps_conn *conn;

	spin_lock_bh(&l->lock);
	conn = list_first_entry_or_null(&l->queue, struct hps_conn,
					accept_node);
	if (!conn)
		conn = list_first_entry_or_null(&l->deferred, struct hps_conn,
						accept_node);
	if (conn)
		list_del_init(&conn->accept_node);
	spin_unlock_bh(&l->lock);
	return conn;
}

/**
 * hps_port_close - stop listening; who waits is reset
 * @net:	the namespace
 * @p:		the claim
 *
 * Context: process, socket lock held.
 */
void hps_port_close(struct net *net, struct hps_port *p)
{
	struct hps_net *hn = hps_net(net);
	struct hps_listener *l = p->listener;
	struct hps_conn *conn;

	if (!l)
		return;
	spin_lock_bh(&hn->bind_lock);
	WRITE_ONCE(p->listener, NULL);
	spin_unlock_bh(&hn->bind_lock);

	spin_lock_bh(&l->lock);
	l->sk = NULL;
	spin_unlock_bh(&l->lock);
	while ((conn = take_waiting(l))) {
		/* A deferred one may get its data at this moment. */
		spin_lock_bh(&conn->lock);
		conn->deferred = false;
		conn->listener = NULL;
		spin_unlock_bh(&conn->lock);
		hps_conn_close(conn, HPS_REASON_NO_LISTENER);
		listener_put(l);
	}
	hps_listen_put(net);
	listener_put(l);
}

/**
 * hps_port_accept - take the next connection
 * @p:	the claim of a listening socket, locked
 *
 * Returns it with its reference of being alive, or NULL.
 */
struct hps_conn *hps_port_accept(struct hps_port *p)
{
	struct hps_listener *l = p->listener;
	struct hps_conn *conn;

	spin_lock_bh(&l->lock);
	conn = list_first_entry_or_null(&l->queue, struct hps_conn,
					accept_node);
	if (conn) {
		list_del_init(&conn->accept_node);
		l->count--;
	}
	spin_unlock_bh(&l->lock);
	if (conn) {
		conn->listener = NULL;
		listener_put(l);
		/* Further paths come by TCP's port when nobody listens, too. */
		conn->listens = !hps_listen_get(conn->net);
	}
	return conn;
}

bool hps_port_has_ready(const struct hps_port *p)
{
	const struct hps_listener *l;
	bool ready;

	/* poll() does not lock the socket. */
	rcu_read_lock();
	l = READ_ONCE(p->listener);
	ready = l && !list_empty_careful(&l->queue);
	rcu_read_unlock();
	return ready;
}

/* A listener bound to a bundle serves all its links. */
static bool serves_device(struct net *net, int bound, int ifindex)
{
	return !bound || bound == ifindex ||
	       hps_bundle_has_link(net, bound, ifindex);
}

/* Of @n listeners that share a port, each gets its part (SO_REUSEPORT). The
 * token is random for each connection; a channel's TCP port is not, for it
 * serves many.
 */
static bool is_share_of(u32 hash, u32 n)
{
	return !reciprocal_scale(jhash_1word(n, hash), n);
}

/* How well is a claim meant for an address and a device? Negative: not at all. */
static int suits(struct net *net, const struct hps_port *p,
		 const union hps_addr *local, int ifindex)
{
	int score = 0;

	if (!serves_device(net, p->ifindex, ifindex))
		return -1;
	/* The device itself comes before its bundle. */
	if (p->ifindex)
		score += p->ifindex == ifindex ? 4 : 2;
	if (!hps_addr_is_any(&p->addr))
		return hps_addr_same_host(&p->addr, local) ? score + 8 : -1;
	if (p->addr.sa.sa_family == local->sa.sa_family)
		return score + 1;
	return p->addr.sa.sa_family == AF_INET || p->v6only ? -1 : score;
}

/* The most specific listener for an address. hps_net.bind_lock held. */
static struct hps_listener *find_listener(struct hps_net *hn, __be16 port,
					  const union hps_addr *local,
					  int ifindex, u32 hash)
{
	const struct hps_port *p, *best = NULL;
	int best_score = -1, score;
	u32 sharing = 0;

	hlist_for_each_entry(p, port_bucket(hn, port), node) {
		if (p->port != port || !p->listener)
			continue;
		score = suits(hn->net, p, local, ifindex);
		if (score < best_score || score < 0)
			continue;
		if (score > best_score) {
			best_score = score;
			sharing = 1;
		} else if (!may_share(p, best) ||
			   !is_share_of(hash, ++sharing)) {
			continue;
		}
		best = p;
	}
	return best ? best->listener : NULL;
}

/* Reserves a place in the accept queue. */
static enum hps_reason reserve(struct hps_listener *l, u8 socktype)
{
	enum hps_reason reason = HPS_REASON_NONE;

	spin_lock_bh(&l->lock);
	if (!l->sk) {
		reason = HPS_REASON_NO_LISTENER;
	} else if (socktype != (l->seqpacket ? SOCK_SEQPACKET : SOCK_STREAM)) {
		reason = HPS_REASON_SOCKTYPE;
	} else if (l->count > READ_ONCE(l->backlog)) {
		reason = HPS_REASON_BACKLOG;
	} else {
		l->count++;
	}
	spin_unlock_bh(&l->lock);
	return reason;
}

static void unreserve(struct hps_listener *l)
{
	spin_lock_bh(&l->lock);
	l->count--;
	spin_unlock_bh(&l->lock);
	listener_put(l);
}

/* What a listening socket gives to a connection; false if it has closed. */
static bool inherit(struct hps_listener *l, struct hps_conn *conn)
{
	bool open;

	spin_lock_bh(&l->lock);
	open = l->sk;
	if (open) {
		hps_credit_rx_init(&conn->rcv.credit,
				   READ_ONCE(l->sk->sk_rcvbuf));
		conn->snd.limit = READ_ONCE(l->sk->sk_sndbuf);
		hps_options_inherit(conn, l->sk, &l->opt);
		conn->domain = l->domain;
	}
	spin_unlock_bh(&l->lock);
	return open;
}

/**
 * hps_listener_conn - make the connection that a peer asks for
 * @ch:		the channel by which it asks, locked
 * @hello:	the question
 * @reason:	why not, if NULL is returned
 *
 * Context: any. The connection has a place in the accept queue and is not in
 * it yet: hps_listener_ready() or hps_listener_abandon() must follow.
 */
struct hps_conn *hps_listener_conn(struct hps_channel *ch,
				   const struct hps_hello *hello,
				   enum hps_reason *reason)
{
	struct hps_net *hn = hps_net(ch->net);
	struct hps_listener *l;
	struct hps_conn *conn;
	u64 token = be64_to_cpu(hello->token);

	*reason = HPS_REASON_ADMIN;
	if (!hps_acl_admits(ch->net, &ch->key.remote, hello->port))
		return NULL;
	*reason = HPS_REASON_NO_LISTENER;
	spin_lock_bh(&hn->bind_lock);
	l = find_listener(hn, hello->port, &ch->key.local, ch->key.ifindex,
			  jhash_2words(token, token >> 32, (u32)hn->host_id));
	if (l)
		refcount_inc(&l->ref);
	spin_unlock_bh(&hn->bind_lock);
	if (!l)
		return NULL;
	*reason = reserve(l, hello->socktype);
	if (*reason != HPS_REASON_NONE) {
		if (*reason == HPS_REASON_BACKLOG)
			hps_mib_inc(ch->net, HPS_MIB_LISTEN_OVERFLOW);
		listener_put(l);
		return NULL;
	}
	conn = hps_conn_alloc(ch->net, false, 0, 0, GFP_ATOMIC);
	if (!conn) {
		*reason = HPS_REASON_MEMORY;
		unreserve(l);
		return NULL;
	}
	conn->key = ch->key;
	conn->remote = ch->key.remote;
	if (!inherit(l, conn)) {
		*reason = HPS_REASON_NO_LISTENER;
		unreserve(l);
		hps_conn_put(conn);
		return NULL;
	}
	conn->listener = l;
	conn->seqpacket = l->seqpacket;
	conn->bundle_ifindex = READ_ONCE(l->bundle_ifindex);
	conn->one_link = READ_ONCE(l->one_link);
	if (READ_ONCE(l->one_addr))
		hps_join_stay_with(conn, &ch->key.local);
	conn->local = ch->key.local;
	conn->local.in.sin_port = hello->port;
	if (hello->source_port)
		conn->remote.in.sin_port = hello->source_port;
	conn->peer_token = be64_to_cpu(hello->token);
	memcpy(conn->nonce[0], hello->nonce, HPS_NONCE_LEN);
	hps_nonce_draw(conn->nonce[1]);
	hps_credit_tx_init(&conn->snd.credit, be32_to_cpu(hello->credit));
	return conn;
}

/* The connection can be accepted now, or as soon as it has data. Its channel is
 * locked.
 */
void hps_listener_ready(struct hps_conn *conn)
{
	struct hps_listener *l = conn->listener;
	bool closed;

	spin_lock_bh(&conn->lock);
	spin_lock(&l->lock);
	closed = !l->sk;
	if (!closed && l->defer) {
		list_add_tail(&conn->accept_node, &l->deferred);
		hps_conn_defer(conn, l->defer);
		hps_mib_inc(conn->net, HPS_MIB_ACCEPT_DEFERRED);
	} else if (!closed) {
		list_add_tail(&conn->accept_node, &l->queue);
		l->sk->sk_data_ready(l->sk);
	}
	spin_unlock(&l->lock);
	spin_unlock_bh(&conn->lock);
	if (closed) {
		conn->listener = NULL;
		hps_conn_end(conn);
		listener_put(l);
	}
}

/* A deferred connection has data, or waited long enough. Data lock held. */
void hps_listener_data(struct hps_conn *conn)
{
	struct hps_listener *l = conn->listener;

	lockdep_assert_held(&conn->lock);
	conn->deferred = false;
	spin_lock(&l->lock);
	/* Not if the listener closes and is about to take it. */
	if (!list_empty(&conn->accept_node)) {
		list_move_tail(&conn->accept_node, &l->queue);
		if (l->sk)
			l->sk->sk_data_ready(l->sk);
	}
	spin_unlock(&l->lock);
}

/* A deferred connection was lost: nobody will hear of it. Data lock held. */
void hps_listener_forget(struct hps_conn *conn)
{
	struct hps_listener *l = conn->listener;
	bool ours;

	lockdep_assert_held(&conn->lock);
	conn->deferred = false;
	spin_lock(&l->lock);
	ours = !list_empty(&conn->accept_node);
	if (ours) {
		list_del_init(&conn->accept_node);
		l->count--;
	}
	spin_unlock(&l->lock);
	/* Else the closing listener has it. */
	if (!ours)
		return;
	conn->listener = NULL;
	conn->pending = false;
	listener_put(l);
	hps_conn_end(conn);
}

/* The connection could not be set up after all; it was not published. */
void hps_listener_abandon(struct hps_conn *conn)
{
	unreserve(conn->listener);
	hps_conn_put(conn);
}

static void look(const struct hps_port *p, const struct sock *sk,
		 struct hps_listener_snapshot *snap)
{
	const struct hps_listener *l = p->listener;

	*snap = (struct hps_listener_snapshot) {
		.local		= p->addr,
		.type		= l->seqpacket ? SOCK_SEQPACKET : SOCK_STREAM,
		.uid		= READ_ONCE(sk->sk_uid),
		.bundle_ifindex	= l->bundle_ifindex,
		.mark		= READ_ONCE(sk->sk_mark),
		.waiting	= l->count,
		.backlog	= READ_ONCE(l->backlog),
		.snd_limit	= READ_ONCE(sk->sk_sndbuf),
		.rcv_buffer	= READ_ONCE(sk->sk_rcvbuf),
	};
	snap->local.in.sin_port = p->port;
	if (sk->sk_socket)
		snap->inode = SOCK_INODE(sk->sk_socket)->i_ino;
}

/**
 * hps_listener_look() - look at a listening socket
 * @hn:		the namespace
 * @bucket:	of the ports, below HPS_BIND_HASH
 * @skip:	so many listeners of it were seen before
 * @snap:	filled
 *
 * Context: process or softirq. Returns false if there is no further one.
 */
bool hps_listener_look(struct hps_net *hn, unsigned int bucket,
		       unsigned int skip, struct hps_listener_snapshot *snap)
{
	const struct hps_port *p;
	bool found = false;

	spin_lock_bh(&hn->bind_lock);
	hlist_for_each_entry(p, &hn->bind[bucket], node) {
		/* It has no listener before its socket forgets it. */
		if (!p->listener)
			continue;
		if (skip) {
			skip--;
			continue;
		}
		spin_lock(&p->listener->lock);
		found = p->listener->sk;
		if (found)
			look(p, p->listener->sk, snap);
		spin_unlock(&p->listener->lock);
		if (found)
			break;
	}
	spin_unlock_bh(&hn->bind_lock);
	return found;
}

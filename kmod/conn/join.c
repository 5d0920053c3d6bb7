// SPDX-License-Identifier: GPL-2.0
/*
 * Joins: further paths of a connection. Only the initiator dials; each local
 * and each remote link is used once. Both ends prove that they know the keys
 * of the open by HMAC-SHA256 over fresh nonces, as MPTCP does (RFC 8684, 3.2).
 */
#include "conn/join.h"

#include <crypto/sha2.h>
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "compat.h"
#include "conn/acl.h"
#include "conn/choose.h"
#include "conn/conn.h"
#include "conn/path.h"
#include "conn/rejoin.h"
#include "conn/watch.h"
#include "ddp/message.h"
#include "link/bundle.h"
#include "link/link.h"
#include "link/pool.h"
#include "link/prober.h"

#define MAX_LOCAL	64
/* Traffic that calls for further paths when the cut-off is left to us: each costs
 * a channel at both ends.
 */
#define JOIN_OCTETS	SZ_64K
/* A responder tells its links then at the latest: in time for the above. */
#define OFFER_OCTETS	SZ_4K
/* More paths than offers can make sense for nobody. */
#define MAX_PATHS	HPS_MAX_OFFERS
/* An initiator uses each of our links once, but anew while what came by the path
 * before waits to be read, or was not given up here.
 */
#define MAX_PATHS_HERE	8

static_assert(HPS_MAC_LEN == SHA256_DIGEST_SIZE);

/* RFC 2104 with SHA-256; the key and the text are short. */
static void join_hmac(const u8 *key, size_t key_len, const u8 *text,
			size_t len, u8 *mac)
{
	u8 inner[SHA256_BLOCK_SIZE + 1 + 2 * HPS_NONCE_LEN];
	u8 outer[SHA256_BLOCK_SIZE + SHA256_DIGEST_SIZE];
	unsigned int i;

	memset(inner, 0x36, SHA256_BLOCK_SIZE);
	memset(outer, 0x5c, SHA256_BLOCK_SIZE);
	for (i = 0; i < key_len; i++) {
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	memcpy(inner + SHA256_BLOCK_SIZE, text, len);
	sha256(inner, SHA256_BLOCK_SIZE + len, outer + SHA256_BLOCK_SIZE);
	sha256(outer, sizeof(outer), mac);
}

/**
 * hps_join_mac - the proof of one end of a join
 * @path:	the path, with both nonces
 * @initiator:	whose proof
 * @mac:	HPS_MAC_LEN octets
 */
void hps_join_mac(const struct hps_path *path, bool initiator, u8 *mac)
{
	const struct hps_conn *conn = path->conn;
	u8 text[1 + 2 * HPS_NONCE_LEN];
	u8 key[2 * HPS_NONCE_LEN];

	memcpy(key, conn->nonce[0], HPS_NONCE_LEN);
	memcpy(key + HPS_NONCE_LEN, conn->nonce[1], HPS_NONCE_LEN);
	text[0] = initiator ? 'I' : 'R';
	memcpy(text + 1, path->nonce[!initiator], HPS_NONCE_LEN);
	memcpy(text + 1 + HPS_NONCE_LEN, path->nonce[initiator], HPS_NONCE_LEN);
	join_hmac(key, sizeof(key), text, sizeof(text), mac);
}

/**
 * hps_join_stay_with - the socket is bound to an address, and to no device
 * @conn:	the connection, not known to others yet
 * @addr:	the address
 *
 * Then so is the connection, unless the address is on a link of a bundle: who
 * puts links into one bundle says that each may do what the others do.
 */
void hps_join_stay_with(struct hps_conn *conn, const union hps_addr *addr)
{
	int bundle = hps_link_bundle_of(conn->net, addr);

	conn->one_link = !bundle;
	/* The default one is not named, and may be made anew. */
	if (bundle != hps_bundle_find(conn->net, 0))
		conn->bundle_ifindex = bundle;
}

/* --- the responder ------------------------------------------------------------------ */

/* May further channels of the connection come to this address of ours? */
static bool is_offered(const struct hps_conn *conn, const union hps_addr *addr)
{
	int bundle;

	if (hps_addr_same_host(addr, &conn->key.local))
		return true;
	if (conn->one_link)
		return false;
	bundle = hps_link_bundle_of(conn->net, addr);
	return bundle && bundle == hps_bundle_find(conn->net,
						   conn->bundle_ifindex);
}

/* Could another path to this address of ours make sense? Each of them may hold as
 * much as the connection's buffer allows, several times. Data lock held.
 */
static bool has_place(const struct hps_conn *conn, const union hps_addr *addr)
{
	const struct hps_path *path;
	unsigned int here = 0;

	list_for_each_entry(path, &conn->paths, node)
		here += hps_addr_same_host(addr, &path->ch->key.local);
	return conn->nr_paths < MAX_PATHS && here < MAX_PATHS_HERE;
}

static void addr_of_link(union hps_addr *addr, const struct hps_link_addr *a)
{
	memset(addr, 0, sizeof(*addr));
	addr->sa.sa_family = a->family;
	if (a->family == AF_INET6)
		addr->in6.sin6_addr = a->in6;
	else
		addr->in.sin_addr = a->in;
}

/**
 * hps_join_offer - build the message that tells our links
 * @path:	the path that will carry it
 * @buf:	HPS_MAX_CONTROL octets
 *
 * Returns the length of the message, or -ENOMEM.
 */
int hps_join_offer(struct hps_path *path, void *buf)
{
	struct hps_conn *conn = path->conn;
	struct hps_links *m = buf;
	struct hps_link_addr *addr;
	int i, n;

	addr = kcalloc(HPS_MAX_OFFERS, sizeof(*addr), GFP_ATOMIC);
	if (!addr)
		return -ENOMEM;
	memset(buf, 0, HPS_MAX_CONTROL);
	spin_lock_bh(&conn->lock);
	hps_links_build(m, 0, ++conn->offer_serial);
	n = hps_link_snapshot(conn->net, conn->bundle_ifindex, addr,
			      HPS_MAX_OFFERS);
	for (i = 0; i < n; i++) {
		struct hps_link_offer *o;
		union hps_addr local;

		addr_of_link(&local, &addr[i]);
		if (!is_offered(conn, &local))
			continue;
		o = &m->offer[m->count++];
		o->id = addr[i].link_id;
		o->prefix_len = addr[i].prefix_len;
		if (addr[i].ifindex == path->ch->key.ifindex)
			o->flags = HPS_OFFER_CURRENT;
		if (addr[i].family == AF_INET6) {
			o->family = 6;
			memcpy(o->addr, &addr[i].in6, sizeof(addr[i].in6));
		} else {
			o->family = 4;
			memcpy(o->addr, &addr[i].in, sizeof(addr[i].in));
		}
	}
	conn->offered = jhash(addr, n * sizeof(*addr), 0);
	conn->nr_offered = m->count;
	conn->offer_later = false;
	path->told = true;
	hps_watch(conn);
	spin_unlock_bh(&conn->lock);
	kfree(addr);
	return sizeof(*m) + m->count * sizeof(m->offer[0]);
}

/**
 * hps_join_offer_due - it is time to tell our links, unless that was done
 * @conn:	the connection; data lock held
 */
void hps_join_offer_due(struct hps_conn *conn)
{
	struct hps_path *path;

	if (!conn->offer_later)
		return;
	/* Nothing is joined any more, nor can a path carry it behind FINACK. */
	if (hps_conn_complete(conn)) {
		conn->offer_later = false;
		return;
	}
	path = hps_path_ready(conn, NULL);
	if (!path)
		return;
	conn->offer_later = false;
	hps_path_set(path, HPS_PATH_LINKS);
}

/* As hps_join_offer_due(), if it carries much. Data lock held. */
void hps_join_offer_if_busy(struct hps_conn *conn)
{
	if (conn->snd.end + conn->rcv.reasm.frontier >= OFFER_OCTETS)
		hps_join_offer_due(conn);
}

/**
 * hps_join_inbound - a peer asks to add a channel to a connection
 * @ch:		the channel, locked
 * @hello:	the question
 * @reply:	becomes the answer
 * @reason:	why not, if NULL is returned
 *
 * Returns the path, which stays OPENING until the initiator's proof comes.
 */
struct hps_path *hps_join_inbound(struct hps_channel *ch,
				  const struct hps_hello *hello,
				  struct hps_hello *reply,
				  enum hps_reason *reason)
{
	struct hps_path *path = NULL;
	struct hps_conn *conn;
	u8 mac[HPS_MAC_LEN];

	conn = hps_conn_find(ch->net, be64_to_cpu(hello->token));
	if (!conn) {
		hps_mib_inc(ch->net, HPS_MIB_JOIN_BAD_TOKEN);
		*reason = HPS_REASON_TOKEN;
		return NULL;
	}
	if (!hps_acl_admits(ch->net, &ch->key.remote, conn->local.in.sin_port)) {
		*reason = HPS_REASON_ADMIN;
		hps_conn_put(conn);
		return NULL;
	}
	*reason = HPS_REASON_MEMORY;
	spin_lock_bh(&conn->lock);
	if (conn->initiator || conn->state != HPS_CONN_ESTABLISHED)
		*reason = HPS_REASON_TOKEN;
	else if (!is_offered(conn, &ch->key.local))
		*reason = HPS_REASON_NOT_OFFERED;
	else if (has_place(conn, &ch->key.local))
		path = hps_path_new(conn, true, GFP_ATOMIC);
	if (path) {
		memcpy(path->nonce[0], hello->nonce, HPS_NONCE_LEN);
		hps_nonce_draw(path->nonce[1]);
		hps_path_add(path, ch);
		hps_channel_use(ch, &hps_path_events, path);
	}
	spin_unlock_bh(&conn->lock);
	if (path) {
		/* Bounded in number and time until the proof comes. */
		ch->unproven = true;
		hps_channel_linger(ch);
		hps_hello_fill(conn, reply, HPS_MSG_JOINED);
		reply->features &= hello->features;
		memcpy(reply->nonce, path->nonce[1], HPS_NONCE_LEN);
		hps_join_mac(path, false, mac);
		memcpy(reply->mac, mac, HPS_SHORT_MAC_LEN);
	}
	hps_conn_put(conn);
	return path;
}

/* The initiator's proof: the path may be used if it is right. */
int hps_join_on_auth(struct hps_path *path, const struct hps_msg *msg, u32 len)
{
	const struct hps_auth *m = (const void *)msg;
	struct hps_conn *conn = path->conn;
	u8 mac[HPS_MAC_LEN];

	if (path->state != HPS_PATH_OPENING || path->ch->outbound)
		return -EPROTO;
	hps_join_mac(path, true, mac);
	if (crypto_memneq(mac, m->mac, sizeof(mac))) {
		hps_mib_inc(conn->net, HPS_MIB_JOIN_BAD_MAC);
		return -EACCES;
	}
	hps_mib_inc(conn->net, HPS_MIB_JOIN_OK);
	path->ch->unproven = false;
	hps_channel_ready(path->ch);
	spin_lock_bh(&conn->lock);
	/* Not before: see hps_recv_grow(). */
	path->ch->ops->buffer(path->ch, conn->rcv.credit.buffer);
	hps_path_up(path);
	spin_unlock_bh(&conn->lock);
	return 0;
}

/* --- the initiator -------------------------------------------------------------------- */

/* The responder's proof: prove ourselves and use the path. Channel locked. */
void hps_join_on_joined(struct hps_path *path, const struct hps_hello *hello)
{
	struct hps_conn *conn = path->conn;
	u8 mac[HPS_MAC_LEN];

	memcpy(path->nonce[1], hello->nonce, HPS_NONCE_LEN);
	hps_join_mac(path, false, mac);
	if (crypto_memneq(mac, hello->mac, HPS_SHORT_MAC_LEN)) {
		hps_mib_inc(conn->net, HPS_MIB_JOIN_BAD_MAC);
		hps_channel_fail(path->ch, -EACCES);
		return;
	}
	hps_mib_inc(conn->net, HPS_MIB_JOIN_OK);
	spin_lock_bh(&conn->lock);
	path->todo |= HPS_PATH_AUTH;
	hps_path_up(path);
	spin_unlock_bh(&conn->lock);
}

/* Are our links others than the peer was told? Data lock held. */
static bool offer_changed(const struct hps_conn *conn)
{
	struct hps_link_addr *addr;
	bool changed;
	int n;

	addr = kcalloc(HPS_MAX_OFFERS, sizeof(*addr), GFP_ATOMIC);
	if (!addr)
		return true;
	n = hps_link_snapshot(conn->net, conn->bundle_ifindex, addr,
			      HPS_MAX_OFFERS);
	changed = conn->offered != jhash(addr, n * sizeof(*addr), 0);
	kfree(addr);
	return changed;
}

/* By a path that answers, as soon as there is one. Data lock held. */
static void tell_again(struct hps_conn *conn)
{
	conn->offer_later = true;
	hps_join_offer_due(conn);
	if (conn->offer_later)
		hps_watch(conn);
}

/**
 * hps_join_offer_anew - tell the peer of our links if they have changed
 * @conn:	the connection, a responder; data lock held
 */
void hps_join_offer_anew(struct hps_conn *conn)
{
	lockdep_assert_held(&conn->lock);
	if (offer_changed(conn))
		tell_again(conn);
}

/**
 * hps_join_offer_lost - what a path was to tell of our links may never arrive
 * @path:	the path, DOWN or SUSPECT; data lock held
 */
void hps_join_offer_lost(struct hps_path *path)
{
	struct hps_conn *conn = path->conn;

	if (conn->state == HPS_CONN_ESTABLISHED &&
	    (path->told || path->todo & HPS_PATH_LINKS))
		tell_again(conn);
	path->told = false;
}

static bool peer_offers(const struct hps_conn *conn, u8 id)
{
	unsigned int i;

	for (i = 0; i < conn->nr_offers; i++)
		if (conn->offer[i].id == id)
			return true;
	return false;
}

/* The peer has lost links: paths to them are dead. Data lock held. */
static void drop_withdrawn(struct hps_conn *conn,
			   const struct hps_path *carrier)
{
	struct hps_path *path;

	if (!conn->nr_offers)
		return;
	list_for_each_entry(path, &conn->paths, node)
		if (path != carrier && path->remote_id &&
		    path->state == HPS_PATH_UP &&
		    !peer_offers(conn, path->remote_id))
			hps_channel_abort(path->ch, -ENETDOWN,
					  HPS_PATH_CAUSE_WITHDRAWN);
}

/* What was told before may come later, by a path that did not answer for a while. */
static bool is_newer(const struct hps_conn *conn, u16 serial)
{
	return (s16)(serial - conn->offer_serial) > 0;
}

/* The peer's links. They come at the beginning and when they change. Returns 0,
 * -EPROTO, or -ENOMEM to be asked again: the peer tells once.
 */
int hps_join_on_links(struct hps_path *path, const struct hps_msg *msg, u32 len)
{
	const struct hps_links *m = (const void *)msg;
	u16 serial = be16_to_cpu(m->serial);
	struct hps_conn *conn = path->conn;
	struct hps_link_offer *offer;
	unsigned int i;

	if (m->count > HPS_MAX_OFFERS ||
	    len != sizeof(*m) + m->count * sizeof(m->offer[0]))
		return -EPROTO;
	offer = kmemdup(m->offer, m->count * sizeof(*offer), GFP_ATOMIC);
	if (!offer)
		return -ENOMEM;
	spin_lock_bh(&conn->lock);
	for (i = 0; i < m->count; i++)
		if (m->offer[i].flags & HPS_OFFER_CURRENT)
			path->remote_id = m->offer[i].id;
	if (!is_newer(conn, serial))
		goto out;
	conn->offer_serial = serial;
	swap(conn->offer, offer);
	conn->nr_offers = m->count;
	drop_withdrawn(conn, path);
	if (conn->joined && !conn->one_link)
		hps_rejoin_ask(conn);
	else
		hps_join_if_wanted(conn);
out:
	spin_unlock_bh(&conn->lock);
	kfree(offer);
	return 0;
}

/**
 * hps_join_cutoff - from how many octets on are further paths joined?
 * @conn:	the connection; data lock held
 * @config:	from hps_choose_config(), policy single only if a message had another
 */
u32 hps_join_cutoff(const struct hps_conn *conn,
		    const struct hps_bundle_config *config)
{
	if (conn->snd.mixed || config->policy == HPS_POLICY_DUPLICATE)
		return 0;
	if (config->policy == HPS_POLICY_AUTO && !config->cutoff)
		return JOIN_OCTETS;
	return config->cutoff;
}

/**
 * hps_join_if_wanted - join further paths once the traffic calls for them
 * @conn:	the connection; data lock held
 */
void hps_join_if_wanted(struct hps_conn *conn)
{
	struct hps_bundle_config config;

	/* A peer on this machine has no other links than ours. */
	if (conn->key.ifindex == conn->net->loopback_dev->ifindex)
		return;
	if (!conn->initiator || conn->joined || conn->nr_offers < 2 ||
	    conn->state != HPS_CONN_ESTABLISHED || conn->ending)
		return;
	hps_choose_config(conn, &config);
	if (!config.ifindex ||
	    /* Unless a message wants more. */
	    hps_choose_is_single(conn, &config) ||
	    conn->snd.end + conn->rcv.reasm.frontier <
	    hps_join_cutoff(conn, &config))
		return;
	conn->joined = true;
	queue_work(hps_wq, &conn->join);
}

/* A path that has not answered for long is no reason not to try anew. */
static bool holds_links(const struct hps_path *path)
{
	return path->state != HPS_PATH_DOWN && !path->anew;
}

static bool local_in_use(struct hps_conn *conn, int ifindex)
{
	struct hps_path *path;

	list_for_each_entry(path, &conn->paths, node)
		if (holds_links(path) && path->ch->key.ifindex == ifindex)
			return true;
	return hps_rejoin_has_local(conn, ifindex);
}

static bool remote_has_path(const struct hps_conn *conn, u8 id)
{
	struct hps_path *path;

	list_for_each_entry(path, &conn->paths, node)
		if (holds_links(path) && path->remote_id == id)
			return true;
	return false;
}

static bool remote_in_use(struct hps_conn *conn, u8 id)
{
	return remote_has_path(conn, id) || hps_rejoin_has_remote(conn, id);
}

static bool on_one_net(const struct hps_link_addr *a,
		       const struct hps_link_offer *o)
{
	u8 bits = min(a->prefix_len, o->prefix_len);

	if (a->family == AF_INET6) {
		struct in6_addr in6;

		memcpy(&in6, o->addr, sizeof(in6));
		return ipv6_prefix_equal(&a->in6, &in6, bits);
	}
	return !bits || !((a->in.s_addr ^ get_unaligned((__be32 *)o->addr)) &
			  htonl(~0U << (32 - bits)));
}

static void fill_key(struct hps_conn *conn, struct hps_channel_key *key,
		     const struct hps_link_addr *a,
		     const struct hps_link_offer *o)
{
	__be16 port = conn->key.remote.in.sin_port;

	*key = conn->key;
	addr_of_link(&key->local, a);
	memset(&key->remote, 0, sizeof(key->remote));
	key->ifindex = a->ifindex;
	if (a->family == AF_INET6) {
		key->remote.in6.sin6_family = AF_INET6;
		memcpy(&key->remote.in6.sin6_addr, o->addr, sizeof(a->in6));
		key->remote.in6.sin6_port = port;
	} else {
		key->remote.in.sin_family = AF_INET;
		memcpy(&key->remote.in.sin_addr, o->addr, sizeof(a->in));
		key->remote.in.sin_port = port;
	}
}

/* Addresses that lead nowhere. */
static bool is_usable_offer(const struct hps_link_offer *o)
{
	struct in6_addr in6;
	__be32 in;

	if (o->family == 6) {
		memcpy(&in6, o->addr, sizeof(in6));
		return !(ipv6_addr_type(&in6) &
			 (IPV6_ADDR_LOOPBACK | IPV6_ADDR_MULTICAST |
			  IPV6_ADDR_LINKLOCAL | IPV6_ADDR_MAPPED)) &&
		       !ipv6_addr_any(&in6);
	}
	memcpy(&in, o->addr, sizeof(in));
	return o->family == 4 && !ipv4_is_loopback(in) &&
	       !ipv4_is_multicast(in) && !ipv4_is_zeronet(in) &&
	       !ipv4_is_lbcast(in);
}

static bool fits(struct hps_conn *conn, const struct hps_link_addr *a,
		 const struct hps_link_offer *o, bool same_net)
{
	return is_usable_offer(o) &&
	       (o->family == 6) == (a->family == AF_INET6) &&
	       (!same_net || on_one_net(a, o)) &&
	       !local_in_use(conn, a->ifindex) && !remote_in_use(conn, o->id);
}

/**
 * hps_join_prospects - could a link be joined?
 * @conn:	the connection; data lock held
 * @a:		an address of the link
 * @address:	set if the peer offers a link of its family
 * @partner:	set if such a link has no path yet
 */
void hps_join_prospects(const struct hps_conn *conn,
			const struct hps_link_addr *a, bool *address,
			bool *partner)
{
	const struct hps_link_offer *o;
	unsigned int i;

	lockdep_assert_held(&conn->lock);
	for (i = 0; i < conn->nr_offers; i++) {
		o = &conn->offer[i];
		if (!is_usable_offer(o) ||
		    (o->family == 6) != (a->family == AF_INET6))
			continue;
		*address = true;
		if (!remote_has_path(conn, o->id))
			*partner = true;
	}
}

/* Dials a pair, or waits for one that may have failed before. */
static void join_pair(struct hps_conn *conn, const struct hps_channel_key *key,
		      u8 remote_id)
{
	struct hps_channel *ch = NULL;
	struct hps_path *path;

	if (conn->rejoin && hps_rejoin_wait(conn, key, remote_id))
		return;
	/* Those that are down wait to be read. */
	if (READ_ONCE(conn->nr_paths) >= MAX_PATHS)
		goto later;
	path = hps_path_new(conn, true, GFP_KERNEL);
	if (!path)
		goto later;
	hps_hello_fill(conn, &path->hello, HPS_MSG_JOIN);
	path->hello.token = cpu_to_be64(conn->peer_token);
	hps_nonce_draw(path->nonce[0]);
	memcpy(path->hello.nonce, path->nonce[0], HPS_NONCE_LEN);
	path->remote_id = remote_id;
	hps_mib_inc(conn->net, HPS_MIB_JOIN_SENT);
	if (!conn->rejoin)
		ch = hps_pool_get(conn->net, key);
	path->warm = ch;
	if (!hps_path_start(path, ch, key))
		return;
later:
	spin_lock_bh(&conn->lock);
	hps_rejoin_later(conn, HPS_PROBER_FAST_MS);
	spin_unlock_bh(&conn->lock);
}

/* May @addr be joined with the peer's offer @nr, and how? */
static bool pair_fits(struct hps_conn *conn, const struct hps_link_addr *addr,
		      int nr, bool same_net, struct hps_channel_key *key,
		      u8 *remote)
{
	const struct hps_link_offer *offer;
	bool fit = false;

	spin_lock_bh(&conn->lock);
	if (conn->state == HPS_CONN_ESTABLISHED && nr < conn->nr_offers) {
		offer = &conn->offer[nr];
		fit = fits(conn, addr, offer, same_net);
		if (fit) {
			fill_key(conn, key, addr, offer);
			*remote = offer->id;
		}
	}
	spin_unlock_bh(&conn->lock);
	return fit;
}

/* One pass over all pairs: those on one network first, then what is left. */
static void join_pass(struct hps_conn *conn, const struct hps_link_addr *addr,
		      int n, bool same_net)
{
	struct hps_channel_key key;
	u8 remote;
	int i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < READ_ONCE(conn->nr_offers); j++)
			if (pair_fits(conn, &addr[i], j, same_net, &key,
				      &remote)) {
				join_pair(conn, &key, remote);
				break;
			}
}

/* The pair by which the connection was opened, if nothing works: it need not be
 * of a bundle.
 */
static void join_first(struct hps_conn *conn)
{
	struct hps_channel_key key;
	bool alone;

	spin_lock_bh(&conn->lock);
	/* Options may change it. */
	key = conn->key;
	alone = conn->state == HPS_CONN_ESTABLISHED && conn->stranded &&
		!local_in_use(conn, conn->key.ifindex);
	spin_unlock_bh(&conn->lock);
	if (alone)
		join_pair(conn, &key, 0);
}

/* What is down only waits to be read. Data lock held. */
static bool has_path(const struct hps_conn *conn)
{
	const struct hps_path *path;

	list_for_each_entry(path, &conn->paths, node)
		if (path->state != HPS_PATH_DOWN)
			return true;
	return false;
}

/* Nobody listens where the connection was: it is not there any more. */
static void check_refused(struct hps_conn *conn)
{
	struct hps_net *hn = hps_net(conn->net);
	bool refused;

	spin_lock_bh(&hn->lock);
	refused = conn->peer_refused;
	conn->peer_refused = false;
	spin_unlock_bh(&hn->lock);
	if (!refused)
		return;
	spin_lock_bh(&conn->lock);
	if (!has_path(conn) && conn->state == HPS_CONN_ESTABLISHED)
		hps_conn_lost(conn, hps_conn_reset_errno(conn),
			      HPS_REASON_NONE);
	spin_unlock_bh(&conn->lock);
}

void hps_join_work(struct work_struct *work)
{
	struct hps_conn *conn = container_of(work, struct hps_conn, join);
	struct hps_link_addr *addr;
	int n = 0;

	check_refused(conn);
	addr = kcalloc(MAX_LOCAL, sizeof(*addr), GFP_KERNEL);
	if (!addr)
		return;
	if (!conn->one_link)
		n = hps_link_snapshot(conn->net, conn->bundle_ifindex, addr,
				      MAX_LOCAL);
	hps_rejoin_begin(conn);
	join_pass(conn, addr, n, true);
	join_pass(conn, addr, n, false);
	join_first(conn);
	hps_rejoin_end(conn);
	kfree(addr);

	spin_lock_bh(&conn->lock);
	/* Watches over joins, too. */
	hps_watch(conn);
	spin_unlock_bh(&conn->lock);
}

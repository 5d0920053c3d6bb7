// SPDX-License-Identifier: GPL-2.0
/* HPS_INFO: a connection and its paths as the uapi shows them. */
#include "socket/info.h"

#include <linux/build_bug.h>
#include <linux/slab.h>
#include <net/sock.h>
#include <net/tcp_states.h>
#include <uapi/linux/hps.h>

#include "conn/snapshot.h"
#include "socket/hps_sock.h"

/* Programs have these: they grow at the end, without holes. */
static_assert(sizeof(struct hps_info_addr) == 24);
static_assert(sizeof(struct hps_path_info) == 136);
static_assert(offsetof(struct hps_info, una) == 80);
static_assert(offsetof(struct hps_info, cutoff_now) == 192);
static_assert(sizeof(struct hps_info) == 200);

static void fill_addr(struct hps_info_addr *to, const union hps_addr *from)
{
	to->family = from->sa.sa_family;
	to->port = from->in.sin_port;
	switch (from->sa.sa_family) {
	case AF_INET:
		memcpy(to->addr, &from->in.sin_addr, sizeof(from->in.sin_addr));
		break;
	case AF_INET6:
		memcpy(to->addr, &from->in6.sin6_addr, sizeof(to->addr));
		to->scope_id = from->in6.sin6_scope_id;
		break;
	}
}

static void fill_path(const struct hps_path_snapshot *from,
		      struct hps_path_info *to)
{
	to->ifindex = from->ifindex;
	to->state = from->state;
	to->link_id = from->link_id;
	to->role = from->role;
	to->remote_id = from->remote_id;
	fill_addr(&to->local, &from->local);
	fill_addr(&to->remote, &from->remote);
	to->rtt_us = from->srtt_us;
	to->min_rtt_us = from->min_rtt_us;
	to->in_flight = from->in_flight;
	to->mss = from->mss;
	to->rate = from->rate;
	to->tx_octets = from->tx_octets;
	to->rx_octets = from->rx_octets;
	to->tx_segments = from->tx_segments;
	to->rx_segments = from->rx_segments;
	to->resent_segments = from->resent;
	to->resent_octets = from->resent_octets;
	to->duplicate_octets = from->duplicate_octets;
}

static void fill_flow(const struct hps_conn_flow *from, struct hps_info *to)
{
	to->bundle = from->bundle;
	to->cutoff = from->cutoff;
	to->cutoff_now = from->cutoff_now;
	to->join_at = from->join_at;
	to->policy = from->policy;
	to->peer_links = from->peer_links;
	to->reason = from->reason;
	to->error = abs(from->err);
	to->una = from->una;
	to->nxt = from->nxt;
	to->end = from->end;
	to->edge = from->edge;
	to->peer_buffer = from->peer_buffer;
	to->snd_memory = from->snd_memory;
	to->snd_limit = from->snd_limit;
	to->rcv_buffer = from->rcv_buffer;
	to->rcv_cost = from->rcv_cost;
	to->rcv_next = from->rcv_next;
	to->rcv_ready = from->rcv_ready;
	to->rcv_edge = from->rcv_edge;
	to->stalls = from->stalls;
	to->resent_octets = from->resent_octets;
	to->duplicate_octets = from->duplicate_octets;
}

static void fill_layout(struct hps_info *info, unsigned int nr_paths)
{
	info->path_offset = sizeof(*info);
	info->path_size = sizeof(struct hps_path_info);
	info->nr_paths = nr_paths;
}

/* Octets that hps_info_fill() writes. */
int hps_info_size(const struct hps_conn_snapshot *snap)
{
	return sizeof(struct hps_info) +
	       snap->nr_paths * sizeof(struct hps_path_info);
}

/**
 * hps_info_fill() - show a connection
 * @snap: what it looks like
 * @info: hps_info_size() octets, all zero
 *
 * Context: any.
 */
void hps_info_fill(const struct hps_conn_snapshot *snap, struct hps_info *info)
{
	struct hps_path_info *path = (void *)(info + 1);
	const struct hps_conn_head *head = &snap->head;
	unsigned int i;

	fill_layout(info, snap->nr_paths);
	info->state = head->state;
	if (head->initiator)
		info->flags |= HPS_INFO_INITIATOR;
	if (head->type == SOCK_SEQPACKET)
		info->flags |= HPS_INFO_SEQPACKET;
	if (snap->flow.joined)
		info->flags |= HPS_INFO_JOINED;
	info->token = head->token;
	fill_addr(&info->local, &head->local);
	fill_addr(&info->remote, &head->remote);
	fill_flow(&snap->flow, info);
	for (i = 0; i < snap->nr_paths; i++)
		fill_path(&snap->path[i], &path[i]);
}

/**
 * hps_info_fill_listener() - show a listening socket
 * @snap: what it looks like
 * @info: all zero
 *
 * Context: any.
 */
void hps_info_fill_listener(const struct hps_listener_snapshot *snap,
			    struct hps_info *info)
{
	fill_layout(info, 0);
	info->state = TCP_LISTEN;
	if (snap->type == SOCK_SEQPACKET)
		info->flags = HPS_INFO_SEQPACKET;
	fill_addr(&info->local, &snap->local);
	info->bundle = snap->bundle_ifindex;
	info->snd_limit = snap->snd_limit;
	info->rcv_buffer = snap->rcv_buffer;
	info->waiting = snap->waiting;
	info->backlog = snap->backlog;
}

/* A socket that listens, or has no connection. */
static struct hps_info *info_of_port(const struct sock *sk, int *size)
{
	const struct hps_sock *hs = hps_sk(sk);
	const struct hps_listener *l = hs->port.listener;
	struct hps_info *info;

	info = kzalloc(sizeof(*info), GFP_KERNEL);
	if (!info)
		return NULL;
	*size = sizeof(*info);
	fill_layout(info, 0);
	info->state = READ_ONCE(sk->sk_state);
	if (sk->sk_type == SOCK_SEQPACKET)
		info->flags = HPS_INFO_SEQPACKET;
	fill_addr(&info->local, &hs->port.addr);
	info->snd_limit = READ_ONCE(sk->sk_sndbuf);
	info->rcv_buffer = READ_ONCE(sk->sk_rcvbuf);
	if (l) {
		info->bundle = l->bundle_ifindex;
		info->waiting = READ_ONCE(l->count);
		info->backlog = READ_ONCE(l->backlog);
	}
	return info;
}

/**
 * hps_info_of() - show a socket
 * @sk: the socket, locked
 * @size: becomes the octets of the answer
 *
 * Context: process. Return: to be freed by kfree(), or NULL: no memory.
 */
struct hps_info *hps_info_of(const struct sock *sk, int *size)
{
	struct hps_conn_snapshot *snap;
	struct hps_info *info;

	if (!hps_sk(sk)->conn)
		return info_of_port(sk, size);
	snap = kmalloc(sizeof(*snap), GFP_KERNEL);
	if (!snap)
		return NULL;
	hps_conn_snapshot(hps_sk(sk)->conn, snap);
	*size = hps_info_size(snap);
	info = kzalloc(*size, GFP_KERNEL);
	if (info)
		hps_info_fill(snap, info);
	kfree(snap);
	return info;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why does a connection not use more links, or not this one?
 *
 * Pure logic: explain.c fills the facts.
 */
#ifndef _HPS_CONN_WHY_H
#define _HPS_CONN_WHY_H

#include <linux/types.h>

#include "../wire.h"

/**
 * struct hps_why_conn - what is known of a connection
 * @opening:	no answer yet
 * @ending:	it, or the data to be sent, ends
 * @initiator:	this end connected
 * @bound:	the socket is bound to one device or address
 * @loopback:	the peer is this host
 * @single:	the policy is single
 * @bundle:	there is a bundle
 * @links:	its usable links
 * @offers:	links that the peer has told
 * @paths:	paths that may carry, as the roles of their links go
 * @waiting:	why further ones that work may not, or HPS_REASON_NONE
 * @cutoff:	in octets, as it is in effect; U32_MAX: no backlog is divided
 * @join_at:	moved octets from which on further paths are joined
 * @moved:	octets moved in both directions
 * @backlog:	octets that wait to be sent
 * @in_transit:	octets sent and not acknowledged
 */
struct hps_why_conn {
	bool		opening;
	bool		ending;
	bool		initiator;
	bool		bound;
	bool		loopback;
	bool		single;
	bool		bundle;
	unsigned int	links;
	unsigned int	offers;
	unsigned int	paths;
	enum hps_reason	waiting;
	u32		cutoff;
	u32		join_at;
	u64		moved;
	u64		backlog;
	u64		in_transit;
};

/**
 * struct hps_why_link - what is known of one link
 * @used:	a path over it carries
 * @opening:	one is being set up
 * @up:		it is usable
 * @silent:	the path over it does not answer
 * @waiting:	why the path over it, which works, does not carry; else
 *		HPS_REASON_NONE
 * @address:	it has an address of a family that the peer offers
 * @partner:	a link of the peer is left to pair it with
 */
struct hps_why_link {
	bool		used;
	bool		opening;
	bool		up;
	bool		silent;
	enum hps_reason	waiting;
	bool		address;
	bool		partner;
};

enum hps_reason hps_why_waits(u8 role, bool admitted);
enum hps_reason hps_why_join(const struct hps_why_conn *c);
enum hps_reason hps_why_conn(const struct hps_why_conn *c);
enum hps_reason hps_why_link(const struct hps_why_conn *c,
			     const struct hps_why_link *l);

#endif /* _HPS_CONN_WHY_H */

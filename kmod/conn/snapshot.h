/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a connection looks like from outside, and the events of its life, for
 * the floors above.
 */
#ifndef _HPS_CONN_SNAPSHOT_H
#define _HPS_CONN_SNAPSHOT_H

#include <linux/types.h>
#include <linux/uidgid.h>

#include "wire.h"
#include "xport/channel.h"
#include <uapi/linux/hps_netlink.h>

struct hps_conn;
struct hps_net;
struct hps_path;
struct net;

#define HPS_SNAPSHOT_PATHS	HPS_MAX_OFFERS

/* One path; the fields are those of hps.yaml. */
struct hps_path_snapshot {
	union hps_addr	local;
	union hps_addr	remote;
	int		ifindex;
	u8		link_id;	/* 0: outside of a bundle */
	u8		role;		/* enum hps_link_role */
	u8		remote_id;
	u8		state;		/* enum hps_nl_path_state */
	u32		in_flight;
	u32		srtt_us;
	u32		min_rtt_us;
	u32		mss;
	u64		rate;
	u64		tx_octets;
	u64		rx_octets;
	u64		tx_segments;
	u64		rx_segments;
	u64		resent;
	u64		resent_octets;
	u64		duplicate_octets;
};

/* A connection without its paths. */
struct hps_conn_head {
	union hps_addr	local;
	union hps_addr	remote;
	u64		token;
	int		type;		/* SOCK_STREAM or SOCK_SEQPACKET */
	u8		state;		/* of TCP, TCP_ESTABLISHED and so on */
	bool		initiator;
	kuid_t		uid;
	u64		inode;		/* 0: orphan, or not yet accepted */
	int		bundle_ifindex;
	u32		mark;
	u64		send_queue;
	u64		unacked;
	u64		receive_queue;
	u32		peer_window;
};

/* Where its streams stand, and what bounds them; as in struct hps_info. */
struct hps_conn_flow {
	u64	una;
	u64	nxt;
	u64	end;
	u64	edge;
	u64	rcv_next;
	u64	rcv_ready;
	u64	rcv_edge;
	u64	stalls;
	u64	resent_octets;
	u64	duplicate_octets;
	u32	peer_buffer;
	u32	snd_memory;
	u32	snd_limit;
	u32	rcv_buffer;
	u32	rcv_cost;
	u32	cutoff;
	u32	cutoff_now;
	u32	join_at;
	int	bundle;		/* in use, also by default; 0: none */
	u8	policy;
	u8	peer_links;
	u8	reason;
	bool	joined;
	int	err;
};

struct hps_conn_snapshot {
	struct hps_conn_head		head;
	struct hps_conn_flow		flow;
	unsigned int			nr_paths;
	struct hps_path_snapshot	path[HPS_SNAPSHOT_PATHS];
};

int hps_conn_batch(struct hps_net *hn, struct hps_conn **batch, int max,
		   long skip);
void hps_conn_snapshot(struct hps_conn *conn, struct hps_conn_snapshot *snap);

/**
 * enum hps_conn_event - what hps_conn_event() reports
 * @HPS_CONN_EVENT_OPENED:	established, on either side
 * @HPS_CONN_EVENT_CLOSED:	ended, with reason and error
 * @HPS_CONN_EVENT_PATH_UP:	a path became usable, the first one as well
 * @HPS_CONN_EVENT_PATH_DOWN:	a path of a live connection was lost
 * @HPS_CONN_EVENT_PATH_SUSPECT: a path does not answer
 * @HPS_CONN_EVENT_PATH_READY:	it answers again
 * @HPS_CONN_EVENT_STRANDED:	no path works any more, with reason and error
 * @HPS_CONN_EVENT_RECOVERED:	one works again
 */
enum hps_conn_event {
	HPS_CONN_EVENT_OPENED,
	HPS_CONN_EVENT_CLOSED,
	HPS_CONN_EVENT_PATH_UP,
	HPS_CONN_EVENT_PATH_DOWN,
	HPS_CONN_EVENT_PATH_SUSPECT,
	HPS_CONN_EVENT_PATH_READY,
	HPS_CONN_EVENT_STRANDED,
	HPS_CONN_EVENT_RECOVERED,
};

/**
 * struct hps_conn_observer - who wants to know
 * @wanted:	is anybody in @net interested? Spares the work.
 * @event:	@path is NULL in events of the connection
 *
 * Both run under RCU, in process context or softirq, with the data lock of the
 * connection held; they must not sleep.
 */
struct hps_conn_observer {
	bool (*wanted)(struct net *net);
	void (*event)(struct net *net, enum hps_conn_event event,
		      const struct hps_conn_head *head,
		      const struct hps_path_snapshot *path,
		      enum hps_reason reason, enum hps_nl_path_cause cause,
		      int err);
};

void hps_conn_observe(const struct hps_conn_observer *observer);
void hps_conn_event(struct hps_conn *conn, enum hps_conn_event event,
		    enum hps_reason reason, int err);
void hps_conn_path_event(struct hps_conn *conn, enum hps_conn_event event,
			 struct hps_path *path, enum hps_nl_path_cause cause,
			 int err);

#endif /* _HPS_CONN_SNAPSHOT_H */

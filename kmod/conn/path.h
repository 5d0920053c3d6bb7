/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A path: a connection's use of a channel.
 */
#ifndef _HPS_CONN_PATH_H
#define _HPS_CONN_PATH_H

#include <linux/list.h>

#include "conn/conn.h"
#include "conn/health.h"
#include "conn/snapshot.h"

/**
 * enum hps_path_state - life of a path
 *
 *   OPENING --answer--> UP --FINACK both ways--> (gone, channel pooled)
 *   OPENING, UP --channel dead--> DOWN (until what it holds was read)
 */
enum hps_path_state {
	HPS_PATH_OPENING,
	HPS_PATH_UP,
	HPS_PATH_DOWN,
};

/* Messages that this path must carry; hps_path.todo. */
#define HPS_PATH_HELLO		0x01	/* on a pooled channel: open, join or answer */
#define HPS_PATH_FIRST		0x02	/* the FPDU that lets the responder speak */
#define HPS_PATH_AUTH		0x04
#define HPS_PATH_LINKS		0x08
#define HPS_PATH_PONG		0x10
#define HPS_PATH_FINACK		0x20
#define HPS_PATH_PING		0x40

/**
 * struct hps_segment - a run of the stream in transit on a path
 * @off:	first octet
 * @len:	payload octets
 * @mark:	a record mark follows them
 * @copy:	part of a run: other paths carry it as well
 * @rescued:	so much of it, from the first octet on and with the mark, another
 *		path carries as well, for this one is late with it
 * @rescue:	it is what another path was late with: that is the end of it
 * @policy:	of its message, 0 none of its own
 * @ends:	where its frame ends in what the channel's transport was given
 * @given_us:	when its path got it: low half of tcp_clock_us()
 * @takes_us:	from hps_late_takes(), or HPS_LATE_UNKNOWN
 * @guess:	the path's rate was unknown then
 */
struct hps_segment {
	struct list_head	node;
	u64			off;
	u32			len;
	u32			rescued;
	u32			given_us;
	u32			takes_us;
	u32			ends;
	u8			policy;
	bool			guess;
	bool			rescue;
	bool			mark;
	bool			copy;
};

/**
 * struct hps_path - one path
 *
 * Lifetime and locking: made under the data lock with a reference on the
 * connection and one on the channel; the channel's events find it by
 * @ch->user under the channel lock. Taken out under both locks and freed then:
 * who holds either lock may use it. While @rxq holds extents it stays, so the
 * reader can follow an extent to its channel.
 *
 * @segments:	in transit, not acknowledged by HPS
 * @arrived:	the last of them that the transport has acknowledged, NULL none
 * @unacked:	octets of them with their overhead
 * @dragged:	octets that the path, late with them, has been relieved of since it was
 *		idle: its transport may carry them still, not more than it has in flight
 * @begins:	where its next segment begins in what the transport is given
 * @busy_us:	when there was nothing, last: low half of tcp_clock_us()
 * @rx_off, @rx_mark: offset of the next payload octet of the segment that is
 *		arriving; it ends with a record mark
 * @rx_copy:	that segment is a copy
 * @rx_type:	its HPS_MSG_DATA, PLACE, REQUEST or RESULT
 * @rx_tag, @rx_place, @rx_answer: PLACE: where the next octet goes, as in struct
 *		hps_place
 * @rx_element:	REQUEST, RESULT: what has come of it
 * @served:	octets carried by the weight of its link
 * @waits_turn:	links with a weight must carry more first
 * @rescues:	it is idle and something is late on another path
 * @warm:	the channel came from the pool
 * @reset_sent:	carried the reset: the channel lingers until the peer closes it
 * @remote_id:	the peer's id of the link at the other end, 0 unknown
 * @link:	counts payload, NULL outside of a bundle
 * @health:	does it answer? (watch.c)
 * @anew:	silent for so long that its pair of links is dialled afresh
 * @told:	carried our links to the peer
 * @buffer:	our receive buffer as the peer knows it before anything that is sent
 *		here from now on; channel lock
 * @born_us, @moved_us: when it was made, when something last moved on it
 * @rx_seen, @progress_seen: what the last look saw
 */
struct hps_path {
	struct list_head	node;
	struct hps_conn		*conn;
	struct hps_channel	*ch;
	struct hps_link		*link;
	enum hps_path_state	state;
	u8			id;
	u8			remote_id;
	u8			todo;
	bool			join;
	bool			finack_sent;
	bool			finack_seen;
	bool			reset_sent;
	bool			warm;
	bool			anew;
	bool			told;
	bool			rx_mark;
	bool			waits_turn;
	bool			rescues;
	bool			rx_copy;
	bool			rx_answer;
	u8			rx_type;
	u32			rx_tag;
	u64			rx_place;
	struct hps_element	*rx_element;
	u64			served;
	u64			rx_off;
	u32			pong;
	u8			nonce[2][HPS_NONCE_LEN];
	struct hps_hello	hello;
	struct hps_rxq		rxq;
	struct list_head	segments;
	u32			buffer;
	struct hps_segment	*arrived;
	u32			unacked;
	u32			dragged;
	u32			begins;
	u32			busy_us;
	u64			tx_octets;
	u64			rx_octets;
	u64			tx_segments;
	u64			rx_segments;
	u64			resent;
	u64			resent_octets;
	u64			duplicate_octets;
	struct hps_health	health;
	u64			born_us;
	u64			moved_us;
	u64			rx_seen;
	u32			progress_seen;
};

/* arrive.c */
extern const struct hps_channel_events hps_path_events;

/* push.c */
void hps_path_push(struct hps_channel *ch);

/* path.c */

struct hps_path *hps_path_new(struct hps_conn *conn, bool join, gfp_t gfp);
void hps_path_add(struct hps_path *path, struct hps_channel *ch);
bool hps_path_any_squeezed(const struct hps_conn *conn);
int hps_path_start(struct hps_path *path, struct hps_channel *ch,
		   const struct hps_channel_key *key);
void hps_path_free(struct hps_path *path);
void hps_path_up(struct hps_path *path);
void hps_path_fit_slice(struct hps_path *path);
void hps_path_note(struct hps_path *path, enum hps_conn_event event,
		   enum hps_nl_path_cause cause, int err);
void hps_path_detach(struct hps_path *path);
void hps_path_release(struct hps_path *path);
void hps_path_retire(struct hps_path *path);
void hps_path_finished(struct hps_path *path);
bool hps_path_usable(const struct hps_path *path);
struct hps_path *hps_path_ready(struct hps_conn *conn,
				const struct hps_path *except);
void hps_path_set(struct hps_path *path, u8 todo);
void hps_path_kick_all(struct hps_conn *conn);
void hps_path_kick_one(struct hps_conn *conn);
int hps_path_init(void);
void hps_path_exit(void);

#endif /* _HPS_CONN_PATH_H */

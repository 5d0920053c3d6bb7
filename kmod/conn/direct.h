/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One-sided operations of a connection, both ways (hps-wire.rst, "Direct placement").
 *
 *   ask.c     what this end wants of the peer's memory, until it is completed
 *   serve.c   what the peer wants of ours
 *   place.c   octets and elements as they arrive
 *   posted.c  receives that were posted: the stream goes to memory of the program
 */
#ifndef _HPS_CONN_DIRECT_H
#define _HPS_CONN_DIRECT_H

#include <linux/list.h>
#include <linux/mm_types_task.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <uapi/linux/hps_direct.h>

#include "ddp/access.h"
#include "wire.h"

struct hps_conn;
struct hps_cq;
struct hps_region;

/**
 * struct hps_ask - an operation of ours
 * @node:	in hps_direct.asks, in the order of posting
 * @post:	what was posted
 * @id:		all but WRITE: names it in the answer
 * @end:	behind its last octet in the stream
 * @len:	octets to be written or read
 * @done:	READ: octets that have come
 * @value:	SWAP, ADD: what was there before
 * @status:	0 or a negative errno, as far as it is known
 * @queued:	a place in the queue is kept for its completion
 * @answered:	all but WRITE: nothing more will come
 */
struct hps_ask {
	struct list_head	node;
	struct hps_direct_post	post;
	u32			id;
	u64			end;
	u64			len;
	u64			done;
	u64			value;
	int			status;
	bool			queued;
	bool			answered;
};

/**
 * struct hps_element - a REQUEST or RESULT of the peer
 * @node:	in hps_direct.elements by @off; a REQUEST then in hps_direct.served
 * @off:	its place in the stream
 * @type:	HPS_MSG_REQUEST or HPS_MSG_RESULT
 * @filled:	octets of the payload that are here
 * @done:	octets that were answered, of an atomic operation those carried out
 * @value:	SWAP, ADD: what was there before, once @done
 * @request, @result: the payload
 */
struct hps_element {
	struct list_head	node;
	u64			off;
	u8			type;
	u8			filled;
	u32			done;
	u64			value;
	union {
		struct hps_request_data	request;
		struct hps_result_data	result;
		u8			payload[sizeof(struct hps_request_data)];
	};
};

/**
 * struct hps_receive - a receive that was posted
 * @node:	in hps_direct.receives, in the order of posting
 * @data:	of its hps_direct_post
 * @flags:	the same
 * @len:	octets of all pieces
 * @done:	octets that are in place
 * @dropped:	of a record, octets that had no room
 * @filled:	octets that are in @piece[@at], which the next one goes to
 * @at:		see above; @nr: none has room
 * @nr:		pieces
 * @status:	-EFAULT: the memory went in the middle of a record
 * @queued:	a place in the queue is kept for its completion
 * @piece:	where octets go
 */
struct hps_receive {
	struct list_head	node;
	u64			data;
	u32			flags;
	u64			len;
	u64			done;
	u64			dropped;
	u64			filled;
	unsigned int		at;
	unsigned int		nr;
	int			status;
	bool			queued;
	struct hps_direct_piece	piece[];
};

/**
 * struct hps_direct - what a connection has for one-sided operations, and for receives
 *
 * Lifetime and locking: made at the first operation, of ours or of the peer's, or the
 * first receive, and freed with the connection; all under the data lock. @drain holds
 * the connection while it is queued.
 *
 * @conn:	whose it is
 * @asks:	struct hps_ask, not completed; @nr_asks of them, @nr_requests of which
 *		wait for an answer
 * @wanted:	somebody waits for one of these counts to go down
 * @next_id:	of the next request
 * @cq:		where completions go, with a reference; NULL: all were SILENT
 * @elements:	struct hps_element that wait for earlier octets of the stream, by
 *		offset; @nr_results of them are results
 * @served:	requests of the peer to be answered, in order; @nr_served of them and
 *		of those in @elements
 * @frag:	where answers are put together
 * @receives:	struct hps_receive, not completed; hps_recv.posted of them
 * @drain:	takes what lies in the queue of a dead channel
 */
struct hps_direct {
	struct hps_conn		*conn;
	struct list_head	asks;
	unsigned int		nr_asks;
	unsigned int		nr_requests;
	bool			wanted;
	u32			next_id;
	struct hps_cq		*cq;
	struct list_head	elements;
	unsigned int		nr_results;
	struct list_head	served;
	unsigned int		nr_served;
	struct page_frag	frag;
	struct list_head	receives;
	struct work_struct	drain;
};

struct hps_direct *hps_direct_get(struct hps_conn *conn, gfp_t gfp);
enum ddp_verdict hps_direct_find(const struct hps_conn *conn, u32 stag,
				 u64 offset, u64 len, u32 right,
				 struct hps_region **region);
int hps_direct_post_sink(const struct hps_conn *conn, u32 stag, u64 offset,
			 u64 len);
int hps_direct_reserve(struct hps_direct *d, struct hps_cq *cq);
void hps_direct_forget(struct hps_conn *conn, int err);
void hps_direct_free(struct hps_conn *conn);

#endif /* _HPS_CONN_DIRECT_H */

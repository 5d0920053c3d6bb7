/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints. All take plain numbers, so that they depend on no structure of
 * the floors below. A connection is known by the token that names its local
 * end, a link by its interface.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hps

#if !defined(_HPS_CONTROL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _HPS_CONTROL_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>
#include <uapi/linux/hps.h>

#define HPS_REASON_SYMBOL(code, number, name, text) { number, name },

DECLARE_EVENT_CLASS(hps_segment,
	TP_PROTO(u64 conn, int ifindex, u64 offset, u32 len, bool again),

	TP_ARGS(conn, ifindex, offset, len, again),

	TP_STRUCT__entry(
		__field(u64,	conn)
		__field(u64,	offset)
		__field(u32,	len)
		__field(int,	ifindex)
		__field(bool,	again)
	),

	TP_fast_assign(
		__entry->conn = conn;
		__entry->offset = offset;
		__entry->len = len;
		__entry->ifindex = ifindex;
		__entry->again = again;
	),

	TP_printk("conn=%016llx ifindex=%d offset=%llu len=%u again=%d",
		  __entry->conn, __entry->ifindex, __entry->offset,
		  __entry->len, __entry->again)
);

/* @again: it went over another path before */
DEFINE_EVENT(hps_segment, hps_segment_sent,
	TP_PROTO(u64 conn, int ifindex, u64 offset, u32 len, bool again),
	TP_ARGS(conn, ifindex, offset, len, again)
);

/* @again: the peer says that it went over another path before */
DEFINE_EVENT(hps_segment, hps_segment_received,
	TP_PROTO(u64 conn, int ifindex, u64 offset, u32 len, bool again),
	TP_ARGS(conn, ifindex, offset, len, again)
);

TRACE_EVENT(hps_path_up,
	TP_PROTO(u64 conn, int ifindex),

	TP_ARGS(conn, ifindex),

	TP_STRUCT__entry(
		__field(u64,	conn)
		__field(int,	ifindex)
	),

	TP_fast_assign(
		__entry->conn = conn;
		__entry->ifindex = ifindex;
	),

	TP_printk("conn=%016llx ifindex=%d", __entry->conn, __entry->ifindex)
);

/* @reason: enum hps_reason; @err: of the transport, negative, or 0 */
TRACE_EVENT(hps_path_down,
	TP_PROTO(u64 conn, int ifindex, u32 reason, int err),

	TP_ARGS(conn, ifindex, reason, err),

	TP_STRUCT__entry(
		__field(u64,	conn)
		__field(int,	ifindex)
		__field(u32,	reason)
		__field(int,	err)
	),

	TP_fast_assign(
		__entry->conn = conn;
		__entry->ifindex = ifindex;
		__entry->reason = reason;
		__entry->err = err;
	),

	TP_printk("conn=%016llx ifindex=%d reason=%s err=%d", __entry->conn,
		  __entry->ifindex,
		  __print_symbolic(__entry->reason,
				   HPS_REASONS(HPS_REASON_SYMBOL)
				   { U32_MAX, "unknown" }),
		  __entry->err)
);

/* @event: enum hps_conn_event; @cause: enum hps_nl_path_cause */
TRACE_EVENT(hps_path_health,
	TP_PROTO(u64 conn, int ifindex, u32 event, u32 cause),

	TP_ARGS(conn, ifindex, event, cause),

	TP_STRUCT__entry(
		__field(u64,	conn)
		__field(int,	ifindex)
		__field(u32,	event)
		__field(u32,	cause)
	),

	TP_fast_assign(
		__entry->conn = conn;
		__entry->ifindex = ifindex;
		__entry->event = event;
		__entry->cause = cause;
	),

	TP_printk("conn=%016llx ifindex=%d event=%s cause=%s", __entry->conn,
		  __entry->ifindex,
		  __print_symbolic(__entry->event, { 2, "up" }, { 3, "down" },
				   { 4, "suspect" }, { 5, "ready" }),
		  __print_symbolic(__entry->cause, { 0, "none" },
				   { 1, "carrier" }, { 2, "removed" },
				   { 3, "address" }, { 4, "silent" },
				   { 5, "transport" }, { 6, "peer" },
				   { 7, "withdrawn" }, { 8, "replaced" }))
);

/* States are those of enum hps_conn_state. */
TRACE_EVENT(hps_conn_state,
	TP_PROTO(u64 conn, int from, int to),

	TP_ARGS(conn, from, to),

	TP_STRUCT__entry(
		__field(u64,	conn)
		__field(int,	from)
		__field(int,	to)
	),

	TP_fast_assign(
		__entry->conn = conn;
		__entry->from = from;
		__entry->to = to;
	),

	TP_printk("conn=%016llx from=%d to=%d", __entry->conn, __entry->from,
		  __entry->to)
);

/* The sender has data from @offset on and may send up to @edge only. */
TRACE_EVENT(hps_credit_stall,
	TP_PROTO(u64 conn, u64 offset, u64 edge),

	TP_ARGS(conn, offset, edge),

	TP_STRUCT__entry(
		__field(u64,	conn)
		__field(u64,	offset)
		__field(u64,	edge)
	),

	TP_fast_assign(
		__entry->conn = conn;
		__entry->offset = offset;
		__entry->edge = edge;
	),

	TP_printk("conn=%016llx offset=%llu edge=%llu", __entry->conn,
		  __entry->offset, __entry->edge)
);

/* @sent: we acknowledged to the peer; else the peer did to us */
TRACE_EVENT(hps_ack,
	TP_PROTO(u64 conn, int ifindex, u64 ack, u64 edge, bool sent),

	TP_ARGS(conn, ifindex, ack, edge, sent),

	TP_STRUCT__entry(
		__field(u64,	conn)
		__field(u64,	ack)
		__field(u64,	edge)
		__field(int,	ifindex)
		__field(bool,	sent)
	),

	TP_fast_assign(
		__entry->conn = conn;
		__entry->ack = ack;
		__entry->edge = edge;
		__entry->ifindex = ifindex;
		__entry->sent = sent;
	),

	TP_printk("conn=%016llx ifindex=%d ack=%llu edge=%llu %s",
		  __entry->conn, __entry->ifindex, __entry->ack,
		  __entry->edge, __entry->sent ? "sent" : "received")
);

#endif /* _HPS_CONTROL_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Auto-tuning of buffers: they grow to twice what the paths together carry in
 * the longest round trip, as TCP's do for its one path.
 *
 * Pure logic. Times are microseconds of any clock.
 */
#ifndef _HPS_CONN_AUTOBUF_H
#define _HPS_CONN_AUTOBUF_H

#include <linux/types.h>

/**
 * struct hps_autobuf - what the reader has taken lately
 * @begin:	offset where the measurement began
 * @since:	when it did
 */
struct hps_autobuf {
	u64	begin;
	u64	since;
};

/* Worth a look at the clock? */
static inline bool hps_autobuf_is_due(const struct hps_autobuf *a, u64 consumed,
				      u32 buffer)
{
	return consumed - a->begin >= buffer / 2;
}

/* What was taken before tells nothing. */
static inline void hps_autobuf_restart(struct hps_autobuf *a, u64 consumed,
				       u64 now)
{
	a->begin = consumed;
	a->since = now;
}

u32 hps_autobuf_receive(struct hps_autobuf *a, u64 consumed, u64 now, u32 rtt,
			u32 buffer, u32 most);
u32 hps_autobuf_send(u32 memory, u64 written, u64 sent, u32 limit, u32 most);

#endif /* _HPS_CONN_AUTOBUF_H */

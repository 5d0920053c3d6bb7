/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A socket with registered memory whose peer we play by hand, for tests that break
 * the rules of direct placement.
 */
#ifndef _HPS_SELFTESTS_VICTIM_H
#define _HPS_SELFTESTS_VICTIM_H

#include "raw.h"

#include "guards.h"

/**
 * struct victim - what we attack
 * @r:		our end
 * @lst:	the listener
 * @fd:		its end
 * @q:		its queue of completions
 * @mem:	the region, of ROOM octets, zeros; guards before and behind it
 * @stag:	its tag
 * @sink:	the same for what it reads, for none but itself
 * @sink_stag:	its tag
 * @at:		stream offset of what we send next
 * @got:	all of its stream below this offset has come
 * @acked:	of ours, as far as it has said so
 * @window:	what it may send beyond @got
 * @bad:	HpsBadMessage before
 */
struct victim {
	struct raw	r;
	int		lst;
	int		fd;
	struct queue	q;
	u8		*mem;
	u32		stag;
	u8		*sink;
	u32		sink_stag;
	u64		at;
	u64		got;
	u64		acked;
	u32		window;
	long long	bad;
};

void victim_open(struct victim *w, unsigned int rights);
void victim_open_with(struct victim *w, unsigned int rights, u16 features,
		      u32 credit);
void victim_open_on(struct victim *w, int lst, unsigned int rights,
		    u16 features, u32 credit);
void victim_close(struct victim *w);
void victim_lives(struct victim *w);
void victim_unhurt(const struct victim *w);
void victim_refuses(struct victim *w, enum hps_reason reason);
void victim_fails(struct victim *w);

void say_place(struct victim *w, u8 flags, u64 off, u32 tag, u64 place,
	       const void *octets, size_t len);
void say_fill(struct victim *w, u64 off, u32 tag, u64 place, u8 octet,
	      size_t len);
void say_request(struct victim *w, u64 off, const struct hps_request_data *d,
		 size_t len);
void say_result(struct victim *w, u64 off, u32 id, u64 value, size_t len);
struct hps_request_data want(u32 id, u8 op, u32 stag, u32 len, u64 place,
			     u64 operand, u64 compare);

bool hear(struct victim *w, u8 type, void *buf, size_t size);
void hear_ack(struct victim *w, u64 off);
u32 hear_request(struct victim *w);
u64 hear_result(struct victim *w, u32 id);
void hear_answer(struct victim *w, u32 id, u8 *to, size_t len);

#endif /* _HPS_SELFTESTS_VICTIM_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Any octets as arrivals and reads: what the lists promise must hold after
 * each. Eight octets are one step.
 */
#include "conn/reasm.h"
#include "shim.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

static void check(const struct hps_reasm *r, const struct hps_rxq *q)
{
	u64 end = r->next, frontier = r->next, cost = 0, ready = 0;
	const struct hps_extent *e, *last = NULL;
	u32 count = 0;

	list_for_each_entry(e, &r->extents, by_offset) {
		assert(e->len && e->off >= end);
		assert(e->len <= U64_MAX - e->off);
		assert(!e->mark || (e->len == 1 && !e->placed));
		assert((e->mark || e->placed) == !e->rxq);
		assert(!e->placed || e->off != r->next);
		assert(!e->placed || !last || !last->placed || e->off != end);
		end = e->off + e->len;
		if (e->off == frontier) {
			frontier = end;
			ready += e->placed ? 0 : e->len;
		}
		cost += !e->rxq ? HPS_MARK_COST :
				  max_t(u32, e->len, HPS_MIN_SEGMENT_COST);
		last = e;
		count++;
	}
	assert(frontier == r->frontier && ready == r->ready);
	assert(ready + r->placed == frontier - r->next);
	assert(cost == r->cost && count == r->count);

	for (int i = 0; i < 2; i++)
		list_for_each_entry(e, &q[i].extents, by_pos)
			assert(e->rxq == &q[i] && !e->mark && !e->placed);
}

/* An offset near what matters, or a hostile one. */
static u64 offset(const struct hps_reasm *r, u8 how, u16 value)
{
	switch (how & 3) {
	case 0:
		return r->frontier + value;
	case 1:
		return r->next + value;
	case 2:
		return r->next > value ? r->next - value : 0;
	default:
		return U64_MAX - value;
	}
}

/* Returns how many octets were new. */
static u64 place(struct hps_reasm *r, u64 off, u32 len)
{
	u64 begin = off, end = off + len, sum = 0;
	u32 whole = len;

	while (hps_reasm_missing(r, &off, &len)) {
		assert(len && off >= begin && off + len <= end);
		assert(off >= r->frontier && !hps_reasm_at(r, off));
		assert(!hps_reasm_place(r, off, len));
		sum += len;
		off += len;
		len = end - off;
	}
	/* All of it is there now. */
	assert(hps_reasm_place(r, begin, whole) || !whole ||
	       end <= r->frontier || hps_reasm_at(r, end - 1));

	return sum;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u32 pos[2] = { 0, U32_MAX - 1000 };
	struct hps_rxq q[2];
	struct hps_reasm r;
	u64 fresh_sum = 0;

	hps_reasm_cache_init();
	hps_reasm_init(&r);
	hps_rxq_init(&q[0]);
	hps_rxq_init(&q[1]);

	for (; size >= 8; data += 8, size -= 8) {
		u16 value = data[2] << 8 | data[3];
		u32 len = data[4] << 8 | data[5];
		struct hps_extent *e;
		u32 fresh, n;
		u64 record = 0;

		if (data[0] & 0x80) {
			e = hps_reasm_head(&r);
			if (e) {
				n = 1 + len % e->len;
				hps_reasm_consume(&r, n);
			}
		} else if (data[0] & 4) {
			fresh_sum += place(&r, offset(&r, data[1], value), len);
		} else {
			n = data[0] & 1;
			if (data[0] & 2)
				len = 1;
			pos[n] += data[6];
			if (!hps_reasm_insert(&r, &q[n],
					      offset(&r, data[1], value), len,
					      pos[n], data[0] & 2, &fresh))
				pos[n] += len;
			assert(fresh <= len);
			fresh_sum += fresh;
		}
		hps_reasm_record(&r, &record);
		assert(record <= r.ready);
		check(&r, q);
		assert(r.next <= fresh_sum && !shim_warnings);
	}

	hps_reasm_purge(&r);
	assert(list_empty(&r.extents) && !r.count && !r.cost);
	assert(list_empty(&q[0].extents) && list_empty(&q[1].extents));
	hps_reasm_cache_exit();

	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Any octets as the frames of a bare connection. The memory behind regions,
 * receives and reads is as long as it may be used and not an octet longer, so
 * that the sanitizer sees what goes beyond.
 *
 * Input: two octets that say what we have asked for and posted, then frames.
 * A tag whose upper half is 0xabcd stands for the region of its lower half's
 * number: a fuzzer does not guess tags either.
 */
#include "ddp/mpa.h"
#include "ddp/stream.h"
#include "shim.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define REGIONS		4
#define DEPTH		4
#define SINK_TAG	0x11223344
#define ATOMIC_ID	0x55667788

static struct ddp_stag_table table;
static struct ddp_region regions[REGIONS];
static u8 *memory[REGIONS];
static struct rdmap_asked ring[DEPTH];
static u8 *sinks[DEPTH];
static struct rdmap_stream st;
static u32 answers, asked;

static u32 region_len(u32 i)
{
	return 64 << i;
}

static void set_up(u8 ask)
{
	u32 i;

	ddp_stag_init(&table);
	for (i = 0; i < REGIONS; i++) {
		regions[i] = (struct ddp_region) {
			.rights = i == 3 ? DDP_RIGHT_READ : 0xf,
			.base = i == 2 ? U64_MAX - region_len(i) + 1 : i * 8,
			.len = region_len(i), .domain = 1,
			.stream = i == 1 ? 9 : 0,
		};
		ddp_stag_add(&table, &regions[i]);
		memory[i] = malloc(region_len(i));
	}
	rdmap_stream_init(&st, &table, 1, 9);
	st.ird = 3;
	st.ord = DEPTH;
	st.asked = ring;
	answers = asked = 0;
	for (i = 0; i < DEPTH; i++, ask >>= 2) {
		u32 len = (ask & 3) * 20;

		sinks[i] = NULL;
		if (!(ask & 3))
			continue;
		sinks[asked++] = malloc(len);
		if ((ask & 3) == 3)
			rdmap_stream_ask(&st, true, ATOMIC_ID + i, 8);
		else
			rdmap_stream_ask(&st, false, SINK_TAG + i, len);
	}
}

static void tear_down(void)
{
	u32 i;

	for (i = 0; i < REGIONS; i++)
		free(memory[i]);
	for (i = 0; i < asked; i++)
		free(sinks[i]);
}

/* Tags as the comment above has them, where a tag can stand. */
static u32 real_tag(u32 tag)
{
	return tag >> 16 == 0xabcd ? regions[tag % REGIONS].stag : tag;
}

static u8 *place_of(const struct rdmap_place *place, u8 *receive)
{
	u32 i;

	switch (place->where) {
	case RDMAP_TO_REGION:
		for (i = 0; &regions[i] != place->region; i++)
			assert(i < REGIONS);
		assert(regions[i].valid);
		assert(regions[i].rights & DDP_RIGHT_WRITE);
		return memory[i] + place->offset;
	case RDMAP_TO_RECEIVE:
		return receive + place->offset;
	case RDMAP_TO_ASKED:
		assert(answers < asked);
		return sinks[answers] + place->offset;
	default:
		return NULL;
	}
}

static void serve(const struct rdmap_request *r)
{
	struct ddp_region *region;
	volatile u8 sum = 0;
	u64 at;
	u32 i;

	assert(st.serving <= st.ird);
	if (!r->len)
		return;
	assert(rdmap_stream_source(&st, r, 0, r->len, &region) == RDMAP_OK);
	at = r->offset - region->base;
	for (i = 0; i < r->len; i++)
		sum ^= memory[region - regions][at + i];
	if (r->atomic)
		rdmap_atomic_result(r, sum);
}

/* Returns false when the stream is at its end. */
static bool one_segment(const u8 *payload, const struct ddp_segment *seg,
			const u64 *room, u8 *receive, bool *received)
{
	struct rdmap_place place;
	struct rdmap_event event;
	u8 *copy = malloc(seg->len ? seg->len : 1), *to;
	bool internal;
	u32 tag;

	memcpy(copy, payload, seg->len);
	if (rdmap_stream_place(&st, seg, room, &place) != RDMAP_OK) {
		assert(st.ended);
		free(copy);
		return false;
	}
	to = place_of(&place, receive);
	if (to)
		memcpy(to, copy, seg->len);
	internal = place.where == RDMAP_TO_STREAM;
	if (internal && seg->queue == DDP_QN_REQUEST) {
		u8 *p = copy + (seg->len == 28 ? 16 : 8);

		memcpy(&tag, p, 4);
		tag = cpu_to_be32(real_tag(be32_to_cpu(tag)));
		memcpy(p, &tag, 4);
	}
	if (rdmap_stream_done(&st, seg, internal ? copy : NULL, &event)) {
		assert(st.ended);
		free(copy);
		return false;
	}
	free(copy);
	if (event.type == RDMAP_REQUESTED)
		serve(&event.request);
	answers += event.type == RDMAP_ANSWERED;
	assert(answers + st.count == asked);
	*received = event.type == RDMAP_RECEIVED;
	assert(!*received || event.len <= *room);
	if (event.type == RDMAP_TERMINATED)
		rdmap_error_name(event.terminate.error);

	return !st.ended;
}

static void quote(const u8 *frame, u32 avail, enum rdmap_error error)
{
	u8 *copy = malloc(avail ? avail : 1);
	struct rdmap_terminate_info info;
	u8 term[RDMAP_MAX_TERMINATE];
	u32 n;

	memcpy(copy, frame, avail);
	n = rdmap_terminate_build(term, error, copy, avail);
	assert(n <= sizeof(term));
	assert(rdmap_terminate_parse(term, n, &info));
	assert(info.error == (u32)error);
	free(copy);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u64 room;
	u8 *receive, posted;

	if (size < 2)
		return 0;
	set_up(data[0]);
	posted = data[1];
	data += 2;
	size -= 2;
	room = (posted & 15) * 17;
	receive = malloc(room);

	while (size >= sizeof(struct hps_frame)) {
		enum rdmap_error error;
		struct ddp_segment seg;
		bool received = false;
		u32 whole;

		error = ddp_segment_parse(data, &seg);
		if (error) {
			quote(data, size, error);
			break;
		}
		seg.stag = real_tag(seg.stag);
		whole = mpa_frame_size(seg.head_len - MPA_LEN_SIZE + seg.len);
		if (whole > size)
			break;
		if (!one_segment(data + seg.head_len, &seg,
				 posted >> 4 ? &room : NULL, receive,
				 &received))
			break;
		if (received)
			posted -= 0x10;
		/* now and then an answer goes out */
		if (st.serving && (whole & 4))
			rdmap_stream_answered(&st);
		data += whole;
		size -= whole;
	}
	free(receive);
	tear_down();

	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The places that paths have in a run (DS-1): the next piece of each.
 */
#include "conn/run.h"

#include <linux/minmax.h>

/* The path's place, or -1: enough others carry it, or it shall not @begin. */
static int find_slot(struct hps_run *run, u8 path, u64 una, bool begin)
{
	int i, free = -1;

	for (i = 0; i < run->copies; i++) {
		if (run->slot[i].path == path + 1)
			return i;
		if (free < 0 && !run->slot[i].path)
			free = i;
	}
	if (free < 0 || !begin)
		return -1;
	run->slot[free].path = path + 1;
	run->slot[free].next = free % 2 ? hps_run_end(run) :
					  max(run->off, una);
	return free;
}

/* What slot @i has not sent yet: from *@from to the result, which counts the
 * mark.
 */
static u64 slot_rest(const struct hps_run *run, int i, u64 una, u64 *from)
{
	*from = max(run->off, una);
	if (i % 2)
		return max(*from, run->slot[i].next);
	*from = max(*from, run->slot[i].next);
	return hps_run_end(run);
}

/**
 * hps_run_next - the next piece for a path
 * @run:	the run
 * @path:	id of the path
 * @begin:	it may take a place, if it has none yet and one is free
 * @una:	what is before has arrived already
 * @most:	octets of the piece at most
 * @piece:	filled
 *
 * Returns the path's place, an odd one if it goes from the back, or -1 if there
 * is nothing for it to send.
 */
int hps_run_next(struct hps_run *run, u8 path, bool begin, u64 una, u32 most,
		 struct hps_run_piece *piece)
{
	int i = find_slot(run, path, una, begin);
	u64 from, to, end;

	if (i < 0)
		return -1;
	to = slot_rest(run, i, una, &from);
	if (from >= to)
		return -1;
	piece->mark = run->mark && to > run->end;
	end = to - piece->mark;
	piece->off = i % 2 && end - from > most ? end - most : from;
	piece->len = min_t(u64, end - piece->off, most);
	/* From the front the mark goes with the last piece only. */
	piece->mark = piece->mark && piece->off + piece->len == run->end;
	return i;
}

/**
 * hps_run_sent - a path has sent a piece
 * @run:	the run
 * @path:	id of the path
 * @off:	first octet of the piece, which may be shorter than it was
 * @end:	behind its last one and its mark
 *
 * Returns false if the piece is not of this run.
 */
bool hps_run_sent(struct hps_run *run, u8 path, u64 off, u64 end)
{
	int i;

	if (off < run->off || off >= hps_run_end(run))
		return false;
	for (i = 0; i < run->copies; i++)
		if (run->slot[i].path == path + 1)
			run->slot[i].next = i % 2 ? off : end;
	return true;
}

/**
 * hps_run_leave - a path carries nothing any more: its place is free
 * @run:	the run
 * @path:	id of the path
 */
void hps_run_leave(struct hps_run *run, u8 path)
{
	int i;

	for (i = 0; i < run->copies; i++)
		if (run->slot[i].path == path + 1)
			run->slot[i].path = 0;
}

/**
 * hps_run_unsent - octets and marks that its paths have not sent, together
 * @run:	the run
 */
u64 hps_run_unsent(const struct hps_run *run)
{
	u64 from, to, sum = 0;
	int i;

	for (i = 0; i < run->copies; i++) {
		if (!run->slot[i].path)
			continue;
		to = slot_rest(run, i, run->off, &from);
		sum += to > from ? to - from : 0;
	}
	return sum;
}

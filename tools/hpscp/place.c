// SPDX-License-Identifier: GPL-2.0
/*
 * --direct: bytes that the sender writes into the receiver's file.
 *
 * The receiver has two windows of the file, so that one fills while the other is
 * read for the checksum. It takes a window back before it reads it: what was read
 * is what stays, whoever can put packets into the connection.
 */
#include "place.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum.h"
#include "common/direct.h"
#include "common/fail.h"
#include "copy.h"
#include "progress.h"
#include "wire.h"

#define WINDOWS		2
/* More would not make it faster, and be read from memory, not from the cache. */
#define WINDOW_MAX	(16 * 1024 * 1024)
/* The largest page of any machine: windows begin with one. */
#define WINDOW_MIN	(64 * 1024)

/* --- the receiver --------------------------------------------------------- */

/**
 * struct window - a part of the file that is lent
 * @map: NULL while there is none
 * @offset: from the start of the file
 */
struct window {
	char		*map;
	uint64_t	offset;
	size_t		len;
	uint32_t	stag;
};

/**
 * struct receiver - the file that is filled
 * @windows: in turn
 * @size: of each but the last
 * @opened: bytes that have or had a window
 * @placed: bytes that are in place
 * @full: there are no more windows, for a reason that the job has
 */
struct receiver {
	struct wire	*wire;
	struct copy_job	*job;
	struct checksum	*checksum;
	struct window	windows[WINDOWS];
	size_t		size;
	uint64_t	opened;
	uint64_t	placed;
	bool		full;
};

static void window_drop(struct window *window)
{
	if (window->map)
		munmap(window->map, window->len);
	window->map = NULL;
}

/* Return: 0, or errno. */
static int window_lend(struct receiver *r, struct window *window)
{
	struct hps_direct_region region = {
		.len = window->len,
		.rights = HPS_DIRECT_REMOTE_WRITE,
		.flags = HPS_DIRECT_ONLY,
	};
	int err;

	window->map = mmap(NULL, window->len, PROT_READ | PROT_WRITE, MAP_SHARED,
			   r->job->fd, window->offset);
	if (window->map == MAP_FAILED) {
		window->map = NULL;
		return errno;
	}
	region.addr = (uintptr_t)window->map;
	if (!direct_register(r->wire->fd, &region)) {
		window->stag = region.stag;
		return 0;
	}
	err = errno;
	fail_clear();
	window_drop(window);
	return err;
}

/* The next window. Return: 0, errno if there can be none, -1 after fail(). */
static int window_open(struct receiver *r, struct window *window)
{
	uint64_t left = r->job->length - r->opened;
	int err;

	window->offset = r->opened;
	window->len = left < r->size ? left : r->size;
	/* The disk may be full; better now than by a signal. */
	while (fallocate(r->job->fd, 0, window->offset, window->len)) {
		if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
			return fail("cannot write the file: %s", strerror(errno));
		if (errno != EINTR)
			return errno;
	}
	err = window_lend(r, window);
	if (!err)
		r->opened += window->len;
	return err;
}

static int window_offer(struct receiver *r, const struct window *window)
{
	const struct cp_window offer = {
		.stag = htobe32(window->stag),
		.length = htobe64(window->len),
	};

	return wire_send(r->wire, CP_WINDOW, &offer, sizeof(offer));
}

/* There are no windows, or no more of them, because of @err. */
static void explain(struct receiver *r, int err)
{
	char *why = r->job->why_not;

	r->full = true;
	if (err == ENOMEM)
		snprintf(why, CP_ERROR_MAX,
			 "the receiver may not pin windows of %zu KiB: see RLIMIT_MEMLOCK (ulimit -l)",
			 r->size / 1024);
	else if (err == EOPNOTSUPP)
		snprintf(why, CP_ERROR_MAX,
			 "the receiver's file system cannot lend a file: it writes files back, or has no fallocate()");
	else
		snprintf(why, CP_ERROR_MAX, "the receiver's file cannot be lent: %s",
			 strerror(err));
}

/* As those of window_open(). */
static int open_all(struct receiver *r)
{
	unsigned int i;
	int err;

	for (i = 0; i < WINDOWS && r->opened < r->job->length; i++) {
		err = window_open(r, &r->windows[i]);
		if (err)
			return err;
	}
	return 0;
}

static void close_all(struct receiver *r)
{
	unsigned int i;

	for (i = 0; i < WINDOWS; i++) {
		if (r->windows[i].map)
			direct_deregister(r->wire->fd, r->windows[i].stag);
		window_drop(&r->windows[i]);
	}
	r->opened = 0;
}

/* The largest windows that we may pin, all of them or none. */
static int begin(struct receiver *r)
{
	unsigned int i;
	struct stat st;
	int err;

	if (fstat(r->job->fd, &st) || !S_ISREG(st.st_mode)) {
		strcpy(r->job->why_not, "the receiver's is not a regular file");
		return 0;
	}
	for (r->size = WINDOW_MAX; ; r->size /= 2) {
		err = open_all(r);
		if (err != ENOMEM || r->size == WINDOW_MIN)
			break;
		close_all(r);
	}
	if (err) {
		close_all(r);
		if (err > 0)
			explain(r, err);
		return err < 0 ? -1 : 0;
	}
	for (i = 0; i < WINDOWS && r->windows[i].map; i++)
		if (window_offer(r, &r->windows[i]))
			return -1;
	return 0;
}

static int recv_placed(struct receiver *r, const struct window *window)
{
	struct cp_placed placed;
	uint64_t end;

	if (wire_wait(r->wire) ||
	    wire_recv_fixed(r->wire, CP_PLACED, &placed, sizeof(placed)))
		return -1;
	end = be64toh(placed.end);
	if (end <= r->placed || end > window->offset + window->len)
		return fail("the other side wrote something that is not the file's next part");
	r->placed = end;
	progress_show(r->job->progress, end);
	return 0;
}

/* Takes a full window back and lends the next one in its place. */
static int turn(struct receiver *r, struct window *window)
{
	int err;

	direct_deregister(r->wire->fd, window->stag);
	err = checksum_add(r->checksum, window->map, window->len);
	window_drop(window);
	if (err)
		return -1;
	if (r->full || r->opened == r->job->length)
		return 0;
	err = window_open(r, window);
	if (err > 0)
		explain(r, err);
	if (err)
		return err < 0 ? -1 : 0;
	return window_offer(r, window);
}

static int fill(struct receiver *r)
{
	struct window *window = r->windows;

	while (r->placed < r->opened) {
		if (recv_placed(r, window))
			return -1;
		if (r->placed < window->offset + window->len)
			continue;
		if (turn(r, window))
			return -1;
		window = window == r->windows ? &r->windows[1] : r->windows;
	}
	return 0;
}

int place_recv(struct wire *wire, struct copy_job *job, struct checksum *checksum,
	       uint64_t *received)
{
	struct receiver r = { .wire = wire, .job = job, .checksum = checksum };
	unsigned int i;

	if (begin(&r) || fill(&r)) {
		/* Who still writes shall hear why, and not that there is no
		 * such region: what is lent ends with the socket.
		 */
		for (i = 0; i < WINDOWS; i++)
			window_drop(&r.windows[i]);
		return -1;
	}
	*received = r.placed;
	job->placed = r.placed;
	if (r.placed == job->length)
		return 0;
	if (r.placed && lseek(job->fd, r.placed, SEEK_SET) < 0)
		return fail("cannot write the file: %s", strerror(errno));
	return wire_send(wire, CP_ORDINARY, job->why_not, strlen(job->why_not));
}

/* --- the sender ----------------------------------------------------------- */

/**
 * struct sender - what the receiver has offered
 * @offers: those that are not full, @count of them
 * @offered: bytes of all offers
 * @written: bytes in the first
 * @ended: there will be no more
 */
struct sender {
	struct wire		*wire;
	struct copy_job		*job;
	struct cp_window	offers[WINDOWS];
	unsigned int		count;
	uint64_t		offered;
	uint64_t		written;
	bool			ended;
};

static int take_message(struct sender *s)
{
	union {
		struct cp_window	window;
		char			text[CP_ERROR_MAX];
	} body;
	enum cp_type type;
	uint64_t length;
	ssize_t got;

	/* not sizeof(body), which is padded */
	got = wire_recv(s->wire, &type, &body, sizeof(body.text));
	if (got < 0)
		return -1;
	if (type == CP_ORDINARY && got && !s->ended && !s->count) {
		memcpy(s->job->why_not, body.text, got);
		s->job->why_not[got] = 0;
		make_printable(s->job->why_not);
		s->ended = true;
		return 0;
	}
	if (type != CP_WINDOW || got != sizeof(body.window) || s->ended ||
	    s->count == WINDOWS)
		return fail("the other side spoke out of turn");
	length = be64toh(body.window.length);
	if (!length || length > s->job->length - s->offered || body.window.reserved)
		return fail("the other side offered a malformed window");
	s->offered += length;
	s->offers[s->count++] = body.window;
	return 0;
}

/* It has ended the connection, and may have said why before. */
static bool has_ended(int err)
{
	return err == -EPIPE || err == -ECONNRESET || err == -EREMOTEIO;
}

static int hear_reason(struct sender *s)
{
	fail_clear();
	while (!take_message(s))
		;
	return -1;
}

/* Writes @len bytes into the first window. */
static int write_piece(struct sender *s, const char *buf, size_t len, uint64_t end)
{
	const struct cp_placed placed = { .end = htobe64(end) };
	const struct cp_window *window = &s->offers[0];
	int err;

	err = direct_write(s->wire->fd, be32toh(window->stag), s->written, buf, len);
	if (err && !has_ended(err))
		return fail("writing to the other side failed: %s", strerror(-err));
	if (err || wire_send(s->wire, CP_PLACED, &placed, sizeof(placed)))
		return s->wire->silent ? -1 : hear_reason(s);
	s->written += len;
	if (s->written < be64toh(window->length))
		return 0;
	s->written = 0;
	s->count--;
	s->offers[0] = s->offers[1];
	return 0;
}

int place_send(struct wire *wire, struct copy_job *job, struct checksum *checksum,
	       char *buf, uint64_t *sent)
{
	struct sender s = { .wire = wire, .job = job };
	uint64_t room;
	ssize_t got;

	while (*sent < job->length && !s.ended) {
		if (wire_has_input(wire) || !s.count) {
			if (wire_wait(wire) || take_message(&s))
				return -1;
			continue;
		}
		/* Not from a mapping: what is sent must be what the checksum was
		 * made of, and a file that shrinks is an error, not a signal.
		 */
		room = be64toh(s.offers[0].length) - s.written;
		got = copy_read(job->fd, buf, room, job->offset + *sent);
		if (got < 0 || checksum_add(checksum, buf, got) ||
		    write_piece(&s, buf, got, *sent + got))
			return -1;
		*sent += got;
		job->placed = *sent;
		progress_show(job->progress, *sent);
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* The bytes of a file, over a connection, with a digest at both ends. */
#include "copy.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checksum.h"
#include "common/fail.h"
#include "place.h"
#include "progress.h"
#include "wire.h"

static int write_all(int fd, const char *buf, size_t len)
{
	ssize_t written;

	while (len) {
		written = write(fd, buf, len);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail("cannot write the file: %s", strerror(errno));
		buf += written;
		len -= written;
	}
	return 0;
}

ssize_t copy_read(int fd, char *buf, uint64_t left, uint64_t offset)
{
	size_t want = left < COPY_CHUNK ? left : COPY_CHUNK;
	ssize_t got;

	do {
		got = pread(fd, buf, want, offset);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail("cannot read the file: %s", strerror(errno));
	if (!got)
		return fail("the file became shorter while it was read");
	return got;
}

/* The peer speaks only to say why it gave up. */
static int hear_reason(struct wire *wire)
{
	enum cp_type type;

	if (wire_recv(wire, &type, NULL, 0) >= 0)
		fail("the other side spoke out of turn");
	return -1;
}

static int send_bytes(struct wire *wire, struct copy_job *job,
		      struct checksum *checksum, char *buf)
{
	uint64_t sent = 0;
	ssize_t got;

	if (wire->direct && place_send(wire, job, checksum, buf, &sent))
		return -1;
	while (sent < job->length) {
		if (wire_has_input(wire))
			return hear_reason(wire);
		got = copy_read(job->fd, buf, job->length - sent,
				job->offset + sent);
		if (got < 0 || checksum_add(checksum, buf, got))
			return -1;
		if (wire_send_data(wire, buf, got)) {
			if (wire->silent)
				return -1;
			fail_clear();
			return hear_reason(wire);
		}
		sent += got;
		progress_show(job->progress, sent);
	}
	return checksum_result(checksum, job->digest);
}

static int recv_bytes(struct wire *wire, struct copy_job *job,
		      struct checksum *checksum, char *buf)
{
	uint64_t received = 0;
	enum cp_type type;
	struct cp_end end;
	ssize_t got;

	if (wire->direct && place_recv(wire, job, checksum, &received))
		return -1;
	for (;;) {
		got = wire_recv(wire, &type, buf, CP_DATA_MAX);
		if (got < 0)
			return -1;
		if (type == CP_END && got == sizeof(end))
			break;
		if (type != CP_DATA || !got ||
		    (uint64_t)got > job->length - received)
			return fail("the other side sent something that is not the file's next part");
		if (checksum_add(checksum, buf, got) ||
		    write_all(job->fd, buf, got))
			return -1;
		received += got;
		progress_show(job->progress, received);
	}
	memcpy(&end, buf, sizeof(end));
	if (received != job->length || be64toh(end.length) != job->length)
		return fail("only %llu of %llu bytes arrived",
			    (unsigned long long)received,
			    (unsigned long long)job->length);
	if (checksum_result(checksum, job->digest))
		return -1;
	if (memcmp(end.digest, job->digest, sizeof(end.digest)))
		return fail("checksum mismatch: what was written is not what was read (%s)",
			    checksum_name(job->checksum));
	return 0;
}

static int run(struct wire *wire, struct copy_job *job, size_t size,
	       int (*bytes)(struct wire *wire, struct copy_job *job,
			    struct checksum *checksum, char *buf))
{
	struct checksum checksum;
	int err;
	char *buf;

	buf = malloc(size);
	if (!buf)
		return fail("not enough memory for a transfer");
	err = checksum_init(&checksum, job->checksum, wire->data_key);
	if (!err)
		err = bytes(wire, job, &checksum, buf);
	checksum_free(&checksum);
	free(buf);
	return err;
}

int copy_send(struct wire *wire, struct copy_job *job)
{
	struct cp_end end = { .length = htobe64(job->length) };

	if (run(wire, job, COPY_CHUNK, send_bytes))
		return -1;
	memcpy(end.digest, job->digest, sizeof(end.digest));
	return wire_send(wire, CP_END, &end, sizeof(end));
}

int copy_recv(struct wire *wire, struct copy_job *job)
{
	return run(wire, job, CP_DATA_MAX, recv_bytes);
}

int copy_within(int from, int to, uint64_t offset, uint64_t length)
{
	uint64_t done = 0;
	int err = 0;
	ssize_t got;
	char *buf;

	buf = malloc(COPY_CHUNK);
	if (!buf)
		return fail("not enough memory for a transfer");
	if (lseek(to, offset, SEEK_SET) < 0)
		err = fail("cannot reach the part's place: %s", strerror(errno));
	while (!err && done < length) {
		got = copy_read(from, buf, length - done, done);
		err = got < 0 ? -1 : write_all(to, buf, got);
		done += got;
	}
	free(buf);
	return err;
}

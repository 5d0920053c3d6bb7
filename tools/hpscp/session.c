// SPDX-License-Identifier: GPL-2.0
/* The server's side of one transfer. */
#include "session.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beneath.h"
#include "checksum.h"
#include "common/clock.h"
#include "common/fail.h"
#include "common/sock.h"
#include "copy.h"
#include "dest.h"
#include "key.h"
#include "wire.h"

/* From accept() until the request is understood. */
#define HANDSHAKE_MS	10000

/* A checked request in host order, and how many bytes were placed directly. */
struct request {
	enum cp_op	op;
	unsigned int	flags;
	unsigned int	mode;
	enum cp_checksum checksum;
	uint64_t	offset;
	uint64_t	length;
	struct timespec	mtime;
	uint64_t	placed;
	char		path[CP_PATH_MAX + 1];
};

static int check_request(const struct cp_request *wire, size_t path_len,
			 const char *path)
{
	unsigned int allowed = wire->op == CP_GET ?
		CP_REQ_PART | CP_REQ_TO_END : CP_REQ_PART | CP_REQ_TIMES;
	uint64_t offset = be64toh(wire->offset), length = be64toh(wire->length);

	if (wire->op != CP_GET && wire->op != CP_PUT)
		return fail("unknown operation %u", wire->op);
	if (wire->flags & ~allowed || wire->reserved[0] || wire->reserved[1] ||
	    wire->reserved[2])
		return fail("unknown flags in the request");
	if (!checksum_name(wire->checksum))
		return fail("unknown checksum algorithm %u", wire->checksum);
	if (be32toh(wire->mode) > 0777)
		return fail("only permission bits are allowed in the mode");
	if (be32toh(wire->mtime_nsec) >= NSEC_PER_SEC)
		return fail("malformed time in the request");
	if (offset > INT64_MAX || length > INT64_MAX - offset)
		return fail("the part ends beyond what a file can have");
	if (!(wire->flags & CP_REQ_PART) && offset)
		return fail("an offset without a part");
	if (!path_len || path_len != be16toh(wire->path_len))
		return fail("malformed path length in the request");
	if (memchr(path, 0, path_len))
		return fail("the path has a NUL inside");
	return 0;
}

static int recv_request(struct wire *wire, struct request *request)
{
	struct {
		struct cp_request fixed;
		char path[CP_PATH_MAX];
	} body;
	enum cp_type type;
	ssize_t got;

	/* not sizeof(body), which is padded */
	got = wire_recv(wire, &type, &body, sizeof(body.fixed) + sizeof(body.path));
	if (got < 0)
		return -1;
	if (type != CP_REQUEST || (size_t)got < sizeof(body.fixed))
		return fail("expected a request, got message type %u", type);
	got -= sizeof(body.fixed);
	if (check_request(&body.fixed, got, body.path))
		return -1;

	request->op = body.fixed.op;
	request->flags = body.fixed.flags;
	request->mode = be32toh(body.fixed.mode);
	request->checksum = body.fixed.checksum;
	request->offset = be64toh(body.fixed.offset);
	request->length = be64toh(body.fixed.length);
	request->mtime.tv_sec = (int64_t)be64toh(body.fixed.mtime_sec);
	request->mtime.tv_nsec = be32toh(body.fixed.mtime_nsec);
	memcpy(request->path, body.path, got);
	request->path[got] = 0;
	return 0;
}

static int send_file(struct wire *wire, struct request *request, int fd,
		     const struct stat *st)
{
	struct cp_ready ready = {
		.file_size = htobe64(st->st_size),
		.mtime_sec = htobe64(st->st_mtim.tv_sec),
		.mtime_nsec = htobe32(st->st_mtim.tv_nsec),
		.mode = htobe32(st->st_mode & 0777),
	};
	uint64_t size = st->st_size, left;
	struct copy_job job = { .fd = fd };
	int err;

	if (request->offset > size)
		return fail("the part begins beyond the file's end (it has %llu bytes)",
			    (unsigned long long)size);
	left = size - request->offset;
	if (!(request->flags & CP_REQ_PART) || request->flags & CP_REQ_TO_END)
		request->length = left;
	if (request->length > left)
		return fail("the part ends beyond the file's end (it has %llu bytes)",
			    (unsigned long long)size);
	ready.length = htobe64(request->length);
	if (wire_send(wire, CP_READY, &ready, sizeof(ready)))
		return -1;
	job.offset = request->offset;
	job.length = request->length;
	job.checksum = request->checksum;
	err = copy_send(wire, &job);
	request->placed = job.placed;
	return err;
}

static int do_get(struct wire *wire, const struct session_policy *policy,
		  struct request *request)
{
	struct stat st;
	int err, fd;

	fd = beneath_open_file(policy->root, request->path, O_RDONLY, &st);
	if (fd < 0)
		return -1;
	err = send_file(wire, request, fd, &st);
	close(fd);
	return err;
}

/* Receives into @fd and prepares our DONE. */
static int receive(struct wire *wire, struct request *request, int fd,
		   struct cp_done *done)
{
	static const struct cp_ready ready;
	struct copy_job job = {
		.fd = fd,
		.length = request->length,
		.checksum = request->checksum,
	};
	uint64_t start = clock_ns();

	memset(done, 0, sizeof(*done));
	if (wire_send(wire, CP_READY, &ready, sizeof(ready)) ||
	    copy_recv(wire, &job))
		return -1;
	request->placed = job.placed;
	memcpy(done->digest, job.digest, sizeof(done->digest));
	done->length = htobe64(request->length);
	done->nsec = htobe64(clock_ns() - start);
	return 0;
}

static int put_file(struct wire *wire, struct request *request,
		    int dirfd, const char *name)
{
	bool times = request->flags & CP_REQ_TIMES;
	struct cp_done done;
	struct dest dest;
	int err;

	if (dest_open(&dest, dirfd))
		return -1;
	err = receive(wire, request, dest.fd, &done);
	if (!err)
		err = dest_commit(&dest, name, request->mode,
				  times ? &request->mtime : NULL);
	dest_close(&dest);
	return err ? err : wire_send(wire, CP_DONE, &done, sizeof(done));
}

/* The part goes into the file only when all of it is here and right. */
static int put_part(struct wire *wire, struct request *request,
		    int dirfd, int fd, const struct stat *st)
{
	struct cp_done done;
	struct dest dest;
	int err;

	if (request->offset > (uint64_t)st->st_size)
		return fail("the part begins beyond the file's end (it has %lld bytes)",
			    (long long)st->st_size);
	if (dest_open_scratch(&dest, dirfd))
		return -1;
	err = receive(wire, request, dest.fd, &done);
	if (!err)
		err = copy_within(dest.fd, fd, request->offset, request->length);
	if (!err && fsync(fd))
		err = fail("cannot write the file to disk: %s", strerror(errno));
	dest_close(&dest);
	return err ? err : wire_send(wire, CP_DONE, &done, sizeof(done));
}

static int do_put(struct wire *wire, const struct session_policy *policy,
		  struct request *request)
{
	const char *name;
	struct stat st;
	int dirfd, err, fd;

	if (!policy->writable)
		return fail("this server is read-only (it was started without --rw)");
	dirfd = beneath_open_parent(policy->root, request->path, &name);
	if (dirfd < 0)
		return -1;
	if (!(request->flags & CP_REQ_PART)) {
		err = put_file(wire, request, dirfd, name);
		close(dirfd);
		return err;
	}

	fd = beneath_open_file(policy->root, request->path, O_WRONLY, &st);
	err = fd < 0 ? -1 : put_part(wire, request, dirfd, fd, &st);
	if (fd >= 0)
		close(fd);
	close(dirfd);
	return err;
}

static void log_result(const struct session_policy *policy, const char *peer,
		       struct request *request, int err)
{
	static const char * const names[] = { "(no request)", "get", "put" };

	if (policy->quiet)
		return;
	make_printable(request->path);
	if (err)
		say_error("%s: %s '%s' failed: %s", peer, names[request->op],
			  request->path, fail_text());
	else
		say_error("%s: %s '%s': %llu bytes from offset %llu, %llu placed directly",
			  peer, names[request->op], request->path,
			  (unsigned long long)request->length,
			  (unsigned long long)request->offset,
			  (unsigned long long)request->placed);
}

int session_run(int fd, const char *peer, const void *arg)
{
	const struct session_policy *policy = arg;
	struct request request = { 0 };
	struct wire wire = {
		.fd = fd,
		.role = 's',
		.deadline_ns = clock_ns() + HANDSHAKE_MS * NSEC_PER_MSEC,
		.idle_ms = policy->idle_ms,
	};
	int err;

	err = sock_set_timeout(fd, HANDSHAKE_MS);
	if (!err)
		err = key_hello_server(&wire, policy->key);
	if (!err)
		err = recv_request(&wire, &request);
	if (!err)
		err = wire_end_handshake(&wire);
	if (!err)
		err = request.op == CP_GET ? do_get(&wire, policy, &request) :
			do_put(&wire, policy, &request);
	if (err)
		wire_send_error(&wire);
	log_result(policy, peer, &request, err);
	close(fd);
	return err ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/* hpscp get and put. */
#include "client.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum.h"
#include "common/clock.h"
#include "common/direct.h"
#include "common/fail.h"
#include "common/out.h"
#include "common/parse.h"
#include "copy.h"
#include "dest.h"
#include "key.h"
#include "local.h"
#include "options.h"
#include "progress.h"
#include "wire.h"

/* The server may need long to bring what it got to its disk. */
#define DONE_MS		600000

/* One transfer: what is asked for, and how it went. */
struct transfer {
	const struct options	*options;
	const char		*operation;
	const char		*host;
	const char		*path;
	struct wire		wire;
	struct progress		progress;
	struct copy_job		job;
	uint64_t		start_ns;	/* before connecting */
	uint64_t		nsec;		/* the data alone */
};

/* Return: as key_hello_client(); there is a connection if it is 0. */
static int connect_wire(struct transfer *transfer, const struct key *key, bool direct)
{
	const struct options *options = transfer->options;
	struct wire *wire = &transfer->wire;
	int err;

	memset(wire, 0, sizeof(*wire));
	wire->role = 'c';
	wire->idle_ms = options->sock.timeout_ms;
	wire->fd = sock_connect(&options->sock, transfer->host, options->port);
	if (wire->fd < 0)
		return -1;
	wire->deadline_ns = clock_ns() + wire->idle_ms * NSEC_PER_MSEC;
	wire->direct = direct && direct_usable(wire->fd);
	if (direct && !wire->direct)
		strcpy(transfer->job.why_not,
		       "this kernel's module hps has no one-sided operations");
	err = key_hello_client(wire, key);
	if (!err)
		err = wire_end_handshake(wire);
	if (err)
		close(wire->fd);
	return err;
}

static int say_hello(struct transfer *transfer)
{
	const struct options *options = transfer->options;
	static struct key key;
	int err;

	if (options->key_file && key_load(&key, options->key_file))
		return -1;
	transfer->start_ns = clock_ns();
	err = connect_wire(transfer, options->key_file ? &key : NULL, options->direct);
	if (err <= 0)
		return err;
	strcpy(transfer->job.why_not,
	       "the server's hpscp or its module hps is too old");
	return connect_wire(transfer, options->key_file ? &key : NULL, false);
}

static int send_request(struct transfer *transfer, struct cp_request *fixed)
{
	struct {
		struct cp_request fixed;
		char path[CP_PATH_MAX];
	} body;
	size_t len = strlen(transfer->path);

	if (len > CP_PATH_MAX)
		return fail("the remote path is too long");
	fixed->path_len = htobe16(len);
	fixed->checksum = transfer->options->checksum;
	transfer->job.checksum = transfer->options->checksum;
	body.fixed = *fixed;
	memcpy(body.path, transfer->path, len);
	return wire_send(&transfer->wire, CP_REQUEST, &body, sizeof(*fixed) + len);
}

static void report(const struct transfer *transfer, const char *name)
{
	double seconds = transfer->nsec / 1e9;
	double total = (clock_ns() - transfer->start_ns) / 1e9;
	double rate = seconds > 0 ? transfer->job.length * 8 / seconds / 1e6 : 0;
	char digest[CHECKSUM_TEXT_MAX];

	if (transfer->options->quiet && !transfer->options->json)
		return;
	checksum_print(transfer->job.digest, digest);
	out_str("tool", NULL, "hpscp");
	out_str("operation", NULL, transfer->operation);
	out_str("proto", NULL, sock_proto_name(transfer->options->sock.proto));
	out_str("host", NULL, transfer->host);
	out_str("path", NULL, transfer->path);
	out_str(NULL, "%s: ", name);
	if (transfer->options->part)
		out_u64("offset", "from offset %llu, ", transfer->options->offset);
	out_u64("bytes", "%llu bytes", transfer->job.length);
	out_double("seconds", " in %.3f s", seconds);
	out_double("total_seconds", NULL, total);
	out_double("mbit_per_s", ", %.1f Mbit/s", rate);
	out_str("checksum", NULL, checksum_name(transfer->job.checksum));
	out_str("digest", NULL, digest);
	if (transfer->options->direct)
		out_u64("placed_bytes", ", %llu of them placed directly",
			transfer->job.placed);
	if (transfer->job.why_not[0])
		out_str("not_placed", " (%s)", transfer->job.why_not);
	out_text("\n");
}

static int recv_ready(struct transfer *transfer, struct cp_ready *ready)
{
	const struct options *options = transfer->options;

	if (wire_recv_fixed(&transfer->wire, CP_READY, ready, sizeof(*ready)))
		return -1;
	transfer->job.length = be64toh(ready->length);
	if (transfer->job.length > INT64_MAX || be32toh(ready->mode) > 0777 ||
	    be32toh(ready->mtime_nsec) >= NSEC_PER_SEC)
		return fail("the server sent a malformed answer");
	if (options->part && !options->part_to_end &&
	    transfer->job.length != options->length)
		return fail("the server offers another part than asked for");
	return 0;
}

static int receive(struct transfer *transfer, int fd)
{
	uint64_t start = clock_ns();
	int err;

	progress_start(&transfer->progress, transfer->options->quiet,
		       transfer->path, transfer->job.length);
	transfer->job.fd = fd;
	transfer->job.progress = &transfer->progress;
	err = copy_recv(&transfer->wire, &transfer->job);
	transfer->nsec = clock_ns() - start;
	progress_end(&transfer->progress);
	if (err)
		wire_send_error(&transfer->wire);
	return err;
}

static int get_into(struct transfer *transfer, const struct local *local)
{
	const struct options *options = transfer->options;
	struct cp_request request = { .op = CP_GET };
	struct cp_ready ready;
	struct timespec mtime;
	struct dest dest;
	int err;

	if (options->part) {
		request.flags = CP_REQ_PART |
			(options->part_to_end ? CP_REQ_TO_END : 0);
		request.offset = htobe64(options->offset);
		request.length = htobe64(options->length);
	}
	if (send_request(transfer, &request) || recv_ready(transfer, &ready))
		return -1;
	if (local->special >= 0)
		return receive(transfer, local->special);

	if (dest_open(&dest, local->dirfd))
		return -1;
	err = receive(transfer, dest.fd);
	mtime.tv_sec = (int64_t)be64toh(ready.mtime_sec);
	mtime.tv_nsec = be32toh(ready.mtime_nsec);
	if (!err)
		err = dest_commit(&dest, local->name, be32toh(ready.mode),
				  options->times ? &mtime : NULL);
	dest_close(&dest);
	return err;
}

int client_get(const struct options *options, char **args)
{
	struct transfer transfer = { .options = options, .operation = "get" };
	struct local local;
	int err;

	if (parse_remote(args[0], &transfer.host, &transfer.path) ||
	    local_find(&local, args[1], transfer.path))
		return -1;
	err = say_hello(&transfer);
	if (!err) {
		err = get_into(&transfer, &local);
		close(transfer.wire.fd);
	}
	if (!err)
		report(&transfer, transfer.path);
	local_close(&local);
	return err;
}

static int recv_done(struct transfer *transfer)
{
	struct cp_done done;

	if (sock_set_timeout(transfer->wire.fd, DONE_MS) ||
	    wire_recv_fixed(&transfer->wire, CP_DONE, &done, sizeof(done)))
		return -1;
	if (be64toh(done.length) != transfer->job.length ||
	    memcmp(done.digest, transfer->job.digest, sizeof(done.digest)))
		return fail("checksum mismatch: the server wrote something else");
	transfer->nsec = be64toh(done.nsec);
	return 0;
}

static int send_file(struct transfer *transfer, int fd, const char *name)
{
	struct cp_ready ready;
	int err;

	if (wire_recv_fixed(&transfer->wire, CP_READY, &ready, sizeof(ready)))
		return -1;
	progress_start(&transfer->progress, transfer->options->quiet, name,
		       transfer->job.length);
	transfer->job.fd = fd;
	transfer->job.progress = &transfer->progress;
	err = copy_send(&transfer->wire, &transfer->job);
	if (err)
		wire_send_error(&transfer->wire);
	else
		err = recv_done(transfer);
	progress_end(&transfer->progress);
	return err;
}

static int put_from(struct transfer *transfer, int fd, const struct stat *st,
		    const char *name)
{
	const struct options *options = transfer->options;
	struct cp_request request = {
		.op = CP_PUT,
		.mode = htobe32(st->st_mode & 0777),
	};

	transfer->job.length = st->st_size;
	if (options->part && !options->part_to_end) {
		if (options->length > transfer->job.length)
			return fail("%s has only %llu bytes", name,
				    (unsigned long long)transfer->job.length);
		transfer->job.length = options->length;
	}
	request.length = htobe64(transfer->job.length);
	if (options->part) {
		request.flags = CP_REQ_PART;
		request.offset = htobe64(options->offset);
	} else if (options->times) {
		request.flags = CP_REQ_TIMES;
		request.mtime_sec = htobe64(st->st_mtim.tv_sec);
		request.mtime_nsec = htobe32(st->st_mtim.tv_nsec);
	}
	if (say_hello(transfer))
		return -1;
	if (send_request(transfer, &request) ||
	    send_file(transfer, fd, name)) {
		close(transfer->wire.fd);
		return -1;
	}
	close(transfer->wire.fd);
	return 0;
}

int client_put(const struct options *options, char **args)
{
	struct transfer transfer = { .options = options, .operation = "put" };
	struct stat st;
	int err, fd;

	if (parse_remote(args[1], &transfer.host, &transfer.path))
		return -1;
	fd = open(args[0], O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fail("cannot open %s: %s", args[0], strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		err = fail("%s is not a regular file", args[0]);
	else
		err = put_from(&transfer, fd, &st, args[0]);
	if (!err)
		report(&transfer, args[0]);
	close(fd);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Endless transfers in every way a program can ask for them, all checked.
 *
 * usage: torture [-P tcp] [-Q] server PORT
 *	  torture [-P tcp] [-Q] [-s SEED] [-t SECONDS] [-n WORKERS] client ADDRESS PORT
 *
 * Each worker makes one connection after the other. Both ends send at once,
 * amounts, sizes, calls, flags, policies and pauses by chance, and compare every octet
 * that they receive with what must be at its place; on message sockets (-Q)
 * every length, too. Most connections end in order; some are broken off, and
 * then what came before must be right. A side that moves nothing for 90 s has
 * stalled, which is an error as well. -P tcp tortures TCP: what it does not
 * stand is not asked of HPS.
 *
 * A worker's seed gives all its choices. The client prints a line per worker;
 * whoever finds an error says "FAIL" and how to see it again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/hps.h>

#include "notify.h"
#include "pattern.h"

#define MAGIC		0x746f7274u
#define LARGEST		(512 << 10)
#define LARGEST_RECORD	60000
#define SHORT		40000
#define STALL_SECONDS	90
#define IOVS		8
#define BUFFERS		3
#define PIPE		65536
#define RECORDS_SEED	0x7265636fULL

/* What both ends of a connection do; native order: one machine. */
struct plan {
	uint32_t	magic;
	uint32_t	broken;		/* the client breaks it off */
	uint64_t	seed;
	uint64_t	up;		/* octets from the client */
	uint64_t	down;
};

static bool records, tcp;
static const struct plan *now;
static const char *end_name;

__attribute__((format(printf, 1, 2), noreturn))
static void bad(const char *fmt, ...)
{
	va_list args;

	printf("FAIL: ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	if (now)
		printf(" (%s, connection %#llx, up %llu, down %llu)", end_name,
		       (unsigned long long)now->seed, (unsigned long long)now->up,
		       (unsigned long long)now->down);
	printf("\n");
	fflush(stdout);
	_exit(1);
}

/* An error of the socket: the other end's doing where it breaks off. */
__attribute__((noreturn))
static void ended(const char *call, uint64_t at)
{
	int err = errno;

	if (now && now->broken && (err == ECONNRESET || err == EPIPE))
		_exit(0);
	bad("%s at %llu: %s", call, (unsigned long long)at,
	    err == EAGAIN ? "stalled" : strerrorname_np(err));
}

static uint64_t below(uint64_t *state, uint64_t limit)
{
	return next_random(state) % limit;
}

static bool chance(uint64_t *state, unsigned int percent)
{
	return below(state, 100) < percent;
}

/* Small ones as often as large ones, and the sizes where pages and segments end. */
static size_t any_size(uint64_t *state, size_t largest)
{
	static const size_t edges[] = { 1448, 4096, 16384, 32768, 65536 };
	size_t n;

	switch (below(state, 6)) {
	case 0: n = 1 + below(state, 64); break;
	case 1: n = 1 + below(state, 3000); break;
	case 2: n = edges[below(state, 5)] + below(state, 3) - 1; break;
	case 3: n = 1 + below(state, 65536); break;
	default: n = 1 + below(state, largest); break;
	}
	return n < largest ? n : largest;
}

static void maybe_pause(uint64_t *state)
{
	if (chance(state, 2))
		usleep(below(state, 20000));
}

static void wait_fd(int fd, int events, uint64_t at)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, STALL_SECONDS * 1000);

	if (n < 0)
		bad("poll: %s", strerrorname_np(errno));
	if (!n) {
		errno = EAGAIN;
		ended("poll", at);
	}
}

/* @iov: @buf in pieces. Return: how many. */
static int cut(uint64_t *state, struct iovec *iov, void *buf, size_t len)
{
	int i = 0;

	while (len && i < IOVS) {
		size_t n = i == IOVS - 1 ? len : 1 + below(state, len);

		iov[i++] = (struct iovec){ buf, n };
		buf = (char *)buf + n;
		len -= n;
	}
	return i;
}

static ssize_t send_by_file(int fd, const void *buf, size_t len)
{
	int file = memfd_create("torture", MFD_CLOEXEC);
	off_t offset = 0;
	ssize_t n;

	if (file < 0 || pwrite(file, buf, len, 0) != (ssize_t)len)
		bad("memfd: %s", strerrorname_np(errno));
	n = sendfile(fd, file, &offset, len);
	close(file);
	return n;
}

static void open_pipe(int end[2])
{
	if (pipe2(end, O_CLOEXEC))
		bad("pipe: %s", strerrorname_np(errno));
}

static void close_pipe(const int end[2])
{
	int err = errno;

	close(end[0]);
	close(end[1]);
	errno = err;
}

static ssize_t send_by_pipe(int fd, const void *buf, size_t len)
{
	ssize_t n;
	int end[2];

	open_pipe(end);
	n = write(end[1], buf, len < PIPE ? len : PIPE);
	if (n > 0)
		n = splice(end[0], NULL, fd, NULL, n, 0);
	close_pipe(end);
	return n;
}

/* With pieces, and with a policy of its own. */
static ssize_t send_message(uint64_t *state, int fd, void *buf, size_t len, int flags)
{
	struct {
		struct cmsghdr	head;
		int		policy;
	} control = {
		.head = { CMSG_LEN(sizeof(int)), SOL_HPS, HPS_POLICY },
		.policy = below(state, HPS_POLICY_DUPLICATE + 1),
	};
	struct iovec iov[IOVS];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = cut(state, iov, buf, len) };

	if (!tcp && chance(state, 30)) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
	}
	return sendmsg(fd, &msg, flags);
}

/* What is known of MSG_ZEROCOPY: calls, which buffer each used, and of each buffer how
 * many have not completed.
 */
static bool zerocopy;
static uint32_t calls, under_way[BUFFERS];
static uint8_t buffer_of[1 << 16];

static void enable_zerocopy(int fd)
{
	int one = 1;

	/* not every kernel has it for every family */
	zerocopy = !setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
}

/* Until the buffer can be written again. */
static void await(int fd, unsigned int which, uint64_t at)
{
	time_t end = time(NULL) + STALL_SECONDS;
	struct pollfd p = { .fd = fd };
	struct notice n;
	int got;

	while (under_way[which]) {
		got = notice_next(fd, &n);
		if (!got)
			bad("what comes from the error queue is no completion");
		if (got < 0) {
			if (errno != EAGAIN || time(NULL) > end)
				ended("completion", at);
			poll(&p, 1, 1000);
			usleep(200);
			continue;
		}
		if (n.hi - n.lo >= calls || n.hi >= calls)
			bad("completion of %u to %u of %u", n.lo, n.hi, calls);
		for (; n.lo != n.hi + 1; n.lo++)
			under_way[buffer_of[n.lo & 0xffff]]--;
	}
}

static ssize_t send_zerocopy(int fd, unsigned int which, const void *buf, size_t len, int flags)
{
	ssize_t n = send(fd, buf, len, flags | MSG_ZEROCOPY);

	/* too much memory is locked */
	if (n < 0 && errno == ENOBUFS)
		return send(fd, buf, len, flags);
	if (n < 0)
		return n;
	buffer_of[calls++ & 0xffff] = which;
	under_way[which]++;
	return n;
}

/* One call, whichever, of what is in buffer @which. Return: octets taken, or -1. */
static ssize_t send_some(uint64_t *state, int fd, unsigned int which, uint8_t *buf,
			 size_t len, bool last)
{
	struct iovec iov[IOVS];
	int flags = MSG_NOSIGNAL;

	if (chance(state, 25))
		flags |= MSG_DONTWAIT;
	/* a record or a stream must not end with MSG_MORE */
	if (!records && !last && chance(state, 20))
		flags |= MSG_MORE;
	switch (below(state, 4)) {
	case 0:
		if (zerocopy && chance(state, 40))
			return send_zerocopy(fd, which, buf, len, flags);
		return send(fd, buf, len, flags);
	case 1:
		return send_message(state, fd, buf, len, flags);
	case 2:
		if (!records && chance(state, 30))
			return send_by_file(fd, buf, len);
		if (!records && chance(state, 30))
			return send_by_pipe(fd, buf, len);
		return send(fd, buf, len, flags);
	default:
		return writev(fd, iov, cut(state, iov, buf, len));
	}
}

static void set_option(int fd, int name, int value)
{
	if (setsockopt(fd, SOL_HPS, name, &value, sizeof(value)) && !now->broken)
		bad("option %d does not take %d: %s", name, value, strerrorname_np(errno));
}

static void change_options(uint64_t *state, int fd)
{
	int value = below(state, 2);

	if (!tcp && chance(state, 3))
		set_option(fd, HPS_POLICY, (int)below(state, HPS_POLICY_DUPLICATE + 2) - 1);
	if (!tcp && chance(state, 2))
		set_option(fd, HPS_CUTOFF, (int)below(state, 100000) - 1);

	if (chance(state, 3))
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, sizeof(value));
	if (chance(state, 1))
		setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof(value));
}

static void uncork(int fd)
{
	int off = 0;

	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
}

/* Length of the next record of a flow that has @left octets to go. */
static size_t record_size(uint64_t *sizes, uint64_t left)
{
	size_t n = any_size(sizes, LARGEST_RECORD);

	return n < left ? n : left;
}

static void send_flow(int fd, uint64_t seed, uint64_t len)
{
	static uint8_t bufs[BUFFERS][LARGEST];
	uint64_t state = ~seed, sizes = seed ^ RECORDS_SEED, at = 0;
	unsigned int which = 0;

	enable_zerocopy(fd);
	while (at < len) {
		uint8_t *buf = bufs[which];
		size_t n = records ? record_size(&sizes, len - at) :
			any_size(&state, LARGEST);
		size_t done = 0;

		if (n > len - at)
			n = len - at;
		await(fd, which, at);
		pattern(buf, n, seed, at);
		while (done < n) {
			ssize_t got = send_some(&state, fd, which, buf + done, n - done,
						at + n == len);

			if (got < 0 && errno == EAGAIN) {
				wait_fd(fd, POLLOUT, at + done);
				continue;
			}
			if (got < 0)
				ended("send", at + done);
			if (records && (size_t)got != n)
				bad("a record of %zu was taken as %zd", n, got);
			done += got;
		}
		at += n;
		which = (which + 1) % BUFFERS;
		change_options(&state, fd);
		maybe_pause(&state);
	}
	uncork(fd);
	for (which = 0; which < BUFFERS; which++)
		await(fd, which, at);
}

/* Compares and says where what came belongs, if it is of the stream. */
static void check(const uint8_t *got, size_t n, uint64_t seed, uint64_t at, const char *how)
{
	static uint8_t good[LARGEST];
	uint64_t there;
	uint8_t word[8];
	size_t i = 0;

	pattern(good, n, seed, at);
	if (!memcmp(got, good, n))
		return;
	while (got[i] == good[i])
		i++;
	for (there = at > 4 << 20 ? at - (4 << 20) : 0;
	     i + 8 <= n && there < at + n + (4 << 20); there++) {
		pattern(word, sizeof(word), seed, there);
		if (!memcmp(word, got + i, sizeof(word)))
			bad("%s: octet %llu is what belongs at %llu (read %llu + %zu)",
			    how, (unsigned long long)at + i, (unsigned long long)there,
			    (unsigned long long)at, n);
	}
	bad("%s: octet %llu: %02x, not %02x (read %llu + %zu)", how,
	    (unsigned long long)at + i, got[i], good[i], (unsigned long long)at, n);
}

static ssize_t recv_by_pipe(int fd, uint8_t *buf, size_t len)
{
	ssize_t n, done = 0, got;
	int end[2];

	open_pipe(end);
	n = splice(fd, NULL, end[1], NULL, len < PIPE ? len : PIPE, 0);
	while (done < n) {
		got = read(end[0], buf + done, n - done);
		if (got <= 0)
			bad("the pipe has %zd octets, not %zd", done, n);
		done += got;
	}
	close_pipe(end);
	return n;
}

/* One call, whichever. Return: octets, 0 at the end, or -1. */
static ssize_t recv_some(uint64_t *state, int fd, uint8_t *buf, size_t len, int *flags)
{
	struct iovec iov[IOVS];
	struct msghdr msg = { .msg_iov = iov };
	ssize_t n;

	if (chance(state, 25))
		*flags |= MSG_DONTWAIT;
	if (!records && chance(state, 10))
		*flags |= MSG_WAITALL;
	if (!records && chance(state, 10))
		return recv_by_pipe(fd, buf, len);
	if (!records && chance(state, 30))
		return recv(fd, buf, len, *flags);
	msg.msg_iovlen = cut(state, iov, buf, len);
	n = recvmsg(fd, &msg, *flags);
	*flags = msg.msg_flags;
	return n;
}

static void peek(uint64_t *state, int fd, uint8_t *buf, size_t len, uint64_t seed, uint64_t at)
{
	ssize_t n = recv(fd, buf, 1 + below(state, len), MSG_PEEK | MSG_DONTWAIT);

	if (n > 0)
		check(buf, n, seed, at, "peek");
}

static void recv_end(int fd, uint64_t len)
{
	char last;
	ssize_t n = recv(fd, &last, 1, 0);

	if (n < 0)
		ended("the end", len);
	if (n)
		bad("octets after the end at %llu", (unsigned long long)len);
}

static ssize_t recv_retry(uint64_t *state, int fd, uint8_t *buf, size_t len,
			  uint64_t at, int *flags)
{
	ssize_t n;

	for (;;) {
		*flags = 0;
		n = recv_some(state, fd, buf, len, flags);
		if (n > 0)
			return n;
		if (!n && now->broken)
			_exit(0);
		if (!n)
			bad("the stream ended at %llu", (unsigned long long)at);
		if (errno != EAGAIN)
			ended("recv", at);
		/* also after SO_RCVTIMEO: then this does not wait long */
		wait_fd(fd, POLLIN, at);
	}
}

static void recv_stream(int fd, uint64_t seed, uint64_t len)
{
	static uint8_t buf[LARGEST];
	uint64_t state = seed ^ 0x72656376, at = 0;
	int flags;

	while (at < len) {
		size_t n = any_size(&state, LARGEST);
		ssize_t got;

		/* MSG_WAITALL must not wait for what will not come */
		if (n > len - at)
			n = len - at;
		if (chance(&state, 5))
			peek(&state, fd, buf, n, seed, at);
		got = recv_retry(&state, fd, buf, n, at, &flags);
		check(buf, got, seed, at, "recv");
		at += got;
		maybe_pause(&state);
	}
	recv_end(fd, len);
}

static void recv_records(int fd, uint64_t seed, uint64_t len)
{
	static uint8_t buf[LARGEST];
	uint64_t state = seed ^ 0x72656376, sizes = seed ^ RECORDS_SEED, at = 0;
	int flags;

	while (at < len) {
		size_t n = record_size(&sizes, len - at);
		size_t room = chance(&state, 10) ? 1 + below(&state, n) : LARGEST_RECORD;
		ssize_t got;

		if (chance(&state, 5))
			peek(&state, fd, buf, n, seed, at);
		got = recv_retry(&state, fd, buf, room, at, &flags);
		if ((size_t)got != (room < n ? room : n))
			bad("a record of %zu at %llu came as %zd into %zu", n,
			    (unsigned long long)at, got, room);
		if (!(flags & MSG_TRUNC) != (room >= n))
			bad("MSG_TRUNC is wrong for %zu into %zu", n, room);
		check(buf, got, seed, at, "record");
		at += n;
		maybe_pause(&state);
	}
	recv_end(fd, len);
}

static void timeouts(int fd)
{
	struct timeval tv = { .tv_sec = STALL_SECONDS };

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)))
		bad("timeouts: %s", strerrorname_np(errno));
}

/* One process sends, one receives. Return: whether both ends are content. */
static bool transfer(int fd, const struct plan *plan, bool client)
{
	uint64_t out = plan->seed ^ (client ? 0 : 1ULL << 63);
	uint64_t mine = client ? plan->up : plan->down;
	uint64_t theirs = client ? plan->down : plan->up;
	pid_t sender;
	int status;

	fflush(stdout);
	sender = fork();
	if (sender < 0)
		bad("fork: %s", strerrorname_np(errno));
	if (!sender) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		send_flow(fd, out, mine);
		if (shutdown(fd, SHUT_WR) && !plan->broken)
			ended("shutdown", mine);
		_exit(0);
	}
	if (records)
		recv_records(fd, out ^ 1ULL << 63, theirs);
	else
		recv_stream(fd, out ^ 1ULL << 63, theirs);
	return waitpid(sender, &status, 0) == sender && !status;
}

static int new_socket(int family)
{
	int fd = socket(tcp ? family : AF_HPS,
			(records ? SOCK_SEQPACKET : SOCK_STREAM) | SOCK_CLOEXEC, 0);

	if (fd < 0)
		bad("socket: %s", strerrorname_np(errno));
	return fd;
}

static void serve_one(int fd)
{
	static struct plan plan;
	ssize_t n;

	end_name = "server";
	timeouts(fd);
	n = recv(fd, &plan, sizeof(plan), records ? 0 : MSG_WAITALL);
	/* broken off before it came; else it is the client that complains */
	if (n <= 0)
		_exit(0);
	if (n != sizeof(plan) || plan.magic != MAGIC)
		bad("the plan is wrong, %zd octets", n);
	now = &plan;
	_exit(!transfer(fd, &plan, false));
}

static void server(int port)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int lst = new_socket(AF_INET6), one = 1, fd;

	setsockopt(lst, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(lst, (void *)&addr, sizeof(addr)) || listen(lst, 128))
		bad("listen: %s", strerrorname_np(errno));
	signal(SIGCHLD, SIG_IGN);
	puts("listening");
	fflush(stdout);
	for (;;) {
		fd = accept(lst, NULL, NULL);
		if (fd < 0)
			bad("accept: %s", strerrorname_np(errno));
		if (!fork()) {
			signal(SIGCHLD, SIG_DFL);
			close(lst);
			serve_one(fd);
		}
		close(fd);
	}
}

/**
 * struct worker - one row of connections
 * @retries: connects that failed as a link was down
 */
struct worker {
	uint64_t	state;
	uint64_t	connections;
	uint64_t	octets;
	uint64_t	broken;
	uint64_t	retries;
};

static struct sockaddr_storage address;
static socklen_t address_len;

static bool link_down(int err)
{
	return err == EHOSTUNREACH || err == ENETUNREACH || err == ETIMEDOUT ||
		err == ENETDOWN || err == EADDRNOTAVAIL;
}

static int dial(struct worker *w)
{
	int tries, fd;

	for (tries = 0; tries < 600; tries++) {
		fd = new_socket(address.ss_family);
		timeouts(fd);
		if (!connect(fd, (void *)&address, address_len))
			return fd;
		if (!link_down(errno))
			bad("connect: %s", strerrorname_np(errno));
		close(fd);
		w->retries++;
		usleep(100000);
	}
	bad("connect: the links never came back");
}

/* Small buffers make a transfer slow: then it is a short one. */
static int choose_buffer(struct worker *w, struct plan *plan)
{
	int size = 4096 << below(&w->state, 9);

	/* a record that is larger than the buffer comes in parts */
	if (records || chance(&w->state, 70))
		return 0;
	if (size < 128 << 10) {
		plan->up = plan->up < SHORT ? plan->up : SHORT;
		plan->down = plan->down < SHORT ? plan->down : SHORT;
	}
	return size;
}

static void set_buffer(struct worker *w, int fd, int size)
{
	if (size && chance(&w->state, 60))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (size && chance(&w->state, 60))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* In the middle of both flows. */
static void break_off(struct worker *w, int fd)
{
	struct linger hard = { .l_onoff = 1 };

	usleep(below(&w->state, 200000));
	if (chance(&w->state, 50))
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
}

static void one_connection(struct worker *w)
{
	static struct plan plan;
	int status, buffer, fd;
	pid_t pid;

	plan = (struct plan){
		.magic = MAGIC, .broken = chance(&w->state, 10),
		.seed = next_random(&w->state) & ~(1ULL << 63),
		.up = below(&w->state, 1ULL << (8 + below(&w->state, 15))),
		.down = below(&w->state, 1ULL << (8 + below(&w->state, 15))),
	};
	buffer = choose_buffer(w, &plan);
	now = &plan;
	fd = dial(w);
	set_buffer(w, fd, buffer);
	if (send(fd, &plan, sizeof(plan), MSG_NOSIGNAL) != sizeof(plan))
		ended("plan", 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(!transfer(fd, &plan, true));
	}
	if (plan.broken) {
		break_off(w, fd);
		kill(pid, SIGKILL);
	}
	if (waitpid(pid, &status, 0) != pid || (status && !plan.broken))
		_exit(1);
	close(fd);
	w->connections++;
	w->broken += plan.broken;
	w->octets += plan.broken ? 0 : plan.up + plan.down;
}

__attribute__((noreturn))
static void work(unsigned int number, uint64_t seed, time_t seconds)
{
	struct worker w = { .state = seed + number * 1000003ULL };
	time_t end = time(NULL) + seconds;

	end_name = "client";
	while (time(NULL) < end)
		one_connection(&w);
	printf("worker %u: ok, %llu connections, %llu broken off, %llu octets, %llu connects tried again\n",
	       number, (unsigned long long)w.connections, (unsigned long long)w.broken,
	       (unsigned long long)w.octets, (unsigned long long)w.retries);
	fflush(stdout);
	_exit(0);
}

static int client(unsigned int workers, uint64_t seed, time_t seconds)
{
	unsigned int i;
	int status, failed = 0;

	for (i = 0; i < workers; i++)
		if (!fork())
			work(i, seed, seconds);
	for (i = 0; i < workers; i++)
		if (wait(&status) < 0 || status)
			failed = 1;
	return failed;
}

static void set_address(const char *text, int port)
{
	struct sockaddr_in6 *in6 = (void *)&address;
	struct sockaddr_in *in = (void *)&address;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		*in = (struct sockaddr_in){ AF_INET, htons(port), in->sin_addr, { 0 } };
		address_len = sizeof(*in);
		return;
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) != 1)
		bad("%s is no address", text);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	address_len = sizeof(*in6);
}

int main(int argc, char **argv)
{
	unsigned int workers = 8;
	uint64_t seed = 1;
	time_t seconds = 10;
	int c;

	while ((c = getopt(argc, argv, "P:Qs:t:n:")) != -1) {
		switch (c) {
		case 'P': tcp = !strcmp(optarg, "tcp"); break;
		case 'Q': records = true; break;
		case 's': seed = strtoull(optarg, NULL, 0); break;
		case 't': seconds = atol(optarg); break;
		case 'n': workers = atoi(optarg); break;
		default: return 2;
		}
	}
	signal(SIGPIPE, SIG_IGN);
	if (argc - optind == 2 && !strcmp(argv[optind], "server"))
		server(atoi(argv[optind + 1]));
	if (argc - optind != 3 || strcmp(argv[optind], "client"))
		bad("usage: torture [OPTION]... server PORT | client ADDRESS PORT");
	set_address(argv[optind + 1], atoi(argv[optind + 2]));
	return client(workers, seed, seconds);
}

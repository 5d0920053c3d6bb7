// SPDX-License-Identifier: GPL-2.0
/* Sockets of the running variant: addresses, pairs, waiting, patterns. */
#include "pair.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/wait.h>
#include <time.h>

int new_socket(void)
{
	int fd = socket(v->domain, v->type, v->protocol);

	CHECK(fd >= 0);
	return fd;
}

static socklen_t address(union address *addr, int port, bool loopback)
{
	memset(addr, 0, sizeof(*addr));
	addr->sa.sa_family = v->family;
	if (v->family == AF_INET) {
		addr->in.sin_port = htons(port);
		if (loopback)
			addr->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof(addr->in);
	}
	addr->in6.sin6_port = htons(port);
	if (loopback)
		addr->in6.sin6_addr = in6addr_loopback;
	return sizeof(addr->in6);
}

socklen_t loopback(union address *addr, int port)
{
	return address(addr, port, true);
}

socklen_t any_address(union address *addr, int port)
{
	return address(addr, port, false);
}

/* The local port of @fd. */
int port_of(int fd)
{
	union address addr;
	socklen_t len = sizeof(addr);

	CHECK(getsockname(fd, &addr.sa, &len) == 0);
	return ntohs(addr.sa.sa_family == AF_INET ? addr.in.sin_port :
						    addr.in6.sin6_port);
}

int listener(int backlog)
{
	union address addr;
	socklen_t len = loopback(&addr, 0);
	int fd = new_socket();

	CHECK(bind(fd, &addr.sa, len) == 0);
	CHECK(listen(fd, backlog) == 0);
	return fd;
}

int try_connect(int fd, int port)
{
	union address addr;
	socklen_t len = loopback(&addr, port);

	return connect(fd, &addr.sa, len);
}

int connected_to(int port)
{
	int fd = new_socket();

	CHECK(try_connect(fd, port) == 0);
	return fd;
}

void pair_open(struct pair *p)
{
	p->lst = listener(8);
	p->a = connected_to(port_of(p->lst));
	p->b = accept(p->lst, NULL, NULL);
	CHECK(p->b >= 0);
}

/* Buffers are set before the connection, as tcp(7) wants it; 0 leaves them. */
void pair_open_small(struct pair *p, int rcvbuf, int sndbuf)
{
	p->lst = listener(8);
	p->a = new_socket();
	if (rcvbuf) {
		set_int(p->lst, SOL_SOCKET, SO_RCVBUF, rcvbuf);
		set_int(p->a, SOL_SOCKET, SO_RCVBUF, rcvbuf);
	}
	if (sndbuf) {
		set_int(p->lst, SOL_SOCKET, SO_SNDBUF, sndbuf);
		set_int(p->a, SOL_SOCKET, SO_SNDBUF, sndbuf);
	}
	CHECK(try_connect(p->a, port_of(p->lst)) == 0);
	p->b = accept(p->lst, NULL, NULL);
	CHECK(p->b >= 0);
}

void pair_close(struct pair *p)
{
	close(p->a);
	close(p->b);
	close(p->lst);
}

void nonblocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	CHECK(flags >= 0);
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	CHECK(fcntl(fd, F_SETFL, flags) == 0);
}

/* Which of @events (and errors) hold now? */
int poll_now(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = events };

	CHECK(poll(&p, 1, 0) >= 0);
	return p.revents;
}

/* Wait until all of @events hold. */
int wait_for(int fd, int events)
{
	long long end = now_ms() + scaled(10000);
	struct pollfd p = { .fd = fd, .events = events };

	while (now_ms() < end) {
		CHECK(poll(&p, 1, scaled(10000)) >= 0);
		if ((p.revents & events) == events)
			return p.revents;
		/* some hold, the others are on their way */
		usleep(1000);
	}
	test_fail(__FILE__, __LINE__, "events %#x of %#x came", p.revents,
		  events);
}

int so_error(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_ERROR);
}

int get_int(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	CHECK(getsockopt(fd, level, name, &value, &len) == 0);
	CHECK_EQ(len, sizeof(value));
	return value;
}

void set_int(int fd, int level, int name, int value)
{
	CHECK(setsockopt(fd, level, name, &value, sizeof(value)) == 0);
}

void set_timeout(int fd, int name, int ms)
{
	struct timeval tv = {
		.tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000,
	};

	CHECK(setsockopt(fd, SOL_SOCKET, name, &tv, sizeof(tv)) == 0);
}

int in_queue(int fd)
{
	int n = -1;

	CHECK(ioctl(fd, FIONREAD, &n) == 0);
	return n;
}

void wait_in_queue(int fd, int octets)
{
	long long end = now_ms() + scaled(10000);

	while (in_queue(fd) < octets) {
		CHECK(now_ms() < end);
		usleep(1000);
	}
}

/* Until all that was written is acknowledged. */
void wait_out_queue_empty(int fd)
{
	long long end = now_ms() + scaled(10000);
	int n;

	for (;;) {
		CHECK(ioctl(fd, SIOCOUTQ, &n) == 0);
		if (!n)
			return;
		CHECK(now_ms() < end);
		usleep(1000);
	}
}

/* Write until no more goes for some time; octets written. */
long fill(int fd)
{
	static char buf[8192];
	long sum = 0;
	ssize_t n;

	nonblocking(fd, true);
	do {
		for (;;) {
			pattern(buf, sizeof(buf), sum);
			n = send(fd, buf, sizeof(buf), MSG_NOSIGNAL);
			if (n < 0)
				break;
			sum += n;
			CHECK(sum < 256 << 20);
		}
		CHECK(errno == EAGAIN);
		/* what is under way may still make room */
	} while (poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1,
		      scaled(300)) > 0);
	nonblocking(fd, false);
	return sum;
}

long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* What stands at place @at of every stream: a hash of the place. */
static uint8_t octet(uint64_t at)
{
	uint64_t x = (at >> 3) * 0x9e3779b97f4a7c15ULL;

	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9ULL;
	return x >> (8 * (at & 7));
}

void pattern(void *buf, size_t len, uint64_t at)
{
	uint8_t *p = buf;
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = octet(at + i);
}

bool pattern_ok(const void *buf, size_t len, uint64_t at)
{
	const uint8_t *p = buf;
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] == octet(at + i))
			continue;
		printf("# octet %llu is %#x, not %#x\n",
		       (unsigned long long)(at + i), p[i], octet(at + i));
		return false;
	}
	return true;
}

void send_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		CHECK(n > 0);
		p += n;
		len -= n;
	}
}

void send_pattern(int fd, size_t len, uint64_t at)
{
	static char buf[65536];

	while (len) {
		size_t n = len < sizeof(buf) ? len : sizeof(buf);

		pattern(buf, n, at);
		send_all(fd, buf, n);
		at += n;
		len -= n;
	}
}

void recv_pattern(int fd, size_t len, uint64_t at)
{
	static char buf[65536];

	while (len) {
		ssize_t n = recv(fd, buf, len < sizeof(buf) ? len : sizeof(buf),
				 0);

		CHECK(n > 0);
		CHECK(pattern_ok(buf, n, at));
		at += n;
		len -= n;
	}
}

void recv_eof(int fd)
{
	char c;

	CHECK_EQ(recv(fd, &c, 1, 0), 0);
}

pid_t child(void (*run)(void *), void *arg)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		run(arg);
		fflush(stdout);
		_exit(0);
	}
	return pid;
}

/* A child that writes as send_pattern(), from the beginning. */
pid_t writer(int fd, size_t len)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		send_pattern(fd, len, 0);
		_exit(0);
	}
	return pid;
}

void reap(pid_t pid)
{
	int status;

	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

/* A counter of the module, in this namespace. */
long long counter(const char *name)
{
	FILE *f = fopen("/proc/net/hps_stat", "r");
	long long value = -1, x;
	char n[64];

	CHECK(f);
	while (fscanf(f, "%63s %lld", n, &x) == 2)
		if (!strcmp(n, name))
			value = x;
	fclose(f);
	CHECK(value >= 0);
	return value;
}

void counter_becomes(const char *name, long long value, int ms)
{
	long long end = now_ms() + scaled(ms);

	while (counter(name) != value) {
		if (now_ms() >= end)
			test_fail(__FILE__, __LINE__, "%s is %lld, not %lld",
				  name, counter(name), value);
		usleep(1000);
	}
}

void wait_counter(const char *name, long long above)
{
	long long end = now_ms() + scaled(8000);

	while (counter(name) <= above) {
		if (now_ms() > end)
			test_fail(__FILE__, __LINE__, "%s stays at %lld", name,
				  above);
		usleep(2000);
	}
}

/* splitmix64 */
uint64_t seeded(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* net.hps.@name */
void sysctl_set(const char *name, int value)
{
	char path[100];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/hps/%s", name);
	f = fopen(path, "w");
	CHECK(f);
	CHECK(fprintf(f, "%d", value) > 0);
	CHECK(fclose(f) == 0);
}

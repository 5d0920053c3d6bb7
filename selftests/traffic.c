// SPDX-License-Identifier: GPL-2.0
/*
 * Traffic for scripts: checksummed pseudo-random streams between two ends.
 *
 * usage: traffic [OPTION]... server|client|hold|push|read|stall ADDRESS PORT
 *
 *	server	serve what clients ask for; says "listening"
 *	client	ask a server for a transfer and check it; says "ok" and figures.
 *		With -f, as it sends: set the options of -O at SIGUSR1, say "changed"
 *	hold	make -n connections, send -s octets on each, say "held", set
 *		the options of -O at SIGUSR1, say "changed", sleep
 *	push	send until an error, say its name
 *	read	make a connection, say "reading", read to the end or an error
 *		and say its name or "end"
 *	stall	listen with backlog -b, say "listening", accept -n connections
 *		and read nothing
 *
 *	-P hps|inet|tcp	protocol (hps)	-Q	SOCK_SEQPACKET
 *	-d up|down|both	direction (up)	-s N	octets (1 MiB)
 *	-w N	largest write (65536)	-S N	seed (1)
 *	-n N	connections, one after the other (1)
 *	-j N	as many of these at once (1)
 *	-N	TCP_NODELAY		-B N	SO_SNDBUF and SO_RCVBUF
 *	-b N	backlog (128)		-i N	microseconds between writes
 *	-D DEV	SO_BINDTODEVICE		-A ADDR	bind before connect
 *	-Z	MSG_ZEROCOPY: each buffer is written again, with other octets,
 *		as soon as its completions have come
 *	-R	receive into memory that is posted beforehand (hps_direct.h)
 *	-f FILE	instead of -s: send until FILE is gone. Client and server must
 *		see the same files.
 *	-o NAME=VALUE	a socket option, see known[]
 *	-O NAME=VALUE	one to be set later, see hold and client
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/hps.h>
#include <linux/hps_direct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "notify.h"
#include "pattern.h"

#define MAGIC		0x68707374u
#define UP		1
#define DOWN		2
#define LARGEST		(1 << 20)
#define BUFFERS		3

/* What a client asks for; native order, both ends are one machine or alike. */
struct request {
	uint32_t	magic;
	uint32_t	direction;
	uint64_t	octets;
	uint64_t	seed;
	uint32_t	largest;
	uint32_t	interval;
	char		until[64];
};

static struct request want = {
	.magic = MAGIC, .direction = UP, .octets = 1 << 20, .seed = 1,
	.largest = 65536,
};
static int domain = AF_HPS, protocol, type = SOCK_STREAM;
static struct sockaddr_storage source;
static socklen_t source_len;
static const char *device;
static int connections = 1, at_once = 1, nodelay, buffer, backlog = 128, zerocopy, posted;

/* Socket options by name. */
static const struct option {
	const char	*name;
	int		level;
	int		option;
} known[] = {
	{ "mark", SOL_SOCKET, SO_MARK },
	{ "priority", SOL_SOCKET, SO_PRIORITY },
	{ "keepalive", SOL_SOCKET, SO_KEEPALIVE },
	{ "keepidle", IPPROTO_TCP, TCP_KEEPIDLE },
	{ "keepintvl", IPPROTO_TCP, TCP_KEEPINTVL },
	{ "keepcnt", IPPROTO_TCP, TCP_KEEPCNT },
	{ "user_timeout", IPPROTO_TCP, TCP_USER_TIMEOUT },
	{ "tos", IPPROTO_IP, IP_TOS },
	{ "tclass", IPPROTO_IPV6, IPV6_TCLASS },
	{ "congestion", IPPROTO_TCP, TCP_CONGESTION },
	{ "policy", SOL_HPS, HPS_POLICY },
	{ "cutoff", SOL_HPS, HPS_CUTOFF },
};

/* What is to be set on a socket, when it is made and later. */
static struct choice {
	struct {
		const struct option	*option;
		const char		*value;
	} of[16];
	unsigned int	nr;
} first, later;

static struct sockaddr_storage address;
static socklen_t address_len;

static void send_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n < 0)
			err(1, "send");
		p += n;
		len -= n;
	}
}

/* What -Z knows of its buffers: calls under way, which buffer a call used. */
static uint32_t under_way[BUFFERS], calls;
static uint8_t buffer_of[1 << 16];

static void await(int fd, unsigned int which)
{
	struct pollfd p = { .fd = fd };
	struct notice n;
	int got;

	while (under_way[which]) {
		got = notice_next(fd, &n);
		if (got < 0 && errno != EAGAIN)
			err(1, "error queue");
		if (got < 0 && poll(&p, 1, 60000) != 1)
			errx(1, "no completion came");
		if (!got)
			errx(1, "not a completion");
		if (got < 0)
			continue;
		if (n.hi - n.lo >= calls || n.hi >= calls)
			errx(1, "completion %u to %u of %u", n.lo, n.hi, calls);
		for (; n.lo != n.hi + 1; n.lo++)
			under_way[buffer_of[n.lo & 0xffff]]--;
	}
}

static void send_zerocopy(int fd, unsigned int which, const uint8_t *p,
			  size_t len)
{
	while (len) {
		ssize_t n;

		buffer_of[calls & 0xffff] = which;
		n = send(fd, p, len, MSG_NOSIGNAL | MSG_ZEROCOPY);
		if (n < 0)
			err(1, "send");
		calls++;
		under_way[which]++;
		p += n;
		len -= n;
	}
}

static void send_stream_zerocopy(int fd, const struct request *r, uint64_t seed)
{
	static uint8_t buf[BUFFERS][LARGEST];
	uint64_t sizes = ~seed, at = 0;
	unsigned int which = 0;

	while (at < r->octets) {
		size_t n = 1 + next_random(&sizes) % r->largest;

		if (n > r->octets - at)
			n = r->octets - at;
		await(fd, which);
		/* What is still sent from it would be seen by the reader. */
		memset(buf[which], 0xdb, LARGEST);
		pattern(buf[which], n, seed, at);
		send_zerocopy(fd, which, buf[which], n);
		which = (which + 1) % BUFFERS;
		at += n;
	}
	for (which = 0; which < BUFFERS; which++)
		await(fd, which);
}

static void recv_all(int fd, void *buf, size_t len)
{
	char *p = buf;

	while (len) {
		ssize_t n = recv(fd, p, len, 0);

		if (n < 0)
			err(1, "recv");
		if (!n)
			errx(1, "the stream ended %zu octets early", len);
		p += n;
		len -= n;
	}
}

static void send_stream(int fd, const struct request *r, uint64_t seed)
{
	static uint8_t buf[LARGEST];
	uint64_t sizes = ~seed, at = 0;

	while (at < r->octets) {
		size_t n = 1 + next_random(&sizes) % r->largest;

		if (n > r->octets - at)
			n = r->octets - at;
		pattern(buf, n, seed, at);
		send_all(fd, buf, n);
		at += n;
		if (r->interval)
			usleep(r->interval);
	}
}

static void set_options(int fd, const struct choice *chosen)
{
	unsigned int i;

	for (i = 0; i < chosen->nr; i++) {
		const struct option *o = chosen->of[i].option;
		const char *text = chosen->of[i].value;
		int value = strtol(text, NULL, 0);
		bool name = o->option == TCP_CONGESTION && o->level == IPPROTO_TCP;

		if (setsockopt(fd, o->level, o->option, name ? (void *)text :
			       &value, name ? strlen(text) : sizeof(value)))
			err(1, "%s", o->name);
	}
}

static volatile sig_atomic_t told_to_change;

static void tell_to_change(int sig)
{
	(void)sig;
	told_to_change = 1;
}

/* As records with their length in front, for nobody knows the end: one of no
 * length.
 */
static void send_records(int fd, const struct request *r, uint64_t seed)
{
	static uint8_t buf[sizeof(uint32_t) + LARGEST];
	uint64_t sizes = ~seed, at = 0;
	uint32_t n;

	do {
		n = 0;
		if (!access(r->until, F_OK))
			n = 1 + next_random(&sizes) % r->largest;
		memcpy(buf, &n, sizeof(n));
		pattern(buf + sizeof(n), n, seed, at);
		send_all(fd, buf, sizeof(n) + n);
		at += n;
		if (told_to_change) {
			told_to_change = 0;
			set_options(fd, &later);
			puts("changed");
		}
		if (r->interval)
			usleep(r->interval);
	} while (n);
}

/* Says where the octets that came instead belong, if they are of the stream. */
__attribute__((noreturn))
static void wrong(const uint8_t *got, const uint8_t *want, size_t n,
		  uint64_t seed, uint64_t at)
{
	uint64_t there;
	uint8_t word[8];
	size_t i = 0;

	while (got[i] == want[i])
		i++;
	for (there = 0; i + 8 <= n && there < at + n + (8 << 20); there++) {
		pattern(word, sizeof(word), seed, there);
		if (!memcmp(word, got + i, sizeof(word)))
			errx(1, "octet %llu: what belongs at %llu (seed %llu, read %llu + %zu)",
			     (unsigned long long)at + i,
			     (unsigned long long)there,
			     (unsigned long long)seed, (unsigned long long)at,
			     n);
	}
	errx(1, "octet %llu: %02x, not %02x (seed %llu, read %llu + %zu)",
	     (unsigned long long)at + i, got[i], want[i],
	     (unsigned long long)seed, (unsigned long long)at, n);
}

static void recv_stream(int fd, const struct request *r, uint64_t seed)
{
	static uint8_t buf[LARGEST], good[LARGEST];
	uint64_t at = 0;

	while (at < r->octets) {
		uint64_t left = r->octets - at;
		ssize_t n = recv(fd, buf, left < LARGEST ? left : LARGEST, 0);

		if (n < 0)
			err(1, "recv at %llu", (unsigned long long)at);
		if (!n)
			errx(1, "the stream ended at %llu of %llu",
			     (unsigned long long)at,
			     (unsigned long long)r->octets);
		pattern(good, n, seed, at);
		if (memcmp(buf, good, n))
			wrong(buf, good, n, seed, at);
		at += n;
	}
}

/* What -R posts: so many at once, of so many octets. */
#define POSTED		16
#define POSTED_LEN	100000

/* A region of this memory, to be filled. */
static uint32_t region_of(int fd, void *mem, size_t len)
{
	struct hps_direct_region r = {
		.addr = (uintptr_t)mem, .len = len, .flags = HPS_DIRECT_SINK,
	};
	socklen_t optlen = sizeof(r);

	if (getsockopt(fd, SOL_HPS, HPS_DIRECT_REGISTER, &r, &optlen))
		err(1, "register");
	return r.stag;
}

/* A queue for what is posted on @fd, mapped; its descriptor in @queue. */
static struct hps_direct_ring *queue_of(int fd, int *queue)
{
	struct hps_direct_queue q = { .entries = POSTED };
	socklen_t optlen = sizeof(q);
	void *ring;

	if (getsockopt(fd, SOL_HPS, HPS_DIRECT_QUEUE, &q, &optlen) ||
	    setsockopt(fd, SOL_HPS, HPS_DIRECT_QUEUE, &q.fd, sizeof(q.fd)))
		err(1, "queue");
	*queue = q.fd;
	ring = mmap(NULL, HPS_DIRECT_QUEUE_SIZE(POSTED), PROT_READ | PROT_WRITE,
		    MAP_SHARED, q.fd, 0);
	if (ring == MAP_FAILED)
		err(1, "mmap");
	return ring;
}

static void post_one(int fd, uint32_t stag, uint64_t nr, uint64_t len)
{
	struct {
		struct cmsghdr	head;
		struct hps_direct_post post;
	} control = {
		.head = { CMSG_LEN(sizeof(control.post)), SOL_HPS,
			  HPS_DIRECT_POST },
		.post = {
			.op = HPS_DIRECT_RECV, .data = nr, .sink = stag,
			.sink_offset = nr % POSTED * POSTED_LEN, .len = len,
			.flags = type == SOCK_STREAM ? HPS_DIRECT_WAITALL : 0,
		},
	};
	struct msghdr msg = {
		.msg_control = &control, .msg_controllen = sizeof(control),
	};

	if (sendmsg(fd, &msg, 0))
		err(1, "post receive %llu", (unsigned long long)nr);
}

static struct hps_direct_completion next_one(struct hps_direct_ring *ring,
					     int queue)
{
	struct pollfd p = { .fd = queue, .events = POLLIN };
	struct hps_direct_completion c;
	uint32_t n = ring->consumed;

	while (__atomic_load_n(&ring->produced, __ATOMIC_ACQUIRE) == n)
		poll(&p, 1, -1);
	c = ring->completion[n % ring->entries];
	__atomic_store_n(&ring->consumed, n + 1, __ATOMIC_RELEASE);
	return c;
}

/* Of a stream exactly its octets are posted for; records may be shorter. */
static void recv_posted(int fd, const struct request *r, uint64_t seed)
{
	static uint8_t mem[POSTED * POSTED_LEN], good[POSTED_LEN];
	uint32_t stag = region_of(fd, mem, sizeof(mem));
	uint64_t at = 0, covered = 0, nr = 0, done;
	struct hps_direct_completion c;
	struct hps_direct_ring *ring;
	int queue;

	ring = queue_of(fd, &queue);
	for (done = 0; at < r->octets; done++) {
		for (; nr - done < POSTED && covered < r->octets; nr++) {
			uint64_t n = r->octets - covered;

			n = n < POSTED_LEN ? n : POSTED_LEN;
			post_one(fd, stag, nr, n);
			covered += type == SOCK_STREAM ? n : 0;
		}
		c = next_one(ring, queue);
		if (c.data != done || c.status || !c.len || c.value != c.len)
			errx(1, "receive %llu: %llu octets of %llu, status %d",
			     (unsigned long long)c.data,
			     (unsigned long long)c.len,
			     (unsigned long long)c.value, c.status);
		pattern(good, c.len, seed, at);
		if (memcmp(mem + done % POSTED * POSTED_LEN, good, c.len))
			wrong(mem + done % POSTED * POSTED_LEN, good, c.len,
			      seed, at);
		at += c.len;
	}
	/* ENOENT: the end has completed them. */
	if (nr > done && setsockopt(fd, SOL_HPS, HPS_DIRECT_CANCEL, NULL, 0) &&
	    errno != ENOENT)
		err(1, "cancel");
}

static void recv_records(int fd, const struct request *r, uint64_t seed)
{
	static uint8_t buf[LARGEST], good[LARGEST];
	uint64_t at = 0;
	uint32_t n;

	for (;;) {
		recv_all(fd, &n, sizeof(n));
		if (!n)
			return;
		if (n > r->largest)
			errx(1, "a record of %u at %llu", n,
			     (unsigned long long)at);
		recv_all(fd, buf, n);
		pattern(good, n, seed, at);
		if (memcmp(buf, good, n))
			wrong(buf, good, n, seed, at);
		at += n;
	}
}

/* Both directions at once need two processes. */
static void transfer(int fd, const struct request *r, bool client)
{
	bool sends = r->direction & (client ? UP : DOWN);
	bool receives = r->direction & (client ? DOWN : UP);
	uint64_t out = r->seed ^ (client ? 0 : 1ULL << 63);
	int status = 0;
	pid_t pid = 0;
	char last;

	if (sends && receives)
		pid = fork();
	if (sends && !pid && zerocopy)
		send_stream_zerocopy(fd, r, out);
	else if (sends && !pid)
		(*r->until ? send_records : send_stream)(fd, r, out);
	if (sends && receives && !pid)
		_exit(0);
	if (receives)
		(*r->until ? recv_records : posted ? recv_posted :
		 recv_stream)(fd, r, out ^ 1ULL << 63);
	if (pid && (waitpid(pid, &status, 0) != pid || status))
		errx(1, "the sender failed");
	if (client) {
		/* the end of ours, then its word that all was right, its end */
		if (shutdown(fd, SHUT_WR))
			err(1, "shutdown");
		recv_all(fd, &last, 1);
		if (recv(fd, &last, 1, 0) != 0)
			err(1, "no end");
	} else {
		if (recv(fd, &last, 1, 0) != 0)
			err(1, "no end");
		send_all(fd, "k", 1);
	}
}

static void options(int fd)
{
	int one = 1;

	if (nodelay &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		err(1, "TCP_NODELAY");
	if (zerocopy &&
	    setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)))
		err(1, "SO_ZEROCOPY");
	if (buffer &&
	    (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer)) ||
	     setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer))))
		err(1, "buffers");
	if (device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
				 strlen(device)))
		err(1, "%s", device);
	set_options(fd, &first);
}

static int new_socket(void)
{
	int d = domain == AF_HPS ? AF_HPS : address.ss_family;
	int fd = socket(d, type, protocol);

	if (fd < 0)
		err(1, "socket");
	options(fd);
	return fd;
}

static void choose_option(struct choice *chosen, const char *arg)
{
	size_t i, len = strcspn(arg, "=");

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].name) == len && arg[len] &&
		    !memcmp(known[i].name, arg, len))
			break;
	if (i == sizeof(known) / sizeof(known[0]) || chosen->nr == 16)
		errx(2, "%s is no option", arg);
	chosen->of[chosen->nr].option = &known[i];
	chosen->of[chosen->nr++].value = arg + len + 1;
}

static int dial(void)
{
	int fd = new_socket();

	if (source_len && bind(fd, (void *)&source, source_len))
		err(1, "bind");
	if (connect(fd, (void *)&address, address_len))
		err(1, "connect");
	return fd;
}

static int listening(void)
{
	int fd = new_socket(), one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		err(1, "SO_REUSEADDR");
	if (bind(fd, (void *)&address, address_len))
		err(1, "bind");
	if (listen(fd, backlog))
		err(1, "listen");
	puts("listening");
	return fd;
}

static void server(void)
{
	int lst = listening();

	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		struct request r;
		int fd = accept(lst, NULL, NULL);

		if (fd < 0) {
			if (errno != EMFILE && errno != ENFILE)
				err(1, "accept");
			puts("EMFILE");
			usleep(100000);
			continue;
		}
		if (fork()) {
			close(fd);
			continue;
		}
		close(lst);
		signal(SIGCHLD, SIG_DFL);
		recv_all(fd, &r, sizeof(r));
		if (r.magic != MAGIC || r.largest > LARGEST ||
		    strnlen(r.until, sizeof(r.until)) == sizeof(r.until))
			errx(1, "no request");
		transfer(fd, &r, false);
		_exit(0);
	}
}

static void client_once(uint64_t seed)
{
	struct request r = want;
	int fd = dial();

	r.seed += seed;
	send_all(fd, &r, sizeof(r));
	transfer(fd, &r, true);
	close(fd);
}

static void client(void)
{
	struct timespec begin, end;
	int i, j, status, bad = 0;
	double s;

	if (later.nr)
		signal(SIGUSR1, tell_to_change);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (j = 0; j < at_once; j++) {
		if (at_once > 1 && fork())
			continue;
		for (i = 0; i < connections; i++)
			client_once(1000003ULL * j + i);
		if (at_once > 1)
			_exit(0);
	}
	for (j = 0; at_once > 1 && j < at_once; j++)
		if (wait(&status) < 0 || status)
			bad++;
	if (bad)
		errx(1, "%d of %d failed", bad, at_once);
	clock_gettime(CLOCK_MONOTONIC, &end);
	s = end.tv_sec - begin.tv_sec + (end.tv_nsec - begin.tv_nsec) / 1e9;
	printf("ok %llu octets seed %llu %.3f s %.1f Mbit/s\n",
	       (unsigned long long)want.octets, (unsigned long long)want.seed,
	       s, want.octets * 8 * connections * at_once / s / 1e6);
}

static void hold(void)
{
	int i, sig, *fd = calloc(connections, sizeof(*fd));
	sigset_t usr1;

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	for (i = 0; i < connections; i++) {
		uint64_t left = want.octets;
		static char buf[65536];

		fd[i] = dial();
		while (left) {
			size_t n = left < sizeof(buf) ? left : sizeof(buf);

			send_all(fd[i], buf, n);
			left -= n;
		}
	}
	puts("held");
	while (!sigwait(&usr1, &sig)) {
		for (i = 0; i < connections; i++)
			set_options(fd[i], &later);
		puts("changed");
	}
}

static void push(void)
{
	static char buf[65536];
	int fd = dial();

	puts("pushing");
	while (send(fd, buf, sizeof(buf), MSG_NOSIGNAL) > 0)
		if (want.interval)
			usleep(want.interval);
	puts(strerrorname_np(errno));
}

static void read_all(void)
{
	static char buf[65536];
	int fd = dial();
	ssize_t n;

	puts("reading");
	do
		n = recv(fd, buf, sizeof(buf), 0);
	while (n > 0);
	puts(n ? strerrorname_np(errno) : "end");
}

static void stall(void)
{
	int lst = listening(), i;

	for (i = 0; i < connections; i++) {
		if (accept(lst, NULL, NULL) < 0)
			err(1, "accept");
		puts("accepted");
	}
	pause();
}

static socklen_t set_address(struct sockaddr_storage *to, const char *text,
			     int port)
{
	struct sockaddr_in6 *in6 = (void *)to;
	struct sockaddr_in *in = (void *)to;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		return sizeof(*in6);
	}
	errx(2, "%s is no address", text);
}

static void set_protocol(const char *name)
{
	if (!strcmp(name, "hps"))
		return;
	domain = AF_UNSPEC;
	if (!strcmp(name, "inet"))
		protocol = IPPROTO_HPS;
	else if (strcmp(name, "tcp"))
		errx(2, "%s is no protocol", name);
}

static void set_until(const char *file)
{
	if (strlen(file) >= sizeof(want.until))
		errx(2, "the name of the file is too long");
	strcpy(want.until, file);
}

static int direction(const char *name)
{
	if (!strcmp(name, "both"))
		return UP | DOWN;
	return strcmp(name, "down") ? UP : DOWN;
}

int main(int argc, char **argv)
{
	static const struct {
		const char	*name;
		void		(*run)(void);
	} modes[] = {
		{ "server", server }, { "client", client }, { "hold", hold },
		{ "push", push }, { "read", read_all }, { "stall", stall },
	};
	size_t i;
	int c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((c = getopt(argc, argv, "P:Qd:s:w:S:n:j:NZRB:b:i:D:A:f:o:O:")) != -1) {
		switch (c) {
		case 'P': set_protocol(optarg); break;
		case 'Q': type = SOCK_SEQPACKET; break;
		case 'd': want.direction = direction(optarg); break;
		case 's': want.octets = strtoull(optarg, NULL, 0); break;
		case 'w': want.largest = atoi(optarg); break;
		case 'S': want.seed = strtoull(optarg, NULL, 0); break;
		case 'n': connections = atoi(optarg); break;
		case 'j': at_once = atoi(optarg); break;
		case 'N': nodelay = 1; break;
		case 'Z': zerocopy = 1; break;
		case 'R': posted = 1; break;
		case 'B': buffer = atoi(optarg); break;
		case 'b': backlog = atoi(optarg); break;
		case 'i': want.interval = atoi(optarg); break;
		case 'D': device = optarg; break;
		case 'A': source_len = set_address(&source, optarg, 0); break;
		case 'f': set_until(optarg); break;
		case 'o': choose_option(&first, optarg); break;
		case 'O': choose_option(&later, optarg); break;
		default: return 2;
		}
	}
	if (argc - optind != 3 || want.largest < 1 || want.largest > LARGEST)
		errx(2, "usage: traffic [OPTION]... MODE ADDRESS PORT");
	if ((zerocopy || posted) && *want.until)
		errx(2, "-Z and -R do not go with -f");
	address_len = set_address(&address, argv[optind + 1],
				  atoi(argv[optind + 2]));
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(argv[optind], modes[i].name))
			continue;
		modes[i].run();
		return 0;
	}
	errx(2, "no mode %s", argv[optind]);
}

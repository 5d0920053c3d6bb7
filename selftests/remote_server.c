// SPDX-License-Identifier: GPL-2.0
/* remote server: its memory is used while it sleeps; it compares at the end. */
#include <err.h>
#include <errno.h>
#include <linux/hps_direct.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pattern.h"
#include "remote.h"

struct peer {
	bool		active;
	int		fd;
	uint64_t	seed;
	uint64_t	in, out;	/* octets of stream data */
	uint32_t	owed;		/* to be sent back */
	uint32_t	left;		/* of a piece */
	unsigned int	got;		/* of @word or @bye */
	bool		said_bye;
	union {
		uint32_t	word;
		struct goodbye	bye;
	};
};

static struct {
	uint8_t		*region;
	uint32_t	stag;
	uint64_t	born;		/* clients ever */
	uint64_t	added, swapped;	/* what those that left have told */
	bool		unsure;		/* one left without a word */
	struct peer	peers[CLIENTS];
} srv;

static uint64_t *counter_at(unsigned int i)
{
	return (uint64_t *)srv.region + i;
}

static uint64_t share_len(void)
{
	return (want.region_len - COUNTERS) / want.shares;
}

static unsigned int active(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < CLIENTS; i++)
		n += srv.peers[i].active;
	return n;
}

static void forget(struct peer *p)
{
	close(p->fd);
	memset(p, 0, sizeof(*p));
	if (active() || !srv.unsure)
		return;
	/* Nobody knows what the lost one did to the counters. */
	*counter_at(SUM) = srv.added;
	*counter_at(SWAPS) = srv.swapped;
	srv.unsure = false;
}

static void lost(struct peer *p, const char *why)
{
	printf("lost: %s\n", why);
	srv.unsure = true;
	forget(p);
}

/* Is all as the client believes? */
static bool agrees(const struct peer *p)
{
	unsigned int i = p - srv.peers;
	const struct goodbye *bye = &p->bye;

	srv.added += bye->added;
	srv.swapped += bye->swapped;
	if (checksum(srv.region + COUNTERS + i * share_len(), share_len()) !=
	    bye->checksum) {
		printf("share %u differs\n", i);
		return false;
	}
	if (*counter_at(OWN + i) != bye->own) {
		printf("own counter %u differs\n", i);
		return false;
	}
	if (active() > 1 || srv.unsure)
		return true;
	printf("sum %llu of %llu, swaps %llu of %llu\n",
	       (unsigned long long)*counter_at(SUM),
	       (unsigned long long)srv.added,
	       (unsigned long long)*counter_at(SWAPS),
	       (unsigned long long)srv.swapped);
	return *counter_at(SUM) == srv.added && *counter_at(SWAPS) == srv.swapped;
}

static void end_peer(struct peer *p)
{
	char verdict = agrees(p) ? 'k' : 'x';

	send_all(p->fd, &verdict, 1);
	forget(p);
}

static void send_owed(struct peer *p)
{
	uint8_t buf[RECORD];

	while (p->owed) {
		size_t len = p->owed < RECORD ? p->owed : RECORD;
		ssize_t n;

		pattern(buf, len, ~p->seed, p->out);
		n = send(p->fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			return lost(p, strerrorname_np(errno));
		p->out += n;
		p->owed -= n;
	}
	if (p->said_bye && p->got == sizeof(p->bye))
		end_peer(p);
}

/* One step of: length, octets; ...; length 0, goodbye. False: no more for now. */
static bool take_some(struct peer *p)
{
	uint8_t buf[RECORD], good[RECORD];
	size_t want = p->said_bye ? sizeof(p->bye) : sizeof(p->word);
	void *to = p->left ? buf : (uint8_t *)&p->bye + p->got;
	ssize_t n;

	want = p->left ? p->left : want - p->got;
	n = recv(p->fd, to, want, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		lost(p, n ? strerrorname_np(errno) : "end");
		return false;
	}
	if (!p->left) {
		p->got += n;
		if (p->said_bye || p->got < sizeof(p->word))
			return p->got < sizeof(p->bye);
		p->got = 0;
		p->left = p->word;
		p->said_bye = !p->word;
		if (p->left > RECORD)
			errx(1, "a piece of %u", p->left);
		return true;
	}
	pattern(good, n, p->seed, p->in);
	if (memcmp(buf, good, n))
		errx(1, "wrong octets at %llu + %zd",
		     (unsigned long long)p->in, n);
	p->in += n;
	p->left -= n;
	p->owed += n;
	return true;
}

static void welcome(int fd)
{
	struct hello hello = { .magic = MAGIC, .stag = srv.stag };
	unsigned int i;

	for (i = 0; i < want.shares && srv.peers[i].active; i++)
		;
	if (i == want.shares)
		errx(1, "no share is left");
	srv.peers[i].active = true;
	srv.peers[i].fd = fd;
	srv.peers[i].seed = ++srv.born * 0x9e3779b97f4a7c15ULL;
	*counter_at(OWN + i) = 0;
	hello.share = i;
	hello.offset = COUNTERS + i * share_len();
	hello.len = share_len();
	hello.seed = srv.peers[i].seed;
	send_all(fd, &hello, sizeof(hello));
}

static int listening(void)
{
	int fd = new_socket(), one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		err(1, "SO_REUSEADDR");
	if (bind(fd, (void *)&want.address, want.address_len))
		err(1, "bind");
	if (listen(fd, CLIENTS))
		err(1, "listen");
	srv.region = memory(want.region_len);
	/* Accepted sockets have the listener's domain. */
	srv.stag = register_memory(fd, srv.region, want.region_len,
				   HPS_DIRECT_REMOTE_READ |
				   HPS_DIRECT_REMOTE_WRITE |
				   HPS_DIRECT_REMOTE_ATOMIC, 0);
	puts("listening");
	return fd;
}

void server(void)
{
	struct pollfd fds[CLIENTS + 1];
	int i, fd, lst = listening();

	for (;;) {
		for (i = 0; i < CLIENTS; i++) {
			struct peer *p = &srv.peers[i];

			fds[i].fd = p->active ? p->fd : -1;
			fds[i].events = POLLIN | (p->owed ? POLLOUT : 0);
		}
		fds[i].fd = lst;
		fds[i].events = POLLIN;
		if (poll(fds, CLIENTS + 1, -1) < 0)
			err(1, "poll");
		if (fds[CLIENTS].revents) {
			fd = accept(lst, NULL, NULL);
			if (fd < 0)
				err(1, "accept");
			welcome(fd);
		}
		for (i = 0; i < CLIENTS; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			while (take_some(&srv.peers[i]))
				;
			if (srv.peers[i].active)
				send_owed(&srv.peers[i]);
		}
	}
}

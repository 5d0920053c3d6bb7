// SPDX-License-Identifier: GPL-2.0
/*
 * usage: opens PROTO serve ADDR PORT		answer one request of each client
 *	  opens PROTO hold ADDR PORT		accept and keep connections
 *	  opens PROTO rate ADDR PORT SECONDS	connect, request, reply, close
 *	  opens PROTO keep ADDR PORT COUNT	so many idle ones, until stdin ends
 *
 * What connections cost beside their payload, for the bench. PROTO is tcp,
 * mptcp or hps. One process without helpers at each end, so that what is
 * measured is the sockets. The servers go on until they are killed.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/hps.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP	262
#endif

#define REQUEST	64
#define BACKLOG	1024
/* Fills the pool, and the caches of TCP. */
#define WARM_UP	0.2

static const struct kind {
	const char *name;
	int family;
	int proto;
} kinds[] = {
	{ "tcp", AF_INET, 0 },
	{ "mptcp", AF_INET, IPPROTO_MPTCP },
	{ "hps", AF_HPS, 0 },
};

static const struct kind *kind;
static struct sockaddr_in addr;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int new_socket(void)
{
	int fd = socket(kind->family, SOCK_STREAM, kind->proto);

	if (fd < 0)
		err(1, "socket");
	return fd;
}

static int dial(void)
{
	int fd = new_socket();

	if (connect(fd, (void *)&addr, sizeof(addr)))
		err(1, "connect");
	return fd;
}

static int listener(void)
{
	int fd = new_socket(), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&addr, sizeof(addr)) || listen(fd, BACKLOG))
		err(1, "listen");
	puts("listening");
	fflush(stdout);
	return fd;
}

static int next_client(int listening)
{
	int fd = accept(listening, NULL, NULL);

	if (fd < 0)
		err(1, "accept");
	return fd;
}

static void transfer(ssize_t done, const char *what)
{
	if (done < 0)
		err(1, "%s", what);
	if (done != REQUEST)
		errx(1, "%s: %zd octets", what, done);
}

static void serve(void)
{
	char buf[REQUEST];
	int listening = listener(), fd;

	for (;;) {
		fd = next_client(listening);
		transfer(recv(fd, buf, sizeof(buf), MSG_WAITALL), "request");
		transfer(send(fd, buf, sizeof(buf), 0), "reply");
		if (recv(fd, buf, sizeof(buf), 0))
			errx(1, "no end");
		close(fd);
	}
}

static void hold(void)
{
	int listening = listener();

	for (;;)
		next_client(listening);
}

static void once(void)
{
	char buf[REQUEST] = "request";
	int fd = dial();

	transfer(send(fd, buf, sizeof(buf), 0), "request");
	transfer(recv(fd, buf, sizeof(buf), MSG_WAITALL), "reply");
	close(fd);
}

static void rate(double seconds)
{
	double begin, at, end, longest = 0;
	unsigned int count = 0;

	for (begin = now(); now() - begin < WARM_UP; )
		once();
	begin = end = now();
	do {
		at = end;
		once();
		count++;
		end = now();
		if (end - at > longest)
			longest = end - at;
	} while (end - begin < seconds);
	printf("{\"count\": %u, \"seconds\": %f, \"longest_us\": %f}\n", count,
	       end - begin, longest * 1e6);
}

static void keep(unsigned int count)
{
	/* ends with a reset: nothing stays behind */
	struct linger linger = { .l_onoff = 1 };
	unsigned int i;
	char c;
	int fd;

	for (i = 0; i < count; i++) {
		fd = dial();
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	}
	puts("open");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

/* Whoever may not will be told by socket(). */
static void more_files(void)
{
	struct rlimit limit = { 65536, 65536 };

	setrlimit(RLIMIT_NOFILE, &limit);
}

static void usage(void)
{
	errx(2, "usage: opens PROTO serve|hold|rate|keep ADDR PORT [NUMBER]");
}

int main(int argc, char **argv)
{
	double number = argc == 6 ? atof(argv[5]) : 0;
	const char *what = argc > 2 ? argv[2] : "";
	unsigned int i;

	for (i = 0; argc > 4 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(argv[1], kinds[i].name))
			kind = &kinds[i];
	addr.sin_family = AF_INET;
	if (!kind || inet_pton(AF_INET, argv[3], &addr.sin_addr) != 1)
		usage();
	addr.sin_port = htons(atoi(argv[4]));
	more_files();
	if (!strcmp(what, "serve") && argc == 5)
		serve();
	else if (!strcmp(what, "hold") && argc == 5)
		hold();
	else if (!strcmp(what, "rate") && number > 0)
		rate(number);
	else if (!strcmp(what, "keep") && number > 0)
		keep(number);
	else
		usage();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* What the examples of libhps have in common. */
#include "example.h"

#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS	256

void die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void check(int err, const char *what)
{
	if (err < 0)
		die("%s: %s", what, strerror(-err));
}

static struct addrinfo *resolve(const char *host, const char *port)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = host ? 0 : AI_PASSIVE,
		.ai_family = host ? AF_UNSPEC : AF_INET6,
	};
	struct addrinfo *list;
	int err = getaddrinfo(host, port, &hints, &list);

	if (err)
		die("%s port %s: %s", host ? host : "any", port,
		    gai_strerror(err));

	return list;
}

/* --- server ---------------------------------------------------------------- */

/* The connection comes back in each of its completions. */
static void take_client(struct hps_domain *domain, struct hps_cq *cq,
			struct hps_listener *listener,
			const struct advert *advert)
{
	struct hps_conn_attr attr = { .cq = cq };
	struct hps_request *request;
	struct hps_conn **holder;
	int err;

	if (hps_listener_next(listener, &request, 0))
		return;
	holder = malloc(sizeof(*holder));
	attr.data = holder;
	err = hps_conn_create(domain, &attr, holder);
	if (err) {
		hps_reject(request, "full", 4);
		free(holder);
		return;
	}
	err = hps_accept(request, *holder, advert, sizeof(*advert));
	if (err) {
		hps_conn_destroy(*holder);
		free(holder);
	}
}

/* All that a server completes is the end of its clients. */
static void forget_clients(struct hps_cq *cq)
{
	struct hps_completion c;

	while (hps_cq_poll(cq, &c, 1) == 1) {
		struct hps_conn **holder = c.conn_data;

		if (c.op != HPS_OP_CLOSED)
			continue;
		hps_conn_destroy(*holder);
		free(holder);
	}
}

static void read_line(void (*line)(char *text), struct pollfd *input)
{
	char text[4096];

	if (!fgets(text, sizeof(text), stdin)) {
		input->fd = -1;
		return;
	}
	text[strcspn(text, "\n")] = 0;
	line(text);
	fflush(stdout);
}

void serve(const char *port, void *memory, size_t len, unsigned int rights,
	   void (*line)(char *text))
{
	struct addrinfo *list = resolve(NULL, port);
	struct hps_listener *listener;
	struct hps_region *region;
	struct hps_domain *domain;
	struct advert advert = { .len = len };
	struct pollfd p[3];
	struct hps_cq *cq;

	check(hps_domain_open(&domain), "domain");
	check(hps_cq_create(domain, CLIENTS, &cq), "completion queue");
	check(hps_region_register(domain, memory, len, rights, NULL, &region),
	      "region");
	check(hps_listen(domain, list->ai_addr, list->ai_addrlen, 64,
			 &listener), "listen");
	freeaddrinfo(list);
	advert.stag = hps_region_stag(region);
	puts("ready");
	fflush(stdout);

	/* one line at a time is read, so poll() sees the rest */
	setvbuf(stdin, NULL, _IONBF, 0);
	p[0] = (struct pollfd) { hps_listener_fd(listener), POLLIN, 0 };
	p[1] = (struct pollfd) { hps_cq_fd(cq), POLLIN, 0 };
	p[2] = (struct pollfd) { line ? 0 : -1, POLLIN, 0 };
	/* Reads, writes and atomics of clients do not come by here. */
	while (poll(p, 3, -1) > 0) {
		if (p[0].revents)
			take_client(domain, cq, listener, &advert);
		if (p[1].revents)
			forget_clients(cq);
		if (p[2].revents)
			read_line(line, &p[2]);
	}
	die("poll failed");
}

/* --- client --------------------------------------------------------------- */

void client_open(struct client *c, const char *host, const char *port)
{
	struct addrinfo *list = resolve(host, port);
	struct hps_conn_attr attr = {};
	const void *advert;
	size_t len;

	check(hps_domain_open(&c->domain), "domain");
	check(hps_cq_create(c->domain, 64, &c->cq), "completion queue");
	attr.cq = c->cq;
	check(hps_conn_create(c->domain, &attr, &c->conn), "connection");
	check(hps_connect(c->conn, list->ai_addr, list->ai_addrlen, NULL, 0,
			  10000), "connect");
	freeaddrinfo(list);
	advert = hps_conn_private(c->conn, &len);
	if (len != sizeof(c->advert))
		die("this is not the server that was meant");
	memcpy(&c->advert, advert, len);
}

void client_close(struct client *c)
{
	hps_conn_destroy(c->conn);
	hps_cq_destroy(c->cq);
	hps_domain_close(c->domain);
}

/* The one operation that is posted. */
static uint64_t finish(struct client *c, int err, const char *what)
{
	struct hps_completion done;
	struct hps_conn_info info;

	check(err, what);
	check(hps_cq_wait(c->cq, &done, 1, -1), what);
	if (done.status == HPS_STATUS_OK && done.op != HPS_OP_CLOSED)
		return done.value;
	hps_conn_get_info(c->conn, &info);
	die("%s: %s, %s", what, hps_status_name(done.status),
	    info.error_text);
}

static struct hps_remote at(const struct client *c, uint64_t offset)
{
	return (struct hps_remote) {
		.stag = c->advert.stag, .offset = offset,
	};
}

void client_read(struct client *c, uint64_t offset, void *to, size_t len)
{
	const struct iovec iov = { .iov_base = to, .iov_len = len };
	const struct hps_remote from = at(c, offset);

	finish(c, hps_post_read(c->conn, &iov, 1, &from, 0, 0), "read");
}

void client_write(struct client *c, uint64_t offset, const void *from,
		  size_t len)
{
	const struct iovec iov = { .iov_base = (void *)from, .iov_len = len };
	const struct hps_remote to = at(c, offset);

	finish(c, hps_post_write(c->conn, &iov, 1, &to, 0, 0), "write");
}

uint64_t client_cas(struct client *c, uint64_t offset, uint64_t compare,
		    uint64_t swap)
{
	const struct hps_remote word = at(c, offset);

	return finish(c, hps_post_cas(c->conn, &word, compare, swap, 0, 0),
		      "compare-and-swap");
}

uint64_t client_fetch_add(struct client *c, uint64_t offset, uint64_t add)
{
	const struct hps_remote word = at(c, offset);

	return finish(c, hps_post_fetch_add(c->conn, &word, add, 0, 0),
		      "fetch-and-add");
}

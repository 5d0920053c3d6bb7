/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the examples of libhps have in common: a server that lets its clients use
 * a region, and a client that waits for each operation.
 */
#ifndef _LIBHPS_EXAMPLE_H
#define _LIBHPS_EXAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include <libhps.h>

/* What a server tells each client, as private data. */
struct advert {
	uint32_t stag;
	uint32_t reserved;
	uint64_t len;
};

/* Serves @memory on @port; @line is called for each line of standard input. */
void serve(const char *port, void *memory, size_t len, unsigned int rights,
	   void (*line)(char *text));

/**
 * struct client - a connection to such a server
 * @advert:	what the server lets us use
 */
struct client {
	struct hps_domain *domain;
	struct hps_cq *cq;
	struct hps_conn *conn;
	struct advert advert;
};

void client_open(struct client *c, const char *host, const char *port);
void client_close(struct client *c);

/* One operation each; they return when it is done, or end the program. */
void client_read(struct client *c, uint64_t offset, void *to, size_t len);
void client_write(struct client *c, uint64_t offset, const void *from,
		  size_t len);
uint64_t client_cas(struct client *c, uint64_t offset, uint64_t compare,
		    uint64_t swap);
uint64_t client_fetch_add(struct client *c, uint64_t offset, uint64_t add);

__attribute__((noreturn, format(printf, 1, 2)))
void die(const char *format, ...);

#endif /* _LIBHPS_EXAMPLE_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Dynamic reconfiguration: servers of several services move from one service to
 * another. Who decides that takes a lock by remote compare-and-swap, reads and
 * writes the table, counts the update by fetch-and-add, and lets go. Who only
 * wants to know whether something changed reads the counter.
 *
 *	lock serve PORT			keeps the table, and does nothing else
 *	lock move HOST PORT ID ROUNDS	as manager ID (not 0): moves servers
 *	lock show HOST PORT		prints the counter and the table
 *
 * A manager that dies with the lock keeps it; a product would add a lease.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "example.h"

#define SERVICES	4
#define SERVERS		100

/**
 * struct table - what managers share
 * @owner:	manager that has the lock, or 0
 * @updates:	how often @servers was changed
 * @servers:	of each service; SERVERS in all
 */
struct table {
	uint64_t owner;
	uint64_t updates;
	uint64_t servers[SERVICES];
};

#define AT(field)	offsetof(struct table, field)

static struct table table __attribute__((aligned(8))) = {
	.servers = { SERVERS },
};

static void take_lock(struct client *c, uint64_t id)
{
	useconds_t wait = 10;

	while (client_cas(c, AT(owner), 0, id)) {
		usleep(wait);
		wait = wait < 1000 ? wait * 2 : 1000;
	}
}

/*
 * Operations of one connection arrive in order: who gets the lock after this sees
 * all that was written before.
 */
static void drop_lock(struct client *c, uint64_t id)
{
	if (client_cas(c, AT(owner), id, 0) != id)
		die("somebody else had the lock");
}

/* One server from the service that has most to the one that has least. */
static void move_one(struct client *c)
{
	uint64_t servers[SERVICES];
	int most = 0, least = 0, i;

	client_read(c, AT(servers), servers, sizeof(servers));
	for (i = 1; i < SERVICES; i++) {
		if (servers[i] > servers[most])
			most = i;
		if (servers[i] <= servers[least])
			least = i;
	}
	servers[most]--;
	servers[least]++;
	client_write(c, AT(servers), servers, sizeof(servers));
	client_fetch_add(c, AT(updates), 1);
}

static void show(struct client *c)
{
	struct table t;
	int i;

	client_read(c, 0, &t, sizeof(t));
	printf("owner %llu updates %llu servers", (unsigned long long)t.owner,
	       (unsigned long long)t.updates);
	for (i = 0; i < SERVICES; i++)
		printf(" %llu", (unsigned long long)t.servers[i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	struct client c;
	int i;

	if (argc == 3 && !strcmp(verb, "serve"))
		serve(argv[2], &table, sizeof(table), HPS_REMOTE_READ |
		      HPS_REMOTE_WRITE | HPS_REMOTE_ATOMIC, NULL);
	if (!(argc == 6 && !strcmp(verb, "move") && atoi(argv[4]) > 0) &&
	    !(argc == 4 && !strcmp(verb, "show")))
		die("usage: lock serve PORT | lock move HOST PORT ID ROUNDS | lock show HOST PORT");
	client_open(&c, argv[2], argv[3]);
	if (argc == 4)
		show(&c);
	for (i = 0; argc == 6 && i < atoi(argv[5]); i++) {
		take_lock(&c, atoi(argv[4]));
		move_one(&c);
		drop_lock(&c, atoi(argv[4]));
	}
	client_close(&c);

	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Active caching with strong coherence: a proxy keeps a document and asks before
 * each use whether it is still the current one, by an RDMA read of its version.
 * The origin's application is not asked and does not know who has copies.
 *
 *	cache origin PORT		standard input: each line is a new document
 *	cache proxy HOST PORT		standard input: each line is a request;
 *					prints "hit" or "miss" and the document
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define RETRIES	1000

/**
 * struct document - what the origin lets proxies read
 * @version:	odd while the rest changes
 */
struct document {
	uint64_t version;
	char	text[4088];
};

static struct document document __attribute__((aligned(8)));

static void publish(char *text)
{
	__atomic_fetch_add(&document.version, 1, __ATOMIC_SEQ_CST);
	strncpy(document.text, text, sizeof(document.text) - 1);
	__atomic_fetch_add(&document.version, 1, __ATOMIC_SEQ_CST);
	printf("version %llu\n", (unsigned long long)document.version);
}

static uint64_t read_version(struct client *c)
{
	uint64_t version;

	client_read(c, offsetof(struct document, version), &version,
		    sizeof(version));

	return version;
}

/*
 * A read is not one step: what changes meanwhile can be read in part. Reads of
 * one connection are done in order, so if the version is even and the same before
 * and after, nothing changed in between.
 */
static void fetch(struct client *c, struct document *copy)
{
	uint64_t before;
	int i;

	for (i = 0; i < RETRIES; i++) {
		before = read_version(c);
		client_read(c, 0, copy, sizeof(*copy));
		if (before % 2 || read_version(c) != before)
			continue;
		copy->version = before;
		/* It is another program's word that the text ends. */
		copy->text[sizeof(copy->text) - 1] = 0;
		return;
	}
	die("the document changes all the time");
}

static void proxy(struct client *c)
{
	struct document copy = { .version = UINT64_MAX };
	char line[100];

	while (fgets(line, sizeof(line), stdin)) {
		bool hit = read_version(c) == copy.version;

		if (!hit)
			fetch(c, &copy);
		printf("%s %s\n", hit ? "hit" : "miss", copy.text);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	struct client c;

	if (argc == 3 && !strcmp(argv[1], "origin"))
		serve(argv[2], &document, sizeof(document), HPS_REMOTE_READ,
		      publish);
	if (argc != 4 || strcmp(argv[1], "proxy"))
		die("usage: cache origin PORT | cache proxy HOST PORT");
	client_open(&c, argv[2], argv[3]);
	proxy(&c);
	client_close(&c);

	return 0;
}

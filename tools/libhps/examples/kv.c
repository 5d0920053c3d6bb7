// SPDX-License-Identifier: GPL-2.0
/*
 * A key-value store whose clients read it by RDMA: the server's processor has no
 * part in a look-up.
 *
 *	kv serve PORT			standard input: "KEY VALUE", sets it
 *	kv get HOST PORT KEY...		prints the values
 *
 * The store is an open hash table of slots of one size. A client computes where a
 * key must be and reads the slot. The server may be changing it at that moment:
 * each slot has a checksum, and one that is torn is read again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define SLOTS	1024
#define PROBES	16
#define RETRIES	1000

/**
 * struct slot - a key and its value
 * @sum:	of all that follows; 0 in a slot that was never used
 * @version:	grows with each change
 */
struct slot {
	uint64_t sum;
	uint64_t version;
	char	key[48];
	char	value[192];
};

static struct slot slots[SLOTS];

/* FNV-1a */
static uint64_t hash(const void *data, size_t len)
{
	const unsigned char *b = data;
	uint64_t h = 0xcbf29ce484222325;

	while (len--)
		h = (h ^ *b++) * 0x100000001b3;

	return h;
}

static uint64_t sum_of(const struct slot *s)
{
	return hash(&s->version, sizeof(*s) - sizeof(s->sum)) | 1;
}

static unsigned int place_of(const char *key, unsigned int probe)
{
	return (hash(key, strlen(key)) + probe) % SLOTS;
}

/* --- server ------------------------------------------------------------------ */

static void set(char *text)
{
	char *value = strchr(text, ' ');
	unsigned int i;

	if (value)
		*value++ = 0;
	if (!value || strlen(text) >= sizeof(slots[0].key) ||
	    strlen(value) >= sizeof(slots[0].value)) {
		puts("a line is KEY VALUE, 47 and 191 octets at most");
		return;
	}
	for (i = 0; i < PROBES; i++) {
		struct slot *s = &slots[place_of(text, i)];

		if (s->sum && strcmp(s->key, text))
			continue;
		/* Who reads in the middle of this sees a wrong sum. */
		s->version++;
		strncpy(s->key, text, sizeof(s->key));
		strncpy(s->value, value, sizeof(s->value));
		__atomic_store_n(&s->sum, sum_of(s), __ATOMIC_RELEASE);
		printf("set %s\n", text);
		return;
	}
	puts("full");
}

/* --- client ------------------------------------------------------------------- */

static bool is_whole(const struct slot *s)
{
	static const struct slot unused;

	if (!s->sum)
		return !memcmp(s, &unused, sizeof(unused));

	return s->sum == sum_of(s) && !s->key[sizeof(s->key) - 1] &&
	       !s->value[sizeof(s->value) - 1];
}

static void read_slot(struct client *c, unsigned int place, struct slot *s)
{
	int i;

	for (i = 0; i < RETRIES; i++) {
		client_read(c, place * sizeof(*s), s, sizeof(*s));
		if (is_whole(s))
			return;
	}
	die("the slot changes all the time");
}

static bool get(struct client *c, const char *key)
{
	unsigned int i;
	struct slot s;

	for (i = 0; i < PROBES; i++) {
		read_slot(c, place_of(key, i), &s);
		if (!s.sum)
			break;
		if (!strcmp(s.key, key)) {
			printf("%s\n", s.value);
			return true;
		}
	}
	fprintf(stderr, "%s: not found\n", key);

	return false;
}

int main(int argc, char **argv)
{
	bool all = true;
	struct client c;
	int i;

	if (argc == 3 && !strcmp(argv[1], "serve"))
		serve(argv[2], slots, sizeof(slots), HPS_REMOTE_READ, set);
	if (argc < 5 || strcmp(argv[1], "get"))
		die("usage: kv serve PORT | kv get HOST PORT KEY...");
	client_open(&c, argv[2], argv[3]);
	if (c.advert.len != sizeof(slots))
		die("the server has another table");
	for (i = 4; i < argc; i++)
		all &= get(&c, argv[i]);
	client_close(&c);

	return !all;
}

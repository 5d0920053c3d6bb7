/* SPDX-License-Identifier: GPL-2.0 */
/* Generic netlink family "hps": requests, answers, refusals, events. */
#ifndef HPSCTL_NL_H
#define HPSCTL_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/* All of these return 0, or -1 after fail(). */

/* Finds the family; says what to do when the module is not loaded. */
int nl_open(void);
void nl_close(void);

/* Begins a request; attributes are put behind it with mnl_attr_put_*(). */
struct nlmsghdr *nl_request(uint8_t cmd, bool dump);

/* The same of sock_diag; @req becomes its @size octets, all zero. */
struct nlmsghdr *nl_diag_request(size_t size, void **req);

/**
 * struct setting - a word of a "set" command that a value follows
 * @word: as the user writes it
 * @put: puts the value into the request; returns 0, or -1 after fail()
 */
struct setting {
	const char *word;
	int (*put)(struct nlmsghdr *nlh, const char *value);
};

/* Has the request hardly room for another word? */
bool nl_is_full(const struct nlmsghdr *nlh);

/**
 * nl_put_settings() - put pairs of a word and a value into a request
 * @table: the words; ends with an empty row
 * @expected: what they are, for the sentence that refuses another
 *
 * Returns 0, or -1 after fail().
 */
int nl_put_settings(struct nlmsghdr *nlh, const struct setting *table,
		    const char *expected, int argc, char **argv);

/**
 * nl_run() - send the request and read what comes back
 * @on_message: called for each message, may be NULL
 *
 * A refusal becomes fail() with the kernel's own sentence.
 */
int nl_run(struct nlmsghdr *request,
	   void (*on_message)(const struct nlmsghdr *nlh));

/* Waits for events for ever; @on_lost when the kernel had to drop some. */
int nl_listen(int (*on_message)(const struct nlmsghdr *nlh),
	      int (*on_lost)(void));

/* Attributes of a message or nest by number; unknown ones are left out. */
void nl_parse(const struct nlmsghdr *nlh, const struct nlattr **tb,
	      uint16_t max);
void nl_parse_nest(const struct nlattr *nest, const struct nlattr **tb,
		   uint16_t max);

/* Zero, or "", when the attribute is missing. */
uint64_t nl_number(const struct nlattr *attr);
const char *nl_string(const struct nlattr *attr);

#endif /* HPSCTL_NL_H */

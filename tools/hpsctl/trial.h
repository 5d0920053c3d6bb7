/* SPDX-License-Identifier: GPL-2.0 */
/* Times messages to a peer over some of the links of a bundle. */
#ifndef HPSCTL_TRIAL_H
#define HPSCTL_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include <net/if.h>

/* As many as a connection compares. */
#define TRIAL_LINKS	16
#define TRIAL_ROUNDS	100
#define TRIAL_SIZE_MAX	(16 << 20)

/**
 * struct trial_link - an active link of the bundle
 * @used: it has a path to the peer
 * @off: it was made a backup link, and must be made active again
 */
struct trial_link {
	uint32_t ifindex;
	uint8_t	 id;
	bool	 used;
	bool	 off;
	char	 name[IF_NAMESIZE];
};

/**
 * struct trial - a connection to an hpsperf server
 * @link: those with a path are first, once it is open
 * @used: how many have one
 * @deadline_ns: by clock_ns(); behind it one round is enough
 *
 * Between trial_open() and trial_close() the links that shall not carry have the
 * role backup, and signals that would end the program end what is under way.
 */
struct trial {
	int		  fd;
	uint32_t	  bundle;
	unsigned int	  links;
	unsigned int	  used;
	uint64_t	  deadline_ns;
	struct trial_link link[TRIAL_LINKS];
	char		  *message;
};

/* Both return -1 after fail(), and trial_close() must follow in any case. */
int trial_open(struct trial *trial, const char *bundle, const char *host,
	       unsigned int port, unsigned int timeout_ms);

/**
 * trial_time() - the time from sending a message to its answer of one octet
 * @links: bit I stands for link I, which shall carry
 * @size: of the message, at most TRIAL_SIZE_MAX
 * @rounds: at most TRIAL_ROUNDS
 *
 * One more round goes before these, for the windows of the transport.
 *
 * Return: the median in nanoseconds, 0 after fail().
 */
uint64_t trial_time(struct trial *trial, uint32_t links, uint64_t size,
		    unsigned int rounds);

/* Fails if a link has lost its path: then the figures are worth nothing. */
int trial_check(const struct trial *trial);

/* Gives the links their role again. If a signal came, the program ends by it. */
int trial_close(struct trial *trial);

#endif /* HPSCTL_TRIAL_H */

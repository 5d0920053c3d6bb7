/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's sock_diag for AF_HPS: sockets by filter. */
#ifndef HPSCTL_DIAG_H
#define HPSCTL_DIAG_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/hps.h>
#include <linux/hps_diag.h>

#define DIAG_PATHS	64
#define DIAG_LINKS	64

/* Which sockets; zero selects all. Filled by diag_filter_word(). */
struct diag_filter {
	uint32_t states;
	bool by_token, by_inode, by_uid;
	uint64_t token;
	uint64_t inode;
	uint32_t uid;
	uint16_t local_port;
	uint16_t remote_port;
	uint32_t ifindex;
	struct hps_diag_prefix local;	/* family 0: any */
	struct hps_diag_prefix remote;
};

/* One socket; what the kernel did not tell is zero. */
struct diag_socket {
	struct hps_diag_msg msg;
	struct hps_info info;
	unsigned int nr_paths;
	struct hps_path_info path[DIAG_PATHS];
	bool has_mark;
	uint32_t mark;
	uint32_t why;
	unsigned int nr_links;
	struct hps_diag_link link[DIAG_LINKS];
};

#define DIAG_FILTER_USAGE						\
	"[TOKEN] [state STATE] [dev DEV] [uid UID] [inode N] "		\
	"[sport PORT] [dport PORT] [src PREFIX] [dst PREFIX] [pid PID fd FD]"

/* Reads the words of a filter. 0, or -1 after fail(). */
int diag_filter_parse(struct diag_filter *f, int argc, char **argv);

/**
 * diag_run() - ask for sockets
 * @f: which
 * @links: also what becomes of each link, and why
 * @on_socket: called for each
 *
 * Return: how many there were, or -1 after fail().
 */
int diag_run(const struct diag_filter *f, bool links,
	     void (*on_socket)(const struct diag_socket *s));

#endif /* HPSCTL_DIAG_H */

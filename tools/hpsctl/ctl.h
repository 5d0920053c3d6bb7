/* SPDX-License-Identifier: GPL-2.0 */
/* What the objects of hpsctl share: their entry points and small helpers. */
#ifndef HPSCTL_CTL_H
#define HPSCTL_CTL_H

#include <stdint.h>

struct nlattr;

/**
 * struct command - a row of a command table
 * @name: as the user writes it
 * @run: gets the arguments behind the name; returns 0, or -1 after fail()
 * @usage: the arguments, for help
 */
struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *usage;
};

/* Runs the row that argv[0] names; without arguments the first one. */
int command_run(const struct command *table, const char *object, int argc,
		char **argv);
void command_usage(const struct command *table, const char *object);

extern const struct command bundle_commands[];
extern const struct command link_commands[];
extern const struct command conn_commands[];
extern const struct command peer_commands[];
extern const struct command acl_commands[];
extern const struct command stats_commands[];
int explain_run(int argc, char **argv);
int top_run(int argc, char **argv);
int tune_run(int argc, char **argv);
int monitor_run(int argc, char **argv);

/* The interface with this name. 0 after fail(). */
uint32_t need_interface(const char *name);

/* Both return -1 after fail(). */
int bundle_set_cutoff(uint32_t ifindex, uint32_t cutoff);
int link_set_role(uint32_t ifindex, uint8_t role);

/* Prints the name of an interface, or "#INDEX" when it has gone. */
void out_interface(const char *key, const char *fmt, uint32_t ifindex);

/* Prints an address, with [] and port unless @port is NULL. */
void out_address(const char *key, const char *fmt, const struct nlattr *addr,
		 const struct nlattr *port);

struct hps_info_addr;
void out_info_address(const char *key, const char *fmt,
		      const struct hps_info_addr *addr);

/* Of TCP's numbers; -1 if there is no such name. */
const char *state_name(uint8_t state);
int state_number(const char *name);

/* What names a connection of sock_diag, and its state. */
struct diag_socket;
void out_socket_names(const struct diag_socket *s);

const char *policy_name(uint8_t policy);
const char *role_name(uint8_t role);

/* " cutoff auto (4096)": as set, and in effect. */
struct hps_info;
void out_cutoff(const struct hps_info *info);

const char *cause_name(uint8_t cause);

/* -s was given. */
extern bool want_statistics;

/* Of enum hps_reason: a word, a sentence. */
const char *reason_name(uint32_t code);
const char *reason_text(uint32_t code);

/* What names a connection, and one path, in events; @tb by HPS_A_CONN_*. */
void out_conn_names(const struct nlattr **tb);
void out_path_brief(const struct nlattr *nest);

#endif /* HPSCTL_CTL_H */

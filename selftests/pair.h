/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets of the running variant: addresses, pairs, waiting, patterns. */
#ifndef _HPS_SELFTESTS_PAIR_H
#define _HPS_SELFTESTS_PAIR_H

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "harness.h"

union address {
	struct sockaddr		sa;
	struct sockaddr_in	in;
	struct sockaddr_in6	in6;
};

/**
 * struct pair - two ends of a connection
 * @lst:	the listener
 * @a:		the end that connected
 * @b:		the end that was accepted
 */
struct pair {
	int	lst;
	int	a;
	int	b;
};

int new_socket(void);
socklen_t loopback(union address *addr, int port);
socklen_t any_address(union address *addr, int port);
int port_of(int fd);
int listener(int backlog);
int try_connect(int fd, int port);
int connected_to(int port);
void pair_open(struct pair *p);
void pair_open_small(struct pair *p, int rcvbuf, int sndbuf);
void pair_close(struct pair *p);

void nonblocking(int fd, bool on);
int poll_now(int fd, int events);
int wait_for(int fd, int events);
int so_error(int fd);
int get_int(int fd, int level, int name);
void set_int(int fd, int level, int name, int value);
void set_timeout(int fd, int name, int ms);
int in_queue(int fd);
void wait_in_queue(int fd, int octets);
void wait_out_queue_empty(int fd);
long fill(int fd);
long long now_ms(void);
long long counter(const char *name);
void counter_becomes(const char *name, long long value, int ms);
void wait_counter(const char *name, long long above);

void pattern(void *buf, size_t len, uint64_t at);
bool pattern_ok(const void *buf, size_t len, uint64_t at);
void send_all(int fd, const void *buf, size_t len);
void send_pattern(int fd, size_t len, uint64_t at);
void recv_pattern(int fd, size_t len, uint64_t at);
void recv_eof(int fd);
pid_t child(void (*run)(void *), void *arg);
pid_t writer(int fd, size_t len);
void reap(pid_t pid);
uint64_t seeded(uint64_t *state);
void sysctl_set(const char *name, int value);

#endif /* _HPS_SELFTESTS_PAIR_H */

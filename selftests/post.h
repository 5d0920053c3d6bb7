/* SPDX-License-Identifier: GPL-2.0 */
/* Direct placement: regions, queues of completions, operations. */
#ifndef _HPS_SELFTESTS_POST_H
#define _HPS_SELFTESTS_POST_H

#include <linux/hps.h>
#include <linux/hps_direct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "pair.h"

#define ALL_RIGHTS	(HPS_DIRECT_REMOTE_READ | HPS_DIRECT_REMOTE_WRITE | \
			 HPS_DIRECT_REMOTE_ATOMIC)

#define MB		(1UL << 20)

/* What is the same with each way to get a socket is tried with the first of a kind. */
#define V_DIRECT	(V_HPS | V_ONCE)

void *memory(size_t len);
char *pattern_of(size_t len, uint64_t at);
bool is_all(const char *p, size_t len, char c);
bool is_idle(int fd);
struct hps_direct_region region(const void *addr, uint64_t len,
				unsigned int rights);
int try_register(int fd, struct hps_direct_region *r);
int try_memory(int fd, const void *addr, uint64_t len, unsigned int rights);
uint32_t enrol(int fd, const void *addr, uint64_t len, unsigned int rights);
uint32_t enrol_with(int fd, const void *addr, uint64_t len,
		    unsigned int rights, unsigned int flags);
int try_deregister(int fd, uint32_t stag);
void deregister(int fd, uint32_t stag);
int try_domain(int fd, int other);

/**
 * struct queue - a queue of completions, mapped
 * @fd:		its descriptor
 * @entries:	how many it holds
 * @ring:	the mapping
 */
struct queue {
	int			fd;
	unsigned int		entries;
	struct hps_direct_ring	*ring;
};

int queue_ask(int fd, struct hps_direct_queue *q, socklen_t *len);
int queue_make(int fd, unsigned int entries);
int queue_set(int fd, int queue);
struct hps_direct_ring *queue_map(int queue, unsigned int entries);
void queue_open(struct queue *q, int fd, unsigned int entries);
void queue_close(struct queue *q);
bool queue_try(struct queue *q, struct hps_direct_completion *c);
struct hps_direct_completion queue_take(struct queue *q);
void queue_expect(struct queue *q, uint64_t data, int status);

ssize_t try_post(int fd, const struct hps_direct_post *post, const void *buf,
		 size_t len, int flags);
struct hps_direct_post post_write(uint64_t data, uint32_t stag, uint64_t offset);
struct hps_direct_post post_read(uint64_t data, uint32_t stag, uint64_t offset,
				 uint32_t sink, uint64_t sink_offset,
				 uint64_t len);
struct hps_direct_post post_add(uint64_t data, uint32_t stag, uint64_t offset,
				uint64_t operand);
struct hps_direct_post post_swap(uint64_t data, uint32_t stag, uint64_t offset,
				 uint64_t compare, uint64_t operand);
struct hps_direct_post post_invalidate(uint64_t data, uint32_t stag);
struct hps_direct_post post_recv(uint64_t data, uint32_t sink, uint64_t offset,
				 uint64_t len);
int try_pieces(int fd, struct hps_direct_post post,
	       const struct hps_direct_piece *more, unsigned int nr);
int post_one(int fd, struct hps_direct_post post, size_t len);
void post_ok(int fd, struct hps_direct_post post, const void *buf, size_t len);

/**
 * struct ends - a connection whose one end asks of the other's memory
 * @p:		@p.a asks
 * @q:		its queue
 * @mem:	memory of @p.b, of @len octets, with all rights
 * @stag:	its tag
 * @sink:	memory of @p.a, of @len octets, for reads
 * @sink_stag:	its tag
 */
struct ends {
	struct pair	p;
	struct queue	q;
	char		*mem;
	char		*sink;
	size_t		len;
	uint32_t	stag;
	uint32_t	sink_stag;
};

void ends_register(struct ends *e, size_t len);
void ends_open(struct ends *e, size_t len);
uint16_t reason_of(int fd);
void expect_refused(struct ends *e, uint64_t data);

/**
 * struct inbox - a connection one end of which posts receives
 * @p:		@p.b posts them
 * @q:		its queue
 * @mem:	its memory, of @len octets
 * @stag:	the tag of that
 */
struct inbox {
	struct pair	p;
	struct queue	q;
	char		*mem;
	size_t		len;
	uint32_t	stag;
};

/* So many are sent by send_messages(), each of 1000 octets and more on average. */
#define MESSAGES	(on_debug_kernel() ? 300 : 3000)

void inbox_memory(struct inbox *in, size_t len);
void inbox_open(struct inbox *in, size_t len);
int inbox_try(struct inbox *in, uint64_t data, uint64_t offset,
		    uint64_t len, unsigned int flags);
void inbox_post(struct inbox *in, uint64_t data, uint64_t offset, uint64_t len);
void inbox_post_whole(struct inbox *in, uint64_t data, uint64_t offset,
		       uint64_t len);
int try_cancel(int fd, uint64_t data);
int try_cancel_all(int fd);
struct hps_direct_completion inbox_expect(struct inbox *in, uint64_t data,
					   uint64_t len, int status);
void inbox_message(struct inbox *in, uint64_t data, uint64_t len);
void inbox_end(struct inbox *in, uint64_t data, uint64_t len);
void inbox_empty(struct inbox *in);
void send_messages(void *arg);

#endif /* _HPS_SELFTESTS_POST_H */

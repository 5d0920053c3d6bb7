// SPDX-License-Identifier: GPL-2.0
/*
 * Connections over AF_HPS sockets: the way in. Messages come from the stream right
 * to the receives that are posted; what is one-sided does not come by here.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "direct.h"
#include "gather.h"
#include "region.h"

/* So many calls, then it is another connection's turn. */
#define ROUNDS	16
/* Octets at once, so that others get the domain's lock. */
#define TAKE	(1U << 20)

static uint32_t message_len(const struct direct *k)
{
	return be32_to_cpu(k->head.len);
}

/* --- messages ------------------------------------------------------------------------ */

static void received(struct hps_conn *c)
{
	const struct direct_head *head = &c->direct->head;
	struct hps_completion completion = {
		.id = receive_at(c, c->r_head)->id, .op = HPS_OP_RECV,
		.len = message_len(c->direct),
	};
	uint32_t stag = be32_to_cpu(head->stag);

	if (head->flags & DIRECT_INVALIDATES &&
	    !region_invalidate(c, stag)) {
		direct_terminate(c, RDMAP_ERR_INVALIDATE);
		return;
	}
	if (head->flags & DIRECT_SOLICITED)
		completion.flags |= HPS_COMPLETION_SOLICITED;
	if (head->flags & DIRECT_INVALIDATES) {
		completion.flags |= HPS_COMPLETION_INVALIDATED;
		completion.stag = stag;
	}
	c->direct->have = 0;
	c->direct->done = 0;
	c->r_head++;
	conn_complete(c, &completion);
}

/* The head is here: is there a place for what comes behind it? */
static void take_head(struct hps_conn *c)
{
	const struct direct *k = c->direct;

	if (k->head.type == DIRECT_TERMINATE) {
		c->terminated = 2;
		c->refused = RDMAP_ERR(0, 0, be16_to_cpu(k->head.error));
		conn_end(c, HPS_STATUS_REFUSED);
	} else if (k->head.type != DIRECT_SEND) {
		direct_terminate(c, RDMAP_ERR_OPCODE);
	} else if (c->r_head == c->r_tail) {
		direct_terminate(c, DDP_ERR_NO_BUFFER);
	} else if (receive_at(c, c->r_head)->len < message_len(k)) {
		direct_terminate(c, DDP_ERR_TOO_LONG);
	} else if (!message_len(k)) {
		received(c);
	}
}

static void took(struct hps_conn *c, uint32_t n)
{
	struct direct *k = c->direct;

	c->octets_received += n;
	if (c->ended)
		return;
	if (k->have < sizeof(k->head)) {
		k->have += n;
		if (k->have == sizeof(k->head))
			take_head(c);
		return;
	}
	k->done += n;
	if (k->done == message_len(k))
		received(c);
}

static ssize_t take(struct hps_conn *c)
{
	struct direct *k = c->direct;
	struct iovec iov[HPS_MAX_IOV];
	struct msghdr msg = { .msg_iov = iov };
	uint8_t nowhere[16384];

	/* What comes after the end is read all the same: else it was a reset. */
	if (c->ended)
		return recv(c->fd, nowhere, sizeof(nowhere), MSG_DONTWAIT);
	if (k->have < sizeof(k->head))
		return recv(c->fd, (uint8_t *)&k->head + k->have,
			    sizeof(k->head) - k->have, MSG_DONTWAIT);
	msg.msg_iovlen = iov_part(iov, receive_at(c, c->r_head)->iov, k->done,
				  min_t(uint32_t, message_len(k) - k->done,
					TAKE));

	return recvmsg(c->fd, &msg, MSG_DONTWAIT);
}

/* --- the end ------------------------------------------------------------------------- */

/*
 * The socket says nothing more. The kernel knows whether memory was named that may
 * not be accessed so, by us or by the peer; what it had done before counts.
 */
static void take_end(struct hps_conn *c, int error)
{
	int why = 0;
	bool access = sock_reason(c->fd, &why) == HPS_REASON_ACCESS;

	direct_reap(c);
	c->eof = true;
	if (access && !c->ended) {
		c->terminated = why == EREMOTEIO ? 2 : 1;
		c->refused = DIRECT_ERR_ACCESS;
		conn_end(c, c->terminated == 2 ? HPS_STATUS_REFUSED :
						 HPS_STATUS_FLUSHED);
	}
	if (!error && !why && c->direct->have && !c->ended)
		error = ECONNRESET;
	if (error || why) {
		conn_lost(c, error ? error : why);
		return;
	}
	conn_end(c, HPS_STATUS_OK);
}

/* Takes what has come, up to a limit. */
void direct_receive(struct hps_conn *c)
{
	int i;

	for (i = 0; i < ROUNDS && !c->eof && !c->dead; i++) {
		ssize_t n = take(c);

		if (n > 0) {
			took(c, n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		take_end(c, n < 0 ? errno : 0);
	}
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The receive side of a connection.
 */
#ifndef _HPS_CONN_RECV_H
#define _HPS_CONN_RECV_H

#include "conn/conn.h"

struct iov_iter;
struct pipe_inode_info;

/**
 * struct hps_read - one read by the application
 * @to:		whereto, or
 * @pipe:	whereto by reference, with @flags (SPLICE_F_*)
 * @len:	octets at most
 * @peek:	do not take them
 * @record:	stop behind a record mark and take it (SOCK_SEQPACKET)
 * @done:	octets copied
 * @mark:	the record's end was reached
 */
struct hps_read {
	struct iov_iter	*to;
	struct pipe_inode_info *pipe;
	unsigned int	flags;
	size_t		len;
	bool		peek;
	bool		record;
	size_t		done;
	bool		mark;
};

int hps_recv_read(struct hps_conn *conn, struct hps_read *r);
int hps_recv_skip_record(struct hps_conn *conn, size_t *len);
bool hps_recv_readable(const struct hps_conn *conn, u64 want);
u64 hps_recv_queued(const struct hps_conn *conn);
bool hps_recv_at_end(const struct hps_conn *conn);
void hps_recv_arrived(struct hps_conn *conn);
void hps_recv_let_go(struct hps_channel *ch, bool push);
void hps_recv_placed(struct hps_conn *conn);
void hps_recv_grow(struct hps_conn *conn, u32 buffer);
bool hps_recv_wait(struct hps_conn *conn, u64 want);
unsigned int hps_recv_napi(struct hps_conn *conn, unsigned int *ids,
			   unsigned int most);

#endif /* _HPS_CONN_RECV_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Completion queues of one-sided operations: a file that a program maps and
 * polls, and that any number of connections put completions into.
 */
#ifndef _HPS_CONN_CQ_H
#define _HPS_CONN_CQ_H

#include <linux/types.h>

struct file;
struct hps_cq;
struct hps_direct_completion;

struct file *hps_cq_create(u32 *entries);
struct hps_cq *hps_cq_get(int fd);
void hps_cq_hold(struct hps_cq *cq);
void hps_cq_put(struct hps_cq *cq);
int hps_cq_reserve(struct hps_cq *cq);
void hps_cq_cancel(struct hps_cq *cq);
void hps_cq_complete(struct hps_cq *cq, const struct hps_direct_completion *c);

#endif /* _HPS_CONN_CQ_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which links does a connection use, which not, and why?
 */
#ifndef _HPS_CONN_EXPLAIN_H
#define _HPS_CONN_EXPLAIN_H

#include <linux/types.h>

#include "link/link.h"
#include "wire.h"

struct hps_conn;

#define HPS_EXPLAIN_LINKS	64

/**
 * struct hps_explain - the answer
 * @why:	why not more links at this moment; HPS_REASON_NONE: all it can
 * @nr_links:	links of its bundle, the first HPS_EXPLAIN_LINKS at most
 * @link:	they
 * @link_why:	HPS_REASON_IN_USE, or why no path over it carries
 * @addr:	used in between
 */
struct hps_explain {
	enum hps_reason		why;
	unsigned int		nr_links;
	struct hps_link_brief	link[HPS_EXPLAIN_LINKS];
	enum hps_reason		link_why[HPS_EXPLAIN_LINKS];
	struct hps_link_addr	addr[HPS_EXPLAIN_LINKS];
};

void hps_conn_explain(struct hps_conn *conn, u32 cutoff, struct hps_explain *e);

#endif /* _HPS_CONN_EXPLAIN_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Choosing paths: which may carry what, and the scheduler's view of them.
 */
#ifndef _HPS_CONN_CHOOSE_H
#define _HPS_CONN_CHOOSE_H

#include "conn/sched.h"

struct hps_bundle_config;
struct hps_conn;
struct hps_path;
struct hps_segment;

/* So many paths are compared. */
#define HPS_CHOOSE_PATHS	16

/**
 * struct hps_choice - a connection's paths as the scheduler sees them
 * @path:	one for each that may carry fresh data
 * @id:		its id
 * @n:		their number
 * @self:	index of the one that asks
 */
struct hps_choice {
	struct hps_sched_path	path[HPS_CHOOSE_PATHS];
	u8			id[HPS_CHOOSE_PATHS];
	unsigned int		n;
	unsigned int		self;
};

bool hps_choose_paths(struct hps_conn *conn, struct hps_path *self,
		      u32 ahead, struct hps_choice *choice);
void hps_choose_look(struct hps_path *path, struct hps_sched_path *p);
bool hps_choose_fresh(const struct hps_path *path, u8 role);
void hps_choose_given(struct hps_path *path, const struct hps_sched_path *p,
		      struct hps_segment *s, u32 len);
bool hps_choose_single(struct hps_conn *conn, const struct hps_choice *choice);
bool hps_choose_turn(struct hps_conn *conn, struct hps_path *path,
		     bool *alone);
void hps_choose_served(struct hps_conn *conn, struct hps_path *path, u32 len);
struct hps_path *hps_choose_next(struct hps_conn *conn, u64 tried);
bool hps_choose_copies(struct hps_conn *conn, const struct hps_path *path);
u8 hps_choose_role(struct hps_conn *conn);
u8 hps_choose_path_role(const struct hps_path *path);
bool hps_choose_admits(struct hps_conn *conn, const struct hps_path *path,
		       const struct hps_bundle_config *config);
bool hps_choose_is_single(const struct hps_conn *conn,
			  const struct hps_bundle_config *config);
unsigned int hps_choose_idle(struct hps_conn *conn, struct hps_sched_path *idle);
u8 hps_choose_only(struct hps_conn *conn);
void hps_choose_config(const struct hps_conn *conn,
		       struct hps_bundle_config *config);

#endif /* _HPS_CONN_CHOOSE_H */

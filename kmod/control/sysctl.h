/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net.hps.*: the knobs of a namespace (struct hps_sysctls in net.h).
 */
#ifndef _HPS_CONTROL_SYSCTL_H
#define _HPS_CONTROL_SYSCTL_H

struct hps_net;

int hps_sysctl_net_init(struct hps_net *hn);
void hps_sysctl_net_exit(struct hps_net *hn);

#endif /* _HPS_CONTROL_SYSCTL_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sock_diag for AF_HPS.
 */
#ifndef _HPS_CONTROL_DIAG_H
#define _HPS_CONTROL_DIAG_H

int hps_diag_init(void);
void hps_diag_exit(void);

#endif /* _HPS_CONTROL_DIAG_H */

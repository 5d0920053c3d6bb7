// SPDX-License-Identifier: GPL-2.0
/*
 * hps_test.ko: the KUnit suites of AF_HPS's pure files run when it loads.
 */
#include <linux/module.h>

#include "hps_test.h"

kunit_test_suites(&hps_test_mpa, &hps_test_ddp, &hps_test_message,
		  &hps_test_reasm, &hps_test_placed, &hps_test_credit, &hps_test_sched,
		  &hps_test_why, &hps_test_health, &hps_test_alive,
		  &hps_test_autobuf, &hps_test_train, &hps_test_late, &hps_test_early,
		  &hps_test_access, &hps_test_rdmap, &hps_test_segment,
		  &hps_test_stream, &hps_test_ring, &hps_test_run);

MODULE_DESCRIPTION("KUnit tests of AF_HPS");
MODULE_LICENSE("GPL");

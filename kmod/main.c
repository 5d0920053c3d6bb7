// SPDX-License-Identifier: GPL-2.0
/* AF_HPS: orders the start and the end of the subsystems. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <uapi/linux/hps.h>

#include "bare/bare.h"
#include "conn/conn.h"
#include "control/diag.h"
#include "control/netlink.h"
#include "link/bundle.h"
#include "net.h"
#include "socket/hps_sock.h"
#include "xport/tcp.h"

static int __init hps_init(void)
{
	int err;

	err = hps_channel_init_all();
	if (err)
		return err;
	err = hps_tcp_init();
	if (err)
		goto err_channel;
	err = hps_conn_init();
	if (err)
		goto err_tcp;
	err = hps_net_init();
	if (err)
		goto err_conn;
	err = hps_bundle_init();
	if (err)
		goto err_net;
	err = hps_linkevent_init();
	if (err)
		goto err_bundle;
	err = hps_bare_init();
	if (err)
		goto err_linkevent;
	err = hps_socket_init();
	if (err)
		goto err_bare;
	err = hps_netlink_init();
	if (err)
		goto err_socket;
	err = hps_diag_init();
	if (err)
		goto err_netlink;
	return 0;

err_netlink:
	hps_netlink_exit();
err_socket:
	hps_socket_exit();
err_bare:
	hps_bare_exit();
err_linkevent:
	hps_linkevent_exit();
err_bundle:
	hps_bundle_exit();
err_net:
	hps_net_exit();
err_conn:
	rcu_barrier();
	hps_conn_exit();
err_tcp:
	hps_tcp_exit();
err_channel:
	hps_channel_exit_all();
	return err;
}

static void __exit hps_exit(void)
{
	hps_diag_exit();
	hps_netlink_exit();
	hps_socket_exit();
	hps_bare_exit();
	hps_linkevent_exit();
	hps_bundle_exit();
	hps_net_exit();
	/* ORDER: late kicks drop the last references; it waits for all that RCU
	 * frees, which is gone before the caches are.
	 */
	hps_tcp_exit();
	hps_conn_exit();
	hps_channel_exit_all();
}

module_init(hps_init);
module_exit(hps_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("HPS: one socket over all links");
MODULE_VERSION("0.1");
MODULE_ALIAS_NETPROTO(PF_HPS);
/* SOCK_STREAM and SOCK_SEQPACKET are no macros: the kernel asks by number. */
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET, IPPROTO_HPS, 1);
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET, IPPROTO_HPS, 5);
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET6, IPPROTO_HPS, 1);
MODULE_ALIAS_NET_PF_PROTO_TYPE(PF_INET6, IPPROTO_HPS, 5);

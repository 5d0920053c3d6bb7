// SPDX-License-Identifier: GPL-2.0
/* AF_HPS: orders the start and the end of the subsystems. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/random.h>
#include <net/netns/generic.h>
#include <uapi/linux/hps.h>

#include "conn/conn.h"
#include "control/mib.h"
#include "control/netlink.h"
#include "control/sysctl.h"
#include "link/bundle.h"
#include "link/link.h"
#include "link/pool.h"
#include "net.h"
#include "socket/hps_sock.h"
#include "xport/tcp.h"

unsigned int hps_net_id;

static int __net_init net_init(struct net *net)
{
	struct hps_net *hn = hps_net(net);
	unsigned int i;
	int err;

	hn->net = net;
	get_random_bytes(&hn->host_id, sizeof(hn->host_id));
	spin_lock_init(&hn->lock);
	INIT_LIST_HEAD(&hn->channels);
	INIT_LIST_HEAD(&hn->conns);
	INIT_LIST_HEAD(&hn->pool);
	spin_lock_init(&hn->bind_lock);
	for (i = 0; i < HPS_BIND_HASH; i++)
		INIT_HLIST_HEAD(&hn->bind[i]);
	mutex_init(&hn->listen_mutex);
	hps_link_net_init(hn);
	err = hps_mib_net_init(hn);
	if (err)
		return err;
	err = hps_sysctl_net_init(hn);
	if (err)
		goto err_mib;
	hps_sweep_start(hn);
	return 0;

err_mib:
	hps_mib_net_exit(hn);
	return err;
}

/* ORDER: connections use channels, so they end first; both count and read
 * sysctls until they have ended.
 */
static void __net_exit net_exit(struct net *net)
{
	struct hps_net *hn = hps_net(net);

	spin_lock_bh(&hn->lock);
	hn->dying = true;
	spin_unlock_bh(&hn->lock);
	hps_sweep_stop(hn);
	hps_conn_net_exit(net);
	hps_pool_net_exit(net);
	hps_channel_net_exit(net);
	hps_sysctl_net_exit(hn);
	hps_mib_net_exit(hn);
	hps_link_net_exit(hn);
}

static struct pernet_operations net_ops = {
	.init	= net_init,
	.exit	= net_exit,
	.id	= &hps_net_id,
	.size	= sizeof(struct hps_net),
};

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
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto err_conn;
	err = hps_bundle_init();
	if (err)
		goto err_net;
	err = hps_linkevent_init();
	if (err)
		goto err_bundle;
	err = hps_socket_init();
	if (err)
		goto err_linkevent;
	err = hps_netlink_init();
	if (err)
		goto err_socket;
	return 0;

err_socket:
	hps_socket_exit();
err_linkevent:
	hps_linkevent_exit();
err_bundle:
	hps_bundle_exit();
err_net:
	unregister_pernet_subsys(&net_ops);
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
	hps_netlink_exit();
	hps_socket_exit();
	hps_linkevent_exit();
	hps_bundle_exit();
	unregister_pernet_subsys(&net_ops);
	/* ORDER: late kicks drop the last references, objects freed by RCU are
	 * gone before their caches are.
	 */
	hps_tcp_exit();
	rcu_barrier();
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

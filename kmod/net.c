// SPDX-License-Identifier: GPL-2.0
/* Namespaces: what HPS keeps in each begins and ends here. */
#include "net.h"

#include <linux/random.h>

#include "conn/acl.h"
#include "conn/conn.h"
#include "control/sysctl.h"
#include "ddp/region.h"
#include "link/link.h"
#include "link/pool.h"
#include "link/prober.h"
#include "xport/channel.h"

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
	INIT_LIST_HEAD(&hn->probers);
	ratelimit_state_init(&hn->solicit, HZ / 10, 1);
	ratelimit_set_flags(&hn->solicit, RATELIMIT_MSG_ON_RELEASE);
	spin_lock_init(&hn->bind_lock);
	for (i = 0; i < HPS_BIND_HASH; i++)
		INIT_HLIST_HEAD(&hn->bind[i]);
	mutex_init(&hn->listen_mutex);
	hps_acl_net_init(hn);
	hps_link_net_init(hn);
	err = hps_mib_net_init(hn);
	if (err)
		return err;
	err = hps_sysctl_net_init(hn);
	if (err)
		goto err_mib;
	err = hps_region_net_init(hn);
	if (err)
		goto err_sysctl;
	hps_linkevent_net_init(hn);
	hps_sweep_start(hn);
	return 0;

err_sysctl:
	hps_sysctl_net_exit(hn);
err_mib:
	hps_mib_net_exit(hn);
	return err;
}

/* ORDER: connections use channels, so they end first; both count and read
 * sysctls until they have ended. What arrives looks for regions until channels end.
 */
static void __net_exit net_exit(struct net *net)
{
	struct hps_net *hn = hps_net(net);

	spin_lock_bh(&hn->lock);
	hn->dying = true;
	spin_unlock_bh(&hn->lock);
	hps_sweep_stop(hn);
	hps_linkevent_net_exit(hn);
	hps_conn_net_exit(net);
	hps_prober_net_exit(net);
	hps_pool_net_exit(net);
	hps_channel_net_exit(net);
	hps_region_net_exit(hn);
	hps_sysctl_net_exit(hn);
	hps_mib_net_exit(hn);
	hps_link_net_exit(hn);
	hps_acl_net_exit(hn);
}

static struct pernet_operations net_ops = {
	.init	= net_init,
	.exit	= net_exit,
	.id	= &hps_net_id,
	.size	= sizeof(struct hps_net),
};

/**
 * hps_net_init - prepare every namespace, now and later
 *
 * Context: process. Returns 0 or -errno.
 */
int hps_net_init(void)
{
	return register_pernet_subsys(&net_ops);
}

/* Ends them all; nothing new begins any more. */
void hps_net_exit(void)
{
	unregister_pernet_subsys(&net_ops);
}

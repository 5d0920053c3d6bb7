// SPDX-License-Identifier: GPL-2.0
/*
 * net.hps.*: Documentation/networking/hps-sysctl.rst says what they do.
 */
#include "control/sysctl.h"

#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/sysctl.h>
#include <net/net_namespace.h>
#include <uapi/linux/hps.h>

#include "compat.h"
#include "conn/transit.h"
#include "net.h"

#define KIB		1024u
#define MIB		(1024u * KIB)

/* Bounds that several knobs share. */
static unsigned int zero;
static unsigned int one = 1;
static unsigned int port_limit = 65535;
static unsigned int buffer_min = 4 * KIB;
static unsigned int buffer_max = 64 * MIB;
static unsigned int cutoff_max = HPS_CUTOFF_MAX;
static unsigned int second_max = 24 * 60 * 60;
static unsigned int handshake_max = 5 * 60;
static unsigned int count_max = 1 << 20;
static unsigned int pool_max = 65536;
static unsigned int dead_min = 10;
static unsigned int dead_max = 60 * 1000;

static const struct hps_sysctls defaults = {
	.port			= HPS_TCP_PORT,
	.crc			= 0,
	.rmem			= 2 * MIB,
	.wmem			= 2 * MIB,
	.rmem_max		= 16 * MIB,
	.wmem_max		= 16 * MIB,
	.cutoff			= 0,
	.probe_time		= 10,
	.fin_timeout		= 60,
	.max_orphans		= 4096,
	.handshake_timeout	= 5,
	.max_half_open		= 1024,
	.pool_idle		= 60,
	.pool_size		= 64,
	.zerocopy_min		= 16 * KIB,
	.conn_timeout		= 30,
	.dead_ms		= 100,
	.port_min		= 32768,
	.port_max		= 60999,
	.map_budget		= 64 * MIB,
	.bare			= 1,
	.region_cache		= 64 * MIB,
};

/* The port cannot change under the TCP listener that all HPS listeners of the
 * namespace share: EBUSY while there is one.
 */
static int port_handler(HPS_CTL_TABLE_PARAM *table, int write, void *buffer,
			size_t *lenp, loff_t *ppos)
{
	struct hps_net *hn = container_of(table->data, struct hps_net,
					  sysctl.port);
	unsigned int port = hn->sysctl.port;
	struct ctl_table copy = *table;
	int err;

	copy.data = &port;
	err = proc_douintvec_minmax(&copy, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	mutex_lock(&hn->listen_mutex);
	if (port != hn->sysctl.port && atomic_read(&hn->listeners))
		err = -EBUSY;
	else
		WRITE_ONCE(hn->sysctl.port, port);
	mutex_unlock(&hn->listen_mutex);
	return err;
}

/* In the template @data is an offset into struct hps_sysctls: table_for(). */
#define ENTRY(field, min, max) {					\
	.procname	= #field,					\
	.data		= (void *)offsetof(struct hps_sysctls, field),	\
	.maxlen		= sizeof(unsigned int),				\
	.mode		= 0644,						\
	.proc_handler	= proc_douintvec_minmax,			\
	.extra1		= (min),					\
	.extra2		= (max),					\
}

enum { PORT, PORT_MIN, PORT_MAX };

static const struct ctl_table template[] = {
	[PORT] = {
		.procname	= "port",
		.data		= (void *)offsetof(struct hps_sysctls, port),
		.maxlen		= sizeof(unsigned int),
		.mode		= 0644,
		.proc_handler	= port_handler,
		.extra1		= &one,
		.extra2		= &port_limit,
	},
	[PORT_MIN] = ENTRY(port_min, &one, NULL),
	[PORT_MAX] = ENTRY(port_max, NULL, &port_limit),
	ENTRY(crc, &zero, &one),
	ENTRY(rmem, &buffer_min, &buffer_max),
	ENTRY(wmem, &buffer_min, &buffer_max),
	ENTRY(rmem_max, &buffer_min, &buffer_max),
	ENTRY(wmem_max, &buffer_min, &buffer_max),
	ENTRY(cutoff, &zero, &cutoff_max),
	ENTRY(probe_time, &one, &second_max),
	ENTRY(fin_timeout, &one, &second_max),
	ENTRY(max_orphans, &zero, &count_max),
	ENTRY(handshake_timeout, &one, &handshake_max),
	ENTRY(max_half_open, &one, &count_max),
	ENTRY(pool_idle, &zero, &second_max),
	ENTRY(pool_size, &zero, &pool_max),
	ENTRY(zerocopy_min, &zero, &buffer_max),
	ENTRY(conn_timeout, &one, &second_max),
	ENTRY(dead_ms, &dead_min, &dead_max),
	ENTRY(map_budget, NULL, NULL),
	ENTRY(bare, &zero, &one),
	ENTRY(region_cache, NULL, NULL),
};

static_assert(ARRAY_SIZE(template) ==
	      sizeof(struct hps_sysctls) / sizeof(unsigned int));

/* Of the initial namespace, for all. */
static const struct ctl_table mem_template = {
	.procname	= "mem",
	.data		= &hps_send_memory_pages,
	.maxlen		= sizeof(hps_send_memory_pages),
	.mode		= 0644,
	.proc_handler	= proc_douintvec,
};

/* As of tcp_mem, in pages: an eighth of what the machine began with. */
static unsigned int default_mem(void)
{
	return max(nr_free_buffer_pages() / 8, 128UL);
}

static struct ctl_table *table_for(struct hps_sysctls *sysctl)
{
	struct ctl_table *table;
	size_t i;

	/* two more: mem, and see register_net_sysctl_sz() in compat.h */
	table = kcalloc(ARRAY_SIZE(template) + 2, sizeof(*table), GFP_KERNEL);
	if (!table)
		return NULL;
	memcpy(table, template, sizeof(template));
	for (i = 0; i < ARRAY_SIZE(template); i++)
		table[i].data = (void *)sysctl + (size_t)template[i].data;
	/* the range of ports is never empty */
	table[PORT_MIN].extra2 = &sysctl->port_max;
	table[PORT_MAX].extra1 = &sysctl->port_min;
	return table;
}

/**
 * hps_sysctl_net_init() - set the defaults and show the knobs
 * @hn: the namespace; @hn->net and @hn->listen_mutex are ready
 *
 * Writing follows the rule of all net sysctls: root of the user namespace that
 * owns the network namespace may.
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int hps_sysctl_net_init(struct hps_net *hn)
{
	size_t size = ARRAY_SIZE(template);
	struct ctl_table *table;

	hn->sysctl = defaults;
	table = table_for(&hn->sysctl);
	if (!table)
		return -ENOMEM;
	if (net_eq(hn->net, &init_net)) {
		hps_send_memory_pages = default_mem();
		table[size++] = mem_template;
	}
	hn->sysctl_header = register_net_sysctl_sz(hn->net, "net/hps", table,
						   size);
	if (!hn->sysctl_header) {
		kfree(table);
		return -ENOMEM;
	}
	return 0;
}

/**
 * hps_sysctl_net_exit() - take the knobs away
 * @hn: the namespace; the values stay readable
 *
 * Context: process; waits for writers, so not under @hn->listen_mutex.
 */
void hps_sysctl_net_exit(struct hps_net *hn)
{
	const struct ctl_table *table = hn->sysctl_header->ctl_table_arg;

	unregister_net_sysctl_table(hn->sysctl_header);
	hn->sysctl_header = NULL;
	kfree(table);
}

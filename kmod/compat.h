/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that one tree serves (6.1 to 7.3). The only
 * file that may look at LINUX_VERSION_CODE; one paragraph for each shim, with
 * its range.
 */
#ifndef _HPS_COMPAT_H
#define _HPS_COMPAT_H

#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/socket.h>
#include <linux/timer.h>
#include <linux/version.h>
#include <net/sock.h>

/* before 6.19: addresses reach proto_ops as struct sockaddr; since then as
 * struct sockaddr_unsized, which has the same layout.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define sockaddr_unsized sockaddr
#endif

/* before 6.16: timer_container_of() was from_timer(). */
#ifndef timer_container_of
#define timer_container_of(var, timer, field) from_timer(var, timer, field)
#endif

/* before 6.10: accept() took flags and kern, since then one argument. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define HPS_ACCEPT_PARAMS	int flags, bool kern
#define HPS_ACCEPT_FLAGS	flags
#define HPS_ACCEPT_KERN		kern
#else
#define HPS_ACCEPT_PARAMS	struct proto_accept_arg *arg
#define HPS_ACCEPT_FLAGS	(arg->flags)
#define HPS_ACCEPT_KERN		(arg->kern)
#endif

/* before 6.10: the completion of a ubuf was a plain callback; since then it
 * sits in a table (ubuf_info_ops).
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define HPS_UBUF_CALLBACK	1
#endif

/* before 6.10: msghdr.sg_from_iter() was given the socket and charged it; since
 * then its caller does that by looking at the growth of skb->truesize.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define HPS_SG_FROM_ITER_SOCK	1
#endif

/* before 6.18: a flow of IPv4 had the octet of the header; since then a DSCP. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define hps_flow4_set_class(fl4, tos)	((fl4)->flowi4_tos = (tos))
#else
#define hps_flow4_set_class(fl4, tos) \
	((fl4)->flowi4_dscp = inet_dsfield_to_dscp(tos))
#endif

/* before 6.2: a lasting pin for reading did not part a private page from its file or
 * from the page of zeros, and what the program wrote later went elsewhere.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define HPS_PIN_UNSHARE		(FOLL_WRITE | FOLL_FORCE)
#else
#define HPS_PIN_UNSHARE		0
#endif

/* before 6.18: the queue for work that no CPU need be near to had another name, which
 * later kernels warn of.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define hps_unbound_wq	system_unbound_wq
#else
#define hps_unbound_wq	system_dfl_wq
#endif

/* before 6.16: msg_zerocopy_realloc() knew nothing of device memory. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define hps_msg_zerocopy_realloc(sk, len, ubuf) \
	msg_zerocopy_realloc(sk, len, ubuf)
#else
#define hps_msg_zerocopy_realloc(sk, len, ubuf) \
	msg_zerocopy_realloc(sk, len, ubuf, false)
#endif

/* The two things that are done to somebody else's ubuf, see HPS_UBUF_CALLBACK. */
#ifdef HPS_UBUF_CALLBACK
#define hps_ubuf_complete(ubuf, ok)	((ubuf)->callback(NULL, ubuf, ok))
#define hps_ubuf_is_msgzc(ubuf)		((ubuf)->callback == msg_zerocopy_callback)
#else
#define hps_ubuf_complete(ubuf, ok)	((ubuf)->ops->complete(NULL, ubuf, ok))
#define hps_ubuf_is_msgzc(ubuf)		((ubuf)->ops == &msg_zerocopy_ubuf_ops)
#endif

/* before 6.5: splice gave pages to proto_ops.sendpage() one by one; since then
 * to sendmsg() with MSG_SPLICE_PAGES. Reading without an own splice_read() went
 * by another function.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define HPS_SENDPAGE		1
#define hps_copy_splice_read	generic_file_splice_read
#define HPS_OPS_SENDPAGE(fn)	.sendpage = (fn),
#else
#define MSG_SENDPAGE_NOTLAST	0
#define HPS_OPS_SENDPAGE(fn)
#define hps_copy_splice_read	copy_splice_read
#endif

/* before 6.15: rtnl_link_ops.newlink() took the attributes one by one; since
 * then in a struct. Makes FN##_rtnl() of FN(dev, data, extack).
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define HPS_RTNL_NEWLINK(fn)						\
static int fn##_rtnl(struct net *src_net, struct net_device *dev,	\
		     struct nlattr *tb[], struct nlattr *data[],	\
		     struct netlink_ext_ack *extack)			\
{									\
	return fn(dev, data, extack);					\
}
#else
#define HPS_RTNL_NEWLINK(fn)						\
static int fn##_rtnl(struct net_device *dev,				\
		     struct rtnl_newlink_params *params,		\
		     struct netlink_ext_ack *extack)			\
{									\
	return fn(dev, params->data, extack);				\
}
#endif

/* before 6.11: handlers of sysctls got a table that they could change. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define HPS_CTL_TABLE_PARAM	struct ctl_table
#else
#define HPS_CTL_TABLE_PARAM	const struct ctl_table
#endif

/* before 6.6: the attributes of a generic netlink dump were beside its genl_info,
 * which did not exist.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define hps_genl_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#else
#define hps_genl_dump_attrs(cb)	(genl_dumpit_info(cb)->info.attrs)
#endif

/* before 6.6: a table of sysctls ended with an empty entry instead of having a
 * size. Such an entry must follow the @size entries.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define register_net_sysctl_sz(net, path, table, size) \
	register_net_sysctl(net, path, table)
#endif

/* before 6.5: the kernel finds struct ipv6_pinfo at the end of the object. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define HPS_IPV6_PINFO_OFFSET(x)
#else
#define HPS_IPV6_PINFO_OFFSET(x)	.ipv6_pinfo_offset = (x),
#endif

/* before 6.8: sk_wake_async() had no variant for who is in RCU already. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define sk_wake_async_rcu	sk_wake_async
#endif

/* before 6.7: the hooks of addresses knew no length; before 6.19 their addresses
 * were struct sockaddr. The attach types of sockets exist only where cgroups
 * have BPF.
 */
#ifdef CONFIG_CGROUP_BPF
#include <linux/bpf-cgroup.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define hps_cgroup_run(sk, addr, len, type, flags) \
	__cgroup_bpf_run_filter_sock_addr(sk, addr, type, NULL, flags)
#else
#define hps_cgroup_run(sk, addr, len, type, flags) \
	__cgroup_bpf_run_filter_sock_addr(sk, addr, len, type, NULL, flags)
#endif
#endif

/* before 6.7: crypto_memneq() was declared with the algorithms' interface. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#include <crypto/algapi.h>
#else
#include <crypto/utils.h>
#endif

/* before 6.7: SOL_SOCKET options cannot come to us, the core's own list holds.
 * What it changed is noticed when the socket is used.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define HPS_CORE_KEEPS_SOL_SOCKET	1
static inline void hps_take_sol_socket(struct socket *sock)
{
}
#else
static inline void hps_take_sol_socket(struct socket *sock)
{
	set_bit(SOCK_CUSTOM_SOCKOPT, &sock->flags);
}
#endif

/* Debian's kernels clear every variable on the stack. For the arrays of a
 * segment, of which a few octets are used, that costs more than using them.
 */
#if __has_attribute(uninitialized)
#define hps_uninitialized	__attribute__((uninitialized))
#else
#define hps_uninitialized
#endif

#endif /* _HPS_COMPAT_H */

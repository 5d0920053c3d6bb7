// SPDX-License-Identifier: GPL-2.0
/*
 * hps_bench.ko: what regions cost, in the three ways to map them. It measures
 * when it is loaded, in cycles; in a machine in virtual time these are
 * instructions. selftests/bench/mapping makes tables of what it prints:
 *
 *	hps_bench: NAME VALUE
 *
 * As the tests under KUnit do it includes the files that it measures, so hps.ko
 * need not export anything. The least of several rounds counts.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "ddp/access.c"
#include "ddp/cache.c"
#include "ddp/mapping.c"
#include "ddp/region.c"

#include <linux/mman.h>
#include <linux/module.h>
#include <linux/timex.h>

#define REGION	SZ_64M
#define BLOCK	SZ_64K
/* A segment of TCP over Ethernet. */
#define LITTLE	1448
#define ROUNDS	20

unsigned int hps_net_id;

/* As that of control/mib.c, which also makes files. */
void hps_mib_add(const struct net *net, enum hps_mib_field field, u64 n)
{
	this_cpu_add(hps_net(net)->mib->field[field], n);
}

/**
 * struct bench - what is measured with
 * @d:		the domain
 * @budget:	net.hps.map_budget of the namespace
 * @addr:	@REGION octets of the program that loads the module
 * @pages:	room for their pages
 * @block:	what is placed
 * @at:		where in the region: pages of more than one huge page
 */
struct bench {
	struct hps_domain	*d;
	unsigned int		*budget;
	unsigned long		addr;
	struct page		**pages;
	void			*block;
	u64			at;
};

static void tell(const char *name, cycles_t value)
{
	pr_info("%s %llu\n", name, (u64)value);
}

/* --- placement ---------------------------------------------------------------- */

/* As if others called it as well: what is only called once, when a module is
 * loaded, the compiler makes small, with another loop than memcpy().
 */
static noinline __used void copy(void *to, const void *from, u32 len)
{
	OPTIMIZER_HIDE_VAR(len);
	memcpy(to, from, len);
}

/* As it comes, in pieces of @piece octets, each of which is looked up. */
static int place(const struct bench *b, u32 stag, u32 piece)
{
	struct ddp_access a = {
		.stag = stag, .right = DDP_RIGHT_WRITE, .domain = b->d->id,
		.stream = 1,
	};
	struct hps_region *r;
	u32 done;

	for (done = 0; done < BLOCK; done += a.len) {
		a.offset = b->at + done;
		a.len = min(piece, BLOCK - done);
		rcu_read_lock();
		if (hps_region_find(b->d->net, &a, &r)) {
			rcu_read_unlock();
			return -EACCES;
		}
		hps_region_write(r, a.offset, b->block + done, a.len);
		rcu_read_unlock();
	}
	return 0;
}

static int time_place(const struct bench *b, const char *name, u32 stag,
		      u32 piece)
{
	cycles_t begin, least = ~(cycles_t)0;
	unsigned long flags;
	int i, err = 0;

	for (i = 0; i < ROUNDS && !err; i++) {
		local_irq_save(flags);
		begin = get_cycles();
		err = place(b, stag, piece);
		least = min(least, get_cycles() - begin);
		local_irq_restore(flags);
	}
	if (!err)
		tell(name, least);
	return err;
}

/* The same octets to the same pages, by nothing but memcpy(). */
static void time_memcpy(const struct bench *b, void *to)
{
	cycles_t begin, least = ~(cycles_t)0;
	unsigned long flags;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		local_irq_save(flags);
		begin = get_cycles();
		copy(to, b->block, BLOCK);
		least = min(least, get_cycles() - begin);
		local_irq_restore(flags);
	}
	tell("memcpy", least);
}

/* What HPS does not do: a mapping of what one operation needs, for as long. */
static int time_each(const struct bench *b)
{
	struct page **pages = b->pages + (b->at >> PAGE_SHIFT);
	cycles_t begin, least = ~(cycles_t)0;
	void *to;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		begin = get_cycles();
		to = vmap(pages, BLOCK >> PAGE_SHIFT, VM_MAP, PAGE_KERNEL);
		if (!to)
			return -ENOMEM;
		copy(to, b->block, BLOCK);
		vunmap(to);
		least = min(least, get_cycles() - begin);
	}
	tell("place_map_each", least);
	return 0;
}

/* --- registration -------------------------------------------------------------- */

static struct hps_direct_region description(const struct bench *b)
{
	return (struct hps_direct_region) {
		.addr = b->addr, .len = REGION,
		.rights = HPS_DIRECT_REMOTE_WRITE, .flags = HPS_DIRECT_SINK,
	};
}

/* Nothing but to pin and to map the same memory. Leaves nothing pinned. */
static int time_pin_and_map(const struct bench *b)
{
	cycles_t begin, pinned, mapped, pin_least = ~(cycles_t)0;
	cycles_t least = ~(cycles_t)0;
	int i, err = 0, nr = REGION >> PAGE_SHIFT, got;
	void *map;

	for (i = 0; i < ROUNDS && !err; i++) {
		begin = get_cycles();
		got = pin_user_pages_fast(b->addr, nr,
					  FOLL_WRITE | FOLL_LONGTERM, b->pages);
		pinned = get_cycles();
		if (got < 0)
			return got;
		map = got == nr ? vmap(b->pages, nr, VM_MAP, PAGE_KERNEL) : NULL;
		mapped = get_cycles();
		pin_least = min(pin_least, pinned - begin);
		least = min(least, mapped - begin);
		err = map ? 0 : -ENOMEM;
		if (!i && map) {
			time_memcpy(b, map + b->at);
			err = time_each(b);
		}
		vunmap(map);
		unpin_user_pages(b->pages, got);
	}
	tell("pin", pin_least);
	tell("pin_and_map", least);
	return err;
}

/* With what budget it is told to. The last of the regions stays. */
static int time_register(const struct bench *b, const char *name, u32 *stag)
{
	cycles_t begin, least = ~(cycles_t)0;
	struct hps_direct_region arg;
	int i, err = 0;

	for (i = 0; i < ROUNDS && !err; i++) {
		if (i)
			hps_region_deregister(b->d, *stag);
		arg = description(b);
		begin = get_cycles();
		err = hps_region_register(b->d, 0, &arg);
		least = min(least, get_cycles() - begin);
		*stag = arg.stag;
	}
	if (!err)
		tell(name, least);
	return err;
}

/* A posting, its look at the region alone. */
static int time_post(const struct bench *b, const char *name, u32 stag,
		     int rounds)
{
	const struct ddp_access a = {
		.stag = stag, .len = BLOCK, .right = DDP_RIGHT_SINK,
		.domain = b->d->id, .stream = 1,
	};
	cycles_t begin, least = ~(cycles_t)0;
	int i, err = 0;

	for (i = 0; i < rounds && !err; i++) {
		begin = get_cycles();
		err = hps_region_post(b->d->net, &a) ? -EACCES : 0;
		least = min(least, get_cycles() - begin);
	}
	if (!err)
		tell(name, least);
	return err;
}

/* --- the three ways -------------------------------------------------------------- */

static int mapped_at_registration(const struct bench *b)
{
	u32 stag;
	int err;

	*b->budget = REGION;
	err = time_register(b, "register_mapped", &stag);
	if (err)
		return err;
	err = time_place(b, "place_mapped", stag, BLOCK) ? :
	      time_place(b, "place_mapped_little", stag, LITTLE) ? :
	      time_post(b, "post_mapped", stag, ROUNDS);
	hps_region_deregister(b->d, stag);
	return err;
}

static int per_page_and_as_posted(const struct bench *b)
{
	u32 stag;
	int err;

	*b->budget = 0;
	err = time_register(b, "register_per_page", &stag);
	if (err)
		return err;
	err = time_place(b, "place_per_page", stag, BLOCK) ? :
	      time_place(b, "place_per_page_little", stag, LITTLE) ? :
	      time_post(b, "post_per_page", stag, ROUNDS);
	*b->budget = REGION;
	if (!err)
		err = time_post(b, "post_maps", stag, 1) ? :
		      time_place(b, "place_posted", stag, BLOCK) ? :
		      time_place(b, "place_posted_little", stag, LITTLE);
	hps_region_deregister(b->d, stag);
	return err;
}

/* From its end on, so that the kernel has it in no piece. */
static int make_memory(struct bench *b)
{
	unsigned long left;

	b->addr = vm_mmap(NULL, 0, REGION, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(b->addr))
		return b->addr;
	for (left = REGION; left; left -= PAGE_SIZE)
		if (put_user(1, (u8 __user *)b->addr + left - PAGE_SIZE))
			return -EFAULT;
	return 0;
}

static int measure(struct bench *b)
{
	struct net *net = &init_net;
	int err;

	b->budget = &hps_net(net)->sysctl.map_budget;
	b->at = SZ_8M - BLOCK / 2;
	err = make_memory(b);
	if (err)
		return err;
	err = -ENOMEM;
	b->pages = kvmalloc_array(REGION >> PAGE_SHIFT, sizeof(*b->pages),
				  GFP_KERNEL);
	b->block = kzalloc(BLOCK, GFP_KERNEL);
	if (b->pages && b->block) {
		b->d = hps_domain_new(net);
		err = PTR_ERR_OR_ZERO(b->d);
	}
	if (!err) {
		err = time_pin_and_map(b) ? : mapped_at_registration(b) ? :
		      per_page_and_as_posted(b);
		hps_domain_put(b->d);
	}
	kfree(b->block);
	kvfree(b->pages);
	vm_munmap(b->addr, REGION);
	return err;
}

/* --- the module ------------------------------------------------------------------ */

static int __net_init bench_net_init(struct net *net)
{
	struct hps_net *hn = hps_net(net);
	int err;

	hn->net = net;
	hn->mib = alloc_percpu(struct hps_mib);
	if (!hn->mib)
		return -ENOMEM;
	err = hps_region_net_init(hn);
	if (err)
		free_percpu(hn->mib);
	return err;
}

static void __net_exit bench_net_exit(struct net *net)
{
	hps_region_net_exit(hps_net(net));
	free_percpu(hps_net(net)->mib);
}

static struct pernet_operations bench_net_ops = {
	.init = bench_net_init,
	.exit = bench_net_exit,
	.id = &hps_net_id,
	.size = sizeof(struct hps_net),
};

static int __init bench_init(void)
{
	struct bench b = {};
	int err = register_pernet_subsys(&bench_net_ops);

	if (err)
		return err;
	err = measure(&b);
	unregister_pernet_subsys(&bench_net_ops);
	return err;
}

/* All is done when it is loaded. */
static void __exit bench_exit(void)
{
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("What AF_HPS's registered memory costs");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that peers may use: it is pinned, charged, found and given back.
 */
#include "ddp/region.h"

#include <linux/atomic.h>
#include <linux/backing-dev.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>
#include <uapi/linux/hps_direct.h>

#include "compat.h"
#include "ddp/mapping.h"
#include "net.h"
#include "wire.h"

static_assert(HPS_DIRECT_REMOTE_READ == DDP_RIGHT_READ);
static_assert(HPS_DIRECT_REMOTE_WRITE == DDP_RIGHT_WRITE);
static_assert(HPS_DIRECT_REMOTE_ATOMIC == DDP_RIGHT_ATOMIC);
static_assert(HPS_DIRECT_REMOTE_INVALIDATE == DDP_RIGHT_INVALIDATE);

#define RIGHTS	(HPS_DIRECT_REMOTE_READ | HPS_DIRECT_REMOTE_WRITE | \
		 HPS_DIRECT_REMOTE_ATOMIC | HPS_DIRECT_REMOTE_INVALIDATE)
#define FLAGS	(HPS_DIRECT_ONLY | HPS_DIRECT_SINK)

/* Pages that are pinned, or given back, between two looks at who else wants to
 * run.
 */
#define PAGES_AT_ONCE	512

/**
 * struct hps_region_table - the regions and domains of a namespace
 * @tags:	the regions; found under RCU
 * @lock:	held by whoever changes @tags or the list of a domain; innermost
 * @domains:	their numbers; it has a lock of its own
 * @next:	where the search for the next number begins; likewise
 * @mappings:	when and for how long they are mapped; likewise
 * @cache:	regions that were ended
 */
struct hps_region_table {
	struct ddp_stag_table	tags;
	struct mutex		lock;
	struct xarray		domains;
	u32			next;
	struct hps_mappings	mappings;
	struct hps_cache	cache;
};

static struct hps_region_table *table_of(const struct net *net)
{
	return hps_net(net)->regions;
}

/* --- pages ---------------------------------------------------------------- */

/* Shared pages of a file that is written back: the file system wants to know
 * before they change, which cannot be told while peers write. Kernels since 6.5
 * refuse to pin them for writing, but not with this errno.
 */
static bool is_written_back(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_SHARED && vma->vm_file &&
	       mapping_can_writeback(vma->vm_file->f_mapping);
}

/* How are the pages from @at on to be pinned? The same holds up to @end. */
static int look(struct mm_struct *mm, unsigned long at, bool write,
		unsigned long *end, unsigned int *flags)
{
	const struct vm_area_struct *vma;
	int err = 0;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = find_vma(mm, at);
	if (!vma || vma->vm_start > at ||
	    !(vma->vm_flags & (write ? VM_WRITE : VM_READ))) {
		/* not all kernels look themselves with HPS_PIN_UNSHARE */
		err = -EFAULT;
	} else if (vma->vm_flags & (VM_IO | VM_PFNMAP) ||
		   (write && is_written_back(vma))) {
		err = -EOPNOTSUPP;
	} else {
		*end = vma->vm_end;
		*flags = FOLL_LONGTERM | (write ? FOLL_WRITE : 0);
		/* private, and not for ever the file's own pages */
		if (!write &&
		    (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE)
			*flags |= HPS_PIN_UNSHARE;
	}
	mmap_read_unlock(mm);
	return err;
}

static void unpin(struct hps_region *r, unsigned long nr)
{
	unsigned long done, n;

	for (done = 0; done < nr; done += n) {
		n = min_t(unsigned long, nr - done, PAGES_AT_ONCE);
		unpin_user_pages_dirty_lock(r->pages + done, n, r->writable);
		cond_resched();
	}
}

/* Pins all pages from @at on, or none. */
static int pin(struct hps_region *r, unsigned long at)
{
	unsigned long done = 0, end = at, n;
	unsigned int flags;
	int err = 0, got;

	while (done < r->nr_pages) {
		err = -EINTR;
		if (fatal_signal_pending(current))
			break;
		if (at == end) {
			err = look(r->mm, at, r->writable, &end, &flags);
			if (err)
				break;
		}
		n = min3((end - at) >> PAGE_SHIFT, r->nr_pages - done,
			 (unsigned long)PAGES_AT_ONCE);
		got = pin_user_pages_fast(at, n, flags, r->pages + done);
		err = got < 0 ? got : -EFAULT;
		if (got <= 0)
			break;
		err = 0;
		done += got;
		at += (unsigned long)got << PAGE_SHIFT;
		cond_resched();
	}
	if (err)
		unpin(r, done);
	return err;
}

/* --- regions -------------------------------------------------------------- */

/* What counts for RLIMIT_MEMLOCK. A page also for a region that has none:
 * nobody shall make any number of them.
 */
static unsigned long charge_of(const struct hps_region *r)
{
	return max(r->nr_pages, 1UL);
}

/* Of the user as well: a child could register for its parent's socket and exit, and
 * another one, as if they had used nothing (net/xdp/xdp_umem.c does so, too).
 */
static int charge_user(struct hps_region *r)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	struct user_struct *user = current_user();
	long pages = charge_of(r);

	r->user = NULL;
	if (capable(CAP_IPC_LOCK))
		return 0;
	if ((unsigned long)atomic_long_add_return(pages, &user->locked_vm) >
	    limit) {
		atomic_long_sub(pages, &user->locked_vm);
		return -ENOMEM;
	}
	r->user = get_uid(user);
	return 0;
}

/* Without the lock of the address space, for it need not be the caller's: who gives a
 * region back must not wait for what another process does.
 */
static int charge_mm(struct hps_region *r)
{
	long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	long pages = charge_of(r);

	if (atomic64_add_return(pages, &r->mm->pinned_vm) <= limit ||
	    capable(CAP_IPC_LOCK))
		return 0;
	atomic64_sub(pages, &r->mm->pinned_vm);
	return -ENOMEM;
}

static void uncharge_user(struct hps_region *r)
{
	if (!r->user)
		return;
	atomic_long_sub(charge_of(r), &r->user->locked_vm);
	free_uid(r->user);
}

static int charge(struct hps_region *r)
{
	int err = charge_user(r);

	if (err)
		return err;
	err = charge_mm(r);
	if (err)
		uncharge_user(r);
	return err;
}

static void uncharge(struct hps_region *r)
{
	atomic64_sub(charge_of(r), &r->mm->pinned_vm);
	uncharge_user(r);
}

/**
 * hps_region_free - give the memory of a region back
 * @net:	its namespace
 * @r:		the region, in no table and not in the cache
 *
 * Context: process, may sleep.
 */
void hps_region_free(const struct net *net, struct hps_region *r)
{
	hps_cache_unwatch(r);
	hps_mapping_drop(&table_of(net)->mappings, r);
	unpin(r, r->nr_pages);
	uncharge(r);
	mmdrop(r->mm);
	hps_mib_add(net, HPS_MIB_PINNED_OCTETS, -hps_region_octets(r));
	kvfree(r->pages);
	kfree(r);
}

/* Nobody can find it, nor has it. */
static void region_end(const struct net *net, struct hps_region *r)
{
	hps_mib_add(net, HPS_MIB_REGIONS, -1);
	if (!hps_cache_keep(r))
		hps_region_free(net, r);
}

/* Charges the pages and pins them. @addr was checked to be one. */
static int take_pages(struct hps_cache *c, struct hps_region *r,
		      unsigned long addr)
{
	int err;

	/* The same page may be there more than once, but hardly so often. */
	if (r->nr_pages > totalram_pages())
		return -ENOMEM;
	err = charge(r);
	if (err)
		return err;
	if (!r->nr_pages)
		return 0;
	err = -ENOMEM;
	r->pages = kvmalloc_array(r->nr_pages, sizeof(*r->pages),
				  GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!r->pages)
		goto err_account;
	hps_cache_watch(c, r, addr & PAGE_MASK);
	err = pin(r, addr & PAGE_MASK);
	if (err)
		goto err_pages;
	return 0;

err_pages:
	hps_cache_unwatch(r);
	kvfree(r->pages);
err_account:
	uncharge(r);
	return err;
}

/* A region of these pages; idle ones are in the way of nobody who needs more. */
static struct hps_region *region_new(struct net *net, unsigned long addr,
				     unsigned long nr_pages, bool writable)
{
	struct hps_cache *c = &table_of(net)->cache;
	struct hps_region *r;
	int err;

	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return ERR_PTR(-ENOMEM);
	r->writable = writable;
	r->nr_pages = nr_pages;
	r->mm = current->mm;
	err = take_pages(c, r, addr);
	if (err == -ENOMEM) {
		hps_cache_evict(c, HPS_CACHE_CALLERS,
				(u64)charge_of(r) << PAGE_SHIFT);
		err = take_pages(c, r, addr);
	}
	/* There are two limits, and that was memory that counted for the other one. */
	if (err == -ENOMEM) {
		hps_cache_evict(c, HPS_CACHE_CALLERS, U64_MAX);
		err = take_pages(c, r, addr);
	}
	if (err) {
		kfree(r);
		return ERR_PTR(err);
	}
	mmgrab(r->mm);
	hps_mib_add(net, HPS_MIB_PINNED_OCTETS, hps_region_octets(r));
	return r;
}

/* Idle regions are in the way of nobody who needs a mapping either. */
static void map(const struct net *net, struct hps_region *r)
{
	struct hps_region_table *t = table_of(net);
	u64 lack = hps_mapping_lack(&t->mappings, r);

	if (lack)
		hps_cache_evict(&t->cache, HPS_CACHE_MAPPED, lack);
	hps_mapping_register(&t->mappings, r);
}

/* One that the cache has, or a new one; nobody knows it yet. */
static struct hps_region *region_get(const struct hps_domain *d, u32 stream,
				     const struct hps_direct_region *arg)
{
	unsigned long addr = untagged_addr((unsigned long)arg->addr);
	unsigned long nr_pages = 0;
	u32 rights = arg->rights;
	struct hps_region *r;
	bool writable;

	if (arg->flags & HPS_DIRECT_SINK)
		rights |= DDP_RIGHT_SINK;
	writable = rights & (DDP_RIGHT_WRITE | DDP_RIGHT_ATOMIC |
			     DDP_RIGHT_SINK);
	if (arg->len)
		nr_pages = ((addr + (arg->len - 1)) >> PAGE_SHIFT) -
			   (addr >> PAGE_SHIFT) + 1;
	r = hps_cache_take(&table_of(d->net)->cache, addr & PAGE_MASK, nr_pages,
			   writable);
	if (!r)
		r = region_new(d->net, addr, nr_pages, writable);
	if (IS_ERR(r))
		return r;
	memset(&r->ddp, 0, sizeof(r->ddp));
	r->ddp.rights = rights;
	r->ddp.len = arg->len;
	r->ddp.domain = d->id;
	r->ddp.stream = stream;
	r->head = offset_in_page(addr);
	map(d->net, r);
	return r;
}

/**
 * hps_region_check - is this the description of a region?
 * @arg:	from the program
 *
 * Context: any. Return: 0; -EINVAL for unknown rights and flags, for a right to
 * invalidate what others use as well, and for what wraps; -EFAULT for what is no
 * address.
 */
int hps_region_check(const struct hps_direct_region *arg)
{
	if (arg->rights & ~RIGHTS || arg->flags & ~FLAGS || arg->reserved)
		return -EINVAL;
	/* Nobody waits for accesses of other connections that are under way. */
	if (arg->rights & HPS_DIRECT_REMOTE_INVALIDATE &&
	    !(arg->flags & HPS_DIRECT_ONLY))
		return -EINVAL;
	if (!arg->len)
		return 0;
	if (arg->addr > U64_MAX - (arg->len - 1))
		return -EINVAL;
	return arg->addr + (arg->len - 1) > ULONG_MAX ? -EFAULT : 0;
}

/**
 * hps_region_register - make a region of the caller's memory
 * @d:		its domain
 * @stream:	of the one connection whose peer may use it, or 0
 * @arg:	the description that hps_region_check() let pass; @stag is filled in
 *
 * Context: process, may sleep.
 *
 * Return: 0, -EFAULT, -EOPNOTSUPP (memory that cannot be pinned), -ENOMEM (also
 * for RLIMIT_MEMLOCK), -EINTR if the process is being killed.
 */
int hps_region_register(struct hps_domain *d, u32 stream,
			struct hps_direct_region *arg)
{
	struct hps_region_table *t = table_of(d->net);
	struct hps_region *r = region_get(d, stream, arg);

	if (IS_ERR(r))
		return PTR_ERR(r);
	hps_mib_inc(d->net, HPS_MIB_REGION_REGISTERED);
	hps_mib_inc(d->net, HPS_MIB_REGIONS);
	mutex_lock(&t->lock);
	ddp_stag_add(&t->tags, &r->ddp);
	list_add(&r->node, &d->regions);
	/* Then another thread may end it. */
	arg->stag = r->ddp.stag;
	mutex_unlock(&t->lock);
	return 0;
}

/* Takes a region out of the table; NULL if @d has none of this tag. */
static struct hps_region *take(struct hps_domain *d, u32 stag)
{
	struct hps_region_table *t = table_of(d->net);
	struct ddp_region *found;

	mutex_lock(&t->lock);
	rcu_read_lock();
	found = ddp_stag_find(&t->tags, stag);
	rcu_read_unlock();
	if (found && found->domain != d->id)
		found = NULL;
	if (found) {
		ddp_stag_remove(&t->tags, found);
		list_del(&container_of(found, struct hps_region, ddp)->node);
	}
	mutex_unlock(&t->lock);
	return found ? container_of(found, struct hps_region, ddp) : NULL;
}

/**
 * hps_region_deregister - end a region
 * @d:		its domain
 * @stag:	its tag
 *
 * Context: process. When it returns no access is under way. The grace period is
 * an expedited one, for the program waits for it.
 *
 * Return: 0, or -ENOENT if the domain has none.
 */
int hps_region_deregister(struct hps_domain *d, u32 stag)
{
	struct hps_region *r = take(d, stag);

	if (!r)
		return -ENOENT;
	synchronize_rcu_expedited();
	region_end(d->net, r);
	return 0;
}

/* --- access --------------------------------------------------------------- */

/**
 * hps_region_find - may a peer make this access, and to what?
 * @net:	the namespace
 * @a:		the access
 * @region:	the region, if it may; holds as long as the RCU read side
 *
 * Context: RCU, any.
 *
 * Return: DDP_ACCESS_OK, or the first thing that is wrong.
 */
enum ddp_verdict hps_region_find(const struct net *net,
				 const struct ddp_access *a,
				 struct hps_region **region)
{
	enum ddp_verdict verdict;
	struct ddp_region *found;

	verdict = ddp_access_check(&table_of(net)->tags, a, &found);
	if (verdict == DDP_ACCESS_OK)
		*region = hps_region_of(found);
	return verdict;
}

/* The lock before the search: then it stays. Who has it may be waiting, and
 * there is always the way page by page.
 */
static void map_posted(const struct net *net, const struct ddp_access *a)
{
	struct hps_mappings *m = &table_of(net)->mappings;
	enum ddp_verdict verdict;
	struct hps_region *r;

	if (!mutex_trylock(&m->lock))
		return;
	rcu_read_lock();
	verdict = hps_region_find(net, a, &r);
	rcu_read_unlock();
	if (verdict == DDP_ACCESS_OK)
		hps_mapping_post(m, r);
	mutex_unlock(&m->lock);
}

/**
 * hps_region_post - may the program post this access, for later?
 * @net:	the namespace
 * @a:		the access; it is looked at again when it is made
 *
 * A region that was not mapped when it was registered is now, if there is room.
 *
 * Context: process, may sleep.
 *
 * Return: DDP_ACCESS_OK, or the first thing that is wrong.
 */
enum ddp_verdict hps_region_post(const struct net *net,
				 const struct ddp_access *a)
{
	enum ddp_verdict verdict;
	struct hps_region *r;
	bool wanted;

	rcu_read_lock();
	verdict = hps_region_find(net, a, &r);
	wanted = verdict == DDP_ACCESS_OK &&
		 hps_mapping_is_wanted(&table_of(net)->mappings, r);
	rcu_read_unlock();
	if (wanted)
		map_posted(net, a);
	return verdict;
}

/**
 * hps_region_tags - the regions of a namespace, for who checks each access itself
 * @net:	the namespace
 *
 * Return: the table; what is found there is part of a struct hps_region.
 */
const struct ddp_stag_table *hps_region_tags(const struct net *net)
{
	return &table_of(net)->tags;
}

/**
 * hps_region_map - where octets of a region are
 * @r:		the region, of hps_region_find()
 * @offset:	the first octet, inside of it
 * @len:	octets, inside of it; becomes what is there in one piece
 *
 * Context: RCU, any. hps_region_unmap() must follow, in reverse order of
 * several.
 *
 * Return: the address.
 */
void *hps_region_map(const struct hps_region *r, u64 offset, u32 *len)
{
	void *map = rcu_dereference(r->map);
	u64 at = r->head + offset;

	if (map)
		return map + at;
	*len = min_t(u32, *len, PAGE_SIZE - offset_in_page(at));
	return kmap_local_page(r->pages[at >> PAGE_SHIFT]) + offset_in_page(at);
}

/**
 * hps_region_unmap - done with what hps_region_map() gave
 * @r:		the region
 * @addr:	the address
 */
void hps_region_unmap(const struct hps_region *r, const void *addr)
{
	/* The region may have got or lost its mapping since. */
	if (!is_vmalloc_addr(addr))
		kunmap_local(addr);
}

/**
 * hps_region_read - copy octets of a region
 * @r:		the region, of hps_region_find()
 * @offset:	the first octet, inside of it
 * @to:		where to
 * @len:	octets, inside of it
 *
 * Context: RCU, any.
 */
void hps_region_read(const struct hps_region *r, u64 offset, void *to, u32 len)
{
	const void *from;
	u32 n;

	for (; len; len -= n, to += n, offset += n) {
		n = len;
		from = hps_region_map(r, offset, &n);
		memcpy(to, from, n);
		hps_region_unmap(r, from);
	}
}

/**
 * hps_region_write - the opposite
 * @r:		the region, of hps_region_find()
 * @offset:	the first octet, inside of it
 * @from:	where from
 * @len:	octets, inside of it
 *
 * Context: RCU, any.
 */
void hps_region_write(const struct hps_region *r, u64 offset, const void *from,
		      u32 len)
{
	void *to;
	u32 n;

	for (; len; len -= n, from += n, offset += n) {
		n = len;
		to = hps_region_map(r, offset, &n);
		memcpy(to, from, n);
		hps_region_unmap(r, to);
	}
}

static u64 fetch_add(u64 *at, u64 operand)
{
	u64 seen, before;

	if (IS_ENABLED(CONFIG_64BIT))
		return atomic64_fetch_add(operand, (atomic64_t *)at);
	before = READ_ONCE(*at);
	do {
		seen = before;
		before = cmpxchg64(at, seen, seen + operand);
	} while (before != seen);
	return before;
}

/**
 * hps_region_atomic - an atomic operation, also with respect to the program
 * @r:		the region, of hps_region_find()
 * @offset:	of 64 bits inside of it
 * @op:		HPS_REQUEST_SWAP or HPS_REQUEST_ADD
 * @operand:	swapped in, or added
 * @compare:	SWAP: only if this is there
 * @old:	what was there
 *
 * Context: RCU, any.
 *
 * Return: 0, or -EINVAL if the address is no multiple of 8.
 */
int hps_region_atomic(const struct hps_region *r, u64 offset, u8 op,
		      u64 operand, u64 compare, u64 *old)
{
	u32 len = sizeof(u64);
	u64 *at;

	if ((r->head + offset) % sizeof(u64))
		return -EINVAL;
	at = hps_region_map(r, offset, &len);
	if (op == HPS_REQUEST_SWAP)
		*old = cmpxchg64(at, compare, operand);
	else
		*old = fetch_add(at, operand);
	hps_region_unmap(r, at);
	return 0;
}

/* --- domains -------------------------------------------------------------- */

/**
 * hps_domain_new - make a protection domain
 * @net:	its namespace
 *
 * Context: process. Return: it with a reference, or ERR_PTR.
 */
struct hps_domain *hps_domain_new(struct net *net)
{
	struct hps_region_table *t = table_of(net);
	struct hps_domain *d = kzalloc(sizeof(*d), GFP_KERNEL_ACCOUNT);
	int err;

	if (!d)
		return ERR_PTR(-ENOMEM);
	refcount_set(&d->ref, 1);
	d->net = net;
	INIT_LIST_HEAD(&d->regions);
	err = xa_alloc_cyclic(&t->domains, &d->id, d, xa_limit_32b, &t->next,
			      GFP_KERNEL_ACCOUNT);
	/* 1: all numbers have been used once */
	if (err < 0) {
		kfree(d);
		return ERR_PTR(err);
	}
	return d;
}

/**
 * hps_domain_unused - has it no region, and nobody but the caller?
 * @d:	the domain; the caller has a reference and lets nobody else take one
 */
bool hps_domain_unused(const struct hps_domain *d)
{
	return refcount_read(&d->ref) == 1 && list_empty(&d->regions);
}

/**
 * hps_domain_put - drop a reference; the last one ends all regions
 * @d:	the domain
 *
 * Context: process. When it was the last one no access is under way any more.
 */
void hps_domain_put(struct hps_domain *d)
{
	struct hps_region_table *t = table_of(d->net);
	struct hps_region *r, *next;

	might_sleep();
	if (!refcount_dec_and_test(&d->ref))
		return;
	mutex_lock(&t->lock);
	list_for_each_entry(r, &d->regions, node)
		ddp_stag_remove(&t->tags, &r->ddp);
	mutex_unlock(&t->lock);
	if (!list_empty(&d->regions))
		synchronize_rcu_expedited();
	list_for_each_entry_safe(r, next, &d->regions, node)
		region_end(d->net, r);
	xa_erase(&t->domains, d->id);
	kfree(d);
}

/**
 * hps_region_net_init - begin in a namespace
 * @hn:	the namespace; counters and sysctls are ready
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int hps_region_net_init(struct hps_net *hn)
{
	struct hps_region_table *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	ddp_stag_init(&t->tags);
	mutex_init(&t->lock);
	xa_init_flags(&t->domains, XA_FLAGS_ALLOC1);
	hps_mapping_init(&t->mappings, hn->net);
	hps_cache_init(&t->cache, hn->net);
	hn->regions = t;
	return 0;
}

/**
 * hps_region_net_exit - the opposite
 * @hn:	the namespace, in which no socket and no connection is left
 */
void hps_region_net_exit(struct hps_net *hn)
{
	struct hps_region_table *t = hn->regions;

	/* A socket would have had a domain, and held the namespace. */
	WARN_ON_ONCE(!xa_empty(&t->domains));
	hps_cache_exit(&t->cache);
	hps_mapping_exit(&t->mappings);
	xa_destroy(&t->domains);
	mutex_destroy(&t->lock);
	kfree(t);
}

// SPDX-License-Identifier: GPL-2.0
/* Completion queues: the file, its mapping, and putting completions in. */
#include "conn/cq.h"

#include <linux/anon_inodes.h>
#include <linux/build_bug.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include <uapi/linux/hps_direct.h>

#include "conn/ring.h"

static_assert(sizeof(struct hps_direct_completion) == 32);
static_assert(offsetof(struct hps_direct_ring, consumed) == 64);
static_assert(offsetof(struct hps_direct_ring, entries) == 128);
static_assert(sizeof(struct hps_direct_ring) == 256);

/**
 * struct hps_cq - a completion queue
 * @refs:	references, see below
 * @pages:	how many @shared has
 * @shared:	what programs map: they may write there whatever they like, at any
 *		time. The kernel writes its part and reads @consumed, nothing else
 * @lock:	guards @ring and the kernel's part of @shared
 * @ring:	the numbers that count
 * @wait:	who polls
 *
 * Lifetime and locking
 *
 * References: one by the file, one by each socket and connection that the queue
 * was set for. Mappings and who waits in @wait hold the file. The queue is freed
 * with its last reference, in any context.
 *
 * @lock is taken with all other locks of a connection held, and none is taken
 * under it.
 */
struct hps_cq {
	refcount_t		refs;
	unsigned long		pages;
	struct hps_direct_ring	*shared;
	spinlock_t		lock;
	struct hps_ring		ring;
	wait_queue_head_t	wait;
};

/* --- the file --------------------------------------------------------------- */

static int cq_release(struct inode *inode, struct file *file)
{
	hps_cq_put(file->private_data);
	return 0;
}

static __poll_t cq_poll(struct file *file, struct poll_table_struct *wait)
{
	struct hps_cq *cq = file->private_data;
	bool readable;

	/* The lock orders: hps_cq_complete() comes before us and is seen, or
	 * behind us and sees who waits.
	 */
	poll_wait(file, &cq->wait, wait);
	spin_lock_bh(&cq->lock);
	readable = hps_ring_readable(&cq->ring,
				     READ_ONCE(cq->shared->consumed));
	spin_unlock_bh(&cq->lock);
	return readable ? EPOLLIN | EPOLLRDNORM : 0;
}

static vm_fault_t cq_fault(struct vm_fault *vmf)
{
	struct hps_cq *cq = vmf->vma->vm_file->private_data;

	/* mremap() may have made it longer. */
	if (vmf->pgoff >= cq->pages)
		return VM_FAULT_SIGBUS;
	vmf->page = vmalloc_to_page((void *)cq->shared +
				    (vmf->pgoff << PAGE_SHIFT));
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct cq_vm_ops = {
	.fault	= cq_fault,
};

/* Shared only: a private copy would stand still after the first write to it. */
static int cq_mmap(struct file *file, struct vm_area_struct *vma)
{
	const struct hps_cq *cq = file->private_data;

	if (!(vma->vm_flags & VM_SHARED) || vma->vm_pgoff ||
	    vma_pages(vma) > cq->pages)
		return -EINVAL;
	vma->vm_ops = &cq_vm_ops;
	return 0;
}

static const struct file_operations cq_fops = {
	.owner		= THIS_MODULE,
	.release	= cq_release,
	.poll		= cq_poll,
	.mmap		= cq_mmap,
};

/**
 * hps_cq_create - make a queue
 * @entries:	how many completions it should hold at least; becomes how many it
 *		does
 *
 * Process context, may sleep. Returns its file, for fd_install(), or ERR_PTR of
 * -EINVAL (for what hps_ring_init() refuses), -ENOMEM, -ENFILE.
 */
struct file *hps_cq_create(u32 *entries)
{
	struct file *file;
	struct hps_cq *cq;
	int err;

	cq = kzalloc(sizeof(*cq), GFP_KERNEL_ACCOUNT);
	if (!cq)
		return ERR_PTR(-ENOMEM);
	err = hps_ring_init(&cq->ring, *entries);
	if (err)
		goto err_free;
	cq->pages = PFN_UP(HPS_DIRECT_QUEUE_SIZE(cq->ring.entries));
	err = -ENOMEM;
	/* Not vmalloc_user(), which charges nobody. */
	cq->shared = __vmalloc(cq->pages << PAGE_SHIFT,
			       GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!cq->shared)
		goto err_free;
	cq->shared->entries = cq->ring.entries;
	refcount_set(&cq->refs, 1);
	spin_lock_init(&cq->lock);
	init_waitqueue_head(&cq->wait);
	file = anon_inode_getfile("[hps_queue]", &cq_fops, cq, O_RDWR);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_shared;
	}
	*entries = cq->ring.entries;
	return file;

err_shared:
	vfree(cq->shared);
err_free:
	kfree(cq);
	return ERR_PTR(err);
}

/* --- references ------------------------------------------------------------- */

/**
 * hps_cq_get - the queue of a descriptor of the calling process
 * @fd:	the descriptor
 *
 * Process context. Returns it with a reference, or ERR_PTR of -EBADF, or of -EINVAL
 * for the descriptor of something else.
 */
struct hps_cq *hps_cq_get(int fd)
{
	struct hps_cq *cq = ERR_PTR(-EINVAL);
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op == &cq_fops) {
		cq = file->private_data;
		hps_cq_hold(cq);
	}
	fput(file);
	return cq;
}

/**
 * hps_cq_hold - take another reference
 * @cq:	the queue, of which the caller has one
 */
void hps_cq_hold(struct hps_cq *cq)
{
	refcount_inc(&cq->refs);
}

/**
 * hps_cq_put - drop a reference
 * @cq:	the queue, or NULL
 *
 * Process context, also with BH disabled, or softirq.
 */
void hps_cq_put(struct hps_cq *cq)
{
	if (!cq || !refcount_dec_and_test(&cq->refs))
		return;
	vfree(cq->shared);
	kfree(cq);
}

/* --- completions ------------------------------------------------------------ */

/**
 * hps_cq_reserve - make sure that there will be room for a completion
 * @cq:	the queue
 *
 * Process context or softirq. Each success is followed by one hps_cq_complete() or
 * hps_cq_cancel(). Returns 0, or -ENOBUFS if there may be no room.
 */
int hps_cq_reserve(struct hps_cq *cq)
{
	bool room;

	spin_lock_bh(&cq->lock);
	/* Acquire: what goes into the entry goes there after the program has
	 * read what was in it.
	 */
	room = hps_ring_reserve(&cq->ring,
				smp_load_acquire(&cq->shared->consumed));
	spin_unlock_bh(&cq->lock);
	return room ? 0 : -ENOBUFS;
}

/**
 * hps_cq_cancel - there will be no completion
 * @cq:	the queue, with room reserved by the caller
 *
 * Process context or softirq.
 */
void hps_cq_cancel(struct hps_cq *cq)
{
	spin_lock_bh(&cq->lock);
	hps_ring_cancel(&cq->ring);
	spin_unlock_bh(&cq->lock);
}

/**
 * hps_cq_complete - put a completion in, and tell who waits for it
 * @cq:	the queue, with room reserved by the caller, which it uses up
 * @c:	the completion; all of it goes to the program
 *
 * Process context or softirq, with any lock of the connection held.
 */
void hps_cq_complete(struct hps_cq *cq, const struct hps_direct_completion *c)
{
	u32 slot;

	spin_lock_bh(&cq->lock);
	slot = hps_ring_produce(&cq->ring);
	cq->shared->completion[slot] = *c;
	smp_store_release(&cq->shared->produced, cq->ring.produced);
	spin_unlock_bh(&cq->lock);
	if (wq_has_sleeper(&cq->wait))
		wake_up_interruptible_poll(&cq->wait, EPOLLIN | EPOLLRDNORM);
}

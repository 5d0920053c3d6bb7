// SPDX-License-Identifier: GPL-2.0
/* Completion queues as options of a socket. */
#include "socket/queue.h"

#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/uaccess.h>
#include <uapi/linux/hps_direct.h>

#include "conn/cq.h"
#include "socket/hps_sock.h"

/**
 * hps_queue_make - getsockopt(HPS_DIRECT_QUEUE): a new queue
 * @val:	the program's struct hps_direct_queue, in and out
 * @optlen:	its length; more is as good
 *
 * It is not set for the socket that was asked. Returns 0 or a negative errno; then
 * the program has no new descriptor.
 */
int hps_queue_make(char __user *val, int __user *optlen)
{
	struct hps_direct_queue q;
	struct file *file;
	int len, err;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < (int)sizeof(q))
		return -EINVAL;
	if (copy_from_user(&q, val, sizeof(q)))
		return -EFAULT;
	q.fd = get_unused_fd_flags(O_CLOEXEC);
	if (q.fd < 0)
		return q.fd;
	file = hps_cq_create(&q.entries);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_fd;
	}
	len = sizeof(q);
	if (put_user(len, optlen) || copy_to_user(val, &q, sizeof(q))) {
		err = -EFAULT;
		goto err_file;
	}
	fd_install(q.fd, file);
	return 0;

err_file:
	fput(file);
err_fd:
	put_unused_fd(q.fd);
	return err;
}

/**
 * hps_queue_set - setsockopt(HPS_DIRECT_QUEUE): where completions go
 * @sk:	the socket, locked
 * @fd:	the queue's descriptor
 *
 * Returns 0, -EBUSY if one was set before, or what hps_cq_get() returns.
 */
int hps_queue_set(struct sock *sk, int fd)
{
	struct hps_sock *hs = hps_sk(sk);
	struct hps_cq *cq;

	cq = hps_cq_get(fd);
	if (IS_ERR(cq))
		return PTR_ERR(cq);
	if (hs->cq) {
		hps_cq_put(cq);
		return -EBUSY;
	}
	hs->cq = cq;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Completions of MSG_ZEROCOPY, for tests and helpers. */
#ifndef _HPS_SELFTESTS_NOTIFY_H
#define _HPS_SELFTESTS_NOTIFY_H

#include <time.h>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* One entry of the error queue: calls @lo to @hi have completed. */
struct notice {
	uint32_t	lo;
	uint32_t	hi;
	bool		copied;
};

/* Returns 1 with a notice, 0 with something that is none, -1 with errno. */
static inline int notice_next(int fd, struct notice *n)
{
	char control[128];
	struct msghdr msg = {
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct sock_extended_err ee;
	struct cmsghdr *c;

	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (!c || !(msg.msg_flags & MSG_ERRQUEUE) ||
	    !((c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
	      (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR)))
		return 0;
	memcpy(&ee, CMSG_DATA(c), sizeof(ee));
	if (ee.ee_origin != SO_EE_ORIGIN_ZEROCOPY || ee.ee_errno)
		return 0;
	n->lo = ee.ee_info;
	n->hi = ee.ee_data;
	n->copied = ee.ee_code & SO_EE_CODE_ZEROCOPY_COPIED;
	return 1;
}

#endif /* _HPS_SELFTESTS_NOTIFY_H */

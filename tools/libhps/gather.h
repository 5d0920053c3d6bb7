/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists of pieces of memory: gather from, scatter to.
 */
#ifndef _LIBHPS_GATHER_H
#define _LIBHPS_GATHER_H

#include <stdint.h>
#include <sys/uio.h>

int64_t iov_total(const struct iovec *iov, int n);
void gather(uint8_t *to, const struct iovec *iov, uint64_t at,
	    uint32_t len);
int iov_part(struct iovec *to, const struct iovec *iov, uint64_t at,
	     uint64_t len);
void scatter(const struct iovec *iov, uint64_t at, const uint8_t *from,
	     uint32_t len);

#endif /* _LIBHPS_GATHER_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Lists of pieces of memory.
 */
#include "gather.h"

#include <errno.h>
#include <string.h>

#include "libhps.h"

/* Octets in all; -EINVAL, -EMSGSIZE. */
int64_t iov_total(const struct iovec *iov, int n)
{
	uint64_t total = 0;
	int i;

	if (n < 0 || n > HPS_MAX_IOV || (n && !iov))
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (iov[i].iov_len && !iov[i].iov_base)
			return -EINVAL;
		if (iov[i].iov_len > UINT32_MAX - total)
			return -EMSGSIZE;
		total += iov[i].iov_len;
	}

	return total;
}

/* The part of a piece that begins at octet *at of the list, or less of it. */
static uint8_t *part(const struct iovec **iov, uint64_t *at, uint32_t *len)
{
	uint8_t *p;

	while (*at >= (*iov)->iov_len) {
		*at -= (*iov)->iov_len;
		(*iov)++;
	}
	p = (uint8_t *)(*iov)->iov_base + *at;
	if (*len > (*iov)->iov_len - *at)
		*len = (*iov)->iov_len - *at;

	return p;
}

/* Octets @at to @at + @len of the list; the caller knows that they are there. */
void gather(uint8_t *to, const struct iovec *iov, uint64_t at,
	    uint32_t len)
{
	while (len) {
		uint32_t now = len;
		const uint8_t *p = part(&iov, &at, &now);

		memcpy(to, p, now);
		to += now;
		at += now;
		len -= now;
	}
}

void scatter(const struct iovec *iov, uint64_t at, const uint8_t *from,
	     uint32_t len)
{
	while (len) {
		uint32_t now = len;
		uint8_t *p = part(&iov, &at, &now);

		memcpy(p, from, now);
		from += now;
		at += now;
		len -= now;
	}
}

/* Octets @at to @at + @len as a list of their own; returns its length. */
int iov_part(struct iovec *to, const struct iovec *iov, uint64_t at,
	     uint64_t len)
{
	int n = 0;

	while (len) {
		uint32_t now = len < UINT32_MAX ? len : UINT32_MAX;
		uint8_t *p = part(&iov, &at, &now);

		to[n++] = (struct iovec) { p, now };
		at += now;
		len -= now;
	}

	return n;
}

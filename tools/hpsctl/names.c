// SPDX-License-Identifier: GPL-2.0
/* Names of interfaces, addresses and reasons. */
#include <stdio.h>

#include <arpa/inet.h>
#include <net/if.h>

#include "common/fail.h"
#include "common/out.h"
#include "hpsctl/ctl.h"
#include "hpsctl/nl.h"

uint32_t need_interface(const char *name)
{
	uint32_t ifindex = if_nametoindex(name);

	if (!ifindex)
		fail("there is no interface '%s'", name);
	return ifindex;
}

void out_interface(const char *key, const char *fmt, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	if (!if_indextoname(ifindex, name))
		snprintf(name, sizeof(name), "#%u", ifindex);
	out_str(key, fmt, name);
}

void out_address(const char *key, const char *fmt, const struct nlattr *addr,
		 const struct nlattr *port)
{
	char host[INET6_ADDRSTRLEN] = "*", text[INET6_ADDRSTRLEN + 16];
	int family = AF_INET;

	if (addr) {
		if (mnl_attr_get_payload_len(addr) == sizeof(struct in6_addr))
			family = AF_INET6;
		inet_ntop(family, mnl_attr_get_payload(addr), host,
			  sizeof(host));
	}
	snprintf(text, sizeof(text), family == AF_INET6 ? "[%s]:%u" : "%s:%u",
		 host, (unsigned int)nl_number(port));
	out_str(key, fmt, port ? text : host);
}

/* enum hps_reason, Documentation/networking/hps-wire.rst */
const char *reason_name(uint32_t reason)
{
	static const char * const names[] = {
		"none", "no-listener", "backlog", "socktype", "version",
		"feature", "token", "auth", "memory", "protocol", "credit",
		"unread", "closed", "abort", "timeout", "unknown-type",
		"admin",
	};

	if (reason < sizeof(names) / sizeof(names[0]))
		return names[reason];
	return "unknown";
}

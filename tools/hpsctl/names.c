// SPDX-License-Identifier: GPL-2.0
/* Names of interfaces, addresses and reasons. */
#include <stdio.h>

#include <arpa/inet.h>
#include <net/if.h>

#include <linux/hps.h>

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

/* @addr: NULL for any; @port: -1 for none */
static void out_host(const char *key, const char *fmt, int family,
		     const void *addr, int port)
{
	char host[INET6_ADDRSTRLEN] = "*", text[INET6_ADDRSTRLEN + 16];

	if (addr)
		inet_ntop(family, addr, host, sizeof(host));
	snprintf(text, sizeof(text), family == AF_INET6 ? "[%s]:%d" : "%s:%d",
		 host, port);
	out_str(key, fmt, port < 0 ? host : text);
}

void out_info_address(const char *key, const char *fmt,
		      const struct hps_info_addr *addr)
{
	out_host(key, fmt, addr->family, addr->family ? addr->addr : NULL,
		 ntohs(addr->port));
}

void out_address(const char *key, const char *fmt, const struct nlattr *addr,
		 const struct nlattr *port)
{
	int family = AF_INET;

	if (addr && mnl_attr_get_payload_len(addr) == sizeof(struct in6_addr))
		family = AF_INET6;
	out_host(key, fmt, family, addr ? mnl_attr_get_payload(addr) : NULL,
		 port ? (int)nl_number(port) : -1);
}

/* enum hps_nl_path_cause */
const char *cause_name(uint8_t cause)
{
	static const char * const names[] = {
		"none", "carrier", "removed", "address", "silent",
		"transport", "peer", "withdrawn", "replaced",
	};

	if (cause < sizeof(names) / sizeof(names[0]))
		return names[cause];
	return "unknown";
}

/* The names are those of the list in the uapi. */
static const struct reason {
	uint32_t code;
	const char *name;
	const char *text;
} reasons[] = {
#define REASON(code, number, name, text) { number, name, text },
	HPS_REASONS(REASON)
#undef REASON
};

static const struct reason *find_reason(uint32_t code)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].code == code)
			return &reasons[i];
	}
	return NULL;
}

const char *reason_name(uint32_t code)
{
	const struct reason *r = find_reason(code);

	return r ? r->name : "unknown";
}

const char *reason_text(uint32_t code)
{
	const struct reason *r = find_reason(code);

	return r ? r->text : "a reason that this hpsctl does not know";
}

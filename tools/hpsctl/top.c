// SPDX-License-Identifier: GPL-2.0
/* hpsctl top: what every link and connection carries, again and again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/hps_netlink.h>

#include "common/clock.h"
#include "common/fail.h"
#include "common/out.h"
#include "hpsctl/ctl.h"
#include "hpsctl/diag.h"
#include "hpsctl/nl.h"

/* What was carried by a link, named by its interface, or by a connection,
 * named by its token, when it was looked at last.
 */
struct carried {
	uint64_t name;
	uint64_t tx;
	uint64_t rx;
	uint64_t tx_rate;	/* octets per second since the look before */
	uint64_t rx_rate;
	uint32_t bundle;
	struct diag_socket *socket;
};

struct table {
	struct carried *row;
	size_t rows;
};

static struct table links, conns;		/* being filled */
static struct table old_links, old_conns;
static double elapsed;
static bool no_memory;

static void clear(struct table *t)
{
	size_t i;

	for (i = 0; i < t->rows; i++)
		free(t->row[i].socket);
	free(t->row);
	*t = (struct table){};
}

static uint64_t rate(uint64_t now, uint64_t before)
{
	return elapsed > 0 && now > before ? (now - before) / elapsed : 0;
}

static struct carried *add(struct table *t, const struct table *old,
			   uint64_t name, uint64_t tx, uint64_t rx)
{
	struct carried before = {}, *grown, *c;
	size_t i;

	grown = reallocarray(t->row, t->rows + 1, sizeof(*grown));
	if (!grown) {
		no_memory = true;
		return NULL;
	}
	t->row = grown;
	c = &t->row[t->rows++];
	*c = (struct carried){ .name = name, .tx = tx, .rx = rx };
	for (i = 0; i < old->rows; i++) {
		if (old->row[i].name == name)
			before = old->row[i];
	}
	/* what was not there before has carried all since then */
	c->tx_rate = rate(tx, before.tx);
	c->rx_rate = rate(rx, before.rx);
	return c;
}

static void on_link(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[HPS_A_LINK_MAX + 1];
	struct carried *c;

	nl_parse(nlh, tb, HPS_A_LINK_MAX);
	c = add(&links, &old_links, nl_number(tb[HPS_A_LINK_IFINDEX]),
		nl_number(tb[HPS_A_LINK_TX_BYTES]),
		nl_number(tb[HPS_A_LINK_RX_BYTES]));
	if (c)
		c->bundle = nl_number(tb[HPS_A_LINK_BUNDLE]);
}

/* Payload that has arrived there, and here: what is sent again or twice is no
 * progress.
 */
static void on_conn(const struct diag_socket *s)
{
	struct carried *c;

	c = add(&conns, &old_conns, s->info.token, s->info.una,
		s->info.rcv_ready);
	if (!c)
		return;
	c->socket = malloc(sizeof(*s));
	if (c->socket)
		*c->socket = *s;
	else
		no_memory = true;
}

static int look(void)
{
	struct diag_filter filter;

	clear(&old_links);
	clear(&old_conns);
	old_links = links;
	old_conns = conns;
	links = conns = (struct table){};
	if (diag_filter_parse(&filter, 0, NULL) ||
	    nl_run(nl_request(HPS_CMD_LINK_GET, true), on_link) ||
	    diag_run(&filter, false, on_conn) < 0)
		return -1;
	return no_memory ? fail("out of memory") : 0;
}

static int busiest_first(const void *a, const void *b)
{
	const struct carried *x = a, *y = b;
	uint64_t p = x->tx_rate + x->rx_rate, q = y->tx_rate + y->rx_rate;

	if (p != q)
		return p < q ? 1 : -1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static void out_rate(const char *key, const char *fmt, uint64_t octets)
{
	if (out_is_json())
		out_u64(key, NULL, octets);
	else
		out_double(NULL, fmt, octets * 8 / 1e6);
}

static void out_rates(const struct carried *c)
{
	out_rate("tx_rate", " %10.3f", c->tx_rate);
	out_rate("rx_rate", " %10.3f", c->rx_rate);
	out_u64("tx_bytes", " %14llu", c->tx);
	out_u64("rx_bytes", " %14llu", c->rx);
}

static void out_links(void)
{
	size_t i;

	out_text("%-16s %10s %10s %14s %14s\n", "LINK", "TX Mbit/s",
		 "RX Mbit/s", "TX bytes", "RX bytes");
	out_list_begin("links");
	for (i = 0; i < links.rows; i++) {
		out_object_begin(NULL);
		out_interface("dev", "%-16s", links.row[i].name);
		out_rates(&links.row[i]);
		out_interface("bundle", "  %s\n", links.row[i].bundle);
		out_object_end();
	}
	out_list_end();
}

static void out_conn(const struct carried *c)
{
	const struct hps_info *info = &c->socket->info;

	out_object_begin(NULL);
	if (out_is_json()) {
		out_socket_names(c->socket);
		out_rates(c);
	} else {
		out_text("%016llx", (unsigned long long)c->name);
		out_rates(c);
		out_info_address(NULL, "  %s", &info->local);
		out_info_address(NULL, info->flags & HPS_INFO_INITIATOR ?
				 " > %s" : " < %s", &info->remote);
	}
	out_u64("paths", "  %llu paths", c->socket->nr_paths);
	out_u64("resent_bytes", info->resent_octets ? " resent %llu" : NULL,
		info->resent_octets);
	out_u64("stalls", info->stalls ? " stalls %llu" : NULL, info->stalls);
	out_text("\n");
	out_object_end();
}

/* Text: as many as the screen has room for. */
static void out_conns(size_t room)
{
	size_t i;

	out_text("\n%-16s %10s %10s %14s %14s\n", "CONNECTION", "TX Mbit/s",
		 "RX Mbit/s", "TX bytes", "RX bytes");
	out_list_begin("conns");
	for (i = 0; i < conns.rows && i < room; i++)
		out_conn(&conns.row[i]);
	out_list_end();
	if (i < conns.rows)
		out_text("... and %zu more\n", conns.rows - i);
}

static size_t room_for_conns(void)
{
	size_t used = links.rows + 5;
	struct winsize size;

	if (out_is_json() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ||
	    !size.ws_row)
		return SIZE_MAX;
	return size.ws_row > used ? size.ws_row - used : 1;
}

static int print(double interval)
{
	bool json = out_is_json();

	/* cursor home, erase to the end: no flicker */
	if (!json && isatty(STDOUT_FILENO))
		out_text("\033[H\033[J");
	qsort(conns.row, conns.rows, sizeof(*conns.row), busiest_first);
	out_double("interval", NULL, interval);
	out_links();
	out_conns(room_for_conns());
	if (!json && !isatty(STDOUT_FILENO))
		out_text("\n");
	if (out_close())
		return -1;
	out_open(json);
	return 0;
}

static int seconds(const char *text, double *value)
{
	char *end;

	errno = 0;
	*value = strtod(text, &end);
	if (errno || end == text || *end || !(*value >= 0.05 && *value <= 86400))
		return fail("'%s' is not an interval of 0.05 to 86400 seconds",
			    text);
	return 0;
}

static int times(const char *text, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || !*value)
		return fail("'%s' is not a number of 1 or more", text);
	return 0;
}

static int parse(int argc, char **argv, double *interval, unsigned long *n)
{
	for (; argc > 1; argc -= 2, argv += 2) {
		if (!strcmp(argv[0], "interval")) {
			if (seconds(argv[1], interval))
				return -1;
		} else if (!strcmp(argv[0], "count")) {
			if (times(argv[1], n))
				return -1;
		} else {
			break;
		}
	}
	if (argc)
		return fail("'%s' is not interval SECONDS or count N", argv[0]);
	return 0;
}

static void nap(double s)
{
	struct timespec t = { .tv_sec = s };

	t.tv_nsec = (s - t.tv_sec) * NSEC_PER_SEC;
	nanosleep(&t, NULL);
}

int top_run(int argc, char **argv)
{
	uint64_t last, now;
	unsigned long n = 0, i;
	double interval = 1;

	if (parse(argc, argv, &interval, &n))
		return -1;
	if (out_is_json())
		out_compact();
	if (look())
		return -1;
	last = clock_ns();
	for (i = 0; !n || i < n; i++) {
		nap(interval);
		now = clock_ns();
		elapsed = (now - last) / (double)NSEC_PER_SEC;
		last = now;
		if (look() || print(elapsed))
			return -1;
	}
	clear(&links);
	clear(&conns);
	clear(&old_links);
	clear(&old_conns);
	return 0;
}

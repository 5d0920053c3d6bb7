// SPDX-License-Identifier: GPL-2.0
/* Two connected ends of libhps. */
#include "ends.h"

#include <pthread.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#define LIMIT_MS	20000

void loopback(struct sockaddr_storage *addr, uint16_t port)
{
	struct sockaddr_in6 *in6 = (void *)addr;
	struct sockaddr_in *in = (void *)addr;

	memset(addr, 0, sizeof(*addr));
	addr->ss_family = v->family;
	if (v->family == AF_INET) {
		in->sin_port = htons(port);
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		in6->sin6_port = htons(port);
		in6->sin6_addr = in6addr_loopback;
	}
}

/* Returns the port. */
uint16_t listen_any(struct end *e, struct hps_listener **listener)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	loopback(&addr, 0);
	OK(hps_listen(e->domain, (void *)&addr, len, 8, listener));
	OK(hps_listener_address(*listener, (void *)&addr, &len));

	return ntohs(v->family == AF_INET ?
		     ((struct sockaddr_in *)&addr)->sin_port :
		     ((struct sockaddr_in6 *)&addr)->sin6_port);
}

struct iovec piece(void *p, size_t len)
{
	return (struct iovec) { .iov_base = p, .iov_len = len };
}

/* A connection that is not connected, with all that it needs. */
void end_open(struct end *e, const struct hps_conn_attr *attr)
{
	struct hps_conn_attr a = {};
	int i;

	if (attr)
		a = *attr;
	memset(e, 0, sizeof(*e));
	OK(hps_domain_open_over(&e->domain, is_hps() ? HPS_TRANSPORT_HPS :
				HPS_TRANSPORT_BARE));
	OK(hps_cq_create(e->domain, 1024, &e->cq));
	a.cq = e->cq;
	a.data = e;
	OK(hps_conn_create(e->domain, &a, &e->conn));
	e->memory = aligned_alloc(8, REGION);
	memset(e->memory, 0, REGION);
	OK(hps_region_register(e->domain, e->memory, REGION,
			       HPS_REMOTE_READ | HPS_REMOTE_WRITE |
			       HPS_REMOTE_ATOMIC | HPS_REMOTE_INVALIDATE, NULL,
			       &e->region));
	for (i = 0; i < RECVS; i++) {
		struct iovec iov;

		e->inbox[i] = malloc(RECV_LEN);
		iov = piece(e->inbox[i], RECV_LEN);
		OK(hps_post_recv(e->conn, &iov, 1, 1000 + i));
	}
}

void end_close(struct end *e)
{
	int i;

	if (e->conn)
		hps_conn_destroy(e->conn);
	if (e->region)
		hps_region_deregister(e->region);
	OK(hps_cq_destroy(e->cq));
	OK(hps_domain_close(e->domain));
	free(e->memory);
	for (i = 0; i < RECVS; i++)
		free(e->inbox[i]);
}

/* For a test that has ended all of its ends; takes a moment. */
void no_leak(void)
{
#ifdef __SANITIZE_ADDRESS__
	CHECK_EQ(__lsan_do_recoverable_leak_check(), 0);
#endif
}

struct dial {
	struct hps_conn *conn;
	uint16_t port;
};

static void *dial(void *arg)
{
	struct sockaddr_storage addr;
	struct dial *d = arg;

	loopback(&addr, d->port);
	OK(hps_connect(d->conn, (void *)&addr, sizeof(addr), NULL, 0,
		       LIMIT_MS));

	return NULL;
}

/* Connects the two, both there and not connected. */
static void join(struct pair *p)
{
	struct hps_listener *listener;
	struct hps_request *request;
	struct dial d;
	pthread_t t;

	d.conn = p->a.conn;
	d.port = listen_any(&p->b, &listener);
	OK(pthread_create(&t, NULL, dial, &d));
	OK(hps_listener_next(listener, &request, LIMIT_MS));
	OK(hps_accept(request, p->b.conn, NULL, 0));
	OK(pthread_join(t, NULL));
	hps_listener_close(listener);
}

void pair_open(struct pair *p, const struct hps_conn_attr *a,
	       const struct hps_conn_attr *b)
{
	end_open(&p->a, a);
	end_open(&p->b, b);
	join(p);
}

/* One more connection between the domains of @of, with their queues. */
void pair_open_in(struct pair *p, struct pair *of)
{
	struct hps_conn_attr attr = { .cq = of->a.cq, .data = &of->a };

	*p = *of;
	OK(hps_conn_create(p->a.domain, &attr, &p->a.conn));
	attr = (struct hps_conn_attr) { .cq = of->b.cq, .data = &of->b };
	OK(hps_conn_create(p->b.domain, &attr, &p->b.conn));
	join(p);
}

void pair_close(struct pair *p)
{
	end_close(&p->a);
	end_close(&p->b);
}

struct hps_remote remote_of(const struct end *e, uint64_t offset)
{
	return (struct hps_remote) {
		.stag = hps_region_stag(e->region), .offset = offset,
	};
}

struct hps_completion next_completion(struct end *e)
{
	struct hps_completion c;

	CHECK_EQ(hps_cq_wait(e->cq, &c, 1, scaled(LIMIT_MS)), 1);
	CHECK(c.conn_data == e);

	return c;
}

/* The next completion is this one. */
struct hps_completion expect(struct end *e, unsigned int op, uint64_t id,
			     unsigned int status)
{
	struct hps_completion c = next_completion(e);

	if (c.op != op || c.id != id || c.status != status)
		test_fail(__FILE__, __LINE__,
			  "%s %llu %s, not %s %llu %s", hps_op_name(c.op),
			  (unsigned long long)c.id, hps_status_name(c.status),
			  hps_op_name(op), (unsigned long long)id,
			  hps_status_name(status));

	return c;
}

/* What hps_conn_get_info() tells: the kernel does not say which refusal it is. */
unsigned int refusal(unsigned int error)
{
	return is_hps() ? 0x01ff : error;
}

/* All that is posted is flushed, then the connection's last completion. */
void expect_closed(struct end *e, unsigned int status)
{
	for (;;) {
		struct hps_completion c = next_completion(e);

		if (c.op == HPS_OP_CLOSED) {
			CHECK_EQ(c.status, status);
			break;
		}
		CHECK_EQ(c.status, HPS_STATUS_FLUSHED);
	}
	no_completion(e);
}

void no_completion(struct end *e)
{
	struct hps_completion c;

	CHECK_EQ(hps_cq_poll(e->cq, &c, 1), 0);
}

void fill(void *p, size_t len, unsigned int seed)
{
	uint8_t *b = p;
	size_t i;

	for (i = 0; i < len; i++)
		b[i] = seed + i * 7 + (i >> 8) * 13 + (i >> 16) * 31;
}

bool filled(const void *p, size_t len, unsigned int seed)
{
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < len; i++)
		if (b[i] != (uint8_t)(seed + i * 7 + (i >> 8) * 13 +
				      (i >> 16) * 31))
			return false;

	return true;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * lists: none
 *
 * Bare sockets and siw, the kernel's software iWARP, as programs use it by librdmacm
 * and libibverbs: both ways to connect, all that both can do. The debug kernel has it.
 * To be run by hand: it has not come to its end yet, and so is in no list.
 */
#include <arpa/inet.h>
#include <rdma/rdma_cma.h>

#include "barepair.h"

#define ADDRESS	"10.9.0.1"
#define PORT	7471
#define LEN	100000
#define RECVS	8

/**
 * struct verbs - the end of siw
 * @events:	of the connection manager
 * @id:		the connection
 * @mem:	LEN octets that the peer may use, then LEN for what arrives
 */
struct verbs {
	struct rdma_event_channel *events;
	struct rdma_cm_id	*id;
	struct ibv_pd		*pd;
	struct ibv_cq		*cq;
	struct ibv_mr		*mr;
	char			*mem;
};

static void run(const char *command)
{
	if (system(command))
		test_fail(__FILE__, __LINE__, "%s", command);
}

static void siw_start(void)
{
	run("modprobe siw");
	/* of a test that failed */
	run("rdma link delete siw0 2>/dev/null; ip link delete d0 2>/dev/null; true");
	run("ip link add d0 type dummy && ip addr add " ADDRESS "/24 dev d0 && "
	    "ip link set d0 up && ip link set lo up");
	run("rdma link add siw0 type siw netdev d0");
}

static void siw_stop(void)
{
	run("rdma link delete siw0");
	run("ip link delete d0");
}

static struct sockaddr_in address(void)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET, .sin_port = htons(PORT),
		.sin_addr.s_addr = inet_addr(ADDRESS),
	};
}

static struct rdma_cm_id *expect_event(struct verbs *vb,
				       enum rdma_cm_event_type type)
{
	struct rdma_cm_event *event;
	struct rdma_cm_id *id;

	CHECK(rdma_get_cm_event(vb->events, &event) == 0);
	if (event->event != type)
		test_fail(__FILE__, __LINE__, "event %s, not %s, status %d",
			  rdma_event_str(event->event), rdma_event_str(type),
			  event->status);
	id = event->id;
	CHECK(rdma_ack_cm_event(event) == 0);
	return id;
}

static void post_recv(struct verbs *vb)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)vb->mem + LEN, .length = LEN,
		.lkey = vb->mr->lkey,
	};
	struct ibv_recv_wr wr = { .sg_list = &sge, .num_sge = 1 }, *bad;

	CHECK(ibv_post_recv(vb->id->qp, &wr, &bad) == 0);
}

static void open_verbs(struct verbs *vb)
{
	struct ibv_qp_init_attr attr = {
		.cap = {
			.max_send_wr = 16, .max_recv_wr = 16,
			.max_send_sge = 1, .max_recv_sge = 1,
		},
		.qp_type = IBV_QPT_RC, .sq_sig_all = 1,
	};
	int i;

	vb->pd = ibv_alloc_pd(vb->id->verbs);
	vb->cq = ibv_create_cq(vb->id->verbs, 64, NULL, NULL, 0);
	CHECK(vb->pd && vb->cq);
	attr.send_cq = vb->cq;
	attr.recv_cq = vb->cq;
	CHECK(rdma_create_qp(vb->id, vb->pd, &attr) == 0);
	vb->mem = memory(2 * LEN);
	vb->mr = ibv_reg_mr(vb->pd, vb->mem, 2 * LEN, IBV_ACCESS_LOCAL_WRITE |
			    IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE);
	CHECK(vb->mr);
	for (i = 0; i < RECVS; i++)
		post_recv(vb);
}

static void close_verbs(struct verbs *vb)
{
	rdma_disconnect(vb->id);
	rdma_destroy_qp(vb->id);
	CHECK(ibv_dereg_mr(vb->mr) == 0);
	CHECK(ibv_destroy_cq(vb->cq) == 0);
	CHECK(ibv_dealloc_pd(vb->pd) == 0);
	CHECK(rdma_destroy_id(vb->id) == 0);
	rdma_destroy_event_channel(vb->events);
}

static struct ibv_wc completion(struct verbs *vb)
{
	long long end = now_ms() + scaled(10000);
	struct ibv_wc wc;

	while (!ibv_poll_cq(vb->cq, 1, &wc)) {
		CHECK(now_ms() < end);
		usleep(1000);
	}
	return wc;
}

static struct ibv_wc expect(struct verbs *vb, enum ibv_wc_opcode opcode)
{
	struct ibv_wc wc = completion(vb);

	if (wc.status != IBV_WC_SUCCESS)
		test_fail(__FILE__, __LINE__, "completion: %s",
			  ibv_wc_status_str(wc.status));
	CHECK_EQ(wc.opcode, opcode);
	return wc;
}

static void post(struct verbs *vb, enum ibv_wr_opcode opcode, size_t len,
		 uint32_t rkey, uint64_t offset)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)vb->mem, .length = len,
		.lkey = vb->mr->lkey,
	};
	struct ibv_send_wr wr = {
		.sg_list = &sge, .num_sge = 1, .opcode = opcode,
		.wr.rdma = { .remote_addr = offset, .rkey = rkey },
	}, *bad;

	CHECK(ibv_post_send(vb->id->qp, &wr, &bad) == 0);
}

/* --- connecting ----------------------------------------------------------- */

/* siw connects. Returns the bare end. */
static int siw_connects(struct verbs *vb)
{
	struct rdma_conn_param param = {
		.private_data = "from siw", .private_data_len = 8,
		.responder_resources = 4, .initiator_depth = 4,
	};
	struct sockaddr_in addr = address();
	int lst = bare_socket(), fd;
	socklen_t len;
	char buf[600];

	bare_setup(lst, HPS_BARE_NO_CRC, 0, 0);
	bare_private(lst, "from hps");
	CHECK(bind(lst, (void *)&addr, sizeof(addr)) == 0);
	CHECK(listen(lst, 1) == 0);
	vb->events = rdma_create_event_channel();
	CHECK(vb->events);
	CHECK(rdma_create_id(vb->events, &vb->id, NULL, RDMA_PS_TCP) == 0);
	CHECK(rdma_resolve_addr(vb->id, NULL, (void *)&addr, 5000) == 0);
	expect_event(vb, RDMA_CM_EVENT_ADDR_RESOLVED);
	CHECK(rdma_resolve_route(vb->id, 5000) == 0);
	expect_event(vb, RDMA_CM_EVENT_ROUTE_RESOLVED);
	open_verbs(vb);
	CHECK(rdma_connect(vb->id, &param) == 0);
	fd = accept(lst, NULL, NULL);
	CHECK(fd >= 0);
	expect_event(vb, RDMA_CM_EVENT_ESTABLISHED);
	len = sizeof(buf);
	CHECK(getsockopt(fd, SOL_HPS, HPS_BARE_PRIVATE, buf, &len) == 0);
	CHECK(len >= 8 && !memcmp(buf, "from siw", 8));
	close(lst);
	return fd;
}

/* siw accepts. Returns the bare end. */
static int siw_accepts(struct verbs *vb, unsigned int flags)
{
	struct rdma_conn_param param = {
		.private_data = "from siw", .private_data_len = 8,
		.responder_resources = 4, .initiator_depth = 4,
	};
	struct sockaddr_in addr = address();
	struct rdma_cm_id *listener;
	int fd = bare_socket();
	char buf[600];
	socklen_t len;

	vb->events = rdma_create_event_channel();
	CHECK(vb->events);
	CHECK(rdma_create_id(vb->events, &listener, NULL, RDMA_PS_TCP) == 0);
	CHECK(rdma_bind_addr(listener, (void *)&addr) == 0);
	CHECK(rdma_listen(listener, 1) == 0);
	bare_setup(fd, HPS_BARE_NO_CRC | flags, 4, 4);
	nonblocking(fd, true);
	CHECK_ERR(connect(fd, (void *)&addr, sizeof(addr)), EINPROGRESS);
	vb->id = expect_event(vb, RDMA_CM_EVENT_CONNECT_REQUEST);
	open_verbs(vb);
	CHECK(rdma_accept(vb->id, &param) == 0);
	expect_event(vb, RDMA_CM_EVENT_ESTABLISHED);
	bare_dialed(fd);
	CHECK(rdma_destroy_id(listener) == 0);
	len = sizeof(buf);
	CHECK(getsockopt(fd, SOL_HPS, HPS_BARE_PRIVATE, buf, &len) == 0);
	CHECK(len >= 8 && !memcmp(buf, "from siw", 8));
	return fd;
}

/* --- what is done --------------------------------------------------------- */

static void messages(struct verbs *vb, int fd, size_t len)
{
	char *buf = malloc(len);
	struct ibv_wc wc;

	pattern(vb->mem, len, 1);
	post(vb, IBV_WR_SEND, len, 0, 0);
	expect(vb, IBV_WC_SEND);
	CHECK_EQ(recv(fd, buf, len, 0), len);
	CHECK(pattern_ok(buf, len, 1));
	pattern(buf, len, 2);
	CHECK_EQ(send(fd, buf, len, 0), len);
	wc = expect(vb, IBV_WC_RECV);
	CHECK_EQ(wc.byte_len, len);
	CHECK(pattern_ok(vb->mem + LEN, len, 2));
	post_recv(vb);
	free(buf);
}

static void siw_asks(struct verbs *vb, int fd)
{
	char *mem = memory(LEN);
	uint32_t stag = enrol(fd, mem, LEN, ALL_RIGHTS);

	pattern(vb->mem, LEN, 3);
	post(vb, IBV_WR_RDMA_WRITE, LEN, stag, 0);
	expect(vb, IBV_WC_RDMA_WRITE);
	memset(vb->mem, 0, LEN);
	post(vb, IBV_WR_RDMA_READ, LEN - 5, stag, 5);
	expect(vb, IBV_WC_RDMA_READ);
	CHECK(pattern_ok(mem, LEN, 3));
	CHECK(pattern_ok(vb->mem, LEN - 5, 8));
}

static void bare_asks(struct verbs *vb, int fd, struct queue *q)
{
	char *sink = memory(LEN), *buf = malloc(LEN);
	uint32_t stag = enrol_with(fd, sink, LEN, 0, HPS_DIRECT_SINK);
	uint64_t base = (uintptr_t)vb->mem;

	pattern(buf, LEN, 4);
	post_ok(fd, post_write(1, vb->mr->rkey, base), buf, LEN);
	post_ok(fd, post_read(2, vb->mr->rkey, base + 1, stag, 2, LEN - 2),
		NULL, 0);
	queue_expect(q, 1, 0);
	queue_expect(q, 2, 0);
	CHECK(pattern_ok(vb->mem, LEN, 4));
	CHECK(pattern_ok(sink + 2, LEN - 2, 5));
	free(buf);
}

/* siw lets its programs not send it, but takes it: then the region is of no use. */
static void invalidate(struct verbs *vb, int fd)
{
	CHECK_EQ(bare_send(fd, "inval", 5, HPS_BARE_INVALIDATE, vb->mr->rkey), 5);
	CHECK_EQ(expect(vb, IBV_WC_RECV).byte_len, 5);
	post_ok(fd, post_write(3, vb->mr->rkey, (uintptr_t)vb->mem), "x", 1);
	CHECK(wait_for(fd, POLLIN) & POLLHUP);
	CHECK_EQ(bare_info(fd).terminated, HPS_BARE_TERMINATED_BY_PEER);
	CHECK_EQ(so_error(fd), EREMOTEIO);
}

static void all(struct verbs *vb, int fd)
{
	struct queue q;

	CHECK_EQ(bare_info(fd).flags & HPS_BARE_INFO_CRC, 0);
	queue_open(&q, fd, 16);
	/* Each begins once: the side that connected has to. */
	messages(vb, fd, 1);
	messages(vb, fd, 5000);
	messages(vb, fd, LEN);
	siw_asks(vb, fd);
	bare_asks(vb, fd, &q);
	invalidate(vb, fd);
	close_verbs(vb);
	close(fd);
}

TEST_LIMIT(connects, V_BARE, 120)
{
	struct verbs vb;

	siw_start();
	all(&vb, siw_connects(&vb));
	siw_stop();
}

TEST_LIMIT(accepts, V_BARE, 120)
{
	struct verbs vb;

	siw_start();
	all(&vb, siw_accepts(&vb, 0));
	siw_stop();
}

TEST_LIMIT(accepts_revision_1, V_BARE, 120)
{
	struct verbs vb;

	siw_start();
	all(&vb, siw_accepts(&vb, HPS_BARE_REVISION_1));
	siw_stop();
}

/* siw names a region that is not there, and is told. */
TEST_LIMIT(terminates_siw, V_BARE, 120)
{
	struct verbs vb;
	int fd;

	siw_start();
	fd = siw_connects(&vb);
	post(&vb, IBV_WR_RDMA_WRITE, 100, 0x12345678, 0);
	bare_terminated(fd, HPS_BARE_TERMINATED_BY_US, TERM_STAG, EPROTO);
	expect_event(&vb, RDMA_CM_EVENT_DISCONNECTED);
	close_verbs(&vb);
	close(fd);
	siw_stop();
}

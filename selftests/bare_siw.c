// SPDX-License-Identifier: GPL-2.0
/*
 * lists: debug
 *
 * Bare sockets and siw, the kernel's software iWARP, as programs use it by librdmacm
 * and libibverbs: both ways to connect, all that both can do. The debug kernel has it.
 *
 * HPS_SIW_ENHANCED=1 adds a test for which lockdep reports siw, see there.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <rdma/rdma_cma.h>

#include "barepair.h"

#define ADDRESS	"10.9.0.1"
#define PORT	7471
#define LEN	100000
#define RECVS	8
#define READS	8	/* twice as many as may be under way */

/* seconds; ten times that on the debug kernel */
#define LIMIT	10

/* TERM_REQUEST_STAG, with layer and type the other way round */
#define SIW_REQUEST_STAG	0x1000

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

/* siw's device, made by the first test. No test deletes it: that would wait for the
 * test itself, for librdmacm holds devices open. It goes with this namespace.
 */
static void siw_start(void)
{
	char command[200];

	if (system("modprobe -q siw"))
		test_skip("this kernel has no siw");
	if (if_nametoindex("d0"))
		return;
	run("ip link add d0 type dummy && ip addr add " ADDRESS "/24 dev d0 && "
	    "ip link set d0 up");
	/* one of an earlier run may still be on its way out */
	snprintf(command, sizeof(command),
		 "rdma link add siw%d type siw netdev d0", getppid());
	run(command);
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

	wait_for(vb->events->fd, POLLIN);
	CHECK(rdma_get_cm_event(vb->events, &event) == 0);
	if (event->event != type)
		test_fail(__FILE__, __LINE__, "event %s, not %s, status %d",
			  rdma_event_str(event->event), rdma_event_str(type),
			  event->status);
	id = event->id;
	CHECK(rdma_ack_cm_event(event) == 0);
	return id;
}

static void offer_recv(struct verbs *vb)
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
		offer_recv(vb);
}

static void close_verbs(struct verbs *vb)
{
	rdma_destroy_qp(vb->id);
	CHECK(ibv_dereg_mr(vb->mr) == 0);
	CHECK(ibv_destroy_cq(vb->cq) == 0);
	CHECK(ibv_dealloc_pd(vb->pd) == 0);
	CHECK(rdma_destroy_id(vb->id) == 0);
	rdma_destroy_event_channel(vb->events);
}

static struct ibv_wc completion(struct verbs *vb)
{
	long long end = now_ms() + scaled(5000);
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

/* Send with Invalidate: libsiw takes the tag from where others have that of a write. */
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

static struct rdma_conn_param param = {
	.private_data = "from siw", .private_data_len = 8,
	.responder_resources = 4, .initiator_depth = 4,
};

static void expect_private(int fd)
{
	char buf[HPS_BARE_PRIVATE_MAX];
	socklen_t len = sizeof(buf);

	CHECK(getsockopt(fd, SOL_HPS, HPS_BARE_PRIVATE, buf, &len) == 0);
	CHECK(len >= 8 && !memcmp(buf, "from siw", 8));
}

/* siw connects. Returns the bare end. */
static int siw_connects(struct verbs *vb, unsigned int flags)
{
	struct sockaddr_in addr = address();
	int lst = bare_socket(), fd;

	siw_start();
	bare_setup(lst, flags, 0, 0);
	bare_private(lst, "from hps");
	set_int(lst, SOL_SOCKET, SO_REUSEADDR, 1);
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
	expect_private(fd);
	close(lst);
	return fd;
}

static struct rdma_cm_id *siw_listens(struct verbs *vb)
{
	struct sockaddr_in addr = address();
	struct rdma_cm_id *listener;

	siw_start();
	vb->events = rdma_create_event_channel();
	CHECK(vb->events);
	CHECK(rdma_create_id(vb->events, &listener, NULL, RDMA_PS_TCP) == 0);
	CHECK(rdma_bind_addr(listener, (void *)&addr) == 0);
	CHECK(rdma_listen(listener, 1) == 0);
	return listener;
}

/* A bare socket has asked siw's program, which has not answered. */
static int ask_siw(struct verbs *vb, unsigned int flags)
{
	struct sockaddr_in addr = address();
	int fd = bare_socket();

	bare_setup(fd, flags, 4, 4);
	nonblocking(fd, true);
	CHECK_ERR(connect(fd, (void *)&addr, sizeof(addr)), EINPROGRESS);
	vb->id = expect_event(vb, RDMA_CM_EVENT_CONNECT_REQUEST);
	return fd;
}

/* siw accepts. Returns the bare end. */
static int siw_accepts(struct verbs *vb, unsigned int flags)
{
	struct rdma_cm_id *listener = siw_listens(vb);
	int fd = ask_siw(vb, flags);

	open_verbs(vb);
	CHECK(rdma_accept(vb->id, &param) == 0);
	expect_event(vb, RDMA_CM_EVENT_ESTABLISHED);
	bare_dialed(fd);
	CHECK(rdma_destroy_id(listener) == 0);
	expect_private(fd);
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
	offer_recv(vb);
	free(buf);
}

static void siw_asks(struct verbs *vb, int fd)
{
	char *mem = memory(LEN);
	uint32_t stag = enrol(fd, mem, LEN, ALL_RIGHTS);
	int i;

	pattern(vb->mem, LEN, 3);
	post(vb, IBV_WR_RDMA_WRITE, LEN, stag, 0);
	expect(vb, IBV_WC_RDMA_WRITE);
	memset(vb->mem, 0, LEN);
	post(vb, IBV_WR_RDMA_READ, LEN - 5, stag, 5);
	expect(vb, IBV_WC_RDMA_READ);
	CHECK(pattern_ok(mem, LEN, 3));
	CHECK(pattern_ok(vb->mem, LEN - 5, 8));
	for (i = 0; i < READS; i++)
		post(vb, IBV_WR_RDMA_READ, 1000, stag, i);
	for (i = 0; i < READS; i++)
		expect(vb, IBV_WC_RDMA_READ);
	CHECK(pattern_ok(vb->mem, 1000, 3 + READS - 1));
	CHECK_EQ(bare_info(fd).octets_placed, LEN);
	CHECK_EQ(bare_info(fd).requests_served, 1 + READS);
}

static void bare_asks(struct verbs *vb, int fd)
{
	char *sink = memory(LEN), *buf = malloc(LEN);
	uint32_t stag = enrol_with(fd, sink, LEN, 0, HPS_DIRECT_SINK);
	uint64_t base = (uintptr_t)vb->mem;
	struct queue q;
	int i;

	queue_open(&q, fd, 16);
	pattern(buf, LEN, 4);
	post_ok(fd, post_write(1, vb->mr->rkey, base), buf, LEN);
	post_ok(fd, post_read(2, vb->mr->rkey, base + 1, stag, 2, LEN - 2),
		NULL, 0);
	queue_expect(&q, 1, 0);
	queue_expect(&q, 2, 0);
	CHECK(pattern_ok(vb->mem, LEN, 4));
	CHECK(pattern_ok(sink + 2, LEN - 2, 5));
	for (i = 0; i < READS; i++)
		post_ok(fd, post_read(10 + i, vb->mr->rkey, base + i, stag,
				      1000 * i, 1000), NULL, 0);
	for (i = 0; i < READS; i++) {
		queue_expect(&q, 10 + i, 0);
		CHECK(pattern_ok(sink + 1000 * i, 1000, 4 + i));
	}
	queue_close(&q);
	free(buf);
}

static struct ibv_mr *another_mr(struct verbs *vb)
{
	struct ibv_mr *mr = ibv_reg_mr(vb->pd, vb->mem, LEN,
				       IBV_ACCESS_LOCAL_WRITE |
				       IBV_ACCESS_REMOTE_WRITE);

	CHECK(mr);
	return mr;
}

/* A region of the other one, with a message. */
static void invalidate(struct verbs *vb, int fd)
{
	char *mem = memory(LEN), buf[10];
	uint32_t stag = enrol_with(fd, mem, LEN, HPS_DIRECT_REMOTE_INVALIDATE |
				   HPS_DIRECT_REMOTE_WRITE, HPS_DIRECT_ONLY);
	struct ibv_mr *mr = another_mr(vb);
	struct hps_bare_received note;

	CHECK_EQ(bare_send(fd, "inval", 5, HPS_BARE_INVALIDATE, mr->rkey), 5);
	CHECK_EQ(expect(vb, IBV_WC_RECV).byte_len, 5);
	offer_recv(vb);
	CHECK(ibv_dereg_mr(mr) == 0);
	memcpy(vb->mem, "INVAL", 5);
	post(vb, IBV_WR_SEND_WITH_INV, 5, stag, 0);
	expect(vb, IBV_WC_SEND);
	CHECK_EQ(bare_recv(fd, buf, sizeof(buf), &note), 5);
	CHECK(!memcmp(buf, "INVAL", 5));
	CHECK_EQ(note.flags, HPS_BARE_INVALIDATE);
	CHECK_EQ(note.stag, stag);
}

static void all(struct verbs *vb, int fd, bool crc)
{
	CHECK_EQ(!!(bare_info(fd).flags & HPS_BARE_INFO_CRC), crc);
	/* Each begins once: the side that connected has to. */
	messages(vb, fd, 1);
	messages(vb, fd, 5000);
	messages(vb, fd, LEN);
	siw_asks(vb, fd);
	bare_asks(vb, fd);
	invalidate(vb, fd);
	messages(vb, fd, 100);
}

/* siw disconnects. */
static void siw_ends(struct verbs *vb, int fd)
{
	char c;

	CHECK(rdma_disconnect(vb->id) == 0);
	CHECK_EQ(recv(fd, &c, 1, 0), 0);
	CHECK_EQ(bare_info(fd).terminated, 0);
	close(fd);
	close_verbs(vb);
}

/* The bare end does, and what it has said before arrives. */
static void bare_ends(struct verbs *vb, int fd)
{
	CHECK_EQ(send(fd, "last", 4, 0), 4);
	close(fd);
	CHECK_EQ(expect(vb, IBV_WC_RECV).byte_len, 4);
	expect_event(vb, RDMA_CM_EVENT_DISCONNECTED);
	close_verbs(vb);
}

TEST_LIMIT(siw_connects, V_BARE, LIMIT)
{
	struct verbs vb;
	int fd = siw_connects(&vb, HPS_BARE_NO_CRC);

	all(&vb, fd, false);
	siw_ends(&vb, fd);
}

/* siw does not ask for CRC32c, but does as it is asked. */
TEST_LIMIT(siw_connects_crc, V_BARE, LIMIT)
{
	struct verbs vb;
	int fd = siw_connects(&vb, 0);

	all(&vb, fd, true);
	bare_ends(&vb, fd);
}

TEST_LIMIT(siw_accepts, V_BARE, LIMIT)
{
	struct verbs vb;
	int fd = siw_accepts(&vb, HPS_BARE_NO_CRC | HPS_BARE_REVISION_1);

	CHECK_EQ(bare_info(fd).revision, 1);
	all(&vb, fd, false);
	bare_ends(&vb, fd);
}

TEST_LIMIT(siw_accepts_crc, V_BARE, LIMIT)
{
	struct verbs vb;
	int fd = siw_accepts(&vb, HPS_BARE_REVISION_1);

	all(&vb, fd, true);
	siw_ends(&vb, fd);
}

static void siw_accepts_enhanced(void)
{
	struct verbs vb;
	int fd = siw_accepts(&vb, HPS_BARE_NO_CRC);

	CHECK(bare_info(fd).flags & HPS_BARE_INFO_ENHANCED);
	all(&vb, fd, false);
	siw_ends(&vb, fd);
}

/* With RFC 6581 siw awaits our first frame in siw_rtr_data_ready(), which takes the
 * callback lock for writing in softirq, where siw_qp_llp_data_ready() has taken it
 * with softirqs on: lockdep reports siw. So this is tried only when it is asked for.
 */
__attribute__((constructor)) static void add_enhanced(void)
{
	static struct test entry = {
		.name = "siw_accepts_enhanced", .run = siw_accepts_enhanced,
		.groups = V_BARE, .seconds = LIMIT,
	};

	if (getenv("HPS_SIW_ENHANCED"))
		harness_add(&entry);
}

/* --- refused -------------------------------------------------------------- */

TEST_LIMIT(siw_rejects, V_BARE, LIMIT)
{
	struct verbs vb;
	struct rdma_cm_id *listener = siw_listens(&vb);
	int fd = ask_siw(&vb, HPS_BARE_REVISION_1);

	CHECK(rdma_reject(vb.id, "no", 2) == 0);
	wait_for(fd, POLLIN | POLLERR);
	CHECK_EQ(so_error(fd), ECONNREFUSED);
	CHECK(rdma_destroy_id(vb.id) == 0);
	CHECK(rdma_destroy_id(listener) == 0);
}

/* What wants markers gets the same answer from both. */
static void refuses_markers(void)
{
	static const char request[] = "MPA ID Req Frame\x80\x01\0";
	static const char reply[] = "MPA ID Rep Frame\x20\x01\0";
	struct sockaddr_in addr = address();
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char answer[sizeof(reply)];

	CHECK(connect(fd, (void *)&addr, sizeof(addr)) == 0);
	CHECK_EQ(send(fd, request, sizeof(request), MSG_NOSIGNAL),
		 sizeof(request));
	CHECK_EQ(recv(fd, answer, sizeof(answer), MSG_WAITALL), sizeof(answer));
	CHECK(!memcmp(answer, reply, sizeof(reply)));
	wait_for(fd, POLLIN);
	CHECK(recv(fd, answer, 1, 0) <= 0);
	close(fd);
}

TEST_LIMIT(markers, V_BARE, LIMIT)
{
	struct verbs vb;
	struct rdma_cm_id *listener = siw_listens(&vb);
	struct sockaddr_in addr = address();
	int lst = bare_socket();

	refuses_markers();
	CHECK_EQ(poll_now(vb.events->fd, POLLIN), 0);
	CHECK(rdma_destroy_id(listener) == 0);

	set_int(lst, SOL_SOCKET, SO_REUSEADDR, 1);
	CHECK(bind(lst, (void *)&addr, sizeof(addr)) == 0);
	CHECK(listen(lst, 1) == 0);
	refuses_markers();
	CHECK_EQ(poll_now(lst, POLLIN), 0);
}

/* --- Terminates ----------------------------------------------------------- */

/* siw does what it may not, and is told. */
static void siw_errs(enum ibv_wr_opcode opcode, bool known, unsigned int code)
{
	struct verbs vb;
	int fd = siw_connects(&vb, 0);
	uint32_t stag = known ? enrol(fd, memory(LEN), LEN, ALL_RIGHTS) :
				0x12345678;

	post(&vb, opcode, 100, stag, LEN - 99);
	bare_terminated(fd, HPS_BARE_TERMINATED_BY_US, code, EPROTO);
	expect_event(&vb, RDMA_CM_EVENT_DISCONNECTED);
	if (opcode == IBV_WR_RDMA_READ)
		CHECK(completion(&vb).status != IBV_WC_SUCCESS);
	close_verbs(&vb);
	close(fd);
}

TEST_LIMIT(siw_writes_to_nothing, V_BARE, LIMIT)
{
	siw_errs(IBV_WR_RDMA_WRITE, false, TERM_STAG);
}

TEST_LIMIT(siw_writes_beyond, V_BARE, LIMIT)
{
	siw_errs(IBV_WR_RDMA_WRITE, true, TERM_BOUNDS);
}

TEST_LIMIT(siw_reads_nothing, V_BARE, LIMIT)
{
	siw_errs(IBV_WR_RDMA_READ, false, TERM_REQUEST_STAG);
}

TEST_LIMIT(siw_invalidates_nothing, V_BARE, LIMIT)
{
	siw_errs(IBV_WR_SEND_WITH_INV, false, TERM_INVALIDATE);
}

/* The bare end does what it may not, and siw says so with this code; @more is to be
 * put away then.
 */
static void bare_errs(struct verbs *vb, int fd, struct ibv_mr *more,
		      struct hps_direct_post op, int status, unsigned int code)
{
	struct queue q;

	queue_open(&q, fd, 16);
	post_ok(fd, op, "x", op.op == HPS_DIRECT_WRITE);
	queue_expect(&q, op.data, status);
	bare_terminated(fd, HPS_BARE_TERMINATED_BY_PEER, code, EREMOTEIO);
	expect_event(vb, RDMA_CM_EVENT_DISCONNECTED);
	if (more)
		CHECK(ibv_dereg_mr(more) == 0);
	close_verbs(vb);
	close(fd);
}

TEST_LIMIT(bare_writes_to_nothing, V_BARE, LIMIT)
{
	struct verbs vb;
	int fd = siw_accepts(&vb, HPS_BARE_REVISION_1);

	bare_errs(&vb, fd, NULL, post_write(1, 0x12345678, 0), 0, TERM_STAG);
}

TEST_LIMIT(bare_writes_beyond, V_BARE, LIMIT)
{
	struct verbs vb;
	int fd = siw_accepts(&vb, HPS_BARE_REVISION_1);

	bare_errs(&vb, fd, NULL,
		  post_write(1, vb.mr->rkey, (uintptr_t)vb.mem + 2 * LEN), 0,
		  TERM_BOUNDS);
}

/* A region that it has invalidated. */
TEST_LIMIT(bare_writes_to_invalidated, V_BARE, LIMIT)
{
	struct verbs vb;
	int fd = siw_accepts(&vb, HPS_BARE_REVISION_1);
	struct ibv_mr *mr = another_mr(&vb);

	CHECK_EQ(bare_send(fd, "inval", 5, HPS_BARE_INVALIDATE, mr->rkey), 5);
	expect(&vb, IBV_WC_RECV);
	bare_errs(&vb, fd, mr, post_write(1, mr->rkey, (uintptr_t)vb.mem), 0,
		  TERM_STAG);
}

/* siw's Terminate does not say whose it is: it has the flags for that in other bits. */
TEST_LIMIT(bare_reads_nothing, V_BARE, LIMIT)
{
	struct verbs vb;
	int fd = siw_accepts(&vb, HPS_BARE_REVISION_1);
	uint32_t sink = enrol_with(fd, memory(100), 100, 0, HPS_DIRECT_SINK);

	bare_errs(&vb, fd, NULL, post_read(1, 0x12345678, 0, sink, 0, 100),
		  -ECONNRESET, SIW_REQUEST_STAG);
}

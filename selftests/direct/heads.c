// SPDX-License-Identifier: GPL-2.0
/*
 * A peer over AF_HPS that gets through set-up and then breaks what libhps says on the
 * stream: heads of messages. ../libhps.sh runs it.
 */
#include <sys/socket.h>

#include "direct.h"
#include "ends.h"

#include "ddp/mpa.h"

static struct end e;

/* A connection of @e whose other end is a plain socket. */
static int peer_open(void)
{
	const struct mpa_startup_info info = { .revision = MPA_REVISION };
	uint8_t buf[MPA_MAX_STARTUP];
	struct sockaddr_storage addr;
	struct hps_listener *listener;
	struct hps_request *request;
	int fd, len;

	end_open(&e, NULL);
	loopback(&addr, listen_any(&e, &listener));
	fd = socket(AF_HPS, SOCK_STREAM, 0);
	CHECK(fd >= 0);
	OK(connect(fd, (void *)&addr, sizeof(addr)));
	len = mpa_bare_build(buf, sizeof(buf), false, &info);
	CHECK_EQ(send(fd, buf, len, 0), len);
	OK(hps_listener_next(listener, &request, scaled(20000)));
	OK(hps_accept(request, e.conn, NULL, 0));
	hps_listener_close(listener);
	CHECK_EQ(recv(fd, buf, sizeof(struct mpa_startup), MSG_WAITALL),
		 sizeof(struct mpa_startup));

	return fd;
}

/* What is said to the head is a Terminate of @error, then it is over. */
static void refused(struct direct_head head, enum rdmap_error error)
{
	struct direct_head answer;
	struct hps_conn_info info;
	int fd = peer_open();

	CHECK_EQ(send(fd, &head, sizeof(head), 0), sizeof(head));
	CHECK_EQ(recv(fd, &answer, sizeof(answer), MSG_WAITALL),
		 sizeof(answer));
	CHECK_EQ(answer.type, DIRECT_TERMINATE);
	CHECK_EQ(be16_to_cpu(answer.error), error & 0xffff);
	CHECK_EQ(answer.len, 0);
	CHECK_EQ(recv(fd, &answer, sizeof(answer), MSG_WAITALL), 0);
	expect_closed(&e, HPS_STATUS_FLUSHED);
	hps_conn_get_info(e.conn, &info);
	CHECK_EQ(info.error, error & 0xffff);
	CHECK_EQ(info.terminated, 1);
	close(fd);
	end_close(&e);
}

TEST(unknown_type, V_HPS_STREAM)
{
	refused((struct direct_head) {}, RDMAP_ERR_OPCODE);
	refused((struct direct_head) { .type = 0xff, .len = ~0 },
		RDMAP_ERR_OPCODE);
}

TEST(longer_than_the_receive, V_HPS_STREAM)
{
	refused((struct direct_head) {
		.type = DIRECT_SEND, .len = cpu_to_be32(RECV_LEN + 1),
	}, DDP_ERR_TOO_LONG);
	refused((struct direct_head) {
		.type = DIRECT_SEND, .len = cpu_to_be32(UINT32_MAX),
	}, DDP_ERR_TOO_LONG);
}

TEST(invalidates_what_is_not_there, V_HPS_STREAM)
{
	refused((struct direct_head) {
		.type = DIRECT_SEND, .flags = DIRECT_INVALIDATES, .stag = 1,
	}, RDMAP_ERR_INVALIDATE);
}

/* The end in the middle of a head, of a message; and one octet at a time. */
TEST(ends_in_the_middle, V_HPS_STREAM)
{
	const struct direct_head head = {
		.type = DIRECT_SEND, .len = cpu_to_be32(3),
	};
	const uint8_t *octets = (const void *)&head;
	struct hps_conn_info info;
	int fd, n, i;

	for (n = 1; n <= sizeof(head); n += 5) {
		fd = peer_open();
		for (i = 0; i < n; i++)
			CHECK_EQ(send(fd, octets + i, 1, 0), 1);
		close(fd);
		expect_closed(&e, HPS_STATUS_FLUSHED);
		hps_conn_get_info(e.conn, &info);
		CHECK_EQ(info.os_error, ECONNRESET);
		end_close(&e);
	}
}

TEST(head_in_pieces, V_HPS_STREAM)
{
	const struct direct_head head = {
		.type = DIRECT_SEND, .flags = DIRECT_SOLICITED,
		.len = cpu_to_be32(3),
	};
	struct hps_completion c;
	int fd = peer_open(), i;

	for (i = 0; i < sizeof(head); i++)
		CHECK_EQ(send(fd, (const uint8_t *)&head + i, 1, 0), 1);
	CHECK_EQ(send(fd, "abc", 3, 0), 3);
	c = expect(&e, HPS_OP_RECV, 1000, HPS_STATUS_OK);
	CHECK_EQ(c.len, 3);
	CHECK_EQ(c.flags, HPS_COMPLETION_SOLICITED);
	OK(memcmp(e.inbox[0], "abc", 3));
	close(fd);
	expect_closed(&e, HPS_STATUS_OK);
	end_close(&e);
}

TEST(terminate_of_the_peer, V_HPS_STREAM)
{
	const struct direct_head head = {
		.type = DIRECT_TERMINATE, .error = cpu_to_be16(0x1202),
	};
	struct hps_conn_info info;
	int fd = peer_open();

	CHECK_EQ(send(fd, &head, sizeof(head), 0), sizeof(head));
	expect_closed(&e, HPS_STATUS_REFUSED);
	hps_conn_get_info(e.conn, &info);
	CHECK_EQ(info.error, 0x1202);
	CHECK_EQ(info.terminated, 2);
	CHECK(!strcmp(info.error_text, "no buffer available"));
	close(fd);
	end_close(&e);
}

/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/hps.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_HPS_NETLINK_H
#define _UAPI_LINUX_HPS_NETLINK_H

#define HPS_GENL_NAME		"hps"
#define HPS_GENL_VERSION	1

/**
 * enum hps_acl_action - What an admission rule says.
 * @HPS_ACL_ALLOW: the peer may open and join connections
 * @HPS_ACL_DENY: it is refused with the reason "admin"
 */
enum hps_acl_action {
	HPS_ACL_ALLOW,
	HPS_ACL_DENY,
};

/**
 * enum hps_nl_path_state - What a connection can do with a path.
 * @HPS_PATH_STATE_OPENING: the channel, the open or the join is being set up
 * @HPS_PATH_STATE_UP: carries segments in both directions
 * @HPS_PATH_STATE_DOWN: lost; what it had in transit goes over another path
 * @HPS_PATH_STATE_SUSPECT: up but does not answer; other paths carry what it
 *   had in transit
 * @HPS_PATH_STATE_SILENT: up but does not answer, and no other path does
 *   better
 */
enum hps_nl_path_state {
	HPS_PATH_STATE_OPENING,
	HPS_PATH_STATE_UP,
	HPS_PATH_STATE_DOWN,
	HPS_PATH_STATE_SUSPECT,
	HPS_PATH_STATE_SILENT,
};

/**
 * enum hps_nl_path_cause - Why a path became suspect or went down.
 * @HPS_PATH_CAUSE_CARRIER: the local link went down or lost its carrier
 * @HPS_PATH_CAUSE_REMOVED: the interface went away or was taken out of its
 *   bundle
 * @HPS_PATH_CAUSE_ADDRESS: the local address was removed
 * @HPS_PATH_CAUSE_SILENT: octets were in transit and nothing was acknowledged
 *   for too long
 * @HPS_PATH_CAUSE_TRANSPORT: the transport reported an error
 * @HPS_PATH_CAUSE_PEER: the peer ended the channel
 * @HPS_PATH_CAUSE_WITHDRAWN: the peer does not offer its link any more
 * @HPS_PATH_CAUSE_REPLACED: the peer or we joined anew over the same pair of
 *   links
 */
enum hps_nl_path_cause {
	HPS_PATH_CAUSE_NONE,
	HPS_PATH_CAUSE_CARRIER,
	HPS_PATH_CAUSE_REMOVED,
	HPS_PATH_CAUSE_ADDRESS,
	HPS_PATH_CAUSE_SILENT,
	HPS_PATH_CAUSE_TRANSPORT,
	HPS_PATH_CAUSE_PEER,
	HPS_PATH_CAUSE_WITHDRAWN,
	HPS_PATH_CAUSE_REPLACED,
};

/**
 * enum hps_nl_event - What happened; sent to the multicast group "events".
 * @HPS_EVENT_BUNDLE_ADDED: a bundle was made or moved into the namespace
 * @HPS_EVENT_BUNDLE_REMOVED: it was deleted or moved away
 * @HPS_EVENT_BUNDLE_CHANGED: its configuration changed
 * @HPS_EVENT_LINK_ADDED: an interface became a link; link-up follows if it is
 *   usable
 * @HPS_EVENT_LINK_REMOVED: it is a link no more
 * @HPS_EVENT_LINK_CHANGED: its role or weight changed
 * @HPS_EVENT_LINK_UP: the link is administratively up and has carrier
 * @HPS_EVENT_LINK_DOWN: that is no longer so
 * @HPS_EVENT_CONN_OPENED: a connection was established
 * @HPS_EVENT_CONN_CLOSED: it ended, see reason and error
 * @HPS_EVENT_PATH_UP: a connection uses one more path
 * @HPS_EVENT_PATH_DOWN: a connection lost a path, see cause and error
 * @HPS_EVENT_PATH_SUSPECT: a path does not answer, see cause and the path's
 *   state
 * @HPS_EVENT_PATH_READY: a path that was suspect answers again
 * @HPS_EVENT_CONN_STRANDED: no path of a connection works, and it waits for
 *   one; see reason and error
 * @HPS_EVENT_CONN_RECOVERED: it has a path again that works
 */
enum hps_nl_event {
	HPS_EVENT_BUNDLE_ADDED,
	HPS_EVENT_BUNDLE_REMOVED,
	HPS_EVENT_BUNDLE_CHANGED,
	HPS_EVENT_LINK_ADDED,
	HPS_EVENT_LINK_REMOVED,
	HPS_EVENT_LINK_CHANGED,
	HPS_EVENT_LINK_UP,
	HPS_EVENT_LINK_DOWN,
	HPS_EVENT_CONN_OPENED,
	HPS_EVENT_CONN_CLOSED,
	HPS_EVENT_PATH_UP,
	HPS_EVENT_PATH_DOWN,
	HPS_EVENT_PATH_SUSPECT,
	HPS_EVENT_PATH_READY,
	HPS_EVENT_CONN_STRANDED,
	HPS_EVENT_CONN_RECOVERED,
};

enum {
	HPS_A_BUNDLE_IFINDEX = 1,
	HPS_A_BUNDLE_IFNAME,
	HPS_A_BUNDLE_CUTOFF,
	HPS_A_BUNDLE_POLICY,
	HPS_A_BUNDLE_COPIES,
	HPS_A_BUNDLE_DEFAULT,
	HPS_A_BUNDLE_LINKS,
	HPS_A_BUNDLE_TX_BYTES,
	HPS_A_BUNDLE_RX_BYTES,
	HPS_A_BUNDLE_TX_SEGMENTS,
	HPS_A_BUNDLE_RX_SEGMENTS,
	HPS_A_BUNDLE_PAD,

	__HPS_A_BUNDLE_MAX
};
#define HPS_A_BUNDLE_MAX (__HPS_A_BUNDLE_MAX - 1)

enum {
	HPS_A_LINK_IFINDEX = 1,
	HPS_A_LINK_IFNAME,
	HPS_A_LINK_BUNDLE,
	HPS_A_LINK_ID,
	HPS_A_LINK_ORIGIN,
	HPS_A_LINK_ROLE,
	HPS_A_LINK_WEIGHT,
	HPS_A_LINK_UP,
	HPS_A_LINK_TX_BYTES,
	HPS_A_LINK_RX_BYTES,
	HPS_A_LINK_TX_SEGMENTS,
	HPS_A_LINK_RX_SEGMENTS,
	HPS_A_LINK_PAD,
	HPS_A_LINK_PATH_UPS,
	HPS_A_LINK_PATH_SUSPECTS,
	HPS_A_LINK_DOWNS_CARRIER,
	HPS_A_LINK_DOWNS_REMOVED,
	HPS_A_LINK_DOWNS_ADDRESS,
	HPS_A_LINK_DOWNS_SILENT,
	HPS_A_LINK_DOWNS_TRANSPORT,
	HPS_A_LINK_DOWNS_PEER,
	HPS_A_LINK_DOWNS_WITHDRAWN,
	HPS_A_LINK_DOWNS_REPLACED,
	HPS_A_LINK_PATH_READIES,

	__HPS_A_LINK_MAX
};
#define HPS_A_LINK_MAX (__HPS_A_LINK_MAX - 1)

enum {
	HPS_A_PATH_IFINDEX = 1,
	HPS_A_PATH_LINK_ID,
	HPS_A_PATH_STATE,
	HPS_A_PATH_LOCAL_ADDR,
	HPS_A_PATH_REMOTE_ADDR,
	HPS_A_PATH_LOCAL_PORT,
	HPS_A_PATH_REMOTE_PORT,
	HPS_A_PATH_IN_FLIGHT,
	HPS_A_PATH_TX_BYTES,
	HPS_A_PATH_RX_BYTES,
	HPS_A_PATH_TX_SEGMENTS,
	HPS_A_PATH_RESENT,
	HPS_A_PATH_RTT_US,
	HPS_A_PATH_MIN_RTT_US,
	HPS_A_PATH_RATE,
	HPS_A_PATH_PAD,

	__HPS_A_PATH_MAX
};
#define HPS_A_PATH_MAX (__HPS_A_PATH_MAX - 1)

enum {
	HPS_A_CONN_TOKEN = 1,
	HPS_A_CONN_FAMILY,
	HPS_A_CONN_TYPE,
	HPS_A_CONN_STATE,
	HPS_A_CONN_INITIATOR,
	HPS_A_CONN_LOCAL_ADDR,
	HPS_A_CONN_REMOTE_ADDR,
	HPS_A_CONN_LOCAL_PORT,
	HPS_A_CONN_REMOTE_PORT,
	HPS_A_CONN_UID,
	HPS_A_CONN_INODE,
	HPS_A_CONN_BUNDLE,
	HPS_A_CONN_SEND_QUEUE,
	HPS_A_CONN_UNACKED,
	HPS_A_CONN_RECEIVE_QUEUE,
	HPS_A_CONN_PEER_WINDOW,
	HPS_A_CONN_PATH,
	HPS_A_CONN_EVENT,
	HPS_A_CONN_REASON,
	HPS_A_CONN_ERROR,
	HPS_A_CONN_PAD,
	HPS_A_CONN_CAUSE,

	__HPS_A_CONN_MAX
};
#define HPS_A_CONN_MAX (__HPS_A_CONN_MAX - 1)

enum {
	HPS_A_PEER_IFINDEX = 1,
	HPS_A_PEER_LOCAL_ADDR,
	HPS_A_PEER_REMOTE_ADDR,
	HPS_A_PEER_REMOTE_PORT,
	HPS_A_PEER_CHANNELS,
	HPS_A_PEER_IDLE_MS,

	__HPS_A_PEER_MAX
};
#define HPS_A_PEER_MAX (__HPS_A_PEER_MAX - 1)

enum {
	HPS_A_COUNTER_NAME = 1,
	HPS_A_COUNTER_VALUE,
	HPS_A_COUNTER_PAD,

	__HPS_A_COUNTER_MAX
};
#define HPS_A_COUNTER_MAX (__HPS_A_COUNTER_MAX - 1)

enum {
	HPS_A_HISTOGRAM_NAME = 1,
	HPS_A_HISTOGRAM_BUCKET,
	HPS_A_HISTOGRAM_PAD,

	__HPS_A_HISTOGRAM_MAX
};
#define HPS_A_HISTOGRAM_MAX (__HPS_A_HISTOGRAM_MAX - 1)

enum {
	HPS_A_ACL_ORDER = 1,
	HPS_A_ACL_PREFIX,
	HPS_A_ACL_PREFIX_LEN,
	HPS_A_ACL_PORT_MIN,
	HPS_A_ACL_PORT_MAX,
	HPS_A_ACL_ACTION,
	HPS_A_ACL_HITS,
	HPS_A_ACL_PAD,

	__HPS_A_ACL_MAX
};
#define HPS_A_ACL_MAX (__HPS_A_ACL_MAX - 1)

enum {
	HPS_A_NOTICE_EVENT = 1,
	HPS_A_NOTICE_BUNDLE,
	HPS_A_NOTICE_BUNDLE_NAME,
	HPS_A_NOTICE_LINK,
	HPS_A_NOTICE_LINK_NAME,
	HPS_A_NOTICE_LINK_ID,

	__HPS_A_NOTICE_MAX
};
#define HPS_A_NOTICE_MAX (__HPS_A_NOTICE_MAX - 1)

enum {
	HPS_CMD_BUNDLE_GET = 1,
	HPS_CMD_BUNDLE_SET,
	HPS_CMD_LINK_GET,
	HPS_CMD_LINK_ADD,
	HPS_CMD_LINK_DEL,
	HPS_CMD_CONN_GET,
	HPS_CMD_PEER_GET,
	HPS_CMD_STATS_GET,
	HPS_CMD_LINK_EVENT,
	HPS_CMD_CONN_EVENT,
	HPS_CMD_HISTOGRAM_GET,
	HPS_CMD_LINK_SET,
	HPS_CMD_ACL_GET,
	HPS_CMD_ACL_ADD,
	HPS_CMD_ACL_DEL,

	__HPS_CMD_MAX
};
#define HPS_CMD_MAX (__HPS_CMD_MAX - 1)

#define HPS_MCGRP_EVENTS	"events"

#endif /* _UAPI_LINUX_HPS_NETLINK_H */

# SPDX-License-Identifier: GPL-2.0
"""Memory that sockets of a namespace hold of what arrived, as sock_diag tells.

No process is started for it, so that looking takes little of what is measured.
"""
import os
import socket
import struct
import time

from hosts import PORTS, Failed

CLONE_NEWNET = 0x40000000
NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
DUMP = 0x301	# request, root, match
NLMSG_ERROR, NLMSG_DONE = 2, 3
ESTABLISHED = 1 << 1
TCP, MPTCP = 6, 262
AF_HPS = 18
TRANSPORT = 18512	# where TCP listens for HPS
# INET_DIAG_REQ_PROTOCOL, INET_DIAG_SKMEMINFO, HPS_DIAG_INFO
REQ_PROTOCOL, SKMEMINFO, HPS_INFO = 3, 7, 1
INET_MSG, HPS_MSG = 72, 32	# octets before the attributes
RCV_COST = 128	# where it is in struct hps_info


def attributes(data):
    """number -> payload; of those that come more than once the last."""
    found = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from("HH", data)
        if size < 4:
            break
        found[kind & 0x3fff] = data[4:size]
        data = data[(size + 3) & ~3:]
    return found


def messages(data):
    """(type, payload) of each message of a datagram."""
    while len(data) >= 16:
        size, kind = struct.unpack_from("IH", data)
        if size < 16:
            break
        yield kind, data[16:size]
        data = data[(size + 3) & ~3:]


def inet_request(family, protocol):
    attr = struct.pack("HHI", 8, REQ_PROTOCOL, protocol)
    return struct.pack("BBBBI48x", family, protocol & 0xff, 1 << (SKMEMINFO - 1), 0,
                       ESTABLISHED) + attr


def inet_memory(message, port):
    """sk_rmem_alloc of a socket of this local port, else 0."""
    sport, = struct.unpack_from("!H", message, 4)
    skmem = attributes(message[INET_MSG:]).get(SKMEMINFO)
    return struct.unpack_from("I", skmem)[0] if sport == port and skmem else 0


def hps_memory(message):
    info = attributes(message[HPS_MSG:]).get(HPS_INFO, b"")
    return struct.unpack_from("I", info, RCV_COST)[0] if len(info) >= RCV_COST + 4 else 0


class Diag:
    """A socket of NETLINK_SOCK_DIAG in a namespace."""

    def __init__(self, space):
        home, there = (os.open(path, os.O_RDONLY) for path in
                       ("/proc/self/ns/net", f"/run/netns/{space}"))
        try:
            os.setns(there, CLONE_NEWNET)
            self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
        finally:
            os.setns(home, CLONE_NEWNET)
            os.close(home)
            os.close(there)

    def dump(self, request):
        head = struct.pack("IHHII", 16 + len(request), SOCK_DIAG_BY_FAMILY, DUMP, 1, 0)
        self.sock.send(head + request)
        while True:
            for kind, message in messages(self.sock.recv(1 << 17)):
                if kind == NLMSG_DONE:
                    return
                if kind == NLMSG_ERROR:
                    raise Failed(f"sock_diag: {os.strerror(-struct.unpack_from('i', message)[0])}")
                yield message

    def inet(self, protocol, port):
        # a server of both families has accepted what came by IPv4 as IPv6
        return sum(inet_memory(message, port) for family in (socket.AF_INET, socket.AF_INET6)
                   for message in self.dump(inet_request(family, protocol)))

    def above_tcp(self, peer):
        """Of MPTCP its own sockets: their queue, in order and out of order.

        HPS leaves payload where TCP has it until nobody needs it any more, so all
        that TCP's sockets hold counts, and what the notes of it take. Where nothing
        is lost TCP itself waits for nothing.
        """
        if peer == "mptcp":
            return self.inet(MPTCP, int(PORTS["mptcp"]))
        notes = sum(map(hps_memory, self.dump(struct.pack("BBBBI", AF_HPS, 0, 0, 0, ESTABLISHED))))
        return self.inet(TCP, TRANSPORT) + notes

    def close(self):
        self.sock.close()


def sample(diag, peer, process, seconds, every=0.01):
    """@seconds, (from, to): what was held, so often meanwhile, until @process ends."""
    begin, held = time.monotonic(), []
    while process.poll() is None:
        now = time.monotonic() - begin
        if seconds[0] <= now < seconds[1]:
            held.append(diag.above_tcp(peer))
        time.sleep(every)
    return held

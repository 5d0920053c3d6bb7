#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Raw netlink for what ip and hpsctl cannot say or do not show.

netlink.py newlink NAME ATTR=VALUE...     "ip link add NAME type hps" with data
netlink.py changelink NAME ATTR=VALUE...
netlink.py changeslave NAME ATTR=VALUE... the same with slave data
netlink.py linkinfo NAME                  data of a bundle or slave data
netlink.py genl CMD [dump] [ATTR=TYPE:VALUE...]   any request to family hps
netlink.py diag [ATTR=TYPE:VALUE...]              all sockets, by sock_diag

ATTR is a number; values of links are TYPE:VALUE as well. TYPE is u8, u16,
u32, u64, str or hex. A refusal is printed with its message and the number of the
attribute at fault, and the exit status is 1.
"""
import os
import socket
import struct
import sys

NETLINK_ROUTE, NETLINK_GENERIC = 0, 16
REQUEST, ACK, DUMP, CREATE, EXCL = 1, 4, 0x300, 0x400, 0x200
RTM_NEWLINK, RTM_GETLINK = 16, 18
IFLA_IFNAME, IFLA_LINKINFO = 3, 18
SOL_NETLINK = 270


def attr(kind, payload):
    size = 4 + len(payload)
    return struct.pack("HH", size, kind) + payload + bytes(-size % 4)


def value(text):
    kind, _, data = text.partition(":")
    if kind == "str":
        return data.encode() + b"\0"
    if kind == "hex":
        return bytes.fromhex(data)
    return struct.pack({"u8": "B", "u16": "H", "u32": "I", "u64": "Q"}[kind], int(data, 0))


def values(args):
    out = b""
    for arg in args:
        kind, _, data = arg.partition("=")
        out += attr(int(kind), value(data))
    return out


def parse(data):
    out = []
    while len(data) >= 4:
        size, kind = struct.unpack_from("HH", data)
        if size < 4:
            break
        out.append((kind & 0x3FFF, data[4:size]))
        data = data[(size + 3) & ~3:]
    return out


def refused(error, flags, data, request, dump=False):
    """The text of an error, and which attribute it points at."""
    text, where = os.strerror(error), ""
    if flags & 0x200:
        skip = 4
        if not dump:
            skip += 16 if flags & 0x100 else struct.unpack_from("I", data, 4)[0]
        for kind, payload in parse(data[skip:]):
            if kind == 1:
                text = payload.rstrip(b"\0").decode()
            if kind == 2:
                offset = struct.unpack("I", payload)[0]
                number = struct.unpack_from("H", request, offset + 2)[0]
                where = " attribute %d" % (number & 0x3FFF)
    print("refused: %s (%s)%s" % (text, os.strerror(error), where))
    sys.exit(1)


def talk(protocol, kind, flags, payload):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    sock.setsockopt(SOL_NETLINK, 11, 1)
    sock.setsockopt(SOL_NETLINK, 10, 1)
    request = struct.pack("IHHII", 16 + len(payload), kind, REQUEST | flags,
                          1, 0) + payload
    sock.send(request)
    answers = []
    while True:
        data = sock.recv(65536)
        while len(data) >= 16:
            size, kind, flags, _, _ = struct.unpack_from("IHHII", data)
            body = data[16:size]
            data = data[(size + 3) & ~3:]
            if kind == 2:
                error = -struct.unpack_from("i", body)[0]
                if error:
                    refused(error, flags, body, request)
                return answers
            if kind == 3:
                error = -struct.unpack_from("i", body)[0]
                if error:
                    refused(error, flags, body, request, True)
                return answers
            answers.append(body)


def link(name, flags, args, kind=1, data=2):
    info = attr(kind, b"hps\0") + attr(data, values(args))
    payload = bytes(16) + attr(IFLA_IFNAME, name.encode() + b"\0")
    payload += attr(IFLA_LINKINFO, info)
    talk(NETLINK_ROUTE, RTM_NEWLINK, ACK | flags, payload)


def linkinfo(name):
    payload = bytes(16) + attr(IFLA_IFNAME, name.encode() + b"\0")
    body = talk(NETLINK_ROUTE, RTM_GETLINK, ACK, payload)[0]
    info = dict(parse(dict(parse(body[16:]))[IFLA_LINKINFO]))
    for label, kind, data in (("kind", 1, 2), ("slave", 4, 5)):
        if kind not in info:
            continue
        numbers = ["%d=%d" % (k, int.from_bytes(v, "little"))
                   for k, v in parse(info.get(data, b""))]
        print(label, info[kind].rstrip(b"\0").decode(), *numbers)


def genl(args):
    payload = struct.pack("BBH", 3, 1, 0) + attr(2, b"hps\0")
    answer = talk(NETLINK_GENERIC, 16, ACK, payload)[0]
    family = struct.unpack("H", dict(parse(answer[4:]))[1])[0]
    dump = args[1:2] == ["dump"]
    payload = struct.pack("BBH", int(args[0]), 1, 0)
    payload += values(args[2 if dump else 1:])
    for body in talk(NETLINK_GENERIC, family, DUMP if dump else ACK, payload):
        print(*["%d=%s" % (k, v.hex()) for k, v in parse(body[4:])])


def diag(args):
    payload = struct.pack("BBBBI", 18, 0, 0, 0, 0) + values(args)
    for body in talk(4, 20, DUMP, payload):
        print(*["%d=%s" % (k, v.hex()) for k, v in parse(body[32:])])


def main():
    command, args = sys.argv[1], sys.argv[2:]
    if command == "newlink":
        link(args[0], CREATE | EXCL, args[1:])
    elif command == "changelink":
        link(args[0], 0, args[1:])
    elif command == "changeslave":
        link(args[0], 0, args[1:], 4, 5)
    elif command == "linkinfo":
        linkinfo(args[0])
    elif command == "diag":
        diag(args)
    else:
        genl(args)


main()

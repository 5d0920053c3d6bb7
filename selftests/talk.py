#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A connection that does what it is told, for scripts.

talk.py listen PORT		takes connections and reads all that comes
talk.py ADDRESS PORT [DEV]	connects with mark 7, bound to a device if one is
				named, then follows stdin:

send N	writes N octets, waits until they are acknowledged, says "sent N"
info	says "info" and some fields of HPS_INFO, and all of its paths, as JSON with
	the names that hpsctl gives them
"""
import fcntl
import json
import socket
import struct
import sys
import termios
import threading
import time

AF_HPS, SOL_HPS, HPS_INFO = 18, 0x4850, 1
SO_MARK = 36
ROLES = "active", "backup", "duplicate"
STATES = "opening", "up", "down", "suspect", "silent"


def say(*words):
    print(*words, flush=True)


def in_sockaddr(sock, call, host, port):
    """Python cannot make addresses for a family that it does not know."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    addr = struct.pack("=H", socket.AF_INET) + struct.pack(">H", port)
    addr += socket.inet_aton(host) + bytes(8)
    if getattr(libc, call)(sock.fileno(), addr, len(addr)):
        raise OSError(ctypes.get_errno(), call)


def drain(sock):
    with sock:
        while sock.recv(1 << 20):
            pass


def listen(port):
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 258)
    sock.bind(("0.0.0.0", port))
    sock.listen(16)
    say("listening")
    while True:
        conn, _ = sock.accept()
        threading.Thread(target=drain, args=(conn,), daemon=True).start()


def unsent(sock):
    return struct.unpack("i", fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)))[0]


def address(data):
    """Of struct hps_info_addr, IPv4."""
    family, port, _, addr = struct.unpack("=H2sI16s", data)
    assert family == socket.AF_INET
    return "%s:%d" % (socket.inet_ntoa(addr[:4]), *struct.unpack(">H", port))


def path(data):
    """Of struct hps_path_info."""
    (ifindex, state, role, link, remote_link, local, remote, rtt, min_rtt,
     in_flight, mss, rate, tx, rx, tx_segments, rx_segments, resent,
     resent_octets, duplicates) = struct.unpack("=I4B24s24s4I8Q", data[:136])
    fields = {"dev": socket.if_indextoname(ifindex),
              "remote_id": remote_link, "role": ROLES[role],
              "state": STATES[state], "local": address(local),
              "remote": address(remote), "tx_bytes": tx,
              "tx_segments": tx_segments, "resent": resent,
              "resent_bytes": resent_octets, "rx_bytes": rx,
              "rx_segments": rx_segments, "duplicate_bytes": duplicates,
              "in_flight": in_flight, "rtt_us": rtt, "min_rtt_us": min_rtt,
              "mss": mss, "rate": rate}
    if link:
        fields["link_id"] = link
    return fields


def info(sock):
    data = sock.getsockopt(SOL_HPS, HPS_INFO, 1024)  # as much as Python takes
    first, size, paths = struct.unpack_from("HHH", data)
    resent, duplicates, cutoff, join_at = struct.unpack_from("QQII", data, 176)
    fields = {"token": "%016x" % struct.unpack_from("Q", data, 8)[0],
              "cutoff": struct.unpack_from("I", data, 68)[0],
              "cutoff_now": cutoff, "join_at": join_at,
              "resent_bytes": resent, "duplicate_bytes": duplicates,
              "paths": [path(data[first + i * size:]) for i in range(paths)]}
    say("info", json.dumps(fields))


def talk(host, port, device=None):
    sock = socket.socket(AF_HPS, socket.SOCK_STREAM, 0)
    sock.setsockopt(socket.SOL_SOCKET, SO_MARK, 7)
    if device:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE,
                        device.encode() + b"\0")
    in_sockaddr(sock, "connect", host, port)
    say("connected")
    for line in sys.stdin:
        words = line.split()
        if words[0] == "send":
            data = memoryview(bytes(int(words[1])))
            while data:
                data = data[sock.send(data):]
            while unsent(sock):
                time.sleep(0.01)
            say("sent", words[1])
        elif words[0] == "info":
            info(sock)


if sys.argv[1] == "listen":
    listen(int(sys.argv[2]))
else:
    talk(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])

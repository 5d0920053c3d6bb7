#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Messages that are echoed, with policies of their own.

policy.py server PORT
policy.py client ADDRESS PORT [NAME=VALUE...]

The client sends COUNT messages of SIZE octets, one each INTERVAL ms, waits for
the echo of each and prints the least, median, 99th percentile and longest
time, in microseconds. Names: type (stream, record), size, count, interval,
until (a file: messages go on until it is there, whatever COUNT), pause (ms that
the reader waits before each 16 KB of the echo), policy, cutoff and buffer (socket
options), message (policy of each message, by control message).
"""
import itertools
import os
import socket
import struct
import sys
import time

IPPROTO_HPS, SOL_HPS, HPS_POLICY, HPS_CUTOFF = 258, 0x4850, 2, 3
POLICIES = {"bundle": -1, "auto": 0, "single": 1, "stripe": 2, "duplicate": 3}
TYPES = {"stream": socket.SOCK_STREAM, "record": socket.SOCK_SEQPACKET}


def make(kind):
    return socket.socket(socket.AF_INET, TYPES[kind], IPPROTO_HPS)


def receive(sock, size, pause=0):
    got = 0
    while got < size:
        if pause:
            time.sleep(pause)
        part = sock.recv(min(size - got, 16384 if pause else 1 << 20), 0)
        if not part:
            raise EOFError
        got += len(part)
    return got


def serve(conn, kind):
    try:
        while True:
            if kind == "record":
                data = conn.recv(4 << 20)
                if not data:
                    return
                conn.send(data)
            else:
                head = conn.recv(4, socket.MSG_WAITALL)
                if len(head) < 4:
                    return
                size, = struct.unpack("I", head)
                receive(conn, size - 4)
                conn.sendall(bytes(size))
    except (EOFError, ConnectionError):
        pass
    finally:
        conn.close()


def server(port):
    import threading
    for kind in TYPES:
        sock = make(kind)
        sock.bind(("0.0.0.0", port + (kind == "record")))
        sock.listen(16)

        def loop(sock=sock, kind=kind):
            while True:
                conn, _ = sock.accept()
                threading.Thread(target=serve, args=(conn, kind),
                                 daemon=True).start()
        threading.Thread(target=loop, daemon=True).start()
    print("listening", flush=True)
    while True:
        time.sleep(1000)


def client(address, port, args):
    opt = {"type": "stream", "size": "1024", "count": "100", "interval": "0"}
    opt.update(a.split("=", 1) for a in args)
    kind, size = opt["type"], int(opt["size"])
    sock = make(kind)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if "policy" in opt:
        want = POLICIES[opt["policy"]]
        sock.setsockopt(SOL_HPS, HPS_POLICY, want)
        assert sock.getsockopt(SOL_HPS, HPS_POLICY) == want
    if "cutoff" in opt:
        sock.setsockopt(SOL_HPS, HPS_CUTOFF, int(opt["cutoff"]))
        assert sock.getsockopt(SOL_HPS, HPS_CUTOFF) == int(opt["cutoff"])
    if "buffer" in opt:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(opt["buffer"]))
    sock.connect((address, port + (kind == "record")))
    control = []
    if "message" in opt:
        control = [(SOL_HPS, HPS_POLICY,
                    struct.pack("i", POLICIES[opt["message"]]))]
    data = struct.pack("I", size) + bytes(size - 4)
    times = []
    for i in itertools.count():
        if os.path.exists(opt["until"]) if "until" in opt else i == int(opt["count"]):
            break
        begin = time.monotonic()
        sent = sock.sendmsg([data], control)
        while sent < size:
            sent += sock.sendmsg([data[sent:]], control)
        receive(sock, size, float(opt.get("pause", 0)) / 1e3)
        times.append((time.monotonic() - begin) * 1e6)
        rest = float(opt["interval"]) / 1e3 - (time.monotonic() - begin)
        if rest > 0:
            time.sleep(rest)
    times.sort()
    print("min %d median %d p99 %d max %d" % (
        times[0], times[len(times) // 2], times[len(times) * 99 // 100],
        times[-1]))


def refused():
    """What must not be taken."""
    sock = make("stream")
    for name, val in ((HPS_POLICY, 4), (HPS_POLICY, -2), (HPS_CUTOFF, -2),
                      (HPS_CUTOFF, (1 << 30) + 1)):
        try:
            sock.setsockopt(SOL_HPS, name, val)
        except OSError:
            continue
        sys.exit("option %d took %d" % (name, val))


if __name__ == "__main__":
    if sys.argv[1] == "server":
        server(int(sys.argv[2]))
    elif sys.argv[1] == "refused":
        refused()
    else:
        client(sys.argv[2], int(sys.argv[3]), sys.argv[4:])

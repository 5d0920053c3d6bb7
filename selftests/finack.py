#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""usage: finack.py NETNS_A NETNS_B DEV ADDRESS

Ends a connection from A to B (ADDRESS, by A's DEV) so that A's FINACK is the only
acknowledgement of B's FIN, and DEV loses it. Then DEV works again, and both ends are
closed: it is the caller who looks at what they have counted.
"""
import json
import os
import socket
import subprocess
import sys
import time

IPPROTO_HPS = 258
PORT = 18530


def socket_in(netns):
    fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
    os.setns(fd, os.CLONE_NEWNET)
    os.close(fd)
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_HPS)


def qdisc(netns, *words):
    return subprocess.run(["tc", "-j", "-s", "-n", netns, "qdisc", *words], check=True,
                          stdout=subprocess.PIPE, text=True).stdout


def dropped(netns, dev):
    return json.loads(qdisc(netns, "show", "dev", dev, "root"))[0]["drops"]


def main():
    ns_a, ns_b, dev, address = sys.argv[1:]
    listener = socket_in(ns_b)
    listener.bind((address, PORT))
    listener.listen()
    client = socket_in(ns_a)
    # further paths would need acknowledgements of their own
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, dev.encode())
    client.connect((address, PORT))
    server, _ = listener.accept()
    client.shutdown(socket.SHUT_WR)
    server.recv(1)
    qdisc(ns_a, "replace", "dev", dev, "root", "netem", "loss", "100%")
    server.shutdown(socket.SHUT_WR)
    client.recv(1)
    client.close()
    while not dropped(ns_a, dev):
        time.sleep(0.01)
    qdisc(ns_a, "replace", "dev", dev, "root", "netem", "delay", "50us")
    server.close()


main()

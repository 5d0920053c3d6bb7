# SPDX-License-Identifier: GPL-2.0
"""Hosts joined by links, as network namespaces, and the peers' set-up on them.

    a: eth1 10.1.1.1/24 ---- b: eth1 10.1.1.2/24	two hosts: veth pairs
    a: eth2 10.1.2.1/24 ---- b: eth2 10.1.2.2/24

    a: ethI 10.1.I.1/24 --+
    b: ethI 10.1.I.2/24 --+-- bridge I of a switch	more hosts: link I of all
    c: ethI 10.1.I.3/24 --+

A world of kind "plain" has a bundle hps0 over the links and MPTCP's endpoints;
"bond", "bondarp" and "team" have one interface of that kind with the address
of eth1.
"""
import errno
import os
import signal
import socket
import struct
import subprocess
import time

PORTS = {"tcp": 18521, "mptcp": 18522, "hps": 18523}
LIMIT = "limit 20000"	# of netem: no drops


class Failed(Exception):
    """A command failed; the text says which and why."""


def run(*command, check=True, **options):
    done = subprocess.run([str(c) for c in command], text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **options)
    if check and done.returncode:
        raise Failed(f"{' '.join(map(str, command))}: {(done.stderr or done.stdout).strip()}")
    return done


def team_mode(name, ifindex, mode):
    """What `teamd` would do: there is no other way to set a team's mode.

    Runs in the caller's network namespace.
    """
    def attr(kind, data):
        return struct.pack("HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)

    def ask(family, command, version, payload):
        body = struct.pack("BBH", command, version, 0) + payload
        head = struct.pack("IHHII", 16 + len(body), family, 5, 1, 0)	# request, ack
        sock.send(head + body)
        answer = sock.recv(65536)
        error = -struct.unpack_from("i", answer, 16)[0] if answer[4:6] == b"\2\0" else 0
        # done, but nobody listens to team's events
        if error and error != errno.ESRCH:
            raise Failed(f"team mode of {name}: {os.strerror(error)}")
        return answer[20:]

    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
    answer, family = ask(16, 3, 1, attr(2, b"team\0")), 0
    while len(answer) >= 4 and not family:
        size, kind = struct.unpack_from("HH", answer)
        if kind == 1:	# CTRL_ATTR_FAMILY_ID
            family = struct.unpack_from("H", answer, 4)[0]
        answer = answer[(size + 3) & ~3:]
    sock.close()
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
    nested = 0x8000
    option = attr(1, b"mode\0") + attr(3, struct.pack("B", 5)) + attr(4, mode.encode() + b"\0")
    # TEAM_CMD_OPTIONS_SET: ifindex, list of options, type NLA_STRING (5)
    ask(family, 1, 1, attr(1, struct.pack("I", ifindex)) +
        attr(2 | nested, attr(1 | nested, option)))
    sock.close()


class World:
    """Hosts that exist from build() to destroy()."""

    def __init__(self, kind, links, hosts=("a", "b"), frames=True):
        self.kind, self.links, self.hosts, self.frames = kind, links, hosts, frames
        self.servers, self.spaces = [], []

    def space(self, host):
        return f"bench-{host}"

    def inside(self, host, *command):
        return ["ip", "netns", "exec", self.space(host), *map(str, command)]

    def ip(self, host, *words):
        return run("ip", "-n", self.space(host), *words)

    def address(self, host, link=1):
        return f"10.1.{link}.{self.hosts.index(host) + 1}"

    def add_space(self, host):
        run("ip", "netns", "add", self.space(host))
        self.spaces.append(host)
        self.ip(host, "link", "set", "lo", "up")

    def shape(self, host, dev, netem):
        if netem:
            run("tc", "-n", self.space(host), "qdisc", "add", "dev", dev, "root", "netem",
                *LIMIT.split(), *netem.split())

    def cable(self, index, netem):
        """Link @index of all hosts, a veth pair or by way of the switch."""
        dev = f"eth{index}"
        if len(self.hosts) == 2:
            a, b = self.hosts
            self.ip(a, "link", "add", dev, "type", "veth", "peer", "name", dev,
                    "netns", self.space(b))
            ends = [(a, dev), (b, dev)]
        else:
            ends = self.switch(index)
        for host, name in ends:
            if self.frames:
                self.ip(host, "link", "set", name, "gso_max_segs", 1)
            self.shape(host, name, netem)
            self.ip(host, "link", "set", name, "up")

    def switch(self, index):
        ends = []
        if "switch" not in self.spaces:
            self.add_space("switch")
        bridge = f"br{index}"
        self.ip("switch", "link", "add", bridge, "type", "bridge")
        self.ip("switch", "link", "set", bridge, "up")
        for host in self.hosts:
            dev, port = f"eth{index}", f"{host}{index}"
            self.ip(host, "link", "add", dev, "type", "veth", "peer", "name", port,
                    "netns", self.space("switch"))
            self.ip("switch", "link", "set", port, "master", bridge)
            ends += [(host, dev), ("switch", port)]
        return ends

    def build(self):
        for host in self.hosts:
            self.add_space(host)
        for index, netem in enumerate(self.links, 1):
            self.cable(index, netem)
        for host in self.hosts:
            run(*self.inside(host, "sysctl", "-qw", "net.ipv4.tcp_no_metrics_save=1"))
            if self.kind == "plain":
                self.plain(host)
            else:
                self.together(host)
        self.serve(["tcp", "mptcp", "hps"] if self.kind == "plain" else ["tcp"])

    def plain(self, host):
        for index in range(1, len(self.links) + 1):
            self.ip(host, "addr", "add", f"{self.address(host, index)}/24", "dev", f"eth{index}")
        self.ip(host, "link", "add", "hps0", "type", "hps")
        self.ip(host, "link", "set", "hps0", "up")
        for index in range(1, len(self.links) + 1):
            self.ip(host, "link", "set", f"eth{index}", "master", "hps0")
        self.ip(host, "mptcp", "limits", "set", "subflow", 8, "add_addr_accepted", 8)
        # the first address is that of the connection itself; 8 is MPTCP's limit
        for index in range(2, min(len(self.links), 8) + 1):
            if host != self.hosts[0]:
                self.ip(host, "mptcp", "endpoint", "add", self.address(host, index),
                        "dev", f"eth{index}", "signal")

    def together(self, host):
        """One interface over all links, taking turns packet by packet."""
        kinds = {
            "bond": ("bond0", "bond mode balance-rr miimon 100"),
            "bondarp": ("bond0", "bond mode balance-rr arp_interval 100 arp_validate none "
                        f"arp_ip_target {self.address(self.hosts[host == self.hosts[0]])}"),
            "team": ("team0", "team"),
        }
        name, kind = kinds[self.kind]
        self.ip(host, "link", "add", name, "type", *kind.split())
        if self.kind == "team":
            self.roundrobin(host, name)
        for index in range(1, len(self.links) + 1):
            self.ip(host, "link", "set", f"eth{index}", "down")
            self.ip(host, "link", "set", f"eth{index}", "master", name)
            self.ip(host, "link", "set", f"eth{index}", "up")
        if self.frames:
            self.ip(host, "link", "set", name, "gso_max_segs", 1)
        self.ip(host, "addr", "add", f"{self.address(host)}/24", "dev", name)
        self.ip(host, "link", "set", name, "up")

    def roundrobin(self, host, name):
        pid = os.fork()
        if not pid:
            try:
                fd = os.open(f"/run/netns/{self.space(host)}", os.O_RDONLY)
                os.setns(fd, 0x40000000)
                team_mode(name, socket.if_nametoindex(name), "roundrobin")
                os._exit(0)
            except BaseException as error:	# pylint: disable=broad-except
                print(f"bench: {error}", flush=True)
                os._exit(1)
        if os.waitpid(pid, 0)[1]:
            raise Failed("cannot set the team's mode")

    def serve(self, protos):
        for host in self.hosts[1:]:
            for proto in protos:
                self.serve_one(host, proto)

    def serve_one(self, host, proto):
        command = self.inside(host, "hpsperf", "--proto", proto, "-p", PORTS[proto],
                              "--max-clients", 200, "server")
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
        self.servers.append(server)
        line = server.stdout.readline()
        if not line.startswith("listening"):
            raise Failed(f"{' '.join(command)}: {line.strip()}")

    def policy(self, name):
        for host in self.hosts:
            run(*self.inside(host, "hpsctl", "bundle", "set", "hps0", "policy", name))

    def snapshot(self):
        """Counters: host -> name -> value."""
        script = """cat /proc/net/hps_stat
            nstat -asz TcpInSegs TcpOutSegs TcpRetransSegs TcpExtTCPOFOQueue TcpExtTCPOFOMerge |
                grep ^Tcp
            for d in /sys/class/net/eth*; do
                echo "${d##*/}.octets $(<$d/statistics/tx_bytes)"
                echo "${d##*/}.packets $(<$d/statistics/tx_packets)"
            done"""
        values = {}
        for host in self.hosts:
            rows = [line.split() for line in run(*self.inside(host, "bash", "-c", script)).stdout.splitlines()]
            values[host] = {row[0]: int(row[1]) for row in rows if len(row) >= 2}
        return values

    def destroy(self):
        # servers go before their namespaces
        for server in self.servers:
            server.send_signal(signal.SIGTERM)
        for server in self.servers:
            server.wait()
            server.stdout.close()
        for host in self.spaces:
            run("ip", "netns", "del", self.space(host), check=False)
        self.servers, self.spaces = [], []


class Remote:
    """An ip or tc that waits for commands, so that one takes no time to start."""

    def __init__(self, tool, space):
        self.process = subprocess.Popen([tool, "-n", space, "-force", "-batch", "-"], text=True,
                                        stdin=subprocess.PIPE, stderr=subprocess.PIPE)

    def say(self, words):
        """Return: when it was said, by the clock that hpsperf uses."""
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    def close(self):
        _, errors = self.process.communicate()
        if errors.strip():
            raise Failed(f"batch: {errors.strip()}")

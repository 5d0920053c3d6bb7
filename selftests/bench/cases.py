# SPDX-License-Identifier: GPL-2.0
"""What is measured, and what HPS must reach: two tables.

A case is measured for all its peers in one boot. TCP has the first link alone;
"hps1" is HPS with policy single, "hpsdup" with policy duplicate.
"""
from dataclasses import dataclass

LINK = "rate 100mbit delay 50us"
ALL = ("tcp", "mptcp", "bond", "team", "hps")
FLOOR = ALL + ("hps1",)
K, M = 1 << 10, 1 << 20
SIZES = (4, 64, 256, K, 4 * K, 16 * K, 64 * K, 256 * K, M, 16 * M)
FEWER = (4, 4 * K, 16 * K, 64 * K, 256 * K, M)
LATE = FEWER + (16 * M,)
LONGER = "rate 100mbit delay 20050us"


@dataclass(frozen=True)
class Case:
    """A row: tests are (function of measure.py, its options)."""
    name: str
    title: str
    links: tuple
    tests: tuple
    peers: tuple = ALL
    frames: bool = True	# 1514 octets each on the links; else super-packets
    hosts: tuple = ("a", "b")
    cpus: int = 2
    by_name: bool = False	# only when asked for


def links(count, netem=LINK):
    return (netem,) * count


def stream(seconds=3, **options):
    return ("stream", {"seconds": seconds, **options})


def pingpong(sizes, **options):
    return ("pingpong", {"sizes": sizes, **options})


def one_sided(operation, size, depth):
    """A stream of operations: long enough that its ends do not count."""
    return ("one_sided", {"operation": operation, "sizes": (size,), "depth": depth, "seconds": 4})


def mixed(name, title, second, sizes=FEWER):
    return Case(name, title, (LINK, second), (stream(5), pingpong(sizes)), FLOOR)


CASES = (
    Case("even-1", "1 link of 100 Mbit/s", links(1),
         (stream(), pingpong((4,), samples=True)), ("tcp", "mptcp", "hps")),
    Case("even-2", "2 links of 100 Mbit/s", links(2),
         (stream(), pingpong(SIZES)), FLOOR),
    Case("even-4", "4 links of 100 Mbit/s", links(4),
         (stream(), pingpong((4, 64 * K, M), samples=True))),
    Case("even-8", "8 links of 40 Mbit/s", links(8, "rate 40mbit delay 50us"),
         (stream(), pingpong((4, M)))),
    Case("even-16", "16 links of 20 Mbit/s", links(16, "rate 20mbit delay 50us"),
         (stream(), pingpong((4, M)))),
    mixed("slow-40", "100 + 40 Mbit/s", "rate 40mbit delay 50us"),
    mixed("slow-10", "100 + 10 Mbit/s", "rate 10mbit delay 50us"),
    mixed("loss", "2 links, the second loses 1 %", LINK + " loss 1%"),
    mixed("late", "2 links, the second 20 ms longer", LONGER, LATE),
    Case("noise", "2 links, 60 Mbit/s of noise on the first", links(2),
         (stream(5, noise=60), pingpong((4, 64 * K, M), noise=60, samples=True))),
    Case("carrier", "2 links, the second without carrier from 3 s to 6 s", links(2),
         (("failover", {"event": "carrier"}),), ("mptcp", "bond", "team", "hps")),
    Case("blackhole", "2 links, the second silent from 3 s to 6 s", links(2),
         (("failover", {"event": "blackhole"}),), ("mptcp", "bond", "bondarp", "team", "hps")),
    Case("pull", "1 KB every 10 ms, the first link without carrier from 3 s to 6 s", links(2),
         (("paced", {"event": "carrier"}),), ("mptcp", "bond", "hps", "hpsdup")),
    Case("lossy", "1 KB every 10 ms, the first link loses 5 %", (LINK + " loss 5%", LINK),
         (("paced", {}),), ("tcp", "mptcp", "bond", "hps", "hpsdup")),
    Case("clean", "1 KB every 10 ms, 2 clean links", links(2),
         (("paced", {}),), ("tcp", "mptcp", "bond", "hps", "hpsdup")),
    Case("veth-1", "1 unlimited veth link, TSO", ("",),
         (stream(2, write="128k"),), ("tcp", "mptcp", "bond", "hps"), frames=False),
    Case("cpu-1", "1 unlimited veth link, TSO, one CPU", ("",),
         (stream(2, write="128k", busy=True), ("messages", {})), ("tcp", "mptcp", "bond", "hps"),
         frames=False, cpus=1),
    Case("cpu-2", "2 unlimited veth links, TSO, one CPU", ("", ""),
         (stream(2, write="128k", busy=True), ("messages", {})),
         ("tcp", "mptcp", "bond", "team", "hps"),
         frames=False, cpus=1),
    Case("stalls", "2 unlimited veth links, TSO, one CPU: 64 B messages, 50 runs", ("", ""),
         (("stalls", {"runs": 50}),), ("hps",), frames=False, cpus=1),
    Case("gbit", "2 links of 1 Gbit/s, TSO", links(2, "rate 1gbit delay 50us"),
         (stream(3), pingpong((4, 64 * K, M, 16 * M))), frames=False),
    Case("multi", "8 streams over 2 links of 100 Mbit/s", links(2),
         (("streams", {"test": "multistream", "count": 8}),)),
    Case("hotspot", "8 clients of one server over 2 links of 100 Mbit/s", links(2),
         (("hotspot", {"sizes": (4, K, 64 * K), "count": 8}),)),
    Case("fanin", "4 hosts send to 1, 2 links of 100 Mbit/s each", links(2),
         (("streams", {"test": "fanin", "count": 1}),), hosts=("a", "b", "c", "d", "e")),
    Case("fanout", "1 host sends to 4, 2 links of 100 Mbit/s each", links(2),
         (("streams", {"test": "fanout", "count": 1}),), hosts=("a", "b", "c", "d", "e")),
    Case("trials", "2 links, one of them fails: 200 times by chance", links(2),
         (("random_failures", {"count": 200}),), ("hps",), by_name=True),
    Case("direct-2", "RDMA over 2 links of 100 Mbit/s, 1 MB an operation, 8 under way", links(2),
         (one_sided("write", M, 8), one_sided("read", M, 8)), ("hps",)),
    Case("direct-loss", "RDMA WRITE over 1 link of 1 Gbit/s that loses 1 %, frames of 60 and of 32 KB",
         links(1, "rate 1gbit delay 50us loss 1%"),
         tuple(("early", {"size": size, "depth": 16, "seconds": 6}) for size in (60 * K, 32 * K)), ("hps",)),
    Case("direct-lat", "RDMA READ of 8 B beside a ping-pong of 8 B, 2 links of 100 Mbit/s", links(2),
         (("answered", {"size": 8}),), ("tcp", "mptcp", "hps")),
    Case("direct-veth", "RDMA WRITE of 1 MB, 8 under way, beside TCP, 1 unlimited veth link, TSO", ("",),
         (("bulk", {"seconds": 2}),), ("tcp", "hps"), frames=False),
    Case("direct-late", "RDMA WRITE of 1 MB, 8 under way, beside MPTCP, 2 links, the second 20 ms longer",
         (LINK, LONGER), (("held", {"seconds": 4}),), ("mptcp", "hps")),
    Case("direct-hog", "RDMA READ of 8 B beside TCP's ping-pong, the server's processor idle and busy",
         links(2), (("hogged", {"size": 8}),), ("hps",)),
    Case("opens", "connect, request, reply, close over 2 links of 100 Mbit/s", links(2),
         (("opens", {}),), ("tcp", "mptcp", "hps")),
    Case("idle", "10,000 idle connections over 2 links of 100 Mbit/s", links(2),
         (("idle", {"count": 10000}),), ("tcp", "hps")),
    Case("smoke", "that the bench itself works", links(2),
         (stream(1.3), pingpong((4, 64 * K))), FLOOR, by_name=True),
)


@dataclass(frozen=True)
class Bar:
    """What a figure of HPS must reach: a number, or a multiple of a peer's."""
    issue: int
    case: str
    figure: str
    sign: str
    value: float
    of: str = ""	# peer, or peer@case
    peer: str = "hps"


def least(issue, case, **figures):
    """rate_64k=178 is the figure "rate 65536"; stream=190 the figure "stream"."""
    return tuple(Bar(issue, case, figure_name(name), ">=", value) for name, value in figures.items())


def figure_name(name):
    kind, _, size = name.partition("_")
    if not size or kind not in ("rate", "rtt", "write", "read", "early"):
        return name
    unit = {"k": K, "m": M}.get(size[-1], 1)
    return f"{kind} {int(size.rstrip('km')) * unit}"


def floor(case, sizes):
    """From design.md, section 13: never slower than the best link alone."""
    yield Bar(3, case, "stream", ">=", 0.98, "hps1")
    yield Bar(3, case, "stream", ">=", 0.97, "tcp")
    for size in sizes:
        yield Bar(3, case, f"rate {size}", ">=", 0.98, "hps1")
        if size >= 16 * K:
            yield Bar(3, case, f"rate {size}", ">=", 0.97, "tcp")


def failover(case, gap, stall):
    return (Bar(3, case, "gap ms", "<", gap), Bar(3, case, "stall ms", "<", stall),
            Bar(3, case, "reuse ms", "<", 500))


BARS = (
    # the ground floor
    *least(2, "even-2", stream=188, rate_256k=180, rate_16m=188),
    *least(2, "even-4", stream=376),
    Bar(2, "even-1", "rtt 4", "<=", 1.15, "tcp"),
    Bar(2, "veth-1", "stream", ">=", 0.88, "tcp"),
    # striping at full strength
    *least(3, "even-2", stream=190.3),
    *least(3, "even-4", stream=380.6),
    *least(3, "even-8", stream=303),
    *least(3, "even-16", stream=303),
    *(Bar(3, "even-2", f"rate {size}", ">=", 0.98, "bond") for size in (4 * K, 16 * K, 64 * K)),
    *(Bar(3, "even-2", f"rate {size}", ">=", 0.99, "bond") for size in (256 * K, M, 16 * M)),
    Bar(3, "even-1", "rtt 4", "<=", 1.10, "tcp"),
    *(Bar(3, case, "rtt 4", "<=", 1.10, "tcp") for case in ("even-2", "even-4", "even-8", "even-16")),
    *least(3, "slow-40", stream=132.5, rate_64k=110, rate_1m=129),
    *least(3, "slow-10", stream=104, rate_64k=92.5, rate_1m=98),
    *least(3, "loss", stream=189, rate_64k=178, rate_1m=186),
    *least(3, "late", stream=189, rate_64k=92.5, rate_1m=135, rate_16m=182),
    *least(3, "noise", stream=133, rate_1m=150),
    *failover("carrier", 50, 100),
    *failover("blackhole", 200, 300),
    Bar(3, "trials", "out of bounds", "<=", 0),
    Bar(3, "pull", "extra us", "<", 1000, peer="hpsdup"),
    Bar(3, "lossy", "p99 us", "<", 1.1, "hps@clean", peer="hpsdup"),
    Bar(3, "cpu-1", "instr/B", "<=", 0.87),
    Bar(3, "cpu-2", "instr/B", "<=", 0.90),
    *(Bar(3, "cpu-1", f"messages/s {how}", ">=", bar)
      for how, bar in (("nodelay", 60000), ("nagle", 300000))),
    Bar(3, "stalls", "stalls", "<=", 0),
    Bar(3, "opens", "opens/s", ">=", 1, "tcp"),
    Bar(3, "idle", "octets each", "<=", 1.5, "tcp"),
    *least(3, "gbit", rate_64k=1100, rate_1m=1700, rate_16m=1860),
    *floor("even-2", SIZES),
    *(bar for case in ("slow-40", "slow-10", "loss") for bar in floor(case, FEWER)),
    *floor("late", LATE),
    # direct placement
    *least(4, "direct-2", write_1m=188, read_1m=188),
    # beyond that the head of a frame was in a packet that was lost
    *least(4, "direct-loss", early_60k=97, early_32k=95),
    Bar(4, "direct-lat", "rtt 8", "<=", 1.15, "tcp"),
    Bar(4, "direct-lat", "wakeups", "<=", 0),
    Bar(4, "direct-hog", "hog/idle", "<=", 1),
    Bar(4, "direct-veth", "stream", ">=", 1, "tcp"),
    # the messages that ask for memory are copied
    Bar(4, "direct-veth", "copies here", "<=", 0.001),
    Bar(4, "direct-veth", "copies there", "<=", 1.001),
    *(Bar(4, "direct-late", figure, "<=", 0.05, "mptcp") for figure in ("held", "held most")),
)

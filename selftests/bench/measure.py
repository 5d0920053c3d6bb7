# SPDX-License-Identifier: GPL-2.0
"""The tests: each runs hpsperf for one peer and returns a record.

A record has the command, hpsperf's report and "figures", name -> number; or
"error". Names of figures: see figures_of_* and the bars in cases.py.
"""
import contextlib
import json
import os
import statistics
import subprocess
import time

import sockmem
import timeline
import trials
import wakeups
from hosts import PORTS, Failed, Remote

PORT = 18524	# of `opens`
MSS = 1448		# payload of a packet of 1514 octets with timestamps
LINK_RATE = 95.6	# payload of TCP over 100 Mbit/s, frames of 1514 octets
JUMPED = "the clock jumped over the event"
LOST, BACK, END = 3.0, 6.0, 10.0	# seconds of a failover
BIN_MS = 10
PACE_S = 0.01
BULK = 1 << 20		# octets of a WRITE
CPU1 = "/sys/devices/system/cpu/cpu1/online"


def proto_of(peer):
    return {"hps1": "hps", "hpsdup": "hps", "mptcp": "mptcp", "hps": "hps"}.get(peer, "tcp")


def command(world, peer, test, targets, *options):
    proto = proto_of(peer)
    return world.inside("a", "hpsperf", "--proto", proto, "-p", PORTS[proto], "--cpu", "--json",
                        test, *targets, *options)


def shown(words, tool):
    return " ".join(words[words.index(tool):])


def finish(process, tool="hpsperf"):
    out, err = process.communicate()
    ran = shown(process.args, tool)
    if process.returncode:
        return {"command": ran, "error": err.strip() or f"status {process.returncode}"}
    return {"command": ran, "report": json.loads(out)}


def start(words):
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def perf(world, peer, test, *options, targets=None):
    words = command(world, peer, test, targets or [world.address("b")], *options)
    return finish(start(words))


class Noise:
    """Frames that no one wants, from a to b on the first link; or nothing."""

    def __init__(self, world, mbit):
        self.process = None
        if mbit:
            self.process = subprocess.Popen(world.inside("a", "noise", "eth1", mbit),
                                            stdin=subprocess.DEVNULL)

    def __enter__(self):
        if self.process:
            time.sleep(0.2)

    def __exit__(self, *unused):
        if self.process:
            self.process.terminate()
            self.process.wait()


def figures_of_stream(report, busy):
    """A processor that is alone and always busy runs 1000 instructions in a microsecond."""
    rate = report["steady_mbit_per_s"]
    return {"stream": rate, **({"instr/B": 8000 / rate} if busy and rate else {})}


def stream(world, peer, seconds, write="64k", noise=0, busy=False):
    with Noise(world, noise):
        record = perf(world, peer, "stream", "--time", seconds, "--write", write)
    if "report" in record:
        record["figures"] = figures_of_stream(record["report"], busy)
    return record


def figures_of_rows(report):
    figures = {}
    for row in report["results"]:
        figures[f"rtt {row['size']}"] = row["rtt_median_us"]
        figures[f"p99 {row['size']}"] = row["rtt_p99_us"]
        if "mbit_per_s" in row:
            figures[f"rate {row['size']}"] = row["mbit_per_s"]
    return figures


def thin_out(report, most=2000):
    """Samples for a plot: sorted, and not more than it can show."""
    for row in report.get("results", []):
        rtts = sorted(row.get("rtt_us", []))
        if rtts:
            step = max(1, len(rtts) // most)
            row["rtt_us"] = rtts[::step] + rtts[-1:]


@contextlib.contextmanager
def apart(world):
    """Client and servers on a processor each.

    Left to the scheduler a small round trip is a tenth longer or shorter, by
    chance, and of each peer in another way.
    """
    processors = os.sched_getaffinity(0)
    if len(processors) > 1:
        for server in world.servers:
            os.sched_setaffinity(server.pid, {max(processors)})
        os.sched_setaffinity(0, {min(processors)})
    yield
    for pid in (0, *(server.pid for server in world.servers)):
        os.sched_setaffinity(pid, processors)


def pingpong(world, peer, sizes, noise=0, samples=False):
    options = ["--sizes", ",".join(map(str, sizes)), "--time", 0.2, "--warmup", 0.1]
    with Noise(world, noise), apart(world):
        record = perf(world, peer, "pingpong", *options, *["--samples"] * samples)
    if "report" in record:
        record["figures"] = figures_of_rows(record["report"])
        thin_out(record["report"])
    return record


class Event:
    """A link that goes and returns; a sends, b receives."""

    # where something is done: a loses its carrier when b's end goes down
    ENDS = {"carrier": "b", "down": "a", "blackhole": "ab", "mute": "a", "deaf": "b"}

    def __init__(self, world, kind, link):
        self.by_ip = kind in ("carrier", "down")
        self.dev = f"eth{link}"
        self.netem = f"root netem limit 20000 {world.links[link - 1]}"
        self.remotes = [Remote("ip" if self.by_ip else "tc", world.space(host))
                        for host in self.ENDS[kind]]

    def words(self, lost):
        if self.by_ip:
            return f"link set {self.dev} {'down' if lost else 'up'}"
        return f"qdisc change dev {self.dev} {self.netem}{' loss 100%' if lost else ''}"

    def happen(self, lost):
        return max(remote.say(self.words(lost)) for remote in self.remotes)

    def close(self):
        for remote in self.remotes:
            remote.close()


def with_event(world, words, event, when=(LOST, BACK)):
    """Runs a client; the link goes and returns at these seconds.

    Return: the record and both times by hpsperf's clock.
    """
    def sleep_until(second):
        time.sleep(max(0, begin + second - time.clock_gettime(time.CLOCK_MONOTONIC)))

    process = start(words)
    begin = time.clock_gettime(time.CLOCK_MONOTONIC)
    # busy: while all wait for the disk, virtual time would jump to our next timer
    while time.clock_gettime(time.CLOCK_MONOTONIC) < begin + 0.2:
        pass
    sleep_until(when[0])
    lost = event.happen(True)
    sleep_until(when[1])
    back = event.happen(False)
    record = finish(process)
    event.close()
    if back - lost < (when[1] - when[0]) / 2:
        record = {"command": record["command"], "error": JUMPED}
    return record, lost, back


def failover(world, peer, event, link=2, when=(LOST, BACK, END)):
    words = command(world, peer, "stream", [world.address("b")],
                    "--time", when[2], "--interval", BIN_MS)
    record, lost, back = with_event(world, words, Event(world, event, link), when)
    if "report" in record:
        report = record["report"]
        # the end of the stream may be one link's
        lost, back, end = ((t - report["server_start_s"]) * 1000
                           for t in (lost, back, report["server_start_s"] + when[2] - 0.05))
        record["events_ms"] = [lost, back]
        record["figures"] = {
            "gap ms": report["longest_gap_ms"],
            **timeline.failover(report["intervals_mbit_per_s"], BIN_MS, lost, back, end, LINK_RATE),
        }
    return record


def show_trial(number, trial, record, missed):
    figures = record.get("figures", {})
    shown = record.get("error") or ", ".join(
        f"{name} {'never' if figures[name] is None else round(figures[name], 1)}"
        for name in trials.FIGURES)
    print(f"bench: {number}: {trial}: {shown}{' OUT OF BOUNDS' if missed else ''}", flush=True)


def random_failures(world, peer, count):
    """Failures by chance; HPS_TRIALS says how many, HPS_TRIALS_SEED which."""
    count = int(os.environ.get("HPS_TRIALS") or count)
    seed = int(os.environ.get("HPS_TRIALS_SEED") or 1)
    results, rows = [], []
    for number, trial in enumerate(trials.draw(seed, count), 1):
        for _ in range(3):	# in real time a machine may sleep too long
            record = failover(world, peer, trial.kind, trial.link,
                              (trial.lost, trial.back, trial.end))
            if record.get("error") != JUMPED:
                break
        figures = record.get("figures", {})
        missed = trials.missed(trial, figures)
        show_trial(number, trial, record, missed)
        results.append((trial, figures))
        # the time line where it says why
        rows.append({"trial": str(trial), "missed": missed,
                     **(record if missed else {"figures": figures})})
    return {"command": f"HPS_TRIALS={count} HPS_TRIALS_SEED={seed}", "trials": rows,
            "figures": trials.summary(results)}


def figures_of_paced(row, events=None):
    """What an event costs is judged from its time on: a program that begins, and
    waits for the disk, has long rounds of its own.
    """
    since = max(0, int((events[0] - row["start_s"]) / PACE_S) - 1) if events else 0
    worst = max(row["rtt_us"][since:])
    return {"median us": row["rtt_median_us"], "p99 us": row["rtt_p99_us"],
            "max us": worst, "extra us": worst - row["rtt_median_us"]}


def paced(world, peer, event=None):
    """A message every 10 ms that is sent back: how late does the worst come?"""
    words = command(world, peer, "pingpong", [world.address("b")], "--sizes", 1024,
                    "--every", round(PACE_S * 1000), "--time", END, "--warmup", 0.1, "--samples")
    if event:
        record, lost, back = with_event(world, words, Event(world, event, 1))
        record["events_s"] = [lost, back]
    else:
        record = finish(start(words))
    if "report" in record:
        row = record["report"]["results"][0]
        record["figures"] = figures_of_paced(row, record.get("events_s"))
    return record


def messages(world, peer):
    """64 octets a write, how many arrive in a second."""
    record = {"command": "", "figures": {}}
    for how, options in (("nodelay", ["--nodelay"]), ("nagle", [])):
        one = perf(world, peer, "stream", "--time", 2, "--write", 64, *options)
        record["command"] += ("; " if record["command"] else "") + one["command"]
        if "error" in one:
            record["error"] = one["error"]
            return record
        record[how] = one["report"]
        rate = one["report"]["steady_mbit_per_s"]
        record["figures"][f"messages/s {how}"] = rate * 1e6 / 8 / 64 if rate else None
    return record


def stalls(world, peer, runs, seconds=0.3):
    """Runs that take a second more than they should, of many."""
    late, longest, record = 0, 0.0, {}
    for _ in range(runs):
        record = perf(world, peer, "stream", "--time", seconds, "--write", 64, "--nodelay")
        if "error" in record:
            return record
        longest = max(longest, record["report"]["seconds"])
        late += record["report"]["seconds"] > seconds + 1
    record["figures"] = {"stalls": late, "runs": runs, "longest s": longest}
    return record


def streams(world, peer, test, count):
    targets = [world.address(host) for host in world.hosts[1:]]
    record = perf(world, peer, test, "--streams", count, "--time", 4, targets=targets)
    if "report" in record:
        report = record["report"]
        rates = [row["mbit_per_s"] for row in report["results"]]
        record["figures"] = {"stream": report["steady_mbit_per_s"], "fairness": report["fairness"],
                             "slowest": min(rates), "fastest": max(rates)}
    return record


def hotspot(world, peer, sizes, count):
    record = perf(world, peer, "hotspot", "--clients", count, "--time", 0.5, "--warmup", 0.1,
                  "--sizes", ",".join(map(str, sizes)))
    if "report" in record:
        record["figures"] = figures_of_rows(record["report"])
        for row in record["report"]["results"]:
            record["figures"][f"per second {row['size']}"] = row["round_trips_per_s"]
    return record


def figures_of_operations(report):
    """"write 8" is in Mbit/s, "rtt write 8" one operation."""
    figures = {}
    for row in report["results"]:
        figures[f"{report['test']} {row['size']}"] = row["mbit_per_s"]
        figures[f"rtt {report['test']} {row['size']}"] = row["rtt_median_us"]
        figures[f"p99 {report['test']} {row['size']}"] = row["rtt_p99_us"]
    return figures


def one_sided(world, peer, operation, sizes, depth=1, seconds=0.2):
    """Operations on memory of the server, @depth of them under way."""
    with apart(world):
        record = perf(world, peer, operation, "--sizes", ",".join(map(str, sizes)),
                      "--depth", depth, "--time", seconds, "--warmup", 0.1)
    if "report" in record:
        record["figures"] = figures_of_operations(record["report"])
    return record


def early(world, peer, size, depth, seconds):
    """How much of what TCP held out of order was in its place before its turn.

    That it held no more than HPS saw is told by TCP's own count of packets, without
    those that it had.
    """
    before = world.snapshot()["b"]
    record = one_sided(world, peer, "write", (size,), depth, seconds)
    after = world.snapshot()["b"]
    if "error" in record:
        return record
    names = ("TcpExtTCPOFOQueue", "TcpExtTCPOFOMerge", "HpsEarlyHeld", "HpsEarlyOctets",
             "HpsEarlySkipped", "HpsEarlyWalkFailed", "HpsPlacedOctets", "HpsSegmentReceived")
    moved = {name: after[name] - before[name] for name in names}
    held, queued = moved["HpsEarlyHeld"], moved["TcpExtTCPOFOQueue"] - moved["TcpExtTCPOFOMerge"]
    if not 0.9 * queued * MSS < held <= queued * MSS:
        return {**record, "error": f"{held} octets in {queued} packets out of order"}
    record["figures"] |= {
        f"early {size}": 100 * moved["HpsEarlyOctets"] / held,
        f"skipped {size}": 100 * moved["HpsEarlySkipped"] / moved["HpsEarlyOctets"],
        f"held {size}": held,
        f"failed {size}": moved["HpsEarlyWalkFailed"],
        f"frame {size}": moved["HpsPlacedOctets"] / moved["HpsSegmentReceived"],
    }
    return record


def answered(world, peer, size):
    """How soon an answer is here: of HPS that to a READ, of others a ping-pong's.

    Of HPS beside it a WRITE until it is in place, the ping-pong, and whether the
    server's program is woken for READs.
    """
    record = pingpong(world, peer, (size,))
    if "error" in record:
        return record
    figures = {name: record["figures"][f"{name} {size}"] for name in ("rtt", "p99")}
    if peer != "hps":
        record["figures"] = {f"{name} {size}": value for name, value in figures.items()}
        return record
    record["figures"] = {f"rtt ping-pong {size}": figures["rtt"]}
    for operation in ("write", "read"):
        one = one_sided(world, peer, operation, (size,))
        record["command"] += "; " + one["command"]
        if "error" in one:
            return {"command": record["command"], "error": one["error"]}
        record[operation] = one["report"]
        for name in ("rtt", "p99"):
            shown_as = f"{name} {size}" if operation == "read" else f"{name} write {size}"
            record["figures"][shown_as] = one["figures"][f"{name} {operation} {size}"]
    record["figures"]["wakeups"] = woken(world, peer, size)
    return record


def woken(world, peer, size, seconds=0.2):
    """How often programs of the server's name are woken while READs go on.

    The same trace has those of the beginning and the end: else it would prove nothing.
    """
    with wakeups.Trace("hpsperf") as trace:
        process = start(command(world, peer, "read", [world.address("b")], "--sizes", size,
                                "--time", seconds, "--warmup", 0.05))
        record = finish(process)
        events = trace.events()
    if "error" in record:
        raise Failed(record["error"])
    row = record["report"]["results"][0]
    inside, outside = wakeups.count(events, row["start_s"], row["start_s"] + duration(row),
                                    without=(process.pid,))
    if not outside:
        raise Failed("the trace has no wake-up of the server at all")
    return inside


def duration(row):
    """Of the operations of a size, in seconds."""
    return row["operations"] / row["operations_per_s"]


@contextlib.contextmanager
def hog(world, host):
    """A program of this host that uses all that it gets of the servers' processor."""
    words = world.inside(host, "sh", "-c", "while :; do :; done")
    with subprocess.Popen(words, stdin=subprocess.DEVNULL) as process:
        try:
            os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
            yield
        finally:
            process.kill()


def round_trips(world, size):
    """Medians of TCP's ping-pong and of HPS's READ; their reports."""
    reports = {"tcp": pingpong(world, "tcp", (size,)), "hps": one_sided(world, "hps", "read", (size,))}
    for record in reports.values():
        if "error" in record:
            raise Failed(record["error"])
    rtts = {peer: record["report"]["results"][0]["rtt_median_us"] for peer, record in reports.items()}
    return rtts, reports


def hogged(world, peer, size):
    """What a busy processor at the server costs a READ, beside what it costs TCP's ping-pong."""
    idle, first = round_trips(world, size)
    with hog(world, world.hosts[1]):
        busy, then = round_trips(world, size)
    figures = {f"rtt {name} {when}": rtts[proto] for when, rtts in (("idle", idle), ("hog", busy))
               for name, proto in (("ping-pong", "tcp"), ("READ", "hps"))}
    figures["hog/idle"] = busy[peer] / busy["tcp"] / (idle[peer] / idle["tcp"])
    return {"command": "; ".join(one["command"] for one in first.values()),
            "idle": first, "hog": then, "figures": figures}


def bulk_words(world, peer, seconds):
    """As much as goes: WRITEs of 1 MB, 8 under way, or a stream."""
    if peer == "hps":
        return command(world, peer, "write", [world.address("b")], "--time", seconds,
                       "--sizes", BULK, "--depth", 8, "--warmup", 0.1)
    return command(world, peer, "stream", [world.address("b")], "--time", seconds, "--write", "128k")


def bulk_rate(report):
    rows = report.get("results")
    return rows[0]["mbit_per_s"] if rows else report["steady_mbit_per_s"]


def copies(here, there, size):
    """How often an octet that was written is copied at either end, by HPS's counters."""
    # without the READ by which hpsperf looks at what it has written: a copy at each end
    written = (here["HpsAskCompleted"] - 1) * size
    return {"copies here": (here["HpsCopiedOctets"] - size) / written,
            "copies there": (there["HpsCopiedOctets"] - size) / written}


def bulk(world, peer, seconds):
    """One figure for a stream and for WRITEs."""
    before = world.snapshot()
    with apart(world):
        record = finish(start(bulk_words(world, peer, seconds)))
    after = world.snapshot()
    if "error" in record:
        return record
    record["figures"] = {"stream": bulk_rate(record["report"])}
    if peer == "hps":
        here, there = ({name: after[host][name] - count for name, count in before[host].items()}
                       for host in world.hosts)
        record["figures"] |= copies(here, there, BULK)
    return record


def held(world, peer, seconds):
    """What b holds above TCP while all links are full."""
    diag = sockmem.Diag(world.space("b"))
    with apart(world):
        process = start(bulk_words(world, peer, seconds))
        try:
            samples = sockmem.sample(diag, peer, process, (1, seconds))
        finally:
            record = finish(process)
            diag.close()
    if "report" in record:
        record["held"] = samples
        record["figures"] = {"stream": bulk_rate(record["report"]), "samples": len(samples),
                             "held": statistics.mean(samples), "held most": max(samples)}
    return record


def opens_words(world, host, peer, what, *options):
    return world.inside(host, "opens", proto_of(peer), what, world.address("b"), PORT, *options)


class Server:
    """The `opens` of b that clients of a test need; gone after it."""

    def __init__(self, world, peer, what):
        self.process = start(opens_words(world, "b", peer, what))

    def __enter__(self):
        if self.process.stdout.readline() != "listening\n":
            raise Failed(f"opens: {self.process.communicate()[1].strip()}")
        return self

    def __exit__(self, *unused):
        self.process.kill()
        self.process.communicate()


def opens(world, peer, seconds=1):
    """Connect, send a request, receive the reply, close: how often in a second?"""
    with Server(world, peer, "serve"):
        record = finish(start(opens_words(world, "a", peer, "rate", seconds)), "opens")
    if "report" in record:
        report = record["report"]
        record["figures"] = {"opens/s": report["count"] / report["seconds"],
                             "longest us": report["longest_us"]}
    return record


def memory():
    """Octets that the kernel and programs have taken, by what; caches of files are not taken."""
    with open("/proc/meminfo", encoding="ascii") as f:
        kb = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in f)}
    with open("/proc/slabinfo", encoding="ascii") as f:
        rows = [line.split() for line in f][2:]
    slabs = {row[0]: int(row[2]) * int(row[3]) for row in rows}
    return {"all": 1024 * (kb["MemTotal"] - kb["MemFree"] - kb["Buffers"] - kb["Cached"]), **slabs}


def settled():
    """Memory when what ended before is gone: RCU, orphans, delayed work."""
    now = memory()
    for _ in range(20):
        time.sleep(1)
        before, now = now, memory()
        if abs(now["all"] - before["all"]) < 1 << 18:
            break
    return now


def idle(world, peer, count):
    """What a connection that does nothing takes, both ends together."""
    words = opens_words(world, "a", peer, "keep", count)
    with Server(world, peer, "hold"):
        before = settled()
        client = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        opened = client.stdout.readline() == "open\n"
        after = settled()
        _, errors = client.communicate()
    record = {"command": shown(words, "opens")}
    if not opened:
        return {**record, "error": errors.strip() or "no connection"}
    taken = {name: (after[name] - before.get(name, 0)) / count for name in after}
    record["taken"] = {name: octets for name, octets in taken.items() if abs(octets) >= 10}
    record["figures"] = {"octets each": taken["all"], "count": count}
    return record


TESTS = {f.__name__: f for f in (stream, pingpong, failover, random_failures, paced, messages, stalls,
                                 streams, hotspot, one_sided, early, answered, hogged, bulk, held,
                                 opens, idle)}


def set_cpus(count):
    """The second processor off, or on again."""
    if not os.path.exists(CPU1):
        if count == 1 and os.cpu_count() != 1:
            raise Failed("cannot switch the second processor off")
        return
    with open(CPU1, "w", encoding="ascii") as f:
        f.write(str(count - 1))

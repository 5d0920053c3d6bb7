# SPDX-License-Identifier: GPL-2.0
"""Results beside each other and beside their bars: pure.

A result is what `run` leaves of a case; results are by the case's name.
"""
from cases import BARS, CASES

PEERS = ("tcp", "mptcp", "bond", "bondarp", "team", "hps", "hps1", "hpsdup")
TITLES = {"tcp": "TCP", "mptcp": "MPTCP", "bond": "bonding", "bondarp": "bonding, ARP",
          "team": "team", "hps": "HPS", "hps1": "HPS single", "hpsdup": "HPS duplicate"}
# of figures that are better when they are lower
LOWER = ("rtt", "p99", "median", "max", "extra", "gap", "stall", "reuse", "instr", "longest",
         "octets", "held", "wakeups", "hog", "copies")
UNITS = {"stream": "Mbit/s", "rate": "Mbit/s", "write": "Mbit/s", "read": "Mbit/s",
         "rtt": "us", "p99": "us", "slowest": "Mbit/s", "fastest": "Mbit/s"}
NAMES = {"held": "octets held above TCP, mean", "held most": "octets held above TCP, most",
         "wakeups": "times the server was woken",
         "hog/idle": "READ / TCP's ping-pong, busy beside idle",
         "copies here": "copies of an octet at its writer",
         "copies there": "copies of an octet at the other end"}
OTHERS = PEERS[:5]
# neither more nor less is better
NO_SENSE = ("runs", "count", "fastest", "rate during", "samples")
# a loss is shown when it is more than this
TIE = 0.01


def figures(result, peer):
    """All figures of a peer in a case."""
    found = {}
    for record in (result or {}).get("runs", []):
        if record["peer"] == peer:
            found.update({k: v for k, v in record.get("figures", {}).items() if v is not None})
    return found


def lower_is_better(figure):
    return figure.startswith(LOWER)


def size_name(size):
    for unit, letter in ((1 << 20, " MB"), (1 << 10, " KB")):
        if size >= unit:
            return f"{size // unit}{letter}"
    return f"{size} B"


def figure_title(figure):
    if figure in NAMES:
        return NAMES[figure]
    kind, _, size = figure.partition(" ")
    unit = f", {UNITS[kind]}" if kind in UNITS else ""
    if not size.isdigit():
        return figure + unit
    kind = {"rate": "ping-pong of", "rtt": "round trip of", "p99": "p99 round trip of",
            "per second": "round trips per second of", "write": "RDMA WRITE of",
            "read": "RDMA READ of", "early": "% placed early, RDMA WRITE of",
            "skipped": "% of these not copied again,", "held": "octets held by TCP,",
            "failed": "heads not found,", "frame": "octets placed per frame,"}.get(kind, kind)
    return f"{kind} {size_name(int(size))}{unit}"


def show(value):
    if value is None:
        return "-"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    if abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def case_of(name):
    return next(case for case in CASES if case.name == name)


def judge(bar, results):
    """One bar: what it asks, what there is, and the verdict."""
    value = figures(results.get(bar.case), bar.peer).get(bar.figure)
    goal, text = bar.value, f"{bar.sign} {bar.value:g}"
    if bar.of:
        peer, _, case = bar.of.partition("@")
        other = figures(results.get(case or bar.case), peer).get(bar.figure)
        text = f"{bar.sign} {bar.value:g} x {TITLES[peer]}"
        goal = None if other is None else bar.value * other
        text += "" if goal is None else f" = {show(goal)}"
    verdict = "not measured"
    if bar.case in results and value is None:
        verdict = "MISS (no figure)"
    elif value is not None and goal is not None:
        met = {"<": value < goal, "<=": value <= goal, ">=": value >= goal}[bar.sign]
        verdict = "OK" if met else "MISS"
    return {"issue": bar.issue, "case": bar.case, "figure": bar.figure, "peer": bar.peer,
            "bar": text, "goal": goal, "value": value, "verdict": verdict}


def judge_all(results):
    return [judge(bar, results) for bar in BARS]


def best_peer(result, figure):
    """The best of the other protocols, and its figure."""
    theirs = {peer: figures(result, peer).get(figure) for peer in OTHERS}
    theirs = {peer: value for peer, value in theirs.items() if value is not None}
    if not theirs:
        return None, None
    best = (min if lower_is_better(figure) else max)(theirs, key=theirs.get)
    return best, theirs[best]


def is_behind(figure, value, other):
    if value is None:
        return True
    if lower_is_better(figure):
        return value > other * (1 + TIE)
    return value < other * (1 - TIE)


def losses(results):
    """Every figure in which another protocol is better than HPS, or alone has one."""
    for case in CASES:
        result = results.get(case.name)
        ours = figures(result, "hps")
        names = dict.fromkeys(name for peer in ("hps", *OTHERS) for name in figures(result, peer))
        for figure in names:
            if figure in NO_SENSE:
                continue
            best, other = best_peer(result, figure)
            if best and is_behind(figure, ours.get(figure), other):
                yield case, figure, ours.get(figure), best, other


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def bars_table(judged, results):
    head = ["issue", "case", "figure", "bar", *(TITLES[p] for p in PEERS[:3]), "team", "HPS", ""]
    rows = []
    for one in judged:
        at = {p: figures(results.get(one["case"]), p).get(one["figure"]) for p in PEERS}
        rows.append([str(one["issue"]), one["case"], figure_title(one["figure"]), one["bar"],
                     *(show(at[p]) for p in ("tcp", "mptcp", "bond", "team")), show(one["value"]),
                     one["verdict"] if one["verdict"] == "OK" else f"**{one['verdict']}**"])
    yield from table(head, rows)


def case_table(result):
    peers = [p for p in PEERS if figures(result, p)]
    names = list(dict.fromkeys(name for p in peers for name in figures(result, p)))
    yield from table(["", *(TITLES[p] for p in peers)],
                     [[figure_title(name), *(show(figures(result, p).get(name)) for p in peers)]
                      for name in names])


def failures(results):
    for name, result in results.items():
        for record in result["runs"]:
            if "error" in record:
                yield f"* {name}, {record['test']} of {TITLES[record['peer']]}: {record['error']}"


def provenance(results):
    """Which cases come from which commit and command."""
    parts = {}
    for name, result in results.items():
        clock = "virtual time" if result["virtual_time"] else "REAL TIME"
        key = (result["commit"] or "unknown", result["kernel"], clock, result["command"])
        parts.setdefault(key, []).append(name)
    yield from table(["commit", "kernel", "clock", "command", "cases"],
                     [[commit, kernel, clock, f"`{command}`", ", ".join(names)]
                      for (commit, kernel, clock, command), names in parts.items()])


INTRO = """\
# AF_HPS beside TCP, MPTCP, bonding and team

Made by `make bench`, which keeps of the cases that it does not run what was
measured before. All peers of a case are measured in one boot, in virtual time
(1 instruction = 1 ns, two processors that share this clock). Links are veth
pairs with netem, 50 us in each direction, frames of 1514 bytes, no drops,
unless a case says otherwise. TCP has the first link alone. MPTCP: the default
scheduler, an endpoint for each link. Bonding: balance-rr, miimon 100, or
`arp_interval 100`; team: roundrobin. "HPS single" is HPS with the policy
`single`. Ping-pong: 8 * size / (RTT / 2), median. RDMA WRITE and READ are
one-sided operations of HPS, timed until they are completed. Everything, with
counters of both hosts, is in bench.json.
"""


def markdown(results, judged):
    count = {v: sum(one["verdict"].startswith(v) for one in judged) for v in ("OK", "MISS", "not")}
    yield INTRO
    yield from provenance(results)
    yield "## Bars"
    yield ""
    yield f"{count['OK']} met, {count['MISS']} missed, {count['not']} not measured."
    yield ""
    yield from bars_table(judged, results)
    yield "## Where a peer is better"
    yield ""
    yield "Every figure in which HPS is more than 1 % behind the best of the others:"
    yield ""
    yield from table(["case", "figure", "HPS", "best", "its figure", "HPS / best"],
                     [[case.name, figure_title(figure), show(value), TITLES[best], show(other),
                       f"{value / other:.3f}" if value is not None and other else "-"]
                      for case, figure, value, best, other in losses(results)])
    yield "## All cases"
    yield ""
    for name, result in results.items():
        yield f"### {name}: {case_of(name).title}"
        yield ""
        yield from case_table(result)
    failed = list(failures(results))
    if failed:
        yield from ["## Failed to run", "", *failed, ""]

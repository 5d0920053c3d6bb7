# SPDX-License-Identifier: GPL-2.0
"""Who was woken when, as the scheduler's tracepoint tells."""
import os
import re

from hosts import Failed, run

TRACEFS = "/sys/kernel/tracing"
EVENT = "events/sched/sched_wakeup"
LINE = re.compile(r"([\d.]+): sched_wakeup: .*\bpid=(\d+)\b")
WRITTEN = re.compile(r"entries-in-buffer/entries-written: (\d+)/(\d+)")


def parse(text):
    """A trace: (seconds, pid) of each event. Failed if some were overwritten."""
    kept = WRITTEN.search(text)
    if kept and kept[1] != kept[2]:
        raise Failed(f"the trace has {kept[1]} of {kept[2]} wake-ups")
    return [(float(m[1]), int(m[2])) for m in map(LINE.search, text.splitlines()) if m]


def count(events, begin, end, without=()):
    """Of processes other than @without: from @begin to @end, and at any other time."""
    times = [second for second, pid in events if pid not in without]
    inside = sum(begin <= second <= end for second in times)
    return inside, len(times) - inside


class Trace:
    """Wake-ups of all processes of this name, by the clock that hpsperf uses."""

    def __init__(self, name):
        self.path = os.path.join(TRACEFS, "instances", "bench")
        self.name = name

    def write(self, name, text):
        with open(os.path.join(self.path, name), "w", encoding="ascii") as f:
            f.write(text)

    def __enter__(self):
        if not os.path.isdir(os.path.dirname(self.path)):
            run("mount", "-t", "tracefs", "none", TRACEFS)
        os.makedirs(self.path, exist_ok=True)
        self.write("trace_clock", "mono")
        self.write(f"{EVENT}/filter", f'comm == "{self.name}"')
        self.write(f"{EVENT}/enable", "1")
        return self

    def events(self):
        with open(os.path.join(self.path, "trace"), encoding="ascii", errors="replace") as f:
            return parse(f.read())

    def __exit__(self, *unused):
        self.write(f"{EVENT}/enable", "0")
        os.rmdir(self.path)

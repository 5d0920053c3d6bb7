# SPDX-License-Identifier: GPL-2.0
"""Failures of a link by chance, and whether HPS kept its bars: pure.

A trial is one stream over two links, of which one fails once and returns.
"""
import random
from dataclasses import dataclass

from cases import BARS

FIGURES = ("gap ms", "stall ms", "reuse ms")
# how a link fails, and the case whose bars hold: the host is told, or it is not
KINDS = {"carrier": "carrier", "down": "carrier",
         "blackhole": "blackhole", "mute": "blackhole", "deaf": "blackhole"}


@dataclass(frozen=True)
class Trial:
    """Times are seconds from the beginning of the stream."""
    kind: str
    link: int
    lost: float
    back: float
    end: float

    def __str__(self):
        return (f"{self.kind} of link {self.link} at {self.lost:.4f} s "
                f"for {self.back - self.lost:.4f} s")


def draw(seed, count, links=2):
    """The trials of a seed: the first of many are those of few."""
    chance = random.Random(seed)
    for _ in range(count):
        kind, link = chance.choice(list(KINDS)), chance.randint(1, links)
        # hpsperf looks for gaps after the first second
        lost = chance.uniform(1.1, 1.6)
        # short ones, too, which may be over before anybody has noticed
        back = lost + 10 ** chance.uniform(-1.3, 0.3)
        yield Trial(kind, link, lost, back, back + 1.2)


def missed(trial, figures):
    """The figures that miss their bar; one that is not there does."""
    bars = {bar.figure: bar.value for bar in BARS if bar.case == KINDS[trial.kind]}
    return [name for name in FIGURES
            if figures.get(name) is None or figures[name] >= bars[name]]


def spread(values):
    """Median, 95th percentile and most; None is more than anything."""
    values = sorted(values, key=lambda value: float("inf") if value is None else value)
    return {"median": values[len(values) // 2], "p95": values[len(values) * 95 // 100],
            "max": values[-1]}


def summary(results):
    """Figures of pairs of a trial and its figures."""
    rows = {"trials": len(results), "out of bounds": sum(bool(missed(*pair)) for pair in results)}
    for case in dict.fromkeys(KINDS.values()):
        of_case = [figures for trial, figures in results if KINDS[trial.kind] == case]
        for name in FIGURES if of_case else ():
            for what, value in spread([figures.get(name) for figures in of_case]).items():
                rows[f"{name} {case} {what}"] = value
    return rows

# SPDX-License-Identifier: GPL-2.0
"""Plots of results, by gnuplot: bandwidth over size, time lines, latencies."""
import subprocess

from tables import PEERS, TITLES, case_of, figures

COLOURS = {"tcp": "#888888", "mptcp": "#e69f00", "bond": "#56b4e9", "bondarp": "#0072b2",
           "team": "#009e73", "hps": "#d55e00", "hps1": "#cc79a7", "hpsdup": "#000000"}
HEAD = """\
set terminal svg size 760,440 font "sans,12" background "white"
set grid lc "#dddddd"
"""


def quote(text):
    return '"' + text.replace('"', "'") + '"'


def draw(path, title, settings, curves, style="lines lw 2"):
    """@curves: peer -> list of (x, y)."""
    if not any(curves.values()):
        return None
    script, data, parts = HEAD + settings, "", []
    script += f"set output {quote(path)}\nset title {quote(title)}\n"
    for peer, points in curves.items():
        if not points:
            continue
        data += f"$d_{peer} << E\n" + "\n".join(f"{x:g} {y:g}" for x, y in points) + "\nE\n"
        width = style.replace("lw 2", "lw 3") if peer == "hps" else style
        parts.append(f"$d_{peer} with {width} lc {quote(COLOURS[peer])} title {quote(TITLES[peer])}")
    subprocess.run(["gnuplot"], input=data + script + "plot " + ", ".join(parts) + "\n", text=True,
                   check=True)
    return path


def bandwidth(result):
    curves = {}
    for peer in PEERS:
        points = [(int(name.split()[1]), value) for name, value in figures(result, peer).items()
                  if name.startswith("rate ") and name.split()[1].isdigit()]
        curves[peer] = sorted(points) if len(points) > 3 else []
    return curves


def timeline(result, window=5):
    """Means of some bins: single frames would be a band."""
    curves = {}
    for record in result["runs"]:
        report = record.get("report", {})
        bins, ms = report.get("intervals_mbit_per_s", []), report.get("interval_ms", 0)
        curves[record["peer"]] = [((i + window / 2) * ms / 1000, sum(bins[i:i + window]) / window)
                                  for i in range(0, len(bins) - window, window)]
    return curves


def distribution(result, size):
    curves = {}
    for record in result["runs"]:
        for row in record.get("report", {}).get("results", []):
            if row.get("size") == size and "rtt_us" in row:
                rtts = sorted(row["rtt_us"])
                curves[record["peer"]] = [(x, 100 * (i + 1) / len(rtts)) for i, x in enumerate(rtts)]
    return curves


SIZE_AXIS = """\
set logscale x 2
set xlabel "message size, bytes"
set ylabel "Mbit/s"
set format x "%.0b%B"
set key left top
"""
TIME_AXIS = """\
set xlabel "seconds"
set ylabel "Mbit/s at the reader, 50 ms means"
set yrange [0:*]
set key right bottom
"""
LATENCY_AXIS = """\
set logscale x
set xlabel "round trip, us"
set ylabel "% of round trips"
set key right bottom
"""


def draw_all(results, folder):
    """Return: pairs of case and path of what was drawn."""
    plots = []
    for name, result in results.items():
        title = case_of(name).title
        if name in ("even-2", "slow-40", "slow-10", "loss", "late", "gbit"):
            plots.append((name, draw(f"{folder}/bandwidth-{name}.svg", title, SIZE_AXIS,
                                     bandwidth(result), "linespoints lw 2 pt 7 ps 0.4")))
        if name in ("carrier", "blackhole"):
            plots.append((name, draw(f"{folder}/timeline-{name}.svg", title, TIME_AXIS,
                                     timeline(result))))
        if name in ("even-4", "noise"):
            plots.append((name, draw(f"{folder}/latency-{name}.svg", title + ", 4 B",
                                     LATENCY_AXIS, distribution(result, 4))))
        if name in ("clean", "lossy", "pull"):
            plots.append((name, draw(f"{folder}/latency-{name}.svg", title, LATENCY_AXIS,
                                     distribution(result, 1024))))
    return [(name, path) for name, path in plots if path]

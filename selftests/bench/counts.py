# SPDX-License-Identifier: GPL-2.0
"""What count.c has counted, by function."""
import bisect
import collections

KERNEL = 1 << 63


def symbols(lines):
    """Of /proc/kallsyms: addresses in their order, and the functions there."""
    found = {}
    for line in lines:
        address, kind, name, *module = line.split()
        if kind in "tTwW":
            found.setdefault(int(address, 16), " ".join([name, *module]))
    addresses = sorted(found)
    return addresses, [found[a] for a in addresses]


def by_function(table, lines):
    """Name -> [instructions, calls]; a block that begins a function is a call."""
    addresses, names = table
    functions = collections.defaultdict(lambda: [0, 0])
    for line in lines:
        block, instructions, times = line.split()
        block, times = int(block, 16), int(times)
        at = bisect.bisect_right(addresses, block) - 1
        inside = block >= KERNEL and at >= 0
        function = functions[names[at] if inside else "(programs)"]
        function[0] += int(instructions) * times
        function[1] += times if inside and addresses[at] == block else 0
    return dict(functions)


def report(functions, events, top):
    """A table's lines: per event, the dearest first."""
    total = sum(f[0] for f in functions.values())
    ours = sum(f[0] for name, f in functions.items() if name.endswith("[hps]"))
    yield f"{total / events:12.1f} instructions, {ours / events:.1f} of them in hps"
    rows = sorted(functions.items(), key=lambda row: -row[1][0])
    for name, (instructions, calls) in rows[:top]:
        yield f"{instructions / events:12.1f} {calls / events:10.2f}  {name}"

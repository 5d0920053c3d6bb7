# SPDX-License-Identifier: GPL-2.0
"""What a time line of a stream says about a failure: pure."""
WINDOW_MS = 100		# of a mean: a rate that is kept, and not a burst


def mean(bins, begin, count):
    part = bins[begin:begin + count]
    return sum(part) / count if count > 0 and len(part) == count else 0.0


def settled(bins, bin_ms, begin_ms, end_ms, rate):
    """ms from @begin_ms until the @rate is there to stay: from then on each
    WINDOW_MS before @end_ms has it.

    None when it is not there at the end.
    """
    count = WINDOW_MS // bin_ms
    first, last = int(-(-begin_ms // bin_ms)), int(end_ms // bin_ms) - count
    index = last + 1
    while index > first and mean(bins, index - 1, count) >= rate:
        index -= 1
    return max(0.0, index * bin_ms - begin_ms) if index <= last else None


def failover(bins, bin_ms, lost_ms, back_ms, end_ms, link_rate):
    """The figures of one failure of one of two links in a stream until @end_ms.

    stall: from the loss until 80 % of one link's rate are kept;
    reuse: from the return until 1.5 links' rate is.
    """
    lost, back, end = (int(ms // bin_ms) for ms in (lost_ms, back_ms, end_ms))
    return {
        "stall ms": settled(bins, bin_ms, lost_ms, end_ms, 0.8 * link_rate),
        "reuse ms": settled(bins, bin_ms, back_ms, end_ms, 1.5 * link_rate),
        "rate before": mean(bins, int(1000 // bin_ms), lost - int(1000 // bin_ms)),
        "rate during": mean(bins, lost, back - lost),
        "rate after": mean(bins, back, end - back),
    }

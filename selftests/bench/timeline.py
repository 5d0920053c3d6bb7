# SPDX-License-Identifier: GPL-2.0
"""What a time line of a stream says about a failure: pure."""


def mean(bins, begin, count):
    part = bins[begin:begin + count]
    return sum(part) / count if count > 0 and len(part) == count else 0.0


def first_at(bins, bin_ms, after_ms, window_ms, rate):
    """ms from @after_ms until the mean of the @window_ms that follow is @rate.

    None when that is never so.
    """
    count = window_ms // bin_ms
    begin = -(-after_ms // bin_ms)
    for index in range(int(begin), len(bins) - count + 1):
        if mean(bins, index, count) >= rate:
            return max(0.0, index * bin_ms - after_ms)
    return None


def failover(bins, bin_ms, lost_ms, back_ms, link_rate):
    """The figures of one failure.

    stall: from the loss until the next 300 ms have 80 % of one link's rate;
    reuse: from the return until the next second has 1.5 links' rate.
    """
    return {
        "stall ms": first_at(bins, bin_ms, lost_ms, 300, 0.8 * link_rate),
        "reuse ms": first_at(bins, bin_ms, back_ms, 1000, 1.5 * link_rate),
        "rate before": mean(bins, int(1000 // bin_ms), int((lost_ms - 1000) // bin_ms)),
        "rate during": mean(bins, int(lost_ms // bin_ms), int((back_ms - lost_ms) // bin_ms)),
        "rate after": mean(bins, int(back_ms // bin_ms), len(bins) - int(back_ms // bin_ms) - 1),
    }

"""How improbable a count is, and how far a value lies from its peers."""

from __future__ import annotations

import math
from collections.abc import Sequence


def tail(seen: float, mean: float, variance: float) -> float:
    """Probability of at least `seen` where `mean` is expected.

    Poisson, or the negative binomial of this variance where it is larger than the mean (counts that come in bursts, or
    a mean that is not known well).

    >>> round(tail(7, 1.0, 1.0), 6)
    8.3e-05
    >>> tail(7, 1.0, 3.0) > tail(7, 1.0, 1.0)
    True
    """
    count = math.ceil(seen)
    if count <= 0:
        return 1.0
    mean = max(mean, 1e-9)
    if variance <= mean * 1.001:
        term = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
        grow = 0.0
    else:
        size = mean * mean / (variance - mean)
        share = mean / variance  # probability that ends a run
        fail = 1.0 - share
        log_term = math.lgamma(count + size) - math.lgamma(size) - math.lgamma(count + 1)
        term = math.exp(log_term + size * math.log(share) + count * math.log(fail))
        grow = size
    if count <= mean:
        return 1.0  # nobody asks about less than what is expected
    total, at = 0.0, count
    while term > total * 1e-6 and at < count + 10_000:
        total += term
        at += 1
        term *= mean / at if not grow else (grow + at - 1) / at * fail
    return min(1.0, total)


def median(values: Sequence[float]) -> float:
    """The middle of a sorted or unsorted sequence that is not empty."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def robust_z(value: float, values: Sequence[float], floor: float) -> float:
    """Distance from the median in units of the scaled median deviation, which is at least `floor`.

    Source: Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993), section 3.
    """
    middle = median(values)
    deviation = 1.4826 * median([abs(one - middle) for one in values])
    return (value - middle) / max(deviation, floor)

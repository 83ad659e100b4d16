"""Which way is best, from times that were measured round by round, and how sure that is.

In each round every way is measured once, so what else the machine does meets all of them. Two ways
are compared by their ratio in each round, not by their times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["UNDECIDED", "WORTH", "Ratio", "Verdict", "agreed", "decide", "ratio"]

UNDECIDED = "undecided"
WORTH = 1.1  # times that a way must be quicker than a simpler one
CLEAR, NARROW = (
    1.3,
    1.08,
)  # a ratio that is clear, and how far apart one's ends are that is known well
ENOUGH, MUCH = 5, 1.25  # rounds, or times, from which all rounds are no luck
WIDE = 1.5  # times by which a ratio may swing to either side, and still tell that there is no gain


@dataclass(frozen=True)
class Ratio:
    """How many times as long as another way one took.

    Attributes:
        low: in the second lowest of the rounds (of fewer than five: in the lowest).
        median: in the middle one.
        high: in the second highest (in the highest).
        rounds: how many there were.
        longer: in how many of them it took longer.
    """

    low: float
    median: float
    high: float
    rounds: int
    longer: int

    @property
    def is_worth_it(self) -> bool:
        """Whether the other way was quicker, by so much that it counts, without doubt.

        Three rounds that all say so may be luck, if they say it by little.
        """
        enough = self.rounds >= ENOUGH or self.median >= MUCH
        return self.low >= WORTH or (self.median > WORTH and self.low > 1.0 and enough)


@dataclass(frozen=True)
class Verdict:
    """The best way, and the one that comes next to it.

    Attributes:
        best: its name, or 'undecided'.
        rival: the quickest of the others, or ''; of two between which it is undecided, the simpler.
        ratio: how many times as long the rival took as the best, or as the fastest.
        fastest: the quickest way, or ''.
    """

    best: str
    rival: str = ""
    ratio: Ratio | None = None
    fastest: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether the best was the best in every round (of five and more: in all but one)."""
        return self.ratio is None or (self.best != UNDECIDED and self.ratio.low > 1)

    @property
    def is_clear(self) -> bool:
        """Whether further rounds would hardly change it."""
        if self.best == UNDECIDED or self.ratio is None:
            return False
        return self.ratio.low > CLEAR or self.ratio.high / self.ratio.low < NARROW


def ratio(times: Sequence[float], others: Sequence[float]) -> Ratio:
    """Return how many times as long the first took as the others, round by round."""
    found = sorted(one / other for one, other in zip(times, others, strict=True))
    cut = 1 if len(found) >= 5 else 0
    longer = sum(one > 1 for one in found)
    return Ratio(found[cut], median(found), found[-1 - cut], len(found), longer)


def decide(times: Mapping[str, Sequence[float]]) -> Verdict:
    """Choose the quickest way, or a simpler one where it gains next to nothing.

    Args:
        times: seconds by way, one for each round; the simplest first.
    """
    if not times:
        return Verdict(UNDECIDED)
    fastest = min(times, key=lambda name: median(times[name]))
    for name in times:
        if name == fastest:
            break
        found = ratio(times[name], times[fastest])
        if found.is_worth_it:
            continue
        if found.median <= WORTH and found.high <= WIDE:
            return _against_the_next(times, name)
        return Verdict(UNDECIDED, name, found, fastest)
    return _against_the_next(times, fastest)


def agreed(measured: Verdict, every: Verdict) -> Verdict:
    """Return the verdict on all items, if that on those which were measured is the same."""
    if measured.best == every.best:
        return every
    doubts = (one for one in (measured, every) if one.best == UNDECIDED)
    return next(doubts, Verdict(UNDECIDED, measured.best, every.ratio, every.best))


def _against_the_next(times: Mapping[str, Sequence[float]], best: str) -> Verdict:
    others = {name: ratio(times[name], times[best]) for name in times if name != best}
    if not others:
        return Verdict(best, fastest=best)
    rival = min(others, key=lambda name: others[name].median)
    return Verdict(best, rival, others[rival], best)

"""Comparing by turns: what is compared runs beside its base, again and again.

A machine is faster at one moment than at another, for reasons of its own. So the two of a pair run
one right after the other, in turns the other way round, and only pairs are compared. The base runs
twice a round: how much it differs from itself is the control, A/A, and what is smaller than that
has not been measured.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple, TypeVar

__all__ = ["AGAIN", "BASE", "Spread", "Times", "added", "alone", "in_turns", "ratio", "spread"]

ROOT = Path(__file__).resolve().parent.parent
BASE, AGAIN = "base", "base again"
WARM_UP = 2  # rounds that do not count
Times = dict[str, list[float]]
Figure = TypeVar("Figure")


class Spread(NamedTuple):
    """The middle of some figures, and the half of them around it."""

    median: float
    low: float  # a quarter of the figures is lower
    high: float  # and a quarter higher

    def times(self, factor: float) -> Spread:
        """Return it in another unit."""
        return Spread(*(factor * one for one in self))


def spread(figures: Sequence[float]) -> Spread:
    """Return the median and the quartiles."""
    if len(figures) == 1:
        return Spread(figures[0], figures[0], figures[0])
    low, _, high = quantiles(figures, n=4, method="inclusive")
    return Spread(median(figures), low, high)


def in_turns(
    arms: Mapping[str, Callable[[], Figure]], rounds: int, warm_up: int = WARM_UP
) -> dict[str, list[Figure]]:
    """Run each arm once a round, every other round the other way round.

    Args:
        arms: by name, functions that return what they measured.
        rounds: how often.
        warm_up: rounds before, of which nothing is kept.

    Returns:
        Figures by name, in the order of the rounds.
    """
    figures: dict[str, list[Figure]] = {name: [] for name in arms}
    for number in range(-warm_up, rounds):
        for name in list(arms) if number % 2 else reversed(arms):
            gc.collect()
            figure = arms[name]()
            if number >= 0:
                figures[name].append(figure)
    return figures


def added(times: Times, arm: str, base: str = BASE) -> Spread:
    """Return by how much an arm is more than its base, pair by pair."""
    return spread([one - other for one, other in zip(times[arm], times[base], strict=True)])


def ratio(times: Times, arm: str, base: str = BASE) -> Spread:
    """Return how many times its base an arm is, pair by pair."""
    return spread([one / other for one, other in zip(times[arm], times[base], strict=True)])


def alone(module: str, *arguments: object) -> Any:
    """Return what a room prints as JSON, run in a process of its own.

    A tool may leave something behind that slows down all that is measured after it.

    Raises:
        RuntimeError: the process failed; with the last line that it wrote.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError((done.stderr.strip() or str(done.returncode)).splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])

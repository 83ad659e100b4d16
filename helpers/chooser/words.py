"""The recommendation in words: which way, by what evidence, how sure."""

from __future__ import annotations

from statistics import median

from helpers.chooser.comparison import Comparison, Row
from helpers.chooser.verdict import UNDECIDED, WORTH
from helpers.look import duration

__all__ = ["sentences", "why"]

USE = {
    "in turn": "Call it in turn",
    "threads": "Use a pool of threads",
    "free-threaded": "Use a pool of threads, as here is no GIL",
    "tasks": "Use tasks",
    "interpreters": "Use a pool of interpreters",
    "processes": "Use a pool of processes",
    "dask": "Use Dask",
}


def why(found: Comparison) -> str:
    """Return the recommendation, its evidence, and how sure it is."""
    return " ".join(sentences(found))


def sentences(found: Comparison) -> list[str]:
    """Return it sentence by sentence."""
    return [*_recommended(found), *_left_out(found), *_failed(found), *found.notes]


def _recommended(found: Comparison) -> list[str]:
    verdict = found.verdict
    if not found.items:
        return ["There is no item: nothing to choose."]
    if not found.usable:
        return ["Nothing could be measured, so there is nothing to recommend."]
    if verdict.ratio is None:
        return [f"{USE[verdict.best]}: nothing else was measured."]
    if verdict.best == UNDECIDED:
        between = f"{verdict.rival} and {verdict.fastest}"
        swing = f"{verdict.ratio.low:.2f} to {verdict.ratio.high:.2f} times as long as the other"
        return [
            f"Undecided between {between}.",
            f"In {verdict.ratio.rounds} rounds, {verdict.rival} took {swing}: measure on a quieter "
            "machine, or with more items.",
        ]
    best = found.row(verdict.best)
    seconds = duration(median(best.seconds))
    took = f"{_by(best).capitalize()}, {_which(found)} took {seconds}; {_sure(found)}"
    whole = [] if best.times == 1.0 else [_extrapolated(found, best)]
    return [f"{USE[verdict.best]}. {found.nature}", took, *whole]


def _by(row: Row) -> str:
    return row.way if row.way == "in turn" else f"with {row.way}"


def _which(found: Comparison) -> str:
    if found.measured < found.items - len(found.left_out):
        return f"the {found.measured} items that were measured"
    return "the only item" if found.measured == 1 else f"all {found.measured:,} items"


def _sure(found: Comparison) -> str:
    """Return what the next best way took of those that were measured, and in how many rounds."""
    verdict = found.verdict_on_measured
    best, rival, ratio = found.row(verdict.best), found.row(verdict.rival), verdict.ratio
    assert ratio
    times = median(rival.seconds) / median(best.seconds)
    if times < WORTH:
        gained = (
            "too little is gained for what is less simple" if times < 1 else "nothing is gained"
        )
        return f"{_by(rival)} {times:.2f} times as long: {gained}."
    tasks = [row for row in found.usable if row not in found.choices]
    is_quicker = any(median(row.seconds) < median(rival.seconds) for row in tasks)
    aside = " (tasks are threads here)" if is_quicker else ""
    often = "each" if ratio.longer == ratio.rounds else f"{ratio.longer}"
    took = f"{_by(rival)}, the next best{aside}, {times:.3g} times as long"
    return f"{took}, and longer in {often} of {ratio.rounds} rounds."


def _extrapolated(found: Comparison, best: Row) -> str:
    rival, number = found.row(found.verdict.rival), found.items - len(found.left_out)
    took = f"{_by(best).capitalize()}, all {number:,} would take {duration(best.measured or 0)}"
    times = (rival.measured or 0) / (best.measured or 1)
    return f"{took}, and {_by(rival)} {times:.3g} times as long."


def _left_out(found: Comparison) -> list[str]:
    if not found.left_out:
        return []
    number, reason = min(found.left_out.items())
    many = f"{len(found.left_out)} of {found.items} items were left out"
    if len(found.left_out) == 1:
        return [f"items[{number}] was left out: {reason.rstrip('.')}."]
    return [f"{many}; the first, items[{number}]: {reason.rstrip('.')}."]


def _failed(found: Comparison) -> list[str]:
    return [f"Not {row.way}: {row.failed.rstrip('.')}." for row in found.rows if row.failed]

"""A recording in words: the line under the picture, and the picture's text alternative."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.look import STYLES, UNFINISHED, duration
from helpers.recorder.recording import most_at_once
from helpers.timeline.page import drawable
from helpers.timeline.pieces import Pieces, pieces
from helpers.timeline.rows import Row, count, rows

if TYPE_CHECKING:
    from helpers.recorder.recording import Lane, Recording

__all__ = ["ONE_OF_MANY", "describe", "summary"]

Array = np.ndarray[Any, Any]

ONE_OF_MANY = "This is one run of many."
NOTHING = "Nothing to see: no thread, process or task was started, and no code was inside a span()."
MOST_IN_WORDS = 12  # rows told one by one in the text alternative, and spans of a lane
MOST_SHARES = 4  # states told by name
MOMENTS = 500  # looked at before all begins and ends are sorted
LONGEST = 40  # letters of a name


def summary(run: Recording, done: Pieces | None = None) -> str:
    """Return the line under the picture: how many lanes, how many at once, where the time went.

    Args:
        run: what was recorded.
        done: its pieces, if they are known already.
    """
    done = pieces(run) if done is None else done
    if not done.did.any():
        return NOTHING
    words = _where_it_went(run, done) if run.states is not None else _time_in_spans(run, done)
    if torn := _not_finished(run, done):
        words += f"; {torn} {UNFINISHED}"
    return f"{words}."


def describe(run: Recording, done: Pieces | None = None, line: str | None = None) -> str:
    """Return the picture in words, from the data: what somebody who cannot see it needs to know.

    Its length is bounded: of many lanes of one kind it tells what they did together.

    Args:
        run: what was recorded.
        done: its pieces, if they are known already.
        line: its summary, if it is known already.
    """
    done = pieces(run) if done is None else done
    sentences = [f"Timeline of {duration(run.elapsed)}. {line or summary(run, done)}"]
    told = rows(run, done.did, MOST_IN_WORDS)
    ends = np.searchsorted(done.lane, np.arange(len(run.lanes) + 1))
    # The summary of a recording of main alone is what would be told of its row.
    told_of = (_row_in_words(run, done, row, ends) for row in told)
    sentences += [words for words in told_of if words not in sentences[0]]
    return " ".join([*sentences, *run.unseen, ONE_OF_MANY])


def shares(seconds: Array) -> str:
    """Return where time went, largest share first: '94% waiting for the GIL, 6% on a core'.

    Args:
        seconds: the time spent in each style, in the order of `STYLES`.
    """
    whole = seconds.sum()
    if whole <= 0:
        return ""
    part = seconds / whole
    told = [int(code) for code in np.argsort(-part, kind="stable")[:MOST_SHARES]]
    told = [code for code in told if part[code] >= 0.01]
    if 0 not in told and part[0] > 0:  # that they hardly ran is worth a word
        told.append(0)
    words = [f"{_share(part[code])} {STYLES[code].label}" for code in told]
    waits = [n for n, word in enumerate(words) if " waiting for " in word]
    for number in waits[1:]:  # said once is enough
        if number - 1 in waits:
            words[number] = words[number].replace("waiting for", "for")
    if (rest := 1 - part[told].sum()) >= 0.01:
        words.append(f"{_share(rest)} other")
    return ", ".join(words)


def _where_it_went(run: Recording, done: Pieces) -> str:
    """Return a clause for each kind of lane but main; for main, if there is nothing else."""
    clauses = []
    for kind in dict.fromkeys(lane.kind for lane in run.lanes):
        lanes = np.array([lane.kind == kind for lane in run.lanes])
        lanes &= done.did
        if kind != "main" and lanes.any():
            who = f"{count(int(lanes.sum()), kind)}{_at_once(done, lanes)}"
            clauses.append(f"{who}: {shares(done.seconds[lanes].sum(axis=0))}")
    return "; ".join(clauses) or f"main: {shares(done.seconds.sum(axis=0))}"


def _time_in_spans(run: Recording, done: Pieces) -> str:
    """Return how long all lanes were inside spans, and on a core if that is known."""
    kinds = [lane.kind for lane, did in zip(run.lanes, done.did, strict=True) if did]
    who = [count(kinds.count(kind), kind) for kind in dict.fromkeys(kinds) if kind != "main"]
    others = np.array([lane.kind != "main" for lane in run.lanes])
    most = most_at_once(*done.alive(others))
    at_once = f", at most {most} alive at once" if most > 1 else ""
    inside = float(done.seconds.sum())
    words = listed((["main"] if "main" in kinds else []) + who)
    words += f"{at_once}: {duration(inside)} in spans"
    cpu = _cpu(run)
    if not isnan(cpu) and inside > 0:  # it is not known when a span is unfinished
        words += f", {_share(cpu / inside)} of it on a core"
    return words


def _at_once(done: Pieces, lanes: Array) -> str:
    many = int(lanes.sum())
    if many == 1:
        return ""
    if _all_at_once(done, np.flatnonzero(lanes)):
        return ", all alive at once"
    most = most_at_once(*done.alive(lanes))
    if most == 1:
        return ", one at a time"
    return ", all alive at once" if most == many else f", at most {most:,} alive at once"


def _all_at_once(done: Pieces, lanes: Array) -> bool:
    """Say whether some of a few hundred moments finds all lanes alive; if none, nobody knows.

    To look at a few moments is much faster than to sort all begins and ends.
    """
    if len(lanes) > MOMENTS:
        return False
    moments = np.linspace(0.0, float(done.end.max()), MOMENTS)
    alive = np.ones(MOMENTS, bool)
    for lane in lanes:
        first, last = np.searchsorted(done.lane, [lane, lane + 1])
        at = np.searchsorted(done.start[first:last], moments, side="right") - 1
        alive &= (at >= 0) & (done.end[first:last][at] > moments)
    return bool(alive.any())


def _not_finished(run: Recording, done: Pieces) -> str:
    """Return how many lanes of each kind were left unfinished: '2 threads and main'."""
    kinds = [run.lanes[number].kind for number in np.flatnonzero(~np.isnan(done.torn))]
    named = [
        kind if kind == "main" else count(kinds.count(kind), kind) for kind in dict.fromkeys(kinds)
    ]
    return listed(named)


def listed(words: list[str]) -> str:
    """Return words as a list in a sentence: 'main, 3 threads and 1 task'."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _cpu(run: Recording) -> float:
    """Return the seconds on a core of all spans that lie in no other; NaN if one has none."""
    spans = run.spans
    order = np.lexsort((-np.nan_to_num(spans["end"], nan=np.inf), spans["start"], spans["lane"]))
    lane, start = spans["lane"][order], spans["start"][order]
    stop = np.nan_to_num(spans["end"][order], nan=run.elapsed)
    apart = lane * (2 * run.elapsed + 1.0)
    before = np.maximum.accumulate(np.append(-1.0, stop + apart))[:-1]
    outer = start + apart >= before
    is_task = spans["kind"][order] == "task"
    if is_task.any():  # a task runs in its steps only
        outer = (outer & ~is_task) | (spans["kind"][order] == "step")
    return float(spans["cpu"][order][outer].sum())


def _row_in_words(run: Recording, done: Pieces, row: Row, ends: Array) -> str:
    label = row.label + _within(run, run.lanes[row.lanes[0]], row)
    if row.folded:
        return f"{label}: {shares(done.seconds[row.lanes].sum(axis=0)) or 'nothing'}."
    number = row.lanes[0]
    first, last = int(ends[number]), int(ends[number + 1])
    lane, facts = run.lanes[number], []
    if first == last:
        return f"{label}: nothing."
    if run.states is not None:
        facts.append(shares(done.seconds[number]))
    kinds = lane.spans["kind"]
    named = np.flatnonzero((kinds == "own") | (kinds == "item"))
    facts.append(_spans_in_words(lane, named if len(named) else np.flatnonzero(kinds != "step")))
    return f"{label}: {'; '.join(fact for fact in facts if fact)}."


def _within(run: Recording, lane: Lane, row: Row) -> str:
    """Return ' of process blur' for a thread of it; that main is everybody's parent is not said."""
    if not row.depth or lane.within is None:
        return ""
    parent = run.lanes[lane.within]
    return f" of {parent.kind} {drawable(parent.name)[:LONGEST]}"


def _spans_in_words(lane: Lane, which: Array) -> str:
    told = [_span_in_words(lane.spans[one]) for one in which[:MOST_IN_WORDS]]
    if (untold := len(which) - MOST_IN_WORDS) > 0:
        last = _span_in_words(lane.spans[which[-1]])
        told.append(f"and {count(untold, 'more span')}, the last {last}")
    return ", ".join(told)


def _span_in_words(one: Any) -> str:
    name = drawable(one.name)
    name = name if len(name) <= LONGEST else f"{name[: LONGEST - 12]}…{name[-11:]}"
    if isnan(one.end):
        return f"{name} from {duration(one.start)}, {UNFINISHED}"
    return f"{name} from {duration(one.start)} to {duration(one.end)}"


def _share(part: float) -> str:
    return f"{100 * part:.0f}%" if part >= 0.01 else "under 1%"

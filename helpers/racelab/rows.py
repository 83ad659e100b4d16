"""The rows of a picture of a schedule: what stands in each, however it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from helpers.racelab.deeds import deed
from helpers.racelab.schedule import Step
from helpers.racelab.verdict import Verdict
from helpers.racelab.words import preempted

__all__ = ["Row", "clipped", "flat", "headline", "outcome", "rows", "shown_values"]

MANY = 40  # steps: of more, not all are shown
LAST = 10  # these always are
AROUND = 2  # and so many before and after a switch
FEW = 3  # that are not worth folding
LONGEST_CODE = 160  # characters
LONGEST_WORDS = 320
HEADLINES = {
    "race": ("A race:", "the order below breaks it, {}."),
    "deadlock": ("A deadlock:", "in the order below nobody can go on, {}."),
    "exception": ("An error:", "the order below leads to it, {}."),
    "livelock": ("A livelock:", "in the order below they never come to an end, {}."),
    "ok": ("Nothing found:", ""),
    "unknown": ("Not known:", ""),
}


@dataclass
class Row:
    """One row.

    Attributes:
        numbers: of the first and last step that it stands for.
        step: the last of these.
        says: what is done in it.
        first: who stays in it and says something, and what: that it waits, or holds a lock.
        changed: the names of the values that have just changed.
        held: the locks that each worker holds before or after it, by its name.
        taken, let_go: which of these it has only after it, or only before.
        is_new_turn: whether another worker did the row before.
        is_folded: whether it stands for several steps.
    """

    numbers: tuple[int, int]
    step: Step
    says: str
    changed: set[str]
    is_new_turn: bool
    first: dict[str, str] = field(default_factory=dict)
    held: dict[str, list[str]] = field(default_factory=dict)
    taken: set[tuple[str, str]] = field(default_factory=set)
    let_go: set[tuple[str, str]] = field(default_factory=set)
    is_folded: bool = False


def headline(verdict: Verdict) -> tuple[str, str]:
    """Return the verdict in a sentence: its first words, and the rest."""
    head, rest = HEADLINES.get(verdict.kind, (f"{verdict.kind}:", ""))
    return head, rest.format(preempted(verdict.preemptions or 0)) or f"{verdict.why}."


def outcome(verdict: Verdict) -> dict[str, str]:
    """Return what stands in the last row for each worker, by its name; "" for all at once."""
    if verdict.kind == "race" or not verdict.outcomes:
        state = verdict.schedule[-1].state
        values = ", ".join(f"{name} is {state.get(name, '?')}" for name in shown_values(verdict))
        return {"": f"{verdict.why}{f': {values}' if values else ''}"}
    ended = "" if verdict.kind == "exception" else "has ended"
    return {name: verdict.outcomes.get(name, ended) for name in verdict.names}


def shown_values(verdict: Verdict) -> list[str]:
    """Return the names of the values that change or are touched."""
    states = [verdict.first, *(step.state for step in verdict.schedule)]
    names = dict.fromkeys(name for state in states for name in state)
    things = {step.thing for step in verdict.schedule}
    return [name for name in names if name in things or len({state.get(name) for state in states}) > 1]


def rows(verdict: Verdict) -> list[Row]:
    """Return the rows, those of a long schedule folded where nothing happens between the workers."""
    steps = verdict.schedule
    made: list[Row] = []
    state, holds, waits = verdict.first, dict[str, list[str]](), dict[str, str]()
    for start, end in _stretches(steps):
        step = steps[end - 1]
        changed = {name for name in step.state if step.state[name] != state.get(name)}
        is_new = not made or made[-1].step.worker != step.worker
        row = Row((start + 1, end), step, deed(step), changed, is_new)
        if end - start > 1:
            row.is_folded, row.says = True, _folded(steps[start:end])
        _hold(row, holds)
        row.first = {name: told for name, told in step.waits.items() if waits.get(name) != told}
        if end == len(steps):  # the last row says it
            row.first = {name: told for name, told in row.first.items() if name not in verdict.outcomes}
        state, holds, waits = step.state, step.holds, step.waits
        made.append(row)
    _tell_holders(made)
    return made


def _hold(row: Row, before: dict[str, list[str]]) -> None:
    """Note which locks are held in a row."""
    after = row.step.holds
    for name in {**before, **after}:
        old, new = before.get(name, []), after.get(name, [])
        row.held[name] = [*dict.fromkeys([*old, *new])]
        row.taken |= {(name, lock) for lock in new if lock not in old}
        row.let_go |= {(name, lock) for lock in old if lock not in new}


def _tell_holders(made: list[Row]) -> None:
    """Let a worker that stays say once what it holds, in the row in which another goes on."""
    said: dict[str, str] = {}
    for row in made:
        said.pop(row.step.name, None)
        for name, held in row.held.items():
            told = f"holds {' and '.join(held)}"
            if name != row.step.name and name not in row.first and said.get(name) != told:
                row.first[name] = told
            if name != row.step.name:
                said[name] = told


def _stretches(steps: list[Step]) -> Iterator[tuple[int, int]]:
    """Yield from where to where each row goes, as indices of steps."""
    if len(steps) <= MANY:
        yield from ((at, at + 1) for at in range(len(steps)))
        return
    keep = _kept(steps)
    made = [*_runs(steps, keep, alone=True)]
    if len(made) > 2 * MANY:
        made = [*_runs(steps, keep, alone=False)]
    yield from made


def _kept(steps: list[Step]) -> set[int]:
    keep = {0, *range(len(steps) - LAST, len(steps))}
    for at, step in enumerate(steps):
        if step.forced:
            keep |= {*range(at - AROUND, at + AROUND)}
    return keep


def _runs(steps: list[Step], keep: set[int], alone: bool) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(steps):
        end = at + 1
        while at not in keep and end < len(steps) and end not in keep:
            if alone and steps[end].worker != steps[at].worker:
                break
            end += 1
        if end - at <= FEW:
            yield from ((one, one + 1) for one in range(at, end))
        else:
            yield at, end
        at = end


def _folded(steps: list[Step]) -> str:
    names = [*dict.fromkeys(step.name for step in steps)]
    lines = [step.line for step in steps if step.line]
    where = f", from line {lines[0]} to line {lines[-1]}" if lines else ""
    return f"… {len(steps)} steps of {' and '.join(names)}{where}"


def flat(words: str, most: int = LONGEST_WORDS) -> str:
    """Return words in one line, and not too many."""
    words = " ".join(words.split())
    return words if len(words) <= most else f"{words[: most - 1]}…"


def clipped(step: Step) -> tuple[str, str, str]:
    """Return the code of a step: what is before the expression, that, and what is after it."""
    start, end = step.columns
    before, marked, after = step.code[:start], step.code[start:end], step.code[end:]
    if len(step.code) <= LONGEST_CODE:
        return before, marked, after
    side = LONGEST_CODE // 4
    before = before if len(before) <= side else f"…{before[-side:]}"
    after = after if len(after) <= side else f"{after[:side]}…"
    return before, flat(marked, 2 * side), after

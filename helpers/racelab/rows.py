"""The rows of a picture of a schedule: what stands in each, however it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from helpers.racelab.deeds import deed
from helpers.racelab.schedule import Step
from helpers.racelab.verdict import Verdict
from helpers.racelab.words import preempted

__all__ = [
    "PLAIN",
    "Bar",
    "Bars",
    "Row",
    "clipped",
    "flat",
    "headline",
    "outcome",
    "rows",
    "shown_values",
]

MANY = 40  # steps: of more, not all are shown
LAST = 10  # these always are
AROUND = 2  # and so many before and after a switch
FEW = 3  # that are not worth folding
LONGEST_CODE = 160  # characters
LONGEST_WORDS = 320
PLAIN = ("ok", "unknown")  # kinds of which `why` says all
HEADLINES = {
    "race": ("A race:", "the order below breaks it, {}."),
    "deadlock": ("A deadlock:", "the order below leads to it, {}."),
    "exception": ("An error:", "the order below leads to it, {}."),
    "livelock": ("A livelock:", "the order below leads to it, {}."),
    "ok": ("Nothing found:", ""),
    "unknown": ("Not known:", ""),
}


@dataclass(frozen=True)
class Bar:
    """A bar along a lane, in one row.

    Attributes:
        kind: 'held' (a lock is held), 'waits', or 'left' (it could go on).
        name: of the lock that is held; "" of others.
        begins: whether it begins in this row.
        ends: whether it ends there.
    """

    kind: str
    name: str = ""
    begins: bool = False
    ends: bool = False


Bars = dict[str, list[Bar]]  # by the names of the workers


@dataclass
class Row:
    """One row.

    Attributes:
        numbers: of the first and last step that it stands for.
        step: the last of these.
        says: what is done in it.
        changed: the names of the values that have just changed.
        is_new_turn: whether another worker did the row before.
        notes: who else has something to say in it, and what: that it waits, or holds a lock.
        bars: along the lanes.
        before: those that come from the row before.
        is_folded: whether it stands for several steps.
    """

    numbers: tuple[int, int]
    step: Step
    says: str
    changed: set[str]
    is_new_turn: bool
    notes: dict[str, str] = field(default_factory=dict)
    bars: Bars = field(default_factory=dict)
    before: Bars = field(default_factory=dict)
    is_folded: bool = False

    def after(self) -> Bars:
        """Return the bars that go on in the next row."""
        on = {name: [one for one in bars if not one.ends] for name, bars in self.bars.items()}
        return {
            name: [Bar(one.kind, one.name) for one in bars] for name, bars in on.items() if bars
        }


def headline(verdict: Verdict) -> tuple[str, str]:
    """Return the verdict in a sentence: its first words, and the rest."""
    head, rest = HEADLINES.get(verdict.kind, (f"{verdict.kind}:", ""))
    return head, rest.format(preempted(verdict.preemptions or 0)) or f"{verdict.why}."


def outcome(verdict: Verdict) -> dict[str, str]:
    """Return what stands in the last row for each worker, by its name; "" for all at once."""
    if verdict.kind == "race" or not verdict.outcomes:
        state = verdict.schedule[-1].state if verdict.schedule else {}
        values = ", ".join(f"{name}: {state.get(name, '?')}" for name in shown_values(verdict))
        return {"": f"{verdict.why}{f'; at the end {values}' if values else ''}"}
    ended = "" if verdict.kind == "exception" else "has ended"
    return {name: verdict.outcomes.get(name, ended) for name in verdict.names}


def shown_values(verdict: Verdict) -> list[str]:
    """Return the names of the values that change or are touched."""
    states = [verdict.first, *(step.state for step in verdict.schedule)]
    names = dict.fromkeys(name for state in states for name in state)
    things = {step.thing for step in verdict.schedule}
    return [
        name for name in names if name in things or len({state.get(name) for state in states}) > 1
    ]


def rows(verdict: Verdict) -> list[Row]:
    """Return the rows; a long schedule is folded where one worker runs alone."""
    steps = verdict.schedule
    made: list[Row] = []
    state, waits = verdict.first, dict[str, str]()
    for start, end in _stretches(steps):
        step = steps[end - 1]
        changed = {name for name in step.state if step.state[name] != state.get(name)}
        is_new = not made or made[-1].step.worker != step.worker
        row = Row((start + 1, end), step, deed(step), changed, is_new)
        if end - start > 1:
            row.is_folded, row.says = True, _folded(steps[start:end])
        row.before = made[-1].after() if made else {}
        row.bars = _bars(step, row.before, {one.name for one in steps[start:end]})
        row.notes = {name: told for name, told in step.waits.items() if waits.get(name) != told}
        if end == len(steps):  # the last row says it
            row.notes = {
                name: told for name, told in row.notes.items() if name not in verdict.outcomes
            }
        state, waits = step.state, step.waits
        made.append(row)
    _tell_holders(made)
    return made


def _bars(step: Step, before: Bars, at_work: set[str]) -> Bars:
    """Return the bars of a row."""
    made: Bars = {}
    for name in dict.fromkeys([*before, *step.holds, *step.waits, step.left]):
        old = [one.name for one in before.get(name, []) if one.kind == "held"]
        new = step.holds.get(name, [])
        made[name] = [
            Bar("held", one, one not in old, one not in new) for one in dict.fromkeys([*old, *new])
        ]
        was_left = name == step.left or Bar("left") in before.get(name, [])
        if name in step.waits:
            made[name].append(Bar("waits", begins=name in at_work))
        elif was_left and name not in at_work:
            made[name].append(Bar("left"))
    return {name: bars for name, bars in made.items() if bars and name}


def _tell_holders(made: list[Row]) -> None:
    """Let a worker that stays say once what it holds, in the row in which another goes on."""
    said: dict[str, str] = {}
    for row in made:
        said.pop(row.step.name, None)
        for name, bars in row.bars.items():
            held = [one.name for one in bars if one.kind == "held"]
            if name == row.step.name or not held:
                continue
            told = f"holds {' and '.join(held)}"
            if name not in row.notes and said.get(name) != told:
                row.notes[name] = told
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

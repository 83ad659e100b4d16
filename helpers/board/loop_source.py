"""The lines of source in a loop view, and where each task stands in them after an iteration.

Which lines are shown does not change from one iteration to the next: all at which any task ever
went on or stopped, and those around them. A short file, such as a cell, is shown whole.
"""

from __future__ import annotations

import linecache
import os
from bisect import bisect_right
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from helpers.board.loop_look import box, swatch, words_of
from helpers.look import STYLE_OF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.recorder.iterations import Call, Iteration, Place, Turn

__all__ = ["Source"]

WHOLE, AROUND, MOST = 30, 2, 40  # lines: a file shown whole; about one that matters; of all
NAMED = 3  # tasks at one line that are named


class Source:
    """The source of what a loop ran.

    Attributes:
        iterations: in their order.
    """

    def __init__(self, iterations: list[Iteration]) -> None:
        self.iterations = iterations
        self._turns: dict[int, tuple[list[int], list[Turn]]] = {}  # of each task: when, and what
        for number, one in enumerate(iterations):
            for turn in one.turns:
                if turn.call.kind == "task":
                    when, turns = self._turns.setdefault(turn.call.task, ([], []))
                    when.append(number)
                    turns.append(turn)

    def page(self, number: int) -> str:
        """Return the source as HTML, with what went on and what stands at each line."""
        if not self.lines:
            return ""
        marks = self.marks(number)
        files = "".join(self._file(file, lines, marks) for file, lines in self.lines.items())
        legend = f'<div class="row">{self._legend}</div>'
        return box("where each task stands", f'{legend}<div class="source">{files}</div>')

    def marks(self, number: int) -> dict[Place, dict[str, list[str]]]:
        """Return, for each line, the tasks that went on ('running') or stand there, by state."""
        marks: dict[Place, dict[str, list[str]]] = {}
        for place, call, state in (*self._went_on(number), *self._stand(number)):
            marks.setdefault(place, {}).setdefault(state, []).append(call.name.partition(" (")[0])
        return marks

    def _went_on(self, number: int) -> Iterator[tuple[Place, Call, str]]:
        for turn in self.iterations[number].turns:
            if turn.call.place:
                yield turn.call.place, turn.call, "running"

    def _stand(self, number: int) -> Iterator[tuple[Place, Call, str]]:
        """Give where each task stands at the end of an iteration, and what it waits for."""
        queued = {call.task: call for call in self._queued_after(number)}
        for task, (when, turns) in self._turns.items():
            last = bisect_right(when, number) - 1
            if last >= 0 and (place := turns[last].stops):
                ready = queued.pop(task, None) or turns[last].then == "ready"
                yield place, turns[last].call, "turn" if ready else turns[last].then
        for call in queued.values():  # those that were not run yet
            if call.place:
                yield call.place, call, "turn"

    def _queued_after(self, number: int) -> list[Call]:
        """Return the tasks in the queue at the begin of the loop's next iteration."""
        loop = self.iterations[number].loop
        following = self.iterations[number + 1 :]
        after = next((one for one in following if one.loop == loop), None)
        return [call for call in after.ready.calls if call.kind == "task"] if after else []

    # --- what is shown -----------------------------------------------------------------------

    @cached_property
    def lines(self) -> dict[str, dict[int, str]]:
        """The lines shown, by file and number."""
        places: dict[str, set[int]] = {}
        for _, turns in self._turns.values():
            for turn in turns:
                for file, line in filter(None, (turn.call.place, turn.stops)):
                    places.setdefault(file, set()).add(line)
        shown = {file: _shown(file, lines, AROUND) for file, lines in places.items()}
        if sum(map(len, shown.values())) > MOST:
            shown = {file: _shown(file, lines, 0) for file, lines in places.items()}
        return {file: lines for file, lines in shown.items() if lines}

    @cached_property
    def _legend(self) -> str:
        states = {turn.then for _, turns in self._turns.values() for turn in turns if turn.stops}
        told = [f"{swatch('running')}ran from here"]
        states = (states | {"turn"}) - {"ready"}  # which are one
        told += [f"{swatch(one)}{words_of(one)}" for one in STYLE_OF if one in states]
        return f'<span class="dim">{"   ".join(told)}</span>'

    def _file(
        self, file: str, lines: dict[int, str], marks: dict[Place, dict[str, list[str]]]
    ) -> str:
        name = "" if len(self.lines) == 1 or _is_cell(file) else os.path.basename(file)  # noqa: PTH119
        rows, last = [], min(lines) - 1
        for line, code in lines.items():
            rows.append(_line(line, code, marks.get((file, line), {}), line > last + 1))
            last = line
        head = f'<div class="row file dim">{escape(name)}</div>' if name else ""
        return head + (head and '<div class="row marks"></div>') + "".join(rows)


def _is_cell(file: str) -> bool:
    return not os.path.exists(file) or "ipykernel_" in file  # noqa: PTH110


def _shown(file: str, lines: set[int], around: int) -> dict[int, str]:
    """Return which lines of a file are shown, without empty ones at their begin and end."""
    text = linecache.getlines(file)
    if len(text) <= WHOLE:
        shown = list(range(1, len(text) + 1))
    else:
        near = {n for line in lines for n in range(line - around, line + around + 1)}
        shown = sorted(near & set(range(1, len(text) + 1)))
    while shown and not text[shown[0] - 1].strip():
        shown.pop(0)
    while shown and not text[shown[-1] - 1].strip():
        shown.pop()
    return {number: text[number - 1] for number in shown}


def _line(number: int, code: str, marks: dict[str, list[str]], gap: bool) -> str:
    went = " went" if "running" in marks else ""
    most = NAMED if len(marks) == 1 else 1
    told = "  ".join(swatch(state) + _names(names, most) for state, names in marks.items())
    edge = ' style="border-top: 1px dotted"' if gap else ""
    return (
        f'<div class="row dim"{edge}>{number:3}</div>'
        f'<div class="row{went}"{edge}><code>{escape(code.rstrip())}</code></div>'
        f'<div class="row marks"{edge}>{told}</div>'
    )


def _names(names: list[str], most: int) -> str:
    kept = names if len(names) <= most else names[: max(most - 1, 1)]
    more = len(names) - len(kept)
    return escape(", ".join(kept)) + (f" and {more} more" if more else "")

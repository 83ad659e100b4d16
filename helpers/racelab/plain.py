"""The lanes of a schedule as plain text, at most 100 columns wide, to be copied."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from helpers.racelab.rows import (
    PLAIN,
    Bar,
    Bars,
    Row,
    clipped,
    flat,
    headline,
    outcome,
    rows,
    shown_values,
)
from helpers.racelab.verdict import Verdict

__all__ = ["SIGNS", "text"]

WIDTH = 100
NUMBER = 4
VALUES = 22  # columns of what has changed
NARROWEST = 15  # of a lane: with more workers, their names stand before what they do instead
SIGNS = {"held": "┃", "waits": "┊", "left": "·"}
FREE = " "


def text(verdict: Verdict) -> str:
    """Return a verdict, and the order that shows it."""
    told = _wrapped(" ".join(headline(verdict)), WIDTH)
    if verdict.kind not in PLAIN:  # of these it is the headline
        told += _wrapped(verdict.why, WIDTH)
    if verdict.badge:
        told += _wrapped(verdict.badge.text(), WIDTH)
    if verdict.schedule:
        told += ["", *(line.rstrip() for line in _Page(verdict).lines())]
    return "\n".join([*told, "", *_wrapped(verdict.proof, WIDTH)])


def _wrapped(words: str, width: int) -> list[str]:
    return textwrap.wrap(flat(words, 1000), width, break_on_hyphens=False)


class _Page:
    """The lines of one schedule."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict, self.names = verdict, verdict.names
        self.values = shown_values(verdict)
        over = WIDTH - NUMBER - (VALUES if self.values else 0)
        self.width = over // max(len(self.names), 1)
        self.is_listed = self.width < NARROWEST
        if self.is_listed:
            self.width = over

    def lines(self) -> list[str]:
        """Return all lines."""
        told = [] if self.is_listed else self._row("", self._head())
        if self.values:
            first = [f"{name}: {self.verdict.first.get(name, '?')}" for name in self.values]
            told += ["", *_wrapped(f"At first {', '.join(first)}", WIDTH), ""]
        made = rows(self.verdict)
        for row in made:
            told += self._step(row)
        return told + self._end(made[-1])

    def _head(self) -> dict[str, list[str]]:
        names = {name: flat(name, self.width - 3) for name in self.names}
        return {name: [told, "─" * len(told)] for name, told in names.items()}

    def _step(self, row: Row) -> list[str]:
        told, step = [], row.step
        if step.left:
            told += self._cut(step.left)
        elif row.is_new_turn and row.numbers[0] > 1:
            told.append("")
        cells = {name: self._told(words) for name, words in row.notes.items()}
        then = self._told(f"then {row.notes[step.name]}") if step.name in row.notes else []
        code = [] if row.is_folded else self._code(row)
        cells[step.name] = [*code, *self._told(row.says), *then]
        changed = [f"→ {name} {step.state[name]}" for name in self.values if name in row.changed]
        values = [line for one in changed for line in _wrapped(one, VALUES - 1)]
        return told + self._row(
            "…" if row.is_folded else str(row.numbers[0]), cells, values, row.bars
        )

    def _code(self, row: Row) -> list[str]:
        """Return the source line, what is done in it pointed at."""
        before, marked, after = (" ".join(part.split("\t")) for part in clipped(row.step))
        if not (before or marked or after):
            return []
        line = f"{row.step.line} "
        whole = f"{line}{before}{marked}{after}"
        if not (before or after):
            return self._told(whole)
        if len(whole) > self.width - 3:
            return self._told(f"{line}{before}«{marked}»{after}")
        return [whole, " " * (len(line) + len(before)) + "^" * len(marked)]

    def _cut(self, name: str) -> list[str]:
        words = f"✂ {flat(name, 40)} is left here, though it could go on "
        return ["", f"{words:╌<{WIDTH}}", ""]

    def _end(self, last: Row) -> list[str]:
        told = outcome(self.verdict)
        if "" in told:
            return ["", *_wrapped(f"End: {told['']}", WIDTH)]
        cells = {name: self._told(words) for name, words in told.items()}
        return ["", *self._row("end", cells, [], last.after())]

    def _told(self, words: str) -> list[str]:
        return _wrapped(flat(words, 200), self.width - 3)

    def _row(
        self,
        number: str,
        cells: dict[str, list[str]],
        values: Sequence[str] = (),
        bars: Bars | None = None,
    ) -> list[str]:
        """Return the lines of a row: beside each other what stands in its cells."""
        names = self.names
        if self.is_listed:
            words = [
                self._told(line)
                for name in names
                if name in cells
                for line in [f"{name}:", *cells[name]]
            ]
            names, cells = [""], {"": [line for one in words for line in one]}
        height = max(1, len(values), *(len(cells.get(name, ())) for name in names))
        made = []
        for at in range(height):
            line = f"{number if at == 0 else '':>3} "
            for name in names:
                told = _at(cells.get(name, ()), at)
                line += f"{_sign((bars or {}).get(name, []))} {told:<{self.width - 2}}"
            made.append(line + _at(values, at))
        return made


def _at(lines: Sequence[str], at: int) -> str:
    return lines[at] if at < len(lines) else ""


def _sign(bars: list[Bar]) -> str:
    return SIGNS[bars[0].kind] if bars else FREE

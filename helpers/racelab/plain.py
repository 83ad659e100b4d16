"""The lanes of a schedule as plain text, at most 100 columns wide, to be copied."""

from __future__ import annotations

import textwrap

from helpers.racelab.rows import Row, clipped, flat, headline, outcome, rows, shown_values
from helpers.racelab.verdict import Verdict

__all__ = ["text"]

WIDTH = 100
NUMBER = 4
VALUES = 22  # columns of what has changed
NARROWEST = 15  # of a lane: with more workers, their names stand before what they do instead
HELD, WAITS, FREE = "┃", "┊", " "


def text(verdict: Verdict) -> str:
    """Return a verdict, and the order that shows it."""
    told = _wrapped(" ".join(headline(verdict)), WIDTH)
    if verdict.schedule:
        told += _wrapped(verdict.why, WIDTH)
        told += ["", *(line.rstrip() for line in _Page(verdict).lines())]
    return "\n".join([*told, "", *_wrapped(verdict.proof, WIDTH)])


def _wrapped(words: str, width: int) -> list[str]:
    return textwrap.wrap(flat(words, 2000), width, break_on_hyphens=False)


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
        told = self._row("", {name: [name, "─" * min(len(name), self.width - 3)] for name in self.names})
        if self.is_listed:
            told = []
        if self.values:
            first = [f"{name} is {self.verdict.first.get(name, '?')}" for name in self.values]
            told += ["", *_wrapped(f"At first {', '.join(first)}.", WIDTH), ""]
        for row in rows(self.verdict):
            told += self._step(row)
        return told + self._end()

    def _step(self, row: Row) -> list[str]:
        told = []
        step = row.step
        if step.left:
            told += self._cut(step.left)
        elif row.is_new_turn and row.numbers[0] > 1:
            told.append("")
        cells = {name: _told(words, self.width - 3) for name, words in row.first.items()}
        code = [] if row.is_folded else self._code(row)
        deed = _told(row.says, self.width - 3)
        cells[step.name] = [*code, *deed, *(_told(f"then {row.first[step.name]}", self.width - 3) if step.name in row.first else [])]
        values = [line for name in self.values if name in row.changed for line in _wrapped(f"→ {name} {step.state[name]}", VALUES - 1)]
        number = str(row.numbers[0]) if not row.is_folded else "…"
        return told + self._row(number, cells, values, row)

    def _code(self, row: Row) -> list[str]:
        before, marked, after = (part.expandtabs(1) for part in clipped(row.step))
        if not (before or marked or after):
            return []
        line = f"{row.step.line} "
        whole = f"{line}{before}{marked}{after}"
        if len(whole) > self.width - 3:
            return _told(f"{line}{before}«{marked}»{after}" if before or after else whole, self.width - 3)
        if not before and not after:
            return [whole]
        return [whole, " " * (len(line) + len(before)) + "^" * len(marked)]

    def _cut(self, name: str) -> list[str]:
        words = f"✂ {name} is left here, though it could go on "
        return ["", f"{words}{'╌' * max(0, WIDTH - len(words))}"[:WIDTH], ""]

    def _end(self) -> list[str]:
        told = outcome(self.verdict)
        if "" in told:
            return ["", *_wrapped(f"End: {told['']}", WIDTH)]
        cells = {name: _told(words, self.width - 3) for name, words in told.items()}
        return ["", *self._row("end", cells)]

    def _row(
        self, number: str, cells: dict[str, list[str]], values: list[str] = [], row: Row | None = None  # noqa: B006
    ) -> list[str]:
        if self.is_listed:
            cells = {"": [line for name in self.names if name in cells for line in [f"{name}:", *cells[name]]]}
            cells[""] = [line for part in cells[""] for line in _told(part, self.width - 3)]
        lanes = [(name, cells.get(name, [])) for name in ([""] if self.is_listed else self.names)]
        height = max(1, len(values), *(len(lines) for _, lines in lanes))
        made = []
        for at in range(height):
            line = f"{number if at == 0 else '':>3} "
            for name, lines in lanes:
                line += f"{_bar(name, row)} {lines[at] if at < len(lines) else '':<{self.width - 2}}"
            made.append(line + (values[at] if at < len(values) else ""))
        return made


def _told(words: str, width: int) -> list[str]:
    return _wrapped(words, width)


def _bar(name: str, row: Row | None) -> str:
    if row is None:
        return FREE
    if row.held.get(name):
        return HELD
    return WAITS if name in row.step.waits and name != row.step.name else FREE

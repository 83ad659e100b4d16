"""The picture of an order that breaks a program, as HTML: a lane for each worker, a row for each step.

It is a table, and all it says it says in words and signs too: a viewer may take the styles away, as
GitHub does. Where styles are left, a bar in a lane means that a lock is held, and a hatched one that
the worker waits; what is done at a row stands on a tinted ground.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from helpers.look import STYLE_OF
from helpers.racelab.plain import text
from helpers.racelab.rows import Row, clipped, flat, headline, outcome, rows, shown_values
from helpers.racelab.verdict import Verdict

__all__ = ["html"]

BAD, OPEN, HELD, DULL = (STYLE_OF[one].fill for one in ("gil", "running", "lock", "sleep"))
COLOURS = {"ok": OPEN, "unknown": DULL}
MOST_VALUES = {1: 4, 2: 4, 3: 2, 4: 2}  # columns, by the number of workers; else all in one
LONGEST_VALUE = 60
BAR, GAP = 7, 4  # pixels
LINE = "rgba(127,127,127,.45)"
CODE = "font-family:var(--jp-code-font-family,monospace);white-space:pre-wrap;overflow-wrap:anywhere"
CODE += ";background:none;color:inherit;padding:0;font-size:1em"
CELL = "text-align:left;vertical-align:top;padding:.3em .5em;border:0;overflow-wrap:anywhere"
QUIET = "opacity:.8;font-size:.93em"
HATCHED = f"repeating-linear-gradient(135deg,{HELD} 0 3px,transparent 3px 7px)"
TINT = "rgba(0,114,178,.16)"
LEGEND = (
    "Read it from top to bottom: in each row one worker does one step, while the others stand still."
    " A bar along a lane: it holds a lock. Hatched: it waits. →: has just changed."
)


def html(verdict: Verdict) -> str:
    """Return the picture of a verdict."""
    colour = COLOURS.get(verdict.kind, BAD)
    head, rest = headline(verdict)
    told = f'<div style="font-size:1.15em"><b>{escape(head)}</b> {_safe(rest)}</div>'
    if verdict.schedule:
        told += f"<div>{_safe(verdict.why, 1000)}</div>"
    frame = f"border-left:6px solid {colour};padding:.2em .8em;margin:.3em 0"
    told = f'<div style="{frame}">{told}</div>'
    if not verdict.schedule:
        return f'<div style="max-width:60em">{told}<div style="padding:.2em 1.2em">{_safe(verdict.proof, 2000)}</div></div>'
    told += _Table(verdict).html()
    told += _folded("What was tried", f"<p>{_safe(verdict.proof, 2000)}</p>")
    return f"<div>{told}{_folded('As text', f'<pre>{escape(text(verdict))}</pre>')}</div>"


def _folded(head: str, body: str) -> str:
    return f'<details style="{QUIET}"><summary>{escape(head)}</summary>{body}</details>'


def _safe(words: str, most: int = 320) -> str:
    return escape(flat(words, most))


class _Table:
    """The table of one schedule."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict, self.names = verdict, verdict.names
        self.values = shown_values(verdict)
        self.is_one = len(self.values) > MOST_VALUES.get(len(self.names), 0)
        self.slots: dict[str, list[str]] = {name: [] for name in self.names}  # of bars, by their locks

    def html(self) -> str:
        """Return all of it."""
        body = self._first() + "".join(self._row(row) for row in rows(self.verdict)) + self._end()
        style = "width:100%;max-width:100%;border-collapse:collapse;border:0;table-layout:fixed"
        style += ";font-size:max(1em,14px);line-height:1.4;margin:.4em 0"
        caption = f'<caption style="caption-side:bottom;text-align:left;padding:.4em 0;color:inherit;{QUIET}">{LEGEND}</caption>'
        return f'<table style="{style}">{caption}{self._columns()}<thead>{self._head()}</thead><tbody>{body}</tbody></table>'

    def _columns(self) -> str:
        """Return how wide the columns are."""
        number = len(self.values) if not self.is_one else 1
        share = 0 if not self.values else 22 if self.is_one else min(14, 36 // number)
        lanes = "<col>" * len(self.names)
        values = f'<col style="width:{share}%">' * number if self.values else ""
        return f'<colgroup><col style="width:3em">{lanes}{values}</colgroup>'

    def _head(self) -> str:
        style = f"{CELL};border-bottom:2px solid currentColor;vertical-align:bottom"
        told = f'<th scope="col" style="{style}">step</th>'
        for name in self.names:
            told += f'<th scope="col" style="{style};font-size:1.1em">{_safe(name, 60)}</th>'
        for name in ["what they share"] if self.is_one else self.values:
            inner = _safe(name, 60) if self.is_one else f'<code style="{CODE}">{_safe(name, 60)}</code>'
            told += f'<th scope="col" style="{style}">{inner}</th>'
        return f'<tr style="background:transparent">{told}</tr>'

    def _first(self) -> str:
        """Return the row with the values at first."""
        if not self.values:
            return ""
        state = self.verdict.first
        told = f'<th scope="row" style="{CELL};font-weight:normal"></th>'
        told += f'<td colspan="{len(self.names)}" style="{CELL};{QUIET}">at first</td>'
        return self._line(told + "".join(self._values(state, set(), True)), f"border-bottom:1px solid {LINE}")

    def _row(self, row: Row) -> str:
        first, last = row.numbers
        number = str(first) if first == last else f"{first}-{last}"
        told = f'<th scope="row" style="{CELL};font-weight:normal;text-align:right">{number}</th>'
        for name in self.names:
            told += self._cell(name, row)
        told += "".join(self._values(row.step.state, row.changed))
        rule = f"border-top:1px solid {LINE}" if row.is_new_turn and not row.step.left else ""
        return (self._cut(row) if row.step.left else "") + self._line(told, rule)

    def _line(self, cells: str, rule: str = "") -> str:
        return f'<tr style="background:transparent;{rule}">{cells}</tr>'

    def _cut(self, row: Row) -> str:
        """Return the row between two that says who is left there."""
        left = row.step.left
        style = f"{CELL};border-top:3px dashed {BAD};border-bottom:3px dashed {BAD}"
        told = f'<th scope="row" style="{style};text-align:right;font-size:1.3em;line-height:1">✂\ufe0e</th>'
        for name in self.names:
            words = f"<b>{_safe(left, 60)} is left here, though it could go on</b>" if name == left else ""
            bars = self._bars(name, row, before=True)
            told += f'<td style="{style};{bars}">{words}</td>'
        values = 1 if self.is_one else len(self.values)
        return self._line(told + (f'<td colspan="{values}" style="{style}"></td>' if values else ""))

    def _cell(self, name: str, row: Row) -> str:
        words = row.first.get(name, "")
        if name != row.step.name:
            told = f'<span style="{QUIET}">{_safe(words)}</span>' if words else _sign(name, row)
            return f'<td style="{CELL};{self._bars(name, row)}">{told}</td>'
        told = f'<i style="{QUIET}">{_safe(row.says)}</i>' if row.is_folded else f"{_code(row)}<div>{_safe(row.says)}</div>"
        if words:
            told += f"<div>then <b>{_safe(words)}</b></div>"
        return f'<td style="{CELL};background-color:{TINT};{self._bars(name, row)}">{told}</td>'

    def _bars(self, name: str, row: Row, before: bool = False) -> str:
        """Return the style that draws the bars of a lane: of the locks held there, and of waiting."""
        bars = []
        slots = self.slots[name] if name in self.slots else []
        for lock in row.held.get(name, []):
            is_taken, is_let_go = (name, lock) in row.taken, (name, lock) in row.let_go
            if before and is_taken:
                continue
            if lock not in slots:
                slots.append(lock)
            x = slots.index(lock) % 3 * (BAR + GAP)
            bars.append(_bar(f"linear-gradient({HELD},{HELD})", x, is_taken, is_let_go and not before))
        room = len(slots[:3]) * (BAR + GAP)
        if not before and name in row.step.waits and (name != row.step.name or not bars):
            if name != row.step.name or row.first.get(name):
                bars.append(_bar(HATCHED, room, name == row.step.name, False))
                room += BAR + GAP
        elif not before and name in row.step.waits:
            room += BAR + GAP
        style = f"padding-left:{room + 8}px"
        return f"{style};background-image:{','.join(one for one, _ in bars)};background-size:{','.join(two.split('|')[0] for _, two in bars)};background-position:{','.join(two.split('|')[1] for _, two in bars)};background-repeat:no-repeat" if bars else style

    def _values(self, state: dict[str, str], changed: set[str], is_all: bool = False) -> Iterator[str]:
        """Yield the cells of what is shared."""
        if self.is_one:
            names = [name for name in self.values if is_all or name in changed]
            told = "".join(f"<div>{_value(state, name, changed, f'{name} ')}</div>" for name in names)
            yield f'<td style="{CELL}">{told}</td>'
            return
        for name in self.values:
            yield f'<td style="{CELL}">{_value(state, name, changed)}</td>'

    def _end(self) -> str:
        told = outcome(self.verdict)
        style = f"{CELL};border-top:3px solid currentColor"
        cells = f'<th scope="row" style="{style};text-align:right">end</th>'
        values = 1 if self.is_one and self.values else len(self.values)
        if "" in told:
            return self._line(f'{cells}<td colspan="{len(self.names) + values}" style="{style}"><b>{_safe(told[""], 600)}</b></td>')
        for name in self.names:
            words = told.get(name, "")
            words = f"<b>{_safe(words)}</b>" if name in self.verdict.outcomes else _safe(words)
            cells += f'<td style="{style}">{words}</td>'
        return self._line(cells + (f'<td colspan="{values}" style="{style}"></td>' if values else ""))


def _bar(image: str, x: int, begins: bool, ends: bool) -> tuple[str, str]:
    """Return the image of a bar, and its size and place; it is shorter where it begins or ends."""
    height = "calc(100% - .9em)" if begins or ends else "100%"
    return image, f"{BAR}px {height}|{x}px {'100%' if begins else '0'}"


def _sign(name: str, row: Row) -> str:
    """Return what stands for a bar where there are no styles."""
    sign = "┃" if row.held.get(name) else "┊" if name in row.step.waits else ""
    return f'<span aria-hidden="true" style="opacity:0">{sign}</span>' if sign else ""


def _value(state: dict[str, str], name: str, changed: set[str], before: str = "") -> str:
    told = f'<code style="{CODE}">{_safe(before + state.get(name, ""), LONGEST_VALUE)}</code>'
    return f"<b>→ {told}</b>" if name in changed else told


def _code(row: Row) -> str:
    before, marked, after = (escape(part) for part in clipped(row.step))
    if not (before or marked or after):
        return ""
    told = f'{before}<u style="text-decoration-thickness:2px;text-underline-offset:3px"><b>{marked}</b></u>{after}'
    line = f'<small style="opacity:.75">{row.step.line}</small> '
    return f'<div>{line}<code style="{CODE}">{told}</code></div>'

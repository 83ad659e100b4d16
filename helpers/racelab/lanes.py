"""The picture of an order that breaks a program: a lane for each worker, a row for each step.

It is a table of HTML, and all it says it says in words and signs too: a viewer may take the styles
away, as GitHub does. Where styles are left, a bar in a lane means that a lock is held, a hatched
one that the worker waits; what is done in a row stands on a tinted ground.
"""

from __future__ import annotations

import re
from html import escape

from helpers.look import STYLE_OF, with_code
from helpers.racelab.plain import SIGNS, text
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
from helpers.racelab.verdict import Badge, Verdict

__all__ = ["Table", "breakable", "html"]

BAD, OPEN, HELD, DULL = (STYLE_OF[one].fill for one in ("gil", "running", "lock", "sleep"))
COLOURS = {"ok": OPEN, "unknown": DULL}
MOST_VALUES = {1: 4, 2: 4, 3: 2, 4: 2}  # columns, by the number of workers; else all in one
LONGEST_VALUE = 60
LINE = "rgba(127,127,127,.45)"
CODE = (
    "font-family:var(--jp-code-font-family,monospace);white-space:pre-wrap;overflow-wrap:anywhere"
)
CODE += ";background:none;color:inherit;padding:0;font-size:1em"
CELL = "text-align:left;vertical-align:top;padding:4px 8px;border:0;overflow-wrap:anywhere"
NUMBER = f"{CELL};text-align:right;white-space:nowrap;font-weight:normal"
QUIET = "opacity:.8;font-size:.93em"
TINT = "rgba(45,140,210,.22)"
DRAWN = {  # how wide a bar is, and of what
    "held": (7, f"linear-gradient({HELD},{HELD})"),
    "waits": (7, f"repeating-linear-gradient(135deg,{HELD} 0 3px,transparent 3px 7px)"),
    "left": (4, f"repeating-linear-gradient({DULL} 0 4px,transparent 4px 9px)"),
}
NARROWEST, NARROWEST_VALUE = 126, 80  # pixels for words in a lane, and for a column of values
SLOT, SLOTS = 11, 3  # pixels for a bar, and how many stand beside each other
LEGEND = "Read it from top to bottom: in each row one worker does one step, the others stand still."
SIGNS_SAY = {  # what is told of the signs that occur
    "cut": "✂\ufe0e: a preemption, one worker is left for another.",
    "held": "Bar along a lane: it holds a lock.",
    "waits": "Hatched: it waits.",
    "left": "Dots: it was left, and could go on.",
    "changed": "→: has just changed.",
}


def html(verdict: Verdict) -> str:
    """Return the picture of a verdict."""
    colour = COLOURS.get(verdict.kind, BAD)
    head, rest = headline(verdict)
    told = f'<div style="font-size:1.15em"><b>{escape(head)}</b> {_safe(rest)}</div>'
    if verdict.kind not in PLAIN:  # of these it is the headline
        told += f"<div>{with_code(flat(verdict.why, 1000))}</div>"
    if verdict.badge:
        told += _badge(verdict.badge)
    frame = f"border-left:6px solid {colour};padding:.2em .8em;margin:.3em 0"
    told = f'<div style="{frame}">{told}</div>'
    if not verdict.schedule:
        proof = f'<div style="padding:.2em 1.2em">{with_code(verdict.proof)}</div>'
        return f'<div style="max-width:60em">{told}{proof}</div>'
    told += Table(verdict).html()
    if verdict.badge and verdict.badge.other:
        told += _folded("Another order, which this Python can do", html(verdict.badge.other))
    told += _folded("What was tried", f"<p>{with_code(verdict.proof)}</p>")
    return f"<div>{told}{_folded('As text', f'<pre>{escape(text(verdict))}</pre>')}</div>"


def _badge(badge: Badge) -> str:
    """Return whether this Python can do the order, in a frame; folded, how that was decided."""
    frame = "border:1px solid currentColor;border-radius:1em;padding:.1em .7em;white-space:nowrap"
    label = f'<span style="{frame}"><b>{escape(badge.label)}</b></span>'
    return _folded(label, f"<div>{with_code(badge.reasons())}</div>", ";margin-top:.4em")


def _folded(head: str, body: str, style: str = "") -> str:
    return f'<details style="{QUIET}{style}"><summary>{head}</summary>{body}</details>'


def _safe(words: str, most: int = 320) -> str:
    return escape(flat(words, most))


class Table:
    """The table of one schedule."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict, self.names = verdict, verdict.names
        self.rows = rows(verdict)
        self.values = shown_values(verdict)
        self.is_one = len(self.values) > MOST_VALUES.get(len(self.names), 0)
        self.value_columns = min(len(self.values), 1) if self.is_one else len(self.values)
        self.slots = {name: _slots(name, self.rows) for name in self.names}
        self.room = {name: _room(name, self.slots[name], self.rows) for name in self.names}

    def html(self) -> str:
        """Return all of it."""
        body = self._first() + "".join(map(self._row, self.rows))
        body += self._end() if self.verdict.kind else ""  # it is not over yet
        style = f"width:100%;min-width:{self._least()}px;border-collapse:collapse;border:0"
        style += ";table-layout:fixed"
        style += ";font-size:14px;line-height:20px;margin:.4em 0"
        under = f"caption-side:bottom;text-align:left;padding:.4em 0;color:inherit;{QUIET}"
        caption = f'<caption style="{under}">{self._legend()}</caption>'
        head = f"{caption}{self._columns()}<thead>{self._head()}</thead>"
        table = f'<table style="{style}">{head}<tbody>{body}</tbody></table>'
        return f'<div style="overflow-x:auto">{table}</div>'

    def _legend(self) -> str:
        """Return how it is to be read: the signs that occur."""
        found = {one.kind for row in self.rows for bars in row.bars.values() for one in bars}
        found |= {"cut" for row in self.rows if row.step.left}
        found |= {"changed" for row in self.rows if row.changed & {*self.values}}
        return " ".join([LEGEND, *(told for sign, told in SIGNS_SAY.items() if sign in found)])

    def _columns(self) -> str:
        """Return how wide the columns are."""
        share = 22 if self.is_one else min(14, 36 // max(self.value_columns, 1))
        values = f'<col style="width:{share}%">' * self.value_columns
        lanes = "<col>" * len(self.names)
        return f'<colgroup><col style="width:{self._number()}px">{lanes}{values}</colgroup>'

    def _number(self) -> int:
        """Return how many pixels the numbers of the steps need."""
        return 80 if any(row.is_folded for row in self.rows) else 52

    def _least(self) -> int:
        """Return with how many pixels no word is broken; where there are fewer, it is scrolled."""
        lane = max(self.room.values(), default=0) + NARROWEST
        return self._number() + len(self.names) * lane + self.value_columns * NARROWEST_VALUE

    def _head(self) -> str:
        style = f"{CELL};border-bottom:2px solid currentColor;vertical-align:bottom"
        told = f'<th scope="col" style="{style};text-align:right">step</th>'
        for name in self.names:
            pad = f"padding-left:{self.room[name]}px"
            told += f'<th scope="col" style="{style};font-size:1.15em;{pad}">{_safe(name, 60)}</th>'
        values = ["what they share"] if self.is_one and self.values else []
        for words in values or [_typed(breakable(_safe(name, 60))) for name in self.values]:
            told += f'<th scope="col" style="{style}">{words}</th>'
        return _line(told)

    def _first(self) -> str:
        """Return the row with the values at first."""
        if not self.values:
            return ""
        told = f'<th scope="row" style="{NUMBER}">0</th>'
        told += f'<td colspan="{len(self.names)}" style="{CELL};{QUIET}">at first</td>'
        told += self._values(self.verdict.first, set(), is_all=True)
        return _line(told, f"border-bottom:1px solid {LINE}")

    def _row(self, row: Row) -> str:
        first, last = row.numbers
        number = str(first) if first == last else f"{first}-{last}"
        told = f'<th scope="row" style="{NUMBER}">{number}</th>'
        told += "".join(self._cell(name, row) for name in self.names)
        told += self._values(row.step.state, row.changed)
        if row.step.left:
            return self._cut(row) + _line(told)
        return _line(told, f"border-top:1px solid {LINE}" if row.is_new_turn else "")

    def _cut(self, row: Row) -> str:
        """Return the row between two that says who is left there."""
        left = row.step.left
        style = f"border-top:3px dashed {BAD};border-bottom:3px dashed {BAD}"
        told = f'<th scope="row" style="{NUMBER};{style};font-size:1.3em">✂\ufe0e</th>'
        for name in self.names:
            words = (
                f"<b>{_safe(left, 60)} is left here, though it could go on</b>"
                if name == left
                else ""
            )
            told += f'<td style="{self._lane(name, row.before)};{style}">{words}</td>'
        return _line(told + self._no_values(style))

    def _cell(self, name: str, row: Row) -> str:
        """Return what a worker does in a row, or that it stands still."""
        words = _safe(row.notes.get(name, ""))
        style = self._lane(name, row.bars)
        if name != row.step.name:
            told = (
                f'<span style="{QUIET}">{words}</span>' if words else _sign(row.bars.get(name, []))
            )
            return f'<td style="{style}">{told}</td>'
        code = (
            f"<i>{_safe(row.says)}</i>"
            if row.is_folded
            else f"{_code(row)}<div>{_safe(row.says)}</div>"
        )
        then = f"<div>then <b>{words}</b></div>" if words else ""
        return f'<td style="{style};background-color:{TINT}">{code}{then}</td>'

    def _lane(self, name: str, bars: Bars) -> str:
        """Return the style of a cell in a lane, with the bars along it."""
        style = f"{CELL};padding-left:{self.room[name]}px"
        drawn = [_bar(one, at) for one, at in _placed(bars.get(name, []), self.slots[name])]
        if not drawn:
            return style
        images, sizes, places = (",".join(parts) for parts in zip(*drawn, strict=True))
        style += f";background-image:{images};background-size:{sizes}"
        return f"{style};background-position:{places};background-repeat:no-repeat"

    def _values(self, state: dict[str, str], changed: set[str], is_all: bool = False) -> str:
        """Return the cells of what is shared."""
        if not self.is_one:
            cells = [_value(state.get(name, ""), name in changed) for name in self.values]
            return "".join(f'<td style="{CELL}">{told}</td>' for told in cells)
        names = [name for name in self.values if is_all or name in changed]
        told = [
            _value(f"{name} {state.get(name, '')}", name in changed or is_all) for name in names
        ]
        return (
            f'<td style="{CELL}">{"".join(f"<div>{one}</div>" for one in told)}</td>'
            if self.values
            else ""
        )

    def _no_values(self, style: str) -> str:
        return (
            f'<td colspan="{self.value_columns}" style="{CELL};{style}"></td>'
            if self.values
            else ""
        )

    def _end(self) -> str:
        """Return the row of what came of it."""
        told = outcome(self.verdict)
        style = "border-top:3px solid currentColor"
        cells = f'<th scope="row" style="{NUMBER};{style};font-weight:bold">end</th>'
        if "" in told:
            wide = len(self.names) + self.value_columns
            words = f"<b>{with_code(flat(told[''], 600))}</b>"
            return _line(f'{cells}<td colspan="{wide}" style="{CELL};{style}">{words}</td>')
        for name in self.names:
            words = _safe(told.get(name, ""))
            words = f"<b>{words}</b>" if name in self.verdict.outcomes else words
            cells += f'<td style="{self._lane(name, self.rows[-1].after())};{style}">{words}</td>'
        return _line(cells + self._no_values(style))


def _slots(name: str, made: list[Row]) -> list[str]:
    """Return the locks that a worker ever holds: each has a bar in a place of its own."""
    bars = [one.name for row in made for one in row.bars.get(name, []) if one.kind == "held"]
    return [*dict.fromkeys(bars)]


def _room(name: str, slots: list[str], made: list[Row]) -> int:
    """Return how much room the bars of a lane need, in pixels."""
    places = [at for row in made for _, at in _placed(row.bars.get(name, []), slots)]
    return 8 + max((at + SLOT for at in places), default=0)


def _placed(bars: list[Bar], slots: list[str]) -> list[tuple[Bar, int]]:
    """Return where each bar stands: waiting is beside the locks that are held meanwhile."""
    held = [(one, slots.index(one.name) % SLOTS * SLOT) for one in bars if one.kind == "held"]
    beside = max((at + SLOT for _, at in held), default=0)
    return held + [(one, beside) for one in bars if one.kind != "held"]


def _bar(bar: Bar, at: int) -> tuple[str, str, str]:
    """Return the image of a bar, its size and its place; it is shorter where it begins or ends."""
    width, image = DRAWN[bar.kind]
    height = "calc(100% - 14px)" if bar.begins or bar.ends else "100%"
    return image, f"{width}px {height}", f"{at}px {'100%' if bar.begins else '0'}"


def _line(cells: str, rule: str = "") -> str:
    return f'<tr style="background:transparent;border:0;{rule}">{cells}</tr>'


def _sign(bars: list[Bar]) -> str:
    """Return what stands for a bar where there are no styles."""
    sign = SIGNS[bars[0].kind] if bars else ""
    return f'<span aria-hidden="true" style="opacity:0">{sign}</span>' if sign else ""


def _typed(words: str) -> str:
    return f'<code style="{CODE}">{words}</code>'


def _value(told: str, has_changed: bool) -> str:
    words = _typed(_safe(told, LONGEST_VALUE))
    return f"<b>→ {words}</b>" if has_changed else f'<span style="opacity:.65">{words}</span>'


def _code(row: Row) -> str:
    """Return the source line, what is done in it marked."""
    before, marked, after = (breakable(escape(part)) for part in clipped(row.step))
    if not (before or marked or after):
        return ""
    mark = "text-decoration-thickness:2px;text-underline-offset:3px"
    told = _typed(f'{before}<u style="{mark}"><b>{marked}</b></u>{after}')
    return f'<div><small style="opacity:.75">{row.step.line}</small>&nbsp;{told}</div>'


def breakable(code: str) -> str:
    """Let code go on in another line at its dots and brackets, where it is too long for one."""
    return re.sub(r"(?<=\w)(?=\.[^\W\d])|(?<=[(\[])", "<wbr>", code)

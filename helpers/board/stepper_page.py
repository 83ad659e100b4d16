"""A position of the stepper as a page: the workers and their sources, what they share, the locks.

Where one stands is marked by a tinted line and an arrow; what it does next is underlined and told
in words; a lock is a box with the name of who holds it, and who waits stands in a row beside it.
"""

from __future__ import annotations

from html import escape

from helpers.look import with_code
from helpers.racelab.deeds import deed, next_deed
from helpers.racelab.lanes import Table, breakable
from helpers.racelab.position import Guard, Position, Seat
from helpers.racelab.verdict import Verdict

__all__ = ["page"]

MOST_LINES, AROUND = 18, 6  # lines of a function that are shown; before the one that is next
SLOTS = 6  # of a semaphore that are drawn
NBSP, NEW_LINE = "&nbsp;", "\n"  # for where the styles are taken away


def page(position: Position, before: Position | None, say: str, kind: str = "") -> str:
    """Return a position as HTML, without the style sheet.

    Args:
        position: is shown.
        before: the one before it; what has changed since is marked.
        say: what is said above it, `code` between backticks.
        kind: of what is said: 'won', 'held' or ''.
    """
    told = f'<div class="say {kind}" role="status">{with_code(say)}</div>'
    told += f'<div class="seats">{"".join(_seat(one, position) for one in position.seats)}</div>'
    told += f'<div class="both">{_values(position, before)}{_guards(position)}</div>'
    return f'<div class="lanes-step">{told}{_steps(position)}</div>'


# the workers


def _seat(seat: Seat, position: Position) -> str:
    """Return a worker: whether it can go on, where it stands, what it did and does next."""
    kind = "ended" if seat.end else "" if seat.can_go else "over" if position.kind else "waits"
    did = next((one for one in reversed(position.steps) if one.worker == seat.number), None)
    told = f'<div class="name">{escape(seat.name)}</div>'
    told += f'<div class="quiet did">{f"did: {with_code(deed(did))}" if did else ""}</div>'
    told += f'<div class="does">{_does(seat, kind)}</div>{_source(seat)}'
    values = escape(", ".join(f"{name} = {value}" for name, value in seat.variables.items()))
    told += f'<div class="quiet">its own: <code>{values}</code></div>' if values else ""
    return f'<div class="seat {kind}">{told}</div>'


def _does(seat: Seat, kind: str) -> str:
    if kind == "ended":
        return f"■ {escape(seat.end)}"
    if kind == "waits" or (kind and seat.waits):
        return f"▨ {escape(seat.waits or 'cannot go on')}"
    then = with_code(next_deed(seat.what, seat.thing))
    return f"next: {then}" if kind else f"▶ next: <b>{then}</b>"


def _source(seat: Seat) -> str:
    """Return the function in which a worker stands, the line that is next marked."""
    here = seat.line - seat.first if seat.line else -1
    start = 0
    if len(seat.source) > MOST_LINES:
        start = min(max(here - AROUND, 0), len(seat.source) - MOST_LINES)
    margin = min((_indent(one) for one in seat.source if one.strip()), default=0)
    told = []
    for n, text in enumerate(seat.source[start : start + MOST_LINES], start):
        inner = max(_indent(text) - margin, 0)
        number = f"<i>{'▶' if n == here else ''}{seat.first + n} </i>"
        code = _marked(text.strip(), seat) if n == here else _code(text.strip())
        attributes = f'class="{"here" if n == here else ""}" style="--in: {inner}"'
        told.append(f"<span {attributes}>{number}{NBSP * inner}{code}</span>")
    return f'<pre class="code">{NEW_LINE.join(told)}</pre>'


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _marked(text: str, seat: Seat) -> str:
    start, end = seat.columns
    before, next_, after = map(_code, (text[:start], text[start:end], text[end:]))
    return f"{before}<u>{next_}</u>{after}"


def _code(text: str) -> str:
    return breakable(escape(text))


# what they share


def _values(position: Position, before: Position | None) -> str:
    told = ""
    for name, value in position.state.items():
        has_changed = before is not None and before.state.get(name) != value
        shown = f"<code>{escape(value)}</code>"
        shown = f"<b>→ {shown}</b>" if has_changed else shown
        told += f'<div class="value"><code>{escape(name)}</code> <span>{shown}</span></div>'
    return _box("what they share", told or '<div class="quiet">nothing that could be shown</div>')


def _guards(position: Position) -> str:
    if not position.guards:
        return ""
    return _box("locks, and who waits", "".join(map(_guard, position.guards)))


def _guard(guard: Guard) -> str:
    told = f"<code>{escape(guard.name)}</code> {_slots(guard)}"
    if guard.waiters:
        told += " waiting: " + " ".join(
            f'<span class="queue">{escape(one)}</span>' for one in guard.waiters
        )
    return f'<div class="guard">{told}</div>'


def _slots(guard: Guard) -> str:
    """Return the boxes of a lock: one for each that can hold it."""
    taken = [f'<span class="slot taken">{escape(one)}</span>' for one in guard.holders]
    if guard.kind == "semaphore":
        left = int(guard.state.partition(" ")[0])
        free = ['<span class="slot free">free</span>'] * min(left, SLOTS)
        more = [f"and {left - SLOTS} more"] if left > SLOTS else []
        return " ".join([*taken, *free, *more])
    if taken:
        return " ".join(taken)
    return f'<span class="slot free">{escape(guard.state)}</span>'


def _box(title: str, inside: str) -> str:
    return f'<div><div class="title">{title}</div>{inside}</div>'


def _steps(position: Position) -> str:
    """Return the order so far, as the picture of a verdict shows it."""
    if not position.steps:
        return ""
    so_far = Verdict(position.kind, position.why, 0, "", 0.0)
    so_far.schedule, so_far.first = position.steps, position.first
    so_far.names = [one.name for one in position.seats]
    so_far.outcomes = {one.name: one.end for one in position.seats if one.end}
    return f'<div class="title">the order so far</div>{Table(so_far).html()}'

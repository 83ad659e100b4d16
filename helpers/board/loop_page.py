"""One iteration of an event loop in words: what select did, the timers, the queue and its turns."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from helpers.board.loop_look import box, rows, swatch, words_of
from helpers.look import duration
from helpers.timeline.rows import count

if TYPE_CHECKING:
    from helpers.recorder.iterations import Call, Iteration, Turn

__all__ = ["Page"]

MOST_CALLS, MOST_TIMERS, MOST_EVENTS = 10, 6, 4  # rows that each box has at most
BAR = 4.5  # em: the length of the bar of the longest turn
COLUMNS = '<span class="dim">took</span><span class="dim">then</span>'
PLAIN = {  # what asyncio's own callbacks do; {} is the task they do it for
    "_set_result_unless_cancelled": "wakes {}",
    "gather.<locals>._done_callback": "tells gather: {} is done",
    "_wait.<locals>._on_completion": "tells wait: {} is done",
    "_release_waiter": "ends the wait of {}",
    "TaskGroup._on_task_done": "tells the group: {} is done",
    "Timeout._on_timeout": "time-out of {}",
    "TimeoutHandle.__call__": "time-out of aiohttp",
    "_run_until_complete_cb": "stops the loop: {} is done",
    "_weakref_handle": "clean-up of aiohttp",
    "BaseSelectorEventLoop._read_from_self": "another thread woke the loop",
    "_chain_future.<locals>._set_state": "takes over a result for {}",
    "BaseSelectorEventLoop._sock_connect_cb": "a socket is connected",
    "BaseSelectorEventLoop._sock_write_done": "ends the watch of a socket",
    "_SelectorSocketTransport._read_ready": "reads from a socket",
    "_SelectorTransport._read_ready": "reads from a socket",
}


class Page:
    """Tells one iteration after the other, each on as many rows as the longest one needs."""

    def __init__(self, iterations: list[Iteration], elapsed: float) -> None:
        self.iterations, self.elapsed = iterations, elapsed
        self.loops = {one.loop for one in iterations}
        self.calls = _room((len(one.turns) for one in iterations), MOST_CALLS)
        timers = (len(one.timers) + one.more_timers for one in iterations)
        self.timers = _room(timers, MOST_TIMERS)
        self.events = _room((len(one.came) for one in iterations), MOST_EVENTS)
        self.sockets = any(one.watched or one.came for one in iterations)

    def html(self, number: int) -> str:
        """Return one iteration, `number` from 0."""
        one = self.iterations[number]
        head = f"Iteration {number + 1} of {len(self.iterations)}"
        head += f", loop {one.loop + 1}" if len(self.loops) > 1 else ""
        head += f", at {duration(one.start, beside=self.elapsed)}"
        left = box("select", self._selected(one))
        if self.timers:
            left += box("timers set", self._timers(one))
        return (
            f'<div role="status"><div class="row head">{head}</div>'
            f'<div class="row story">{_story(one)}</div></div>'
            f'<div class="boxes"><div class="box">{left}</div>'
            f"{box('the queue, from the top', self._queue(one), COLUMNS)}</div>"
        )

    def _selected(self, one: Iteration) -> str:
        due = (
            "no timer was set" if one.asked is None else f"a timer was due in {duration(one.asked)}"
        )
        told = f"waited {duration(one.waited)}: {due}" if one.asked != 0 else "did not wait"
        made = [_row(told if one.whole else "not seen")]
        if self.sockets:
            made.append(_row(_watched(one), "dim"))
        came = [_row("  " + escape(words)) for words in one.came]
        made += _cut(came, len(came), MOST_EVENTS)
        return rows(made, 1 + self.sockets + self.events)

    def _timers(self, one: Iteration) -> str:
        made = [
            f'<div class="row timer"><span>{_due(seconds)}</span><span>{_name(call)}</span></div>'
            for seconds, call in one.timers
        ]
        made = made or [_row("none", "dim")]
        return rows(_cut(made, len(made) + one.more_timers, MOST_TIMERS), self.timers)

    def _queue(self, one: Iteration) -> str:
        longest = max((turn.took for turn in one.turns), default=0) or 1
        shown = enumerate(one.turns[:MOST_CALLS], 1)
        made = [_ran(place, turn, longest) for place, turn in shown]
        return rows(_cut(made, len(one.turns), MOST_CALLS), self.calls)


def _room(numbers: Iterable[int], most: int) -> int:
    """Return how many rows are needed; what goes beyond the most is told in one more."""
    return min(max(numbers, default=0), most + 1)


def _cut(made: list[str], number: int, most: int) -> list[str]:
    """Return at most so many rows; one more then tells how many of the number are left out."""
    if number <= most:
        return made
    return [*made[:most], _row(f"and {number - most} more", "dim")]


def _row(words: str, kind: str = "") -> str:
    return f'<div class="row {kind}">{words}</div>'


def _watched(one: Iteration) -> str:
    """Return what select watched, before what came of it."""
    watched = f"{count(one.watched, 'socket')} watched" if one.watched else "no socket watched"
    return f"{watched}; what came:" if one.came else watched


def _due(seconds: float) -> str:
    return f"in {duration(seconds)}" if seconds > 0 else "now"


def _story(one: Iteration) -> str:
    """Return in a sentence what happened."""
    if held := next((turn for turn in one.turns if turn.held), None):
        return (
            f"<b>{escape(held.call.name)} blocked the loop for {duration(held.took)}, hardly on a "
            "core: nothing else could run.</b>"
        )
    if not one.whole:
        return "The cell began within this iteration; what came before was not recorded."
    told = _waited(one)
    if one.level:  # asyncio.run() under nest-asyncio
        told = f"Within an iteration of the notebook, {told[0].lower()}{told[1:]}"
    spent = sum(turn.took for turn in one.turns)
    return f"{told} {count(len(one.turns), 'turn')} took {duration(spent)}."


def _waited(one: Iteration) -> str:
    if one.asked == 0:
        why = "The queue was not empty" if len(one.ready) else "A timer was due"
        return f"{why}, so the loop did not wait."
    until = "something came" if one.came else "a timer was due"
    return f"The queue was empty, so the loop waited until {until}."


def _ran(place: int, turn: Turn, longest: float) -> str:
    """Return the row of one turn: who, how long, and what the task did then."""
    state = turn.then if turn.call.kind == "task" else ""
    then = f"{swatch(state)}{words_of(state)}" if state else ""
    return (
        f'<div class="row call"><span class="dim">{place}</span><span>{_name(turn.call)}</span>'
        f"<span>{_bar(turn, longest)}{duration(turn.took)}</span><span>{then}</span></div>"
    )


def _bar(turn: Turn, longest: float) -> str:
    """Return a turn's length: tall for its time on a core, thin for the rest."""
    long = max(BAR * turn.took / longest, 0.15)
    on_core = long * turn.cpu / turn.took if turn.cpu < turn.took else long  # or not known
    parts = swatch("running", on_core) + swatch("waiting", long - on_core)
    return f'<span class="bar">{parts}</span>'


def _name(call: Call) -> str:
    """Return a call in words, as HTML."""
    if call.kind == "task":
        return f"<b>{escape(call.name)}</b>"
    if call.kind == "notebook":
        return '<span class="dim">the notebook\'s own</span>'
    who = escape(call.name.partition(" (")[0])
    plain = PLAIN.get(call.function)
    if plain:
        return plain.format(who or "a task")
    function = call.function.removesuffix(".__call__").rpartition(".")[2]
    return f"<code>{escape(function)}</code>" + (f" for {who}" if who else "")

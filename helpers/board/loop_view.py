"""The loop view: an event loop, iteration by iteration, with a slider through time.

Above it the picture of the recording; below, for the iteration that was chosen, what `select`
waited for, what then stood in the queue, what was run, in this order, and the lines of source at
which the tasks went on and stopped.
"""

from __future__ import annotations

import linecache
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from html import escape
from math import inf
from typing import TYPE_CHECKING, Any

from helpers.look import AXIS, INK, SECONDARY, STYLE_OF, duration
from helpers.timeline import Picture, draw
from helpers.timeline.page import INSIDE, NAMES, PIXELS, WIDTH

if TYPE_CHECKING:
    from helpers.recorder.iterations import Call, Iteration, Place, Turn
    from helpers.recorder.loop_log import LoopLog
    from helpers.recorder.recording import Recording

__all__ = ["LoopView"]

AROUND = 2  # lines of source shown before and after one that matters
TOUCH = 0.6  # pixels: bars no further apart are one
THEN = {
    "finished": "is finished",
    "failed": "raised an exception",
    "cancelled": "is cancelled",
    "ready": "joins the queue again",
    "sleep": "sleeps",
    "network": "waits for the network",
    "lock": "waits for another task",
    "pipe": "waits for a pipe",
    "child": "waits for a child process",
    "awaiting": "awaits",
    "": "",
}
BLUE, GREY = STYLE_OF["running"].fill, STYLE_OF["sleep"].fill
LOOK = f"""<style>
.lanes-loop {{ color: {INK}; font: 14px/1.45 'DejaVu Sans', sans-serif;
  max-width: {WIDTH * PIXELS:g}px }}
.lanes-loop h4 {{ font-size: 16px; margin: 0.2em 0 0.5em }}
.lanes-loop .boxes {{ display: grid; grid-template-columns: 1fr 1fr 1.35fr; gap: 0 1.1em }}
.lanes-loop .box {{ border-top: 3px solid {AXIS}; padding-top: 0.25em }}
.lanes-loop .box > b {{ display: block }}
.lanes-loop .dim {{ color: {SECONDARY} }}
.lanes-loop .call {{ display: block; margin: 0.15em 0; padding: 0 0.45em;
  border-left: 5px solid {AXIS};
  overflow-wrap: anywhere }}
.lanes-loop .task {{ border-color: {BLUE} }}
.lanes-loop .bar {{ display: inline-block; height: 0.75em; min-width: 2px; background: {BLUE};
  margin-right: 0.4em }}
.lanes-loop .bar.wait {{ background: {GREY}; height: 3px; vertical-align: middle }}
.lanes-loop pre {{ margin: 0.2em 0; font: 13px/1.5 monospace; overflow-x: auto }}
.lanes-loop pre b {{ background: #e3eff7 }}
.lanes-loop pre i {{ color: {BLUE}; font-style: normal; font-weight: bold }}
</style>"""


class LoopView:
    """What the event loops of a cell did; it shows itself with a slider.

    Attributes:
        run: the Recording of the cell.
        iterations: list of `helpers.recorder.iterations.Iteration`, in the order of their begin,
            without those in which a notebook's loop did nothing for the cell.
        lost: iterations that were too many to be kept.
    """

    def __init__(self, run: Recording, log: LoopLog, title: str) -> None:
        self.run, self.title, self.lost = run, title, log.lost
        self.iterations = [one for one in log.iterations if _matters(one)]

    def __repr__(self) -> str:
        return "<LoopView>"

    def page(self, number: int) -> str:
        """Return one iteration as HTML; `number` counts from 0."""
        one = self.iterations[number]
        loops = {other.loop for other in self.iterations}
        head = f"Iteration {number + 1} of {len(self.iterations)}"
        head += f", loop {one.loop + 1}" if len(loops) > 1 else ""
        head += f", at {duration(one.start, beside=self.run.elapsed)}"
        within = "It ran within an iteration that was under way." if one.level else ""
        boxes = f"{_selected(one)}{_queued(one)}{_ran(one)}"
        return (
            f'{LOOK}<div class="lanes-loop"><h4>{head}</h4><div class="dim">{within}</div>'
            f'<div class="boxes">{boxes}</div>{_sources(one.turns)}</div>'
        )

    def strip(self, number: int) -> str:
        """Return the loop's own lane as an SVG under the picture: its turns, and the iteration."""
        wide = WIDTH * PIXELS
        scale = INSIDE * PIXELS / self.run.elapsed
        left = NAMES * PIXELS
        one = self.iterations[number]
        bars = "".join(_bars(self.iterations, scale, left))
        x, x2 = left + one.start * scale, left + one.end * scale
        mark = (
            f'<rect x="{x:.1f}" y="2" width="{max(x2 - x, 1):.1f}" height="30" fill="{BLUE}" '
            f'fill-opacity="0.15"/><path d="M{x - 5:.1f} 0h10l-5 8z" fill="{INK}"/>'
        )
        line = f'<path d="M{left} 20H{left + INSIDE * PIXELS}" stroke="{AXIS}"/>'
        words = (
            f'<text x="{left - 8}" y="25" text-anchor="end" font-size="15" '
            f'font-family="\'DejaVu Sans\', sans-serif" fill="{INK}">the loop</text>'
        )
        return (
            f'<svg viewBox="0 0 {wide:g} 36" width="{wide:g}" style="max-width: 100%; display: '
            f'block" role="img" aria-label="iteration {number + 1}">{line}{bars}{mark}{words}</svg>'
        )

    @cached_property
    def picture(self) -> Picture:
        """The picture of the recording."""
        return draw(self.run, title=self.title)

    @cached_property
    def widgets(self) -> Any:
        """The picture, the loop's lane, a slider through its iterations, and the one chosen."""
        import ipywidgets as w

        strip, page = w.HTML(self.strip(0)), w.HTML(self.page(0))
        slider = w.IntSlider(1, min=1, max=len(self.iterations), description="iteration")
        slider.layout.width = "95%"
        back, on = (w.Button(description=words) for words in ("one back", "one on"))
        for button, step in ((back, -1), (on, 1)):
            button.layout.width = "7em"
            button.on_click(lambda _, step=step: setattr(slider, "value", slider.value + step))

        def move(change: Any) -> None:
            strip.value, page.value = self.strip(change["new"] - 1), self.page(change["new"] - 1)

        slider.observe(move, "value")
        return w.VBox([w.HTML(self.picture.html()), strip, slider, w.HBox([back, on]), page])

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shown, about = self.picture._repr_mimebundle_()
        if self.iterations:
            shown = dict(self.widgets._repr_mimebundle_()) | shown
        return shown | {"text/plain": repr(self)}, about


def _matters(one: Iteration) -> bool:
    """Say whether an iteration did anything for the code that was watched."""
    return any(turn.call.kind != "notebook" for turn in one.turns)


def _selected(one: Iteration) -> str:
    """Return what select did, and the timers."""
    if not one.whole:
        told = "The cell began within this iteration, so its begin was not seen."
    elif one.asked == 0:
        told = "It only looked: the queue was not empty." if len(one.ready) else "It only looked."
    else:
        limit = "for ever" if one.asked is None else duration(one.asked)
        told = f"It waited {duration(one.waited)} (at most {limit})."
    watched = f"{one.watched} {'socket' if one.watched == 1 else 'sockets'} watched"
    came = "".join(f'<span class="call">{escape(words)}</span>' for words in one.came)
    timers = "".join(
        f'<span class="call">in {duration(max(seconds, 0))}: {_name(call)}</span>'
        for seconds, call in one.timers[:6]
    )
    more = len(one.timers) + one.more_timers - 6
    timers += f'<span class="call dim">and {more} more</span>' if more > 0 else ""
    parts = [f"<b>select</b>{told}"]
    if one.watched or came:
        parts.append(f'<br><span class="dim">{watched}; what came:</span>{came or " nothing"}')
    if timers:
        parts.append(f'<b style="margin-top: 0.6em">timers</b>{timers}')
    return _box("".join(parts))


def _queued(one: Iteration) -> str:
    calls = "".join(_called(call) for call in one.queue.calls[:12])
    more = len(one.queue) - 12
    calls += f'<span class="call dim">and {more} more</span>' if more > 0 else ""
    return _box(f"<b>the queue</b>{calls or '<span class=dim>not seen</span>'}")


def _ran(one: Iteration) -> str:
    longest = max((turn.end - turn.start for turn in one.turns), default=0) or 1
    rows = ""
    for turn in one.turns[:12]:
        took = turn.end - turn.start
        bar = f'<span class="bar" style="width: {5 * took / longest:.2f}em"></span>'
        then = THEN[turn.then]
        rows += (
            f'<span class="call {turn.call.kind}">{_name(turn.call)}<br>{bar}{duration(took)}'
            f'<span class="dim">{", then " + then if then else ""}</span></span>'
        )
    more = len(one.turns) - 12
    rows += f'<span class="call dim">and {more} more</span>' if more > 0 else ""
    return _box(f"<b>ran</b>{rows}")


def _box(inside: str) -> str:
    return f'<div class="box">{inside}</div>'


def _called(call: Call) -> str:
    return f'<span class="call {call.kind}">{_name(call)}</span>'


def _name(call: Call) -> str:
    """Return a call in words, as HTML."""
    if call.kind == "notebook":
        return "<span class=dim>the notebook's own</span>"
    if call.kind == "task":
        return escape(call.name)
    function = f"<code>{escape(call.function.rpartition('.')[2])}</code>"
    what = "timer" if call.kind == "timer" else "callback"
    of = f" of {escape(call.name)}" if call.name else ""
    return f'<span class="dim">{what}{of} {function}</span>'


def _sources(turns: list[Turn]) -> str:
    """Return the lines of source that matter, with what goes on and what stops there."""
    marks: dict[Place, list[str]] = {}
    for turn in turns:
        name = turn.call.name.partition(" (")[0]
        if turn.call.place:
            marks.setdefault(turn.call.place, []).append(f"▶ {name}")
        if turn.stops:
            marks.setdefault(turn.stops, []).append(f"■ {name}")
    files: dict[str, set[int]] = {}
    for file, line in marks:
        files.setdefault(file, set()).add(line)
    return "".join(_source(file, lines, marks) for file, lines in files.items())


def _source(file: str, lines: set[int], marks: dict[Place, list[str]]) -> str:
    text = linecache.getlines(file)
    shown = {n for line in lines for n in range(line - AROUND, line + AROUND + 1)}
    rows, last = [], 0
    for n in sorted(shown & set(range(1, len(text) + 1))):
        if last and n > last + 1:
            rows.append('<span class="dim">   …</span>')
        code = escape(text[n - 1].rstrip("\n"))
        told = marks.get((file, n))
        code = f"<b>{code}</b>  <i>{escape(_short(told))}</i>" if told else code
        rows.append(f'<span class="dim">{n:3}</span> {code}')
        last = n
    return f"<pre>{chr(10).join(rows)}</pre>" if rows else ""


def _short(told: list[str]) -> str:
    return "  ".join(told[:4]) + (f"  and {len(told) - 4} more" if len(told) > 4 else "")


def _bars(iterations: list[Iteration], scale: float, left: float) -> Iterator[str]:
    """Give a bar for each turn; those that would touch become one.

    A turn within which other iterations ran, as under nest-asyncio, is no bar: theirs stand there.
    """
    begins = sorted(one.start for one in iterations)
    begin = end = -inf
    for turn in sorted((turn for one in iterations for turn in one.turns), key=lambda t: t.start):
        if bisect_right(begins, turn.end) > bisect_right(begins, turn.start):
            continue
        x, x2 = left + turn.start * scale, left + max(turn.end * scale, turn.start * scale + 1)
        if x <= end + TOUCH:
            end = max(end, x2)
            continue
        if end > -inf:
            yield _bar(begin, end)
        begin, end = x, x2
    if end > -inf:
        yield _bar(begin, end)


def _bar(x: float, x2: float) -> str:
    return f'<rect x="{x:.1f}" y="10" width="{x2 - x:.1f}" height="20" fill="{BLUE}"/>'

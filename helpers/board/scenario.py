"""What if: sliders for a job's kind, number and size; the prediction moves at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

from helpers.aside import aside
from helpers.chooser import compare
from helpers.chooser.measure import charges
from helpers.chooser.predict import Machine, Prediction, Work, predicted
from helpers.chooser.probe import Cost
from helpers.chooser.verdict import WORTH
from helpers.cores import usable_cores
from helpers.look import GRID, INK, SECONDARY, STYLE_OF, duration
from helpers.screen import enlarge
from helpers.voice import say, voice
from helpers.workers import count

__all__ = ["WhatIf", "job", "what_if"]

FEW, MANY = 1, 4  # workers for which it is measured what a way costs by itself
MOST = 100_000_000  # bytes of all items that are measured
AT_ONCE = 0.2  # seconds: a press that comes so soon after a measurement was made during it; the
# button is not switched off meanwhile, because it would lose the focus
ROUNDS = 200_000  # of the loop by which it is measured how many take a millisecond
SLIDERS: dict[str, tuple[str, list[int]]] = {
    "waits": ("waiting, % of the time", [*range(0, 101, 10)]),
    "milliseconds": ("milliseconds a call", [1, 2, 5, 10, 20, 50, 100]),
    "jobs": ("calls", [1, 2, 5, 10, 20, 50, 100]),
    "workers": ("at a time", [1, 2, 3, 4, 6, 8, 12, 16, 32]),
    "kilobytes": ("kB handed over to each", [0, 10, 100, 1000, 10000]),
}
BEGIN = {"waits": 0, "milliseconds": 1, "jobs": 20, "workers": 4, "kilobytes": 0}


def what_if() -> WhatIf:
    """Show sliders for a job, and how long each technique should take for it on this machine.

    A button measures it. It takes a second or two to find out what this machine charges.
    """
    few, many = aside("what if", lambda stop: charges((FEW, MANY), max(2, usable_cores()), stop))
    began = time.perf_counter()
    count(ROUNDS)
    return WhatIf(few, many, ROUNDS / (time.perf_counter() - began))


def job(item: tuple[float, int, bytes]) -> int:
    """Wait for some seconds, add up some numbers in a plain loop, and return the size of data."""
    seconds, rounds, data = item
    time.sleep(seconds)
    count(rounds)
    return len(data)


@dataclass
class WhatIf:
    """A job that is described by numbers, and what this machine charges.

    Attributes:
        few, many: what it charges with one worker, and with four.
        speed: rounds of a plain loop in a second.
        values: what the sliders say.
        page: the predictions, as HTML.
    """

    few: Machine
    many: Machine
    speed: float

    def __post_init__(self) -> None:
        self.values = dict(BEGIN)
        self.page = self._page()
        self._measured = -AT_ONCE

    def predictions(self) -> dict[str, Prediction]:
        """Return what is predicted for each technique."""
        now = self.values
        wall, size = now["milliseconds"] / 1e3, 1000 * now["kilobytes"]
        cost = Cost(wall, wall * (1 - now["waits"] / 100), size=size)
        work = Work([cost] * now["jobs"], 1.0, False)
        workers = min(now["workers"], now["jobs"])
        return {
            way: predicted(way, work, 1 if way == "in turn" else workers, self._machine(workers))
            for way in self.few.ways
        }

    def _machine(self, workers: int) -> Machine:
        """Return what the machine charges for so many workers: a line through what was measured."""
        part = (workers - FEW) / (MANY - FEW)
        ways = {}
        for way, (start, each) in self.few.ways.items():
            more = self.many.ways[way][0] - start
            ways[way] = (max(start / 2, start + part * more), each)
        return Machine(min(self.few.cores, max(1.0, workers)), self.few.byte, ways)

    def measure(self) -> Any:
        """Measure it, and return the `Comparison`."""
        now = self.values
        seconds = now["milliseconds"] / 1e3
        waits = seconds * now["waits"] / 100
        rounds, size = int((seconds - waits) * self.speed), 1000 * now["kilobytes"]
        jobs = now["jobs"] if size * now["jobs"] <= MOST else max(1, MOST // size)
        items = [(waits, rounds, bytes(size)) for _ in range(jobs)]  # else one would be sent once
        return compare(job, items, workers=now["workers"])

    def _page(self) -> str:
        found = self.predictions()
        end = max(one.high for one in found.values())
        least = min(one.seconds for one in found.values())
        best = next(way for way in found if found[way].seconds <= WORTH * least)  # the simplest
        rows = [_row(way, one, end, way == best) for way, one in found.items()]
        told = f"Expected: {best}, about {duration(found[best].seconds)}."
        frame = f"color: {INK}; background: white; padding: 0.3em"
        told = f'<p role="status">{told}</p>'
        return f'<div style="{frame}">{"".join(rows)}{_scale(end)}{told}</div>'

    @cached_property
    def widgets(self) -> Any:
        """The sliders, the predictions, a button and a place for what was measured."""
        import ipywidgets as w

        page, measured, told = w.HTML(self.page), w.HTML(), voice()
        button = w.Button(description="measure", button_style="primary")
        sliders = [self._slider(name, page) for name in SLIDERS]

        def press(_: Any) -> None:
            if time.monotonic() - self._measured < AT_ONCE:
                return
            measured.value = "<p role='status'>It is being measured…</p>"
            try:
                picture = self.measure().picture()
                measured.value = picture.html()
                say(told, picture.alt)
            except BaseException as error:
                measured.value = escape(f"{type(error).__name__}: {error}")
                if not isinstance(error, Exception):  # an interrupt
                    raise
            finally:
                self._measured = time.monotonic()

        button.on_click(press)
        return w.VBox([*map(enlarge, [*sliders, page, button]), measured, told])

    def _slider(self, name: str, page: Any) -> Any:
        import ipywidgets as w

        words, values = SLIDERS[name]
        slider = w.SelectionSlider(
            options=values,
            value=self.values[name],
            description=words,
            style={"description_width": "13em"},
            layout=w.Layout(width="34em"),
        )

        def move(change: Any) -> None:
            self.values[name] = change["new"]
            page.value = self.page = self._page()

        slider.observe(move, "value")
        return slider

    def __repr__(self) -> str:
        return f"<WhatIf: {', '.join(f'{name} {value}' for name, value in self.values.items())}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return {**self.widgets._repr_mimebundle_(), "text/plain": repr(self)}, {}


def _scale(end: float) -> str:
    """Return the ends of the axis as HTML."""
    side = '<span style="width: {}"></span>'
    ends = f"<span>0</span><span>{duration(end)}</span>"
    middle = f'<span style="flex: 1; display: flex; justify-content: space-between">{ends}</span>'
    style = f"display: flex; color: {SECONDARY}"
    return f'<div style="{style}">{side.format("7em")}{middle}{side.format("14em")}</div>'


def _row(way: str, one: Prediction, end: float, is_best: bool) -> str:
    """Return one technique's prediction as HTML: a stretch on an axis that all have in common."""
    left, wide = 100 * one.low / end, 100 * (one.high - one.low) / end
    colour = STYLE_OF["running"].fill if is_best else STYLE_OF["turn"].fill
    weight = "bold" if is_best else "normal"
    told = f"{duration(one.low)} to {duration(one.high)}"
    bar = (
        f'<div style="position: relative; background: {GRID}; height: 1.1em; flex: 1">'
        f'<div style="position: absolute; left: {left:.2f}%; width: {wide:.2f}%; min-width: 3px; '
        f'height: 100%; background: {colour}"></div></div>'
    )
    return (
        f'<div style="display: flex; align-items: center; margin: 0.25em 0; font-weight: {weight}">'
        f'<span style="width: 7em">{escape(way)}</span>{bar}'
        f'<span style="width: 13em; padding-left: 1em; color: {SECONDARY}">{told}</span></div>'
    )

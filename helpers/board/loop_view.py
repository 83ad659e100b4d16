"""The loop view: an event loop, iteration by iteration, with a slider through time.

Above it the picture of the recording, and on the same scale the lane of the loop; below, for the
iteration that was chosen, what `select` waited for, the timers, the queue and its turns, and where
in the source each task stands.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from helpers.board.loop_look import LOOK
from helpers.board.loop_page import Page
from helpers.board.loop_source import Source
from helpers.board.loop_strip import Strip
from helpers.screen import enlarge, enlarged
from helpers.timeline import Picture, draw
from helpers.timeline.rows import count

if TYPE_CHECKING:
    from helpers.recorder.iterations import Iteration
    from helpers.recorder.loop_log import LoopLog
    from helpers.recorder.recording import Recording

__all__ = ["LoopView"]

NO_LOOP = "This cell gave no event loop anything to do, so there is nothing to step through."
REPLACED = (
    "The cell changed how its loop works, as nest_asyncio2.apply() does, and from then on not all "
    "was seen. Do that in a cell of its own before, then run this one again."
)


class LoopView:
    """What the event loops of a cell did; it shows itself with a slider.

    Attributes:
        run: the Recording of the cell.
        iterations: list of `helpers.recorder.iterations.Iteration`, in the order of their begin,
            without those in which a notebook's loop did nothing for the cell.
        lost: iterations that were too many to be kept.
        notes: sentences about what could not be seen.
    """

    def __init__(self, run: Recording, log: LoopLog, title: str) -> None:
        self.run, self.title, self.lost = run, title, log.lost
        self.iterations = _that_matter(log.iterations)
        self.notes = [] if self.iterations else [NO_LOOP]
        self.notes += [REPLACED] * log.replaced
        if log.lost:
            self.notes.append(f"{count(log.lost, 'iteration')} more, at the end, were not kept.")
        self._strip = Strip(self.iterations, run.elapsed)
        self._page, self._source = Page(self.iterations, run.elapsed), Source(self.iterations)

    def __repr__(self) -> str:
        return "<LoopView>"

    def page(self, number: int) -> str:
        """Return one iteration as HTML; `number` counts from 0."""
        told = self._page.html(number) + self._source.page(number)
        return LOOK + enlarged(f'<div class="lanes-loop">{told}</div>')

    def strip(self, number: int) -> str:
        """Return the loop's own lane as an SVG under the picture: its turns, and the iteration."""
        return self._strip.svg(number, self.picture.fit)

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
        slider.layout.flex = "1"
        buttons = [
            w.Button(description=words, layout=w.Layout(width="6em"))
            for words in ("previous", "next")
        ]
        for button, step in zip(buttons, (-1, 1), strict=True):
            button.on_click(lambda _, step=step: setattr(slider, "value", slider.value + step))

        def move(change: Any) -> None:
            strip.value, page.value = self.strip(change["new"] - 1), self.page(change["new"] - 1)

        slider.observe(move, "value")
        width = w.Layout(max_width="950px")
        return w.VBox(
            [
                w.HTML(self.picture.html() + self._notes),
                strip,
                enlarge(w.HBox([slider, *buttons], layout=width)),
                page,
            ]
        )

    @property
    def _notes(self) -> str:
        told = "".join(f"<div>{note}</div>" for note in self.notes)
        return LOOK + enlarged(f'<div class="lanes-loop">{told}</div>') if told else ""

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shown, about = self.picture._repr_mimebundle_()
        shown["text/html"] += self._notes
        if self.iterations:
            shown = dict(self.widgets._repr_mimebundle_()) | shown
        return shown | {"text/plain": repr(self)}, about


def _that_matter(iterations: list[Iteration]) -> list[Iteration]:
    """Return those that did anything for the code that was watched.

    A notebook's own loop, on which every cell runs, did nothing for one that never awaited.
    """
    ours = [one for one in iterations if any(turn.call.kind != "notebook" for turn in one.turns)]
    used = {
        one.loop
        for one in ours
        if one.whole or any(turn.call.kind != "notebook" for turn in one.turns[1:])
    }
    return [one for one in ours if one.loop in used]

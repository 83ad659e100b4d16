"""An experiment under a slider: moving it runs the experiment anew and shows the new picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from html import escape, unescape
from reprlib import repr as short
from typing import Any

from helpers.screen import enlarge
from helpers.timeline import Picture
from helpers.voice import say, voice

__all__ = ["Slider", "slide"]


def slide(experiment: Callable[[Any], Picture], values: Sequence[Any], label: str = "") -> Slider:
    """Run an experiment with the first of some values, and again whenever the slider is moved.

    Args:
        experiment: is called with one of the values, and returns a picture, such as
            `run.timeline()` or `curve(...)` give.
        values: what the slider is moved over.
        label: what they are, in words.

    Returns:
        A `Slider`, which shows itself. An error in the experiment stands in the picture's place,
        as one line; the slider can be moved on.

    Raises:
        TypeError: experiment cannot be called, or label is not a str.
        ValueError: there are fewer than two values.
    """
    if not callable(experiment):
        raise TypeError(f"slide(experiment): must be a function, not {short(experiment)}")
    if not isinstance(label, str):
        raise TypeError(f"slide(label): must be words, not {short(label)}")
    made = list(values) if isinstance(values, Iterable) else []
    if len(made) < 2:
        raise ValueError(f"slide(values): two at least, not {short(values)}")
    return Slider(experiment, made, label)


class Slider:
    """An experiment, the value it was last run with, and the picture that it gave.

    Attributes:
        value: the value.
        picture: the picture, or None where the experiment failed.
        page: what is shown, as HTML.
    """

    def __init__(self, experiment: Callable[[Any], Picture], values: list[Any], label: str) -> None:
        self.experiment, self.values, self.label = experiment, values, label
        self._run(values[0])

    def _run(self, value: Any) -> None:
        self.value, self.picture = value, None
        self.page = escape(f"With {short(value)} it was stopped.")  # unless it goes on
        try:
            made = self.experiment(value)
            if not isinstance(made, Picture):
                raise TypeError(f"the experiment should return a picture, not {short(made)}")
            self.page, self.picture = made.html(), made
        except (Exception, SystemExit) as error:  # an exit() must not end the notebook
            self.page = escape(f"With {short(value)} it raised {type(error).__name__}: {error}")

    @cached_property
    def widgets(self) -> Any:
        """The slider and the picture below it, as widgets; shown twice, they move together."""
        import ipywidgets as w

        slider = w.SelectionSlider(
            options=[(str(value), number) for number, value in enumerate(self.values)],
            description=self.label,
            continuous_update=False,
            style={"description_width": "auto"},
            layout=w.Layout(width="34em"),
        )
        page, told = w.HTML(self.page), voice()

        def move(change: Any) -> None:
            try:
                self._run(self.values[change["new"]])
            finally:
                page.value = self.page
                say(told, f"{self.label} {self.value}: {self._in_words}")

        slider.observe(move, "value")
        return w.VBox([enlarge(slider), page, told])

    @property
    def _in_words(self) -> str:
        """What is shown, in words."""
        return self.picture.alt if self.picture else unescape(self.page)

    def __repr__(self) -> str:
        return f"<Slider: {self.label} from {self.values[0]} to {self.values[-1]}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        # Where there are no widgets, the picture stands for all of them.
        shown: dict[str, Any] = {"text/html": self.page}
        about: dict[str, Any] = {}
        if self.picture:
            shown, about = self.picture._repr_mimebundle_()
        widgets = dict(self.widgets._repr_mimebundle_())
        return widgets | shown | {"text/plain": repr(self)}, about

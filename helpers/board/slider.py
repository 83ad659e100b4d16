"""An experiment under a slider: moving it runs the experiment anew and shows the new picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

__all__ = ["Slider", "slide"]


def slide(experiment: Callable[[Any], Any], values: Sequence[Any], label: str = "") -> Slider:
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
        TypeError: experiment cannot be called.
        ValueError: there are fewer than two values.
    """
    if not callable(experiment):
        raise TypeError(f"slide(experiment): must be a function, not {experiment!r}")
    if len(values) < 2:
        raise ValueError(f"slide(values): two at least, not {values!r}")
    return Slider(experiment, list(values), label)


class Slider:
    """An experiment, the value it was last run with, and the picture that it gave.

    Attributes:
        value: the value.
        picture: the picture, or None where the experiment failed.
        page: what is shown, as HTML.
    """

    def __init__(self, experiment: Callable[[Any], Any], values: list[Any], label: str) -> None:
        self.experiment, self.values, self.label = experiment, values, label
        self.run(values[0])

    def run(self, value: Any) -> None:
        """Run the experiment with a value."""
        self.value, self.picture = value, None
        try:
            self.picture = self.experiment(value)
            self.page = self.picture.html()
        except Exception as error:
            self.page = escape(f"With {value!r} it raised {type(error).__name__}: {error}")

    def widgets(self) -> Any:
        """Return the slider and the picture below it, as widgets."""
        import ipywidgets as w

        how = {"description_width": "auto"}
        slider = w.SelectionSlider(
            options=self.values,
            value=self.value,
            description=self.label,
            continuous_update=False,
            style=how,
            layout=w.Layout(width="34em"),
        )
        page = w.HTML(self.page)

        def move(change: Any) -> None:
            self.run(change["new"])
            page.value = self.page

        slider.observe(move, "value")
        return w.VBox([slider, page])

    def __repr__(self) -> str:
        return f"<Slider: {self.label} from {self.values[0]} to {self.values[-1]}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        # Where there are no widgets, the first picture stands for all of them.
        shown, about = {"text/html": self.page}, {}
        if self.picture:
            shown, about = self.picture._repr_mimebundle_()
        widgets = dict(self.widgets()._repr_mimebundle_())
        return widgets | shown | {"text/plain": repr(self)}, about

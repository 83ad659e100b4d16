"""Predictions: a question, the answers to choose from, what was chosen, and how a room voted.

What is chosen is kept in the learner's own diary (`helpers.diary`) and drawn onto the picture that
follows. Who has not answered stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from html import escape
from reprlib import repr as short
from typing import Any

from helpers import diary
from helpers.checks import is_number
from helpers.look import FOCUS, STYLE_OF, YOU, duration, with_code
from helpers.screen import enlarge
from helpers.voice import say, voice

__all__ = ["Prediction", "predict", "sheet", "taken_by"]

LEAST, MOST = 1e-6, 5e5  # numbers that can be drawn
ASKED = "three-lanes-asked"
LOOK = f"""<style>
.{ASKED} .widget-html-content {{ font-size: 1.1em }}
.{ASKED} .widget-toggle-button {{ font-size: 1.1em; padding: 0 1.2em; position: relative }}
.{ASKED} .widget-toggle-buttons .mod-active {{ background: {STYLE_OF["running"].fill};
  color: white }}
.{ASKED} .widget-toggle-buttons .mod-active::before {{ content: "✓"; position: absolute;
  left: 0.3em }}
{FOCUS}
</style>"""

_last: Prediction | None = None  # no picture has taken it yet
_of_cell: dict[str, Prediction] = {}


def predict(
    name: str,
    question: str,
    answers: Mapping[str, float] | Sequence[float | str],
    unit: str = "s",
) -> Prediction:
    """Ask for a prediction. What is chosen is drawn onto the picture that follows.

    Args:
        name: its name in the diary: the notebook's number and a few words, '00 in turn'.
        question: what is asked.
        answers: numbers to choose from; or words; or words and the numbers that they stand for.
        unit: of the numbers. With another than "s" they are not told beside the words, and
            `%%timeline` draws nothing: give the prediction to the picture.

    Returns:
        A `Prediction`, which shows itself with buttons, and can be given to
        `run.timeline(guess=...)`. Under `%%timeline` that is done by itself.

    Raises:
        TypeError: name, question or unit is not a str, or answers is no list or dictionary.
        ValueError: there are fewer than two answers, or one twice, or one cannot be drawn.
    """
    global _last
    for argument, value in (("name", name), ("question", question), ("unit", unit)):
        if not isinstance(value, str):
            raise TypeError(f"predict({argument}): must be words, not {short(value)}")
    choices = _labelled(answers, unit)
    if len(choices) < 2:
        raise ValueError(f"predict(answers): two at least, all different, not {short(answers)}")
    made = Prediction(name, question, choices, unit)
    if unit == "s":
        _last = made
    return made


def _labelled(answers: Any, unit: str) -> dict[str, float | None]:
    """Return the words of each answer with its number, or None; all seconds in one unit."""
    if isinstance(answers, Mapping):
        pairs = [*answers.items()]
    elif isinstance(answers, Iterable) and not isinstance(answers, str):
        pairs = [(one, None) if isinstance(one, str) else (None, one) for one in answers]
    else:
        raise TypeError(f"predict(answers): must be a list or a dictionary, not {short(answers)}")
    numbers = [number for _, number in pairs if number is not None]
    for words, number in pairs:
        right = isinstance(words, str | None) and is_number(number or 1.0, low=LEAST, high=MOST)
        if not right or number == 0 or words is number is None:
            said = f"must be words, or numbers ({unit}) from a millionth to half a million"
            raise ValueError(f"predict(answers): {said}, not {short(words or number)}")
    choices: dict[str, float | None] = {}
    for words, number in pairs:
        if words is None:
            words = duration(number, beside=max(numbers)) if unit == "s" else f"{number} {unit}"
        if words in choices:
            raise ValueError(f"predict(answers): {words!r} is there twice, in {short(answers)}")
        choices[words] = number
    return choices


class Prediction:
    """A question, the answer that was chosen, and the votes of a room.

    Iterated over, it gives (who, number) for each line to be drawn on a picture.

    Attributes:
        answer: the answer that was chosen, or None.
        votes: hands for each answer; all 0 until a room has voted.
    """

    def __init__(
        self, name: str, question: str, choices: dict[str, float | None], unit: str = "s"
    ) -> None:
        self.name, self.question, self.choices, self.unit = name, question, choices, unit
        kept = diary.read()
        answer, votes = kept.get(("prediction", name)), kept.get(("votes", name))
        self.answer = answer if isinstance(answer, str) and answer in choices else None
        self.votes: dict[str, int] = dict.fromkeys(choices, 0)
        if isinstance(votes, dict):
            self.votes |= {one: n for one, n in votes.items() if one in choices and is_number(n, 0)}

    def choose(self, answer: str | None) -> None:
        """Choose an answer, or None, and keep it.

        Raises:
            ValueError: it is none of the answers.
        """
        if answer is not None:
            self._check(answer)
        self.answer = answer
        diary.note("prediction", self.name, answer)

    def vote(self, answer: str, hands: int) -> None:
        """Enter how many of a room were for an answer, and keep it.

        Raises:
            ValueError: it is none of the answers.
        """
        self._check(answer)
        self.votes[answer] = hands
        diary.note("votes", self.name, self.votes)

    def _check(self, answer: str) -> None:
        if answer not in self.choices:
            right = ", ".join(map(repr, self.choices))
            raise ValueError(f"predict: must be one of {right}, not {short(answer)}")

    @property
    def longest(self) -> float:
        """The largest number that an answer stands for, or 0."""
        return max((one for one in self.choices.values() if one is not None), default=0.0)

    def label(self, answer: str) -> str:
        """Return an answer with the seconds that it stands for: 'as two: 0.18 s'."""
        seconds = self.choices[answer]
        if seconds is None or self.unit != "s":
            return answer
        told = duration(seconds, beside=self.longest)
        return answer if told == answer else f"{answer}: {told}"

    def __iter__(self) -> Iterator[tuple[str, float]]:
        room = sum(self.votes.values())
        for answer, number in self.choices.items():
            if number is None:
                continue
            if answer == self.answer:
                yield YOU, number
            if self.votes[answer]:
                yield f"{self.votes[answer]} of {room}", number

    @cached_property
    def widgets(self) -> Any:
        """The question as widgets; shown twice, they are the same."""
        return sheet(self)

    def __str__(self) -> str:
        return "no prediction" if self.answer is None else self.answer

    def __repr__(self) -> str:
        return f"{self.question} {' / '.join(self.choices)}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        buttons = " ".join(f"<button disabled>{escape(one)}</button>" for one in self.choices)
        page = f"<div><b>Predict.</b> {with_code(self.question)}<br>{buttons}</div>"
        widgets = dict(self.widgets._repr_mimebundle_())
        return widgets | {"text/plain": repr(self), "text/html": page}


def taken_by(cell: str) -> Prediction | None:
    """Return the prediction that is to be drawn on a cell's picture: the last one before it.

    Run again, a cell gets the same one again.
    """
    global _last
    if _last is not None:
        _of_cell[cell], _last = _last, None
    return _of_cell.get(cell)


def sheet(prediction: Prediction) -> Any:
    """Return the question as widgets: a button for each answer, and a room's votes folded away."""
    import ipywidgets as w

    options = [(prediction.label(answer), answer) for answer in prediction.choices]
    buttons, told = w.ToggleButtons(options=options, value=prediction.answer), voice()
    buttons.style.button_width = "auto"

    def choose(change: Any) -> None:
        prediction.choose(change["new"])
        say(told, f"You chose {change['new']}.")

    buttons.observe(choose, "value")
    words = w.HTML(f"{LOOK}<b>Predict.</b> {with_code(prediction.question)}")
    asked = w.VBox([words, buttons, _room(prediction), told])
    asked.layout.margin = "0 0 0.5em 0"
    asked.add_class(ASKED)
    return enlarge(asked)


def _room(prediction: Prediction) -> Any:
    """Return a field for the hands of each answer, folded away under a button.

    An accordion of ipywidgets cannot be opened by keyboard.
    """
    import ipywidgets as w

    fields = w.VBox([_hands(prediction, answer) for answer in prediction.votes])
    fields.layout.display = "none"
    opener = w.ToggleButton(description="A room's votes", icon="caret-right")
    opener.layout.width = "24em"

    def fold(change: Any) -> None:
        fields.layout.display = "flex" if change["new"] else "none"
        opener.icon = "caret-down" if change["new"] else "caret-right"

    opener.observe(fold, "value")
    return w.VBox([opener, fields])


def _hands(prediction: Prediction, answer: str) -> Any:
    """Return the field for the hands of one answer."""
    import ipywidgets as w

    count = w.BoundedIntText(prediction.votes[answer], min=0, max=9999, description=answer)
    count.tooltip = f"hands for {answer}"
    count.layout.width = "19em"
    count.observe(lambda change: prediction.vote(answer, change["new"]), "value")
    return count

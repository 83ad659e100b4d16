"""What a learner does in a notebook: predict, have an answer checked, ask for a hint.

Nothing here ever stops a notebook: who has not answered sees an invitation. What was answered and
passed is kept in the learner's own diary (`helpers.diary`), and `progress()` shows it.
"""

from __future__ import annotations

import inspect
import json
import re
import textwrap
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from helpers import diary
from helpers.checks import is_number
from helpers.exercises import find
from helpers.look import INK, STYLE_OF, duration
from helpers.timeline.guesses import YOU

__all__ = ["Prediction", "check", "hint", "predict", "progress", "sheet", "solution", "taken_by"]

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
GOOD, BAD, OPEN = (STYLE_OF[state].fill for state in ("network", "gil", "running"))
Bundle = dict[str, Any]
ASKED = "three-lanes-asked"
LOOK = f"""<style>
.{ASKED} .widget-html-content {{ font-size: 1.1em }}
.{ASKED} .widget-toggle-button {{ font-size: 1.1em; padding: 0 1em }}
.{ASKED} .widget-toggle-button.mod-active {{ background: {OPEN}; color: white }}
</style>"""


# --- predictions ----------------------------------------------------------------------------------

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
        answers: seconds to choose from; or words; or words and the seconds that they stand for.
        unit: of the numbers that words stand for. With another than "s" they are not told beside
            the words, and `%%timeline` draws nothing: give the prediction to the picture.

    Returns:
        A `Prediction`, which shows itself with buttons, and can be given to
        `run.timeline(guess=...)`. Under `%%timeline` that is done by itself.

    Raises:
        TypeError: name, question or unit is not a str.
        ValueError: there are fewer than two answers, or one twice, or one cannot be drawn.
    """
    global _last
    for argument, value in (("name", name), ("question", question)):
        if not isinstance(value, str):
            raise TypeError(f"predict({argument}): must be words, not {value!r}")
    if not isinstance(unit, str):
        raise TypeError(f"predict(unit): must be a word, not {unit!r}")
    choices = _labelled(answers, unit)
    if len(choices) < 2 or len(choices) < len(answers):
        raise ValueError(f"predict(answers): two answers at least, all different, not {answers!r}")
    for seconds in choices.values():
        if seconds is not None and not is_number(seconds, low=1e-6, high=1e6):
            right = f"words, or numbers ({unit}) from a millionth to a million"
            raise ValueError(f"predict(answers): must be {right}, not {seconds!r}")
    made = Prediction(name, question, choices, unit)
    if unit == "s":
        _last = made
    return made


def _labelled(
    answers: Mapping[str, float] | Sequence[float | str], unit: str
) -> dict[str, float | None]:
    """Return the words of each answer with its number, or None; all seconds in one unit."""
    if isinstance(answers, Mapping):
        return dict(answers)
    longest = max((one for one in answers if not isinstance(one, str)), default=1.0)
    choices: dict[str, float | None] = {}
    for one in answers:
        if isinstance(one, str):
            choices[one] = None
        else:
            choices[duration(one, beside=longest) if unit == "s" else f"{one} {unit}"] = one
    return choices


class Prediction:
    """A question, the answer that was chosen, and the votes of a room.

    Iterated over, it gives (who, seconds) for each line to be drawn on a picture.

    Attributes:
        answer: the answer that was chosen, or None.
        votes: hands for each answer, if a room has voted.
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
        """Choose an answer and keep it."""
        self.answer = answer
        diary.note("prediction", self.name, answer)

    def vote(self, answer: str, hands: int) -> None:
        """Enter how many of a room were for an answer, and keep it."""
        self.votes[answer] = hands
        diary.note("votes", self.name, self.votes)

    @property
    def longest(self) -> float:
        """Seconds that the longest of the answers stands for, or 0."""
        return max((one for one in self.choices.values() if one is not None), default=0.0)

    def label(self, answer: str) -> str:
        """Return an answer with the seconds that it stands for: 'as two: 0.18 s'."""
        seconds = self.choices[answer]
        if seconds is None or self.unit != "s":
            return answer
        told = duration(seconds, beside=self.longest)
        return answer if told in (answer, "") else f"{answer}: {told}"

    def __iter__(self) -> Iterator[tuple[str, float]]:
        room = sum(self.votes.values())
        for answer, seconds in self.choices.items():
            if seconds is None:
                continue
            if answer == self.answer:
                yield YOU, seconds
            if self.votes[answer]:
                yield f"{self.votes[answer]} of {room}", seconds

    def __str__(self) -> str:
        return "no prediction" if self.answer is None else self.answer

    def __repr__(self) -> str:
        return f"{self.question} {' / '.join(self.choices)}"

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        buttons = " ".join(f"<button disabled>{escape(one)}</button>" for one in self.choices)
        page = f"<div><b>Predict.</b> {_with_code(self.question)}<br>{buttons}</div>"
        widgets = dict(sheet(self)._repr_mimebundle_())
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
    buttons = w.ToggleButtons(options=options, value=prediction.answer)
    buttons.style.button_width = "auto"
    buttons.observe(lambda change: prediction.choose(change["new"]), "value")
    counts = []
    for answer, hands in prediction.votes.items():
        count = w.BoundedIntText(hands, min=0, max=9999, description=answer)
        count.layout.width = "19em"
        count.observe(lambda change, answer=answer: prediction.vote(answer, change["new"]), "value")
        counts.append(count)
    room = w.Accordion([w.VBox(counts)], titles=("A room's votes",), selected_index=None)
    room.layout.width = "24em"
    words = w.HTML(f"{LOOK}<b>Predict.</b> {_with_code(prediction.question)}")
    asked = w.VBox([words, buttons, room], layout=w.Layout(margin="0 0 0.5em 0"))
    asked.add_class(ASKED)
    return asked


# --- exercises ------------------------------------------------------------------------------------

LONGEST = 30.0  # seconds that an answer may take


class Note:
    """A few words in a frame, as HTML and as plain text."""

    def __init__(self, colour: str, head: str, words: str, body: str = "") -> None:
        self.head, self.words = head, words
        frame = f"border-left: 6px solid {colour}; padding: 0.3em 0.8em; margin: 0.3em 0"
        told = _with_code(words)
        self.html = f'<div style="{frame}"><b>{escape(head)}</b> {told}{body}</div>'

    def __repr__(self) -> str:
        return f"{self.head} {self.words}".strip()

    def _repr_html_(self) -> str:
        return self.html


def check(name: str, answer: Any) -> Note:
    """Check what a learner made, by what it does.

    Args:
        name: of the exercise, such as '02 fetch all'.
        answer: what the exercise asks for, usually a function.

    Returns:
        What is to be said: passed, or what is not right yet, or, where there is no answer yet, an
        invitation.

    Raises:
        ValueError: there is no such exercise.
    """
    exercise = find(name)
    if _is_blank(answer):
        return Note(OPEN, "Your turn.", exercise.task)
    trouble = _judged(exercise.judge, answer)
    if trouble:
        return Note(BAD, "Not yet.", trouble)
    diary.note("exercise", name, "passed")
    return Note(GOOD, "Passed.", "It does what was asked.")


def _judged(judge: Callable[[Any], str], answer: Any) -> str:
    """Return what a judge says, or that the answer failed; one that hangs is not waited for."""
    said = [f"It has not come back after {LONGEST:.0f} seconds. Does a thread wait for itself?"]

    def run() -> None:
        try:
            said.append(judge(answer))
        except BaseException as error:  # an exit() too, for it must not end the notebook
            said.append(f"Your code raised {type(error).__name__}: {error}")

    hook = threading.excepthook
    thread = threading.Thread(target=run, name="check", daemon=True)
    thread.start()
    thread.join(LONGEST)
    threading.excepthook = hook
    return said[-1]


def hint(name: str) -> Note:
    """Return the hints of an exercise, each folded away behind the one before it.

    Raises:
        ValueError: there is no such exercise.
    """
    hints = find(name).hints
    body = ""
    for number in range(len(hints), 0, -1):
        head = f"Hint {number} of {len(hints)}"
        body = _folded(head, f"<p>{_with_code(hints[number - 1])}</p>{body}")
    return Note(OPEN, "", "", body)


def solution(name: str) -> Note:
    """Return one solution of an exercise, folded away.

    Raises:
        ValueError: there is no such exercise.
    """
    source = textwrap.dedent(inspect.getsource(find(name).solution)).strip()
    return Note(OPEN, "", "", _folded("One solution", f"<pre>{escape(source)}</pre>"))


def _is_blank(answer: Any) -> bool:
    """Say whether an answer is what the notebook came with: nothing, or a function of `...`."""
    if isinstance(answer, dict):
        return all(value is None for value in answer.values())
    if answer is None or answer is ...:
        return True
    code = getattr(answer, "__code__", None)
    if code is None or code.co_code not in _BLANKS:
        return False
    return {*code.co_consts} <= {None, answer.__doc__}


def _blanks() -> set[bytes]:
    def dots() -> None: ...

    def dots_and_words(*_: Any) -> None:
        """Do nothing."""

    async def later() -> None: ...

    async def later_and_words(*_: Any) -> None:
        """Do nothing."""

    return {one.__code__.co_code for one in (dots, dots_and_words, later, later_and_words)}


_BLANKS = _blanks()


def _folded(head: str, body: str) -> str:
    return f"<details><summary>{escape(head)}</summary>{body}</details>"


def _with_code(words: str) -> str:
    """Return words as HTML, `code` in its own type."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(words, quote=False))


# --- progress -------------------------------------------------------------------------------------


def progress(forget: bool = False) -> Note:
    """Show what was predicted and passed in each notebook, or forget all of it.

    Args:
        forget: whether to forget it.
    """
    if forget:
        diary.forget()
        return Note(OPEN, "Forgotten.", "What you answered and passed is no longer kept.")
    done: Counter[tuple[str, str]] = Counter()
    for (kind, name), value in diary.read().items():
        done[kind, name[:2]] += kind != "votes" and value is not None
    rows = ""
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        asked, told = _asked_in(path), path.stem[:2]
        cells = "".join(
            f"<td>{min(done[kind, told], number)} of {number}</td>" if number else "<td></td>"
            for kind, number in asked.items()
        )
        rows += f"<tr><td>{escape(path.stem)}</td>{cells}</tr>"
    head = "<tr><th>Notebook</th><th>Predictions</th><th>Exercises</th></tr>"
    return Note(INK, "Your progress.", "", f"<table>{head}{rows}</table>")


def _asked_in(path: Path) -> dict[str, int]:
    """Return how many predictions and exercises a notebook has."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    source = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    calls: dict[str, Callable[..., Any]] = {"prediction": predict, "exercise": check}
    return {
        kind: len(set(re.findall(rf'^\s*(?:\w+ = )?{call.__name__}\(\s*"([^"]+)"', source, re.M)))
        for kind, call in calls.items()
    }

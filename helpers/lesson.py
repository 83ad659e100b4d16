"""What a learner does in a notebook: predict, have an answer checked, ask for a hint.

Nothing here ever stops a notebook: who has not answered sees an invitation. What was answered and
passed is kept in the learner's own diary (`helpers.diary`), and `progress()` shows it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from html import escape
from pathlib import Path
from reprlib import repr as short
from types import CodeType
from typing import Any

from helpers import diary
from helpers.exercises import find, source_of
from helpers.exercises.interrupts import give_up
from helpers.look import INK, STYLE_OF, with_code
from helpers.prediction import predict
from helpers.screen import enlarged

__all__ = ["check", "hint", "predict", "progress", "solution"]

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
GOOD, BAD, OPEN = (STYLE_OF[state].fill for state in ("network", "gil", "running"))


# --- exercises ------------------------------------------------------------------------------------

LONGEST = 30.0  # seconds that an answer may take


class Note:
    """A few words in a frame, as HTML and as plain text."""

    def __init__(self, colour: str, head: str, words: str, body: str = "") -> None:
        self.head, self.words = head, words
        frame = f"border-left: 6px solid {colour}; padding: 0.3em 0.8em; margin: 0.3em 0"
        told = with_code(words)
        page = f'<div style="{frame}"><b>{escape(head)}</b> {told}{body}</div>'
        self.html = enlarged(page)

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
    if _is_blank(answer) or _is_same(answer, exercise.start):
        return Note(OPEN, "Your turn.", exercise.task)
    trouble = _judged(exercise.judge, answer)
    page = getattr(trouble, "page", "")
    if trouble:
        if diary.read().get(("exercise", name)) is None:
            diary.note("exercise", name, "tried")
        return Note(BAD, "Not yet.", trouble, page)
    diary.note("exercise", name, "passed")
    return Note(GOOD, "Passed.", "It does what was asked.", page)


def _judged(judge: Callable[[Any], str], answer: Any) -> str:
    """Return what a judge says, or that the answer failed; one that hangs is not waited for."""
    said = [f"It has not come back after {LONGEST:.0f} seconds. Does a thread wait for itself?"]
    lost: list[threading.ExceptHookArgs] = []

    def run() -> None:
        try:
            said.append(judge(answer))
        except BaseException as error:  # an exit() too, for it must not end the notebook
            said.append(f"Your code raised {_told(error)}")
        finally:
            over.set()

    thread, over = threading.Thread(target=run, name="check", daemon=True), threading.Event()
    hook, threading.excepthook = threading.excepthook, lost.append
    try:
        thread.start()
        if over.wait(LONGEST):  # an interrupted join would take it for ended, up to Python 3.12
            thread.join()
        told = said[-1]
    finally:
        threading.excepthook = hook
        give_up(thread)  # or after an interrupt a judge would end processes that are not its own
    if told:
        return f"{_raised(lost)}{told}" if lost else told
    for error in lost:
        hook(error)
    return told


def _raised(lost: list[threading.ExceptHookArgs]) -> str:
    """Return what threads raised that nobody caught, and what the cause of it may be."""
    if not lost:
        return ""
    error = lost[0].exc_value or lost[0].exc_type()
    words = f"In {len(lost)} of your threads: {_told(error)}. "
    if isinstance(error, TypeError) and "positional argument" in str(error):
        words += "(`args` wants a tuple: `args=(url,)`, with the comma.) "
    return words


def _told(error: BaseException) -> str:
    try:
        words = str(error)
    except Exception:  # it does not like to be asked
        words = "…"
    return f"{type(error).__name__}: {words if len(words) < 500 else words[:500] + '…'}"


def hint(name: str) -> Note:
    """Return the hints of an exercise, each folded away behind the one before it.

    Raises:
        ValueError: there is no such exercise.
    """
    hints = find(name).hints
    body = ""
    for number in range(len(hints), 0, -1):
        head = f"Hint {number} of {len(hints)}"
        body = _folded(head, f"<p>{with_code(hints[number - 1])}</p>{body}")
    return Note(OPEN, "", "", body)


def solution(name: str) -> Note:
    """Return one solution of an exercise, folded away.

    Raises:
        ValueError: there is no such exercise.
    """
    source = source_of(find(name).solution)
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


def _is_same(answer: Any, start: Any) -> bool:
    """Say whether a function, or a program, is the one that its cell came with."""
    if isinstance(answer, str) and isinstance(start, str):
        return answer.strip() == start.strip()
    one = getattr(answer, "__code__", None)
    if one is None or not callable(start):
        return False
    return _instructions(one) == _instructions(_compiled_alone(start))


def _compiled_alone(start: Callable[..., Any]) -> CodeType:
    """Return the code of a function as a cell makes it: imports in its file change it."""
    code = compile(source_of(start), "", "exec", dont_inherit=True)
    return next(one for one in code.co_consts if isinstance(one, CodeType))


def _instructions(code: CodeType) -> tuple[Any, ...]:
    """Return what a function does, wherever it was defined."""
    inner = [_instructions(one) if isinstance(one, CodeType) else one for one in code.co_consts]
    names = code.co_names, code.co_varnames, code.co_freevars
    return code.co_code, names, [one for one in inner if not isinstance(one, str)]


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


# --- progress -------------------------------------------------------------------------------------


def progress(forget: bool = False, export: str = "") -> Note:
    """Show what was predicted and passed in each notebook; or forget all of it, or hand it in.

    Args:
        forget: whether to forget it.
        export: a name of your choice, under which a file for your teacher is written.

    Raises:
        TypeError: forget is not True or False, or export is not a str.
    """
    if not isinstance(export, str):
        raise TypeError(f"progress(export): must be a name, not {short(export)}")
    if not isinstance(forget, bool):
        raise TypeError(f"progress(forget): must be True or False, not {short(forget)}")
    if forget and export:  # nobody is to lose what was to be handed in
        return Note(BAD, "Neither.", "Hand it in first, with `export`; then `forget`, alone.")
    if forget:
        try:
            diary.forget()
        except OSError as error:
            return Note(BAD, "Not forgotten.", f"{diary.path()}: {error.strerror}.")
        return Note(OPEN, "Forgotten.", "What you answered and passed is no longer kept.")
    if export:
        return _handed_in(export)
    done = {what for what, value in diary.read().items() if value not in (None, "tried")}
    rows = ""
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
        cells = ""
        for kind, names in _asked_in(path).items():
            number = sum((kind, name) in done for name in names)
            cells += f"<td>{number} of {len(names)}</td>" if names else "<td></td>"
        rows += f'<tr><th scope="row">{escape(path.stem)}</th>{cells}</tr>'
    heads = ("Notebook", "Predictions", "Exercises")
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return Note(INK, "Your progress.", "", table)


def _handed_in(name: str) -> Note:
    """Write what a learner hands in, and say what that holds."""
    from helpers.classroom import export

    try:
        file, what = export(name)
    except ValueError as error:
        return Note(BAD, "Not written.", f"`export` wants {error}.")
    except OSError as error:
        return Note(BAD, "Not written.", f"{error.filename}: {error.strerror}.")
    told = f"`{file.name}`, beside this notebook, holds {what}; nothing else. Nothing was sent."
    return Note(OPEN, "Written.", told)


def _asked_in(path: Path) -> dict[str, set[str]]:
    """Return the names of the predictions and of the exercises that a notebook has."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    source = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    return {"prediction": named(source, "predict"), "exercise": named(source, "check")}


def named(source: str, function: str) -> set[str]:
    """Return the names with which a notebook's code calls `predict` or `check`."""
    return set(re.findall(rf'^\s*(?:\w+ = )?{function}\(\s*"([^"]+)"', source, re.M))

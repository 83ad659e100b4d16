"""The stepper: the learner is the scheduler, and lets one worker after another do a step.

Nothing runs between two clicks: each position is come to anew, so that a step can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from helpers.board.stepper_look import LOOK
from helpers.board.stepper_page import page
from helpers.racelab.deeds import deed
from helpers.screen import enlarge, enlarged

if TYPE_CHECKING:
    from helpers.racelab.game import Hint
    from helpers.racelab.position import Position
    from helpers.racelab.verdict import Verdict

__all__ = ["Stepper"]

BROKEN = {
    "race": "You broke it",
    "deadlock": "You broke it: a deadlock",
    "exception": "You broke it: an error",
    "livelock": "You broke it: a livelock",
}


OVER = "It is over: take a step back, or begin again."


class Stepper:
    """A program, how far it has come, and buttons to go on.

    Attributes:
        verdict: of the race lab on this program.
        choices: who was chosen, one a step: the numbers of the workers.
        position: where the program stands now.
        has_won: whether an order was played that breaks it, another than was shown before.

    Args:
        verdict: on the program.
        is_open: whether what the lab has found is told at the beginning.

    Raises:
        ValueError: the lab could not tell what the program does, so it cannot be gone through.
    """

    def __init__(self, verdict: Verdict, is_open: bool = True) -> None:
        if verdict.game is None:
            raise ValueError(f"this program cannot be gone through step by step: {verdict.why}")
        self.verdict, self.game, self.is_open = verdict, verdict.game, is_open
        self.is_of_tasks = self.game.is_of_tasks
        self.choices: list[int] = []
        self.has_won = self.is_showing = False
        self.before: Position | None = None
        self._buttons: Any = None
        self._page: Any = None
        self.position = self.first = self.game.position()
        self.say = self._told()

    # what can be done

    def go(self, number: int) -> None:
        """Let a worker do its next step; if it cannot, say why.

        Raises:
            ValueError: there is no worker of this number.
        """
        if number not in range(len(self.position.seats)):
            raise ValueError(f"there is no worker {number!r}")
        seat = self.position.seats[number]
        if seat.can_go:
            self._move([*self.choices, number])
        else:
            self._tell(self._why_not(seat.name, seat.end, seat.waits))

    def undo(self) -> None:
        """Take the last step back."""
        if self.choices:
            self._move(self.choices[:-1])
        else:
            self._tell("This is the beginning: there is no step to take back.")

    def restart(self) -> None:
        """Go back to the beginning."""
        self.is_showing = False
        self._move([])

    def hint(self) -> None:
        """Say who has to go on so that it breaks with the fewest preemptions."""
        if self.position.kind:
            self._tell(f"{self._told()} {OVER}")
            return
        try:
            hint = self.game.hint(self.choices)
        except Exception as error:  # the program's own, or it is not what it was
            self._tell(_trouble(error))
            return
        self._tell(self._hinted(hint))

    def _hinted(self, hint: Hint) -> str:
        if hint.number is not None:
            return f"Hint: let {self.position.seats[hint.number].name} go on."
        if not hint.was_all:
            return "From here no order was found that breaks it, and not all were tried."
        where = "From here" if self.choices else "From the beginning"
        more = " Take a step back." if self.choices and self.game.losing else ""
        return f"{where} no order with at most two preemptions breaks it.{more}"

    def show(self) -> None:
        """Do the next step of the order that the lab has found; from the beginning at first."""
        losing = [*self.game.losing]
        if self.verdict.preemptions is None:
            self._tell("The lab has found no order that breaks it.")
            return
        is_on = self._is_shown() and len(self.choices) < len(losing)
        if self._move(losing[: len(self.choices) + 1] if is_on else []):
            self.is_showing = True
            self._tell(self._told())

    # what comes of it

    def _is_shown(self) -> bool:
        """Return whether all steps so far are those that were shown."""
        return self.is_showing and self.choices == [*self.game.losing[: len(self.choices)]]

    def _move(self, choices: list[int]) -> bool:
        """Go to another position, and tell of it; return whether that could be done."""
        try:
            position = self.game.position(choices)
            if not choices and position != self.first:
                raise ValueError("it does not begin as it did")
        except Exception as error:  # the program's own, or it is not what it was
            self._tell(_trouble(error))
            return False
        forward = len(choices) == len(self.choices) + 1
        self.before = self.position if forward else None
        self.position, self.choices = position, choices
        self.has_won |= position.kind in BROKEN and choices != [] and not self._is_shown()
        self._tell(self._told())
        return True

    def _told(self) -> str:
        position = self.position
        if not position.kind:
            return self._next() if self.choices else self._welcome()
        if position.kind == "ok":
            return f"It held: {position.why}. Another order may break it: take steps back."
        if position.kind not in BROKEN:
            return f"It cannot be told how this goes on: {position.why}."
        if not self.choices:
            return f"Nobody need be chosen: it breaks by itself. In words: {position.why}."
        return self._broken()

    def _broken(self) -> str:
        """Say with how many preemptions it was broken, and how many are needed."""
        position, least = self.position, self.verdict.preemptions
        forced = position.preemptions
        switches = "one preemption" if forced == 1 else f"{forced or 'no'} preemptions"
        if self._is_shown():
            return f"This is the losing order, with {switches}: {position.why}."
        told = f"{BROKEN[position.kind]}, with {switches}: {position.why}."
        if least is not None and least < forced:
            told += f" The lab needs {least or 'none'}."
        return told

    def _welcome(self) -> str:
        who = "You are the event loop" if self.is_of_tasks else "You are the scheduler"
        told = f"{who}: choose who does the next step, and find an order that breaks it."
        if self.is_open and self.verdict.kind == "ok":
            told = (
                f"{who}: choose who does the next step. The lab has found no order that breaks it."
            )
        return told

    def _next(self) -> str:
        """Return what was just done, and how often a worker was left so far."""
        told, steps = "", self.position.steps
        if self.before and steps and len(steps) != len(self.before.steps):
            told = f"{steps[-1].name} {deed(steps[-1])}. "
        if forced := self.position.preemptions:
            told += f"{'One preemption' if forced == 1 else f'{forced} preemptions'} so far. "
        return f"{told}Who goes on?"

    def _why_not(self, name: str, end: str, waits: str) -> str:
        if self.position.kind:
            return f"{self._told()} {OVER}"
        return f"{name} cannot go on: it {end or waits or 'waits'}."

    def _tell(self, say: str) -> None:
        self.say = say
        self._repaint()

    # what is shown

    def page(self) -> str:
        """Return the position as HTML."""
        return LOOK + enlarged(self._bare_page())

    def _bare_page(self) -> str:
        kind = {"": "", "ok": "held"}.get(self.position.kind, "won")
        return page(self.position, self.before, self.say, kind)

    @cached_property
    def widgets(self) -> Any:
        """The buttons, and the position below them."""
        import ipywidgets as w

        self._buttons, self._page = w.HBox([], layout=_row()), w.HTML()
        tools = {
            "take back": self.undo,
            "restart": self.restart,
            "hint": self.hint,
            "play the losing order": self.show,
        }
        made = w.HBox([_button(words, act) for words, act in tools.items()], layout=_row())
        self._repaint()
        # The style sheet stands by itself: to be given it anew takes a browser as long as the rest.
        return enlarge(w.VBox([w.HTML(LOOK), self._buttons, made, self._page]))

    def _repaint(self) -> None:
        if self._page is None:  # nobody looks yet
            return
        self._page.value = self._bare_page()
        made = [*self._buttons.children]
        new = self.position.seats[len(made) :]
        for one in new:  # none is ever taken away or switched off, so that the focus is kept
            made.append(_button(f"▶ {one.name}", partial(self.go, one.number), "primary"))
        if new:
            self._buttons.children = made

    def __repr__(self) -> str:
        return f"<Stepper: {' and '.join(self.game.names)}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        widgets = dict(self.widgets._repr_mimebundle_())
        return widgets | {"text/html": self.page(), "text/plain": repr(self)}, {}


def _trouble(error: Exception) -> str:
    """Say why there is no such step."""
    if isinstance(error, RuntimeError):  # as where another race is at work
        return f"This step cannot be done now: {error}."
    return (
        f"This step cannot be done: {type(error).__name__}, {error}. If the program, or what it"
        " uses, has changed since the board was made, run the board's cell again."
    )


def _row() -> Any:
    import ipywidgets as w

    return w.Layout(flex_flow="row wrap")


def _button(words: str, act: Callable[[], None], style: str = "") -> Any:
    import ipywidgets as w

    layout = w.Layout(width="auto", min_width="9em" if style else None)
    button = w.Button(description=words, button_style=style, layout=layout)
    button.on_click(lambda _: act())
    return button

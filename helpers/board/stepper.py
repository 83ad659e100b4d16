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

if TYPE_CHECKING:
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
        has_won: whether an order was played that breaks it, without having been shown.

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
        self.future: list[int] = []  # steps that were taken back, or are to be shown
        self.has_won = self.was_shown = False
        self.before: Position | None = None
        self._buttons: Any = None
        self._page: Any = None
        self.position = self.game.position()
        self.say = self._welcome()

    # what can be done

    def go(self, number: int) -> None:
        """Let a worker do its next step; if it cannot, say why."""
        seat = self.position.seats[number]
        if not seat.can_go:
            self._tell(self._why_not(seat.name, seat.end, seat.waits))
            return
        self.future = []
        self._move([*self.choices, number])

    def undo(self) -> None:
        """Take the last step back."""
        if not self.choices:
            self._tell("This is the beginning: there is no step to take back.")
            return
        self.future.insert(0, self.choices[-1])
        self._move(self.choices[:-1])

    def restart(self) -> None:
        """Go back to the beginning."""
        self.future, self.was_shown = [], False
        self._move([])

    def hint(self) -> None:
        """Say who has to go on so that it breaks with the fewest preemptions."""
        if self.position.kind:
            self._tell(f"{self._told()} {OVER}")
            return
        hint = self.game.hint(self.choices)
        if hint.number is not None:
            self._tell(f"Hint: let {self.position.seats[hint.number].name} go on.")
        elif hint.was_all:
            where = "From here" if self.choices else "From the beginning"
            more = " Take a step back." if self.choices and self.game.losing else ""
            self._tell(f"{where} no order with at most two preemptions breaks it.{more}")
        else:
            self._tell("From here no order was found that breaks it, and not all were tried.")

    def show(self) -> None:
        """Do the next step of the order that the lab has found; from the beginning at first."""
        losing = [*self.game.losing]
        if not losing:
            self._tell("The lab has found no order that breaks it.")
            return
        if not self.was_shown or self.choices != losing[: len(self.choices)]:
            self.was_shown, self.future = True, losing
            self._move([])
        elif len(self.choices) == len(losing):
            self.future = losing
            self._move([])
        else:
            self._move(losing[: len(self.choices) + 1])

    # what comes of it

    def _move(self, choices: list[int]) -> None:
        forward = len(choices) == len(self.choices) + 1
        self.before = self.position if forward else None
        self.position, self.choices = self.game.position(choices), choices
        is_broken = self.position.kind in BROKEN
        self.has_won |= is_broken and not self.was_shown
        self._tell(self._told())

    def _told(self) -> str:
        position = self.position
        if not position.kind:
            return self._next() if self.choices else self._welcome()
        forced = position.preemptions
        switches = "one preemption" if forced == 1 else f"{forced or 'no'} preemptions"
        if position.kind == "ok":
            return f"It held: {position.why}. Another order may break it: take steps back."
        if position.kind not in BROKEN:
            return f"It cannot be told how this goes on: {position.why}."
        least = self.verdict.preemptions
        told = "This is the losing order" if self.was_shown else BROKEN[position.kind]
        told = f"{told}, with {switches}: {position.why}."
        if not self.was_shown and least is not None and least < forced:
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
        return LOOK + self._bare_page()

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
        return w.VBox([w.HTML(LOOK), self._buttons, made, self._page])

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


def _row() -> Any:
    import ipywidgets as w

    return w.Layout(flex_flow="row wrap")


def _button(words: str, act: Callable[[], None], style: str = "") -> Any:
    import ipywidgets as w

    layout = w.Layout(width="auto", min_width="9em" if style else None)
    button = w.Button(description=words, button_style=style, layout=layout)
    button.on_click(lambda _: act())
    return button

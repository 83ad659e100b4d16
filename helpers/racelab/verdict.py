"""What the lab has found about a program, the order that shows it, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from helpers.printable import printable
from helpers.racelab.schedule import Step
from helpers.screen import enlarged

if TYPE_CHECKING:
    from helpers.board.stepper import Stepper
    from helpers.racelab.game import Game

__all__ = ["Badge", "Verdict"]

LABELS = {
    "once": "any Python can do this order",
    "loop": "your Python can do this order, if you repeat it in a loop",
    "cold": "your Python can do this order, but not in a loop",
    "free-threaded": "this Python cannot do this order; one without a GIL can",
}


@dataclass
class Badge:
    """Whether this build of CPython can do an order.

    Attributes:
        can: 'once' (any build can, without luck), 'loop' (this one can, if it is made to switch
            just there), 'cold' (the same, but only before the code has run a few times) or
            'free-threaded' (it cannot: a build without a GIL can).
        why: how that was decided, in a sentence or two.
        elsewise: of 'free-threaded', whether this build can break the program in another order.
        other: the verdict with that order, if there is one.
        runs: how often the program was run to look for it.
        label: the badge in a few words.
    """

    can: str
    why: str
    elsewise: str = ""
    other: Verdict | None = None
    runs: int = 0
    label: str = ""

    def __post_init__(self) -> None:
        self.label = self.label or LABELS[self.can]

    def __repr__(self) -> str:
        return f"{self.can}: {self.text()}"

    def text(self) -> str:
        """Return all that it says."""
        return f"{self.label[0].upper()}{self.label[1:]}. {self.reasons()}"

    def reasons(self) -> str:
        """Return how it was decided, and whether this build can break the program elsewise."""
        some = [self.why, self.elsewise]
        return " ".join(f"{one[0].upper()}{one[1:]}." for one in some if one)


@dataclass(repr=False)
class Verdict:
    """What was found.

    Attributes:
        kind: 'ok' (nothing was found in all orders with up to 2 preemptions), 'race' (the invariant
            is broken), 'deadlock', 'exception', 'livelock' or 'unknown'.
        why: what happened, in a sentence or two.
        schedule: the order that shows it, with the fewest preemptions; empty if nothing was found.
        preemptions: how often that order leaves a worker that could have gone on, or a task that
            was ready; None if nothing was found.
        runs: how often the program was run.
        proof: what exactly was exhausted, and what was assumed, in words.
        seconds: what it took.
        names: of the workers, in the order of their numbers.
        outcomes: how each worker ended that did not come to its own end: words by its name.
        first: what the workers share, before the first step: texts by their names.
        error: of an exception.
        game: the program, to be gone through step by step; None of 'unknown'.
        award: decides on the badge.
    """

    kind: str
    why: str
    runs: int
    proof: str
    seconds: float
    preemptions: int | None = None
    schedule: list[Step] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    error: BaseException | None = None
    game: Game | None = field(default=None, compare=False)
    award: Callable[[], Badge | None] | None = field(default=None, compare=False)

    @cached_property
    def badge(self) -> Badge | None:
        """Whether this build of CPython can do that order; None if it cannot be told.

        It takes some runs more, and is decided when it is first asked for.
        """
        return self.award() if self.award else None

    def __repr__(self) -> str:
        return f"{self.kind}: {self.why}"

    def __deepcopy__(self, memo: Any) -> Verdict:
        return self  # a program may look at the verdict on another one: no run changes it

    def __str__(self) -> str:
        return printable(self.text())

    def step(self) -> Stepper:
        """Return a board on which the program is gone through step by step.

        Raises:
            ValueError: the verdict is 'unknown', so that this cannot be done.
        """
        from helpers.board.stepper import Stepper

        return Stepper(self)

    def text(self) -> str:
        """Return what was found, and the order that shows it, as text of 100 columns at most."""
        from helpers.racelab.plain import text

        return text(self)

    def _repr_html_(self) -> str:
        from helpers.racelab.lanes import html

        return enlarged(html(self))

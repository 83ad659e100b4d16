"""What the lab has found about a program, the order that shows it, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from helpers.racelab.schedule import Step

if TYPE_CHECKING:
    from helpers.racelab.badge import Badge

__all__ = ["Verdict"]


@dataclass(repr=False)
class Verdict:
    """What was found.

    Attributes:
        kind: 'ok' (nothing was found in all orders with up to 2 preemptions), 'race' (the invariant
            is broken), 'deadlock', 'exception', 'livelock' or 'unknown'.
        why: what happened, in a sentence or two.
        schedule: the order that shows it, with the fewest preemptions; empty if nothing was found.
        preemptions: how often it leaves a worker that could go on; None if nothing was found.
        runs: how often the program was run.
        proof: what exactly was exhausted, and what was assumed, in words.
        seconds: what it took.
        names: of the workers, in the order of their numbers.
        outcomes: how each worker ended that did not come to its own end: words by its name.
        first: what the workers share, before the first step: texts by their names.
        error: of an exception.
        badge: whether this build of CPython can do that order; None if there is none, or where that
            cannot be told.
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
    badge: Badge | None = None

    def __repr__(self) -> str:
        return f"{self.kind}: {self.why}"

    def __str__(self) -> str:
        return self.text()

    def text(self) -> str:
        """Return what was found, and the order that shows it, as text of 100 columns at most."""
        from helpers.racelab.plain import text

        return text(self)

    def _repr_html_(self) -> str:
        from helpers.racelab.lanes import html

        return html(self)

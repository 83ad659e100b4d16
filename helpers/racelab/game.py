"""A program gone through by hand: who plays chooses, step by step, who goes on.

Nothing is held between two steps. Each position is come to by a run from the beginning, which ends
there: so a step can be taken back, and nothing of the program goes on behind the player's back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from helpers.racelab import words
from helpers.racelab.lab import Lab, lab
from helpers.racelab.loop import TaskLab, tasks
from helpers.racelab.position import Position, see
from helpers.racelab.run import Run
from helpers.racelab.schedule import Scribe
from helpers.racelab.search import Replay, Search
from helpers.racelab.states import States
from helpers.racelab.workers import Worker

__all__ = ["Game", "Hint"]

BOUND = 2  # preemptions after the position in which a hint is asked for
MOST = 300  # runs for a hint
ENDS = {"endless": "unknown", "lost": "unknown"}


@dataclass(frozen=True)
class Hint:
    """Who has to go on so that the program breaks with the fewest preemptions.

    Attributes:
        number: of the worker; None if nobody is known.
        was_all: whether that is since all orders with at most 2 preemptions more were tried, and
            none breaks it.
    """

    number: int | None
    was_all: bool = False


class Game:
    """A program that is gone through step by step.

    Args:
        one: the lab in which an order was looked for; it is put up again for each step.
        losing: the choices of an order that breaks the program; none if none is known.
        is_full: whether each touch of what is shared is a step; it is so in `losing`, too.
    """

    def __init__(
        self, one: Lab | TaskLab, losing: Sequence[int] = (), is_full: bool = True
    ) -> None:
        self.one, self.losing, self.is_full = one, tuple(losing), is_full
        self.names = one.program.names
        self.is_of_tasks = isinstance(one, TaskLab)

    def position(self, choices: Sequence[int] = ()) -> Position:
        """Return where the program stands once these workers were chosen, one a step.

        Args:
            choices: the numbers of the workers.

        Raises:
            ValueError: one of them could not go on then, or the program was over.
            RuntimeError: `race` is at work.
        """
        position = Position(tuple(choices))
        with self._up() as one:
            held, bodies = _Held(choices), one.program.bodies
            scribe = Scribe(lambda: one.run, one.shared_now)

            def look() -> None:
                scribe.close()
                if one.run and not position.seats:
                    see(position, one.run, bodies, held.ready, scribe)

            run = one.go(held, scribe.write, look)
            if held.has_diverged or run.choices != [*choices]:
                raise ValueError(f"these steps cannot be done one after another: {[*choices]}")
            position.steps, position.preemptions = scribe.steps, run.preemptions
            position.first = scribe.first or position.state
            _note_end(position, run, scribe)
        return position

    def hint(self, choices: Sequence[int] = ()) -> Hint:
        """Return who has to go on so that the program breaks with the fewest preemptions.

        Args:
            choices: the numbers of those that were chosen so far.

        Raises:
            ValueError: these could not be chosen.
            RuntimeError: `race` is at work.
        """
        choices = tuple(choices)
        if choices == self.losing[: len(choices)] and len(choices) < len(self.losing):
            return Hint(self.losing[len(choices)])
        with self._up() as one:
            search: Search = (States if isinstance(one, TaskLab) else Search)(start=choices)
            for _ in range(MOST):
                if not search.go_on() or search.cost > BOUND:
                    return Hint(None, was_all=True)
                run = one.go(search)
                if search.has_diverged:
                    raise ValueError(f"these steps cannot be done one after another: {[*choices]}")
                if one.carriers.heard:
                    break
                if run.end and run.end.kind != "cut" and len(run.choices) > len(choices):
                    return Hint(run.choices[len(choices)])
        return Hint(None)

    @contextmanager
    def _up(self) -> Iterator[Lab | TaskLab]:
        """Put the lab up for the time of a block."""
        one = self.one
        with (
            lab(one.program, one) if isinstance(one, Lab) else tasks(one.program, one) as up,
            up.in_full() if self.is_full else nullcontext(),
        ):
            yield up


class _Held(Replay):
    """Does an order, and notes who could go on after it."""

    def __init__(self, choices: Sequence[int]) -> None:
        super().__init__(choices)
        self.ready: list[int] = []

    def after(self, run: Run, stays: Worker | None, ready: list[Worker]) -> Worker | None:
        """Hold the run here."""
        self.ready = [one.number for one in ready]
        return None


def _note_end(position: Position, run: Run, scribe: Scribe) -> None:
    end = run.end
    if end is None:
        position.kind, position.why = (
            "ok",
            "all have come to their ends, and `holds` says that all is in order",
        )
    elif end.kind != "cut":
        position.kind = ENDS.get(end.kind, end.kind)
        is_told = position.kind == end.kind
        position.why = words.why(run, scribe.name_of) if is_told else words.given_up(end)
    told = words.outcomes(run, scribe.name_of) if end and end.kind != "cut" else {}
    for seat in position.seats:
        seat.end = told.get(seat.name, seat.end)

"""Which tasks go round and round: all is again as it was after an earlier turn of theirs.

From there all could go on as it did before; so such a task has to wait until another one changes
something. If nobody else is left, all turns that led from this state to this state again make an
order in which everybody goes on and the program never ends.
"""

from __future__ import annotations

from collections.abc import Callable

from helpers.racelab.awaits import place
from helpers.racelab.snapshot import Snapshot
from helpers.racelab.turns import TaskWorker

__all__ = ["Cycles"]


class Cycles:
    """The states of a run after the turns of its tasks.

    Args:
        workers: of the run; it may get more.
    """

    def __init__(self, workers: list[TaskWorker]) -> None:
        self.workers = workers
        self.seen: dict[bytes, set[int]] = {}  # whose turns ended in a state
        self.here: bytes | None = None  # the state in which those are that are idle

    def look(self, worker: TaskWorker, shot: Callable[[], Snapshot | None]) -> None:
        """Note whether a task goes round, after its turn.

        Args:
            worker: who has had the turn.
            shot: returns the state of the run.
        """
        where = place(worker.task)
        if where not in worker.places:
            worker.places.add(where)
            worker.rounds = 0
            self.let_look()
            return
        worker.rounds += 1
        if not (worker.is_poller or _is_worth(worker.rounds)):
            self.let_look()
            return
        now = shot()
        here = now.state if now else None
        if here is None or here != self.here:
            self.let_look()
        if here is not None:
            self.here = here
            seen = self.seen.setdefault(here, set())
            if worker.number in seen:
                worker.is_idle = worker.is_poller = True
            seen.add(worker.number)

    def stir(self) -> None:
        """Forget all states: none of them can come again."""
        self.seen.clear()
        self.let_look()

    def let_look(self) -> None:
        """Let those who went round and round look again: something has changed."""
        self.here = None
        for one in self.workers:
            one.is_idle = False


def _is_worth(rounds: int) -> bool:
    """Return whether it is looked for a state that comes again, after so many rounds.

    Else a long loop that only counts would be slow.
    """
    return rounds < 8 or (rounds < 512 and rounds.bit_length() % 2 == 1)

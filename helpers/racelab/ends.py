"""How a run ended, and what each of its workers waited for then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from helpers.racelab.workers import Op, Worker

__all__ = ["End", "Wait"]


@dataclass
class Wait:
    """A worker that has not come to its end.

    Attributes:
        worker: which.
        op: what it is about to do.
        holds: the locks that it holds.
        owner: who holds what it waits for, if anybody does.
        is_round: whether it goes round and round.
        words: what it waits for, if that is told.
    """

    worker: Worker
    op: Op | None
    holds: list[Any]
    owner: Worker | None
    is_round: bool
    words: str = ""


class End:
    """How a run ended before its workers did, or with an error.

    Attributes:
        kind: 'race', 'deadlock', 'livelock', 'exception', 'endless' or 'lost' (a worker does not
            come to its next point), or 'cut' (by who chooses).
        waits: the workers that it is about, as they were.
        error: of an exception.
        words: what else is to be said.
        who: has raised the error, if no worker has.
    """

    def __init__(
        self,
        kind: str,
        workers: Iterable[Worker] = (),
        error: BaseException | None = None,
        words: str = "",
        who: str = "",
    ) -> None:
        self.kind, self.error, self.words, self.who = kind, error, words, who
        self.waits = [_wait(one) for one in workers]


def _wait(worker: Worker) -> Wait:
    op = worker.op
    owner = getattr(op.thing, "owner", None) if op else None
    is_round = worker.is_idle or op is None or op.ready is None or op.ready()
    return Wait(worker, op, [*worker.holds], owner, is_round and not worker.is_done)

"""How many finished spans are lost when a child is killed: a thousand SIGKILLs.

Each child writes span after span, and after each the number of those it has finished into memory
that it shares with its parent. The parent kills it at a moment drawn by chance. Whatever the child
had acknowledged must be in the Recording, finished; what it had begun must be there too, open.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.sharedctypes import RawArray
from typing import Any

import numpy as np

from benchmarks.pairs import alone
from benchmarks.table import Row
from helpers import record, span

KILLS = 1002
TOGETHER = 6  # children that are killed in one recording
LONGEST = 0.02  # seconds that a child lives at most after its first span
METHODS = ("fork", "spawn", "forkserver")
LOST = "finished spans lost"


def rows() -> Iterator[Row]:
    """Kill the children under each start method, and yield what was lost."""
    for method in METHODS:
        found = alone(__name__, method, KILLS // len(METHODS))
        if isinstance(found, str):
            yield Row(LOST, method, found)
            continue
        lost = found["lost"]
        wrong = found["surplus"] + found["not open"] + found["never began"]
        told = f"{lost} of {found['acknowledged']:,} over {found['kills']} SIGKILLs"
        yield Row(LOST, method, told, "", "0", lost == 0)
        told = f"{found['open']} open, {wrong} told wrongly"
        yield Row("spans that were under way", method, told, "", "0 wrong", wrong == 0)


def measure(method: str, kills: int, seed: int = 1) -> Counter[str] | str:
    """Kill that many children, and return what was seen of them.

    Returns:
        By name: kills; acknowledged (spans); lost (of these); open (spans begun and not ended);
        surplus (spans told as finished that cannot have been); not open (children whose life
        is told as finished); never began (children that died before they were killed).
    """
    if method not in multiprocessing.get_all_start_methods():
        return "not on this system"
    chance = random.Random(seed)
    found: Counter[str] = Counter()
    while found["kills"] < kills:
        found.update(killed_together(method, min(TOGETHER, kills - found["kills"]), chance))
    return found


def killed_together(method: str, number: int, chance: random.Random) -> Counter[str]:
    """Kill some children in one recording, and return what was seen of them."""
    context: Any = multiprocessing.get_context(method)
    acknowledged = RawArray("q", number)
    with record() as run:
        children = [context.Process(target=live, args=(acknowledged, n)) for n in range(number)]
        for child in children:
            child.start()
        while any(child.is_alive() and not acknowledged[n] for n, child in enumerate(children)):
            time.sleep(0.001)
        for child in chance.sample(children, number):
            time.sleep(chance.uniform(0, LONGEST / number))
            child.kill()
        for child in children:
            child.join()
    found: Counter[str] = Counter()
    for child, told in zip(children, acknowledged, strict=True):
        found.update(seen_of(run, child.pid, told))
    return found


def live(acknowledged: Any, place: int) -> None:
    """Write spans until killed."""
    number = 0
    while True:
        with span("work"):
            pass
        number += 1
        acknowledged[place] = number


def seen_of(run: Any, pid: int | None, acknowledged: int) -> Counter[str]:
    """Compare what a child had acknowledged with what the Recording holds of it."""
    lanes = [number for number, lane in enumerate(run.lanes) if lane.pid == pid]
    spans = run.spans[np.isin(run.spans.lane, lanes)]
    is_open = np.isnan(spans.end)
    work = spans.kind == "own"
    finished, under_way = int((work & ~is_open).sum()), int((work & is_open).sum())
    surplus = max(0, finished - acknowledged - 1) + max(0, under_way - 1)
    return Counter(
        {
            "kills": 1,
            "acknowledged": acknowledged,
            "lost": max(0, acknowledged - finished),
            "open": under_way,
            "surplus": surplus,
            "not open": int(not is_open[spans.kind == "process"].any()),
            "never began": int(acknowledged == 0),
        }
    )


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))

"""What the race lab says of tasks when it merges states is what comes out when it merges none."""

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

import pytest

from tests.race_fuzz import TooManyError, summed
from tests.race_task_fuzz import compare, of_tasks, smallest


def judged(seed, most):
    """Return what is wrong with what the lab says of a program, and counts."""
    code = of_tasks(seed)
    try:
        wrong, force, merged = compare(code, seed, most)
    except TooManyError:
        return "", Counter(skipped=1)
    counts = Counter(programs=1, several=len(force) > 1, wrong=bool(wrong))
    counts += Counter(runs=force.runs, merged=merged.runs, fewer=merged.runs < force.runs)
    counts += Counter({key[0] for key in force})
    if wrong:
        less, wrong = smallest(code, seed, most)
        wrong = f"seed {seed}: {wrong}\n{less.source}"
    return wrong, counts


def judged_all(seeds, most):
    return [judged(seed, most) for seed in seeds]


def test_merging_comes_to_what_all_orders_come_to():
    counts = summed(judged_all(range(60), 150))
    assert counts["programs"] >= 40
    assert counts["several"] > 10
    assert counts["fewer"] > 10


@pytest.mark.slow
def test_merging_comes_to_what_all_orders_of_many_programs_come_to():
    shares = [range(1000 + n, 1400, 2) for n in range(2)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        counts = summed(chain.from_iterable(pool.map(judged_all, shares, [1000] * 2)))
    assert counts["programs"] >= 300
    assert {"end", "deadlock", "exception", "livelock"} <= {*counts}

"""What the race lab says of small random programs is what comes out when all orders are run."""

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.race_accesses import BEYOND, of_accesses, pairs
from tests.race_fuzz import TooManyError, compare, of_statements, smaller, summed
from tests.race_steps import compare_with_steps, is_for_steps

NOTHING = "", Counter()


def judged(code, compared):
    """Return what is wrong with what the lab says of a program, and counts."""
    try:
        wrong, found = compared(code)
    except TooManyError:
        return "", Counter(skipped=1)
    counts = Counter(programs=1, runs=found.runs, several=len(found) > 1, wrong=bool(wrong))
    return f"{wrong}\n{code.source}" if wrong else "", counts


def by_force(seed):
    return by_seed(seed, lambda code: compare(code, seed, most=1000))


def by_steps(seed):
    return by_seed(seed, compare_with_steps) if is_for_steps(of_statements(seed)) else NOTHING


def by_seed(seed, compared):
    """Judge a program; of one that is judged wrongly, tell the smallest that still is."""
    code = of_statements(seed)
    wrong, counts = judged(code, compared)
    if wrong:
        less = smaller(code, lambda other: compared(other)[0])
        wrong = f"seed {seed}: {compared(less)[0]}\n{less.source}"
    return wrong, counts


def of_a_pair(pair):
    access, partner = pair
    wrong, counts = judged(of_accesses([[access], partner]), compare_with_steps)
    return f"{access!r} and {partner}: {wrong.splitlines()[0]}" if wrong else "", counts


def in_two_processes(function, some):
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        return [*pool.map(function, some, chunksize=5)]


def test_the_lab_says_what_all_orders_say():
    counts = summed(map(by_force, range(40)))
    assert counts["several"] > 5


def test_the_lab_says_what_all_orders_of_bytecodes_say():
    counts = summed(map(by_steps, range(500, 520)))
    assert counts["several"] > 5


def test_the_lab_sees_accesses_of_all_kinds():
    some = [one for one in pairs(1) if one[0] not in BEYOND]
    counts = summed(map(of_a_pair, some[::8]))
    assert counts["several"] > 10


@pytest.mark.slow
def test_the_lab_says_what_all_orders_say_of_many_programs():
    counts = summed(in_two_processes(by_force, range(1000, 2000)))
    assert counts["programs"] >= 500
    assert counts["several"] > 100


@pytest.mark.slow
def test_the_lab_says_what_all_orders_of_bytecodes_say_of_many_programs():
    counts = summed(in_two_processes(by_steps, range(2000, 2100)))
    assert counts["several"] > 20

"""What an instruction or a call touches, where the standard library does it for the program."""

from collections import defaultdict

import pytest

from helpers import race


def judge(make, one, holds, two=None, **how):
    return race(make, [one, two or one], holds, **how)


# what a missing key gives


class Account:
    def __init__(self):
        self.balance = 0


def fresh():
    return []


class Key:
    """A key that is compared in Python, and never by its hash alone."""

    def __init__(self, number):
        self.number = number

    def __hash__(self):
        return 1

    def __eq__(self, other):
        return self.number == other.number


def take(state):
    things, taken = state
    taken.append(things["k"])


def take_by_own_key(state):
    things, taken = state
    taken.append(things[Key(1)])


def is_one(state):
    return state[1][0] is state[1][1]


@pytest.mark.parametrize("body", [take, take_by_own_key])
@pytest.mark.parametrize("factory", [fresh, Account])
def test_a_default_that_is_made_in_python_can_be_made_twice(factory, body):
    verdict = judge(lambda: (defaultdict(factory), []), body, is_one)
    assert (verdict.kind, verdict.preemptions) == ("race", 1)


def test_a_default_that_is_made_in_c_is_made_once():
    assert judge(lambda: (defaultdict(list), []), take, is_one).kind == "ok"

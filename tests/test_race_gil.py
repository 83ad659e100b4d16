"""The badge of an order, and the rule behind it: real threads lose nothing where it says never."""

import gc
import importlib
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpers import race
from helpers.racelab import gil
from helpers.racelab.lab import lab
from helpers.racelab.search import Replay

ROUNDS = 100_000
HERE = sys.version_info[:2]
pytestmark = [
    pytest.mark.skipif(not gil.has_gil(), reason="there is no GIL to let go of"),
    pytest.mark.skipif(not gil.is_known(), reason="it is not known where this Python checks"),
]

total = 0


class Box:
    """A number that adds to itself in several ways."""

    def __init__(self):
        self.x = 0
        self.also = self.unused = 0
        self.items = {"x": 0}
        self.lock, self.other = threading.Lock(), threading.Lock()
        self.guard = threading.Condition()

    @property
    def read(self):
        return self.x

    def one(self):
        return 1

    def __enter__(self):
        return self.x

    def __exit__(self, *error):
        return None


# in these nothing looks between the read and the write


def adds(box):
    box.x += 1


def adds_to_item(box):
    box.items["x"] += 1


def adds_to_global(box):
    global total
    total += 1


def adds_in_two_lines(box):
    x = box.x
    box.x = x + 1


def adds_in_a_branch(box):
    x = box.x
    if x < 0:
        x = int(x)
    elif [x] * 2 == [x, x] and f"{x}" != "no":
        box.x = x + 1


def adds_after_a_try(box):
    try:
        x = box.x
        y = x // 1
    except ValueError:
        y = int("0")
    box.x = y + 1


def enters_a_lock_between(box):
    x = box.x
    with box.lock:
        box.x = x + 1


def reads_at_the_end_of_a_function(box):
    box.x = 1 + Box.read.fget(box)


def reads_in_a_property(box):
    box.x = box.read + 1


def reads_at_enter(box):
    with box as x:
        box.x = x + 1


NEVER = [
    adds,
    adds_to_item,
    adds_to_global,
    adds_in_two_lines,
    adds_in_a_branch,
    adds_after_a_try,
    reads_at_the_end_of_a_function,
    reads_in_a_property,
]
CALLED = [enters_a_lock_between, reads_at_enter]  # from 3.14 on, a `with` calls what it enters
if HERE < (3, 14):
    NEVER += CALLED


# in these it looks there, until the call is exchanged for a quicker one


def calls_len(box):
    box.x = box.x + len("a")


def calls_isinstance(box):
    box.x = box.x + isinstance(box, Box)


def calls_type(box):
    x = box.x
    type(box)
    box.x = x + 1


def calls_append(box):
    mine = []
    x = box.x
    mine.append(x)
    box.x = x + 1


COLD = [calls_len, calls_isinstance, calls_type, calls_append]


# and in these it always does


def calls_int(box):
    box.x = box.x + int(1)  # noqa: RUF046, UP018


def calls_its_own(box):
    box.x = box.x + box.one()


def calls_len_with_a_star(box):
    box.x = box.x + len(*["a"])


def loops_between(box):
    x = box.x
    for _ in (1, 2):
        pass
    box.x = x + 1


def makes_a_generator(box):
    box.x += sum(one for one in (1,))


def leaves_a_lock_between(box):
    with box.lock:
        x = box.x
    box.x = x + 1


def takes_two_locks(box):
    with box.lock:
        x = box.x
    with box.other:
        box.x = x + 1


def enters_a_condition_between(box):
    x = box.x
    with box.guard:
        box.x = x + 1


@contextmanager
def reading(box):
    yield box.x


def reads_in_a_context(box):
    with reading(box) as x:  # `contextlib` calls `next`, which is written in C
        box.x = x + 1


def makes_an_object_between(box):
    x = box.x
    Path("x")
    box.x = x + 1


LOOP = [
    calls_int,
    calls_its_own,
    calls_len_with_a_star,
    loops_between,
    makes_a_generator,
    leaves_a_lock_between,
    takes_two_locks,
    enters_a_condition_between,
    reads_in_a_context,
    makes_an_object_between,
]


# in these it looks, but not right after the read


def acquires_between(box):
    x = box.x
    box.lock.acquire()
    box.x = x + 1
    box.lock.release()


def uses_what_append_returns(box):
    mine = []
    x = box.x
    box.x = x + 1 + bool(mine.append(x))


LATER = [acquires_between, uses_what_append_returns]
if HERE >= (3, 14):
    LATER.append(enters_a_lock_between)


def found(box):
    return box.x + box.items["x"] + total


def badge_of(body):
    verdict = race(Box, [body, body], lambda box: found(box) == 2)
    assert (verdict.kind, verdict.preemptions) == ("race", 1)
    return verdict.badge


@pytest.mark.parametrize("body", NEVER)
def test_where_nothing_looks_only_a_python_without_a_gil_can(body):
    badge = badge_of(body)
    assert (badge.can, badge.other) == ("free-threaded", None)
    python = f"Python {HERE[0]}.{HERE[1]}"
    for words in (f"by the bytecode of {python}, between ", "nothing lets go of the GIL"):
        assert words in badge.why
    assert f"No order that {python} with its GIL can do breaks these bodies" in badge.elsewise


@pytest.mark.parametrize("body", COLD)
def test_a_check_that_goes_is_told_from_one_that_stays(body):
    badge = badge_of(body)
    assert (badge.can, "only in its first rounds" in badge.why) == ("cold", True)


@pytest.mark.parametrize("body", LOOP)
def test_where_it_looks_this_python_can(body):
    badge = badge_of(body)
    assert (badge.can, badge.other) == ("loop", None)
    assert "wants the GIL, and lets go if that has waited for 5 ms" in badge.why


@pytest.mark.parametrize("body", LATER)
def test_it_looks_for_another_order_that_this_python_can_do(body):
    badge = badge_of(body)
    assert (badge.can, badge.other.kind, badge.other.preemptions) == ("free-threaded", "race", 1)
    assert badge.other.badge.can == "loop"
    assert "can break it, too, in another order, `verdict.badge.other`, with one" in badge.elsewise


def test_an_order_that_leaves_nobody_needs_no_luck():
    program = importlib.import_module("tests.races.relock")
    badge = race(program.make, program.bodies, program.holds).badge
    assert (badge.can, badge.runs) == ("once", 0)


def test_tasks_are_said_to_switch_by_themselves():
    program = importlib.import_module("tests.races.async_lost_update")
    badge = race(program.make, program.bodies, program.holds).badge
    assert (badge.can, badge.label) == ("once", "an event loop can do this order")


def test_a_program_that_is_in_order_has_no_badge():
    program = importlib.import_module("tests.races.lost_update_mended")
    assert race(program.make, program.bodies, program.holds).badge is None


@pytest.mark.skipif(HERE > (3, 13), reason="taking a lock is a call from 3.14 on")
def test_who_has_waited_for_a_lock_may_have_to_wait_for_the_gil_as_well():
    """In both orders each does the same: it would be easy to take one for the other."""

    def first(box):
        with box.lock:
            box.one()  # left here, the second one waits for the lock
        time.sleep(0.1)
        if box.lock.locked() and box.x == 0:
            box.also = 1

    def second(box):
        with box.lock:
            box.x = 1

    verdict = race(Box, [first, second], lambda box: box.also == 0)
    badge = verdict.badge
    assert (verdict.preemptions, badge.can) == (1, "free-threaded")
    assert (badge.other.preemptions, badge.other.badge.can) == (2, "loop")


@pytest.mark.skipif(HERE < (3, 12), reason="sys.monitoring came with 3.12")
def test_other_tools_may_leave_no_number_for_it():
    taken = [n for n in (4, 5) if sys.monitoring.get_tool(n) is None]
    for n in taken:
        sys.monitoring.use_tool_id(n, f"tool {n}")
    try:
        verdict = race(Box, [adds, adds], lambda box: box.x == 2)
        assert (verdict.kind, verdict.badge) == ("race", None)
    finally:
        for n in taken:
            sys.monitoring.free_tool_id(n)


def test_it_is_decided_when_it_is_asked_for_whatever_the_globals_are_by_then():
    global total
    total = 0
    verdict = race(Box, [adds_to_global] * 2, lambda box: total == 2)
    total = "what came later"
    assert verdict.badge.can == "free-threaded"
    assert verdict.badge is verdict.badge
    assert total == "what came later"


def test_a_body_cannot_ask_for_one():
    verdict = race(Box, [adds, adds], lambda box: box.x == 2)

    def asks(box):
        assert verdict.badge

    asked = race(Box, [asks, adds], lambda box: True)
    assert "a body cannot call it" in asked.why


def test_what_it_learns_is_not_known_to_the_order_that_was_found():
    def adds_and_looks(box):
        box.x += 1
        box.one()
        if box.x == 2:
            box.also += 1  # by both only in an order that is tried for the badge

    verdict = race(Box, [adds_and_looks] * 2, lambda box: box.x == 2)
    one, choices, *_ = verdict.award.args
    before, badge = {*one.points}, verdict.badge
    assert (badge.can, badge.other) == ("free-threaded", None)
    assert one.points == before
    with lab(one.program, one):
        assert one.grew(one.go(Replay([*choices, 1]))) is False
        assert one.go(Replay(choices)).end.kind == "race"


def test_the_badge_stands_in_the_picture_and_in_the_text():
    verdict = race(Box, [acquires_between] * 2, lambda box: box.x == 2)
    words = "his Python cannot do this order; one without a GIL can"
    assert f"T{words}. By the bytecode of" in " ".join(str(verdict).split())
    html = verdict._repr_html_()
    assert html.count(f"<b>t{words}</b>") == 1
    assert html.count("<b>your Python can do this order, if you repeat it in a loop</b>") == 1
    assert "<summary>Another order, which this Python can do</summary>" in html


# the rule, in real threads


@pytest.fixture
def no_mercy():
    """Ask for the GIL all the time, and let nothing but the bodies run."""
    if sys.gettrace() or threading.gettrace():
        pytest.skip("a debugger or coverage runs Python, and so looks, between all instructions")
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    sys.setswitchinterval(before)


def lost(body, rounds):
    """Return how many updates are lost in two threads that do so many each."""
    global total
    total, box = 0, Box()
    for _ in range(1000):  # until all that is exchanged is
        body(box)
    ready = threading.Barrier(2)

    def run():
        ready.wait()
        for _ in range(rounds):
            body(box)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    left, total = 1000 + 2 * rounds - found(box), 0
    return left


@pytest.mark.parametrize("body", NEVER + COLD)
def test_real_threads_lose_nothing_where_nothing_looks(body, no_mercy):
    assert lost(body, ROUNDS) == 0


@pytest.mark.slow
@pytest.mark.parametrize("body", LOOP + LATER)
def test_real_threads_lose_some_where_it_looks(body, no_mercy):
    """Each try has some tens of thousands of gaps to be lost in; one try has been enough so far."""
    until = time.monotonic() + 120
    while lost(body, ROUNDS) == 0:
        assert time.monotonic() < until

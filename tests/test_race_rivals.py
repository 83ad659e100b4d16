"""What frontrun and interleave-test find in a program, the race lab finds, too.

Neither needs be installed: `python -m pip install -r benchmarks/requirements.txt` does it, and
where they are not, what needs them is skipped. Each exploration has a process of its own.

That one of them finds nothing counts only where interleave-test has tried all orders of bytecodes
with at most two preemptions. frontrun's "ok" is no proof: it takes orders for alike that are not.
"""

import importlib
import random
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks import race_rivals
from benchmarks.rivals import MissingError
from helpers import race
from tests.race_fuzz import TooManyError, found_by_lab, lines_of, of_statements, told

RACES = Path(__file__).with_name("races")
NAMES = sorted(one.stem for one in RACES.glob("[!_]*.py") if not one.stem.startswith("async_"))
RIVALS = {
    "frontrun": ("frontrun", race_rivals.frontrun_verdict),
    "interleave-test": ("interleave_test", race_rivals.interleave_verdict),
}
BUGS = ("race", "deadlock", "exception")
SECONDS = 4.0  # for each exploration

# What a rival has another notion of, so that what it says is not held against the lab: programs
# with something in them, and an error of its own.
OTHERWISE = {
    r"while ": "to both a run that goes round and round is one that hangs",
    r"sleep\(": "interleave-test counts it as a preemption when a sleep lets others go on",
    r"t\.start\(\)": "interleave-test asks `holds` before a thread that nobody joins has ended",
    r"timeout|wait\([\d.]": "frontrun lets real time pass, also where others could go on; to the"
    " lab a time-out goes off only when nobody can",
}
ITS_OWN = "AssertionError: Thread.__init__() not called"  # interleave-test, of a threading.Timer


@pytest.fixture(params=RIVALS)
def rival(request):
    """Return the name of a rival, or skip what needs it where it is not installed."""
    try:
        race_rivals.installed(RIVALS[request.param][0])
    except MissingError as reason:
        pytest.skip(str(reason))
    return request.param


def asked(rival, paths):
    """Return what a rival says of some programs, two of them at a time."""
    with ThreadPoolExecutor(2) as pool:
        return [*pool.map(lambda path: RIVALS[rival][1](path, SECONDS), paths)]


# random programs

PUBLIC = {  # what the lab's stand-ins have, and how it is found with any others
    "tuple(s.q.queue)": "taken(s.q)",
    "s.e.flag": "s.e.is_set()",
    "s.sem.value": "drained(s.sem)",
}
ADDED = """
def drained(semaphore):
    n = 0
    while semaphore.acquire(blocking=False):
        n += 1
    return n

def taken(waiting):
    items = []
    while True:
        try:
            items.append(waiting.get_nowait())
        except queue.Empty:
            return tuple(items)

made = make

def make():
    global g
    g = 0
    *bodies, end = around()
    state = made()
    for n, body in enumerate(bodies):
        setattr(state, f"body{n}", functools.partial(body, state))
    state.end = functools.partial(end, state)
    return state

bodies = [operator.methodcaller(f"body{n}") for n in range(len(bodies))]

def holds(state):
    return state.end() @HOLDS
"""


def written(path, code, holds):
    """Write a random program for a rival: what is anew for each run is made by `make`."""
    source = code.source
    for name, public in PUBLIC.items():
        assert name in source
        source = source.replace(name, public)
    path.write_text(source + ADDED.replace("@HOLDS", holds), "utf-8")
    return path


def is_for_rivals(code):
    """Return whether a program is none of OTHERWISE, and so small that all can be tried."""
    text = code.source.partition("def around")[2]
    small = sum(len([*lines_of(block)]) for block in code.parts["bodies"]) <= 4
    return small and not any(re.search(one, text) for one in OTHERWISE)


def questions(seeds, folder):
    """Yield programs with what the lab says of them: all outcomes, and a verdict or None.

    Of each there are two. In one it is right to end as the lab says that it can end: what breaks
    that, the lab has missed. In the other one of these ends is wrong.
    """
    for seed in seeds:
        code = of_statements(seed)
        if not is_for_rivals(code):
            continue
        try:
            found = found_by_lab(code, most=5000)
        except TooManyError:
            continue
        ends = [outcome for kind, outcome in found if kind == "end"]
        yield written(folder / f"known_{seed}.py", code, f"in {ends!r}"), found, None
        if ends:
            wrong = random.Random(seed).choice(ends)
            path = written(folder / f"wrong_{seed}.py", code, f"!= {wrong!r}")
            yield path, found, told(code, wrong)


def fault(rival, said, found, verdict):
    """Return what of a rival's verdict speaks against the lab: words, "" if nothing does."""
    error = said.told.partition(":")[0].rpartition(".")[2]
    is_known = ("exception", error) in found or said.found in {kind for kind, _ in found}
    if said.found in ("exception", "deadlock") and not is_known:
        return "the lab does not know that it can end so"
    if said.found == "race" and verdict is None:
        return "the lab does not know an outcome"
    if said.found in BUGS and verdict and verdict.kind not in BUGS:
        return f"race says {verdict.kind}"
    is_proof = said.found == "ok" and rival == "interleave-test"
    if is_proof and verdict and verdict.kind != "ok" and verdict.preemptions <= 2:
        return f"race says {verdict.kind}, which all orders of bytecodes do not show"
    return ""


@pytest.mark.slow
def test_random_programs_end_as_the_lab_says(rival, tmp_path):
    asks = [*questions(range(150), tmp_path)]
    counts, wrong = Counter(), []
    answers = asked(rival, [path for path, *_ in asks])
    for (path, found, verdict), said in zip(asks, answers, strict=True):
        counts[said.found] += 1
        if words := fault(rival, said, found, verdict):
            program = path.read_text("utf-8").partition("around():")[2]
            wrong.append(f"{path.stem}: {words}\n{said}\n{verdict!r}\n{found}\n{program}")
    print(rival, dict(counts))
    assert not wrong, f"{len(wrong)} of {len(asks)} wrong\n\n" + "\n".join(wrong)
    assert sum(counts[one] for one in BUGS) >= len(asks) // 8
    assert counts["ok"] >= 2


@pytest.mark.slow
def test_what_a_rival_finds_in_the_programs_of_races_is_there(rival):
    counts, wrong = Counter(), []
    for name, said in zip(NAMES, asked(rival, [RACES / f"{one}.py" for one in NAMES]), strict=True):
        program = importlib.import_module(f"tests.races.{name}")
        verdict = race(program.make, program.bodies, program.holds, seconds=60)
        counts[said.found] += 1
        is_proof = said.found == "ok" and rival == "interleave-test"
        is_found = said.found in BUGS and said.told != ITS_OWN
        if (is_found or is_proof) and verdict.kind != said.found:
            wrong.append(f"{name}: {said}, {verdict!r}")
    print(rival, dict(counts))
    assert not wrong, "\n".join(wrong)
    assert sum(counts[one] for one in BUGS) >= 10

"""Small random programs of tasks, and what they come to: with and without merging of states.

What they come to is a table from an outcome to the least number of preemptions that it needs.
"""

import random

from helpers.racelab import race
from helpers.racelab.lab import Program
from helpers.racelab.loop import tasks
from helpers.racelab.search import Search
from helpers.racelab.states import States
from tests.race_fuzz import Code, DivergedError, Found, TooManyError, lines_of, smaller, unlike

__all__ = ["compare", "found", "of_tasks", "smallest"]

STATE = """\
import asyncio
import contextvars
import random
import time
from contextlib import asynccontextmanager, suppress

VAR = contextvars.ContextVar("VAR", default=0)

# anew for each run
g = 0
CACHE = {}

class State:
    total = 0
    seen = []

    def __init__(self):
        self.x = self.y = 0
        self.l = [3]
        self.d = {"k": 1}
        self.s = set()
        self.t = self.error = self.it = None
        self.a = asyncio.Lock()
        self.b = asyncio.Lock()
        self.e = asyncio.Event()
        self.c = asyncio.Condition()
        self.sem = asyncio.Semaphore(SEM)
        self.q = asyncio.Queue(ROOM)
        self.bar = asyncio.Barrier(2)

    async def bump(self):
        n = self.x
        await asyncio.sleep(0)
        self.x = n + 1

def make():
    State.total = count.n = 0
    add.__defaults__[0].clear()
    return State()

async def steps(s):
    yield s.x
    await asyncio.sleep(0)
    yield s.x + 1

@asynccontextmanager
async def held(s):
    await s.a.acquire()
    try:
        yield s.x
    finally:
        s.a.release()

async def add(s, kept=[]):
    kept.append(s.x)
    await asyncio.sleep(0)
    return sum(kept)

async def count(s):
    count.n = getattr(count, "n", 0) + 1
    await asyncio.sleep(0)
    return count.n

def around():
    m = 0
@BODIES
    def end(s):
        shown = (s.x, s.y, tuple(s.l), tuple(s.d.items()), tuple(sorted(s.s)), type(s.error))
        state = s.e.is_set(), s.q.qsize(), s.a.locked(), s.sem._value
        return shown + state + (State.total, tuple(State.seen), tuple(CACHE), g, m)

    return @NAMES, end

*bodies, final = around()

def holds(s):
    final(s)
    return True

def unless(outcome):
    def holds(s):
        return final(s) != outcome

    return holds
"""
SIMPLE = [
    "s.x += 1", "n = s.x", "s.x = n + 1", "s.y = s.x + n", "s.x, s.y = s.y, s.x + 1",
    "s.l.append(s.x)", "s.l.append(n)", "s.l.pop()", "s.y = s.l[0]", "s.l = [*s.l]",
    's.d["k"] = s.d.get("k", 0) + 1', 'del s.d["k"]', 's.d["m"] = s.d.pop("k", 5)',
    "s.s.add(s.x)", "s.s.discard(0)", "g += 1", "s.x = g", "m += 1", "m = s.x + n", "n = m",
    "State.total += 1", "s.x = State.total", "State.seen.append(s.x)", "CACHE[s.x] = n",
    "VAR.set(s.x + 1)", "s.y = VAR.get()", "s.x = random.randrange(3)", "n = -1 if s.x else -2",
    "if s.x > 1:\n    raise ValueError", "if s.y:\n    return s.x", "assert s.x < 3",
    "s.e.set()", "s.e.set()", "s.e.clear()", "s.x = int(s.e.is_set())", "s.x = int(s.a.locked())",
    "s.sem.release()", "s.q.put_nowait(s.x)", "s.y = s.q.get_nowait()", "s.x = s.q.qsize()",
    "s.it = iter(s.l)", "s.x = next(s.it or iter([7]), 9)",
    "s.y = round(asyncio.get_running_loop().time() * 10)", "s.y = int(time.monotonic())",
    "time.sleep(0.1)", "asyncio.get_running_loop().call_soon(s.l.append, n)",
    "asyncio.get_running_loop().call_later(0.2, s.e.set)", "s.error = s.error or KeyError(n)",
    "if s.error:\n    raise s.error", "kept = n if s.x else None",
    "if s.x:\n    one = 1\nelse:\n    two = 1",
    "try:\n    s.x += one\nexcept NameError:\n    s.x += 5",
]  # fmt: skip
WAITING = [
    "await asyncio.sleep(0)", "await asyncio.sleep(0)", "await asyncio.sleep(0.1)",
    "await asyncio.sleep(0.3)", "await s.bump()", "await s.e.wait()", "await s.sem.acquire()",
    "await s.q.put(s.x)", "s.x = await s.q.get()", "await s.a.acquire()", "await s.bar.wait()",
    "async with s.c:\n    s.c.notify()", "async with s.c:\n    s.c.notify_all()",
    "async with s.c:\n    await s.c.wait()", "async with s.c:\n    await s.c.wait_for(lambda: s.x)",
    "for v in s.l:\n    await asyncio.sleep(0)\n    s.x += v",
    "for v in [*s.l]:\n    await asyncio.sleep(0)\n    s.y += v",
    "for k in s.d:\n    await asyncio.sleep(0)\n    s.y += 1",
    "async for v in steps(s):\n    s.y += v", "async with held(s) as v:\n    s.y = v",
    "s.x = await add(s)", "s.y = await count(s)",
    "with suppress(TimeoutError):\n    await asyncio.wait_for(s.e.wait(), 0.2)",
    "try:\n    await asyncio.wait_for(s.q.get(), 0.2)\nexcept TimeoutError:\n    s.y = 9",
    "try:\n    1 / s.x\nexcept ZeroDivisionError:\n    await asyncio.sleep(0)\n    raise",
    "try:\n    s.l[s.x]\nexcept IndexError as error:\n    s.error = error\n    await s.bump()",
    "while not s.e.is_set():\n    await asyncio.sleep(0)",
    "while not s.x:\n    await asyncio.sleep(0.1)",
    "while s.a.locked():\n    await asyncio.sleep(0)\n    await asyncio.sleep(0.1)",
]  # fmt: skip
CHILDREN = [
    "await asyncio.gather(child(s), child(s))", "s.t = asyncio.create_task(child(s))",
    "await asyncio.gather(child(s), s.bump(), return_exceptions=True)",
    "async with asyncio.TaskGroup() as group:\n    group.create_task(child(s))\n    await s.bump()",
    "s.t = asyncio.create_task(child(s))\nawait asyncio.sleep(0)\ns.t.cancel()",
    "task = asyncio.create_task(child(s))\ns.y = len(await asyncio.wait([task], timeout=0.2))",
    "task = asyncio.create_task(child(s))\nawait asyncio.shield(task)",
    "kept = {asyncio.create_task(child(s)), asyncio.create_task(child(s))}\nawait asyncio.sleep(0)",
]  # fmt: skip
OTHERS = [
    "if s.t:\n    s.t.cancel()",
    "if s.t:\n    await s.t",
    "if s.t:\n    s.x = int(s.t.done())",
]
HEADERS = [
    "async with s.a:", "async with s.a:", "async with s.b:", "async with s.a, s.b:",
    "async with s.b, s.a:", "async with s.sem:", "async with s.c:", "if s.x:", "if s.x > n:",
    "if s.l:", "for _ in range(2):", "with suppress(TimeoutError, KeyError):",
    "async with asyncio.timeout(0.2):", "with suppress(asyncio.CancelledError):",
]  # fmt: skip
ENDS = ["finally:", "except asyncio.CancelledError:", "except (LookupError, asyncio.QueueEmpty):"]


TURNS = 100  # of all tasks in a run


def of_tasks(seed):
    """Return a random program of tasks."""
    rng = random.Random(seed)
    number = rng.choice((2, 3, 3))
    writer = _Writer(rng)
    rounds = 2 if number == 2 else 1  # else there would be too many orders
    bodies = [writer.body(rng.randint(1, rounds)) for _ in range(number)]
    child = writer.block(rng.choice((1, 2)), depth=3) if writer.has_child else []
    settings = {"SEM": str(rng.choice((1, 1, 2, 0))), "ROOM": str(rng.choice((0, 1)))}
    return _built({"bodies": bodies, "child": child, "settings": settings})


def _built(parts):
    functions = [("child", parts["child"])] if parts["child"] else []
    functions += [(f"body{n}", one) for n, one in enumerate(parts["bodies"])]
    text = []
    for name, block in functions:
        inner = [*lines_of(block or ["pass"], 2)]
        used = "\n".join(inner)
        text += ["", f"    async def {name}(s):"]
        text += ["        global g"] * ("g += " in used)
        text += ["        nonlocal m"] * ("m += " in used or "m = " in used)
        text += ["        n = 0", *inner]
    names = ", ".join(f"body{n}" for n in range(len(parts["bodies"])))
    source = STATE.replace("@BODIES", "\n".join([*text, ""])).replace("@NAMES", names)
    for name, value in parts["settings"].items():
        source = source.replace(f"({name})", f"({value})")
    return Code(source, parts, _built)


class _Writer:
    def __init__(self, rng):
        self.rng, self.has_child = rng, False
        self.simple = [*rng.sample(SIMPLE, 3), "n = s.x", "n = s.x", "s.x = n + 1", "s.x = n + 1"]
        self.waiting = [*rng.sample(WAITING, 2), "await asyncio.sleep(0.1)", "await s.bump()"]
        self.headers = rng.sample(HEADERS, 2)

    def body(self, rounds):
        """Return a body that reads before it waits and writes after it, as most that are broken."""
        block = []
        for _ in range(rounds):
            before = self.rng.sample(self.simple, self.rng.choice((1, 2)))
            after = self.rng.sample(self.simple, self.rng.choice((1, 2)))
            block += [*before, self.statement(0, waits=True), *after]
        return block

    def block(self, number, depth=0):
        return [self.statement(depth) for _ in range(number)]

    def statement(self, depth, waits=False):
        rng = self.rng
        roll = rng.random()
        if depth < 2 and roll < 0.2:
            return [(rng.choice(self.headers), self.block(rng.choice((1, 2)), depth + 1))]
        if depth < 2 and roll < 0.26:
            last = self.block(1, depth + 1)
            return [("try:", self.block(2, depth + 1)), (rng.choice(ENDS), last)]
        if depth == 0 and roll < 0.34:
            self.has_child = True
            return rng.choice(CHILDREN)
        if self.has_child and depth < 3 and roll < 0.4:
            return rng.choice(OTHERS)
        return rng.choice(self.waiting if waits or roll < 0.6 else self.simple)


class _Short:
    """Chooses in short runs: one that never ends would take long."""

    def choose(self, run, stays, ready):
        run.limit = min(run.limit, TURNS)
        return super().choose(run, stays, ready)


class Forced(_Short, Search):
    """Merges no states."""

    def __init__(self):
        super().__init__(merges=False)


class Merged(_Short, States):
    """Merges states from the beginning."""

    def __init__(self):
        super().__init__(warm=0)


def _outcome(run, names):
    kind = run.end.kind if run.end else "end"
    if kind == "exception":
        return kind, type(run.end.error).__name__
    return kind, names.final(run.state) if kind == "end" else ""


def found(code, search, bound=None, most=2000):
    """Return what a program comes to when a search goes through its orders.

    Raises:
        TooManyError: there are more than `most`, or one of them takes too long.
        DivergedError: it did not do the same again in the same order.
    """
    names = code.loaded()
    outcomes = Found()
    with tasks(Program(names.make, names.bodies, names.holds)) as lab:
        while search.go_on() and (bound is None or search.cost <= bound):
            run = lab.go(search)
            outcomes.runs += 1
            if outcomes.runs > most:
                raise TooManyError
            if search.has_diverged:
                raise DivergedError
            if len(run.choices) >= TURNS or (run.end and run.end.kind in ("endless", "lost")):
                raise TooManyError
            if not run.end or run.end.kind != "cut":
                outcome = _outcome(run, names)
                least = min(outcomes.get(outcome, run.preemptions), run.preemptions)
                outcomes[outcome] = least
    return outcomes


def compare(code, seed, most=2000):
    """Compare the search that merges states with one that merges none.

    Returns:
        What is wrong, in words ("" if nothing is); and what is found with and without merging.
    """
    force = found(code, Forced(), most=most)
    merged = found(code, Merged(), most=4 * most)
    if wrong := unlike(force, merged):
        return f"outcomes {wrong}", force, merged
    least = found(code, Merged(), 2, 4 * most)
    if wrong := unlike(force, least, 2):
        return f"outcomes with at most 2 preemptions {wrong}", force, merged
    return _compare_verdict(code, seed, force), force, merged


def _compare_verdict(code, seed, force):
    """Return what is wrong with the verdict when the program is not to come to one of its ends."""
    ends = sorted((key for key in force if key[0] == "end"), key=repr)
    chosen = random.Random(seed).choice(ends)[1] if ends else None
    bad = {key: n for key, n in force.items() if key[0] != "end" or key[1] == chosen}
    least = min(bad.values(), default=None)
    right = {"race" if key[0] == "end" else key[0] for key, n in bad.items() if n == least}
    names = code.loaded()
    verdict = race(names.make, names.bodies, names.unless(chosen), seconds=60)
    said = verdict.kind, verdict.preemptions
    if least is not None and least > 2 and verdict.kind == "ok":
        return ""
    if verdict.kind in (right or {"ok"}) and verdict.preemptions == least:
        return ""
    return f"race says {said} ({verdict.why}), not {right}, {least}, if it must not end {chosen}"


def smallest(code, seed, most=2000):
    """Return the smallest program like this one of which something is wrong, and what."""

    def is_wrong(other):
        return compare(other, seed, most)[0]

    less = smaller(code, is_wrong)
    return less, is_wrong(less)

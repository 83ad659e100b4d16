"""Small random programs, and what they can come to: as the race lab says, and as brute force says.

Outcomes are found in three ways, each as a table from an outcome to the least number of preemptions
that it needs:

`found_by_lab`     the lab's own points and merging of states;
`found_by_force`   a point at each instruction that the lab takes an interest in, no state merged;
`race_steps`       nothing of the lab's.
"""

import linecache
import math
import random
from collections import Counter
from types import SimpleNamespace

from helpers.racelab import race
from helpers.racelab.lab import Program, lab
from helpers.racelab.search import Search

__all__ = [
    "HEAD", "Code", "DivergedError", "Found", "TooManyError", "compare", "found_by_force",
    "found_by_lab", "of_statements", "smaller", "summed", "unlike",
]  # fmt: skip


class TooManyError(Exception):
    """There are more orders than are tried."""


class DivergedError(Exception):
    """A program did not do the same again in the same order."""


# Programs: a body is a list of statements; a statement is a line, or pairs of a header and a block.

HEAD = """\
import array
import collections
import copy
import functools
import itertools
import operator
import queue
import threading
import time
from dataclasses import dataclass, field

"""

STATE = (
    HEAD
    + """\
# anew for each run
g = 0

class State:
    def __init__(self):
        self.x = self.y = 0
        self.l = [3]
        self.d = {"k": 1}
        self.a = threading.Lock()
        self.b = threading.Lock()
        self.r = threading.RLock()
        self.e = threading.Event()
        self.sem = threading.Semaphore(SEM)
        self.c = threading.Condition()
        self.q = queue.Queue(ROOM)
        self.bar = threading.Barrier(2)

    def bump(self):
        self.x += 1

    @property
    def twice(self):
        return self.x * 2

    def me(self):
        return self

def it(s):
    return s

def items(s):
    return s.l

def make():
    return State()

def around():
    n = 0
@BODIES
    def end(s):
        shown = (s.x, s.y, tuple(s.l), tuple(sorted(s.d.items())), tuple(s.q.queue))
        return shown + (g, n, s.e.flag, s.sem.value)

    return @NAMES, end

*bodies, final = around()
bodies = bodies[:@NUMBER]

def holds(s):
    final(s)
    return True
"""
)


def lines_of(block, depth=0):
    pad = "    " * depth
    for one in block:
        if isinstance(one, str):
            yield from (pad + line for line in one.splitlines())
        else:
            for header, inner in one:
                yield pad + header
                yield from lines_of(inner or ["pass"], depth + 1)


class Code:
    """One program.

    Attributes:
        name: of its file, as `linecache` knows it.
        source: its text.
        parts: what it is made of, for `smaller`.
    """

    number = 0

    def __init__(self, source, parts=None, build=None):
        Code.number += 1
        self.name = f"<fuzzed {Code.number}>"
        self.source, self.parts, self.build = source, parts, build
        fixed, _mark, _ = source.rpartition("# anew for each run\n")
        moved = "\n" * fixed.count("\n") + source[len(fixed) :]
        self.compiled = [compile(one, self.name, "exec") for one in (fixed, moved)]
        self.fixed = None
        linecache.cache[self.name] = (len(source), None, source.splitlines(True), self.name)

    def loaded(self):
        """Return the names of the program, which has run as a module does."""
        if self.fixed is None:
            self.fixed = {"__name__": "fuzzed"}
            exec(self.compiled[0], self.fixed)
        names = {**self.fixed}
        exec(self.compiled[1], names)
        return SimpleNamespace(**names, every=names)


def of_statements(seed):
    """Return a random program of all kinds of statements."""
    rng = random.Random(seed)
    number = rng.choice((2, 2, 2, 3))
    writer = _Writer(rng)
    most = 3 if number == 2 else 1
    bodies = [writer.block(rng.randint(1, most)) for _ in range(number)]
    child = writer.block(1, depth=3) if writer.has_child else []
    settings = {"SEM": str(rng.choice((1, 1, 2, 0))), "ROOM": str(rng.choice((0, 1)))}
    return _built({"bodies": bodies, "child": child, "settings": settings})


def _built(parts):
    functions = [("child", parts["child"])] if parts["child"] else []
    functions += [(f"body{n}", one) for n, one in enumerate(parts["bodies"])]
    text = []
    for name, block in functions:
        inner = [*lines_of(block or ["pass"], 2)]
        used = "\n".join(inner)
        text += ["", f"    def {name}(s):"]
        if "g +=" in used or "g =" in used:
            text.append("        global g")
        if "n +=" in used or "n =" in used:
            text.append("        nonlocal n")
        text += inner
    names = ", ".join(f"body{n}" for n in range(len(parts["bodies"])))
    source = STATE.replace("@BODIES", "\n".join([*text, ""])).replace("@NAMES", names)
    source = source.replace("@NUMBER", str(len(parts["bodies"])))
    for name, value in parts["settings"].items():
        source = source.replace(f"({name})", f"({value})")
    return Code(source, parts, _built)


SIMPLE = [
    "s.x += 1", "s.x += 1", "s.y += 2", "s.x = s.y * 2 + 1", "s.y = s.x + 1", "s.x = s.y = 4",
    "s.x, s.y = s.y, s.x + 1", "s.x = s.y if s.x else 5", "s.y = s.x and s.y or 7",
    "s.l.append(s.x)", "s.l.append(7)", "s.x = len(s.l)", "s.l[0] += s.x", "s.l[-1] = s.y",
    "try:\n    s.x = s.l.pop()\nexcept IndexError:\n    s.x = 99",
    "s.l.pop()", "s.l.clear()", "s.l = [s.x]", "s.l += [8]", "s.y = s.l[0]", "a, = s.l\ns.x = a",
    "for v in s.l:\n    s.x += v", "for v in [*s.l]:\n    s.y += v", "items(s).append(5)",
    's.d["k"] += 1', 's.d["k"] = s.x', 's.x = s.d["k"]', 's.d["m"] = s.d.get("k", 0)',
    'if "k" in s.d:\n    del s.d["k"]', 'for k in s.d:\n    s.x += 1', 's.d.setdefault("m", s.x)',
    "s.bump()", "s.y = s.twice", "it(s).x += 1", "s.me().y = 3", "n += 1", "n = s.x", "s.y = n",
    "g += 1", "s.x = g", "g = n + 1", "time.sleep(0.1)", "time.sleep(0)",
    "s.x = sum(s.l)", "s.y = [v + s.x for v in s.l][0]", "s.x = max(s.l, default=0)",
    "if s.x > 1:\n    raise ValueError", "if s.y:\n    return", "assert s.x < 3",
    "s.x = (t := s.y) + t", "s.y = not s.l", 's.x = len(f"{s.x}{s.l}")',
]  # fmt: skip
SYNC = [
    "s.e.set()", "s.e.set()", "s.e.wait()", "s.e.clear()", "s.x = int(s.e.is_set())",
    "s.e.wait(timeout=1)", "s.x = int(s.e.wait(0.5))",
    "s.q.put(s.x)", "s.q.put(1)", "s.x = s.q.get()", "s.x = s.q.qsize()",
    "try:\n    s.y = s.q.get_nowait()\nexcept queue.Empty:\n    s.y = 9",
    "try:\n    s.q.put_nowait(6)\nexcept queue.Full:\n    s.y = 8",
    "try:\n    s.y = s.q.get(timeout=1)\nexcept queue.Empty:\n    s.y = 9",
    "if not s.q.empty():\n    s.x = s.q.get()",
    "s.sem.release()", "s.sem.acquire()", "s.x = int(s.sem.acquire(blocking=False))",
    "s.a.acquire()", "s.a.release()", "s.x = int(s.a.locked())",
    "s.x = int(s.b.acquire(timeout=1))",
    "with s.c:\n    s.c.notify()", "with s.c:\n    s.x += 1\n    s.c.notify_all()",
    "with s.c:\n    if s.x == 0:\n        s.c.wait()",
    "with s.c:\n    s.c.wait(1)", "with s.c:\n    s.c.wait_for(lambda: s.x)",
    "with s.c:\n    s.y = int(s.c.wait(0.5))",
    "s.bar.wait()", "s.x = s.bar.wait()",
    "while not s.e.is_set():\n    pass", "while not s.x:\n    time.sleep(0.01)",
    "while s.y == 0:\n    pass", "while s.a.locked():\n    time.sleep(0.1)",
]  # fmt: skip
HEADERS = [
    "with s.a:", "with s.a:", "with s.b:", "with s.a, s.b:", "with s.b, s.a:", "with s.r:",
    "with s.r, s.r:", "with s.sem:", "with s.c:", "if s.x:", "if s.x > s.y:", "if s.l:",
    'if "k" in s.d:', "if s.x == 0 and s.y == 0:", "for _ in range(2):", "if n:", "if not g:",
]  # fmt: skip
TRIES = ["s.a", "s.b", "s.r", "s.sem"]


class _Writer:
    def __init__(self, rng):
        self.rng, self.has_child = rng, False
        self.simple = [*rng.sample(SIMPLE, 3), "s.x += 1"]
        self.sync = rng.sample(SYNC, 3)
        self.headers = rng.sample(HEADERS, 2)

    def block(self, number, depth=0):
        return [self.statement(depth) for _ in range(number)]

    def statement(self, depth):
        rng = self.rng
        roll = rng.random()
        if depth < 2 and roll < 0.25:
            block = self.block(rng.choice((1, 1, 2)), depth + 1)
            whole = [(rng.choice(self.headers), block)]
            if whole[0][0].startswith("if") and rng.random() < 0.4:
                whole.append(("else:", self.block(1, depth + 1)))
            return whole
        if depth < 2 and roll < 0.3:
            which = rng.choice(TRIES)
            block = [*self.block(1, depth + 1), f"{which}.release()"]
            whole = [(f"if {which}.acquire(blocking=False):", block)]
            return [*whole, ("else:", self.block(1, depth + 1))]
        if depth == 0 and roll < 0.34:
            self.has_child = True
            start = "t = threading.Thread(target=child, args=(s,))\nt.start()"
            between = self.block(rng.choice((0, 1)), depth + 2)
            return [("if True:", [start, *between, *rng.choice((["t.join()"], []))])]
        return rng.choice(self.sync if roll < 0.55 else self.simple)


def smaller(code, is_wrong):
    """Return the smallest program like this one that is still wrong, by leaving out what can be."""
    parts = code.parts
    goes_on = True
    while goes_on:
        goes_on = False
        for less in _less(parts):
            other = code.build(less)
            try:
                if is_wrong(other):
                    code, parts, goes_on = other, less, True
                    break
            except (TooManyError, SyntaxError):
                continue
    return code


def _less(parts):
    for n, body in enumerate(parts["bodies"]):
        if len(parts["bodies"]) > 2:
            yield parts | {"bodies": parts["bodies"][:n] + parts["bodies"][n + 1 :]}
        for block in _blocks_less(body):
            yield parts | {"bodies": [*parts["bodies"][:n], block, *parts["bodies"][n + 1 :]]}
    if parts.get("child"):
        for block in _blocks_less(parts["child"]):
            if block:
                yield parts | {"child": block}


def _blocks_less(block):
    for n, one in enumerate(block):
        yield block[:n] + block[n + 1 :]
        if isinstance(one, str):
            continue
        for m, (header, inner) in enumerate(one):
            yield block[:n] + inner + block[n + 1 :]
            if m:
                yield [*block[:n], one[:m], *block[n + 1 :]]
            for less in _blocks_less(inner):
                yield [*block[:n], [*one[:m], (header, less), *one[m + 1 :]], *block[n + 1 :]]


# the lab


def _outcome(run, names, state):
    if run.end is None:
        return "end", names.final(state)
    kind = run.end.kind
    if kind == "exception":
        return kind, type(run.end.error).__name__
    return kind, names.final(state)[:-1] if kind == "deadlock" else ""


class Found(dict):
    """The least preemptions of each outcome.

    Attributes:
        runs: how many were needed.
        points: the instructions that were found to race.
    """

    runs = 0
    points = frozenset()


def _found(code, all_points, merges, bound, most):
    names = code.loaded()
    runs = 0
    with lab(Program(names.make, names.bodies, names.holds)) as one:
        one.watches_all = all_points
        while True:
            search, found, has_grown = Search(merges), Found(), False
            while search.go_on() and (bound is None or search.cost <= bound):
                run = one.go(search)
                runs += 1
                if runs > most:
                    raise TooManyError
                if search.has_diverged:
                    raise DivergedError
                if runs == 1 and all_points and _estimate(run) > 4 * most:
                    raise TooManyError
                if one.grew(run):
                    has_grown = True
                    break
                if run.end is None or run.end.kind != "cut":
                    found.setdefault(_outcome(run, names, one.state), run.preemptions)
            if not has_grown:
                found.runs = runs
                found.points = frozenset(
                    (site.code.co_name, site.offset, site.touch) for site in one.points
                )
                return found


def _estimate(run):
    steps = Counter(run.choices)
    return math.factorial(sum(steps.values())) // math.prod(map(math.factorial, steps.values()))


def found_by_lab(code, bound=None, most=20_000):
    """Return the outcomes with the points and the merging that `race` has."""
    return _found(code, False, True, bound, most)


def found_by_force(code, most=3000):
    """Return the outcomes with all instructions of interest as points, and nothing merged."""
    return _found(code, True, False, None, most)


class _Not:
    """Holds as long as a program did not come to one outcome."""

    def __init__(self, names, outcome):
        self.names, self.outcome = names, outcome

    def __call__(self, state):
        return self.names.final(state) != self.outcome


def told(code, outcome):
    """Return the verdict on a program that is not to come to an outcome."""
    names = code.loaded()
    return race(names.make, names.bodies, _Not(names, outcome), seconds=60)


def unlike(one, other, bound=99):
    """Return what two tables of outcomes do not agree on, up to so many preemptions."""
    keys = [*one, *(key for key in other if key not in one)]
    pairs = {key: (one.get(key), other.get(key)) for key in keys}
    return {
        key: (a, b)
        for key, (a, b) in pairs.items()
        if a != b and min(99 if a is None else a, 99 if b is None else b) <= bound
    }


def compare(code, seed, most=3000):
    """Compare the lab with brute force.

    Returns:
        What is wrong, in words ("" if nothing is); and the outcomes by brute force.
    """
    force = found_by_force(code, most)
    if wrong := unlike(force, found_by_lab(code)):
        return f"outcomes {wrong}", force
    if wrong := unlike(force, found_by_lab(code, bound=2), 2):
        return f"outcomes with at most 2 preemptions {wrong}", force
    return _compare_verdict(code, seed, force), force


def _compare_verdict(code, seed, force):
    ends = sorted((key for key in force if key[0] == "end"), key=repr)
    chosen = random.Random(seed).choice(ends)[1] if ends else None
    bad = {key: n for key, n in force.items() if key[0] != "end" or key[1] == chosen}
    kinds = {key: "race" if key[0] == "end" else key[0] for key in bad}
    verdict = told(code, chosen)
    least = min(bad.values(), default=None)
    right = {kinds[key] for key, n in bad.items() if n == least} or {"ok"}
    is_beyond = least is not None and least > 2 and verdict.kind == "ok"
    if not is_beyond and (verdict.kind not in right or verdict.preemptions != least):
        return (
            f"race says {verdict.kind}, {verdict.preemptions} ({verdict.why}),"
            f" not {right}, {least}, when it is not to end with {chosen}"
        )
    return ""


def summed(results):
    """Return the counts of what many programs came to, if nothing is wrong."""
    results = [*results]
    wrong = [one for one, _ in results if one]
    counts = sum((one for _, one in results), Counter())
    print(dict(counts))
    assert not wrong, f"{len(wrong)} wrong\n\n" + "\n\n".join(wrong[:60])
    return counts

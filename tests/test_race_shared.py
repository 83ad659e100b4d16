"""The race lab: what a program shares is found, is anew in each run, and is the user's own again.

Each program stands in a module of its own, as a notebook or a file of the user does.
"""

import contextlib
import copy
import importlib
import itertools
import logging
import multiprocessing
import os
import signal
import sys
import textwrap
import threading

import pytest

from helpers import race

COUNT = itertools.count()
IN_CLASSES = {
    "base_counter": """
        class Base:
            made = []
            def __init__(self): self.made.append(1)
        class Child(Base): pass
        def make(): return None
        def one(_): Child()
        def holds(_): return len(Child.made) == 2
        """,
    "base_lock": """
        import threading
        class Base:
            lock, n = threading.Lock(), 0
            def hit(self):
                with self.lock: Base.n = Base.n + 1
        class Child(Base): pass
        def make(): return Child()
        def one(child): child.hit()
        def holds(child): return child.n == 2
        """,
    "base_method_lock": """
        import threading
        guard = threading.Lock()
        class Base:
            n = 0
            def hit(self):
                with guard: self.n += 1
        class Child(Base): pass
        def make(): return Child()
        def one(child): child.hit()
        def holds(child): return child.n == 2
        """,
    "base_lock_of_tasks": """
        import asyncio
        class Base:
            lock, used = asyncio.Lock(), 0
            async def take(self):
                async with self.lock:
                    used = Base.used
                    await asyncio.sleep(0)
                    Base.used = used + 1
        class Child(Base): pass
        def make(): return Child()
        async def one(child): await child.take()
        def holds(child): return child.used == 2
        """,
    "metaclass": """
        import threading
        class Single(type):
            every, lock = {}, threading.Lock()
            def __call__(cls):
                with cls.lock:
                    if cls not in cls.every: cls.every[cls] = super().__call__()
                return cls.every[cls]
        class Config(metaclass=Single): pass
        def make(): return []
        def one(out): out.append(Config())
        def holds(out): return out[0] is out[1]
        """,
    "setter": """
        import threading
        lock = threading.Lock()
        class Box:
            _n = 0
            @property
            def n(self): return self._n
            @n.setter
            def n(self, value):
                with lock: self._n = self._n + value
            @n.deleter
            def n(self):
                with lock: self._n = 0
        def make(): return Box()
        def one(box): box.n = 1
        def holds(box): return box.n == 2
        """,
    "known_once_made": """
        import importlib, threading
        def build():
            lock = threading.Lock()
            class Box:
                n = 0
                def hit(self):
                    with lock: self.n += 1
            return Box
        kinds = {"box": build()}
        def make(): return globals()["kinds"]["box"]()
        def one(box): box.hit()
        def holds(box): return box.n == 2
        """,
}
IN_OBJECTS = {
    "instance": """
        import threading
        lock = threading.Lock()
        class Account:
            n = 0
            def add(self):
                with lock: self.n += 1
        account = Account()
        def make(): return None
        def one(_): account.add()
        def holds(_): return account.n == 2
        """,
    "list_of_instances": """
        import threading
        class Account:
            lock, n = threading.Lock(), 0
            def add(self):
                with Account.lock: self.n += 1
        accounts = [{"a": Account()}]
        def make(): return None
        def one(_): accounts[0]["a"].add()
        def holds(_): return accounts[0]["a"].n == 2
        """,
    "instance_of_tasks": """
        import asyncio
        lock = asyncio.Lock()
        class Pool:
            opened = 0
            async def get(self):
                async with lock:
                    if not self.opened:
                        await asyncio.sleep(0.1)
                        self.opened += 1
        pool = Pool()
        def make(): return None
        async def one(_): await pool.get()
        def holds(_): return pool.opened == 1
        """,
    "functions_in_a_dict": """
        import threading
        lock, total = threading.Lock(), 0
        def add(n):
            global total
            with lock: total += n
        ACTIONS = {"add": [add]}
        def make(): return None
        def one(_): ACTIONS["add"][0](1)
        def holds(_): return total == 2
        """,
    "method_of_a_body": """
        import threading
        class Shop:
            def __init__(self): self.lock = threading.Lock()
            def one(self, state):
                with self.lock: state["n"] += 1
        one = Shop().one
        def make(): return {"n": 0}
        def holds(state): return state["n"] == 2
        """,
    "default_factory": """
        import threading
        from collections import defaultdict
        locks = defaultdict(threading.Lock)
        def make(): return {"n": 0}
        def one(state):
            with locks["a"]: state["n"] += 1
        def holds(state): return state["n"] == 2
        """,
    "sub_of_local": """
        import threading
        class Mine(threading.local):
            def __init__(self): self.x = 0
        store = Mine()
        def make(): return []
        def one(out):
            store.x += 1
            out.append(store.x)
        def holds(out): return out == [1, 1]
        """,
    "set_in_make": """
        import contextvars
        user = contextvars.ContextVar("user", default=0)
        def make():
            user.set(user.get() + 1)
            return []
        def one(out): out.append(user.get())
        def holds(out): return out == [0, 0] and user.get() == 1
        """,
    "handler_of_a_logger": """
        import logging
        class Keep(logging.Handler):
            n = 0
            def emit(self, record): self.n += 1
        log = logging.getLogger("race_shared")
        log.propagate = False
        keep = Keep()
        log.handlers[:] = [logging.NullHandler(), keep]
        handlers = [*log.handlers]
        def make(): return keep
        def one(_): log.warning("a")
        def holds(state): return keep is state and keep.n == 2
        """,
    "package_of_a_folder": """
        import race_shared_folder.bank
        def make(): return None
        def one(_): race_shared_folder.bank.hit_with_lock()
        def holds(_): return race_shared_folder.bank.count == 2
        """,
    "async_method_of_a_body": """
        import asyncio
        class Shop:
            def __init__(self): self.lock, self.n = asyncio.Lock(), 0
            async def one(self, _):
                async with self.lock:
                    n = self.n
                    await asyncio.sleep(0)
                    self.n = n + 1
        shop = Shop()
        one = shop.one
        def make(): return None
        def holds(_): return shop.n == 2
        """,
    "context_variable": """
        import contextvars
        user = contextvars.ContextVar("user", default=0)
        class Who: variable = user
        seen = [user, Who()]
        def make(): return []
        def one(out):
            seen[0].set(user.get() + 1)
            out.append(user.get())
        def holds(out): return out == [1, 1]
        """,
}
IN_WRAPPERS = {
    "context_manager": """
        import threading
        from contextlib import contextmanager
        lock = threading.Lock()
        @contextmanager
        def locked():
            lock.acquire()
            try: yield
            finally: lock.release()
        def make(): return {"n": 0}
        def one(state):
            with locked(): state["n"] += 1
        def holds(state): return state["n"] == 2
        """,
    "async_context_manager": """
        import asyncio
        from contextlib import asynccontextmanager
        lock = asyncio.Lock()
        @asynccontextmanager
        async def guarded():
            await lock.acquire()
            try: yield
            finally: lock.release()
        def make(): return {"n": 0}
        async def one(state):
            async with guarded():
                n = state["n"]
                await asyncio.sleep(0)
                state["n"] = n + 1
        def holds(state): return state["n"] == 2
        """,
    "other_module": """
        import {other} as bank
        def make(): return None
        def one(_): bank.hit_with_lock()
        def holds(_): return bank.count == 2
        """,
}
RACES = {
    "metaclass": (
        "race",
        """
        class Single(type):
            every = {}
            def __call__(cls):
                if cls not in cls.every: cls.every[cls] = super().__call__()
                return cls.every[cls]
        class Config(metaclass=Single): pass
        def make(): return []
        def one(out): out.append(Config())
        def holds(out): return out[0] is out[1]
        """,
    ),
    "class_of_an_instance": (
        "race",
        """
        class Account:
            total = 0
            def add(self): Account.total += 1
        account = Account()
        def make(): return account
        def one(account): account.add()
        def holds(account): return account.total == 2
        """,
    ),
    "self_of_a_body": (
        "race",
        """
        class Shop:
            n = 0
            def one(self, _): self.n += 1
        shop = Shop()
        one = shop.one
        def make(): return None
        def holds(_): return shop.n == 2
        """,
    ),
    "other_module": (
        "race",
        """
        import {other} as bank
        def make(): return None
        def one(_): bank.hit()
        def holds(_): return bank.count == 2
        """,
    ),
    "chain": (
        "race",
        """
        class Node:
            def __init__(self, after): self.after = after
        head, count = None, 0
        for _ in range(5000): head = Node(head)
        def make(): return None
        def one(_):
            global count
            count = count + (head.after is not None)
        def holds(_): return count == 2
        """,
    ),
}
FORGETS = """
    import threading
    from contextlib import contextmanager, suppress
    lock = threading.Lock()
    @contextmanager
    def locked():
        lock.acquire()
        yield
        lock.release()
    def make(): return {"n": 0}
    def one(state):
        with suppress(ValueError), locked():
            state["n"] += 1
            raise ValueError
    def holds(state): return state["n"] == 2
    """
BEATS = """
    import threading, time
    def make(): return {"x": 0, "n": 0}
    def one(state):
        def beat():
            while True:
                state["n"] += 1
                time.sleep(1)
        threading.Thread(target=beat, daemon=True).start()
    def holds(state): return state["x"] == 1
    def two(state): """
SETS = 'state["x"] = 1'
LOOKS_TWICE = 'state["x"] = state["n"] == state["n"]'
OTHER = """
    import threading
    lock, count = threading.Lock(), 0
    def hit():
        global count
        count += 1
    def hit_with_lock():
        with lock: hit()
    """


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Return what makes a program's text a module that is imported."""
    monkeypatch.syspath_prepend(tmp_path)
    made = []
    folder = tmp_path / "race_shared_folder"
    folder.mkdir()
    folder.joinpath("bank.py").write_text(textwrap.dedent(OTHER))

    def write(text):
        made.append(f"race_shared_{next(COUNT)}")
        tmp_path.joinpath(f"{made[-1]}.py").write_text(textwrap.dedent(text))
        importlib.invalidate_caches()
        return importlib.import_module(made[-1])

    yield lambda text: write(text.replace("{other}", write(OTHER).__name__))
    for name in made:
        del sys.modules[name]
    for name in ("race_shared_folder.bank", "race_shared_folder"):
        sys.modules.pop(name, None)


def judged(module):
    return race(module.make, [module.one, module.one], module.holds, seconds=600)


def all_it_has(module):
    """Return what a module's names stand for, and what is in that."""
    found = {}
    for name, value in vars(module).items():
        if not name.startswith("__"):
            found[name] = value, inside(value)
            if isinstance(value, type):
                found |= {(name, key): one for key, one in vars(value).items() if key[:2] != "__"}
    return found


def inside(value):
    if isinstance(value, logging.Logger):
        return [*value.handlers]
    if type(value).__module__.startswith("race_shared_"):
        return vars(value).copy()
    return copy.copy(value) if isinstance(value, dict | list) else None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=name)
        for some in (IN_CLASSES, IN_OBJECTS, IN_WRAPPERS)
        for name, text in some.items()
    ],
)
def test_what_is_in_order_is_found_to_be_and_is_as_before(program, text):
    module = program(text)
    before = all_it_has(module)
    assert judged(module).kind == "ok"
    assert all_it_has(module) == before


@pytest.mark.parametrize(("kind", "text"), RACES.values(), ids=RACES)
def test_a_race_in_it_is_found_and_all_is_as_before(program, kind, text):
    module = program(text)
    before = all_it_has(module)
    verdict = judged(module)
    assert (verdict.kind, verdict.preemptions) == (kind, 1)
    assert all_it_has(module) == before


def test_a_lock_kept_by_a_context_manager_is_a_deadlock(program):
    module = program(FORGETS)
    verdict = judged(module)
    assert (verdict.kind, verdict.preemptions) == ("deadlock", 0)
    assert not module.lock.locked()


def test_what_another_module_shares_is_named_as_the_program_does(program):
    verdict = judged(program(RACES["other_module"][1]))
    assert "bank.count" in verdict.schedule[-1].state


def test_what_each_thread_has_of_its_own_and_needs_arguments_is_refused_in_one_line(program):
    module = program(
        IN_OBJECTS["sub_of_local"].replace("self):", "self, n):").replace("Mine()", "Mine(1)")
    )
    with pytest.raises(
        RuntimeError, match=r"^store cannot be copied for each run .*: make it in make\(\)$"
    ):
        judged(module)


def test_a_function_of_what_cannot_be_copied_stays_what_it_is(program):
    module = program("""
        import sys
        class Shop:
            def __init__(self): self.sys = sys
            def one(self, state): state.append(1)
        one = Shop().one
        def make(): return []
        def holds(state): return state == [1, 1]
        """)
    assert judged(module).kind == "ok"


def test_what_make_makes_each_time_is_not_copied(program):
    module = program("""
        class Walk:
            def __init__(self):
                self.steps = (n for n in range(9))
                self.go = lambda: next(self.steps)
        def make(): return Walk()
        def one(walk): walk.go()
        def holds(walk): return next(walk.steps) == 2
        """)
    assert judged(module).kind in ("ok", "exception")


def test_a_daemon_that_never_ends_ends_with_the_program(program):
    module = program(BEATS + SETS)
    verdict = race(module.make, [module.one, module.two], module.holds)
    assert verdict.kind == "ok"
    assert verdict.proof.endswith("A daemon that had slept twice came after all others.")
    idle = program(BEATS.replace('state["n"] += 1', "") + SETS)
    assert race(idle.make, [idle.one, idle.two], idle.holds).kind == "ok"


def test_what_a_daemon_does_until_then_is_seen(program):
    module = program(BEATS + LOOKS_TWICE)
    verdict = race(module.make, [module.one, module.two], module.holds)
    assert (verdict.kind, verdict.preemptions) == ("race", 1)


# what race is given


def make():
    return {"n": 0}


def add(state):
    state["n"] += 1


def always(state):
    return True


async def nothing(state=None):
    pass


def walk(state=None):
    yield True


GIVEN_WRONG = {
    "holds generator": ((make, [add, add], walk), {}, TypeError, "^holds has to .* generator"),
    "holds none": (
        (make, [add, add], lambda: True),
        {},
        TypeError,
        r"^holds has to .* takes \(\)$",
    ),
    "holds two": (
        (make, [add, add], lambda a, b: 1),
        {},
        TypeError,
        r"^holds has .* takes \(a, b\)$",
    ),
    "make async": ((nothing, [add, add], always), {}, TypeError, "^make has .* an async function$"),
    "make generator": (
        (walk, [add, add], always),
        {},
        TypeError,
        "^make has .* generator function$",
    ),
    "make one": ((add, [add, add], always), {}, TypeError, r"^make has to .* takes \(state\)$"),
    "seconds str": (
        (make, [add, add], always),
        {"seconds": "1"},
        TypeError,
        "^seconds has to be a n",
    ),
    "seconds None": (
        (make, [add, add], always),
        {"seconds": None},
        TypeError,
        "^seconds has to be",
    ),
    "seconds bool": (
        (make, [add, add], always),
        {"seconds": True},
        TypeError,
        "^seconds has to be",
    ),
    "seconds -1": ((make, [add, add], always), {"seconds": -1}, ValueError, "^seconds .* not -1$"),
    "seconds nan": ((make, [add, add], always), {"seconds": float("nan")}, ValueError, "not nan$"),
    "lambda": ((make, [add, lambda: 1], always), {}, TypeError, "^the second body has to take one"),
    "named": (
        (make, [add, make], always),
        {},
        TypeError,
        "^make, the second body, has to take one",
    ),
}


@pytest.mark.parametrize("given", GIVEN_WRONG.values(), ids=GIVEN_WRONG)
def test_what_is_of_the_wrong_kind_is_refused_in_one_line(given):
    arguments, more, error, words = given
    with pytest.raises(error, match=words) as caught:
        race(*arguments, **more)
    assert "\n" not in str(caught.value)
    assert " at 0x" not in str(caught.value)


@pytest.mark.parametrize("bodies", [[add, add], [nothing, nothing]])
def test_what_holds_returns_has_to_be_true_or_false(bodies):
    class Many:
        def __bool__(self):
            raise ValueError("some are true")

        def __repr__(self):
            return "[True, False]"

    with pytest.raises(
        TypeError, match=r"^holds has to return True or False, not \[True, False\]$"
    ):
        race(make, bodies, lambda state: Many())
    with pytest.raises(TypeError, match=r"^holds has to return True or False, not <generator"):
        race(make, bodies, lambda state: walk(state))


# what leads out


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="this system sends no signals so")
@pytest.mark.parametrize("where", ["make", "holds"])
def test_what_never_ends_in_make_or_holds_can_be_interrupted(where):
    main = threading.main_thread().ident
    before = signal.getsignal(signal.SIGINT), threading.Lock, os.fork
    hears, tells = os.pipe()

    def never(state=None):
        os.write(tells, b"it has begun")
        while True:
            pass

    def interrupt():
        os.read(hears, 1)
        signal.pthread_kill(main, signal.SIGINT)

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        race(never if where == "make" else make, [add, add], always if where == "make" else never)
    other.join()
    for end in (hears, tells):
        os.close(end)
    assert (signal.getsignal(signal.SIGINT), threading.Lock, os.fork) == before
    assert race(make, [add, add], always).kind == "ok"


def starts(state):
    multiprocessing.Process(target=make).start()


async def starts_in_a_task(state):
    with contextlib.suppress(Exception):
        os.fork()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("body", [starts, starts_in_a_task, lambda state: os.fork()])
def test_a_process_is_refused_in_one_line(body):
    before = os.fork, multiprocessing.Process.start
    with pytest.raises(RuntimeError, match=r"^a process of its own cannot be started"):
        race(make, [body, body], always)
    assert (os.fork, multiprocessing.Process.start) == before

"""The project's program is interrupted, ended and killed, and loses nothing.

Run with `-s` to see the figures.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from helpers.project import gallery, my_project, rows
from helpers.website import GALLERY, website

ROOT = Path(__file__).resolve().parent.parent
LATENCY = 0.05
SETTLE = 30  # seconds in which what has been told to end has ended, on a machine that is busy
TIMES = int(os.environ.get("INTERRUPTS", "16"))  # 50 when its figures were taken
PATIENTLY = "--timeout", "100"
REQUESTS, LONG = 44, 3.0  # what a whole visit asks for; and the seconds that it takes, roughly

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are others there"),
]


@pytest.fixture(scope="module")
def site():
    with website(pages=GALLERY, latency=LATENCY) as served:
        yield served


@pytest.fixture(scope="module")
def right(site, tmp_path_factory):
    """What the program in turn keeps."""
    path = tmp_path_factory.mktemp("right") / "a.db"
    gallery.visit(site.url, path)
    return rows(path)


class Visit:
    """A visit of the gallery, in a session of its own.

    Attributes:
        program: the process.
        family: the program and all that it was seen to have started.
    """

    def __init__(self, site, path, *options):
        site.reset()
        words = [sys.executable, my_project.__file__, site.url, str(path), *options]
        self.site, self.path = site, path
        self.program = subprocess.Popen(
            words,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.process = psutil.Process(self.program.pid)
        self.family = {self.process}

    def look(self):
        """Look for children; return them. The first comes when main() has begun, and not before."""
        with contextlib.suppress(psutil.NoSuchProcess):
            children = self.process.children(recursive=True)
            self.family.update(children)
            return children
        return []

    def wait(self, is_time):
        """Wait until it is time, or the program has ended; say whether it was time."""
        while self.program.poll() is None:
            if is_time():
                return True
            time.sleep(0.002)
        return False

    def began(self):
        """Wait until main() has begun."""
        return self.wait(self.look)

    def all_there(self):
        """Wait until its tracker and its two workers are there."""
        return self.wait(lambda: len(self.look()) >= 3)

    def signal(self, number=signal.SIGINT):
        """Send a signal to all, as a terminal does; or, but for Ctrl-C, to the program alone."""
        self.look()
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGINT:
                os.killpg(self.program.pid, number)
            else:
                self.program.send_signal(number)

    def end(self):
        """Wait for its end; return its status and what it told, once nobody is left of it."""
        told = self.program.communicate(timeout=120)[1]
        until = time.monotonic() + SETTLE
        while left := [one for one in self.family if is_alive(one)]:
            assert time.monotonic() < until, left
            time.sleep(0.01)
        return self.program.returncode, told


@contextlib.contextmanager
def held(site):
    """Have one picture come after a minute: no visit ends by itself before it is ended."""
    site.set(slow_rate=0.03, slow_latency=60, seed=24)
    try:
        yield
    finally:
        site.set(slow_rate=0)


def is_alive(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def whole(site, path, right):
    """Finish a visit; its rows must be right, and nothing that is kept is asked for again."""
    kept = {row[0] for row in rows(path) if row[1] is not None} if path.exists() else set()
    visit = Visit(site, path)
    assert visit.end() == (0, "")
    assert rows(path) == right
    asked = {site.url + one[1:] for one in site.seen.paths}
    assert not asked & kept
    return len(kept)


def moments(seed):
    """Return (kind, amount) of each moment: half by requests, half by seconds since main began."""
    chance = random.Random(seed)
    found = [("requests", chance.randint(0, REQUESTS)) for _ in range(TIMES // 2)]
    return found + [("seconds", chance.uniform(0, LONG)) for _ in range(TIMES - len(found))]


def test_it_is_interrupted_at_many_moments_and_loses_nothing(site, right, tmp_path):
    seed = random.randrange(10**6)
    print(f"\nseed {seed}")
    path, number, statuses, kept, again = tmp_path / "0.db", 0, Counter(), [], 0
    for kind, amount in moments(seed):
        visit = Visit(site, path)
        assert visit.began()
        since = time.monotonic()
        if kind == "requests":
            visit.wait(lambda: site.seen.requests >= amount)  # noqa: B023
        else:
            visit.wait(lambda: time.monotonic() - since > amount)  # noqa: B023
        visit.signal()
        status, told = visit.end()
        statuses[kind, status] += 1
        assert status in (0, 130), (seed, kind, amount, told)
        stopped = "\nStopped. Run it again, and it goes on from here.\n"
        assert told == (stopped if status else ""), (seed, kind, amount)
        if path.exists():
            with contextlib.suppress(Exception):  # it may hold no tables yet
                kept.append(sum(row[1] is not None for row in rows(path)))
        if status == 0:
            assert rows(path) == right
        elif chance_to_go_on(seed, number, again):  # interrupted once more on its way
            again += 1
            number += 1
            continue
        else:
            whole(site, path, right)
        number, again = number + 1, 0
        path = tmp_path / f"{number}.db"
    if path.exists():
        whole(site, path, right)
    print(f"statuses {dict(statuses)}; rows kept when it was interrupted: {sorted(kept)}")
    assert sum(statuses.values()) == TIMES


def chance_to_go_on(seed, number, again):
    """Say whether a visit is interrupted once more, instead of being finished: three at most."""
    return again < 3 and random.Random(f"{seed} {number}").random() < 0.5


def test_before_main_begins_an_interrupt_is_pythons_own(site, right, tmp_path):
    seed, found = random.randrange(10**6), Counter()
    chance = random.Random(seed)
    for number in range(10):
        path = tmp_path / f"{number}.db"
        visit = Visit(site, path)
        until = time.monotonic() + chance.uniform(0.02, 1.5)
        visit.wait(lambda: time.monotonic() > until)  # noqa: B023
        has_begun = bool(visit.look())
        visit.signal()
        status, told = visit.end()
        if has_begun:
            assert (status, "Traceback" in told) == (130, False), (seed, told)
        elif status == 0:  # in a callback of its own, as imports have them, Python drops it
            assert "Exception ignored" in told and "KeyboardInterrupt" in told, (seed, told)
        else:  # it may begin between the look and the signal
            assert status in (1, 130, -signal.SIGINT), (seed, told)
        found["after" if has_begun else "before", status, "Traceback" in told] += 1
        whole(site, path, right)
    print(f"\nseed {seed}; (main, status, traceback): {dict(found)}")


def test_a_second_ctrl_c_does_no_harm(site, right, tmp_path):
    seed, found = random.randrange(10**6), Counter()
    chance = random.Random(seed)
    for number in range(12):
        path = tmp_path / f"{number}.db"
        with held(site):
            visit = Visit(site, path, *PATIENTLY)
            assert visit.began()
            amount = chance.randint(0, REQUESTS - 8)
            visit.wait(lambda: site.seen.requests >= amount)  # noqa: B023
            for _ in range(chance.choice([2, 2, 5])):
                visit.signal()
                time.sleep(chance.choice([0, 0.001, 0.01, 0.1]))
            status, told = visit.end()
        found[status] += 1
        assert told.endswith("Stopped. Run it again, and it goes on from here.\n"), (seed, told)
        assert "Traceback" not in told, (seed, told)
        assert status == 130, (seed, told)
        whole(site, path, right)
    print(f"\nseed {seed}; statuses {dict(found)}")


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_who_is_killed_leaves_no_process_and_loses_nothing(site, right, tmp_path, name):
    number, kept = getattr(signal, name), []
    for requests in (1, 12, 25, 40):
        path = tmp_path / f"{requests}.db"
        with held(site):
            visit = Visit(site, path, *PATIENTLY)
            assert visit.all_there()
            visit.wait(lambda: site.seen.requests >= requests)  # noqa: B023
            visit.signal(number)
            status, told = visit.end()
        assert status == -number
        assert "Traceback" not in told, told
        kept.append(whole(site, path, right))
    print(f"\n{name}: rows kept {kept}, nobody left")


def test_a_killed_worker_ends_it_and_nothing_is_lost(site, right, tmp_path):
    for requests in (1, 25, 40):
        path = tmp_path / f"{requests}.db"
        with held(site):
            visit = Visit(site, path, *PATIENTLY)
            assert visit.all_there()
            visit.wait(lambda: site.seen.requests >= requests)  # noqa: B023
            workers = [
                one for one in visit.look() if "resource_tracker" not in " ".join(one.cmdline())
            ]
            # One that is still starting, and finds the pool broken, tells of that itself. Each
            # begins with a thread that watches the program.
            visit.wait(lambda: all(one.num_threads() > 1 for one in workers))  # noqa: B023
            workers[-1].kill()
            status, told = visit.end()
        assert status == 1
        assert told.count("\n") == 1, told
        (line,) = told.splitlines()
        assert line.startswith(f"{site.url}: BrokenProcessPool: A "), line
        whole(site, path, right)

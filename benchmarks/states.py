"""How well the states are told, and what that costs: programs whose truth is known.

    python benchmarks/states.py

What each thread waits for is known by construction: it waits for one thing only. When it was on
a core, ready or blocked is known from the scheduler's own events, which `perf` writes down (as
root, on Linux); the two together give the true state at each moment.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from benchmarks.known_waits import WAITS, repeat  # noqa: E402
from helpers.recorder import states  # noqa: E402
from helpers.recorder.stretches import stretches  # noqa: E402

__all__ = ["main"]

SECONDS = 2.0
MEMORY = "/dev/shm"  # writing the events to a disk would disturb those who wait for it
EVENTS = ("sched:sched_switch", "sched:sched_wakeup", "sched:sched_wakeup_new")
SWITCH = re.compile(r"prev_pid=(\d+) .*prev_state=(\S+) ==> .*next_pid=(\d+)")
WAKING = re.compile(r" pid=(\d+)")
Stretch = tuple[str, int, int]


class Scheduler:
    """The scheduler's events while a block runs; afterwards `found`: what each thread did.

    No core may idle meanwhile: not all events of a core that leaves its idle loop are written.
    """

    def __enter__(self) -> Scheduler:
        self._busy = [keep_busy(core) for core in os.sched_getaffinity(0)]
        self._folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self._file = str(Path(self._folder.name, "events"))
        orders, self._orders = os.pipe()
        answers, answer = os.pipe()
        events = [word for event in EVENTS for word in ("-e", event)]
        command = ["perf", "record", *events, "-a", "-k", "CLOCK_MONOTONIC", "-o", self._file]
        command += ["-m", "2048", "-D", "-1", "--control", f"fd:{orders},{answer}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self._perf = subprocess.Popen(command, pass_fds=(orders, answer), **quiet)
        os.write(self._orders, b"enable\n")
        os.read(answers, 16)
        for file in (orders, answers, answer):
            os.close(file)
        return self

    def __exit__(self, *_: object) -> None:
        self._perf.send_signal(signal.SIGINT)
        self._perf.wait()
        os.close(self._orders)
        for busy in self._busy:
            busy.kill()
            busy.wait()
        command = ["perf", "script", "--ns", "-F", "time,event,trace", "-i", self._file]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.found = scheduled(text)
        self._folder.cleanup()


def keep_busy(core: int) -> subprocess.Popen[bytes]:
    """Start a process that computes on a core whenever nobody else wants to."""
    code = f"import os; os.sched_setaffinity(0, {{{core}}})\n"
    code += "os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: pass"
    return subprocess.Popen([sys.executable, "-I", "-S", "-c", code])


def scheduled(text: str) -> dict[int, list[Stretch]]:
    """Return what each thread did: 'running', 'ready' or 'blocked', from when to when."""
    now: dict[int, tuple[str, int]] = {}
    found: dict[int, list[Stretch]] = defaultdict(list)

    def turn(tid: int, state: str, moment: int) -> None:
        if tid in now:
            found[tid].append((*now[tid], moment))
        now[tid] = (state, moment)

    for line in text.splitlines():
        seconds, _, rest = line.split(maxsplit=2)
        moment = int(seconds.rstrip(":").replace(".", ""))
        if switch := SWITCH.search(rest):
            left, state, came = switch.groups()
            turn(int(left), "ready" if state.startswith("R") else "blocked", moment)
            turn(int(came), "running", moment)
        else:
            tid = int(WAKING.search(rest)[1])
            if tid in now and now[tid][0] == "blocked":
                turn(tid, "ready", moment)
    return found


def said_and_true(said: Any, true: list[Stretch], begin: int, end: int) -> Counter[Any]:
    """Return ns by (true state, said state) between two moments; 'unseen' where none was said."""
    edges = {begin, end, *(edge for _, *both in true for edge in both)}
    edges |= {*said.start.tolist(), *said.end.tolist()}
    cuts = np.array(sorted(edge for edge in edges if begin <= edge <= end))
    middles = (cuts[1:] + cuts[:-1]) // 2
    truth = at(np.array([row[1:] for row in true]), [row[0] for row in true], middles)
    told = at(np.stack((said.start, said.end), 1), said.state.tolist(), middles)
    shares: Counter[Any] = Counter()
    for pair, length in zip(zip(truth, told, strict=True), np.diff(cuts).tolist(), strict=True):
        shares[pair] += length
    return shares


def at(stretches: Any, names: list[str], moments: Any) -> list[str]:
    place = np.searchsorted(stretches[:, 0], moments, "right") - 1
    inside = (place >= 0) & (moments < stretches[place, 1])
    return [
        names[at] if yes else "unseen"
        for at, yes in zip(place.tolist(), inside.tolist(), strict=True)
    ]


def observe(bodies: dict[str, Callable[[], Any]]) -> tuple[dict[str, Counter[Any]], Any]:
    """Run each body in a thread; return its ns by (true, said), and what was sampled."""
    tids: dict[str, int] = {}
    lives: dict[str, tuple[int, int]] = {}

    def live(name: str, body: Callable[[], Any]) -> None:
        tids[name] = threading.get_native_id()
        time.sleep(0.02)  # first seen by then
        begin = time.perf_counter_ns()
        body()
        lives[name] = (begin, time.perf_counter_ns())

    threads = [threading.Thread(target=live, args=pair) for pair in bodies.items()]
    sampler = states.sampler()
    with Scheduler() as scheduler:
        assert sampler.start(), sampler.reason
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        samples = sampler.stop()
    said = stretches(samples)
    found = {
        name: said_and_true(said[said.tid == tid], scheduler.found[tid], *lives[name])
        for name, tid in tids.items()
    }
    return found, samples


def show(title: str, rows: list[tuple[str, str, Counter[Any]]]) -> None:
    """Print, of the time that was truly in a state, how much was told so, and what else.

    The second share, for waits, is of the time that was told as a wait for anything.
    """
    print(f"\n{title}")
    for name, state, shares in rows:
        truly = "blocked" if state not in ("running", "ready") else state
        told = Counter({said: ns for (true, said), ns in shares.items() if true == truly})
        total = sum(told.values()) or 1
        kinds = total - sum(told[other] for other in ("running", "ready", "unseen"))
        right = f"{told[state] / kinds:7.2%}" if kinds and truly == "blocked" else " " * 7
        rest = [f"{said} {ns / total:.2%}" for said, ns in told.most_common() if said != state]
        print(
            f"  {name:24} {state:8} {told[state] / total:7.2%} {right} {total / 1e9:7.2f} s ", *rest
        )


def blocked_kinds() -> None:
    bodies = {name: (lambda make=make: repeat(make(), SECONDS)) for name, make in WAITS.items()}
    rows = []
    for name, body in bodies.items():  # one by one: two cores must not make any wait for others
        shares, _ = observe({name: body})
        rows.append((name, WAITS[name]().state, shares[name]))
    show("blocked, and for what", rows)


def spin(seconds: float = SECONDS) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def hand_over() -> None:
    """Compute in steps of a millisecond, the interpreter letting go of the GIL in between."""
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        spin(0.001)
        os.sched_yield()


def contended(title: str, bodies: dict[str, Callable[[], Any]], waits: str = "gil") -> None:
    shares, samples = observe(bodies)
    total = sum(shares.values(), Counter())
    show(title, [("all threads", state, total) for state in ("running", "ready", waits)])
    print(f"    looks {samples.looks}, sampler {samples.spent / 1e9 / SECONDS:.1%} of a core")


def ready_processes(count: int) -> None:
    """More processes than cores that only count: each is on a core or ready, never blocked."""
    sampler = states.sampler()
    with Scheduler() as scheduler:
        assert sampler.start(), sampler.reason
        children = []
        for _ in range(count):
            pid = os.fork()
            if pid == 0:
                spin()
                os._exit(0)
            children.append(pid)
        begin = time.perf_counter_ns() + 20_000_000
        time.sleep(SECONDS - 0.05)
        end = time.perf_counter_ns()
        for pid in children:
            os.waitpid(pid, 0)
        samples = sampler.stop()
    said = stretches(samples)
    total: Counter[Any] = Counter()
    for pid in children:
        total += said_and_true(said[said.tid == pid], scheduler.found[pid], begin, end)
    show(
        f"{count} processes that only count",
        [("all", state, total) for state in ("running", "ready")],
    )


def cost() -> None:
    """The sampler's share of a core, with threads that sleep and with threads that count."""
    print("\nthe sampler's share of a core (looks a second)")
    for count in (1, 4, 16, 64):
        for name, body in (
            ("sleep 1 ms", lambda: until(lambda: time.sleep(0.001))),
            ("count", spin),
        ):
            threads = [threading.Thread(target=body) for _ in range(count)]
            assert states.sampler().start()
            began = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            took = time.perf_counter() - began
            samples = states.sampler().stop()
            share, looks = samples.spent / 1e9 / took, samples.looks / took
            print(f"  {count:3} threads, {name:10} {share:6.1%} ({looks:.0f})")


def until(step: Callable[[], Any]) -> None:
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        step()


def count_job() -> float:
    def count() -> None:
        total = 0
        for number in range(4_000_000):
            total += number

    threads = [threading.Thread(target=count) for _ in range(2)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def slowdown(pairs: int = 21) -> None:
    """Two threads that count, sampled and not, in turns; and not, twice, for the noise."""
    ratios: dict[str, list[float]] = {"on / off": [], "off / off": []}
    for number in range(pairs):
        for name, sampled in (("on / off", True), ("off / off", False)):
            times = {}
            for on in (True, False) if number % 2 else (False, True):
                if sampled and on:
                    states.sampler().start()
                times[on] = count_job()
                if sampled and on:
                    states.sampler().stop()
            ratios[name].append(times[True] / times[False])
    print("\nslowdown of two threads that count")
    for name, values in ratios.items():
        low, high = np.percentile(values, [25, 75])
        print(f"  {name:10} {median(values):.3f}  ({low:.3f} to {high:.3f})")


def main() -> None:
    """Run everything, and print it."""
    print(sys.version)
    if shutil.which("perf") and os.geteuid() == 0:
        blocked_kinds()
        contended("one thread that counts", {"a": spin}, "sleep")
        contended("two threads that count", dict.fromkeys("ab", spin))
        contended("four threads that count", dict.fromkeys("abcd", spin))
        contended("three threads, in turns of a millisecond", dict.fromkeys("abc", hand_over))
        ready_processes(3)
        ready_processes(5)
    else:
        print("no perf here: nothing says what was true")
    cost()
    slowdown()


if __name__ == "__main__":
    main()

"""Whether states can be measured here: a program whose threads' states are known, and its check.

The sampler runs this file as a program of its own, looks at it as it looks at any other, and
compares what it sees with what it knows. Where it sees anything else, nothing is measured at all.
"""

from __future__ import annotations

import os
import sys
from array import array
from time import perf_counter_ns, sleep
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or __package__:
    from helpers.recorder.tree import Tree
    from helpers.recorder.waits import STATES, known_machine
else:  # this runs without the package, which would take longer to load than all else
    sys.path.append(__file__.rpartition("/")[0])
    from tree import Tree
    from waits import STATES, known_machine

__all__ = ["why_not"]

LOOKS = 50
LIMIT = 2_000_000_000  # ns: by then even a busy machine has shown every state
ON_A_CORE = 1_000_000  # ns that a thread that only counts has spent on a core by then, at least
WRONG = "this system shows them in a way that is not known here"
REFUSED = "this system does not let one process look at another"
UNKNOWN = "they can be read on Linux on x86-64 and 64-bit ARM only"


def why_not(parent: int) -> str:
    """Return why the states of a process and its children cannot be measured here, or ''."""
    if not known_machine():
        return UNKNOWN
    try:
        for name in ("syscall", "schedstat", "children"):
            with open(f"/proc/{parent}/task/{parent}/{name}", "rb", buffering=0) as file:  # noqa: PTH123
                file.read()
        return "" if _try() else WRONG
    except PermissionError:
        return REFUSED
    except (OSError, ValueError):
        return WRONG


def _try() -> bool:
    """Run the program and look at it until all is seen that there is to see, or time is up."""
    program, to_it, from_it = _begin()
    try:
        expected = _read_threads(from_it)
        end = perf_counter_ns() + LIMIT
        while expected and perf_counter_ns() < end:
            if _is_right(_look_at(program), expected):
                return True
        return False
    finally:
        os.kill(program, 9)
        os.waitpid(program, 0)
        os.close(to_it)
        os.close(from_it)


def _begin() -> tuple[int, int, int]:
    """Start the program; return its pid, a pipe to its stdin and one from its stdout."""
    its_in, to_it = os.pipe()
    from_it, its_out = os.pipe()
    command = [sys.executable, "-I", "-S", __file__]
    wiring = [(os.POSIX_SPAWN_DUP2, its_in, 0), (os.POSIX_SPAWN_DUP2, its_out, 1)]
    try:
        program = os.posix_spawn(sys.executable, command, os.environ, file_actions=wiring)
    finally:
        os.close(its_in)
        os.close(its_out)
    return program, to_it, from_it


def _read_threads(pipe: int) -> dict[int, str]:
    """Return the program's threads with the state each is in, as it names them."""
    text = b""
    while not text.endswith(b"\n"):
        more = os.read(pipe, 4096)
        if not more:
            return {}
        text += more
    words = text.decode().split()
    return {int(tid): state for tid, state in zip(words[::2], words[1::2], strict=True)}


def _look_at(program: int) -> Tree:
    tree = Tree(program)
    for _ in range(LOOKS):
        tree.look()
        sleep(0.001)
    tree.close()
    return tree


def _is_right(tree: Tree, expected: dict[int, str]) -> bool:
    """Tell whether each thread was seen in its state, and in none that it cannot be in."""
    seen: dict[int, list[str]] = {tid: [] for tid in expected}
    on_a_core = 0
    for number, code, _, _, core, _, _ in _rows(tree.rows):
        seen.setdefault(tree.born[3 * number + 1], []).append(STATES[code])
        on_a_core = max(on_a_core, core)
    states_right = all(_fits(seen[tid], state) for tid, state in expected.items())
    return states_right and on_a_core > ON_A_CORE


def _rows(numbers: array[int]) -> list[tuple[int, ...]]:
    return list(zip(*[iter(numbers)] * 7, strict=True))


def _fits(seen: list[str], state: str) -> bool:
    """Tell whether what was seen fits: any thread may first run, and wait for the GIL to do so."""
    if state in ("gil", "running"):  # two that count: with a GIL each waits for it and runs
        return {state, "running"} <= set(seen) <= {"running", state}
    return set(seen) <= {"running", "gil", state} and seen[-1:] == [state]


def main() -> None:
    """Be the program: threads that wait for what is known, and two that count."""
    import socket
    import threading
    import time

    def count() -> None:
        while True:
            pass

    lock, pipe = threading.Lock(), os.pipe()
    lock.acquire()
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    counting = "gil" if getattr(sys, "_is_gil_enabled", lambda: True)() else "running"
    bodies: list[tuple[str, Any, tuple[Any, ...]]] = [
        ("sleep", time.sleep, (1000,)),
        ("lock", lock.acquire, ()),
        ("pipe", os.read, (pipe[0], 1)),
        ("network", udp.recv, (1,)),
        (counting, count, ()),
        (counting, count, ()),
    ]
    threads = [threading.Thread(target=body, args=args, daemon=True) for _, body, args in bodies]
    for thread in threads:
        thread.start()
    pairs = zip(threads, bodies, strict=True)
    print(*(f"{thread.native_id} {state}" for thread, (state, _, _) in pairs), flush=True)
    os.read(0, 1)  # ends with the sampler
    os._exit(0)


if __name__ == "__main__":
    main()

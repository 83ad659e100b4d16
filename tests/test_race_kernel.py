"""A kernel in which `race` has been called a thousand times is as it was before."""

import json
import sys
from pathlib import Path

import pytest

from tests.kernel import running_kernel

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = sorted(one.stem for one in (ROOT / "tests" / "races").glob("[!_]*.py"))
VERDICTS, IN_A_CELL = 1000, len(PROGRAMS)
# How much more the least of the last cells has than the least of those before, from the second on.
# In each cell every program is judged once, for the sources of the last ones are kept, and they are
# of different lengths. Had each verdict been kept, it would be 12,000 objects, 46,000 blocks and
# 4 MB; cells that did the same were seen to differ by 800 and 9,000. The system's count of pages
# moves by 3 MB as it is, so it tells only of what is no object: a stack of a thread is more.
SETTLED, CELLS = 1, 4
OBJECTS, BLOCKS, BYTES = 2000, 15_000, 7_000_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc"),
]

BEGIN = f'''
import sys
sys.path.insert(0, {str(ROOT)!r})

import asyncio, concurrent.futures, contextlib, gc, importlib, itertools, json, os, queue, resource
import signal, threading, time
from pathlib import Path
from helpers import race

programs = [importlib.import_module(f"tests.races.{{name}}") for name in {PROGRAMS!r}]
turns, kinds = itertools.cycle(programs), set()

def judge(many):
    for one in itertools.islice(turns, many):
        verdict = race(one.make, one.bodies, one.holds, seconds=600)
        print(verdict)  # so that it is heard that the cell goes on
        assert verdict.kind == one.KIND, (one, verdict)
        assert verdict._repr_html_()
        kinds.add((verdict.kind, one.__name__.split(".")[-1].startswith("async_")))

OWNERS = [
    threading, threading.Thread, queue, queue.Queue, time, asyncio, asyncio.events, asyncio.tasks,
    asyncio.locks, asyncio.queues, asyncio.BaseEventLoop, concurrent.futures.thread,
    concurrent.futures.ThreadPoolExecutor, signal, os,
]

def files():
    """Return what is open, but for what IPython and the client open and shut when they like.

    That is where the history is, and a socket: on a busy machine the client takes the kernel's
    heart to have stopped, and listens anew. (A loop that was left open has an eventpoll, too.)
    """
    found = []
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # one that another thread has shut by now
            found.append(os.readlink(one))
    others = get_ipython().profile_dir.location, "socket:"
    return sorted(one for one in found if not one.startswith(others))

def belongings():
    tools = [sys.monitoring.get_tool(n) for n in range(6)] if hasattr(sys, "monitoring") else []
    return {{
        "threads": sorted(one.name for one in threading.enumerate()),
        "trace": [repr(sys.gettrace()), repr(sys.getprofile()), repr(threading.gettrace())],
        "tools": tools,
        "signal": repr(signal.getsignal(signal.SIGINT)),
        "cores": sorted(os.sched_getaffinity(0)),
        "files": files(),
        "loop": id(asyncio.get_running_loop()),
        "names": {{
            f"{{owner.__name__}}.{{name}}": id(value)
            for owner in OWNERS for name, value in vars(owner).items() if callable(value)
        }},
    }}

def memory():
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return len(gc.get_objects()), sys.getallocatedblocks(), pages * resource.getpagesize()

async def beat():
    while True:
        beats.append(1)
        await asyncio.sleep(0.001)

beats = []
heart = asyncio.create_task(beat())
judge(0)
'''
TOLD = "print(json.dumps(belongings()))"
MEMORY = "print(json.dumps(memory()))"
TASKS = "len([*Path('/proc/self/task').iterdir()])"  # threads of the system
LOOP = """
seen = len(beats)
while len(beats) < seen + 10:
    await asyncio.sleep(0)
print("beats", heart.done())
"""
LONG = """
from types import SimpleNamespace

def make():
    return SimpleNamespace(x=0, y=0)

def write(state):
    for n in range(40):
        state.x = n * state.y
        state.y = n + state.x

def holds(state):
    print("at work")  # at the end of each run
    return True

race(make, [write, write, write], holds, seconds=600)
"""
SLEEP = "print('at work')\ntime.sleep(600)"


def done(kernel, source):
    """Return what a cell printed that has come to its end."""
    status, printed = kernel.run(source)
    assert status == "ok", kernel.traceback
    return printed


def is_as_before(kernel, before, tasks):
    """Check that the kernel has what it had; a thread of the system ends after its Thread."""
    done(kernel, f"while {TASKS} > {tasks}:\n    time.sleep(0.01)")
    assert json.loads(done(kernel, TOLD)) == before
    assert done(kernel, LOOP) == "beats False\n"


def test_a_kernel_is_as_before_after_a_thousand_verdicts():
    with running_kernel() as kernel:
        done(kernel, BEGIN)
        done(kernel, f"judge({IN_A_CELL})")
        before, memory = json.loads(done(kernel, TOLD)), []
        tasks = int(done(kernel, f"print({TASKS})"))
        for _ in range(VERDICTS // IN_A_CELL + 1):
            done(kernel, f"judge({IN_A_CELL})")
            memory.append(json.loads(done(kernel, MEMORY)))
        is_as_before(kernel, before, tasks)
        for source in (LONG, SLEEP, LONG):
            told = kernel.interrupt_when_printed(source, "at work")[0]
            assert told == "KeyboardInterrupt"
            is_as_before(kernel, before, tasks)
        done(kernel, f"judge({IN_A_CELL})")
        is_as_before(kernel, before, tasks)
        kinds = {tuple(one) for one in json.loads(done(kernel, "print(json.dumps([*kinds]))"))}
    assert {kind for kind, _ in kinds} == {"ok", "race", "deadlock", "exception", "livelock"}
    assert {is_async for _, is_async in kinds} == {False, True}
    print(memory)
    settled, last = (
        [min(figures) for figures in zip(*some, strict=True)]
        for some in (memory[SETTLED:][:CELLS], memory[-CELLS:])
    )
    grown = [now - then for then, now in zip(settled, last, strict=True)]
    assert all(one < most for one, most in zip(grown, (OBJECTS, BLOCKS, BYTES), strict=True)), grown

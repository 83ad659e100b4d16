"""docs/error_index.md: each message is provoked, each right line runs, a stuck cell tells where."""

import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from threading import Timer

import aiohttp
import pytest
import requests

from helpers.keeper import end_group
from tests.documents import BLOCK, words
from tests.errors_made import PROGRAMS
from tests.kernel import running_kernel

ROOT = Path(__file__).resolve().parent.parent
INDEX = ROOT / "docs" / "error_index.md"
TEXT = INDEX.read_text("utf-8")
BLOCKS = BLOCK.findall(TEXT)
HEADINGS = re.findall(r"^### (.+)$", TEXT, re.M)

PATIENCE = 60  # seconds; a program that is not stuck needs less than two

# The names that the page's examples use. They do nothing, and at once. Where an example does not
# itself make a process, a thread stands in for it: any start method would need the guard.
NAMES = """
import asyncio, multiprocessing, signal, sqlite3, sys, threading, types
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from functools import partial
from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory
from queue import Queue, SimpleQueue
from threading import Thread

def fetch(url): return url
def keep(url): texts[url] = fetch(url)
def wait(seconds=0): return seconds
def count(n): return n
def read(path): return path
def save(database, text): return database, text
def job(): return 1
async def wait_async(seconds): return seconds
async def fetch_async(url): return url
async def main(): return 1
async def arriving(): yield 1

class ClientSession:
    async def __aenter__(self): return self
    async def __aexit__(self, *error): pass
    async def get(self, url): return url

url, urls, texts, lock = "page", ["one", "two"], {"zero": "text"}, threading.Lock()
path, queue, aiohttp = "file", SimpleQueue(), types.SimpleNamespace(ClientSession=ClientSession)
here = types.SimpleNamespace(recv=[None, 1].pop)
queue.put(None)
process = Thread(target=queue.put, args=(None,))
loop = asyncio.new_event_loop()
Thread(target=loop.run_forever, daemon=True).start()
threads = [Thread(target=keep, args=(url,)) for url in urls]
requests = types.SimpleNamespace(get=lambda url, *, timeout: url)
pool = ThreadPoolExecutor()
futures = [pool.submit(fetch, url) for url in urls]
"""

GUARD = 'if __name__ == "__main__":\n'

# One call fails, the next is at work until the last one, in the queue behind it, is taken back.
AN_ERROR_BEFORE_OTHERS = """
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
from time import sleep

ready = Event()
def fail(): raise ConnectionError(ready.wait())
def work():
    while not futures[-1].cancelled(): sleep(0.01)

with ThreadPoolExecutor(max_workers=1) as pool:
    futures = [pool.submit(job) for job in (fail, work, print)]
    ready.set()
"""

# Ctrl-C comes while the program waits. No call ends before the last one, which stands in the
# queue, is taken back.
CTRL_C_DURING_CALLS = """
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep

def fetch(url):
    while "futures" not in globals() or not futures[-1].cancelled(): sleep(0.01)

Future.result = lambda future: signal.raise_signal(signal.SIGINT)
urls = range(1000)
"""

# As in a terminal, where Ctrl-C goes to all that was started from there.
CTRL_C_FOR_ALL = """
import os, signal, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

{pool}
if __name__ == "__main__":
    pool.submit(abs, -1).result()
    try:
        os.killpg(os.getpgrp(), signal.SIGINT)
    except KeyboardInterrupt:
        print("KeyboardInterrupt", flush=True)
        assert pool.submit(abs, -1).result() == 1
        sys.exit(130)
"""

AWAITED_AND_KILLED = """
import asyncio, os
from concurrent.futures import ProcessPoolExecutor

async def main():
    with ProcessPoolExecutor(1) as pool:
        await asyncio.get_running_loop().run_in_executor(pool, os._exit, 1)

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture(autouse=True, scope="module")
def ctrl_c():
    """Let Ctrl-C work: what a shell starts in the background ignores it, and so do its children."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def message(heading):
    """Return the message that a heading quotes, or nothing if it is in our own words.

    After a comma it may say of what: the same message has other causes elsewhere.
    """
    quoted = re.fullmatch(r"`([^`]+)`(?:, .+)?", heading)
    return quoted[1] if quoted else ""


def named(heading):
    """Return the name under which a heading's program is kept."""
    return heading.replace("`", "") if message(heading) else heading


def pattern(line):
    """Return a pattern for a whole printed line; `…` may be anything, a blank a line break."""
    parts = [re.escape(part).replace(r"\ ", r"\s+") for part in line.split("…")]
    # In front there may be the module that the error comes from, or the place of a warning.
    return re.compile(r"(?:^|[ .])" + ".*".join(parts) + r"\s*?$", re.M)


def start(folder, text, cell=False):
    """Start a program, from a file unless it is a cell."""
    path = folder / "program.py"
    path.write_text(text, "utf-8")
    folders = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, *(["-c", text] if cell else [path.name])],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(folders), "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


def end(process):
    """End a program, and the processes that it has started: they would hold its output open."""
    if hasattr(os, "killpg"):
        end_group(process.pid, process.poll)  # which lets the resource tracker put away semaphores
    process.kill()


def output(process):
    """Return all that a program prints, once it has ended."""
    try:
        return process.communicate(timeout=PATIENCE)[0]
    finally:
        end(process)
        process.wait()


def seen_twice(process, wanted):
    """Tell whether a program prints a line twice and still runs; then end it."""
    patience = Timer(PATIENCE, end, [process])
    patience.start()
    try:
        times = 0
        for line in process.stdout:
            times += wanted in line
            if times == 2:
                return process.poll() is None
        return False
    finally:
        patience.cancel()
        end(process)
        process.communicate()


def check_stuck(folder, text, cell):
    """Check that a program waits at its marked line, and goes on waiting there."""
    lines = ["import tests.whereabouts", *text.splitlines()]
    (number,) = (n for n, line in enumerate(lines, start=1) if line.endswith("# for ever"))
    process = start(folder, "\n".join(lines), cell)
    assert seen_twice(process, f'{"<string>" if cell else "program.py"}", line {number}, in ')


def right(block):
    """Return a block without what is wrong on purpose, as a script with the names it needs."""
    lines = [line for line in block.splitlines() if not line.endswith("# wrong")]
    text = "\n".join(lines)
    if "async def" not in text and re.search(r"\b(await|async (with|for)) ", text):  # a cell's
        text = f"async def cell():\n{textwrap.indent(text, '    ')}\nasyncio.run(cell())"
    return text if "__main__" in text else f"{GUARD}{textwrap.indent(text, '    ')}"


def test_every_heading_has_a_program_and_every_program_a_heading():
    assert [named(heading) for heading in HEADINGS] == list(PROGRAMS)


@pytest.mark.parametrize("heading", HEADINGS)
def test_a_program_does_what_its_entry_says(heading, tmp_path):
    program = PROGRAMS[named(heading)]
    if not program.since <= sys.version_info[:2] <= program.until:
        pytest.skip("this Python says it in other words")
    if program.needs and not Path(program.needs).exists():
        pytest.skip(f"there is no {program.needs} on this system")
    if program.stuck:
        check_stuck(tmp_path, program.text, program.cell)
    else:
        printed = output(start(tmp_path, program.text, program.cell))
        wanted = filter(None, [message(heading) or program.shows, program.or_else])
        assert any(pattern(line).search(printed) for line in wanted), printed


@pytest.mark.parametrize("heading", HEADINGS)
def test_an_entry_is_a_message_or_says_what_is_to_be_seen(heading):
    program = PROGRAMS[named(heading)]
    assert bool(message(heading)) + bool(program.shows) + program.stuck == 1


@pytest.mark.parametrize("block", BLOCKS, ids=[block.splitlines()[-1] for block in BLOCKS])
def test_what_is_right_runs_and_says_nothing_bad(block, tmp_path):
    assert "# wrong" not in block or "# right" in block
    process = start(tmp_path, f"{NAMES}\n{right(block)}")
    printed = output(process)
    assert process.returncode == 0, printed
    assert not re.search(r"Traceback|Error|Warning", printed), printed


def test_who_leaves_the_loop_at_the_first_error_waits_for_nothing_that_was_taken_back(tmp_path):
    (block,) = (block for block in BLOCKS if "in as_completed" in block)
    process = start(tmp_path, AN_ERROR_BEFORE_OTHERS + textwrap.indent(block, "    "))
    assert not output(process)
    assert process.returncode == 0


def test_who_takes_the_calls_back_at_ctrl_c_waits_for_none_that_had_not_begun(tmp_path):
    (block,) = (block for block in BLOCKS if "except KeyboardInterrupt:\n        pool" in block)
    process = start(tmp_path, CTRL_C_DURING_CALLS + block)
    assert "KeyboardInterrupt" in output(process)
    assert process.returncode == -signal.SIGINT or sys.platform == "win32"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no groups of processes as here")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_that_ignore_ctrl_c_say_nothing_of_it(tmp_path, method):
    (block,) = (block for block in BLOCKS if "SIG_IGN" in block)
    made = block.replace("(init", f"(1, get_context({method!r}), init")
    process = start(tmp_path, CTRL_C_FOR_ALL.format(pool=made))
    printed = output(process)
    assert printed.count("KeyboardInterrupt") == 1 and "Process-" not in printed, printed
    assert process.returncode == 130


def test_in_one_group_a_writer_that_fails_stops_those_who_wait_for_it(tmp_path):
    (block,) = (block for block in BLOCKS if "async def write" in block)
    fails = block.replace("print(text)", 'raise OSError("the disk is full")')
    process = start(tmp_path, f"{NAMES}\nurls = urls * 100\n{fails}")
    assert "OSError: the disk is full" in output(process)
    assert process.returncode == 1


def test_who_awaits_a_call_in_a_pool_that_breaks_is_told_so_too(tmp_path):
    heading = next(heading for heading in HEADINGS if "future was running or pending" in heading)
    assert pattern(message(heading)).search(output(start(tmp_path, AWAITED_AND_KILLED)))


def test_a_section_that_is_named_is_there():
    documents = [INDEX, *(ROOT / "notebooks").glob("*.ipynb")]
    headings = re.findall(r"^#+ (.+)$", "\n".join(map(words, documents)), re.M)
    named_ones = re.findall(r"\*((?:[^*\\\n]|\\\*)+)\*", words(INDEX))
    sections = [name.replace("\\*", "*") for name in named_ones if name.count(" ") > 2]
    assert len(sections) > 2
    assert set(sections) <= set(headings)


def test_one_except_catches_all_errors_of_a_page():
    group = TEXT.partition("## Fetching pages")[2].partition("\n## ")[0]
    *names, last = re.findall(r"^### `(\w+)", group, re.M)
    assert last == "OSError"
    for name in names:
        assert issubclass(getattr(requests.exceptions, name), requests.RequestException)


def test_one_except_catches_all_errors_of_a_page_fetched_with_aiohttp():
    group = TEXT.partition("## Fetching pages with tasks")[2].partition("\n## ")[0]
    names = re.findall(r"^### `(\w+)", group, re.M)[:4]
    assert len(set(names)) == 4
    for name in names:
        assert issubclass(getattr(aiohttp, name), aiohttp.ClientError)
    assert not issubclass(TimeoutError, aiohttp.ClientError)


def test_entries_are_short():
    entries = re.split(r"^### .+$", BLOCK.sub("", TEXT), flags=re.M)[1:]
    assert not [entry for entry in entries if len(entry.partition("\n## ")[0].split()) > 85]


@pytest.mark.parametrize(
    ("line", "printed", "found"),
    [
        ("TimeoutError", "Traceback\nTimeoutError\n", True),
        ("TimeoutError", "TimeoutError: 1 (of 2) futures unfinished\n", False),
        ("TimeoutError", "NoTimeoutError\n", False),
        ("CancelledError", "concurrent.futures._base.CancelledError\n", True),
        ("E: … of …", "E: 1 of 2\n", True),
        ("E: …!", "E: 1\n2!\n", False),
        ("E: one two…", "E: \n    one\n    two. More.\n", True),
        ("E: two one", "E: one two\n", False),
    ],
)
def test_a_message_is_found_whole_and_on_its_own_line(line, printed, found):
    assert bool(pattern(line).search(printed)) is found


STUCK_CELL = """
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
lock = Lock()
def sell():
    with lock:
        report()
def report():
    with lock:
        print("sold")
class Pool(ThreadPoolExecutor):
    def __exit__(self, *error):
        print("the end")
        super().__exit__(*error)
        print("of it came")
with Pool() as pool:
    future = pool.submit(sell)
    print("waiting")
    future.result()
"""


def wait_for_print(kernel, word):
    while word not in kernel.client.get_iopub_msg(timeout=PATIENCE)["content"].get("text", ""):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="there an interrupt ends no wait for a lock")
def test_the_stop_button_and_the_next_cell_tell_where_a_stuck_cell_is():
    (where,) = (block for block in BLOCKS if "_current_frames" in block)
    with running_kernel() as kernel:
        # An error must not take the next cell out of the queue, should it come very soon.
        cell = kernel.client.execute(STUCK_CELL, stop_on_error=False)
        # Each press where the cell waits: one that comes as the kernel answers takes the answer.
        for word in ("waiting", "the end"):
            wait_for_print(kernel, word)
            kernel.manager.interrupt_kernel()
        error, rest = kernel.finish(cell)
        status, printed = kernel.run(where)
    assert error == "KeyboardInterrupt"
    assert "of it came" not in rest  # the end of the `with` waited again, until the second press
    assert status == "ok"
    stack = printed.partition("ThreadPoolExecutor-0_0\n")[2].partition("\n\n")[0]
    assert re.findall(r", in (\w+)\n", stack)[-2:] == ["sell", "report"]

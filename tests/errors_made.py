"""Programs that provoke the messages of docs/error_index.md, by the heading of the entry.

Each is what a learner may have written, as short as it can be, and runs in a process of its own.
"""

from typing import NamedTuple

PROGRAMS = {}


class Program(NamedTuple):
    """A program, and how it is to be seen that it did what its entry says."""

    text: str
    shows: str = ""  # where the heading is no message: a line that is printed instead
    stuck: bool = False  # it never ends: it waits at the line that is marked `# for ever`
    cell: bool = False  # it is no file that can be imported, as a notebook's cell is none
    needs: str = ""  # a file that not every system has
    since: tuple[int, int] = (3, 11)  # the Pythons that say it in these words
    until: tuple[int, int] = (3, 99)


def makes(heading, text, **more):
    assert heading not in PROGRAMS, heading
    PROGRAMS[heading] = Program(text.lstrip("\n"), **more)


# --- Starting and joining threads ----------------------------------------------------------------

makes(
    "RuntimeError: threads can only be started once",
    """
from threading import Thread
thread = Thread(target=print)
thread.start()
thread.join()
thread.start()
""",
)

makes(
    "RuntimeError: cannot join thread before it is started",
    """
from threading import Thread
Thread(target=print).join()
""",
)

makes(
    "RuntimeError: cannot join current thread",
    """
import threading
for thread in threading.enumerate():
    thread.join()
""",
)

makes(
    "TypeError: …() takes 1 positional argument but … were given",
    """
from threading import Thread
def fetch(url):
    return url
Thread(target=fetch, args=("http://127.0.0.1:8000/page.html")).start()
""",
)

makes(
    "TypeError: … argument after * must be an iterable, not …",
    """
from threading import Thread
from time import sleep
Thread(target=sleep, args=(0.5)).start()
""",
)

makes(
    "TypeError: …() missing 1 required positional argument: '…'",
    """
from threading import Thread
def fetch(url):
    return url
Thread(target=fetch).start()
""",
)

makes(
    "AssertionError: group argument must be None for now",
    """
from threading import Thread
Thread(print)
""",
)

makes(
    "Exception in thread …",
    """
from threading import Thread
def fetch(url):
    raise ConnectionError(url)
thread = Thread(target=fetch, args=("page",))
thread.start()
thread.join()
""",
)

# Nobody limits how many threads an administrator starts, so memory is made short: there is room
# for three or four stacks of this size.
makes(
    "RuntimeError: can't start new thread",
    """
import resource
import threading
from pathlib import Path
megabyte = 2**20
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
most = used + 256 * megabyte
resource.setrlimit(resource.RLIMIT_AS, (most, most))
threading.stack_size(64 * megabyte)
done = threading.Event()
try:
    for _ in range(100):
        threading.Thread(target=done.wait).start()
finally:
    done.set()
""",
    needs="/proc/self/statm",
)

makes(
    "No message, but the threads run one after the other",
    """
import threading
from threading import Thread
texts = {}
def keep(url):
    texts[url] = threading.current_thread().name
brackets = Thread(target=keep("page"))
brackets.start()
brackets.join()
alive = []
for _ in range(3):
    thread = Thread(target=lambda: alive.append(threading.active_count() - 1))
    thread.start()
    thread.join()
print(texts, alive)
""",
    shows="{'page': 'MainThread'} [1, 1, 1]",
)

makes(
    "No message, but all threads did the same item",
    """
from threading import Thread
done = []
threads = [Thread(target=lambda: done.append(url)) for url in "abc"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(done)
""",
    shows="['c', 'c', 'c']",
)

# --- Pools and futures ---------------------------------------------------------------------------

makes(
    "TypeError: 'str' object is not callable",
    """
from concurrent.futures import ThreadPoolExecutor
def fetch(url):
    return "text"
with ThreadPoolExecutor() as pool:
    future = pool.submit(fetch("page"))
future.result()
""",
)

makes(
    "TypeError: 'NoneType' object is not callable",
    """
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
texts = {}
def keep(url):
    texts[url] = "text"
Thread(target=keep("page")).start()  # says nothing
with ThreadPoolExecutor() as pool:
    future = pool.submit(keep("page"))
future.result()
""",
)

makes(
    "TypeError: …() takes 0 positional arguments but 1 was given",
    """
from concurrent.futures import ThreadPoolExecutor
def job():
    return 1
with ThreadPoolExecutor() as pool:
    list(pool.map(job, range(4)))
""",
)

makes(
    "RuntimeError: cannot schedule new futures after shutdown",
    """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor() as pool:
    pass
pool.submit(print)
""",
)

makes(
    "RuntimeError: cannot schedule new futures after interpreter shutdown",
    """
from concurrent.futures import ThreadPoolExecutor
from threading import Thread, main_thread
pool = ThreadPoolExecutor()
def submit_late():
    main_thread().join()
    pool.submit(print)
Thread(target=submit_late).start()
""",
)

makes(
    "TimeoutError",
    """
from concurrent.futures import ThreadPoolExecutor
from threading import Event
done = Event()
with ThreadPoolExecutor() as pool:
    future = pool.submit(done.wait)
    try:
        future.result(timeout=0.05)
    finally:
        assert not future.done()  # the call goes on
        done.set()
""",
)

makes(
    "CancelledError",
    """
from concurrent.futures import ThreadPoolExecutor
from threading import Event
done = Event()
with ThreadPoolExecutor(max_workers=1) as pool:
    pool.submit(done.wait)
    future = pool.submit(print)  # stands in the queue
    pool.shutdown(wait=False, cancel_futures=True)
    done.set()
future.result()
""",
)

# --- Locks and shared data -----------------------------------------------------------------------

makes(
    "RuntimeError: dictionary changed size during iteration",
    """
from threading import Thread
texts = {"first": "text"}
def keep(url):
    texts[url] = "text"
for url in texts:
    thread = Thread(target=keep, args=("second",))
    thread.start()
    thread.join()
""",
)

makes(
    "RuntimeError: release unlocked lock",
    """
from threading import Lock
lock = Lock()
with lock:
    lock.release()
""",
)

makes(
    "RuntimeError: cannot release un-acquired lock",
    """
from threading import RLock, Thread
lock = RLock()
with lock:
    other = Thread(target=lock.release)
    other.start()
    other.join()
""",
)

makes(
    "TypeError: … object does not support the context manager protocol…",
    """
import threading
with threading.Lock:
    pass
""",
)

makes(
    "UnboundLocalError: cannot access local variable '…' where it is not associated with a value",
    """
from threading import Thread
sold = 0
def sell():
    sold = sold + 1
Thread(target=sell).start()
""",
)

# The barrier is somebody else's turn at the worst moment, which otherwise is a matter of luck.
makes(
    "No message, but the result is wrong",
    """
from threading import Barrier, Thread
sold, turn = 0, Barrier(2)
def sell():
    global sold
    before = sold
    turn.wait()
    sold = before + 1
threads = [Thread(target=sell) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sold, "sold of 2")
""",
    shows="1 sold of 2",
)

# --- Fetching pages ------------------------------------------------------------------------------

makes(
    "ReadTimeout: …: Read timed out. (read timeout=…)",
    """
import requests
from helpers.website import website
site = website(latency=60)
requests.get(site.urls[0], timeout=(30, 0.05))
""",
)

makes(
    "HTTPError: 429 Client Error: Too Many Requests for url: …",
    """
import requests
from helpers.website import website
site = website(rate_limit=0.01)
for url in site.urls:
    requests.get(url, timeout=30).raise_for_status()
""",
)

makes(
    "HTTPError: 500 Server Error: Internal Server Error for url: …",
    """
import requests
from helpers.website import website
site = website(error_rate=1)
requests.get(site.urls[0], timeout=30).raise_for_status()
""",
)

# The port belongs to the program, so nobody else can begin to listen there.
makes(
    "ConnectionError: …: Max retries exceeded with url: …Connection refused…",
    """
import socket
import requests
taken = socket.socket()
taken.bind(("127.0.0.1", 0))
port = taken.getsockname()[1]
requests.get(f"http://127.0.0.1:{port}/", timeout=30)
""",
    needs="/proc/self/statm",  # other systems say it in other words
)

makes(
    "ChunkedEncodingError: ('Connection broken: IncompleteRead(…",
    """
import requests
from helpers.website import website
site = website(drop_rate=1)
requests.get(site.urls[0], timeout=30)
""",
)

makes(
    "MissingSchema: Invalid URL '…': No scheme supplied. Perhaps you meant https://…?",
    """
from concurrent.futures import ThreadPoolExecutor
import requests
with ThreadPoolExecutor() as pool:
    list(pool.map(requests.get, "http://127.0.0.1:8000/page.html"))
""",
)

makes(
    "OSError: [Errno 24] Too many open files…",
    """
import os
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))
files = [open(os.devnull) for _ in range(100)]
""",
    needs="/dev/null",
)

# --- A cell that shows [*] for ever --------------------------------------------------------------

makes(
    "A thread waits for a lock that it holds itself",
    """
from threading import Lock, Thread
lock = Lock()
def sell():
    with lock:
        report()
def report():
    with lock:  # for ever
        print("sold")
Thread(target=sell).start()
""",
    stuck=True,
)

makes(
    "A lock was never given back",
    """
from threading import Lock, Thread
lock = Lock()
def sell(tickets):
    lock.acquire()
    tickets["left"] -= 1
    lock.release()
thread = Thread(target=sell, args=({},))
thread.start()
thread.join()
lock.acquire()  # for ever
""",
    stuck=True,
)

makes(
    "Two threads wait for each other",
    """
from threading import Thread, main_thread
def report():
    main_thread().join()  # for ever
thread = Thread(target=report)
thread.start()
thread.join()
""",
    stuck=True,
)

makes(
    "A call in a pool waits for another call of the same pool",
    """
from concurrent.futures import ThreadPoolExecutor
def follow_links():
    return pool.submit(print).result()  # for ever
with ThreadPoolExecutor(max_workers=1) as pool:
    pool.submit(follow_links).result()
""",
    stuck=True,
)

makes(
    "`as_completed` waits for calls that were taken back",
    """
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event
done = Event()
with ThreadPoolExecutor(max_workers=1) as pool:
    futures = [pool.submit(done.wait), pool.submit(print)]
    pool.shutdown(wait=False, cancel_futures=True)
    done.set()
    for future in as_completed(futures):  # for ever
        pass
""",
    stuck=True,
)

makes(
    "A page never comes",
    """
import socket
import requests
silent = socket.create_server(("127.0.0.1", 0))
port = silent.getsockname()[1]
requests.get(f"http://127.0.0.1:{port}/")  # for ever
""",
    stuck=True,
)

# --- Notebooks and scripts -----------------------------------------------------------------------

makes(
    "RuntimeError: asyncio.run() cannot be called from a running event loop",
    """
import asyncio
async def main():
    return 1
async def cell():
    asyncio.run(main())
asyncio.run(cell())
""",
)

makes(
    "RuntimeWarning: coroutine '…' was never awaited",
    """
async def wait_async(seconds):
    return seconds
wait_async(0.5)
""",
)

makes(
    "TypeError: a coroutine was expected, got <function … at …>",
    """
import asyncio
async def wait_async(seconds):
    return seconds
async def cell():
    asyncio.create_task(wait_async)
asyncio.run(cell())
""",
)

makes(
    "RuntimeError: no running event loop",
    """
import asyncio
async def main():
    return 1
task = asyncio.create_task(main())
""",
)

makes(
    "SyntaxError: 'await' outside function",
    """
import asyncio
await asyncio.sleep(0.5)
""",
)

makes(
    "SyntaxError: 'await' outside async function",
    """
import asyncio
def wait(seconds):
    await asyncio.sleep(seconds)
""",
)

AWAIT_A_NUMBER = """
import asyncio
def wait(seconds):
    return seconds
async def cell():
    await wait(0.5)
asyncio.run(cell())
"""
makes("TypeError: object … can't be used in 'await' expression", AWAIT_A_NUMBER, until=(3, 13))
makes("TypeError: '…' object can't be awaited", AWAIT_A_NUMBER, since=(3, 14))

SPAWN = """
import multiprocessing
def job():
    return 1
process = multiprocessing.get_context("spawn").Process(target=job)
process.start()
process.join()
"""
makes(
    "AttributeError: Can't get attribute '…' on <module '__main__' (…)>",
    SPAWN,
    cell=True,
    until=(3, 13),
)
makes(
    "AttributeError: module '__main__' has no attribute '…'",
    SPAWN,
    cell=True,
    since=(3, 14),
)
makes(
    "RuntimeError: An attempt has been made to start a new process before the current process "
    "has finished its bootstrapping phase.…",
    SPAWN,
)

makes(
    "TypeError: cannot pickle '_thread.lock' object",
    """
import multiprocessing
from threading import Lock
def sell(lock):
    return 1
if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=sell, args=(Lock(),))
    process.start()
""",
)

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
    or_else: str = ""  # what other releases of the same Python say: that may be seen instead


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
    "TypeError: Thread.__init__() got an unexpected keyword argument '…'",
    """
from threading import Thread
from time import sleep
Thread(target=sleep, seconds=0.5)
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
    "ValueError: max_workers must be greater than 0",
    """
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pool
try:
    Pool(0)
except ValueError as error:
    assert str(error) == "Number of processes must be at least 1"
urls = ["one", "two"]
ThreadPoolExecutor(max_workers=len(urls) // 16)
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

# --- Processes -----------------------------------------------------------------------------------

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
    "BrokenProcessPool: A process in the process pool was terminated abruptly while the future "
    "was running or pending.",
    """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
def job():
    return 1
with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
    future = pool.submit(job)
future.result()
""",
    cell=True,
)

makes(
    "BrokenProcessPool: A child process terminated abruptly, the process pool is not usable "
    "anymore",
    """
import os
from concurrent.futures import ProcessPoolExecutor
if __name__ == "__main__":
    with ProcessPoolExecutor() as pool:
        pool.submit(os._exit, 1).exception()
        pool.submit(print)
""",
)

makes(
    "RuntimeError: An attempt has been made to start a new process before the current process "
    "has finished its bootstrapping phase.…",
    SPAWN,
)

makes(
    "Process …Process-…:",
    """
from multiprocessing import Process
def fetch(url):
    raise ConnectionError(url)
if __name__ == "__main__":
    process = Process(target=fetch, args=("page",))
    process.start()
    process.join()
    assert process.exitcode == 1
""",
)

# Nobody limits how many processes an administrator starts: the program becomes somebody else.
makes(
    "BlockingIOError: [Errno 11] Resource temporarily unavailable",
    """
import os
import resource
from multiprocessing import get_context, popen_fork
if os.geteuid() == 0:
    os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
get_context("fork").Process(target=print).start()
""",
    needs="/proc/self/statm",  # other systems say it in other words
)

makes(
    "DeprecationWarning: This process (pid=…) is multi-threaded, use of fork() may lead to "
    "deadlocks in the child.",
    """
import multiprocessing
import threading
import warnings
warnings.simplefilter("default")  # as pytest does
done = threading.Event()
threading.Thread(target=done.wait).start()
try:
    process = multiprocessing.get_context("fork").Process(target=print)
    process.start()
    process.join()
finally:
    done.set()
""",
    needs="/proc/self/statm",
    since=(3, 12),
)

makes(
    "AssertionError: cannot start a process twice",
    """
from multiprocessing import Process
if __name__ == "__main__":
    process = Process(target=print)
    process.start()
    process.join()
    process.start()
""",
)

makes(
    "AssertionError: daemonic processes are not allowed to have children",
    """
from multiprocessing import Pool
def job(n):
    with Pool(2) as pool:
        return pool.map(abs, [n])
if __name__ == "__main__":
    with Pool(1) as pool:
        pool.map(job, [1])
""",
)

makes(
    "ValueError: Pool not running",
    """
from multiprocessing import Pool
if __name__ == "__main__":
    with Pool(1) as pool:
        pass
    pool.map(abs, [1])
""",
)

makes(
    "RuntimeError: context has already been set",
    """
import multiprocessing
multiprocessing.set_start_method("spawn")
multiprocessing.set_start_method("spawn")
""",
)

makes(
    "No message, but what the process changed is as before",
    """
from concurrent.futures import ProcessPoolExecutor
texts = {}
def keep(url):
    texts[url] = "text"
if __name__ == "__main__":
    with ProcessPoolExecutor() as pool:
        pool.submit(keep, "page").result()
    print(texts)
""",
    shows="{}",
)

# --- What crosses to a process -------------------------------------------------------------------

# Not with a ProcessPoolExecutor: where something cannot be pickled, some Pythons now and then wait
# for ever at the end of its `with`.
makes(
    "PicklingError: Can't pickle <function <lambda> at …>: …",
    """
from multiprocessing import Pool
if __name__ == "__main__":
    with Pool(1) as pool:
        pool.map(lambda n: n * n, range(4))
""",
)

LOCAL = """
from multiprocessing import Pool
def main():
    def square(n):
        return n * n
    with Pool(1) as pool:
        pool.map(square, range(4))
if __name__ == "__main__":
    main()
"""
makes("AttributeError: Can't pickle local object '…'", LOCAL, until=(3, 12))
makes("AttributeError: Can't get local object '…'", LOCAL, since=(3, 13), until=(3, 13))
makes("PicklingError: Can't pickle local object <function … at …>", LOCAL, since=(3, 14))

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

makes(
    "TypeError: cannot pickle '…TextIOWrapper' …",
    """
from multiprocessing import Pool
if __name__ == "__main__":
    with Pool(1) as pool, open(__file__) as file:
        pool.map(sum, [file])
""",
)

makes(
    "TypeError: cannot pickle 'generator' object",
    """
from multiprocessing import Pool
if __name__ == "__main__":
    with Pool(1) as pool:
        pool.map(sum, [(n * n for n in range(9))])
""",
)

makes(
    "TypeError: cannot pickle 'sqlite3.Connection' object",
    """
import sqlite3
from multiprocessing import Pool
if __name__ == "__main__":
    with Pool(1) as pool:
        pool.map(print, [sqlite3.connect(":memory:")])
""",
)

makes(
    "TypeError: cannot pickle 'coroutine' object",
    """
import asyncio
from concurrent.futures import ProcessPoolExecutor
async def parse(text):
    return text
async def main():
    with ProcessPoolExecutor(1) as pool:
        await asyncio.get_running_loop().run_in_executor(pool, parse, "text")
if __name__ == "__main__":
    asyncio.run(main())
""",
)

makes(
    "RuntimeError: … objects should only be shared between processes through inheritance",
    """
from multiprocessing import Pool, Queue
if __name__ == "__main__":
    with Pool(1) as pool:
        pool.map(print, [Queue()])
""",
)

makes(
    "EOFError",
    """
from multiprocessing import Pipe, Process
if __name__ == "__main__":
    here, there = Pipe()
    process = Process(target=there.send, args=(1,))
    process.start()
    there.close()
    here.recv()
    here.recv()
""",
)

makes(
    "BrokenPipeError: [Errno 32] Broken pipe",
    """
from multiprocessing import Pipe, Process
if __name__ == "__main__":
    here, there = Pipe()
    process = Process(target=there.close)
    process.start()
    there.close()
    process.join()
    here.send(1)
""",
    needs="/dev/null",  # Windows says it in other words
)

makes(
    "UserWarning: resource_tracker: There appear to be … leaked shared_memory objects to clean up "
    "at shutdown…",
    """
from multiprocessing.shared_memory import SharedMemory
block = SharedMemory(create=True, size=1000)
block.close()
""",
    needs="/dev/null",
)

makes(
    "FileNotFoundError: [Errno 2] No such file or directory: '/psm_…'",
    """
from multiprocessing.shared_memory import SharedMemory
block = SharedMemory(create=True, size=1000)
block.close()
block.unlink()
SharedMemory(block.name)
""",
    needs="/dev/null",
)

# --- Coroutines and tasks ------------------------------------------------------------------------

makes(
    "RuntimeWarning: coroutine '…' was never awaited",
    """
async def wait_async(seconds):
    return seconds
wait_async(0.5)
""",
)

makes(
    "TypeError: 'coroutine' object is not …",
    """
import asyncio
async def fetch_async(url):
    return "text"
async def cell():
    for letter in fetch_async("page"):
        pass
asyncio.run(cell())
""",
)

makes(
    "AttributeError: 'coroutine' object has no attribute '…'",
    """
import asyncio
async def fetch_async(url):
    return "text"
async def cell():
    await fetch_async("page").upper()
asyncio.run(cell())
""",
)

makes(
    "RuntimeError: cannot reuse already awaited coroutine",
    """
import asyncio
async def cell():
    coroutine = asyncio.sleep(0)
    await coroutine
    await coroutine
asyncio.run(cell())
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
    "TypeError: An asyncio.Future, a coroutine or an awaitable is required",
    """
import asyncio
async def wait_async(seconds):
    return seconds
async def cell():
    await asyncio.gather(wait_async)
asyncio.run(cell())
""",
)

makes(
    "TypeError: …unhashable type: 'list'…",
    """
import asyncio
async def wait_async(seconds):
    return seconds
async def cell():
    await asyncio.gather([wait_async(1), wait_async(2)])
asyncio.run(cell())
""",
)

makes(
    "TypeError: Passing coroutines is forbidden, use tasks explicitly.",
    """
import asyncio
async def wait_async(seconds):
    return seconds
async def cell():
    await asyncio.wait([wait_async(1), wait_async(2)])
asyncio.run(cell())
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

makes(
    "SyntaxError: 'async with' outside async function",
    """
import asyncio
async with asyncio.timeout(10):
    pass
""",
)

makes(
    "TypeError: … object does not support the asynchronous context manager protocol…",
    """
import asyncio
from threading import Lock
async def cell():
    async with Lock():
        pass
asyncio.run(cell())
""",
)

makes(
    "TypeError: 'async for' requires an object with __aiter__ method, got …",
    """
import asyncio
async def cell():
    async for n in range(4):
        pass
asyncio.run(cell())
""",
)

makes(
    "TypeError: 'async_generator' object is not iterable",
    """
async def arriving():
    yield 1
list(arriving())
""",
)

makes(
    "TypeError: BaseEventLoop.run_in_executor() got an unexpected keyword argument '…'",
    """
import asyncio
def wait(seconds):
    return seconds
async def cell():
    await asyncio.get_running_loop().run_in_executor(None, wait, seconds=0.5)
asyncio.run(cell())
""",
)

makes(
    "InvalidStateError: Result is not set.",
    """
import asyncio
async def cell():
    task = asyncio.create_task(asyncio.sleep(0))
    task.result()
asyncio.run(cell())
""",
)

makes(
    "RuntimeError: TaskGroup <TaskGroup …> is finished",
    """
import asyncio
async def cell():
    async with asyncio.TaskGroup() as group:
        pass
    group.create_task(asyncio.sleep(0))
asyncio.run(cell())
""",
)

makes(
    "ExceptionGroup: unhandled errors in a TaskGroup (… sub-exception…",
    """
import asyncio
async def fetch_async(url):
    raise ConnectionError(url)
async def cell():
    async with asyncio.TaskGroup() as group:
        group.create_task(fetch_async("page"))
asyncio.run(cell())
""",
)

makes(
    "Task exception was never retrieved",
    """
import asyncio
async def fetch_async(url):
    raise ConnectionError(url)
async def cell():
    task = asyncio.create_task(fetch_async("page"))
    await asyncio.sleep(0.01)
asyncio.run(cell())
""",
)

# What nobody keeps goes at the latest when Python next tidies up.
makes(
    "Task was destroyed but it is pending!",
    """
import asyncio
import gc
async def answer():
    await asyncio.get_running_loop().create_future()
async def cell():
    asyncio.create_task(answer())
    await asyncio.sleep(0.01)
    gc.collect()
asyncio.run(cell())
""",
)

makes(
    "CancelledError, of a task",
    """
import asyncio
async def cell():
    task = asyncio.create_task(asyncio.sleep(60))
    task.cancel()
    await task
asyncio.run(cell())
""",
)

makes(
    "TimeoutError, of a task",
    """
import asyncio
stopped = []
async def careful():
    try:
        await asyncio.sleep(60)
    finally:
        stopped.append(True)
async def cell():
    async with asyncio.timeout(0.01):
        await careful()
try:
    asyncio.run(cell())
finally:
    assert stopped
""",
)

makes(
    "Executing <Task … took … seconds",
    """
import asyncio
from time import sleep
async def report():
    sleep(0.2)
asyncio.run(report(), debug=True)
""",
)

makes(
    "No message, but the tasks run one after the other",
    """
import asyncio
from time import sleep
at_work, most = [], []
async def job(wait):
    at_work.append(job)
    most.append(len(at_work))
    await wait()
    at_work.pop()
async def let_others():
    await asyncio.sleep(0.01)
async def let_nobody():
    sleep(0.01)
async def cell():
    for _ in range(3):
        await job(let_others)
    await asyncio.gather(*[job(let_nobody) for _ in range(3)])
    print(most)
asyncio.run(cell())
""",
    shows="[1, 1, 1, 1, 1, 1]",
)

makes(
    "No message, but a task did not finish",
    """
import asyncio
done = []
async def save():
    await asyncio.sleep(60)
    done.append("saved")
async def main():
    task = asyncio.create_task(save())
asyncio.run(main())
print(done)
""",
    shows="[]",
)

# --- Event loops, in cells and in scripts --------------------------------------------------------

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
    "RuntimeError: This event loop is already running",
    """
import asyncio
async def main():
    return 1
async def cell():
    loop = asyncio.get_event_loop()
    loop.run_until_complete(main())
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
    "RuntimeError: There is no current event loop in thread '…'.",
    """
import asyncio
from threading import Thread
Thread(target=asyncio.get_event_loop).start()
""",
)

makes(
    "RuntimeError: Event loop is closed",
    """
import asyncio
import aiohttp
from helpers.website import website
site = website()
async def connect():
    return aiohttp.ClientSession()
async def fetch_async(session):
    await session.get(site.urls[0])
session = asyncio.run(connect())
asyncio.run(fetch_async(session))
""",
)

makes(
    "RuntimeError: … is bound to a different event loop",
    """
import asyncio
places = asyncio.Semaphore(1)
async def job():
    async with places:
        await asyncio.sleep(0)
async def main():
    await asyncio.gather(job(), job())
asyncio.run(main())
asyncio.run(main())
""",
)

makes(
    "RuntimeError: Task … got Future … attached to a different loop",
    """
import asyncio
async def ask(task):
    await task
async def cell():
    task = asyncio.create_task(asyncio.sleep(60))
    await asyncio.to_thread(asyncio.run, ask(task))
asyncio.run(cell())
""",
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

# --- Fetching pages with tasks -------------------------------------------------------------------

FETCH = """
import asyncio
import aiohttp
from helpers.website import website
site = website({setting})
async def cell():
    async with aiohttp.ClientSession() as session:
        async with session.get(site.urls[0]) as response:
            response.raise_for_status()
            await response.text()
asyncio.run(cell())
"""
makes(
    "ClientResponseError: 500, message='Internal Server Error', url=…",
    FETCH.format(setting="error_rate=1"),
)
makes(
    "ClientPayloadError: Response payload is not completed…",
    FETCH.format(setting="drop_rate=1"),
)

makes(
    "ServerDisconnectedError: Server disconnected",
    """
import asyncio
import aiohttp
async def hang_up(reader, writer):
    await reader.readline()
    writer.close()
async def cell():
    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        await session.get(f"http://127.0.0.1:{port}/")
asyncio.run(cell())
""",
)

makes(
    "ClientConnectorError: Cannot connect to host …",
    """
import asyncio
import socket
import aiohttp
taken = socket.socket()
taken.bind(("127.0.0.1", 0))
port = taken.getsockname()[1]
async def cell():
    async with aiohttp.ClientSession() as session:
        await session.get(f"http://127.0.0.1:{port}/")
asyncio.run(cell())
""",
)

makes(
    "Unclosed client session",
    """
import asyncio
import aiohttp
async def cell():
    session = aiohttp.ClientSession()
asyncio.run(cell())
""",
)

makes(
    "RuntimeError: Session is closed",
    """
import asyncio
import aiohttp
async def cell():
    async with aiohttp.ClientSession() as session:
        pass
    await session.get("http://127.0.0.1:8000/page.html")
asyncio.run(cell())
""",
)

# --- Queues --------------------------------------------------------------------------------------

makes(
    "Empty",
    """
from queue import Queue
Queue().get(timeout=0.01)
""",
)

makes(
    "Full",
    """
from queue import Queue
queue = Queue(maxsize=1)
queue.put("one")
queue.put("two", timeout=0.01)
""",
)

makes(
    "QueueEmpty",
    """
import asyncio
asyncio.Queue().get_nowait()
""",
)

makes(
    "QueueFull",
    """
import asyncio
queue = asyncio.Queue(maxsize=1)
queue.put_nowait("one")
queue.put_nowait("two")
""",
)

makes(
    "ShutDown",
    """
import asyncio
import queue
both = asyncio.Queue(), queue.Queue()
for one in both:
    one.put_nowait("last")
    one.shutdown()
    assert one.get_nowait() == "last"
try:
    both[0].get_nowait()
except asyncio.QueueShutDown:
    both[1].get()
""",
    since=(3, 13),
)

makes(
    "ValueError: task_done() called too many times",
    """
from queue import Queue
queue = Queue()
queue.put("page")
queue.get()
queue.task_done()
queue.task_done()
""",
)

# --- A database with threads, processes and tasks ------------------------------------------------

makes(
    "ProgrammingError: SQLite objects created in a thread can only be used in that same thread.…",
    """
import asyncio
import sqlite3
async def cell():
    database = sqlite3.connect(":memory:")
    await asyncio.to_thread(database.execute, "create table pages (url)")
asyncio.run(cell())
""",
)

makes(
    "OperationalError: database is locked",
    """
import sqlite3
first = sqlite3.connect("pages.sqlite")
first.execute("create table pages (url)")
first.execute("insert into pages values ('one')")
second = sqlite3.connect("pages.sqlite", timeout=0.01)
second.execute("insert into pages values ('two')")
""",
)

makes(
    "ProgrammingError: Cannot operate on a closed database.",
    """
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from threading import Event
closed = Event()
database = sqlite3.connect(":memory:", check_same_thread=False)
def save():
    closed.wait()
    database.execute("create table pages (url)")
with ThreadPoolExecutor() as pool:
    future = pool.submit(save)
    database.close()
    closed.set()
future.result()
""",
)

# --- Profiling -----------------------------------------------------------------------------------

TWO_PROFILES = """
import cProfile
from threading import Thread
with cProfile.Profile():
    thread = Thread(target=cProfile.Profile().enable)
    thread.start()
    thread.join()
"""
ANOTHER = "ValueError: Another profiling tool is already active"
TOOL = "ValueError: tool 2 is already in use"
makes(ANOTHER, TWO_PROFILES, since=(3, 12), or_else=TOOL)
makes(TOOL, TWO_PROFILES, since=(3, 12), or_else=ANOTHER)

# --- Ending a program, and starting it again -----------------------------------------------------

makes(
    "KeyboardInterrupt",
    """
import asyncio
import signal
put_away = []
async def main():
    try:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(60)
    finally:
        put_away.append(True)
try:
    asyncio.run(main())
finally:
    assert put_away
""",
)

# As in a terminal, where Ctrl-C goes to all processes that were started from there.
makes(
    "Process …Process-…:, after Ctrl-C",
    """
import os
import signal
from multiprocessing import get_context
def interrupt_all():
    os.killpg(os.getpgrp(), signal.SIGINT)
if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: None)  # else both print at once, and mix their lines
    process = get_context("spawn").Process(target=interrupt_all)
    process.start()
    process.join()
""",
    needs="/dev/null",
)

makes(
    "RuntimeError: Event loop stopped before Future completed.",
    """
import asyncio
async def main():
    asyncio.get_running_loop().stop()
    await asyncio.sleep(60)
asyncio.run(main())
""",
)

makes(
    "ValueError: signal only works in main thread of the main interpreter",
    """
import signal
from threading import Thread
Thread(target=signal.signal, args=(signal.SIGINT, print)).start()
""",
)

makes(
    "OSError: [Errno 98] Address already in use…",
    """
import asyncio
import socket
first = socket.create_server(("127.0.0.1", 0))
port = first.getsockname()[1]
try:
    asyncio.run(asyncio.start_server(print, "127.0.0.1", port))
except OSError as error:
    assert "address already in use" in str(error)
    socket.create_server(("127.0.0.1", port))
""",
    needs="/proc/self/statm",  # other systems say it in other words
)

makes(
    "No message, but `sys.exit()` did not end the program",
    """
import sys
from threading import Thread
thread = Thread(target=sys.exit, args=(1,))
thread.start()
thread.join()
print("it goes on")
""",
    shows="it goes on",
)

makes(
    "No message, but the exit code is 0 although something failed",
    """
import subprocess
import sys
program = '''
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
def fetch(url):
    raise ConnectionError(url)
with ThreadPoolExecutor() as pool:
    pool.submit(fetch, "page")
Thread(target=fetch, args=("page",)).start()
'''
print("exit code", subprocess.run([sys.executable, "-c", program]).returncode)
""",
    shows="exit code 0",
)

makes(
    "No message, but a process ended with exit code -9",
    """
from multiprocessing import Process
from time import sleep
if __name__ == "__main__":
    process = Process(target=sleep, args=(60,))
    process.start()
    process.kill()
    process.join()
    print("exit code", process.exitcode)
""",
    shows="exit code -9",
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

makes(
    "A pool waits for a function that stands in a cell",
    """
from multiprocessing import get_context
def square(n):
    return n * n
with get_context("spawn").Pool(1) as pool:
    pool.map(square, range(4))  # for ever
""",
    stuck=True,
    cell=True,
)

makes(
    "A `multiprocessing.Pool` waits for a child that was killed",
    """
import os
from multiprocessing import Pool
if __name__ == "__main__":
    with Pool(1) as pool:
        pool.map(os._exit, [1])  # for ever
""",
    stuck=True,
)

makes(
    "`join` waits for a process whose queue is not empty",
    """
from multiprocessing import Process, Queue
if __name__ == "__main__":
    queue = Queue()
    process = Process(target=queue.put, args=(bytes(1_000_000),))
    process.start()
    process.join()  # for ever
    queue.get()
""",
    stuck=True,
)

makes(
    "A worker waits at a queue to which nothing more comes",
    """
from multiprocessing import Process, Queue
def work(queue):
    while True:
        queue.get()
if __name__ == "__main__":
    queue = Queue()
    process = Process(target=work, args=(queue,))
    process.start()
    queue.put(1)
    process.join()  # for ever
""",
    stuck=True,
)

makes(
    "A task waits for a lock of threads",
    """
import asyncio
from threading import Lock
lock = Lock()
async def sell():
    with lock:  # for ever
        await asyncio.sleep(0)
async def cell():
    await asyncio.gather(sell(), sell())
asyncio.run(cell())
""",
    stuck=True,
)

makes(
    "A task waits at a full queue that nobody empties",
    """
import asyncio
async def write(queue):
    await queue.get()
    raise OSError("the disk is full")
async def main():
    queue = asyncio.Queue(maxsize=1)
    writer = asyncio.create_task(write(queue))
    for text in "abcd":
        await queue.put(text)
    await writer
asyncio.run(main())  # for ever
""",
    stuck=True,
)

makes(
    "`queue.join()` waits for items that nobody has ticked off",
    """
from queue import Queue
from threading import Thread
queue = Queue()
queue.put("page")
thread = Thread(target=queue.get)
thread.start()
thread.join()
queue.join()  # for ever
""",
    stuck=True,
)

makes(
    "After Ctrl-C a pool still waits for its calls",
    """
import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Event
answer = Event()
with ThreadPoolExecutor() as pool:  # for ever
    pool.submit(answer.wait)
    signal.raise_signal(signal.SIGINT)
""",
    stuck=True,
)

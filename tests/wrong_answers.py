"""Wrong answers to the exercises, each from a misconception, and a word of what it must be told."""

import asyncio
import os
import queue
import random
import shutil
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import cycle
from multiprocessing import Pipe, Pool, Process, Queue, SimpleQueue
from pathlib import Path
from threading import Thread

from helpers.exercises import mended, solutions, starts, worked

WRONG = {}
GATE = threading.Lock()
WAITS, HANGS = set(), set()


def wrong(exercise, word, waits=False, hangs=False):
    """Keep a wrong answer.

    Args:
        exercise: its name.
        word: what the answer is told, among others.
        waits: whether the judge waits for others to come, who never do.
        hangs: whether the judge waits for an answer that never comes back.
    """

    def keep(answer):
        name = f"{exercise}: {answer.__name__}"
        assert name not in WRONG, name
        WRONG[name] = exercise, answer, word
        WAITS.update([name] * waits)
        HANGS.update([name] * hangs)
        return answer

    return keep


# --- 01 ------------------------------------------------------------------------------------------


@wrong("01 together", "Never two", waits=True)
def one_loop(job, times):
    for _ in range(times):
        thread = Thread(target=job)
        thread.start()
        thread.join()


@wrong("01 together", "without brackets")
def target_with_brackets(job, times):
    for _ in range(times):
        Thread(target=job()).start()


@wrong("01 together", "still at work")
def nobody_waits(job, times):
    for _ in range(times):
        Thread(target=job).start()


@wrong("01 together", "still at work")
def only_the_last_is_waited_for(job, times):
    for _ in range(times):
        thread = Thread(target=job)
        thread.start()
    thread.join()


@wrong("01 together", "still at work")
def only_the_first_is_waited_for(job, times):
    threads = [Thread(target=job) for _ in range(times)]
    for thread in threads:
        thread.start()
    threads[0].join()


@wrong("01 together", "4 times; 5 were", waits=True)
def always_four(job, times):
    solutions.together(job, 4)


@wrong("01 together", "0 times")
def nothing_is_started(job, times):
    [Thread(target=job) for _ in range(times)]


@wrong("01 together", "2 at the same time, of 5", waits=True)
def a_pool_of_two(job, times):
    with ThreadPoolExecutor(2) as pool:
        for _ in range(times):
            pool.submit(job)


@wrong("01 tasks", "Never two")
async def await_in_turn(job, times):
    return [await job() for _ in range(times)]


@wrong("01 tasks", "0 times")
async def a_call_runs_it(job, times):
    made = [job() for _ in range(times)]
    for one in made:
        one.close()
    return []


@wrong("01 tasks", "Return what")
async def results_are_lost(job, times):
    tasks = [asyncio.create_task(job()) for _ in range(times)]
    for task in tasks:
        await task


@wrong("01 tasks", "2 at the same time, of 5")
async def two_at_a_time(job, times):
    two = asyncio.Semaphore(2)

    async def one():
        async with two:
            return await job()

    return await asyncio.gather(*[one() for _ in range(times)])


@wrong("01 tasks", "create_task(job())")
async def a_task_of_a_function(job, times):
    return [await asyncio.create_task(job) for _ in range(times)]


@wrong("01 tasks", "the tasks themselves")
async def a_task_is_its_result(job, times):
    tasks = [asyncio.create_task(job()) for _ in range(times)]
    await asyncio.wait(tasks)
    return tasks


@wrong("01 tasks", "async def")
def without_async(job, times):
    return []


@wrong("01 choose", "Think again of: hold")
def threads_for_all():
    jobs = ("fetch 20 pages with requests", "hold 10,000 connections open")
    return dict.fromkeys(jobs, "threads")


# --- 02 recap ------------------------------------------------------------------------------------


@wrong("02 recap", "Think again of: bars that overlap")
def concurrent_means_simultaneous():
    return solutions.recap() | {"bars that overlap ran in the same instant": True}


@wrong("02 recap", "Think again of: a process that you start changes your lists")
def a_child_changes_its_parent():
    return solutions.recap() | {"a process that you start changes your lists": True}


@wrong("02 recap", "Put one of False, True, not 'False'")
def words_are_no_truth():
    return {sentence: str(right) for sentence, right in solutions.recap().items()}


@wrong("02 recap", "Still to answer: a task")
def one_is_left_out():
    return solutions.recap() | {"a task lets others run at `await` only": None}


# --- 02 fetch all --------------------------------------------------------------------------------


@wrong("02 fetch all", "Never more than one", waits=True)
def start_and_join_in_one_loop(fetch, urls):
    texts = {}
    for url in urls:
        thread = Thread(target=lambda url=url: texts.update({url: fetch(url)}))
        thread.start()
        thread.join()
    return texts


@wrong("02 fetch all", "without brackets")
def the_call_instead_of_the_function(fetch, urls):
    texts = {}
    threads = [Thread(target=texts.update({url: fetch(url)})) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return texts


@wrong("02 fetch all", "with the comma")
def brackets_are_no_tuple(fetch, urls):
    threads = [Thread(target=fetch, args=(url)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {}


@wrong("02 fetch all", "Return the dictionary")
def a_thread_returns_something(fetch, urls):
    threads = [Thread(target=fetch, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    return [thread.join() for thread in threads]


@wrong("02 fetch all", "when it runs")
def a_lambda_keeps_the_value(fetch, urls):
    texts = {}
    threads = []
    for url in urls:
        threads.append(Thread(target=lambda: texts.update({url: fetch(url)})))  # noqa: B023
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return texts


@wrong("02 fetch all", "4 pages at a time, of 6", waits=True)
def a_pool_is_no_thread_for_each(fetch, urls):
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(urls, pool.map(fetch, urls), strict=True))


texts_of_the_notebook = {}


def fetch(url):
    raise ConnectionError("nobody answers")


def keep(url):
    texts_of_the_notebook[url] = fetch(url)


@wrong("02 fetch all", "In 6 of your threads: ConnectionError: nobody")
def keep_knows_the_inner_fetch(fetch, urls):
    threads = [Thread(target=keep, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return texts_of_the_notebook


@wrong("02 fetch all", "still at work")
def nobody_joins(fetch, urls):
    texts = {}
    for url in urls:
        Thread(target=lambda url=url: texts.update({url: fetch(url)})).start()
    return texts


@wrong("02 fetch all", "still at work")
def only_the_last_is_joined(fetch, urls):
    texts = {}
    for url in urls:
        thread = Thread(target=lambda url=url: texts.update({url: fetch(url)}))
        thread.start()
    thread.join()
    return texts


@wrong("02 fetch all", "12 times for 6")
def each_page_twice(fetch, urls):
    texts = {}
    threads = [Thread(target=lambda url=url: texts.update({url: fetch(url)})) for url in urls * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return texts


@wrong("02 fetch all", "1 times for 6", waits=True)
def only_the_last_is_started(fetch, urls):
    texts = {}
    threads = [Thread(target=lambda url=url: texts.update({url: fetch(url)})) for url in urls]
    threads[-1].start()
    threads[-1].join()
    return texts


@wrong("02 fetch all", "7 addresses are in")
def one_more(fetch, urls):
    return solutions.fetch_all(fetch, urls) | {"the sum": "of all"}


@wrong("02 fetch all", "`join` returns nothing")
def join_gives_the_text(fetch, urls):
    texts = {}
    threads = [Thread(target=fetch, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for url, thread in zip(urls, threads, strict=True):
        texts[url] = thread.join()
    return texts


@wrong("02 fetch all", "`start()` the thread")
def run_starts_it(fetch, urls):
    texts = {}
    threads = [Thread(target=lambda url=url: texts.update({url: fetch(url)})) for url in urls]
    for thread in threads:
        thread.run()
    return texts


@wrong("02 fetch all", "not by threads of yours")
def no_threads_at_all(fetch, urls):
    return {url: fetch(url) for url in urls}


@wrong("02 fetch all", "0 times")
def without_addresses_nothing_is_missing(fetch, urls):
    urls.clear()
    return {}


# --- 02 errors -----------------------------------------------------------------------------------


@wrong("02 errors", "left your function")
def one_error_ends_all(fetch, urls):
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(urls, pool.map(fetch, urls), strict=True)), {}


@wrong("02 errors", "in neither")
def join_raises_again(fetch, urls):
    texts, errors = {}, {}
    threads = [Thread(target=lambda url=url: texts.update({url: fetch(url)})) for url in urls]
    for thread in threads:
        thread.start()
    for url, thread in zip(urls, threads, strict=True):
        try:
            thread.join()
        except Exception as error:
            errors[url] = error
    return texts, errors


@wrong("02 errors", "one page at a time", waits=True)
def result_right_after_submit(fetch, urls):
    texts, errors = {}, {}
    with ThreadPoolExecutor(4) as pool:
        for url in urls:
            try:
                texts[url] = pool.submit(fetch, url).result()
            except Exception as error:
                errors[url] = error
    return texts, errors


@wrong("02 errors", "left your function")
def one_kind_of_error(fetch, urls):
    texts, errors = {}, {}
    with ThreadPoolExecutor(4) as pool:
        futures = {url: pool.submit(fetch, url) for url in urls}
    for url, future in futures.items():
        try:
            texts[url] = future.result()
        except ConnectionError as error:
            errors[url] = error
    return texts, errors


@wrong("02 errors", "and nothing else")
def a_text_of_none(fetch, urls):
    texts, errors = {}, {}
    with ThreadPoolExecutor(4) as pool:
        futures = {url: pool.submit(fetch, url) for url in urls}
    for url, future in futures.items():
        errors |= {url: future.exception()} if future.exception() else {}
        texts[url] = None if future.exception() else future.result()
    return texts, errors


@wrong("02 errors", "Return two dictionaries")
def only_how_many(fetch, urls):
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(fetch, url) for url in urls]
    failed = sum(future.exception() is not None for future in futures)
    return len(urls) - failed, failed


@wrong("02 errors", "hand it to a pool")
def one_of_them_here(fetch, urls):
    texts, errors = {}, {}
    with ThreadPoolExecutor(4) as pool:
        futures = {url: pool.submit(fetch, url) for url in urls[1:]}
        texts[urls[0]] = fetch(urls[0])
    for url, future in futures.items():
        try:
            texts[url] = future.result()
        except Exception as error:
            errors[url] = error
    return texts, errors


@wrong("02 errors", "futures")
def a_future_is_its_result(fetch, urls):
    texts, errors = {}, {}
    with ThreadPoolExecutor(4) as pool:
        for url in urls:
            try:
                texts[url] = pool.submit(fetch, url)
            except Exception as error:
                errors[url] = error
    return texts, errors


@wrong("02 errors", "texts first")
def errors_first(fetch, urls):
    return solutions.texts_and_errors(fetch, urls)[::-1]


@wrong("02 errors", "not its text")
def the_text_of_an_error(fetch, urls):
    texts, errors = solutions.texts_and_errors(fetch, urls)
    return texts, {url: str(error) for url, error in errors.items()}


# --- 02 tickets ----------------------------------------------------------------------------------


@wrong("02 tickets", "looked before either")
def no_lock():
    def sell(tickets):
        if tickets.left > 0:
            tickets.left -= 1  # one line, so nobody comes in between
            return True
        return False

    return sell


@wrong("02 tickets", "looked before either")
def a_pause_repairs_it():
    def sell(tickets):
        time.sleep(random.random() * 0.02)
        if tickets.left > 0:
            tickets.left = tickets.left - 1
            return True
        return False

    return sell


@wrong("02 tickets", "looked before either")
def one_lock_to_look_and_one_to_write():
    look, write = threading.Lock(), threading.Lock()

    def sell(tickets):
        with look:
            left = tickets.left
        if left > 0:
            with write:
                tickets.left = left - 1
            return True
        return False

    return sell


@wrong("02 tickets", "looked before either")
def a_lock_for_each_thread():
    own = threading.local()

    def sell(tickets):
        if not hasattr(own, "lock"):
            own.lock = threading.Lock()
        with own.lock:
            if tickets.left > 0:
                tickets.left = tickets.left - 1
                return True
            return False

    return sell


@wrong("02 tickets", "never came back", hangs=True)
def the_lock_is_not_let_go():
    lock = threading.Lock()

    def sell(tickets):
        lock.acquire()
        if tickets.left > 0:
            tickets.left = tickets.left - 1
            lock.release()
            return True
        return False

    return sell


@wrong("02 tickets", "return `True` or `False`; it returned None")
def nothing_is_returned():
    lock = threading.Lock()

    def sell(tickets):
        with lock:
            if tickets.left > 0:
                tickets.left = tickets.left - 1

    return sell


@wrong("02 tickets", "looked before either")
def a_lock_for_each_call():
    def sell(tickets):
        with threading.Lock():
            if tickets.left > 0:
                tickets.left = tickets.left - 1
                return True
            return False

    return sell


@wrong("02 tickets", "looked before either")
def looking_needs_no_lock():
    lock = threading.Lock()

    def sell(tickets):
        if tickets.left > 0:
            with lock:
                tickets.left = tickets.left - 1
            return True
        return False

    return sell


@wrong("02 tickets", "looked before either")
def let_go_between_looking_and_writing():
    lock = threading.Lock()

    def sell(tickets):
        with lock:
            left = tickets.left
        if left == 0:
            return False
        with lock:
            tickets.left = left - 1
        return True

    return sell


@wrong("02 tickets", "looked before either")
def let_go_and_count_again():
    lock = threading.Lock()

    def sell(tickets):
        with lock:
            if tickets.left == 0:
                return False
        with lock:
            tickets.left = tickets.left - 1
            return True

    return sell


shop_lock = threading.Lock()


@wrong("02 tickets", "Hand over `make_seller`")
def a_seller_is_no_maker(shop):
    with shop_lock:
        if shop.left > 0:
            shop.left = shop.left - 1
            return True
        return False


@wrong("02 tickets", "never came back", hangs=True)
def it_waits_for_itself():
    lock = threading.Lock()

    def sell(tickets):
        with lock, lock:
            tickets.left = tickets.left - 1
            return True

    return sell


@wrong("02 tickets", "should return a function; it returned True")
def the_sale_instead_of_the_seller():
    return True


@wrong("02 tickets", "sell one whenever there is one")
def nothing_is_taken_away():
    def sell(tickets):
        return False

    return sell


@wrong("02 tickets", "1 left, by 1: sell one whenever")
def subtracted_and_not_stored():
    def sell(tickets):
        if tickets.left > 0:
            tickets.left - 1
            return True
        return False

    return sell


@wrong("02 tickets", "by 1: sell one whenever")
def one_too_many():
    lock = threading.Lock()

    def sell(tickets):
        with lock:
            if tickets.left >= 0:
                tickets.left = tickets.left - 1
                return True
            return False

    return sell


@wrong("02 tickets", "looked before either")
def a_lock_when_it_is_needed():
    lock = None

    def sell(tickets):
        nonlocal lock
        if lock is None:
            lock = threading.Lock()
        with lock:
            if tickets.left > 0:
                tickets.left = tickets.left - 1
                return True
            return False

    return sell


@wrong("02 tickets", "`sell` raised SystemExit")
def it_ends_the_program():
    def sell(tickets):
        raise SystemExit("sold out")

    return sell


# --- 03 ------------------------------------------------------------------------------------------


@wrong("03 recap", "Think again of: `join()` raises")
def join_tells_of_errors():
    return solutions.recap_03() | {"`join()` raises the error of its thread": True}


@wrong("03 recap", "Think again of: the GIL makes")
def the_gil_is_lock_enough():
    return solutions.recap_03() | {"the GIL makes `sold = sold + int(1)` safe": True}


@wrong("03 all of them", "An error left your function")
def processes_map_stops_at_an_error(job, items):
    with ProcessPoolExecutor(2) as pool:
        return dict(zip(items, pool.map(job, items), strict=True)), {}


@wrong("03 all of them", "in neither dictionary")
def an_error_loses_what_comes_after(job, items):
    results, errors = {}, {}
    with ProcessPoolExecutor(2) as pool:
        try:
            for item, result in zip(items, pool.map(job, items), strict=True):
                results[item] = result
        except Exception as error:
            errors[items[len(results)]] = error
    return results, errors


@wrong("03 all of them", "An error left your function")
def a_pool_s_map_stops_too(job, items):
    with Pool(2) as pool:
        return dict(zip(items, pool.map(job, items), strict=True)), {}


@wrong("03 all of them", "makes threads")
def threads_are_processes(job, items):
    results, errors = {}, {}
    with ThreadPoolExecutor(4) as pool:
        futures = {item: pool.submit(job, item) for item in items}
    for item, future in futures.items():
        try:
            results[item] = future.result()
        except Exception as error:
            errors[item] = error
    return results, errors


@wrong("03 all of them", "in this process: with brackets")
def in_turn_and_here(job, items):
    results, errors = {}, {}
    for item in items:
        try:
            results[item] = job(item)
        except Exception as error:
            errors[item] = error
    return results, errors


@wrong("03 all of them", "in this process: with brackets")
def submit_with_brackets(job, items):
    with ProcessPoolExecutor(2) as pool:
        futures = {item: pool.submit(job(item)) for item in items}
    return {item: future.result() for item, future in futures.items()}, {}


@wrong("03 all of them", "Never two processes", waits=True)
def each_result_right_after_submit(job, items):
    results, errors = {}, {}
    with ProcessPoolExecutor(2) as pool:
        for item in items:
            try:
                results[item] = pool.submit(job, item).result()
            except Exception as error:
                errors[item] = error
    return results, errors


@wrong("03 all of them", "Never two processes", waits=True)
def a_pool_of_one(job, items):
    results, errors = {}, {}
    with ProcessPoolExecutor(1) as pool:
        futures = {item: pool.submit(job, item) for item in items}
    for item, future in futures.items():
        try:
            results[item] = future.result()
        except Exception as error:
            errors[item] = error
    return results, errors


@wrong("03 all of them", "results first")
def errors_before_results(job, items):
    return solutions.results_and_errors(job, items)[::-1]


@wrong("03 all of them", "not its text")
def an_error_is_its_text(job, items):
    results, errors = solutions.results_and_errors(job, items)
    return results, {item: str(error) for item, error in errors.items()}


@wrong("03 all of them", "6 futures")
def futures_are_results(job, items):
    with ProcessPoolExecutor(2) as pool:
        return {item: pool.submit(job, item) for item in items}, {}


@wrong("03 all of them", "3 of 6 are in neither")
def what_is_zero_is_no_result(job, items):
    results, errors = solutions.results_and_errors(job, items)
    return {item: results[item] for item in (6, 8)}, {-3: errors[-3]}


@wrong("03 all of them", "and nothing else")
def a_result_for_each_error(job, items):
    results, errors = solutions.results_and_errors(job, items)
    return results | dict.fromkeys(errors), errors


@wrong("03 all of them", "An error left your function")
def errors_of_one_kind(job, items):
    results, errors = {}, {}
    with ProcessPoolExecutor(2) as pool:
        futures = {item: pool.submit(job, item) for item in items}
    for item, future in futures.items():
        try:
            results[item] = future.result()
        except ValueError as error:
            errors[item] = error
    return results, errors


@wrong("03 all of them", "hand over `job` itself")
def a_lambda_finds_its_way(job, items):
    results, errors = {}, {}
    with ProcessPoolExecutor(2) as pool:
        futures = {item: pool.submit(lambda item=item: job(item)) for item in items}
    for item, future in futures.items():
        try:
            results[item] = future.result()
        except Exception as error:
            errors[item] = error
    return results, errors


def function_named(name):
    return getattr(solutions, name)


class OfACell:
    """A function as a spawned process finds it in no module: it is missing when it is unpacked."""

    def __call__(self, item):
        return item

    def __reduce__(self):
        return function_named, ("one_that_is_missing",)


@wrong("03 all of them", "never came back, and `job` never ran", hangs=True)
def a_function_of_the_cell_in_a_pool(job, items):
    with Pool(2) as pool:
        return dict(zip(items, pool.map(OfACell(), items), strict=True)), {}


@wrong("03 all of them", "hand over `job` itself")
def a_function_of_the_cell_in_an_executor(job, items):
    with ProcessPoolExecutor(2) as pool:
        return dict(zip(items, pool.map(OfACell(), items), strict=True)), {}


@wrong("03 all of them", "12 times for 6")
def once_for_results_and_once_for_errors(job, items):
    results, _ = solutions.results_and_errors(job, items)
    _, errors = solutions.results_and_errors(job, items)
    return results, errors


@wrong("03 all of them", "Return two dictionaries")
def results_alone(job, items):
    return solutions.results_and_errors(job, items)[0]


def drained(queue):
    """Return what is in a queue up to the first moment at which nothing is, but never all of it."""
    items = []
    while not queue.empty() and len(items) < 5:
        items.append(queue.get())
    return items


@wrong("03 receive", "It waits in `join()`", waits=True)
def join_first_but_without_the_none(job, numbers):
    queue = Queue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    process.join()
    return drained(queue)[:-1]


@wrong("03 receive", "`empty()` says that nothing is there yet", waits=True)
def empty_says_that_it_was_all(job, numbers):
    queue = Queue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    items = drained(queue)
    process.join()
    return items


@wrong("03 receive", "It waits in `join()`", waits=True)
def one_item_for_each_number(job, numbers):
    queue = Queue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    items = [queue.get() for _ in numbers]
    process.join()
    return items


@wrong("03 receive", "It waits in `join()`", waits=True)
def a_pipe_holds_more_than_it_does(job, numbers):
    queue = SimpleQueue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    process.join()
    return list(iter(queue.get, None))


@wrong("03 receive", "`empty()` says that nothing is there yet")
def empty_and_an_end_by_force(job, numbers):
    queue = Queue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    items = drained(queue)
    process.terminate()
    process.join()
    return items


@wrong("03 receive", "leave it out of the list")
def the_none_is_an_item(job, numbers):
    queue = Queue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    items = [queue.get()]
    while items[-1] is not None:
        items.append(queue.get())
    process.join()
    return items


@wrong("03 receive", "stopped at 0, which is false too")
def what_is_false_is_the_end(job, numbers):
    queue = Queue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    items = []
    while item := queue.get():
        items.append(item)
    process.join()
    return items


@wrong("03 receive", "It waits in `get()`", waits=True)
def the_none_is_passed_over(job, numbers):
    queue = Queue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    items = []
    while True:
        item = queue.get()
        if item is not None:
            items.append(item)


@wrong("03 receive", "still at work")
def nobody_joins_the_process(job, numbers):
    queue = Queue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    return list(iter(queue.get, None))


@wrong("03 receive", "had finished")
def the_process_is_ended_by_force(job, numbers):
    queue = Queue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    items = list(iter(queue.get, None))
    process.terminate()
    process.join()
    return items


@wrong("03 receive", "`job` ran in this process")
def the_job_with_brackets(job, numbers):
    queue = Queue()
    process = Process(target=job(numbers, queue))
    process.start()
    items = list(iter(queue.get, None))
    process.join()
    return items


@wrong("03 receive", "`job` ran in this process")
def a_thread_puts_them(job, numbers):
    queue = Queue()
    thread = Thread(target=job, args=(numbers, queue))
    thread.start()
    items = list(iter(queue.get, None))
    thread.join()
    return items


@wrong("03 receive", "`job` never began", hangs=True)
def without_brackets_around_them(job, numbers):
    queue = Queue()
    process = Process(target=job, args=numbers)
    process.start()
    items = list(iter(queue.get, None))
    process.join()
    return items


@wrong("03 receive", "`job` never began", hangs=True)
def the_process_is_not_started(job, numbers):
    queue = Queue()
    Process(target=job, args=(numbers, queue))
    return list(iter(queue.get, None))


@wrong("03 receive", "in their order")
def the_last_comes_first(job, numbers):
    return solutions.received(job, numbers)[::-1]


@wrong("03 receive", "5 items, and 10 were put")
def texts_alone(job, numbers):
    return [item for item in solutions.received(job, numbers) if isinstance(item, str)]


@wrong("03 receive", "Return a list")
def nothing_comes_back(job, numbers):
    solutions.received(job, numbers)


def asked(connection, questions):
    """Return the answers to questions."""
    answers = []
    for question in questions:
        connection.send(question)
        answers.append(connection.recv())
    return answers


@wrong("03 ask", "It waits in `join()`", waits=True)
def nobody_says_that_it_was_all(job, questions):
    here, there = Pipe()
    process = Process(target=job, args=(there,))
    process.start()
    answers = asked(here, questions)
    process.join()
    return answers


@wrong("03 ask", "It waits in `join()`", waits=True)
def join_before_the_none(job, questions):
    here, there = Pipe()
    process = Process(target=job, args=(there,))
    process.start()
    answers = asked(here, questions)
    process.join()
    here.send(None)
    return answers


@wrong("03 ask", "send `None` when there are no more")
def force_instead_of_none(job, questions):
    here, there = Pipe()
    process = Process(target=job, args=(there,))
    process.start()
    answers = asked(here, questions)
    process.terminate()
    process.join()
    return answers


@wrong("03 ask", "send `None` when there are no more")
def the_process_is_left_to_itself(job, questions):
    here, there = Pipe()
    Process(target=job, args=(there,)).start()
    return asked(here, questions)


@wrong("03 ask", "still at work")
def nobody_joins_who_has_answered(job, questions):
    here, there = Pipe()
    process = Process(target=job, args=(there,))
    process.start()
    answers = asked(here, questions)
    here.send(None)
    return answers


@wrong("03 ask", "one answer more", waits=True)
def an_answer_to_none(job, questions):
    here, there = Pipe()
    process = Process(target=job, args=(there,))
    process.start()
    answers = asked(here, [*questions, None])
    process.join()
    return answers[:-1]


@wrong("03 ask", "`recv` gives the answer")
def send_returns_the_answer(job, questions):
    here, there = Pipe()
    process = Process(target=job, args=(there,))
    process.start()
    answers = [here.send(question) for question in questions]
    here.send(None)
    process.join()
    return answers


@wrong("03 ask", "started 4 times")
def a_process_for_each_question(job, questions):
    answers = []
    for question in questions:
        here, there = Pipe()
        process = Process(target=job, args=(there,))
        process.start()
        answers += asked(here, [question])
        here.send(None)
        process.join()
    return answers


@wrong("03 ask", "comes out at the other", waits=True)
def both_at_the_same_end(job, questions):
    here, _ = Pipe()
    process = Process(target=job, args=(here,))
    process.start()
    return asked(here, questions)


@wrong("03 ask", "(`args` wants a tuple: `args=(there,)`, with the comma.)")
def without_the_comma(job, questions):
    here, there = Pipe()
    process = Process(target=job, args=(there))
    process.start()
    return asked(here, questions)


@wrong("03 ask", "`job` never began", hangs=True)
def without_a_start(job, questions):
    here, there = Pipe()
    Process(target=job, args=(there,))
    return asked(here, questions)


@wrong("03 ask", "`job` ran in this process", waits=True)
def the_job_is_called(job, questions):
    here, there = Pipe()
    process = Process(target=job(there))
    process.start()
    return asked(here, questions)


@wrong("03 ask", "this came back: ['4: ")
def the_last_answer_alone(job, questions):
    return solutions.ask(job, questions)[-1:]


@wrong("03 ask", "Return the answers in a list")
def printed_and_not_returned(job, questions):
    solutions.ask(job, questions)


def script(exercise, word, **how):
    """Keep a wrong script under the name of a function that makes it."""

    def keep(make):
        wrong(exercise, word, **how)(make)
        name = f"{exercise}: {make.__name__}"
        WRONG[name] = exercise, make(), word
        return make

    return keep


@script("03 script", "All that makes the pool belongs under the guard")
def no_guard_but_another_job():
    return starts.SCRIPT.replace("n * n", "n ** 2")


@script("03 script", "All that makes the pool belongs under the guard")
def the_printing_alone_is_guarded():
    return starts.SCRIPT.replace(
        "    print(list(pool.map(square, range(5))))",
        '    squares = list(pool.map(square, range(5)))\nif __name__ == "__main__":\n'
        "    print(squares)",
    )


@script("03 script", "finds no `square` there")
def the_function_is_guarded_too():
    head, _, rest = solutions.SCRIPT.partition("def square(n):\n    return n * n\n\n")
    guard = 'if __name__ == "__main__":\n'
    return head + rest.replace(guard, f"{guard}    def square(n):\n        return n * n\n\n")


@script("03 script", "no process made by `spawn`")
def fork_needs_no_guard():
    return starts.SCRIPT.replace('"spawn"', '"fork"')


@script("03 script", "no process made by `spawn`")
def threads_need_no_guard():
    source = solutions.SCRIPT.replace("ProcessPool", "ThreadPool")
    return source.replace('mp_context=get_context("spawn")', "")


@script("03 script", "printed nothing")
def a_name_without_underscores():
    return solutions.SCRIPT.replace('"__main__"', '"main"')


@script("03 script", "once, and nothing else; it printed")
def something_is_printed_by_all():
    return solutions.SCRIPT.replace("if __name__", 'print("squares")\nif __name__')


@script("03 script", "it printed '[0, 1, 4, 9]'")
def one_is_missing():
    return solutions.SCRIPT.replace("range(5)", "range(4)")


@script("03 script", "The script ended with IndentationError")
def the_guard_without_an_indent():
    return solutions.SCRIPT.replace("    with", "with")


@script("03 script", "finds no `square` there", hangs=True)
def a_pool_waits_for_ever():
    return """
from multiprocessing import get_context
if __name__ == "__main__":
    def square(n):
        return n * n
    with get_context("spawn").Pool(2) as pool:
        print(pool.map(square, range(5)))
"""


# --- 04 ------------------------------------------------------------------------------------------


@wrong("04 recap", "Think again of: what a child process changes, you see")
def a_child_changes_what_you_see():
    return solutions.recap_04() | {"what a child process changes, you see": True}


@wrong("04 recap", "Think again of: leaving the `with`")
def leaving_the_with_stops_it():
    return solutions.recap_04() | {
        "leaving the `with` of a pool of threads ends its calls halfway": True
    }


# --- 04 fetch all --------------------------------------------------------------------------------


async def into(texts, errors, fetch, url):
    try:
        texts[url] = await fetch(url)
    except Exception as error:
        errors[url] = error


@wrong("04 fetch all", "Never two pages at a time, and 3 are allowed")
async def await_in_a_loop(fetch, urls, at_once):
    texts, errors = {}, {}
    for url in urls:
        await into(texts, errors, fetch, url)
    return texts, errors


@wrong("04 fetch all", "Never two pages at a time, and 3 are allowed")
async def a_task_awaited_at_once(fetch, urls, at_once):
    texts, errors = {}, {}
    for url in urls:
        await asyncio.create_task(into(texts, errors, fetch, url))
    return texts, errors


@wrong("04 fetch all", "to be called as `fetch(url)`; your call has not fitted: too many")
async def as_the_fetch_of_the_notebook(fetch, urls, at_once):
    session = object()
    return await solutions.fetch_all_with_tasks(lambda url: fetch(session, url), urls, at_once)


@wrong("04 fetch all", "to be called as `fetch(url)`; your call has not fitted: got an unexpected")
async def with_a_time_out_of_its_own(fetch, urls, at_once):
    fetches = [fetch(url, timeout=10) for url in urls]
    return await asyncio.gather(*fetches), {}


@wrong("04 fetch all", "8 pages at a time, and 3 are allowed")
async def all_at_once(fetch, urls, at_once):
    texts, errors = {}, {}
    await asyncio.gather(*[into(texts, errors, fetch, url) for url in urls])
    return texts, errors


@wrong("04 fetch all", "8 pages at a time, and 3 are allowed. One semaphore for all")
async def a_semaphore_in_each_task(fetch, urls, at_once):
    texts, errors = {}, {}

    async def one(url):
        async with asyncio.Semaphore(at_once):
            await into(texts, errors, fetch, url)

    await asyncio.gather(*[one(url) for url in urls])
    return texts, errors


@wrong("04 fetch all", "8 pages at a time, and 3 are allowed")
async def a_semaphore_around_create_task(fetch, urls, at_once):
    texts, errors, tasks = {}, {}, []
    slots = asyncio.Semaphore(at_once)
    for url in urls:
        async with slots:
            tasks.append(asyncio.create_task(into(texts, errors, fetch, url)))
    await asyncio.wait(tasks)
    return texts, errors


@wrong("04 fetch all", "one slow page holds up the others")
async def group_by_group(fetch, urls, at_once):
    texts, errors = {}, {}
    for start in range(0, len(urls), at_once):
        group = urls[start : start + at_once]
        await asyncio.gather(*[into(texts, errors, fetch, url) for url in group])
    return texts, errors


@wrong("04 fetch all", "3 pages at a time, and 2 are allowed")
async def always_three(fetch, urls, at_once):
    return await solutions.fetch_all_with_tasks(fetch, urls, 3)


@wrong("04 fetch all", "Never two pages")
async def a_lock_is_a_semaphore(fetch, urls, at_once):
    texts, errors = {}, {}
    lock = asyncio.Lock()

    async def one(url):
        async with lock:
            await into(texts, errors, fetch, url)

    await asyncio.gather(*[one(url) for url in urls])
    return texts, errors


@wrong("04 fetch all", "`ConnectionError` left your function")
async def gather_collects_errors(fetch, urls, at_once):
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        async with slots:
            return await fetch(url)

    return dict(zip(urls, await asyncio.gather(*[one(url) for url in urls]), strict=True)), {}


@wrong("04 fetch all", "`ConnectionError` left your function, and the other pages")
async def a_group_goes_on_without_one(fetch, urls, at_once):
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        async with slots:
            return await fetch(url)

    async with asyncio.TaskGroup() as group:
        tasks = {url: group.create_task(one(url)) for url in urls}
    return {url: task.result() for url, task in tasks.items()}, {}


@wrong("04 fetch all", "`ValueError` left your function")
async def one_kind_is_all(fetch, urls, at_once):
    texts, errors = {}, {}
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        async with slots:
            try:
                texts[url] = await fetch(url)
            except OSError as error:  # a ConnectionError, and a TimeoutError
                errors[url] = error

    await asyncio.gather(*[one(url) for url in urls])
    return texts, errors


@wrong("04 fetch all", "3 of the texts are exceptions")
async def return_exceptions_and_no_sorting(fetch, urls, at_once):
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        async with slots:
            return await fetch(url)

    found = await asyncio.gather(*[one(url) for url in urls], return_exceptions=True)
    return dict(zip(urls, found, strict=True)), {}


@wrong("04 fetch all", "3 of 8 are in neither")
async def errors_are_passed_over(fetch, urls, at_once):
    texts, _ = await solutions.fetch_all_with_tasks(fetch, urls, at_once)
    return texts, {}


@wrong("04 fetch all", "The texts first")
async def the_errors_first(fetch, urls, at_once):
    texts, errors = await solutions.fetch_all_with_tasks(fetch, urls, at_once)
    return errors, texts


@wrong("04 fetch all", "not its text")
async def what_the_errors_say(fetch, urls, at_once):
    texts, errors = await solutions.fetch_all_with_tasks(fetch, urls, at_once)
    return texts, {url: str(error) for url, error in errors.items()}


@wrong("04 fetch all", "while a page was still on its way")
async def nobody_awaits_the_tasks(fetch, urls, at_once):
    texts, errors = {}, {}
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        async with slots:
            await into(texts, errors, fetch, url)

    tasks = [asyncio.create_task(one(url)) for url in urls]
    await asyncio.sleep(0)
    assert tasks
    return texts, errors


@wrong("04 fetch all", "while a page was still on its way")
async def only_the_first_is_awaited(fetch, urls, at_once):
    texts, errors = {}, {}
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        async with slots:
            await into(texts, errors, fetch, url)

    tasks = [asyncio.create_task(one(url)) for url in urls]
    await tasks[0]
    return texts, errors


@wrong("04 fetch all", "ran 0 times for 8 addresses. Calling a coroutine function only makes")
async def a_call_fetches_it(fetch, urls, at_once):
    return {url: fetch(url) for url in urls}, {}


@wrong("04 fetch all", "ran 0 times for 8 addresses. Calling a coroutine function only makes")
async def a_coroutine_of_ones_own_is_forgotten(fetch, urls, at_once):
    texts, errors = {}, {}
    for url in urls:
        into(texts, errors, fetch, url)
    return texts, errors


@wrong("04 fetch all", "what is still to be awaited")
async def a_task_is_its_text(fetch, urls, at_once):
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        async with slots:
            return await fetch(url)

    tasks = {url: asyncio.create_task(one(url)) for url in urls}
    await asyncio.wait(tasks.values())
    return tasks, {}


@wrong("04 fetch all", "create_task(one(url))`, with brackets")
async def a_task_of_the_function(fetch, urls, at_once):
    return [await asyncio.create_task(fetch) for _ in urls], {}


@wrong("04 fetch all", "async def")
def no_async(fetch, urls, at_once):
    return {url: fetch(url) for url in urls}, {}


@wrong("04 fetch all", "`with slots:`: nothing else runs")
async def a_semaphore_of_threads(fetch, urls, at_once):
    texts, errors = {}, {}
    slots = threading.Semaphore(at_once)

    async def one(url):
        with slots:
            await into(texts, errors, fetch, url)

    await asyncio.gather(*[one(url) for url in urls])
    return texts, errors


@wrong("04 fetch all", "ran 3 times for 8 addresses, and now your function waits")
async def a_place_is_never_given_back(fetch, urls, at_once):
    texts, errors = {}, {}
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        await slots.acquire()
        await into(texts, errors, fetch, url)

    await asyncio.gather(*[one(url) for url in urls])
    return texts, errors


@wrong("04 fetch all", "give it back, also after an error")
async def an_error_keeps_its_place(fetch, urls, at_once):
    texts, errors = {}, {}
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        await slots.acquire()
        try:
            texts[url] = await fetch(url)
            slots.release()
        except Exception as error:
            errors[url] = error

    await asyncio.gather(*[one(url) for url in urls])
    return texts, errors


@wrong("04 fetch all", "went on as if nothing had been said")
async def a_bare_except(fetch, urls, at_once):
    texts, errors = {}, {}
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        async with slots:
            return await fetch(url)

    tasks = {url: asyncio.create_task(one(url)) for url in urls}
    for url, task in tasks.items():
        try:
            texts[url] = await task
        except BaseException as error:
            errors[url] = error
    return texts, errors


@wrong("04 fetch all", "more than 8 times for 8 addresses")
async def who_failed_tries_again(fetch, urls, at_once):
    texts, errors = {}, {}
    slots = asyncio.Semaphore(at_once)

    async def one(url):
        async with slots:
            await into(texts, errors, fetch, url)
            if url in errors:
                await into(texts, errors, fetch, url)

    await asyncio.gather(*[one(url) for url in urls])
    return texts, errors


@wrong("04 fetch all", "Return two dictionaries")
async def a_list_of_texts(fetch, urls, at_once):
    texts, _ = await solutions.fetch_all_with_tasks(fetch, urls, at_once)
    return list(texts.values())


# --- 04 in time ----------------------------------------------------------------------------------


@wrong("04 in time", "still waits for a job that does not end")
async def it_just_waits(job, seconds, otherwise):
    return await job()


@wrong("04 in time", "`TimeoutError` left your function")
async def a_timeout_returns(job, seconds, otherwise):
    return await asyncio.wait_for(job(), seconds) or otherwise


@wrong("04 in time", "the job goes on for ever")
async def a_shield_ends_it(job, seconds, otherwise):
    try:
        return await asyncio.wait_for(asyncio.shield(job()), seconds)
    except TimeoutError:
        return otherwise


@wrong("04 in time", "the job goes on for ever")
async def wait_cancels(job, seconds, otherwise):
    task = asyncio.create_task(job())
    done, _ = await asyncio.wait([task], timeout=seconds)
    return task.result() if done else otherwise


@wrong("04 in time", "still clearing up")
async def cancelled_is_ended(job, seconds, otherwise):
    task = asyncio.create_task(job())
    done, _ = await asyncio.wait([task], timeout=seconds)
    if done:
        return task.result()
    task.cancel()
    return otherwise


@wrong("04 in time", "`CancelledError` left your function")
async def a_cancelled_task_is_quiet(job, seconds, otherwise):
    task = asyncio.create_task(job())
    done, _ = await asyncio.wait([task], timeout=seconds)
    if not done:
        task.cancel()
        await task
        return otherwise
    return task.result()


@wrong("04 in time", "The job raised `ValueError('the page is empty')`")
async def any_error_is_late(job, seconds, otherwise):
    try:
        async with asyncio.timeout(seconds):
            return await job()
    except Exception:
        return otherwise


@wrong("04 in time", "`job` never began")
async def sleep_gives_it_time(job, seconds, otherwise):
    task = asyncio.create_task(job())
    time.sleep(seconds)
    if task.done():
        return task.result()
    task.cancel()
    return otherwise


@wrong("04 in time", "Nothing else ran while")
async def sleep_after_its_beginning(job, seconds, otherwise):
    task = asyncio.create_task(job())
    await asyncio.sleep(0)
    time.sleep(seconds)
    task.cancel()
    await asyncio.wait([task])
    return otherwise if task.cancelled() else task.result()


@wrong("04 in time", "long before its time, and your function still waits")
async def it_sleeps_all_the_time(job, seconds, otherwise):
    task = asyncio.create_task(job())
    await asyncio.sleep(seconds)
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.wait([task])
    return otherwise


@wrong("04 in time", "cancelled before its time was up")
async def a_thousand_times_too_short(job, seconds, otherwise):
    return await solutions.in_time(job, seconds / 1000, otherwise)


@wrong("04 in time", "and your function still waits")
async def a_thousand_times_too_long(job, seconds, otherwise):
    return await solutions.in_time(job, seconds * 1000, otherwise)


@wrong("04 in time", "A job in time gave None; your function returned 'otherwise'")
async def nothing_is_otherwise(job, seconds, otherwise):
    return await solutions.in_time(job, seconds, None) or otherwise


@wrong("04 in time", "A job in time gave 'what the job gives'; your function returned None")
async def the_result_is_forgotten(job, seconds, otherwise):
    try:
        async with asyncio.timeout(seconds):
            await job()
    except TimeoutError:
        return otherwise


# --- 04 beside -----------------------------------------------------------------------------------


@wrong("04 beside", "called by the thread of the loop")
async def gather_runs_anything(blocking, job):
    return await asyncio.gather(blocking(), job())


@wrong("04 beside", "called by the thread of the loop")
async def async_makes_it_wait_well(blocking, job):
    async def waiting():
        return blocking()

    return tuple(await asyncio.gather(waiting(), job()))


@wrong("04 beside", "called by the thread of the loop")
async def a_thread_of_its_result(blocking, job):
    task = asyncio.create_task(job())
    return await asyncio.to_thread(blocking()), await task


@wrong("04 beside", "`job` did not begin before `blocking` had ended")
async def first_one_then_the_other(blocking, job):
    return await asyncio.to_thread(blocking), await job()


@wrong("04 beside", "`blocking` did not begin before `job` had ended")
async def to_thread_begins_at_once(blocking, job):
    thread = asyncio.to_thread(blocking)
    found = await job()
    return await thread, found


@wrong("04 beside", "in the line `thread.join()`")
async def a_thread_is_joined(blocking, job):
    found = []
    task = asyncio.create_task(job())
    thread = Thread(target=lambda: found.append(blocking()))
    thread.start()
    thread.join()
    return found[0], await task


@wrong("04 beside", "in the line `found = pool.submit(blocking).result()`")
async def a_future_of_threads(blocking, job):
    task = asyncio.create_task(job())
    with ThreadPoolExecutor() as pool:
        found = pool.submit(blocking).result()
    return found, await task


@wrong("04 beside", "this returned ('what the job gives'")
async def the_other_way_round(blocking, job):
    return tuple(await asyncio.gather(job(), asyncio.to_thread(blocking)))


@wrong("04 beside", "this returned ['what the function gives', 'what the job gives']")
async def in_a_list(blocking, job):
    return await asyncio.gather(asyncio.to_thread(blocking), job())


@wrong("04 beside", "`job` is a function; a call of it")
async def gathered_without_brackets(blocking, job):
    return tuple(await asyncio.gather(asyncio.to_thread(blocking), job))


@wrong("04 beside", "`job` is a function; a call of it")
async def a_task_without_brackets(blocking, job):
    task = asyncio.create_task(job)
    return await asyncio.to_thread(blocking), await task


@wrong("04 beside", "Neither")
async def nothing_is_run(blocking, job):
    return asyncio.to_thread(blocking), job()


# --- 04 work off ---------------------------------------------------------------------------------


def filled(waiting, items):
    for item in items:
        waiting.put_nowait(item)
    return waiting


async def for_ever(waiting, results, job):
    while True:
        item = await waiting.get()
        results[item] = await job(item)
        waiting.task_done()


async def until_empty(waiting, results, job):
    while not waiting.empty():
        item = waiting.get_nowait()
        results[item] = await job(item)


@wrong("04 work off", "`queue.get()` waits for ever")
async def workers_wait_for_ever(job, items, workers):
    waiting, results = filled(asyncio.Queue(), items), {}
    await asyncio.gather(*[for_ever(waiting, results, job) for _ in range(workers)])
    return results


@wrong("04 work off", "3 tasks are still there")
async def workers_are_left_waiting(job, items, workers):
    waiting, results = filled(asyncio.Queue(), items), {}
    tasks = [asyncio.create_task(for_ever(waiting, results, job)) for _ in range(workers)]
    await waiting.join()
    assert tasks
    return results


@wrong("04 work off", "until `queue.task_done()` was called")
async def nobody_says_done(job, items, workers):
    waiting, results = filled(asyncio.Queue(), items), {}
    tasks = [asyncio.create_task(until_empty(waiting, results, job)) for _ in range(workers)]
    await waiting.join()
    await asyncio.gather(*tasks)
    return results


@wrong("04 work off", "Never two items at a time, with 3 workers")
async def one_worker_after_the_other(job, items, workers):
    waiting, results = filled(asyncio.Queue(), items), {}
    for _ in range(workers):
        await until_empty(waiting, results, job)
    return results


@wrong("04 work off", "9 items at a time, with 3 workers")
async def a_worker_makes_tasks(job, items, workers):
    waiting, tasks = filled(asyncio.Queue(), items), {}

    async def work():
        while not waiting.empty():
            item = waiting.get_nowait()
            tasks[item] = asyncio.create_task(job(item))

    await asyncio.gather(*[work() for _ in range(workers)])
    return {item: await task for item, task in tasks.items()}


@wrong("04 work off", "One slow item holds up the others")
async def each_worker_has_its_share(job, items, workers):
    results = {}

    async def work(share):
        await until_empty(filled(asyncio.Queue(), share), results, job)

    await asyncio.gather(*[work(items[first::workers]) for first in range(workers)])
    return results


@wrong("04 work off", "a task for each item")
async def a_semaphore_instead(job, items, workers):
    results = {}
    slots = asyncio.Semaphore(workers)

    async def one(item):
        async with slots:
            results[item] = await job(item)

    await asyncio.gather(*[one(item) for item in items])
    return results


@wrong("04 work off", "the line `item = waiting.get()`")
async def a_queue_of_threads(job, items, workers):
    waiting, results = queue.Queue(), {}
    for item in items:
        waiting.put(item)

    async def work():
        while True:
            item = waiting.get()
            results[item] = await job(item)

    await asyncio.gather(*[work() for _ in range(workers)])
    return results


@wrong("04 work off", "while a worker was still at work")
async def an_empty_queue_is_done(job, items, workers):
    waiting, results = filled(asyncio.Queue(), items), {}
    tasks = [asyncio.create_task(until_empty(waiting, results, job)) for _ in range(workers)]
    while not waiting.empty():
        await asyncio.sleep(0)
    assert tasks
    return results


@wrong("04 work off", "3 times for 9 items")
async def each_worker_takes_one(job, items, workers):
    waiting, results = filled(asyncio.Queue(), items), {}

    async def work():
        item = await waiting.get()
        results[item] = await job(item)

    await asyncio.gather(*[work() for _ in range(workers)])
    return results


@wrong("04 work off", "still to be awaited")
async def job_is_not_awaited(job, items, workers):
    results = await solutions.work_off(job, items, workers)
    return dict.fromkeys(results, asyncio.sleep(0))


@wrong("04 work off", "ran 0 times for 9 items. Calling a coroutine function only makes")
async def results_are_coroutines(job, items, workers):
    return {item: job(item) for item in items}


@wrong("04 work off", "3 items at a time, with 2 workers")
async def always_three_workers(job, items, workers):
    return await solutions.work_off(job, items, 3)


@wrong("04 work off", "Return a dictionary")
async def a_list_of_results(job, items, workers):
    return list((await solutions.work_off(job, items, workers)).values())


# --- 05 ------------------------------------------------------------------------------------------


@wrong("05 recap", "Think again of: a semaphore of 4")
def a_semaphore_keeps_nobody_out():
    return solutions.recap_05() | {"a semaphore of 4 lets five tasks in at the same time": True}


@wrong("05 choose", "Think again of: blur 200 pictures with `blur` from notebook 03")
def what_computes_needs_processes():
    return solutions.choices() | {"blur 200 pictures with `blur` from notebook 03": "processes"}


@wrong("05 choose", "Think again of: add up a list of a million numbers")
def many_numbers_need_processes():
    sentence = "add up a list of a million numbers that you have here"
    return solutions.choices() | {sentence: "processes"}


@wrong("05 benchmark", "meets one way alone")
def one_way_after_the_other(ways, items, rounds):
    seconds = {name: [] for name in ways}
    for name, way in ways.items():
        for _ in range(rounds):
            began = time.perf_counter()
            way(items)
            seconds[name].append(time.perf_counter() - began)
    return seconds


@wrong("05 benchmark", "3 calls; 3 ways in 3 rounds are 9")
def a_single_round(ways, items, rounds):
    return solutions.benchmark(ways, items, 1)


@wrong("05 benchmark", "Not every call was given all the items")
def an_item_for_each_way(ways, items, rounds):
    one = {name: lambda _, way=way: way(items[:1]) for name, way in ways.items()}
    return solutions.benchmark(one, items, rounds)


@wrong("05 benchmark", "should have a list of 3 times")
def the_sum_of_all_rounds(ways, items, rounds):
    return {name: sum(times) for name, times in solutions.benchmark(ways, items, rounds).items()}


@wrong("05 benchmark", "All times together are more than it took")
def never_begun_anew(ways, items, rounds):
    began, seconds = time.perf_counter(), {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            way(items)
            seconds[name].append(time.perf_counter() - began)
    return seconds


@wrong("05 benchmark", "longer than you say")
def timed_before_the_call(ways, items, rounds):
    found = solutions.benchmark(ways, items, rounds)
    return {name: [0.0 for _ in times] for name, times in found.items()}


@wrong("05 benchmark", "Return a dictionary with the name of each way")
def seconds_are_not_returned(ways, items, rounds):
    solutions.benchmark(ways, items, rounds)


# --- 06 ------------------------------------------------------------------------------------------


@wrong("06 recap", "Think again of")
def all_true_06():
    return dict.fromkeys(mended.recap_06(), True)


@wrong("06 level 1", "with 1 preemption")
def only_the_writing_is_guarded(till):
    total = till.total + mended.price()
    with till.lock:
        till.total = total


@wrong("06 level 1", "with 1 preemption")
def a_pause_in_between(till):
    time.sleep(0.1)
    till.total = till.total + mended.price()


@wrong("06 level 2", "with 1 preemption")
def only_the_look_is_guarded(flight):
    with flight.lock:
        has_room = len(flight.sold) < flight.seats
    if has_room:
        flight.sold.append(f"a seat at {mended.wish()}")


@wrong("06 level 2", "with 1 preemption")
def each_line_is_guarded(flight):
    with flight.lock:
        has_room = len(flight.sold) < flight.seats
    if has_room:
        with flight.lock:
            flight.sold.append(f"a seat at {mended.wish()}")


@wrong("06 level 3", "with 1 preemption")
def a_lock_by_name_and_new_each_time(purse):
    lock = threading.Lock()
    with lock:
        purse.coins = purse.coins - mended.price()


@wrong("06 level 3", "deadlock")
def never_let_go(purse):
    purse.lock.acquire()
    purse.coins = purse.coins - mended.price()


@wrong("06 level 4", "deadlock")
def the_taker_first(giver, taker, amount):
    with taker.lock, giver.lock:
        giver.coins = giver.coins - mended.checked(amount)
        taker.coins = taker.coins + amount


@wrong("06 level 4", "race")
def no_lock_at_all(giver, taker, amount):
    giver.coins = giver.coins - mended.checked(amount)
    taker.coins = taker.coins + amount


@wrong("06 level 5", "async def")
def no_coroutine_function(shop):
    shop.left = shop.left - 1
    shop.sold.append("a ticket")


@wrong("06 level 5", "A deadlock")
async def a_lock_for_threads(shop):
    if not hasattr(shop, "gate"):
        shop.gate = threading.Lock()
    with shop.gate:
        if shop.left > 0:
            await asyncio.sleep(0.1)
            shop.left = shop.left - 1
            shop.sold.append("a ticket")
    return


@wrong("06 level 5", "A race")
async def looks_again_and_not_in_one_go(shop):
    if shop.left > 0:
        async with shop.lock:
            await asyncio.sleep(0.1)
            shop.left = shop.left - 1
            shop.sold.append("a ticket")


@wrong("06 level 6", "An error")
def a_flag_beside_it(cache):
    if not getattr(cache, "is_ready", False):
        with cache.lock:
            if cache.settings is None:
                cache.is_ready = True
                cache.settings = {"port": 80}
    return cache.settings


@wrong("06 level 7", "An error")
def all_are_notified(shelf):
    with shelf.changed:
        if not shelf.items:
            shelf.changed.wait()
        shelf.changed.notify_all()
        shelf.taken.append(shelf.items.pop())


@wrong("06 level 8", "livelock")
def polite_and_never_fed(table, seat):
    first, second = table.forks[seat], table.forks[(seat + 1) % 3]
    while True:
        first.acquire()
        time.sleep(0.1)
        if second.acquire(blocking=False):
            break
        first.release()
        time.sleep(0.1)
    table.meals.append(seat)
    second.release()
    first.release()


@wrong("06 level 8", "deadlock")
def all_to_the_left(table, seat):
    with table.forks[(seat + 1) % 3], table.forks[seat]:
        table.meals.append(seat)


@wrong("06 guards", "Think again of")
def everything():
    return dict.fromkeys(mended.guards(), True)


@wrong("06 at most", "two could have been")
def one_at_a_time(room):
    with GATE:
        mended.enter(room)
        mended.leave(room)


@wrong("06 at most", "race")
def only_the_door_is_guarded(room):
    with room.places:
        mended.enter(room)
    mended.leave(room)


@wrong("06 stop", "deadlock")
def never_goes_home(office):
    while True:
        job = office.jobs.get()
        if job is not None:
            office.done.append(job)


@wrong("06 stop", "race")
def goes_when_it_is_empty(office):
    while not office.jobs.empty():
        job = office.jobs.get()
        if job is not None:
            office.done.append(job)


@wrong("06 blocker", "the others run")
def the_longest_wait():
    return "fetch"


@wrong("06 blocker", "In which of the functions")
def the_call_itself():
    return "time.sleep"


@wrong("06 blocker", "one of three others")
def who_calls_them():
    return "report"


@wrong("06 level 1", "A race")
def the_right_number(till):
    with till.lock:
        till.total = 6


@wrong("06 level 2", "A race")
def lets_go_only_when_it_sells(flight):
    flight.lock.acquire()
    if len(flight.sold) < flight.seats:
        flight.sold.append(f"a seat at {mended.wish()}")
        flight.lock.release()


@wrong("06 level 6", "A race")
def made_twice(cache):
    if cache.settings is None:
        cache.settings = {"port": 80}
    return cache.settings


@wrong("06 level 8", "A race")
def with_one_fork(table, seat):
    with table.forks[seat]:
        table.meals.append(seat)


@wrong("06 level 8", "A race")
def eats_when_they_are_put_down(table, seat):
    first, second = sorted((seat, (seat + 1) % 3))
    with table.forks[first], table.forks[second]:
        pass
    table.meals.append(seat)


# --- 07 ------------------------------------------------------------------------------------------


@wrong("07 recap", "It sleeps")
def everything_holds_in_07():
    return dict.fromkeys(worked.recap_07(), True)


@wrong("07 who", "never packed")
def the_first_that_comes():
    return "Ada"


@wrong("07 loud", "nothing to report")
def says_something_of_each(future, log):
    log.error("done", exc_info=future.exception())


@wrong("07 loud", "ask `cancelled()` first")
def forgets_the_cancelled(future, log):
    if error := future.exception():
        log.error("failed", exc_info=error)


@wrong("07 loud", "with its traceback")
def says_only_that(future, log):
    if not future.cancelled() and future.exception():
        log.error("failed: %s", future.exception())


@wrong("07 loud", "with its traceback")
def has_no_error_at_hand(future, log):
    if not future.cancelled() and future.exception():
        log.exception("failed")


@wrong("07 loud", "gave 0 lines")
def looks_away(future, log):
    future.cancelled()


@wrong("07 loud", "is an error")
def merely_informs(future, log):
    if not future.cancelled() and (error := future.exception()):
        log.info("failed", exc_info=error)


@wrong("07 loud", "cannot be written")
def logs_as_one_prints(future, log):
    if not future.cancelled() and (error := future.exception()):
        log.error("failed:", error, exc_info=error)


@wrong("07 goodbye", "deadlock")
def puts_it_back_once(office):
    while (job := office.jobs.get()) is not None:
        office.done.append(job)
    if not hasattr(office, "is_told"):
        office.is_told = True
        office.jobs.put(None)


@wrong("07 goodbye", "race")
def goes_when_nothing_is_there(office):
    while not office.jobs.empty():
        job = office.jobs.get()
        if job is not None:
            office.done.append(job)


@wrong("07 goodbye", "race")
def serves_one_alone(office):
    job = office.jobs.get()
    office.jobs.put(None)
    if job is not None:
        office.done.append(job)


@wrong("07 clocks", "Another thread computes meanwhile")
def counts_all_threads(function):
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - wall, time.process_time() - cpu


@wrong("07 clocks", "The first is")
def the_wrong_way_round(function):
    wall, cpu = time.perf_counter(), time.thread_time()
    function()
    return time.thread_time() - cpu, time.perf_counter() - wall


@wrong("07 clocks", "2 times")
def one_call_for_each_clock(function):
    wall = time.perf_counter()
    function()
    wall, cpu = time.perf_counter() - wall, time.thread_time()
    function()
    return wall, time.thread_time() - cpu


@wrong("07 clocks", "Two numbers")
def one_clock(function):
    wall = time.perf_counter()
    function()
    return time.perf_counter() - wall


@wrong("07 awaits", "stands in `bake`")
def the_outermost(task):
    return task.get_coro().__name__


@wrong("07 awaits", "stands in `bake`")
def the_task_s_name(task):
    return task.get_name()


# --- 08 ------------------------------------------------------------------------------------------


@wrong("08 recap", "its own process alone")
def everything_holds_in_08():
    return dict.fromkeys(worked.recap_08(), True)


@wrong("08 sources", "nothing was found is missing")
def only_those_that_differ(cited, found):
    return [one for one in cited if one in found and found[one].lower() != cited[one].lower()]


@wrong("08 sources", "another title was found")
def only_those_that_are_missing(cited, found):
    return [one for one in cited if one not in found]


@wrong("08 sources", "capital letters")
def letter_by_letter(cited, found):
    return [one for one in cited if found.get(one) != cited[one]]


@wrong("08 sources", "of which 2 are wrong")
def all_but_one(cited, found):
    return [one for one in cited if one != "one"]


@wrong("08 sources", "of which 2 are wrong")
def with_a_blank(cited, found):
    return [*worked.sources(cited, found), None]


@wrong("08 sources", "of which 2 are wrong")
def without_an_end(cited, found):
    return cycle(worked.sources(cited, found))


@wrong("08 sources", "another title was found")
def only_how_it_begins(cited, found):
    return [
        one
        for one, title in cited.items()
        if one not in found or not found[one].lower().startswith(title.lower())
    ]


@wrong("08 sources", "A list of numbers")
def how_many(cited, found):
    return 2


@wrong("08 twice", "half a file")
def from_the_beginning(folder, name, chunks):
    with open(f"{folder}/{name}", "w") as file:
        for chunk in chunks:
            file.write(chunk)


@wrong("08 twice", "who looks just then")
def in_one_go(folder, name, chunks):
    text = "".join(chunks)
    with open(f"{folder}/{name}", "w") as file:
        file.write(text)


@wrong("08 twice", "there is no file")
def never_named(folder, name, chunks):
    with open(f"{folder}/{name}.draft", "w") as file:
        file.writelines(chunks)


@wrong("08 twice", "it holds")
def goes_on_with_the_draft(folder, name, chunks):
    with open(f"{folder}/{name}.draft", "a") as file:
        for chunk in chunks:
            file.write(chunk)
    os.replace(f"{folder}/{name}.draft", f"{folder}/{name}")


@wrong("08 twice", "is left in the folder")
def leaves_its_draft(folder, name, chunks):
    with open(f"{folder}/{name}.draft", "w") as file:
        file.writelines(chunks)
    shutil.copy(f"{folder}/{name}.draft", f"{folder}/{name}.whole")
    os.replace(f"{folder}/{name}.whole", f"{folder}/{name}")


@wrong("08 twice", "who looks just then")
def all_at_the_end(folder, name, chunks):
    Path(folder, name).write_text("".join(chunks))


@wrong("08 twice", "who looks just then")
def copies_its_draft(folder, name, chunks):
    draft = Path(folder, f"{name}.draft")
    draft.write_text("".join(chunks))
    shutil.copy(draft, Path(folder, name))
    draft.unlink()


@wrong("08 same", "submit all, then wait", waits=True)
def one_after_the_other(pool, function, items):
    found = {}
    for item in items:
        future = pool.submit(function, item)
        found[item] = future.exception() or future.result()
    return found


@wrong("08 same", "raised")
def without_the_error(pool, function, items):
    futures = {item: pool.submit(function, item) for item in items}
    return {item: one.result() for item, one in futures.items()}


@wrong("08 same", "A dictionary by item")
def a_list(pool, function, items):
    futures = [pool.submit(function, item) for item in items]
    return [one.exception() or one.result() for one in futures]


@wrong("08 same", "A dictionary by item")
def by_future(pool, function, items):
    futures = [pool.submit(function, item) for item in items]
    return {one: one.exception() or one.result() for one in futures}


@wrong("08 same", "The call for 0")
def the_futures_themselves(pool, function, items):
    futures = {item: pool.submit(function, item) for item in items}
    return {item: one.exception() or one for item, one in futures.items()}


@wrong("08 lanes", "cluster")
def dask_for_everything():
    return dict.fromkeys(worked.lanes_08(), "dask") | {
        "10,000 pages to fetch from one website, on this laptop": "tasks",
        "10,000 calls of C++ that lets go of the GIL": "threads",
    }


# --- 09 -------------------------------------------------------------------------------------------


@wrong("09 recap", "shares the GIL")
def threads_compute_at_once():
    return worked.recap_09() | {"a thread makes a long sum in Python quicker": True}


@wrong("09 at best", "while some tasks wait, processes can compute")
def waits_and_then_computes(waited, computed, places, cores):
    return waited / places + computed / cores


@wrong("09 at best", "both must end")
def the_smaller_one(waited, computed, places, cores):
    return min(waited / places, computed / cores)


@wrong("09 at best", "nothing of it go on at the same time")
def all_in_turn(waited, computed, places, cores):
    return waited + computed


@wrong("09 at best", "a number of seconds")
def no_number(waited, computed, places, cores):
    print(waited)


@wrong("09 patient", "raised ConnectionError")
async def one_try(job, pause_after, tries=5):
    return await job()


@wrong("09 patient", "never began")
async def forgets_to_await(job, pause_after, tries=5):
    return job()


@wrong("09 patient", "Nobody asked")
async def tries_at_once(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except OSError:
            if number == tries - 1:
                raise


@wrong("09 patient", "0 the first")
async def counts_from_one(job, pause_after, tries=5):
    for number in range(1, tries + 1):
        try:
            return await job()
        except OSError as error:
            pause = pause_after(error, number)
            if pause is None or number == tries:
                raise
        await asyncio.sleep(pause)


@wrong("09 patient", "next try is due")
async def forgets_the_pause(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except OSError as error:
            if pause_after(error, number) is None or number == tries - 1:
                raise


@wrong("09 patient", "holds up the loop", hangs=True)
async def sleeps_in_the_loop(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except OSError as error:
            pause = pause_after(error, number)
            if pause is None or number == tries - 1:
                raise
        time.sleep(pause)


@wrong("09 patient", "its last error is to be raised")
async def gives_up_in_silence(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except OSError as error:
            pause = pause_after(error, number)
        if number < tries - 1:
            await asyncio.sleep(pause or 0)


@wrong("09 patient", "still pauses")
async def one_try_too_many(job, pause_after, tries=5):
    for number in range(tries + 1):
        try:
            return await job()
        except OSError as error:
            pause = pause_after(error, number)
            if pause is None or number == tries:
                raise
        await asyncio.sleep(pause)


@wrong("09 patient", "would not help")
async def never_gives_up_hope(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except OSError as error:
            if number == tries - 1:
                raise
            pause = pause_after(error, number)
        await asyncio.sleep(pause or 0)


@wrong("09 patient", "a bug")
async def takes_bugs_for_bad_luck(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except Exception as error:
            pause = pause_after(error, number)
            if pause is None or number == tries - 1:
                raise
        await asyncio.sleep(pause)


@wrong("09 patient", "third of 4 tries would have been good")
async def takes_no_pause_for_none(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except OSError as error:
            pause = pause_after(error, number)
            if not pause or number == tries - 1:
                raise
        await asyncio.sleep(pause)


@wrong("09 patient", "still pauses")
async def pauses_after_the_last_try(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except OSError as error:
            pause, last = pause_after(error, number), error
        if pause is None:
            raise last
        await asyncio.sleep(pause)
    raise last


@wrong("09 patient", "`raise` inside the block")
async def raises_too_late(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except OSError as error:
            pause = pause_after(error, number)
            if pause is None:
                raise
        if number < tries - 1:
            await asyncio.sleep(pause)
    raise error  # noqa: F821


@wrong("09 patient", "Let `CancelledError` pass")
async def tries_again_when_it_is_cancelled(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except (OSError, asyncio.CancelledError) as error:
            pause = pause_after(error, number)
            if pause is None or number == tries - 1:
                raise
        await asyncio.sleep(pause)


@wrong("09 patient", "was cancelled in a pause")
async def does_not_let_itself_be_cancelled(job, pause_after, tries=5):
    for number in range(tries):
        try:
            return await job()
        except OSError as error:
            pause = pause_after(error, number)
            if pause is None or number == tries - 1:
                raise
        try:
            await asyncio.sleep(pause)
        except asyncio.CancelledError:
            await asyncio.sleep(60)


@wrong("09 statuses", "not 0")
def all_is_well_that_ends():
    return worked.statuses() | {"one picture is not there; all the rest is kept": 0}

"""Wrong answers to the exercises, each from a misconception, and a word of what it must be told."""

import asyncio
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from helpers.exercises import solutions

WRONG = {}


def wrong(exercise, word):
    def keep(answer):
        name = f"{exercise}: {answer.__name__}"
        assert name not in WRONG, name
        WRONG[name] = exercise, answer, word
        return answer

    return keep


# --- 01 ------------------------------------------------------------------------------------------


@wrong("01 together", "Never two")
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


@wrong("01 together", "4 times; 5 were")
def always_four(job, times):
    solutions.together(job, 4)


@wrong("01 together", "0 times")
def nothing_is_started(job, times):
    [Thread(target=job) for _ in range(times)]


@wrong("01 together", "2 at the same time, of 5")
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


@wrong("02 fetch all", "Never more than one")
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


@wrong("02 fetch all", "4 pages at a time, of 6")
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


@wrong("02 fetch all", "1 times for 6")
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


@wrong("02 errors", "one page at a time")
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


@wrong("02 tickets", "never came back")
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


@wrong("02 tickets", "never came back")
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

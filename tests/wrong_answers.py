"""Wrong answers to the exercises, each from a misconception, and a word of what it must be told."""

import threading
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

WRONG = {}


def wrong(exercise, word):
    def keep(answer):
        WRONG[f"{exercise}: {answer.__name__}"] = exercise, answer, word
        return answer

    return keep


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


@wrong("02 fetch all", "0 times")
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


# --- 02 tickets ----------------------------------------------------------------------------------


@wrong("02 tickets", "looked before either")
def no_lock():
    def sell(tickets):
        if tickets.left > 0:
            tickets.left = tickets.left - 1
            return True
        return False

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

# mypy: ignore-errors
"""What an exercise's cell comes with, where that is more than a line to put one's code in."""

import asyncio
from multiprocessing import Process, Queue
from time import perf_counter


def fetch_all(fetch, urls):
    """Return a dictionary: the text of each page, under its address."""
    texts = {}

    def keep(url):
        texts[url] = fetch(url)

    # your code here: create, start, wait
    return texts


def make_seller():
    """Return a function `sell(tickets)` that two threads may call at the same time."""

    def sell(tickets):
        if tickets.left > 0:
            tickets.left = tickets.left - 1
            return True  # sold
        return False  # sold out

    return sell


# --- 03 ------------------------------------------------------------------------------------------


def results_and_errors(job, items):
    """Return two dictionaries by item: the results, and the errors of the others."""
    results, errors = {}, {}
    # your code here: a pool, a future for each item, then what each future has
    return results, errors


def received(job, numbers):
    """Return in a list what `job(numbers, queue)` puts into the queue, up to its None."""
    queue = Queue()
    process = Process(target=job, args=(numbers, queue))
    process.start()
    process.join()
    items = []
    while not queue.empty():
        items.append(queue.get())
    return items


SCRIPT = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

def square(n):
    return n * n

with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
    print(list(pool.map(square, range(5))))
"""


# --- 04 -------------------------------------------------------------------------------------------


async def fetch_all_with_tasks(fetch, urls, at_once):
    """Return two dictionaries by address: the texts that came, the errors of the others."""
    texts, errors = {}, {}
    places = asyncio.Semaphore(at_once)

    async def keep(url):
        texts[url] = await fetch(url)  # take a place for it; keep its error, if any

    # your code here: call `keep` for all addresses, and wait
    return texts, errors


# --- 05 -------------------------------------------------------------------------------------------


def benchmark(ways, items, rounds):
    """Return for each way, by name, a list of seconds, one for each round."""
    seconds = {}
    for name, way in ways.items():
        began = perf_counter()
        for _ in range(rounds):
            way(items)
        seconds[name] = perf_counter() - began
    return seconds


# --- 06 ------------------------------------------------------------------------------------------


def pay(till):
    till.total = till.total + price()


def book(flight):
    if len(flight.sold) < flight.seats:
        seat = f"a seat at {wish()}"
        flight.sold.append(seat)


def spend(purse):
    with Lock():
        purse.coins = purse.coins - price()


def move(giver, taker, amount):
    with giver.lock:
        giver.coins = giver.coins - checked(amount)
        with taker.lock:
            taker.coins = taker.coins + amount


async def sell(shop):
    if shop.left > 0:
        await asyncio.sleep(0.1)  # the customer pays
        shop.left = shop.left - 1
        shop.sold.append("a ticket")


def settings_of(cache):
    if cache.settings is None:
        with cache.lock:
            if cache.settings is None:
                cache.settings = {}
                cache.settings["port"] = 80
    return cache.settings


def eat(shelf):
    with shelf.changed:
        if not shelf.items:
            shelf.changed.wait()
        shelf.taken.append(shelf.items.pop())


def dine(table, seat):
    with table.forks[seat]:
        with table.forks[(seat + 1) % 3]:
            table.meals.append(seat)


def visit(room):
    enter(room)
    leave(room)


def work(office):
    while not office.closed.is_set():
        job = office.jobs.get()
        if job is not None:
            office.done.append(job)


# --- 07 ------------------------------------------------------------------------------------------


def serve(office):
    while (job := office.jobs.get()) is not None:
        office.done.append(job)


# --- 08 ------------------------------------------------------------------------------------------


def store(folder, name, chunks):
    """Write a file of this name, chunk after chunk."""
    with open(f"{folder}/{name}", "a") as file:
        for chunk in chunks:
            file.write(chunk)

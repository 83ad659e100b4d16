"""Two calls in a pool add to one attribute without a lock: one addition gets lost."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0, log=[])


def count(shop, number):
    shop.total += number


def rush(shop):
    with ThreadPoolExecutor(max_workers=2) as pool:
        pool.submit(count, shop, 1)
        pool.submit(count, shop, 2)


def closing(shop):
    shop.log.append("closed")


bodies = [rush, closing]


def holds(shop):
    return shop.total == 3


KIND = "race"
# A worker is left within `+=`; who waits for the pool's end is blocked.
PREEMPTIONS = 1

"""Two calls in a pool add to one attribute, and each does so with the lock."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(total=0, log=[], lock=Lock())


def count(shop, number):
    with shop.lock:
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


KIND = "ok"
PREEMPTIONS = None

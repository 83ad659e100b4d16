"""The module has a lock, and one of two functions forgets it: it keeps nobody out."""

from threading import Lock
from types import SimpleNamespace

lock = Lock()


def make():
    return SimpleNamespace(left=5)


def sell(stock):
    with lock:
        stock.left -= 1


def restock(stock):
    stock.left += 10


bodies = [sell, restock]


def holds(stock):
    return stock.left == 14


KIND = "race"
PREEMPTIONS = 1

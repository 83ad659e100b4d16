"""The module has a lock, made when it is imported, and both functions take it."""

from threading import Lock
from types import SimpleNamespace

lock = Lock()


def make():
    return SimpleNamespace(left=5)


def sell(stock):
    with lock:
        stock.left -= 1


def restock(stock):
    with lock:
        stock.left += 10


bodies = [sell, restock]


def holds(stock):
    return stock.left == 14


KIND = "ok"
PREEMPTIONS = None

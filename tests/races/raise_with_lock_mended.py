"""An error leaves a function through `with`, which releases the lock."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(balance=50, refused=0, lock=Lock())


def pay(purse, amount):
    with purse.lock:
        if amount > purse.balance:
            raise ValueError("not enough")
        purse.balance -= amount


def greedy(purse):
    try:
        pay(purse, 1000)
    except ValueError:
        purse.refused += 1


def modest(purse):
    pay(purse, 20)


bodies = [greedy, modest]


def holds(purse):
    return purse.balance == 30 and purse.refused == 1


KIND = "ok"
PREEMPTIONS = None

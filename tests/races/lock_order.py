"""Two transfers lock two accounts, each its own first: each waits for what the other has."""

from threading import Lock
from types import SimpleNamespace


def make():
    anna = SimpleNamespace(number=1, balance=100, lock=Lock())
    ben = SimpleNamespace(number=2, balance=100, lock=Lock())
    return SimpleNamespace(anna=anna, ben=ben)


def transfer(source, target, amount):
    first, second = source, target
    with first.lock, second.lock:
        source.balance -= amount
        target.balance += amount


def anna_to_ben(bank):
    transfer(bank.anna, bank.ben, 30)


def ben_to_anna(bank):
    transfer(bank.ben, bank.anna, 10)


bodies = [anna_to_ben, ben_to_anna]


def holds(bank):
    return (bank.anna.balance, bank.ben.balance) == (80, 120)


KIND = "deadlock"
# One has to be left between its two locks; the other then blocks, and leaving it costs nothing.
PREEMPTIONS = 1

"""Two transfers lock two accounts, both in the order of the accounts' numbers."""

from threading import Lock
from types import SimpleNamespace


def make():
    anna = SimpleNamespace(number=1, balance=100, lock=Lock())
    ben = SimpleNamespace(number=2, balance=100, lock=Lock())
    return SimpleNamespace(anna=anna, ben=ben)


def transfer(source, target, amount):
    first, second = sorted((source, target), key=lambda one: one.number)
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


KIND = "ok"
PREEMPTIONS = None

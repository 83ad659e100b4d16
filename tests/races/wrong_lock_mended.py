"""Money comes in and goes out under the same lock."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(balance=100, lock=Lock())


def deposit(account):
    with account.lock:
        account.balance += 50


def withdraw(account):
    with account.lock:
        account.balance -= 30


bodies = [deposit, withdraw]


def holds(account):
    return account.balance == 120


KIND = "ok"
PREEMPTIONS = None

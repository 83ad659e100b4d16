"""Money comes in under one lock and goes out under another: one of both gets lost."""

from threading import Lock
from types import SimpleNamespace


def make():
    return SimpleNamespace(balance=100, coming=Lock(), going=Lock())


def deposit(account):
    with account.coming:
        account.balance += 50


def withdraw(account):
    with account.going:
        account.balance -= 30


bodies = [deposit, withdraw]


def holds(account):
    return account.balance == 120


KIND = "race"
PREEMPTIONS = 1

"""A method that holds a Lock calls another that takes it, too: it waits for itself."""

from threading import Lock


class Account:
    def __init__(self):
        self.lock = Lock()
        self.balance = 0

    def deposit(self, amount):
        with self.lock:
            self.balance += amount

    def deposit_all(self, amounts):
        with self.lock:
            for amount in amounts:
                self.deposit(amount)


def make():
    return Account()


def salary(account):
    account.deposit_all([100, 20])


def gift(account):
    account.deposit(5)


bodies = [salary, gift]


def holds(account):
    return account.balance == 125


KIND = "deadlock"
PREEMPTIONS = 0

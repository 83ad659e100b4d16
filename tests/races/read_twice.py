"""One expression reads an attribute twice: between both, another thread has set it to None."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(user=SimpleNamespace(name="Anna"), greeting=None)


def greet(page):
    name = page.user.name if page.user else "stranger"
    page.greeting = f"Hello, {name}"


def log_out(page):
    page.user = None


bodies = [greet, log_out]


def holds(page):
    return page.greeting in ("Hello, Anna", "Hello, stranger")


KIND = "exception"
PREEMPTIONS = 1

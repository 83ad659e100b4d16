"""The attribute is read once, into a local variable that nobody else can change."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(user=SimpleNamespace(name="Anna"), greeting=None)


def greet(page):
    user = page.user
    name = user.name if user else "stranger"
    page.greeting = f"Hello, {name}"


def log_out(page):
    page.user = None


bodies = [greet, log_out]


def holds(page):
    return page.greeting in ("Hello, Anna", "Hello, stranger")


KIND = "ok"
PREEMPTIONS = None

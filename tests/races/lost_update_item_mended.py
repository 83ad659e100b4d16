"""A sale and a delivery change one item of a dict with one lock for the whole dict."""

from threading import Lock

lock = Lock()


def make():
    return {"apples": 5, "pears": 2}


def sell(stock):
    with lock:
        stock["apples"] -= 2


def deliver(stock):
    with lock:
        stock["apples"] += 10


bodies = [sell, deliver]


def holds(stock):
    return stock == {"apples": 13, "pears": 2}


KIND = "ok"
PREEMPTIONS = None

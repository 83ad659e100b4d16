"""A sale and a delivery change one item of a dict without a lock: one of them gets lost."""


def make():
    return {"apples": 5, "pears": 2}


def sell(stock):
    stock["apples"] -= 2


def deliver(stock):
    stock["apples"] += 10


bodies = [sell, deliver]


def holds(stock):
    return stock == {"apples": 13, "pears": 2}


KIND = "race"
PREEMPTIONS = 1

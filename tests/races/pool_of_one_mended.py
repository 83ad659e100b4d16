"""A call in a pool of one calls the other function itself."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace


def make():
    return SimpleNamespace(prices={"tea": 2, "cake": 3}, bills={})


def price(cafe, item):
    return cafe.prices[item]


def both(cafe):
    return price(cafe, "tea") + price(cafe, "cake")


def bill(cafe, guest):
    with ThreadPoolExecutor(max_workers=1) as pool:
        cafe.bills[guest] = pool.submit(both, cafe).result()


def anna(cafe):
    bill(cafe, "Anna")


def ben(cafe):
    bill(cafe, "Ben")


bodies = [anna, ben]


def holds(cafe):
    return cafe.bills == {"Anna": 5, "Ben": 5}


KIND = "ok"
PREEMPTIONS = None

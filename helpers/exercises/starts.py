# mypy: ignore-errors
"""What an exercise's cell comes with, where that is more than a line to put one's code in."""


def fetch_all(fetch, urls):
    """Return a dictionary: the text of each page, under its address."""
    texts = {}

    def keep(url):
        texts[url] = fetch(url)

    # your code here: create, start, wait
    return texts


def make_seller():
    """Return a function `sell(tickets)` that two threads may call at the same time."""

    def sell(tickets):
        if tickets.left > 0:
            tickets.left = tickets.left - 1
            return True  # sold
        return False  # sold out

    return sell

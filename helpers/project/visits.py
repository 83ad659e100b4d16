"""The log of a website, and what is counted in it: the table of notebook 09's five steps."""

import csv
import random
from collections import Counter
from datetime import datetime

__all__ = ["count", "make_log", "read_log"]

WHEN = "%d.%m.%Y %H:%M:%S"
PATHS = ("/", "/circles.html", "/lanes.html", "/paths.html", "/tiles.html")


def make_log(path, length=120_000):
    """Write a log: when each page was asked for, and for which; one line in 7,000 is damaged."""
    chance = random.Random(1)  # the same every time
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        for number in range(1, length + 1):
            day, hour, minute = chance.randint(1, 28), chance.randint(0, 23), chance.randint(0, 59)
            when = f"{day:02}.11.2026 {hour:02}:{minute:02}:00"
            table.writerow(["?" if number % 7_000 == 0 else when, chance.choice(PATHS)])


def read_log(path):
    """Return (line number, fields) of each line."""
    with path.open(newline="") as file:
        return list(enumerate(csv.reader(file), start=1))


def count(chunk):
    """Return how often each page was asked for in each hour, and the numbers of damaged lines."""
    visits, damaged = Counter(), []
    for line, (when, path) in chunk:
        try:
            visits[path, datetime.strptime(when, WHEN).hour] += 1
        except ValueError:
            damaged.append(line)
    return visits, damaged

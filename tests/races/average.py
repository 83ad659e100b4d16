"""A dataclass keeps a sum and a number without a lock: one value gets lost."""

from dataclasses import dataclass


@dataclass
class Average:
    total: float = 0.0
    count: int = 0

    def add(self, value):
        self.total += value
        self.count += 1


def make():
    return Average()


def morning(average):
    average.add(12.5)


def noon(average):
    average.add(21.5)


bodies = [morning, noon]


def holds(average):
    return (average.total, average.count) == (34.0, 2)


KIND = "race"
PREEMPTIONS = 1

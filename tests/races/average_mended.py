"""A dataclass keeps a sum and a number, and a lock for both of them."""

from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Average:
    total: float = 0.0
    count: int = 0
    lock: Lock = field(default_factory=Lock)

    def add(self, value):
        with self.lock:
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


KIND = "ok"
PREEMPTIONS = None

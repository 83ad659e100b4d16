"""A method reads and writes under one lock; the property only reads."""

from threading import Lock


class Tank:
    def __init__(self):
        self.lock = Lock()
        self._litres = 0

    @property
    def litres(self):
        with self.lock:
            return self._litres

    def add(self, amount):
        with self.lock:
            self._litres += amount


def make():
    return Tank()


def fill(tank):
    tank.add(5)


bodies = [fill, fill]


def holds(tank):
    return tank.litres == 10


KIND = "ok"
PREEMPTIONS = None

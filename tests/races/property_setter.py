"""A property makes two calls look like one attribute: what one has added gets lost."""

from threading import Lock


class Tank:
    def __init__(self):
        self.lock = Lock()
        self._litres = 0

    @property
    def litres(self):
        with self.lock:
            return self._litres

    @litres.setter
    def litres(self, amount):
        with self.lock:
            self._litres = amount


def make():
    return Tank()


def fill(tank):
    tank.litres += 5


bodies = [fill, fill]


def holds(tank):
    return tank.litres == 10


KIND = "race"
PREEMPTIONS = 1

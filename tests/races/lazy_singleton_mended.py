"""The one instance of a class is made when it is first asked for, under a lock."""

from threading import Lock


class Settings:
    only = None
    lock = Lock()

    @classmethod
    def get(cls):
        with cls.lock:
            if cls.only is None:
                cls.only = cls()
            return cls.only


def make():
    Settings.only = None
    return []


def module(seen):
    seen.append(Settings.get())


bodies = [module, module]


def holds(seen):
    first, second = seen
    return first is second


KIND = "ok"
PREEMPTIONS = None

"""The one instance of a class is made when it is first asked for: two threads make two."""


class Settings:
    only = None

    @classmethod
    def get(cls):
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


KIND = "race"
PREEMPTIONS = 1

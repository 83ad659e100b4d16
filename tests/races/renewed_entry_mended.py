"""Looking and setting are one step, so only an entry that is missing is set."""


def make():
    return {"visits": 7}


def renew(cache):
    visits = cache.pop("visits")
    cache["visits"] = visits + 1


def ensure(cache):
    cache.setdefault("visits", 0)


bodies = [renew, ensure]


def holds(cache):
    return cache == {"visits": 8}


KIND = "ok"
PREEMPTIONS = None

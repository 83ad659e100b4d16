"""Who finds an entry missing sets a new one: by then the old one has been put back."""


def make():
    return {"visits": 7}


def renew(cache):
    visits = cache.pop("visits")
    cache["visits"] = visits + 1


def ensure(cache):
    if "visits" not in cache:
        cache["visits"] = 0


bodies = [renew, ensure]


def holds(cache):
    return cache == {"visits": 8}


KIND = "race"
# The first is left while the entry is out, and the second after it has looked: were it to go on,
# the first would write last, and all would be well.
PREEMPTIONS = 2

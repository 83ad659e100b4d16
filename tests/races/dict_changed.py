"""A dict gets a key while another thread goes over it: the loop raises RuntimeError."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(ages={"Anna": 31, "Ben": 27}, names=[])


def guests(party):
    for name in party.ages:
        party.names.append(name)


def latecomer(party):
    party.ages["Cleo"] = 45


bodies = [guests, latecomer]


def holds(party):
    return party.names[:2] == ["Anna", "Ben"]


KIND = "exception"
PREEMPTIONS = 1

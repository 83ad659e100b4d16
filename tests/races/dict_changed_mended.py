"""The loop goes over a list of the keys, which one call makes in one step."""

from types import SimpleNamespace


def make():
    return SimpleNamespace(ages={"Anna": 31, "Ben": 27}, names=[])


def guests(party):
    for name in list(party.ages):
        party.names.append(name)


def latecomer(party):
    party.ages["Cleo"] = 45


bodies = [guests, latecomer]


def holds(party):
    return party.names[:2] == ["Anna", "Ben"]


KIND = "ok"
PREEMPTIONS = None

"""Which accesses to a value were in no order: the happens-before relation, by vector clocks.

Two accesses of two workers to one place, of which one writes, are in order if something that the
workers did made the second come after the first: a lock let go and taken, a thread started. If
nothing did, they could have come the other way round, and the instructions race [1].

[1] C. Flanagan and S. N. Freund, "FastTrack: efficient and precise dynamic race detection",
PLDI 2009, doi:10.1145/1542476.1542490; here all instructions that touched a place are kept.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.racelab.sites import Site

__all__ = ["Clocks", "Order", "hear"]

Clocks = dict[int, int]  # how far each worker is known to have come, by its number


def hear(clocks: Clocks, others: Clocks) -> None:
    """Take over whatever others know better."""
    for number, clock in others.items():
        if clocks.get(number, 0) < clock:
            clocks[number] = clock


class Order:
    """The accesses of a run.

    Attributes:
        races: the instructions that touched a place in no order, as far as they are no points yet.
        shared: those that touched what another worker touched, too, in whatever order.
    """

    def __init__(self) -> None:
        self.accesses: dict[Hashable, dict[tuple[int, Site, bool], int]] = {}
        self.races: set[Site] = set()
        self.shared: set[Site] = set()

    def access(
        self, number: int, clocks: Clocks, place: Hashable, site: Site, writes: bool
    ) -> None:
        """Note an access of a worker, by its number and clocks, to a place."""
        earlier = self.accesses.get(place)
        if earlier is None:
            earlier = self.accesses[place] = {}
        for (other, its_site, wrote), clock in earlier.items():
            if other == number or not (writes or wrote):
                continue
            self.shared |= {site, its_site}
            if clocks.get(other, 0) < clock:
                if not its_site.is_point:
                    self.races.add(its_site)
                if not site.is_point:
                    self.races.add(site)
        earlier[number, site, writes] = clocks[number]

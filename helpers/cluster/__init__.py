"""More than one machine: Dask's scheduler and its workers, and what they did, as a Recording.

machines      Cluster: the programs of a cluster, started as on machines of their own
task_stream   stream(): what ran on the workers of a cluster, from what Dask tells of it
clocks        how far the clocks of its machines are from this one's

Dask is an extra (`helpers.extras`): without it, both say in one line how to get it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.cluster.machines import Cluster, Worker
    from helpers.cluster.task_stream import stream

__all__ = ["Cluster", "Worker", "stream"]

_ROOM_OF = {"Cluster": "machines", "Worker": "machines", "stream": "task_stream"}


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'helpers.cluster' has no attribute {name!r}")
    return getattr(import_module(f"helpers.cluster.{_ROOM_OF[name]}"), name)

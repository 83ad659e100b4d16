"""What was measured on another machine: for what this one has no Python.

`data/make_measurements.py` writes the files. Each begins with a head: when, by which Python, on
how many cores, on which system, and how to make it again. No host is named in it, and no folder.
"""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from helpers.cores import usable_cores
from helpers.pythons import Python

__all__ = ["HERE", "Origin", "load", "save"]

FOLDER = Path(__file__).resolve().parent.parent.parent / "data" / "measurements"
AGAIN = "python3 course.py run python data/make_measurements.py PYTHON ..."
HERE = "measured here"


@dataclass(frozen=True)
class Origin:
    """Where and when something was measured.

    Attributes:
        date: the day, as 2026-01-31.
        python: what the Python says it is: 'Python 3.14.0, free-threaded'.
        cores: how many it could use.
        system: such as 'Linux'.
        machine: its kind of processor, such as 'x86_64'.
        again: the command that makes it again.
    """

    date: str
    python: str
    cores: int
    system: str
    machine: str
    again: str = AGAIN

    def __str__(self) -> str:
        cores = f"{self.cores} {'core' if self.cores == 1 else 'cores'}"
        where = f"{cores}, {self.system} {self.machine}"
        return f"recorded on {self.date}, {self.python}, {where}: not this machine"

    @classmethod
    def now(cls, python: Python) -> Origin:
        """Return today's, of a Python of this machine."""
        told = usable_cores(), platform.system(), platform.machine()
        return cls(date.today().isoformat(), repr(python), *told)


def load(name: str) -> tuple[Origin, Any]:
    """Return what a recorded file holds: where it is from, and the data."""
    told = json.loads(Path(FOLDER, f"{name}.json").read_text("utf-8"))
    return Origin(**told["origin"]), told["data"]


def save(name: str, origin: Origin, data: Any) -> None:
    """Write a file."""
    told = json.dumps({"origin": asdict(origin), "data": data}, indent=1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    Path(FOLDER, f"{name}.json").write_text(told + "\n", "utf-8")

"""How many cores this process may really use.

`os.cpu_count()` counts the machine's. A container on Binder or JupyterHub, a `taskset` or a
batch system may give this process fewer, and then more workers than that only queue up.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["describe_cores", "usable_cores"]


def usable_cores() -> int:
    """Return how many cores this process may keep busy at once, at least 1.

    The smaller of the processors it is allowed on (affinity) and its control group's CPU quota,
    rounded down: a quota of 1.5 cores is one whole core.
    """
    quota = cpu_quota()
    allowed = allowed_processors()
    return allowed if quota is None else max(1, min(allowed, int(quota)))


def describe_cores() -> str:
    """Return one line: the usable cores, and what limits them to fewer than the machine has."""
    quota, allowed = cpu_quota(), allowed_processors()
    machine = max(os.cpu_count() or 1, allowed)
    usable = f"{usable_cores()} usable {'core' if usable_cores() == 1 else 'cores'}"
    if quota is not None and quota < allowed:
        return f"{usable} of this machine's {machine}: a quota of {quota:.3g} limits this process"
    if allowed < machine:
        return f"{usable} of this machine's {machine}: affinity limits this process"
    return f"{usable}: all that this machine has"


def allowed_processors() -> int:
    """Return how many processors the scheduler may put this process on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_quota(root: Path = Path("/")) -> float | None:
    """Return this process's CPU quota in cores, or None where it has none (or is not on Linux).

    A control group is bound by its parents' quotas too, so the smallest on the way up counts.

    Args:
        root: the folder that holds `proc` and `sys`; tests put their own there.

    Source: the kernel's documentation of cgroup v2 (`cpu.max`) and v1 (`cpu.cfs_quota_us`).
    """
    quotas = [quota for group in _groups(root) if (quota := _quota_of(group)) is not None]
    return min(quotas, default=None)


def _groups(root: Path) -> Iterator[Path]:
    """Yield the folders of this process's CPU control group and of all its parents."""
    try:
        lines = (root / "proc/self/cgroup").read_text(errors="surrogateescape").splitlines()
    except OSError:
        return
    mount = root / "sys/fs/cgroup"
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = mount / "cpu" if controllers else mount
        group = top / path.lstrip("/")
        yield group
        yield from (parent for parent in group.parents if parent.is_relative_to(top))


def _quota_of(group: Path) -> float | None:
    """Read one group's quota in cores: version 2's file, or version 1's two files."""
    try:
        if (group / "cpu.max").exists():
            quota, period = (group / "cpu.max").read_text().split()
        else:
            quota = (group / "cpu.cfs_quota_us").read_text()
            period = (group / "cpu.cfs_period_us").read_text()
        return int(quota) / int(period) if int(quota) > 0 else None
    except (OSError, ValueError):
        return None  # no such file, or 'max': no quota

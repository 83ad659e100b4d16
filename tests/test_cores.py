"""helpers.cores: affinity and control groups."""

import os

import pytest

from helpers import cores


def group_folder(root, version, path, quota):
    """Lay out /proc/self/cgroup and one group's quota files under root."""
    (root / "proc/self").mkdir(parents=True, exist_ok=True)
    line = f"0::{path}\n" if version == 2 else f"4:memory:/m\n1:cpu,cpuacct:{path}\n"
    (root / "proc/self/cgroup").write_text(line)
    top = root / "sys/fs/cgroup"
    group = (top if version == 2 else top / "cpu") / path.lstrip("/")
    group.mkdir(parents=True, exist_ok=True)
    if version == 2:
        (group / "cpu.max").write_text(f"{quota} 100000\n")
    else:
        (group / "cpu.cfs_quota_us").write_text(f"{-1 if quota == 'max' else quota}\n")
        (group / "cpu.cfs_period_us").write_text("100000\n")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("quota", "in_cores"), [(150000, 1.5), (50000, 0.5), ("max", None)])
def test_quota_is_read_in_cores(tmp_path, version, quota, in_cores):
    group_folder(tmp_path, version, "/user/box", quota)
    assert cores.cpu_quota(tmp_path) == in_cores


def test_the_smallest_quota_on_the_way_up_counts(tmp_path):
    group_folder(tmp_path, 2, "/outer", 100000)
    group_folder(tmp_path, 2, "/outer/inner", 300000)
    assert cores.cpu_quota(tmp_path) == 1.0


def test_no_proc_is_no_quota(tmp_path):
    assert cores.cpu_quota(tmp_path) is None


@pytest.mark.parametrize(
    ("allowed", "quota", "usable"), [(8, None, 8), (8, 2.5, 2), (2, 4.0, 2), (8, 0.5, 1)]
)
def test_usable_is_the_smaller_of_both(monkeypatch, allowed, quota, usable):
    monkeypatch.setattr(cores, "allowed_processors", lambda: allowed)
    monkeypatch.setattr(cores, "cpu_quota", lambda: quota)
    assert cores.usable_cores() == usable


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_affinity_is_obeyed():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert cores.usable_cores() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(
    ("allowed", "quota", "words"),
    [
        (8, None, "8 usable cores: all that this machine has"),
        (8, 2.5, "2 usable cores of this machine's 8: a quota of 2.5 limits this process"),
        (8, 16.0, "8 usable cores: all that this machine has"),
        (8, 0.5, "1 usable core of this machine's 8: a quota of 0.5 limits this process"),
        (1, None, "1 usable core of this machine's 8: affinity limits this process"),
    ],
)
def test_the_line_says_what_limits(monkeypatch, allowed, quota, words):
    monkeypatch.setattr(cores, "allowed_processors", lambda: allowed)
    monkeypatch.setattr(cores, "cpu_quota", lambda: quota)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert cores.describe_cores() == words

"""helpers.recorder: whatever a cell may start is seen, every item once, under each start method."""

import json
import subprocess
import sys
from functools import cache

import pytest

PROCESS, OWN = ["process", "process"], ["process", "own", "own"]
ITEM = ["process", "item"]
EXPECTED = {
    "process": [[*OWN, 1], [*PROCESS, "work", 1]],
    "subclass": [[*OWN, 1], [*PROCESS, "{subclass}", 1]],
    "thread_in_a_child": [
        [*PROCESS, "with_thread", 1],
        ["thread", "own", "own", 1],
        ["thread", "thread", "work", 1],
    ],
    "tasks_in_a_child": [
        [*PROCESS, "with_tasks", 1],
        ["task", "step", "job", 6],
        ["task", "step", "three_jobs", 2],
        ["task", "task", "job", 3],
        ["task", "task", "three_jobs", 1],
    ],
    "grandchild": [[*OWN, 1], [*PROCESS, "spawn_one", 1], [*PROCESS, "work", 1]],
    "map": [[*ITEM, "work", 10], [*OWN, 10], [*PROCESS, "worker", 2]],
    "imap": [[*ITEM, "work", 9], [*OWN, 9], [*PROCESS, "worker", 2]],
    "apply_async": [[*ITEM, "work", 3], [*OWN, 3], [*PROCESS, "worker", 2]],
    "starmap": [[*ITEM, "pow", 2], [*PROCESS, "worker", 2]],
    "failing_items": [[*ITEM, "fail", 2], [*PROCESS, "worker", 2]],
    "process_executor": [[*ITEM, "work", 14], [*OWN, 14], [*PROCESS, "_process_worker", 2]],
    "thread": [["thread", "own", "own", 1], ["thread", "thread", "work", 1]],
    "thread_executor": [["thread", "item", "work", 9], ["thread", "own", "own", 9]],
    "thread_pool": [["thread", "item", "work", 6], ["thread", "own", "own", 6]],
    "tasks": [
        ["task", "step", "job", 6],
        ["task", "step", "three_jobs", 2],
        ["task", "task", "job", 3],
        ["task", "task", "three_jobs", 1],
    ],
    "eager_tasks": [
        ["task", "own", "own", 1],
        ["task", "step", "at_once", 1],
        ["task", "step", "job", 2],
        ["task", "step", "main", 2],
        ["task", "task", "at_once", 1],
        ["task", "task", "job", 1],
        ["task", "task", "main", 1],
    ],
    "to_thread": [
        ["task", "step", "main", 3],
        ["task", "task", "main", 1],
        ["thread", "item", "work", 2],
        ["thread", "own", "own", 2],
    ],
    "bare_fork": [[*OWN, 1], [*PROCESS, "", 1]],
}
SUBCLASS = {"fork": "Forked", "spawn": "Spawned", "forkserver": "Served"}
METHODS = sorted(SUBCLASS)


@cache
def seen(method):
    """Return {case: [what was seen, how many spans were open, what could not be seen]}."""
    command = [sys.executable, "-m", "tests.recorder_cases", method]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    lines = (json.loads(line) for line in run.stdout.splitlines())
    return {name: rest for name, *rest in lines}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", EXPECTED)
def test_every_item_is_seen_once(case, method):
    if sys.version_info < (3, 12) and case == "eager_tasks":
        pytest.skip("eager tasks came with Python 3.12")
    told, open_ones, unseen = seen(method)[case]
    expected = json.loads(json.dumps(EXPECTED[case]).replace("{subclass}", SUBCLASS[method]))
    if case in ("map", "imap", "apply_async", "starmap", "failing_items", "process_executor"):
        # A worker that finds nothing to do may not have begun before the pool closes.
        told = [row for row in told if row[:2] != PROCESS]
        expected = [row for row in expected if row[:2] != PROCESS]
    if case == "to_thread":
        # From 3.14 on, a call that is over before it is awaited needs no turn of its own.
        told, expected = ([row for row in rows if row[1] != "step"] for rows in (told, expected))
    assert told == expected
    assert (open_ones, unseen) == (0, [])

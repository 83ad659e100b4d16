"""helpers.outside: a program that stands still, looked at by another one."""

import sys

import psutil
import pytest

from helpers import outside
from helpers.extras import lacking

HANGS = """
import threading
gate = threading.Event()

def waits():
    gate.wait()

threading.Thread(target=waits, name="Ada").start()
gate.wait()
"""
TASKS = """
import asyncio

async def warm(oven):
    await oven.wait()

async def main():
    await asyncio.create_task(warm(asyncio.Event()), name="table 4")

asyncio.run(main())
"""
needs_spy = pytest.mark.skipif(bool(lacking("py-spy")), reason=lacking("py-spy"))
needs_ps = pytest.mark.skipif(sys.version_info < (3, 14), reason="asyncio pstree needs 3.14")


def allowed(told):
    if told.startswith("It could not look"):
        pytest.skip(f"the system forbids it: {told}")
    return told


@needs_spy
def test_each_thread_is_told_by_its_name_and_its_own_lines():
    told = allowed(outside.dumped(HANGS)).splitlines()
    assert sorted(told) == ["Ada, idle: line 6 in waits", "MainThread, idle: line 9 in <module>"]


@needs_spy
def test_a_program_that_ends_is_told():
    assert outside.dumped("pass") == "It ended before it stood still."


@needs_ps
def test_a_task_is_told_by_its_name():
    told = allowed(outside.call_graph(TASKS))
    assert "(T) table 4" in told
    assert "warm script.py:5" in told
    assert "/" not in told


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="this Python has it")
def test_an_older_python_says_what_it_lacks():
    assert outside.call_graph(TASKS) == "`python -m asyncio pstree` needs Python 3.14."


@needs_spy
def test_colours_that_a_kernel_asks_for_are_left_out(monkeypatch):
    monkeypatch.setenv("CLICOLOR_FORCE", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "in waits" in allowed(outside.dumped(HANGS))


def test_a_refusal_is_one_line():
    asked = [sys.executable, "-c", "import sys; sys.exit('Permission denied\\ntry sudo')"]
    assert outside._said(asked) == "It could not look: Permission denied"


def test_a_refusal_is_told_wherever_it_is_written():
    asked = [sys.executable, "-c", "print('insufficient permissions\\n'); raise SystemExit(1)"]
    assert outside._said(asked) == "It could not look: insufficient permissions"


def test_signs_of_another_alphabet_come_through(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    monkeypatch.setenv("PYTHONUTF8", "0")
    assert outside._said([sys.executable, "-c", "print('\u251c\u2500')"]) == "\u251c\u2500"


def test_one_that_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr(outside, "LIMIT", 0.2)
    said = outside._said([sys.executable, "-c", "import time; time.sleep(60)"])
    assert said == "It could not look: no answer within 0.2 seconds"


@pytest.mark.parametrize(
    ("told", "is_over"),
    [("Permission denied", True), ("This program requires root", True), ("No Python yet", False)],
)
def test_who_is_forbidden_to_look_does_not_ask_again(monkeypatch, told, is_over):
    looks = []

    def said(command):
        looks.append(told)
        return f"It could not look: {told}" if len(looks) < 3 else "script.py"

    monkeypatch.setattr(outside, "_said", said)
    outside._looked_at("dumped", "import time\ntime.sleep(60)", [])
    assert (len(looks) == 1) is is_over


@pytest.mark.parametrize("told", ["still at work", "script.py, another line"])
def test_one_that_never_stands_still_is_given_up(monkeypatch, told):
    looks = iter(range(10**6))
    monkeypatch.setattr(outside, "LIMIT", 1.0)
    monkeypatch.setattr(outside, "_said", lambda command: f"{told} {next(looks)}")
    asked = outside._looked_at("dumped", "import time\ntime.sleep(60)", ["x"])
    assert asked.startswith(told)


def test_nothing_of_it_is_left(monkeypatch):
    pids = []
    monkeypatch.setattr(outside, "_said", lambda command: pids.append(command[-1]) or "script.py")
    outside._looked_at("dumped", "import time\ntime.sleep(60)", [])
    assert not psutil.pid_exists(int(pids[0]))  # os.kill(pid, 0) would end it on Windows


def test_what_is_no_program_is_refused_in_one_line():
    with pytest.raises(TypeError, match=r"dumped\(source\): must be a program's text, not 7"):
        outside._looked_at("dumped", 7, [])


@pytest.mark.parametrize("source", ["x = '\ud83d'", "x = '\0'"])
def test_what_no_file_can_hold_is_refused_in_one_line(source):
    with pytest.raises(ValueError, match=r"^dumped\(source\): a program has no .*\(at 5\)$"):
        outside._looked_at("dumped", source, [])


def test_a_program_that_knows_no_threads_is_told_without_its_folder():
    dump = "Process 7: python /a b/script.py\n\nThread 7 (idle)\n    <module> (/a b/script.py:3)"
    assert outside._own(dump) == "a thread, idle: line 3 in <module>"


def test_without_py_spy_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(outside, "lacking", lambda name: f"{name} is not installed")
    assert outside.dumped(HANGS) == "py-spy is not installed"

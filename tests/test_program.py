"""helpers.program: a program's output, errors and end; its time limit; nothing of it is left."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest

from helpers import keeper, program, record
from helpers.program import run_program

CHILDREN = """
from multiprocessing import get_context
from time import sleep
if __name__ == "__main__":
    child = get_context("spawn").Process(target=sleep, args=(600,))
    child.start()
    print(child.pid, flush=True)
    {}
"""
UNGUARDED = """
from multiprocessing import get_context
def square(n):
    return n * n
with get_context("spawn").Pool(1) as pool:
    print(pool.map(square, range(4)))
"""


def is_alive(pid):
    """Say whether a process still runs: one that nobody has collected does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def stopped(source, has_told, file=True):
    """Run what waits for ever; on a busy machine it needs longer until it has told what it has to.

    Args:
        source: the program.
        has_told: takes how it ended, and says whether it came that far.
        file: whether it is a script.
    """
    for limit in (1, 4, 16, 64):
        ended = run_program(source, limit, file)
        if has_told(ended):
            break
    assert ended.status is None
    assert str(ended).endswith(f"It had not ended after {limit} seconds, and was stopped.")
    return ended


def has_printed(ended):
    return ended.printed.endswith("\n")


def has_failed(ended):
    return ended.errors


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where this test's programs have their folders, and those of no other test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_what_it_prints_and_its_status_are_told():
    ended = run_program("print('ünï')")
    assert (ended.printed, ended.errors, ended.status) == ("ünï\n", [], 0)
    assert str(ended) == "ünï"
    assert str(run_program("import sys; print(1); sys.exit(3)")) == "1\nIt ended with status 3."


def test_an_error_is_one_line():
    ended = run_program("1 / 0")
    assert str(ended) == "ZeroDivisionError: division by zero\nIt ended with status 1."
    assert run_program("raise KeyboardInterrupt").errors == ["KeyboardInterrupt"]
    assert run_program("class Odd(Exception): pass\nraise Odd('so')").errors == ["Odd: so"]
    assert run_program("1 /").errors == ["SyntaxError: invalid syntax"]
    ended = run_program("import sys; print('no', file=sys.stderr); sys.exit('what is wrong')")
    assert ended.errors == ["what is wrong"]
    assert run_program("import sys; print('no', file=sys.stderr)").errors == []


GROUP = """
def fail(error):
    try:
        raise error
    except Exception as caught:
        return caught
raise ExceptionGroup("two", [fail(ValueError("a")), ExceptionGroup("one", [fail(KeyError("b"))])])
"""


def test_a_group_of_errors_and_those_in_it_are_a_line_each():
    assert run_program(GROUP).errors == [
        "ExceptionGroup: two (2 sub-exceptions)",
        "ValueError: a",
        "ExceptionGroup: one (1 sub-exception)",
        "KeyError: 'b'",
    ]


def test_what_runs_too_long_is_stopped_with_its_children():
    ended = stopped(CHILDREN.format("child.join()"), has_printed)
    until(lambda: not is_alive(int(ended.printed)))  # who is killed ends a moment later


@pytest.mark.skipif(sys.platform == "win32", reason="only itself is ended there")
def test_children_that_outlive_it_are_ended():
    ended = run_program(CHILDREN.format("import os; os._exit(0)"), limit=60)
    assert ended.status == 0
    until(lambda: not is_alive(int(ended.printed)))


def test_a_script_is_a_file_and_a_cell_is_none():
    script = stopped(UNGUARDED, has_failed)
    cell = stopped(UNGUARDED, has_failed, file=False)
    assert script.errors[0].startswith(
        "RuntimeError: An attempt has been made to start a new process before the current process "
        "has finished its bootstrapping phase."
    )
    missing = "Can't get attribute 'square' on <module '__main__' ("
    if sys.version_info >= (3, 14):
        missing = "module '__main__' has no attribute 'square'"
    assert cell.errors[0].startswith(f"AttributeError: {missing}")


SHARES = """
import os
from multiprocessing import get_context, shared_memory
from time import sleep
lock = get_context("spawn").Lock()
block = shared_memory.SharedMemory(create=True, size=1)
print("sem." + lock._semlock.name[1:], block.name, flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there semaphores are files")
@pytest.mark.parametrize("end", ["sleep(600)", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_no_semaphore_or_shared_memory_is_left_however_it_ends(end, monkeypatch):
    monkeypatch.setattr(keeper, "TRACKER", 60)  # seconds, for one that may still have to start
    if end == "sleep(600)":
        all_ended = [stopped(SHARES + end, has_printed)]
    else:  # then it is a matter of luck who is the first
        all_ended = [run_program(SHARES + end, limit=60) for _ in range(5)]
    names = [name for ended in all_ended for name in ended.printed.split()]
    assert len(names) == 2 * len(all_ended)
    assert not [name for name in names if Path("/dev/shm", name).exists()]


def test_of_a_great_deal_the_beginning_is_kept(monkeypatch):
    monkeypatch.setattr(program, "KEPT", 10)
    assert run_program("print('0123456789' * 10)").printed == "0123456789"


def test_no_folder_is_left_and_it_runs_in_one_of_its_own(place):
    ended = run_program("import os; open('left', 'w').close(); print(os.getcwd())")
    assert Path(ended.printed.strip()).parent.samefile(place)
    assert not [*place.iterdir()]


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is no signal there")
def test_an_interrupt_ends_it_too(place):
    told = {}

    def interrupt():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for printed in place.glob("*/out"):
                if (text := printed.read_text()).endswith("\n"):
                    told["pid"] = int(text)
                    os.kill(os.getpid(), signal.SIGINT)
                    return
            time.sleep(0.01)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run_program(CHILDREN.format("child.join()"), limit=90)
    thread.join()
    until(lambda: not is_alive(told["pid"]))
    assert not [*place.iterdir()]


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is no signal there")
@pytest.mark.parametrize("seed", range(40))
def test_an_interrupt_at_any_moment_leaves_nothing(place, seed):
    def interrupt():
        time.sleep(random.Random(seed).random() * 0.03)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt):
        thread.start()
        run_program("import time; time.sleep(600)", limit=90)
        time.sleep(60)
    thread.join()
    assert not [*place.iterdir()]
    left = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    assert not [words for words in left if any(str(place) in word for word in words)]
    assert not [one for one in threading.enumerate() if one.name == "run_program"]


LEAVES = """
import os, time
if os.fork() == 0:
    os.setsid()
    print(os.getpid(), flush=True)
    time.sleep(600)
os.read(0, 1)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there /proc tells who it is")
def test_a_child_that_has_left_for_a_session_of_its_own_is_ended():
    ended = stopped(LEAVES, has_printed)
    until(lambda: not is_alive(int(ended.printed)))


STARTS = """
from helpers.program import run_program
run_program({!r}, limit=600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it is not told of that there")
def test_who_is_killed_leaves_no_program_and_no_folder(tmp_path):
    place = os.environ | {"TMPDIR": str(tmp_path)}
    starter = subprocess.Popen([sys.executable, "-c", STARTS.format(LEAVES)], env=place)
    told = until(lambda: [text for one in tmp_path.glob("*/out") if (text := one.read_text())])
    starter.kill()
    starter.wait()
    until(lambda: not is_alive(int(told[0])) and not [*tmp_path.iterdir()])


def until(look):
    """Return what is seen once there is something to see."""
    deadline = time.monotonic() + 60
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


# However quick a disk is, there is room for 200 MB at a time: it waits until that is given back.
PRINTS = """
import os, time
for _ in range(10):
    print("x" * 200_000_000, flush=True)
    while os.fstat(1).st_blocks * 512 > 100_000_000:
        time.sleep(0.001)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no holes in files there")
def test_gigabytes_of_output_do_not_fill_the_disk():
    ended = run_program(PRINTS, limit=600)
    assert (ended.status, len(ended.printed)) == (0, program.KEPT)


def test_what_is_no_program_is_one_clear_line():
    with pytest.raises(TypeError, match=r"^run_program\(source\): must be a program's text, not 3"):
        run_program(3)
    half, null = r"no '\\ud800', half a character \(at 2\)", r"no '\\0' \(at 1\)"
    for source, told in (("ab\ud800", half), ("a\0", null)):
        for file in (True, False):
            with pytest.raises(ValueError, match=rf"^run_program\(source\): a program has {told}$"):
                run_program(source, file=file)
    with pytest.raises(ValueError, match=r"over 100,000 bytes, it must be in a file$"):
        run_program("#" * 100_001, file=False)
    assert run_program("#" * 100_000, file=False).status == 0
    assert run_program("#" * 1_000_000).status == 0
    for limit in (-1, "1", None, True, float("inf")):
        with pytest.raises(ValueError, match=r"^run_program\(limit\): must be 0 to 3,600 seconds"):
            run_program("", limit=limit)


def test_the_thread_that_runs_it_has_no_lane():
    with record() as run:
        run_program("")
    assert not run.lanes

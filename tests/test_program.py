"""helpers.program: a program's output, errors and end; its time limit; nothing of it is left."""

import os
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

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
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def folders():
    return {one for one in Path(tempfile.gettempdir()).iterdir() if "three-lanes-" in one.name}


def test_what_it_prints_and_its_status_are_told():
    ended = run_program("print('ünï')")
    assert (ended.printed, ended.errors, ended.status) == ("ünï\n", [], 0)
    assert str(ended) == "ünï"
    assert str(run_program("import sys; print(1); sys.exit(3)")) == "1\nIt ended with status 3."


def test_an_error_is_one_line():
    ended = run_program("1 / 0")
    assert str(ended) == "ZeroDivisionError: division by zero\nIt ended with status 1."
    assert run_program("raise KeyboardInterrupt").errors == ["KeyboardInterrupt"]


def test_what_runs_too_long_is_stopped_with_its_children():
    ended = run_program(CHILDREN.format("child.join()"), limit=4)
    assert ended.status is None
    assert str(ended).endswith("It had not ended after 4 seconds, and was stopped.")
    assert not is_alive(int(ended.printed))


@pytest.mark.skipif(sys.platform == "win32", reason="only itself is ended there")
def test_children_that_outlive_it_are_ended():
    ended = run_program(CHILDREN.format("import os; os._exit(0)"), limit=60)
    assert ended.status == 0
    deadline = time.monotonic() + 60
    while is_alive(int(ended.printed)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_alive(int(ended.printed))


def test_a_script_is_a_file_and_a_cell_is_none():
    script = run_program(UNGUARDED, limit=4)
    cell = run_program(UNGUARDED, limit=4, file=False)
    assert script.status is cell.status is None  # both wait for ever
    assert script.errors[0].startswith(
        "RuntimeError: An attempt has been made to start a new process before the current process "
        "has finished its bootstrapping phase."
    )
    assert cell.errors[0].startswith("AttributeError: Can't get attribute 'square' on <module")


@pytest.mark.skipif(sys.platform != "linux", reason="only there semaphores are files")
def test_no_semaphore_of_what_is_stopped_is_left():
    program = """
from multiprocessing import get_context
from time import sleep
lock = get_context("spawn").Lock()
print(lock._semlock.name, flush=True)
sleep(600)
"""
    name = run_program(program, limit=2).printed.strip()
    assert name.startswith("/mp-")
    assert not Path(f"/dev/shm/sem.{name[1:]}").exists()


def test_no_folder_is_left_and_it_runs_in_one_of_its_own():
    before = folders()
    ended = run_program("import os; open('left', 'w').close(); print(os.getcwd())")
    assert "three-lanes-" in ended.printed
    assert not Path(ended.printed.strip()).exists()
    assert not folders() - before


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is no signal there")
def test_an_interrupt_ends_it_too():
    before = folders()
    told = {}

    def interrupt():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for folder in folders() - before:
                printed = Path(folder, "out")
                if printed.exists() and (text := printed.read_text()).endswith("\n"):
                    told["pid"] = int(text)
                    os.kill(os.getpid(), signal.SIGINT)
                    return
            time.sleep(0.01)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        run_program(CHILDREN.format("child.join()"), limit=90)
    thread.join()
    assert not is_alive(told["pid"])
    assert not folders() - before


def test_what_is_no_program_is_one_clear_line():
    with pytest.raises(TypeError, match=r"^run_program\(source\): must be a program's text, not 3"):
        run_program(3)
    for limit in (-1, "1", None, True, float("inf")):
        with pytest.raises(ValueError, match=r"^run_program\(limit\): must be 0 to 3,600 seconds"):
            run_program("", limit=limit)

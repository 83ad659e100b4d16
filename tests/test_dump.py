"""helpers.dump: what faulthandler wrote, one line a thread, own lines only."""

import pytest

from helpers.dump import where_they_stand
from helpers.program import run_program

HANGS = """
import faulthandler, sys, threading

gate = threading.Event()

def inner():
    gate.wait()

def outer():
    inner()

threads = [threading.Thread(target=outer) for _ in range(2)]
for thread in threads:
    thread.start()
faulthandler.dump_traceback(sys.stdout)
gate.set()
"""


@pytest.mark.parametrize("file", [True, False])
def test_each_thread_is_told_by_its_own_lines(file):
    dump = f"something else\n{run_program(HANGS, file=file).printed}"
    assert where_they_stand(dump) == (
        "main: line 15 in <module>\n"
        "thread 1: line 7 in inner, from line 10 in outer\n"
        "thread 2: line 7 in inner, from line 10 in outer"
    )


def test_a_thread_of_a_library_s_own_is_named_as_that():
    program = """
import faulthandler, sys, threading
gate = threading.Event()
threading.Thread(target=gate.wait).start()
faulthandler.dump_traceback(sys.stdout)
gate.set()
"""
    told = where_they_stand(run_program(program).printed)
    assert told == "main: line 5 in <module>\nthread 1: in a library"


def test_a_later_python_s_names_of_threads_do_not_disturb():
    head = "Thread 0x00007f0000000640 [Ada] (most recent call first):\n"
    frames = '  File "<string>", line 3 in serve\n  File "/lib/threading.py", line 1 in run\n'
    assert where_they_stand(head + frames) == "main: line 3 in serve"


def test_what_is_no_dump_is_refused_in_one_line():
    with pytest.raises(ValueError, match="faulthandler has written nothing"):
        where_they_stand("nothing")
    with pytest.raises(TypeError, match="must be a text, not None"):
        where_they_stand(None)

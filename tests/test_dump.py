"""helpers.dump: what faulthandler wrote, without folders and numbers of threads."""

import pytest

from helpers.dump import readable
from helpers.program import run_program

HANGS = """
import faulthandler, sys, threading

gate = threading.Event()

def inner():
    gate.wait()

def outer():
    inner()

thread = threading.Thread(target=outer, name="Ada")
thread.start()
faulthandler.dump_traceback_later(1, exit=True, file=sys.stdout)
thread.join()
"""


@pytest.mark.parametrize("file", [True, False])
def test_each_thread_is_told_from_the_innermost_call_outwards(file):
    where = "script.py" if file else "<string>"
    told = readable(f"hello\n{run_program(HANGS, file=file).printed}").splitlines()
    assert told[0].startswith("Thread 1")
    assert f'  File "{where}", line 7 in inner' in told
    assert told.index(f'  File "{where}", line 7 in inner') + 1 == told.index(
        f'  File "{where}", line 10 in outer'
    )
    main = next(number for number, line in enumerate(told) if line.startswith("Main thread"))
    assert told[-1] == f'  File "{where}", line 15 in <module>'
    assert 1 < main < len(told) - 1
    assert not [line for line in told if "/" in line or "0x" in line or "hello" in line]


def test_a_later_python_s_names_of_threads_are_kept():
    lines = ["Thread 0x00007f00 [Ada] (most recent call first):", '  File "/a/b.py", line 1 in c']
    lines += [
        "",
        "Current thread 0x01 [main] (most recent call first):",
        '  File "b.py", line 2 in d',
    ]
    assert readable("\n".join(lines)).splitlines() == [
        "Thread 1 [Ada] (most recent call first):",
        '  File "b.py", line 1 in c',
        "Main thread [main] (most recent call first):",
        '  File "b.py", line 2 in d',
    ]


def test_where_the_main_thread_is_left_out_no_other_is_called_so():
    head = "Thread 0x0{} (most recent call first):\n  <no Python frame>"
    told = readable("\n".join([head.format(1), "", head.format(2), "..."])).splitlines()
    assert told[2:] == ["Thread 2 (most recent call first):", "  <no Python frame>", "..."]


def test_what_is_no_dump_is_refused_in_one_line():
    with pytest.raises(ValueError, match="faulthandler has written nothing"):
        readable("nothing")
    with pytest.raises(TypeError, match="must be a text, not None"):
        readable(None)

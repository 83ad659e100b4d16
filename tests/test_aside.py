"""helpers.aside: work that an interrupt does not hit, and that is put away before it is heard."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from helpers.aside import aside, started


def test_what_comes_of_it_comes_back():
    assert aside("a name", lambda stop: threading.current_thread().name) == "a name"
    with pytest.raises(ZeroDivisionError):
        aside("a name", lambda stop: 1 / 0)


def test_an_interrupt_is_heard_when_all_is_put_away():
    steps = []

    def work(stop):
        signal.raise_signal(signal.SIGINT)
        stop.wait()
        steps.append("put away")

    with pytest.raises(KeyboardInterrupt):
        aside("work", work)
    assert steps == ["put away"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_it_can_be_called_by_another_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(aside("work", lambda stop: 1)))
    thread.start()
    thread.join()
    assert found == [1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks there")
def test_a_fork_that_ends_leaves_the_program_alone(tmp_path):
    block = started([sys.executable, "-c", "input()"], str(tmp_path), stdin=subprocess.PIPE)
    with block as program:
        if not (child := os.fork()):
            try:
                signal.alarm(30)
                block.gen.close()  # as its end does
            finally:
                os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert program.poll() is None
    program.stdin.close()
    assert program.poll() is not None


def test_who_ignores_interrupts_still_does():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        signal.raise_signal(signal.SIGINT)
        assert aside("work", lambda stop: stop.is_set()) is False
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


STORM = """
import random, signal, sys, threading, time
from helpers.aside import aside

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGINT, interrupt)
signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
calls = interrupts = 0
until = time.monotonic() + 2
while time.monotonic() < until:
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, 2e-3))
        aside("work", lambda stop: stop.wait(1e-3))
        signal.setitimer(signal.ITIMER_REAL, 0)
        calls += 1
    except KeyboardInterrupt:
        interrupts += 1
print(calls + interrupts > 0, interrupts > 0, threading.active_count())
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers that send a signal")
def test_a_storm_of_interrupts_leaves_it_no_thread_and_no_lock():
    command = [sys.executable, "-c", STORM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "True True 1\n"), done.stderr

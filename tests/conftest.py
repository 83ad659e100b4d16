"""Fixtures and plugins that several test files share."""

import signal

import pytest

from helpers import diary

pytest_plugins = ["pytester"]


def pytest_configure():
    """Hear Ctrl-C, which many tests send; a shell has it ignored by what it starts with `&`."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def diary_file(monkeypatch, tmp_path):
    """A diary of the test's own: nobody's answers are read or changed."""
    path = tmp_path / "mine" / "diary"
    monkeypatch.setenv(diary.ELSEWHERE, str(path))
    monkeypatch.setattr(diary, "_unkept", [])
    return path

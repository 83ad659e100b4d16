"""Fixtures and plugins that several test files share."""

import pytest

from helpers import diary

pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True)
def diary_file(monkeypatch, tmp_path):
    """A diary of the test's own: nobody's answers are read or changed."""
    path = tmp_path / "mine" / "diary"
    monkeypatch.setenv(diary.ELSEWHERE, str(path))
    monkeypatch.setattr(diary, "_unkept", [])
    return path

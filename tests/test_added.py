"""helpers.five.added: additions of two threads at once, here and without a GIL."""

import pytest

from helpers.five import added, added_on, added_without_gil
from helpers.five.recorded import HERE
from helpers.pythons import free_threaded, this_python


def test_with_a_gil_nothing_is_lost_by_this_python():
    found = added_on()
    assert found.added == 1_000_000
    assert found.origin == HERE
    if this_python().has_gil:
        assert found.counter == found.added
        assert str(found) == f"{this_python()}: 1,000,000 added, of which are lost 0 ({HERE})"


def test_what_was_recorded_without_a_gil_has_lost_some_and_says_where(monkeypatch):
    monkeypatch.setattr(added, "free_threaded", lambda path: None)
    found = added_without_gil()
    assert 0 < found.counter < found.added
    assert "free-threaded" in found.python
    assert "recorded on" in str(found)
    assert "not this machine" in str(found)


@pytest.mark.skipif(free_threaded() is None, reason="there is no free-threaded Python here")
def test_a_python_without_a_gil_is_measured():
    found = added_without_gil()
    assert found.origin == HERE
    assert found.counter <= found.added


def test_what_is_no_python_is_refused_in_one_line():
    with pytest.raises(TypeError, match="must be a Python, as pythons"):
        added_on("python3")

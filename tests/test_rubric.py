"""docs/rubric.md: its lines are those of `examine`, and what it quotes is what `examine` says."""

import re
from pathlib import Path

import pytest

from helpers.project import trials
from tests import half_right

RUBRIC = (Path(__file__).resolve().parent.parent / "docs/rubric.md").read_text("utf-8")
MEASURED, REST = RUBRIC.partition("## Asked")[::2]
HALF = dict(re.findall(r"^\*\*(.+?)\.\*\* (.+)$", REST, re.M))


def test_its_lines_are_those_of_examine():
    lines = re.findall(r"^\| \d+ \| ([^|]+) \|", MEASURED, re.M)
    assert lines == [*trials.TRIALS, trials.CTRL_C, trials.AGAIN]


@pytest.mark.parametrize(
    ("head", "name", "lines"),
    [
        ("No semaphore", "everything at once", "1 2"),
        ("Kept in memory, and written at the end", None, "8"),
        ("No error is told", None, "6"),
    ],
)
def test_what_it_quotes_is_what_is_said(head, name, lines):
    findings = half_right.HALF_RIGHT[name or head[0].lower() + head[1:]][1]
    quoted = re.findall(r"`([^`]+)`", HALF[head])[-1]
    assert any(re.match(pattern, quoted) for pattern in findings.values()), quoted
    all_lines = [*trials.TRIALS, trials.CTRL_C, trials.AGAIN]
    assert [str(all_lines.index(one) + 1) for one in findings] == lines.split()
    assert re.findall(r"\d+", HALF[head].rpartition("Line")[2]) == lines.split()

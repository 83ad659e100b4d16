"""The programs of notebook 07, and how what they log is shown."""

import logging
from queue import SimpleQueue

from helpers.cases import PARCELS, TOO_HEAVY, logger_to, pack_all, pack_apart, show


def test_what_is_logged_is_shown_once_and_in_order(capsys, caplog):
    log = logger_to(lines := SimpleQueue())
    for word in ("b", "c", "a"):
        log.info("%s", word)
    log.debug("too fine")
    show(lines, "%(levelname)s %(message)s")
    show(lines, "%(message)s")
    assert capsys.readouterr().out == "INFO a\nINFO b\nINFO c\n\n"
    assert not caplog.records  # nobody else is told


def test_each_line_says_whose_it_is_and_two_parcels_are_lost():
    pack_all(logger_to(lines := SimpleQueue()))
    told = [lines.get() for _ in range(lines.qsize())]
    for name, parcels in PARCELS.items():
        packed = [one.getMessage() for one in told if one.threadName == name]
        lost = [one for one in parcels if f"packed parcel {one}" not in packed]
        assert tuple(lost) == TOO_HEAVY.get(name, ())


def test_a_child_s_logger_is_made_ready_there():
    pack_apart((3,), lines := SimpleQueue())
    assert lines.get_nowait().getMessage() == "packed parcel 3"
    assert logging.getLogger("shop").level == logging.INFO

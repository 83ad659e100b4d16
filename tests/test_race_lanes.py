"""helpers.racelab.lanes and plain: the picture of an order, as a table and as text."""

import re
from html.parser import HTMLParser
from threading import Lock
from types import SimpleNamespace

import pytest

from helpers import race
from helpers.racelab import Verdict
from helpers.racelab.schedule import Step
from tests.races import (
    barrier_parties,
    condition_if,
    event_cleared_late,
    lock_order,
    lost_update,
    lost_update_mended,
    missed_signal,
    philosophers,
    pool_submits,
    queue_get_nowait,
    timer,
    torn_pair,
    try_lock_dance,
)

BROKEN = (
    barrier_parties, condition_if, event_cleared_late, lock_order, lost_update, missed_signal,
    philosophers, pool_submits, queue_get_nowait, timer, torn_pair, try_lock_dance,
)  # fmt: skip
VOID = {"br", "col", "wbr"}


class Table(HTMLParser):
    """The rows of a table, and each cell's tag, style and words."""

    def __init__(self, html):
        super().__init__()
        self.rows, self.open, self.heads, self.caption = [], [], [], ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append(SimpleNamespace(tag=tag, attrs=dict(attrs), words=""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "caption" in self.open:
            self.caption += data
        if "tr" in self.open:
            self.rows[-1][-1].words += data

    def row(self, head):
        return next(row for row in self.rows if row[0].words == head)


def found(program):
    return race(program.make, program.bodies, program.holds)


def shown(verdict):
    return Table(verdict._repr_html_())


def made_up(steps, names=("anna", "ben"), kind="race", why="it broke", **more):
    return Verdict(kind, why, 1, "All was tried.", 0.0, 1, steps, [*names], **more)


def step(worker=0, name="anna", what="read", thing="x", line=1, code="x", columns=(0, 1), **more):
    return Step(worker, name, what, thing, line, code, columns, **more)


def test_a_lost_update_step_by_step():
    table = shown(found(lost_update))
    words = [[cell.words for cell in row] for row in table.rows]
    told = "11\N{NO-BREAK SPACE}shop.total += 1"
    assert words == [
        ["step", "clerk 1", "clerk 2", "shop.total"],
        ["0", "at first", "0"],
        ["1", f"{told}reads shop.total: 0", "", "0"],
        ["✂\ufe0e", "clerk 1 is left here, though it could go on", "", ""],
        ["2", "·", f"{told}reads shop.total: 0", "0"],
        ["3", "·", f"{told}writes shop.total: 1", "→ 1"],
        ["4", f"{told}writes shop.total: 1", "", "1"],
        ["end", "after this order, holds returned False; at the end shop.total: 1"],
    ]


def test_a_table_can_be_read_by_a_screen_reader():
    table = shown(found(lost_update))
    assert {(cell.tag, cell.attrs["scope"]) for cell in table.rows[0]} == {("th", "col")}
    for row in table.rows[1:]:
        assert (row[0].tag, row[0].attrs["scope"]) == ("th", "row")
    assert "one worker does one step" in table.caption


@pytest.mark.parametrize("program", BROKEN, ids=lambda one: one.__name__.rpartition(".")[2])
def test_a_program_s_picture(program):
    verdict = found(program)
    html, text = verdict._repr_html_(), verdict.text()
    table = shown(verdict)
    widths = {sum(int(cell.attrs.get("colspan", 1)) for cell in row) for row in table.rows}
    assert len(widths) == 1
    assert verdict.preemptions == sum("✂" in row[0].words for row in table.rows)
    assert verdict.preemptions == text.count("✂")
    assert max(map(len, text.splitlines())) <= 100
    for told in (html, text, repr(verdict)):
        assert not re.search(r"0x[0-9a-f]{6}|Thread-\d|rlock|\bNone of\b", told)
    assert f"<pre>{text[:30]}" in html
    again = found(program)
    assert (again._repr_html_(), again.text(), repr(again)) == (html, text, repr(verdict))


def test_the_exact_expression_is_marked():
    html = found(torn_pair)._repr_html_()
    without_styles = re.sub(r' style="[^"]*"|<wbr>', "", html)
    assert "<code>point.seen = (<u><b>point.x</b></u>, point.y)</code>" in without_styles
    assert "<code>point.seen = (point.x, <u><b>point.y</b></u>)</code>" in without_styles
    text = found(torn_pair).text().splitlines()
    at = next(n for n, line in enumerate(text) if "point.seen = (point.x, point.y)" in line)
    column = text[at].index("point.x")
    assert text[at + 1][column:].startswith("^^^^^^^")


def test_the_lock_of_a_with_is_marked():
    html = re.sub(r' style="[^"]*"|<wbr>', "", found(philosophers)._repr_html_())
    assert "with <u><b>table.forks[first]</b></u>, table.forks[second]:" in html


def test_who_holds_a_lock_and_who_waits_for_it():
    table = shown(found(philosophers))
    hypatia, socrates = table.row("2")[2:4]
    assert "takes table.forks[1]then waits for table.forks[2], which socrates holds" in (
        hypatia.words
    )
    assert socrates.words == "holds table.forks[2]"
    end = [cell.words for cell in table.row("end")]
    assert end[1:] == [
        "waits for table.forks[1], which hypatia holds",
        "waits for table.forks[2], which socrates holds",
        "waits for table.forks[0], which plato holds",
    ]


def test_a_lock_is_a_bar_from_where_it_is_taken_to_where_it_is_let_go():
    table = shown(found(condition_if))
    bars = {row[0].words: "linear-gradient(#CC79A7,#CC79A7)" in row[3].attrs["style"]
            for row in table.rows if row[0].words.isdigit()}  # fmt: skip
    held = [number for number, is_held in bars.items() if is_held]
    assert held == ["8", "9", "10", "11", "12"]
    text = found(condition_if).text()
    assert sum("┃" in line for line in text.splitlines()) > 10


def test_the_legend_tells_of_the_signs_that_occur():
    assert shown(found(lost_update)).caption.endswith(
        "✂\ufe0e: a preemption, one worker is left for another."
        " Dots: it was left, and could go on. →: has just changed."
    )
    waiting = shown(found(missed_signal)).caption
    assert "Bar along a lane" in waiting
    assert "✂" not in waiting


def test_a_worker_in_vain():
    assert (
        "tries to take hall.left, which anna holds: in vain" in found(try_lock_dance)._repr_html_()
    )


def test_an_error_stands_in_the_lane_of_who_raised_it():
    end = [cell.words for cell in shown(found(condition_if)).row("end")]
    assert end[1:4] == ["", "raises IndexError: pop from empty list", ""]


def test_what_the_words_of_the_lab_s_own_things_are():
    assert "waits at grid.barrier for the others" in found(barrier_parties)._repr_html_()
    assert "waits to be notified by door.changed" in found(missed_signal)._repr_html_()
    assert "waits until box.arrived is set" in found(event_cleared_late)._repr_html_()


def test_what_is_in_a_queue_and_whether_an_event_is_set():
    assert found(queue_get_nowait).first["yard.jobs"] == "['sweep']"
    assert found(event_cleared_late).first["box.arrived"] == "not set"


def test_what_a_worker_does_before_its_first_point_is_its_own():
    table = shown(found(pool_submits))
    row = next(row for row in table.rows if row[2].words == "begins")
    assert row[-1].words == "→ ['closed']"


def test_nothing_found():
    verdict = found(lost_update_mended)
    html = verdict._repr_html_()
    assert "<table" not in html
    assert "Nothing found:</b> no order with any number of preemptions breaks it." in html
    assert "All orders with any number of preemptions, in" in html
    assert "safe" not in html.lower()
    assert verdict.text().startswith("Nothing found: no order")


def test_an_error_before_the_first_step():
    verdict = made_up([], kind="exception", why="anna raises KeyError: 'x'")
    assert "anna raises KeyError: 'x'" in verdict._repr_html_()
    assert "anna raises KeyError: 'x'" in verdict.text()


def test_not_known():
    verdict = Verdict("unknown", "ben did not come to an end", 3, "Nothing was exhausted.", 0.1)
    assert "Not known:</b> ben did not come to an end." in verdict._repr_html_()
    assert "Nothing was exhausted." in verdict.text()


NASTY = '<script>alert("&\'")</script>\n\t' + "é語" * 5000


def test_whatever_a_program_says_is_escaped_and_cut():
    one = step(name=NASTY, thing=NASTY, code=f"x = '{NASTY}'", columns=(4, 10000), value=NASTY)
    one.state, one.holds, one.waits = {NASTY: NASTY}, {NASTY: [NASTY]}, {NASTY: NASTY}
    one.left = NASTY
    verdict = made_up(
        [one], [NASTY, "b"], "exception", NASTY, outcomes={NASTY: NASTY}, first={NASTY: "0"}
    )
    html, text = verdict._repr_html_(), verdict.text()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert len(html) < 30_000
    assert len(text) < 10_000
    assert max(map(len, text.splitlines())) <= 100
    Table(html)


def long_schedule():
    """Return 120 steps: anna's, with one switch to ben and back in the middle."""
    steps = [step(line=n, state={"x": "0"}) for n in range(1, 61)]
    steps += [step(1, "ben", left="anna", state={"x": "0"}), step(1, "ben", state={"x": "1"})]
    return steps + [step(line=n, state={"x": "1"}) for n in range(63, 121)]


def test_a_long_schedule_is_folded_but_not_at_a_switch_nor_at_its_end():
    table = shown(made_up(long_schedule(), first={"x": "0"}))
    numbers = [row[0].words for row in table.rows]
    assert numbers == [
        "step", "0", "1", "2-58", "59", "60", "✂\ufe0e", "61", "62", "63-110",
        *map(str, range(111, 121)), "end",
    ]  # fmt: skip
    assert table.row("2-58")[1].words == "… 57 steps of anna, from line 2 to line 58"
    assert "… 57 steps of anna," in made_up(long_schedule()).text()


def test_a_schedule_of_many_turns_is_folded_too():
    steps = [step(n % 2, ("anna", "ben")[n % 2]) for n in range(2000)]
    assert len(shown(made_up(steps)).rows) < 20


def test_many_values_share_one_column():
    state = {f"shop.n{n}": "0" for n in range(9)}
    after = {**state, "shop.n3": "7"}
    steps = [step(thing="shop.n3", what="write", value="7", state=after)]
    steps += [step(what="read", thing=name, state=after) for name in state]
    table = shown(made_up(steps, first=state))
    assert [cell.words for cell in table.rows[0]][3:] == ["what they share"]
    assert table.row("1")[3].words == "→ shop.n3 7"


def test_in_a_narrow_window_a_table_is_scrolled_and_its_lanes_keep_room_for_words():
    html = found(philosophers)._repr_html_()
    before, least = re.search(
        r"<div style=\"([^\"]*)\"><table style=\"[^\"]*min-width:(\d+)px", html
    ).groups()
    assert before == "overflow-x:auto"
    rooms = [int(one) for one in re.findall(r"<th scope=\"col\"[^>]*padding-left:(\d+)px", html)]
    assert len(rooms) == 3
    assert int(least) >= sum(rooms) + 3 * 120


def test_more_workers_than_there_is_room_for():
    names = [f"worker {n}" for n in range(12)]
    text = made_up([step(n, name) for n, name in enumerate(names)], names).text()
    assert max(map(len, text.splitlines())) <= 100
    assert all(f"{name}:" in text for name in names)


def test_what_holds_raised():
    def both(shop):
        shop.total += 1

    def holds(shop):
        if shop.total < 2:
            raise AssertionError("one is lost")
        return True

    verdict = race(lambda: SimpleNamespace(total=0), [both, both], holds)
    assert verdict.why == "after this order, `holds` raised AssertionError: one is lost"


def test_what_only_a_function_knows_has_its_name_there():
    lock = Lock()

    def first(shop):
        gate = lock
        with gate:
            shop.total += 1

    def second(shop):
        gate = lock
        gate.acquire()

    verdict = race(lambda: SimpleNamespace(total=0), [first, second], lambda shop: True)
    assert verdict.kind == "deadlock"
    assert re.search(r"first waits for lock, which second holds", verdict.why)


def test_the_last_step_of_a_deadlock_is_told_before_anything_is_put_away():
    row = shown(found(lock_order)).row("2")
    assert row[2].words.endswith("takes bank.ben.lock")


class Coin:
    __slots__ = ()

    def __repr__(self):
        return f"<Coin at {id(self):#x}>"


def test_no_address_is_shown():
    def both(shop):
        shop.coins, shop.total = [*shop.coins, Coin()], shop.total + 1

    def holds(shop):
        return shop.total == 2

    def make():
        return SimpleNamespace(coins=[], total=0, spare=[Lock(), 1])

    html = race(make, [both, both], holds)._repr_html_()
    assert "Coin" in html
    assert "0x" not in html

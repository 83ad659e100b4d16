"""helpers.board.stepper: who clicks is the scheduler, and is told what comes of it."""

import importlib
import threading
from types import SimpleNamespace

import pytest

from helpers import race
from helpers.board import Stepper


def play(name):
    program = importlib.import_module(f"tests.races.{name}")
    return race(program.make, program.bodies, program.holds, play=True)


def click(board, words):
    _, workers, tools, _ = board.widgets.children
    found = [one for one in (*workers.children, *tools.children) if words in one.description]
    assert len(found) == 1
    found[0].click()


def test_who_plays_the_losing_order_has_won():
    board = play("lost_update")
    assert (
        board.say
        == "You are the scheduler: choose who does the next step, and find an order that breaks it."
    )
    assert board.verdict.kind == "race"
    for name in ("clerk 1", "clerk 2", "clerk 2", "clerk 1"):
        assert not board.has_won
        click(board, name)
    assert board.has_won
    assert board.say.startswith("You broke it, with one preemption: after this order, `holds`")
    assert board.say.endswith("returned False.")


def test_what_a_step_did_is_said_and_shown():
    board = play("lost_update")
    click(board, "clerk 1")
    assert board.say == "clerk 1 reads shop.total: 0. Who goes on?"
    click(board, "clerk 2")
    assert board.say == "clerk 2 reads shop.total: 0. One preemption so far. Who goes on?"
    click(board, "clerk 2")
    page = board.widgets.children[-1].value
    assert "<b>→ <code>1</code></b>" in page
    assert page.count('<div class="seat ended">') == 1
    assert board.page().endswith(page)


def test_an_order_that_breaks_nothing_is_told_so_and_can_be_taken_back():
    board = play("lost_update")
    for _ in range(2):
        click(board, "clerk 1")
    for _ in range(2):
        click(board, "clerk 2")
    assert board.position.kind == "ok"
    assert board.say.startswith("It held: all have come to their ends")
    for _ in range(3):
        click(board, "take back")
    assert board.choices == [0]
    for name in ("clerk 2", "clerk 2", "clerk 1"):
        click(board, name)
    assert board.has_won


def test_who_cannot_go_on_is_said_with_the_reason_and_nothing_moves():
    board = play("lock_order")
    click(board, "anna_to_ben")
    click(board, "ben_to_anna")
    assert board.say.startswith("You broke it: a deadlock, with one preemption: nobody can go on")
    click(board, "anna_to_ben")
    assert board.say.endswith(" It is over: take a step back, or begin again.")
    board = play("lost_update_mended")
    click(board, "clerk 1")
    click(board, "clerk 2")
    assert board.say == "clerk 2 cannot go on: it waits for shop.lock, which clerk 1 holds."
    assert board.choices == [0]


def test_hints_lead_to_the_end():
    board = play("condition_if")
    while not board.position.kind:
        click(board, "hint")
        words = board.say
        assert words.startswith("Hint: let ")
        click(board, words.removeprefix("Hint: let ").removesuffix(" go on."))
    assert board.has_won
    click(board, "hint")
    assert board.say.endswith(" It is over: take a step back, or begin again.")


def test_of_a_program_that_is_in_order_the_hint_says_so():
    board = play("lost_update_mended")
    click(board, "hint")
    assert board.say == "From the beginning no order with at most two preemptions breaks it."
    click(board, "play the losing order")
    assert board.say == "The lab has found no order that breaks it."
    assert "found no order" not in play("lost_update_mended").say
    assert "found no order" in play("lost_update_mended").verdict.step().say


def test_the_losing_order_is_shown_step_by_step_and_is_no_win():
    board = play("lost_update")
    click(board, "clerk 2")
    for n in range(len(board.game.losing) + 1):
        click(board, "play the losing order")
        assert board.choices == [*board.game.losing[:n]]
    assert board.say.startswith("This is the losing order, with one preemption")
    assert not board.has_won
    click(board, "play the losing order")
    assert board.choices == []
    click(board, "restart")
    for number in board.game.losing:
        board.go(number)
    assert board.has_won


def test_who_needs_more_preemptions_than_the_lab_is_told():
    board = play("async_lost_update")
    assert board.say.startswith("You are the event loop: choose who")
    for number in board.game.losing:
        board.go(number)
    assert "The lab needs" not in board.say
    assert board.has_won


def test_the_beginning_and_a_fresh_start():
    board = play("lost_update")
    first = board.position
    click(board, "take back")
    assert board.say == "This is the beginning: there is no step to take back."
    click(board, "clerk 1")
    click(board, "restart")
    assert (board.choices, board.position) == ([], first)


def test_a_thread_that_is_started_gets_a_button_and_the_others_keep_theirs():
    def make():
        return SimpleNamespace(x=0)

    def add(box):
        box.x += 1

    def starts(box):
        add(box)
        helper = threading.Thread(target=add, args=(box,), name="helper")
        helper.start()
        helper.join()

    board = race(make, [starts, add], lambda box: box.x == 3, play=True)
    workers = board.widgets.children[1]
    before = workers.children
    assert len(before) == 2
    click(board, "starts")
    click(board, "starts")
    assert workers.children[:2] == before
    assert workers.children[2].description == "▶ helper"


def test_what_is_shown_is_words_and_no_markup():
    def make():
        return SimpleNamespace(words="<b>", x=0)

    def add(box):
        box.words = f"<i>{box.x}</i>"
        box.x += 1

    board = race(make, [add, add], lambda box: box.x == 2, play=True)
    board.go(0)
    assert "<i>{box.x}" not in board.page()
    assert "&lt;b&gt;" in board.page()


def test_where_there_are_no_widgets_the_page_stands_for_it():
    bundle, about = play("lost_update")._repr_mimebundle_()
    assert bundle["text/plain"] == "<Stepper: clerk 1 and clerk 2>"
    assert "You are the scheduler" in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert about == {}


def test_what_could_not_be_judged_cannot_be_played():
    def make():
        return SimpleNamespace(x=0)

    def add(box):
        box.x += 1

    with pytest.raises(ValueError, match="cannot be gone through step by step"):
        race(make, [add, add, add], lambda box: box.x >= 1, seconds=0, play=True)


def test_a_verdict_can_be_stepped_through():
    program = importlib.import_module("tests.races.lost_update")
    verdict = race(program.make, program.bodies, program.holds)
    assert isinstance(verdict.step(), Stepper)


def test_a_program_that_has_changed_is_told_on_the_board_and_nothing_moves():
    def make():
        return SimpleNamespace(x=0)

    def add(box):
        box.x += 1

    board = race(make, [add, add], lambda box: box.x == 2, play=True)
    board.go(0)
    before = board.position, board.choices
    board.game.one.program.make = lambda: 1 / 0
    for act in (lambda: board.go(1), board.undo, board.restart, board.show, board.hint):
        act()
        told = "This step cannot be done: ZeroDivisionError, division by zero. If the program"
        assert board.say.startswith((told, "Hint: let"))
        assert (board.position, board.choices) == before
    assert not board.has_won


def test_a_beginning_that_is_another_one_is_no_order_of_this_program():
    board = play("lost_update")
    board.game.one.program.bodies[:] = [lambda shop: None] * 2
    board.restart()
    assert "ValueError, it does not begin as it did" in board.say
    board.hint()
    assert "From here no order" not in board.say or "not all were tried" in board.say


def test_there_is_no_worker_of_another_number():
    board = play("lost_update")
    for number in (2, -1, None):
        with pytest.raises(ValueError, match="there is no worker"):
            board.go(number)


def test_what_breaks_by_itself_is_told_so_and_is_no_win():
    def fails(box):
        raise KeyError("x")

    def waits(box):
        while not box.x:
            pass

    for body in (fails, waits):
        board = race(lambda: SimpleNamespace(x=0), [body, body], lambda box: True, play=True)
        assert board.say.startswith("Nobody need be chosen: it breaks by itself.")
        for act in (board.restart, board.show, board.hint, board.undo):
            act()
        assert not board.has_won


def test_another_order_than_was_shown_is_a_win():
    board = play("lost_update")
    board.show()
    board.show()
    board.undo()
    for number in (1, 0, 0, 1):
        board.go(number)
    assert board.say.startswith("You broke it")
    assert board.has_won


def test_a_number_of_many_digits_is_shown_by_its_length():
    def grow(box):
        box.big += 1

    board = race(
        lambda: SimpleNamespace(big=10**5000),
        [grow, grow],
        lambda box: box.big % 10 == 2,
        play=True,
    )
    assert board.verdict.kind == "race"
    assert "a number of 16,610 bits" in board.page()

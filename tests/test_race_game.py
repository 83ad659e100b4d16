"""A program that is gone through step by step: positions, hints, and what stays behind: nothing."""

import importlib
import queue
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from helpers import race
from helpers.racelab.game import Game, Hint

NAMES = sorted(one.stem for one in Path(__file__).with_name("races").glob("[!_]*.py"))
PROGRAMS = {name: importlib.import_module(f"tests.races.{name}") for name in NAMES}
BROKEN = [name for name in NAMES if PROGRAMS[name].KIND != "ok"]


def judged(name):
    program = PROGRAMS[name]
    return race(program.make, program.bodies, program.holds)


def told(steps):
    return [(one.name, one.what, one.thing, one.value, one.line, one.left) for one in steps]


def who(position):
    return [one.name for one in position.seats if one.can_go]


@pytest.mark.parametrize("name", BROKEN)
def test_the_losing_order_can_be_played_and_ends_as_the_verdict_says(name):
    verdict = judged(name)
    game = verdict.game
    for n, number in enumerate(game.losing):
        position = game.position(game.losing[:n])
        assert position.kind == ""
        assert position.seats[number].can_go
        assert game.hint(game.losing[:n]) == Hint(number)
    end = game.position(game.losing)
    assert (end.kind, end.why, end.preemptions) == (verdict.kind, verdict.why, verdict.preemptions)
    assert told(end.steps) == told(verdict.schedule)
    assert not who(end)


@pytest.mark.parametrize("name", BROKEN)
def test_hints_alone_lead_to_the_end_with_the_fewest_preemptions(name):
    verdict = judged(name)
    game, choices = Game(verdict.game.one), []
    while (number := game.hint(choices).number) is not None:
        choices.append(number)
    end = game.position(choices)
    assert end.kind == verdict.kind
    assert end.preemptions == verdict.preemptions


@pytest.mark.parametrize("name", ["lost_update_mended", "async_lost_update_mended"])
def test_of_a_program_that_is_in_order_there_is_no_hint(name):
    game = judged(name).game
    assert game.hint() == Hint(None, was_all=True)
    choices = []
    while numbers := [one.number for one in game.position(choices).seats if one.can_go]:
        choices.append(numbers[-1])
    assert (game.position(choices).kind, game.hint(choices).number) == ("ok", None)


def test_who_has_left_the_losing_order_is_told_how_to_break_it_from_there():
    game = judged("lost_update").game
    assert game.losing[0] == 0
    choices = [1]
    while (number := game.hint(choices).number) is not None:
        choices.append(number)
    assert game.position(choices).kind == "race"
    assert choices[0] == 1


def test_a_step_taken_back_leads_to_what_was_there_before():
    game = judged("condition_if").game
    before = game.position(game.losing[:5])
    game.position(game.losing)
    assert game.position(game.losing[:5]) == before


@pytest.mark.parametrize("choices", [[2], [-1], [0, 0, 0, 0, 0, 0]])
def test_steps_that_cannot_be_done_are_refused(choices):
    game = judged("lost_update").game
    with pytest.raises(ValueError, match="cannot be done one after another"):
        game.position(choices)


def test_a_position_says_where_each_stands_and_what_it_does_next():
    position = judged("lost_update").game.position([0])
    first, second = position.seats
    assert (first.name, first.what, first.thing) == ("clerk 1", "write", "shop.total")
    assert (second.name, second.what, second.can_go) == ("clerk 2", "read", True)
    assert first.code[slice(*first.columns)] == "shop.total"
    assert first.source[first.line - first.first].strip() == first.code == "shop.total += 1"
    assert position.state == {"shop.total": "0"}


def test_a_position_says_who_holds_what_and_who_waits_for_it():
    def make():
        return SimpleNamespace(
            gate=threading.Semaphore(1), ready=threading.Event(), jobs=queue.Queue(), x=0
        )

    def works(shop):
        mine = 7
        with shop.gate:
            shop.x += mine
        shop.jobs.put(mine)
        shop.ready.set()

    def waits(shop):
        shop.ready.wait()

    game = race(make, [works, works, waits], lambda shop: True).game
    position = game.position([0])
    guards = {one.name: one for one in position.guards}
    gate, ready, jobs = (guards[f"shop.{name}"] for name in ("gate", "ready", "jobs"))
    assert (gate.kind, gate.state, gate.holders) == ("semaphore", "0 left", ["works 1"])
    assert (gate.waiters, ready.waiters) == (["works 2"], ["waits"])
    assert (ready.kind, ready.state, jobs.state) == ("event", "not set", "[]")
    assert position.seats[0].variables == {"mine": "7"}
    assert position.seats[0].holds == ["shop.gate"]
    assert position.seats[2].waits == "waits until shop.ready is set"


def test_a_position_of_tasks_says_who_waits_for_a_lock_in_which_order():
    game = judged("async_lock_order").game
    position = game.position([0, 1, 1])
    files, index = position.guards
    assert (files.name, files.holders, files.waiters) == ("store.files", ["add"], ["remove"])
    assert (index.holders, index.waiters) == (["remove"], [])
    assert position.seats[1].waits == "awaits store.files, which add holds"


def test_nothing_is_left_between_two_steps():
    real = threading.Lock, threading.Thread.start, queue.Queue, time.sleep
    game = judged("condition_if").game
    before = threading.active_count()
    for n in range(len(game.losing) + 1):
        game.position(game.losing[:n])
        assert (threading.Lock, threading.Thread.start, queue.Queue, time.sleep) == real
        assert threading.active_count() == before


def test_a_body_cannot_take_steps():
    game = judged("lost_update").game

    def steps(box):
        game.position()

    box = race(SimpleNamespace, [steps, steps], lambda box: True)
    assert "a body cannot call it" in box.why


def test_what_is_touched_under_a_lock_is_a_step_to_be_seen_and_none_for_the_search():
    verdict = judged("tickets_relocked")
    done = [(one.name, one.what, one.thing, one.value) for one in verdict.schedule]
    assert ("anna", "read", "office.left", "1") in done
    assert ("anna", "write", "office.left", "-1") in done
    game = verdict.game
    position = game.position(game.losing[:1])
    assert (position.seats[0].what, position.seats[0].thing) == ("read", "office.left")
    assert position.seats[1].waits == "waits for office.lock, which anna holds"
    assert verdict.runs == 4


@pytest.mark.parametrize("name", BROKEN)
def test_an_order_is_shown_in_full(name):
    assert judged(name).game.is_full

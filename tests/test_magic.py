"""`%%timeline`: a cell behaves as without it, and whatever happens its picture is shown."""

import pytest

from helpers.magic import TITLE, first_line, name_in, take_off, title_in
from tests.kernel import running_kernel

SETTLED = """
from helpers.recorder import hooks
print(hooks.patched(), hooks.log, vars(get_ipython()).get("showtraceback"))
"""


@pytest.fixture(scope="module")
def kernel():
    with running_kernel() as kernel:
        assert kernel.run("%load_ext helpers\nimport asyncio, time") == ("ok", "")
        yield kernel


@pytest.fixture(autouse=True)
def nothing_stays_behind(kernel):
    yield
    assert kernel.run(SETTLED) == ("ok", "[] None None\n")


def alt(kernel):
    """Return the text alternative of the picture that was shown last."""
    _, data = kernel.shown[-1]
    return data["text/html"].partition('alt="')[2]


def kinds(kernel):
    return [kind for kind, _ in kernel.shown]


def test_the_last_value_comes_before_the_picture(kernel):
    assert kernel.run("%%timeline\nprint('out')\n6 * 7") == ("ok", "out\n")
    assert kinds(kernel) == ["execute_result", "display_data"]
    assert kernel.shown[0][1]["text/plain"] == "42"
    assert {"text/html", "image/png"} <= set(kernel.shown[1][1])
    assert "main" in alt(kernel)


def test_a_semicolon_keeps_the_value_silent(kernel):
    assert kernel.run("%%timeline\n6 * 7;") == ("ok", "")
    assert kinds(kernel) == ["display_data"]


def test_the_recording_is_kept_under_the_name(kernel):
    kernel.run(
        "%%timeline kept\nfrom threading import Thread\n"
        "thread = Thread(target=time.sleep, args=(0.001,))\nthread.start()\nthread.join()"
    )
    told = "print([lane.kind for lane in kept.lanes], kept.spans.name.tolist(), kept.unseen)"
    assert kernel.run(told) == ("ok", "['main', 'thread'] ['sleep'] []\n")


def test_names_that_the_cell_makes_are_the_notebook_s(kernel):
    kernel.run("%%timeline\nmade = 1\ndef made_too():\n    return made")
    assert kernel.run("print(made_too())") == ("ok", "1\n")


def test_a_cell_may_await_and_its_tasks_are_seen(kernel):
    cell = """%%timeline kept
async def job(number):
    await asyncio.sleep(0.001)
    return number
await asyncio.gather(job(1), job(2))"""
    assert kernel.run(cell) == ("ok", "")
    assert kernel.shown[0][1]["text/plain"] == "[1, 2]"
    told = "print([(lane.kind, lane.spans.kind.tolist()) for lane in kept.lanes[1:]])"
    turns = "('task', ['task', 'step', 'step'])"
    assert kernel.run(told) == ("ok", f"[{turns}, {turns}]\n")


def test_the_kernel_s_own_tasks_are_not_seen(kernel):
    kernel.run("%%timeline kept\nfor _ in range(20):\n    await asyncio.sleep(0.001)")
    assert kernel.run("print([lane.kind for lane in kept.lanes])") == ("ok", "['main']\n")


def test_a_cell_that_raises_still_shows_what_happened_before(kernel):
    cell = """%%timeline kept
from threading import Thread
thread = Thread(target=time.sleep, args=(0.001,))
thread.start()
thread.join()
1 / 0"""
    assert kernel.run(cell)[0] == "ZeroDivisionError"
    assert "sleep from" in alt(kernel)
    assert "line 6" in kernel.traceback  # as the cell's lines are counted in the notebook
    assert "helpers" not in kernel.traceback


def test_an_error_within_our_hooks_shows_none_of_our_frames(kernel):
    assert kernel.run("%%timeline\nasyncio.create_task(3)")[0] == "TypeError"
    assert "hooks" not in kernel.traceback


def test_a_syntax_error_is_told_as_ever(kernel):
    assert kernel.run("%%timeline\nif")[0] == "SyntaxError"
    assert "line 2" in kernel.traceback


@pytest.mark.parametrize(
    "wait", ["time.sleep(3600)", "await asyncio.sleep(3600)", "input_thread.join(3600)"]
)
def test_an_interrupt_ends_the_cell_and_shows_its_picture(kernel, wait):
    cell = f"""%%timeline kept
from threading import Thread, Event
input_thread = Thread(target=Event().wait, args=(600,), daemon=True)
input_thread.start()
asyncio.get_running_loop().call_later(0.1, print, "waiting")
print("waiting" if "await" not in {wait!r} else "", flush=True)
{wait}"""
    ended, _ = kernel.interrupt_when_printed(cell, "waiting")
    assert ended in ("KeyboardInterrupt", "CancelledError")
    assert "main" in alt(kernel)


@pytest.mark.parametrize("name", ["two words", "3x", "a.b", "-o", "class"])
def test_a_name_that_is_none_is_one_clear_line(kernel, name):
    ended, printed = kernel.run(f"%%timeline {name}\nprint('not run')")
    assert ended == "UsageError"
    assert printed == (
        f"UsageError: %%timeline [NAME]: NAME is one word, under which what was recorded is kept,"
        f" not {name!r}.\n"
    )


def test_below_another_magic_it_says_where_it_belongs(kernel):
    for above in ("%%time", "%%capture"):
        ended, printed = kernel.run(f"{above}\n%%timeline\n1")
        assert ended == "ok"
        assert "%%timeline must be the first line of its cell" in printed


def test_another_magic_may_stand_below_it(kernel):
    ended, printed = kernel.run("%%timeline\n%%time\n6 * 7")
    assert ended == "ok"
    assert "Wall time" in printed
    assert kernel.shown[0][1]["text/plain"] == "42"


def test_pools_work_from_a_cell(kernel):
    cell = """%%timeline kept
from multiprocessing import get_context
from helpers.workers import count
for method in ("fork", "spawn", "forkserver"):
    with get_context(method).Pool(2) as pool:
        results = pool.map(count, [1000] * 4)
        pool.close()
        pool.join()"""
    assert kernel.run(cell)[0] == "ok"
    told = "print((kept.spans.kind == 'item').sum(), kept.peak('process'))"
    assert kernel.run(told) == ("ok", "12 2\n")


def test_after_unloading_the_magic_is_unknown_and_reloading_brings_it_back(kernel):
    assert kernel.run("%unload_ext helpers") == ("ok", "")
    assert "not found" in kernel.run("%%timeline\n1")[1]
    assert kernel.run("%load_ext helpers") == ("ok", "")
    assert kernel.run("%%timeline\n1")[0] == "ok"


def test_only_its_own_line_is_taken_off():
    assert take_off(["%%timeline\n", "a\n"]) == ["\n", "a\n"]
    assert take_off(["\n", "%%timeline x\n", "a\n"]) == ["\n", "\n", "a\n"]
    assert take_off(["%%timeline\n", "%%time\n", "a\n"]) == ["%%time\n", "a\n"]
    for lines in (["a\n", "%%timeline\n"], ["%%timelines\n"], [""], []):
        assert take_off(lines) == lines
    assert first_line("%%timeline  x \n1") == "%%timeline  x"
    assert (name_in("%%timeline"), name_in("%%timeline x"), name_in("%%timeline x y")) == (
        "",
        "x",
        None,
    )


def test_a_comment_below_the_magic_is_the_title():
    assert title_in("%%timeline run\n# Six pages\nx = 1") == "Six pages"
    for cell in ("%%timeline", "%%timeline\nx = 1", "%%timeline\nx\n# later", "%%timeline\n#!x"):
        assert title_in(cell) == TITLE

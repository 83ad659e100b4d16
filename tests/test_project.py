"""helpers.project: each of its rooms, and what its programs tell on the command line."""

import asyncio
import contextlib
import ctypes
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from io import BytesIO
from itertools import islice
from pathlib import Path

import aiohttp
import psutil
import pytest
from PIL import Image

from helpers.exercises.worked import patiently as worked_patiently
from helpers.project import (
    Report,
    examine,
    gallery,
    my_project,
    rows,
    trials,
    wall,
)
from helpers.project import bench as bench_room
from helpers.project.bench import bench, clean
from helpers.project.practice import BROKEN, make_gallery
from helpers.project.report import Finding
from helpers.project.terminal import run_in_terminal
from helpers.website import website
from tests.half_right import HALF_RIGHT, KEEPS, REFERENCE

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = {"gallery": Path(gallery.__file__), "my_project": Path(my_project.__file__)}
STOPPED = "Stopped. Run it again, and it goes on from here."
PATIENCE = 400.0  # seconds for a run that ends by itself, where the judge gives it 20


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Where this test's programs have their folders, and those of no other test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    set_limit(monkeypatch, PATIENCE)
    return tmp_path


def set_limit(monkeypatch, seconds):
    """Give the judge's runs so many seconds."""
    for room in (trials, bench_room):
        monkeypatch.setattr(room, "LIMIT", seconds)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The practice gallery, served without delay."""
    folder = tmp_path_factory.mktemp("gallery") / "pages"
    make_gallery(folder)
    with website(pages=folder) as served:
        yield served


def until(look):
    """Return what is seen once there is something to see."""
    deadline = time.monotonic() + 60
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# --- sheet -------------------------------------------------------------------------------------


def test_the_wall_has_a_thumbnail_of_each_picture(site, tmp_path):
    path = tmp_path / "a.db"
    gallery.connect(path, site.url).close()
    with pytest.raises(ValueError, match="holds no thumbnails yet"):
        wall(path.with_name("nobody has written to it.db"))
    with pytest.raises(ValueError, match="holds no thumbnails yet"):
        wall(path)
    gallery.visit(site.url, path)
    assert wall(path).alt.startswith("9 small pictures in 2 rows")


# --- report ---------------------------------------------------------------------------------------


def test_a_report_shows_its_findings_and_what_is_not_right():
    good, bad = Finding("keeps", "all of <it>", True), Finding("ends", "with `1`", False)
    late = Finding("waits", "no time", None)
    report = Report([good, late, bad])
    assert repr(report) == "✓ keeps: all of <it>\n- waits: no time\n✗ ends: with `1`"
    assert (report.is_good, report.trouble) == (False, "ends: with `1`")
    assert (Report([good]).is_good, Report([good]).trouble) == (True, "")
    assert (Report([good, late]).is_good, Report([good, late]).trouble) == (False, "")
    shown = report._repr_html_()
    assert "all of &lt;it&gt;" in shown
    assert "<code>1</code>" in shown
    assert shown.count("<tr>") == 3


# --- practice and bench ---------------------------------------------------------------------------


def test_the_practice_gallery_is_visited_whole_and_the_store_is_not(site, tmp_path):
    site.reset()
    gallery.visit(site.url, tmp_path / "a.db")
    found = rows(tmp_path / "a.db")
    assert [row[0].removeprefix(site.url) for row in found] == [
        "",
        "index.html",
        *(f"room-{room}.html" for room in range(3)),
        *(f"pictures/{room}-{one}.png" for room in range(3) for one in range(3)),
    ]
    assert [row[1] for row in found[:5]] == ["All rooms", "All rooms", "Room 0", "Room 1", "Room 2"]
    assert found[6][1] == "003cc8"
    assert set(site.seen.paths.values()) == {1}
    assert "/store/index.html" not in site.seen.paths


def test_rows_of_what_is_no_database_are_an_error(tmp_path):
    path = tmp_path / "a.db"
    with contextlib.closing(gallery.connect(path, "http://a/")) as database, database:
        for number in range(1000):
            database.execute("INSERT INTO pages VALUES (?, ?)", [f"http://a/{number}", "x" * 50])
    assert len(rows(path)) == 1001
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 4] = b"\7" * 4096
    path.write_bytes(content)
    with pytest.raises(sqlite3.DatabaseError):
        rows(path)
    path.write_text("no database" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        rows(path)


def test_a_bench_tells_how_a_database_differs(place):
    with bench("", threading.Event()) as one:
        database = one.database()
        assert one.unlike(database) == "the database cannot be read: no such table: pages"
        assert one.kept(database) == set()
        gallery.visit(one.site.url, database)
        assert one.unlike(database) == ""
        assert len(one.kept(database)) == len(one.right) == 14
        with contextlib.closing(sqlite3.connect(database)) as open_one, open_one:
            open_one.execute("UPDATE pictures SET colour = '000000' WHERE address LIKE '%1-1%'")
            open_one.execute("INSERT INTO pages VALUES ('http://[', 'no address')")
        wrong = "1 of 14 rows are missing or differ, such as that of `/pictures/1-1.png`"
        assert one.unlike(database) == wrong
        assert len(one.kept(database)) == 13
        with contextlib.closing(sqlite3.connect(database)) as open_one, open_one:
            open_one.execute("DELETE FROM pictures WHERE address LIKE '%1-1%'")
            row = next(row for row in one.right if "1-1" in row[0])
            open_one.execute("INSERT INTO pictures VALUES (?, ?, ?)", row)
        assert one.unlike(database) == "it keeps too many rows: 1, such as one of `http://[`"
        assert [*place.iterdir()] == [one.folder]
    assert not [*place.iterdir()]


def test_a_broken_gallery_lacks_one_picture(place):
    with bench("", threading.Event(), broken=True) as one:
        assert one.site.seen.statuses[404] == 1
        assert one.site.seen.paths[BROKEN] == 1
        assert [row[1:] for row in one.right if str(row[0]).endswith(BROKEN)] == [(None, None)]


def test_a_bench_does_not_count_the_connections_of_an_earlier_run(place):
    import socket

    with bench("", threading.Event()) as one:
        port = int(one.site.url.split(":")[2].strip("/"))
        line = socket.create_connection(("127.0.0.1", port))
        until(lambda: one.site.seen.open_connections == 1)
        closer = threading.Timer(0.2, line.close)
        closer.start()
        one.begin(latency=1)
        closer.join()
        assert one.site.seen.peak_connections == 0
        assert one.site.settings.latency == 1
        one.begin()
        assert one.site.settings.latency == 0.05


def test_words_can_be_shown_in_a_line():
    assert clean("a\x1b[31mb\nc ") == "a [31mb c"
    assert clean("x" * 1000) == "x" * 200 + "..."


# --- terminal -------------------------------------------------------------------------------------


def in_terminal(source, folder, *arguments, limit=60, stop=None, interrupt=None):
    """Run a program in a terminal."""
    return run_in_terminal(
        source, [*arguments], folder, limit, stop or threading.Event(), interrupt
    )


def test_what_it_tells_and_how_it_ends(tmp_path):
    source = "import sys; print('no'); sys.exit(f'{sys.argv} ünï')"
    run = in_terminal(source, tmp_path, "a b", "--c")
    assert (run.status, run.interrupted, run.left) == (1, False, 0)
    assert run.told == "['my_project.py', 'a b', '--c'] ünï\n"
    assert in_terminal("import os; os.kill(os.getpid(), 9)", tmp_path).status == -9
    told = in_terminal(r"import os; os.write(2, b'\xff')", tmp_path).told
    assert told == "\N{REPLACEMENT CHARACTER}"
    assert "SyntaxError" in in_terminal("this is no Python", tmp_path).told


def test_each_run_has_a_folder_of_its_own(tmp_path):
    source = "import os, sys; open('mine', 'x').close(); sys.exit(os.getcwd())"
    one, two = (in_terminal(source, tmp_path).told for _ in range(2))
    assert one != two
    assert Path(one.strip()).parent.samefile(tmp_path)


def test_what_does_not_end_or_is_to_stop_is_stopped(tmp_path):
    run = in_terminal("while True: pass", tmp_path, limit=0.5)
    assert (run.status, run.left) == (None, None)
    stop = threading.Event()
    stop.set()
    assert in_terminal("import time; time.sleep(600)", tmp_path, stop=stop).status is None


HEARS = """
import sys, time
heard = 0
while True:
    try:
        open("ready", "w").close()
        time.sleep(0.5)
        if heard:
            sys.exit(f"heard {heard}")
    except KeyboardInterrupt:
        heard += 1
"""
FAMILY = """
import signal, subprocess, sys, time
def hear(*_):
    sys.exit("the " + sys.argv[1])
signal.signal(signal.SIGINT, hear)
if sys.argv[1] == "parent":
    child = subprocess.Popen([sys.executable, sys.argv[0], "child"])
    try:
        time.sleep(600)
    finally:
        child.wait()
open("ready", "w").close()
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is no signal there")
def test_ctrl_c_comes_once_and_to_children_too(tmp_path):
    def is_ready():
        return [*tmp_path.glob("*/ready")]

    run = in_terminal(HEARS, tmp_path, interrupt=is_ready)
    assert (run.status, run.told, run.interrupted) == (1, "heard 1\n", True)
    run = in_terminal(FAMILY, tmp_path, "parent", interrupt=lambda: len(is_ready()) > 1)
    assert sorted(run.told.splitlines()) == ["the child", "the parent"]
    assert not in_terminal("", tmp_path, interrupt=lambda: False).interrupted


DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        sys.stderr.write(str(os.getpid()))
        sys.stderr.flush()
        open("ready", "w").close()
        time.sleep(600)
    os._exit(0)
os.wait()
while not os.path.exists("ready"):
    time.sleep(0.01)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there /proc tells who it is")
def test_a_daemon_is_counted_and_ended(tmp_path):
    run = in_terminal(DAEMON, tmp_path)
    assert (run.status, run.left) == (0, 1)
    until(lambda: not is_alive(int(run.told)))


# However quick a disk is, there is room for 200 MB at a time: it waits until that is given back.
COMPLAINS = """
import os, time
for _ in range(10):
    os.write(2, b"x" * 200_000_000)
    while os.fstat(2).st_blocks * 512 > 100_000_000:
        time.sleep(0.001)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no holes in files there")
def test_gigabytes_of_complaints_do_not_fill_the_disk(tmp_path):
    run = in_terminal(COMPLAINS, tmp_path, limit=600)
    assert (run.status, len(run.told)) == (0, 1_000_000)


KILLS = """
from pathlib import Path
from helpers.project import examine
examine("import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(600)")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there /proc tells who it is")
def test_a_program_that_kills_who_examines_it_leaves_nothing(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", KILLS], env=environment)
    assert ended.returncode == -signal.SIGKILL
    until(lambda: not [*tmp_path.iterdir()])
    until(lambda: not with_words(str(tmp_path)))


def with_words(words):
    """Return the living processes that have words in their command or environment."""
    found = []
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            has = any(words in part for part in [*one.cmdline(), *one.environ().values()])
            if has and one.pid != os.getpid() and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
    return found


# --- trials ---------------------------------------------------------------------------------------


def findings(source, **how):
    """Return what is found of a program: words and state by name."""
    return {one.name: one for one in examine(source, **how).findings}


@pytest.fixture
def quick(monkeypatch):
    """All is tried but once, and nothing for long."""
    names = ["keeps what the program in turn keeps", "minds its manners"]
    monkeypatch.setattr(trials, "TRIALS", {name: trials.TRIALS[name] for name in names})


@pytest.mark.parametrize(
    ("source", "first", "second"),
    [
        ("", "the database cannot be read: no such table: pages", "it asked for nothing at all"),
        (
            "this is no Python",
            "it ended with status 1, not 0. SyntaxError: invalid syntax",
            "it ended with status 1, not 0. SyntaxError: invalid syntax",
        ),
        (
            "import os; os.kill(os.getpid(), 9)",
            "SIGKILL ended it.",
            "SIGKILL ended it.",
        ),
        (
            r"import sys; sys.stderr.buffer.write(b'\xed\xa0\x80 \x1b[2J'); sys.exit(3)",
            "it ended with status 3, not 0. ���  [2J",
            "it ended with status 3, not 0. ���  [2J",
        ),
    ],
)
def test_what_is_no_crawler_is_told_so(place, quick, source, first, second):
    found = findings(source, interrupts=0)
    assert [one.words for one in found.values()][:2] == [first, second]
    assert [one.is_good for one in found.values()] == [False, False, None, None]
    assert not [*place.iterdir()]


def test_who_ends_before_ctrl_c_has_to_have_done_it_all(place, monkeypatch):
    monkeypatch.setattr(trials, "TRIALS", {})
    found = findings("", interrupts=1)
    assert not any(one.is_good for one in found.values())


def test_each_trial_begins_only_if_there_is_time(place, monkeypatch):
    monkeypatch.setattr(trials, "LONGEST", -1)
    report = examine("")
    assert {one.is_good for one in report.findings} == {None}
    assert {one.words for one in report.findings} == {"there was no time for it"}
    assert len(report.findings) == len(trials.TRIALS) + 2


def test_moments_are_early_late_in_the_pictures_and_between():
    for seed in range(100):
        early, late, picture, between = islice(trials._moments(15, random.Random(seed)), 4)
        assert 1 <= early <= 5 and 13 <= late <= 15 and not picture and 6 <= between <= 12


def test_what_cannot_be_examined_is_one_clear_line(tmp_path):
    for bad in (3, None, b"", ["a"]):
        with pytest.raises(TypeError, match=r"^examine\(program\): must be its source or its Path"):
            examine(bad)
    for bad in (-1, 1.5, True, "3"):
        with pytest.raises(ValueError, match=r"^examine\(interrupts\): must be a whole number"):
            examine("", interrupts=bad)
    with pytest.raises(ValueError, match=r"^examine\(program\): a program has no '\\ud800', half"):
        examine("\ud800")
    with pytest.raises(ValueError, match=r"^examine\(program\): a program has no '\\0' \(at 0\)$"):
        examine("\0")
    with pytest.raises(FileNotFoundError):
        examine(tmp_path / "nothing.py")
    with pytest.raises(OSError):
        examine(tmp_path)
    (tmp_path / "latin.py").write_bytes(b"# S\xe4le")
    with pytest.raises(ValueError, match=r"^examine\(program\): .*latin.py is no text in UTF-8"):
        examine(tmp_path / "latin.py")


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is no signal there")
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 8))]
)
def test_an_interrupt_of_the_trials_leaves_nothing(place, seed):
    def interrupt():
        time.sleep(random.Random(seed).random() * 4)
        os.kill(os.getpid(), signal.SIGINT)

    before = {one.pid for one in psutil.Process().children(recursive=True)}
    thread = threading.Thread(target=interrupt)
    with pytest.raises(KeyboardInterrupt):
        thread.start()
        examine(REFERENCE)
        time.sleep(60)
    thread.join()
    assert not [*place.iterdir()]
    until(lambda: not with_words(str(place)))  # who is killed ends a moment later
    assert not [one for one in threading.enumerate() if one.name == "examine"]
    until(lambda: {one.pid for one in psutil.Process().children(recursive=True)} <= before)


@pytest.mark.slow
def test_two_can_be_examined_at_once_and_in_threads(place, quick):
    found = {}

    def work(name, source):
        found[name] = examine(source, interrupts=0)

    sources = {"bad": "import sys; sys.exit(5)", "good": REFERENCE}
    threads = [threading.Thread(target=work, args=one) for one in sources.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.is_good for one in found["good"].findings] == [True, True, None, None]
    assert [one.is_good for one in found["bad"].findings] == [False, False, None, None]
    assert not [*place.iterdir()]


@pytest.mark.slow
@pytest.mark.parametrize("name", HALF_RIGHT)
def test_a_half_right_program_is_told_what_is_wrong(place, name, monkeypatch):
    """Try what must be told, and whether it keeps what is right: all the rest takes minutes."""
    source, wanted = HALF_RIGHT[name]
    tried = {trial: how for trial, how in trials.TRIALS.items() if trial in {KEEPS, *wanted}}
    monkeypatch.setattr(trials, "TRIALS", tried)
    hangs = [trial for trial in tried if "had not ended" in wanted.get(trial, "")]
    if hangs:  # for ever, or for the minute that an answer takes
        set_limit(monkeypatch, 7.0 if len(hangs) == len(tried) else 50.0)
    has_moments = {trials.CTRL_C, trials.AGAIN} & {*wanted}
    if has_moments == {*wanted}:  # the moment that is meant lasts long enough to be met
        monkeypatch.setitem(bench_room.KIND, "latency", 0.5)
    found = findings(source, interrupts=3 if has_moments else 0)
    for trial, one in found.items():
        if trial in wanted and one.is_good is not None:
            assert one.is_good is False
            assert re.fullmatch(wanted[trial], one.words), one
        else:
            assert one.is_good is not False, one
    assert [trial for trial in wanted if found[trial].is_good is False]
    assert not [*place.iterdir()]


@pytest.mark.slow
def test_the_reference_passes_while_all_cores_are_busy(place, capsys):
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(os.cpu_count() or 1)
    ]
    try:
        began = time.monotonic()
        report = examine(PROGRAMS["my_project"])
        seconds = time.monotonic() - began
        tried = [one for one in report.findings if one.is_good]
        with capsys.disabled():
            print(f"\nbusy: {seconds:.1f} s, {len(tried)} tried", end="")
        assert report.trouble == ""
    finally:
        for one in busy:
            one.kill()
            one.wait()


# --- gallery --------------------------------------------------------------------------------------


def test_a_page_is_read():
    page = gallery.Page(
        "http://a.b/c/d.html",
        "<title> One &amp; two </title><title>no</title>"
        "<a href='e.html#f'>e</a><a href='/g'>g</a><a>none</a><a href>none</a>"
        "<a href='https://a.b/h'>other</a><a href='mailto:x@y'>mail</a><a href='http://['>bad</a>"
        "<img src='i.png'><img><img src=''><img src='data:image/png;base64,AAAA'>",
    )
    assert page.title.startswith("One")
    assert page.links == ["http://a.b/c/e.html", "http://a.b/g"]
    assert page.pictures == ["http://a.b/c/i.png"]
    assert gallery.Page("http://a.b/", "").title == ""


def test_a_picture_is_made_small():
    content = BytesIO()
    picture = Image.new("RGB", (600, 400), "#102030")
    picture.paste("#ffffff", (0, 0, 100, 100))
    picture.save(content, "PNG")
    colour, small = gallery.thumbnail(content.getvalue())
    assert colour == "102030"
    with Image.open(BytesIO(small)) as opened:
        assert opened.size == (240, 160)


def test_each_broken_picture_is_an_oserror():
    content = BytesIO()
    Image.new("RGB", (30, 20)).save(content, "PNG")
    whole = content.getvalue()
    wide = bytearray(whole)
    wide[16:24] = b"\0\1\0\0" * 2  # 65,536 by 65,536: a bomb
    for broken in (b"", b"no picture", whole[:-30], whole[:40], bytes(wide)):
        with pytest.raises(OSError):
            gallery.thumbnail(broken)
    chance = random.Random(1)
    for _ in range(500):
        broken = bytearray(whole)
        for _ in range(4):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        with contextlib.suppress(OSError):
            gallery.thumbnail(bytes(broken))


def test_the_database_is_the_to_do_list(tmp_path):
    path, rules = tmp_path / "a.db", gallery.rules_of("User-agent: *\nDisallow: /no/")
    with contextlib.closing(gallery.connect(path, "http://a/")) as database:
        assert gallery.to_do(database, "pages") == ["http://a/"]
        text = "<title>A</title><a href='/b'>b</a><a href='/no/c'>c</a><img src='d.png'>"
        gallery.keep_page(database, gallery.Page("http://a/", text), rules)
        assert gallery.to_do(database, "pages") == ["http://a/b"]
    with contextlib.closing(gallery.connect(path, "http://a/")) as database:
        assert gallery.to_do(database, "pages") == ["http://a/b"]
        assert gallery.to_do(database, "pictures") == ["http://a/d.png"]
        gallery.keep_picture(database, "http://a/d.png", "000000", b"")
        assert gallery.to_do(database, "pictures") == []


def test_a_page_is_kept_with_all_it_leads_to_or_not_at_all(tmp_path):
    with contextlib.closing(gallery.connect(tmp_path / "a.db", "http://a/")) as database:
        database.execute("DROP TABLE pictures")
        page = gallery.Page("http://a/", "<title>A</title><a href='/b'>b</a><img src='c.png'>")
        with pytest.raises(sqlite3.OperationalError):
            gallery.keep_page(database, page, gallery.rules_of(""))
        assert gallery.to_do(database, "pages") == ["http://a/"]


# --- my_project -----------------------------------------------------------------------------------


def answered(status, **headers):
    return aiohttp.ClientResponseError(None, (), status=status, headers=headers or None)


@pytest.mark.parametrize(
    ("error", "pauses"),
    [
        (answered(404), [None, None]),
        (answered(403, **{"Retry-After": "1"}), [None, None]),
        (answered(500), [0.05, 0.1]),
        (answered(429), [0.05, 0.1]),
        (answered(429, **{"Retry-After": "3"}), [3, 3]),
        (answered(503, **{"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}), [0.05, 0.1]),
        (answered(503, **{"Retry-After": "0"}), [0.05, 0.1]),
        (TimeoutError(), [0.05, 0.1]),
        (aiohttp.ServerDisconnectedError(), [0.05, 0.1]),
    ],
)
def test_how_long_to_wait_after_an_error(error, pauses):
    assert [my_project.pause_after(error, number) for number in range(2)] == pauses


@pytest.mark.parametrize("patiently", [my_project.patiently, worked_patiently])
def test_patience_ends(patiently):
    calls = []

    async def job():
        calls.append(1)
        if len(calls) < 3:
            raise OSError(len(calls))
        return "came"

    assert asyncio.run(patiently(job, lambda error, number: 0)) == "came"
    calls.clear()
    with pytest.raises(OSError, match="2"):
        asyncio.run(patiently(job, lambda error, number: 0, tries=2))
    calls.clear()
    with pytest.raises(OSError, match="1"):
        asyncio.run(patiently(job, lambda error, number: None))


def test_a_website_turns_away_and_all_comes_in_the_end(tmp_path):
    pages = tmp_path / "pages"
    make_gallery(pages)
    with website(pages=pages, rate_limit=5) as slow:
        ended = command("my_project", slow.url, tmp_path / "a.db")
        assert (ended.returncode, ended.stderr) == (0, "")
        assert slow.seen.statuses[429] > 0


def test_a_bar_shows_itself_in_a_terminal_only(monkeypatch, capsys):
    bar = my_project.Bar()
    bar.max, bar.value = 5, 2
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar.value += 1
    assert capsys.readouterr().err == "\r3 of 5 "


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
def test_of_two_interrupts_at_once_one_is_heard():
    heard = []
    own = signal.signal(signal.SIGINT, lambda *how: heard.append(how))

    def come_as_it_begins(frame, event, value):
        if event == "call" and frame.f_code.co_name == "once":
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)

    try:
        my_project.hear_once()
        sys.setprofile(come_as_it_begins)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    finally:
        sys.setprofile(None)
        signal.signal(signal.SIGINT, own)
    assert len(heard) == 1


def test_of_a_group_of_errors_the_first_is_told(capsys):
    error = ExceptionGroup("a", [ExceptionGroup("b", [OSError("no")]), ValueError("never")])
    my_project.tell("what", error)
    my_project.tell("that", TimeoutError())
    assert capsys.readouterr().err == "what: OSError: no\nthat: TimeoutError: \n"


# --- the command line -----------------------------------------------------------------------------


def command(name, *arguments, **how):
    """Run a program of the project; `how` is for `subprocess.run`."""
    words = [sys.executable, str(PROGRAMS[name]), *map(str, arguments)]
    how = {"env": os.environ | {"PYTHONPATH": str(ROOT)}, "timeout": 120, **how}
    return subprocess.run(words, capture_output=True, text=True, **how)


def ends(name, status, pattern, *arguments, **how):
    """Run a program that must end with a status and one line."""
    ended = command(name, *arguments, **how)
    assert ended.returncode == status, ended.stderr
    (line,) = ended.stderr.splitlines() or [""]
    assert re.search(pattern, line), line
    assert ended.stdout == ""


@pytest.mark.parametrize("room", [gallery, my_project], ids=PROGRAMS)
def test_help_is_given(room, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["a.py", "--help"])
    with pytest.raises(SystemExit) as ended:
        room.main()
    assert ended.value.code == 0
    assert "database" in capsys.readouterr().out


WRONG = [
    ([], "the following arguments are required: address, database"),
    (["http://a/"], "the following arguments are required: database"),
    (["http://a/", "a.db", "more"], "unrecognized arguments: more"),
    (["http://a/", "a.db", "--odd"], "unrecognized arguments: --odd"),
]
WRONG_NUMBERS = [
    ("--at-once 0", "--at-once must be 1 or more"),
    ("--at-once -1", "--at-once must be 1 or more"),
    ("--at-once many", "argument --at-once: invalid int value: 'many'"),
    ("--workers 0", "--workers must be 1 to 61"),
    ("--workers 62", "--workers must be 1 to 61"),
    ("--timeout 0", "--timeout must be more than 0 seconds, and 3600 at most"),
    ("--timeout -1", "--timeout must be more than 0 seconds, and 3600 at most"),
    ("--timeout nan", "--timeout must be more than 0 seconds, and 3600 at most"),
    ("--timeout inf", "--timeout must be more than 0 seconds, and 3600 at most"),
]


@pytest.mark.parametrize(
    ("room", "arguments", "told"),
    [(room, *one) for room in (gallery, my_project) for one in WRONG]
    + [(my_project, ["http://a/", "a.db", *one.split()], told) for one, told in WRONG_NUMBERS],
)
def test_wrong_arguments_are_status_2_and_one_line_below_the_usage(
    room, arguments, told, monkeypatch, capsys
):
    monkeypatch.setattr(sys, "argv", ["a.py", *arguments])
    with pytest.raises(SystemExit) as ended:
        room.main()
    assert ended.value.code == 2
    usage, _, error = capsys.readouterr().err.partition("\na.py: error: ")
    assert usage.startswith("usage: a.py")
    assert error == told + "\n"


@pytest.mark.parametrize("name", PROGRAMS)
def test_addresses_that_lead_nowhere_are_one_line(name, tmp_path):
    for address, told in (
        ("http://127.0.0.1:9/", r"^http://127.0.0.1:9/: \w*Conn\w*Error: .*127\.0\.0\.1"),
        ("nonsense", r"^nonsense: (InvalidUrlClientError|MissingSchema): "),
        ("ftp://a/", r"^ftp://a/: (NonHttpUrlClientError|InvalidSchema): "),
    ):
        ends(name, 1, told, address, tmp_path / "a.db")


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_cannot_be_a_database_is_one_line(name, tmp_path, site):
    ends(name, 1, "^no/a.db: OperationalError: unable to open", site.url, "no/a.db", cwd=tmp_path)
    (tmp_path / "no.db").write_text("this is no database" * 100)
    ends(name, 1, "^no.db: DatabaseError: file is not a", site.url, "no.db", cwd=tmp_path)
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE pages (number)")
    ends(name, 1, "^other.db: OperationalError: table pages", site.url, "other.db", cwd=tmp_path)


def as_a_user():
    """Have this process obey the permissions of files, even if it is root's."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # drop CAP_DAC_OVERRIDE at exec


@pytest.mark.skipif(sys.platform != "linux", reason="it needs prctl")
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_read_only_database_is_one_line(name, tmp_path, site):
    path = tmp_path / "a.db"
    gallery.connect(path, site.url).close()
    path.chmod(0o444)
    told = "a.db: OperationalError: attempt to write a readonly database$"
    ends(name, 1, told, site.url, path, preexec_fn=as_a_user)


def no_room(most):
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


@pytest.mark.skipif(sys.platform == "win32", reason="no limits there")
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_full_disk_is_one_line_and_nothing_is_lost(name, tmp_path, site):
    path = tmp_path / "a.db"
    full = "a.db: OperationalError: (disk I/O error|database or disk is full)$"
    ends(name, 1, full, site.url, path, preexec_fn=partial(no_room, 21_000))
    kept = {row[0] for row in rows(path) if row[1] is not None}
    site.reset()
    ends(name, 0, "^$", site.url, path)
    assert {site.url + one[1:] for one in site.seen.paths}.isdisjoint(kept)
    gallery.visit(site.url, tmp_path / "b.db")
    assert rows(path) == rows(tmp_path / "b.db")


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root can mount a small disk"
)
def test_a_disk_that_is_full_in_the_middle_is_one_line(tmp_path, site):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20k", "none", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        ends("my_project", 1, "OperationalError: database or disk is full$", site.url, disk / "a")
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.slow  # SQLite waits five seconds
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_locked_database_is_one_line_and_nothing_is_lost(name, tmp_path, site):
    path = tmp_path / "a.db"
    gallery.connect(path, site.url).close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ends(name, 1, "a.db: OperationalError: database is locked$", site.url, path)
        other.execute("ROLLBACK")
    ends(name, 0, "^$", site.url, path)


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_wrong_on_the_website_is_told(name, tmp_path):
    pages = tmp_path / "pages"
    make_gallery(pages)
    (pages / "robots.txt").unlink()
    with website(pages=pages) as served:
        ends(name, 0, "^$", served.url, tmp_path / "no_rules.db")
        assert "/store/index.html" in served.seen.paths
        where = rf"{served.url}nothing.html: (HTTPError|ClientResponseError): 404"
        ends(name, 1, where, served.url + "nothing.html", tmp_path / "no_page.db")
    (pages / "room-1.html").write_bytes("<title>Säle</title>".encode("latin-1"))
    with website(pages=pages) as served:
        ends(name, 1, "UnicodeDecodeError: 'utf-8' codec", served.url, tmp_path / "encoding.db")
    make_gallery(tmp_path / "others")
    (tmp_path / "others" / "pictures" / "1-0.png").write_bytes(b"no picture")
    with website(pages=tmp_path / "others") as served:
        ends(name, 1, "UnidentifiedImageError: ", served.url, tmp_path / "picture.db")
        wanted = tmp_path / "picture.db"
        left = [row[0].rpartition("/")[2] for row in rows(wanted) if row[1] is None]
        assert left == ["1-0.png"] if name == "my_project" else "1-0.png" in left


def test_very_many_at_once_are_no_trouble(tmp_path, site):
    ends("my_project", 0, "^$", site.url, tmp_path / "a.db", "--at-once", "100000")


@pytest.mark.skipif(sys.platform == "win32", reason="an interrupt is no signal there")
def test_the_program_in_turn_can_be_stopped_and_goes_on(tmp_path):
    make_gallery(tmp_path / "pages")
    path = tmp_path / "a.db"
    with website(pages=tmp_path / "pages", latency=1) as served:  # it has many seconds to go
        words = [sys.executable, str(PROGRAMS["gallery"]), served.url, str(path)]
        how = {"env": os.environ | {"PYTHONPATH": str(ROOT)}, "stderr": subprocess.PIPE}
        with subprocess.Popen(words, text=True, **how) as program:
            until(lambda: served.seen.requests > 3)
            program.send_signal(signal.SIGINT)
            assert program.communicate()[1] == STOPPED + "\n"
            assert program.returncode == 130
        served.set(latency=0)
        served.reset()
        ends("gallery", 0, "^$", served.url, path)
        assert served.seen.requests < 14


# --- start methods --------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_all_start_methods_give_the_same(method, place):
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method} on this system")
    source = REFERENCE.replace('get_context("spawn")', f'get_context("{method}")')
    assert source.count(f'"{method}"') == 1
    assert examine(source, interrupts=1).trouble == ""


def test_without_the_guard_the_known_error_comes(place, site):
    source = REFERENCE.partition('if __name__ == "__main__":')[0] + "sys.exit(main())\n"
    run = in_terminal(source, place, site.url, str(place / "a.db"))
    assert run.status == 1
    assert "RuntimeError: \n        An attempt has been made to start a new process" in run.told
    assert run.left == 0

"""The course where a machine gives little: each lack is met with a line that says what to do."""

import errno
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from helpers import aside, record
from helpers.recorder import hooks, log
from tests.kernel import running_kernel

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 100  # seconds
NOBODY = "65534"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="its hardships are made on Linux")


def wrapped(*command):
    """Return a command's prefix; skip where this system does not let us have it."""
    lacking = [one for one in (command[0], "mount", "sh") if not shutil.which(one)]
    if lacking:
        pytest.skip(f"needs {', '.join(lacking)}")
    if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        pytest.skip(f"needs the right to {' '.join(command)[:60]}")
    return [*command]


def mounted(script, *names):
    """Return a prefix that runs a script first, in a namespace of mounts of its own."""
    wrapped("unshare", "-m", "sh", "-ec", 'mount -t tmpfs tmpfs /mnt; "$@"', "sh")
    return ["unshare", "-m", "sh", "-ec", f'{script}\nexec "$@"', "sh", *names]


def told(code, prefix=(), arguments=(), folder=ROOT, status=0, **variables):
    """Return what a program of its own prints, to whichever stream."""
    done = subprocess.run(
        [*prefix, sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert done.returncode == status, done.stdout
    return done.stdout


LACKS = "from helpers.ground import lacks\nprint(*lacks(), sep='\\n')"

# --- shared memory --------------------------------------------------------------------------------

NO_SHARED = {
    "missing": (
        "mount -t tmpfs tmpfs /mnt; mknod -m 666 /mnt/null c 1 3; mknod -m 666 /mnt/urandom c 1 9;"
        " mount --move /mnt /dev",
        "/dev/shm is missing",
    ),
    "read-only": ("mount -t tmpfs -o ro tmpfs /dev/shm", "cannot be written (Read-only"),
    "full": (
        "mount -t tmpfs -o size=4k tmpfs /dev/shm; head -c 4096 /dev/zero > /dev/shm/full",
        "Only 0 MB of /dev/shm are free",
    ),
    "small": ("mount -t tmpfs -o size=1m tmpfs /dev/shm", "Only 1 MB of /dev/shm are free"),
}


@pytest.mark.parametrize("how", NO_SHARED)
def test_what_shared_memory_lacks_is_told_with_what_to_do(how):
    script, said = NO_SHARED[how]
    (line,) = told(LACKS, mounted(script)).splitlines()
    assert said in line
    assert "container" in line


def test_a_python_that_was_built_without_locks_is_told():
    """As one that was compiled in a container without /dev/shm."""
    lines = told(f"import _multiprocessing\ndel _multiprocessing.SemLock\n{LACKS}").splitlines()
    assert len(lines) == 1 and "another Python" in lines[0]


def test_a_machine_that_has_it_all_is_told_nothing():
    assert told(LACKS).strip() == ""


WITHOUT_LOCKS = """
from multiprocessing import get_context
from helpers import compare, race, record
from helpers.workers import wait

def sell(state):
    left = state["left"]
    state["left"] = left - 1

with record() as run:
    child = get_context("spawn").Process(target=wait, args=(0.01,))
    child.start()
    child.join()
print([lane.kind for lane in run.lanes], run.unseen)
print(race(lambda: {"left": 2}, [sell, sell], lambda state: state["left"] == 0).kind)
found = compare(wait, [0.01] * 4, techniques=["in turn", "threads", "processes"])
print(found.best, found.table)
"""


@pytest.mark.slow
def test_without_shared_memory_the_instruments_work():
    lines = told(WITHOUT_LOCKS, mounted(NO_SHARED["read-only"][0])).splitlines()
    assert lines[:2] == ["['process'] []", "race"]
    assert lines[2].startswith("threads ")


@pytest.mark.slow
def test_the_first_cell_of_a_notebook_tells_it():
    with running_kernel(mounted(NO_SHARED["read-only"][0])) as kernel:
        status, printed = kernel.run("%load_ext helpers")
        assert (status, printed.count("\n")) == ("ok", 1)
        assert printed == kernel.complaint
        assert "Processes cannot share a lock here" in printed
        again = "from helpers import load_ipython_extension as load\nload(get_ipython())"
        assert kernel.run(again) == ("ok", "")  # once is enough


# --- disks ----------------------------------------------------------------------------------------

FULL = """
mount -t tmpfs -o size=128k tmpfs /mnt
mkdir /mnt/new
head -c 1000000 /dev/zero > /mnt/full 2>/dev/null || true
"""
ALL_OF_IT = """
import sys, tempfile
tempfile._candidate_tempdir_list = lambda: ["/mnt"]  # no other disk
tempfile.tempdir = "/mnt" if sys.argv[1] == "full" else None
from helpers.ground import lacks
from helpers.cluster import Cluster
from helpers.extras import lacking
from helpers.program import run_program
from helpers.project import examine

def tried(function):
    try:
        return function()
    except Exception as error:
        return f"{type(error).__name__}: {error}"

print(*lacks())
print(tried(lambda: run_program("1")))
print(tried(lambda: examine("1")))
print("Cluster: " if lacking("dask") else tried(lambda: Cluster(1).__enter__()))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "first", "others"),
    [
        ("full", "Only 0 MB are free in /mnt", "the disk is full"),
        ("none", "There is no room for temporary files", "no folder for temporary files"),
    ],
)
def test_a_full_disk_is_told_at_once(how, first, others):
    line, *lines = told(ALL_OF_IT, mounted(FULL), [how]).splitlines()
    assert line.startswith(first)
    assert "TMPDIR" in line
    names = ["run_program", "examine", "Cluster"]
    for name, one in zip(names, lines, strict=True):
        assert f"{name}: " in one
        assert others in one or name == "Cluster"


VISIT = """
import sys
from helpers.project import my_project
from helpers.website import GALLERY, website

if __name__ == "__main__":
    with website(pages=GALLERY) as site:
        sys.argv = ["my_project.py", site.url, "/mnt/found.db"]
        sys.exit(my_project.main())
"""


@pytest.mark.slow
def test_the_project_s_database_on_a_full_disk_is_one_line(tmp_path):
    script = tmp_path / "visit.py"
    script.write_text(VISIT)
    answer = subprocess.run(
        [*mounted(FULL), sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert answer.returncode == 1
    (line,) = answer.stderr.splitlines()
    assert line == "/mnt/found.db: OperationalError: database or disk is full"


DIARY = """
from helpers import diary
diary.note("exercise", "00 a", "passed")
diary.note("exercise", "00 b", "passed")
print(len(diary.read()))
"""


@pytest.mark.parametrize(
    ("script", "said"),
    [(FULL, "No space left"), ("mount -t tmpfs -o ro tmpfs /mnt", "Read-only file system")],
    ids=["full", "read-only"],
)
def test_a_diary_that_cannot_be_kept_lasts_as_long_as_the_notebook(script, said):
    lines = told(DIARY, mounted(script), THREE_LANES_DIARY="/mnt/mine/diary").splitlines()
    assert lines[-1] == "2"
    (line,) = lines[:-1]
    assert line.startswith("What you answer is kept until this notebook's Python ends")
    assert said in line


LAB = """
import sys
import course
course.environment_with_extras = lambda: sys.executable
course.hand_over = lambda python, command: 0
sys.exit(course.main(["lab"]))
"""


def checkout(place):
    """Make a checkout as small as `course.py lab` needs it to prepare a learner's copies."""
    place.mkdir(parents=True)
    shutil.copy(ROOT / "course.py", place)
    (place / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks/00_start_here.ipynb", place / "notebooks")
    return place


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ('mkdir "$1/my_notebooks"; mount -t tmpfs -o size=8k tmpfs "$1/my_notebooks"', "disk is f"),
        ('mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"', "Copy the course to a folder of"),
    ],
    ids=["full", "read-only"],
)
def test_lab_says_in_a_line_that_it_cannot_write(tmp_path, script, said):
    place = checkout(tmp_path / "course")
    prefix = mounted(f"{script}; shift", place)
    (line,) = told(LAB, prefix, folder=place, status=1).splitlines()
    assert line.startswith("course.py: ")
    assert said in line


# --- ports, files, processes, memory --------------------------------------------------------------

FEW_PORTS = """
ip link set lo up
echo "40000 40001" > /proc/sys/net/ipv4/ip_local_port_range
"""
NO_PORT = """
import socket
from contextlib import suppress
from helpers.website import website
taken = []
with suppress(OSError):
    while len(taken) < 9:
        taken.append(socket.create_server(("127.0.0.1", 0)))
try:
    website()
except RuntimeError as error:
    print(error)
taken.pop().close()
with website() as site:
    print(site.url)
"""


def test_where_no_port_is_free_the_website_says_so():
    prefix = wrapped("unshare", "-n", "sh", "-ec", f'{FEW_PORTS}\nexec "$@"', "sh")
    line, url = told(NO_PORT, prefix).splitlines()
    assert line.startswith("no port of this machine is free; close()")
    assert url.startswith("http://127.0.0.1:4000")


def test_few_open_files_are_told_and_a_kernel_s_need_is_less():
    assert "ulimit -n 1024" in told(LACKS, wrapped("prlimit", "--nofile=128"))
    assert told(LACKS, wrapped("prlimit", "--nofile=256")).strip() == ""


FILES = [
    """%%timeline
import asyncio, os, requests
from concurrent.futures import ThreadPoolExecutor
from helpers.website import website
with website() as site, ThreadPoolExecutor(64) as pool:
    assert len([*pool.map(requests.get, site.urls[:64])])""",
    """%%timeline
await asyncio.gather(*(asyncio.sleep(0.01) for _ in range(1000)))""",
    """%%timeline
from multiprocessing import get_context
from helpers.workers import count
with get_context("spawn").Pool(2) as pool:
    pool.map(count, [1000] * 4)""",
]


@pytest.mark.slow
def test_threads_tasks_and_processes_do_with_256_open_files():
    with running_kernel(wrapped("prlimit", "--nofile=256")) as kernel:
        assert kernel.run("%load_ext helpers") == ("ok", "")
        for source in FILES:
            assert kernel.run(source)[0] == "ok", kernel.complaint


NO_PROCESS = """
from helpers import compare, race
from helpers.program import run_program
from helpers.website import website
from helpers.workers import wait

tries = {
    "race": lambda: race(lambda: [], [len, len], bool),
    "compare": lambda: compare(wait, [0.01] * 4),
    "run_program": lambda: run_program("1"),
    "the practice website": website,
}
for name, function in tries.items():
    try:
        function()
    except RuntimeError as error:
        print(str(error).startswith(name), "end" in str(error) or "close()" in str(error))
"""


def test_where_the_system_gives_no_further_thread_each_says_so():
    """As another user, for the first one may have as many as it likes."""
    rights = "+dac_override,+dac_read_search"  # of the first one, where this Python may be
    who = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    rest = [f"--inh-caps={rights}", f"--ambient-caps={rights}", f"--bounding-set=-all,{rights}"]
    prefix = wrapped(*who, *rest, "prlimit", "--nproc=1")
    lines = told(NO_PROCESS, prefix, OPENBLAS_NUM_THREADS="1", HOME="/").splitlines()
    assert lines == ["True True"] * 4


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.ENOMEM, errno.ENOSPC, errno.EMFILE])
def test_what_the_system_refuses_to_work_aside_is_one_line(number):
    def refused(_):
        raise OSError(number, os.strerror(number))

    with pytest.raises(RuntimeError, match=r"^compare: .*; end, close or delete what"):
        aside.aside("compare", refused)


def test_another_error_of_work_aside_comes_as_it_is():
    def fails(_):
        raise RuntimeError("of its own")

    with pytest.raises(RuntimeError, match=r"^of its own$"):
        aside.aside("compare", fails)


def test_without_memory_for_a_recording_the_cell_runs_and_a_line_says_why(monkeypatch):
    monkeypatch.setattr(log, "OWN_SPANS", 1 << 60)
    with pytest.raises(RuntimeError, match=r"no room in memory for a recording \(Cannot allocate"):
        record().__enter__()
    assert hooks.patched() == []
    monkeypatch.undo()
    with record() as run:
        pass
    assert run.elapsed


@pytest.mark.slow
def test_under_the_magic_too():
    with running_kernel() as kernel:
        kernel.run("%load_ext helpers\nfrom helpers.recorder import log\nlog.OWN_SPANS = 1 << 60")
        for magic in ("%%timeline", "%%loop"):
            status, printed = kernel.run(f"{magic}\nprint(6 * 7)")
            assert status == "ok"
            line = kernel.complaint
            assert line.startswith(f"{magic}: nothing is recorded")
            assert sorted(printed.splitlines()) == sorted(["42", *line.splitlines()])
            assert line.count("\n") == 1


# --- homes, places, languages, clocks -------------------------------------------------------------

TOUR = """
import sys
from helpers import race, record
from helpers.ground import lacks
from helpers.program import run_program
from helpers.workers import wait
from helpers.website import website
from multiprocessing import get_context

def tour():
    print(*lacks())
    with record(states=True) as run, get_context("spawn").Pool(1) as pool:
        pool.map(wait, [0.01])
    print([lane.kind for lane in run.lanes])
    print(run_program("print(chr(233))").printed.strip() == chr(233))
    with website() as site:
        print(len(site.urls) > 9)
    print(race(list, [list.clear, list.clear], lambda state: not state).kind)
    print(bool(run.timeline()))

if __name__ == "__main__":
    tour()
"""
RIGHT = ["", "['main', 'process']", "True", "True", "ok", "True"]


def toured(folder=ROOT, prefix=(), **variables):
    """Go through the instruments in a Python that has these variables; None: it has not."""
    environment = {**os.environ, "PYTHONPATH": str(folder), **variables}
    done = subprocess.run(
        [*prefix, sys.executable, "-c", TOUR],  # in plain ASCII: no language will do
        cwd=folder,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables",
    [
        {"HOME": None},
        {"TMPDIR": "/no/such/folder"},
        {"LC_ALL": "POSIX", "LANG": None, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["no home", "no folder for temporary files", "no language"],
)
def test_the_course_does_without(variables):
    assert toured(**variables) == RIGHT


@pytest.mark.slow
def test_a_home_that_cannot_be_written_will_do():
    prefix = mounted("mount -t tmpfs -o ro tmpfs /mnt")
    assert toured(prefix=prefix, HOME="/mnt", MPLCONFIGDIR=None) == RIGHT


@pytest.mark.slow
def test_the_course_may_lie_in_a_folder_with_any_name(tmp_path):
    place = checkout(tmp_path / "Mes cours \u00e9t\u00e9 #1 \u4e2d 100%")
    for name in ("helpers", "data"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    language = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert toured(place, **language) == RIGHT
    assert told(LAB, folder=place, **language) == ""
    assert (place / "my_notebooks/00_start_here.ipynb").is_file()


JUMPS = """
import itertools, time
now = itertools.cycle([2e9, 0.0, 1e9]).__next__
time.time, time.time_ns = now, lambda: int(1e9 * now())
"""


def test_a_clock_that_jumps_changes_nothing():
    assert told(JUMPS + TOUR).splitlines() == RIGHT

#!/usr/bin/env python3
"""Sets the course up and starts it, with the standard library alone; USAGE says how.

The first call makes the environment, in the folder .venv; a later one makes it anew if it was
left half-made or no longer fits.
"""

from __future__ import annotations

import collections
import contextlib
import errno
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import unquote

USAGE = """\
usage: python3 course.py lab [OPTION...]         open the course in JupyterLab
       python3 course.py test [--all] [OPTION...]  test it: what is fast, or everything
       python3 course.py site                    make a website of it to read, in site/
       python3 course.py run COMMAND...          run a command in the course's environment
       python3 course.py reset NOTEBOOK          a fresh copy of it, such as 03; yours is kept

Options are passed on to JupyterLab and to pytest."""

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
EXTRAS = HERE / "requirements-extras.txt"  # what the course can do without
SITE_REQUIREMENTS = HERE / "site_source" / "requirements.txt"
TEST_REQUIREMENTS = HERE / "tests" / "requirements.txt"  # with the extras and the site's

VENV = HERE / ".venv"
OLD = HERE / ".venv.old"  # the environment before, while a new one is being made
LOCK = HERE / ".venv.lock"
STAMP = "course.json"  # inside an environment, written last: what was installed
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
BASE_PYTHON = getattr(sys, "_base_executable", None) or sys.executable  # not .venv's own

ORIGINALS = HERE / "notebooks"
COPIES = HERE / "my_notebooks"
RECORD = COPIES / ".originals.json"  # the fingerprint of each original as last handed out
FIRST = "00_start_here.ipynb"
SETTINGS = HERE / ".jupyter" / "lab" / "settings"
WORKSPACES = COPIES / ".workspaces"  # apart from the learner's own, so neither disturbs the other


class Failure(Exception):  # noqa: N818 - its text speaks of failures, not errors
    """What went wrong and what to do, in one line for the learner."""


class Stopped(BaseException):
    """Ctrl-C, or a request to end."""


# --- the commands ------------------------------------------------------------------------------


def main(arguments):
    """Runs one command and returns the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older Python is to read this
        say(f"the course needs Python 3.11 or newer, and this is {sys.version.split()[0]}.")
        return 1
    return guarded(obey, arguments)


def guarded(work, *arguments):
    """Works and returns the exit status; every failure is one clear line."""
    try:
        catch_signals()
        return work(*arguments)
    except Stopped as stop:
        say("stopped. Nothing is broken: give the same command to go on.")
        return 128 + stop.args[0]
    except Failure as failure:
        say(failure)
    except OSError as error:
        say(explained(error))
    return 1


def obey(arguments):
    """Picks the command."""
    commands = {"lab": lab, "test": test, "site": site, "run": run, "reset": reset}
    name, *rest = arguments or ["-h"]
    if name in ("-h", "--help"):
        print(USAGE)
        return 0
    if name not in commands or (name == "run" and not rest):
        lacking = "'run' needs a command to run" if name == "run" else f"no command '{name}'"
        say(f"{lacking}; 'python3 course.py -h' shows what there is.")
        return 2
    return commands[name](rest)


def lab(options):
    """Brings the learner's copies up to date and opens JupyterLab on the first of them."""
    python = environment_with_extras()
    with lock():
        prepare_copies()
        prepare_workspace()
    if getattr(os, "geteuid", lambda: 1)() == 0:
        options = ["--allow-root", *options]  # JupyterLab refuses to start as root without it
    settings = [
        f"--ServerApp.root_dir={HERE}",
        f"--LabApp.default_url=/lab/tree/{COPIES.name}/{FIRST}",
        f"--LabApp.app_settings_dir={SETTINGS}",
        f"--LabApp.workspaces_dir={WORKSPACES}",
    ]
    os.chdir(HERE)
    return hand_over(python, ["python", "-m", "jupyterlab", *settings, *options])


def test(options):
    """Runs pytest on the course, without what is slow unless --all is given."""
    everything = "--all" in options
    options = [option for option in options if option != "--all"]
    python = environment([REQUIREMENTS, TEST_REQUIREMENTS] if everything else [REQUIREMENTS])
    os.chdir(HERE)
    chosen = "" if everything else "not slow"
    return hand_over(python, ["python", "-m", "pytest", "-m", chosen, *options])


def site(options):
    """Makes a website of the course for reading, with the outputs that the notebooks hold."""
    python = environment([REQUIREMENTS, SITE_REQUIREMENTS])
    os.chdir(HERE)
    return hand_over(python, ["python", "-m", "site_source", *options])


def run(command):
    """Runs any command in the environment, in the folder where the learner stands."""
    return hand_over(environment([REQUIREMENTS]), command)


def reset(names):
    """Puts a fresh copy of one notebook in the place of the learner's, which is kept beside it."""
    if len(names) != 1:
        raise Failure(f"'reset' takes one notebook; there are {there_are()}.")
    with lock():
        original = original_of(names[0])
        content, copy = as_given(original), COPIES / original.relative_to(ORIGINALS)
        if content is None:
            raise Failure(f"{shown(original)} is broken: get a whole copy of the course again.")
        say(renew(copy, content))  # at once: whatever fails now, the learner knows where it is
        name = original.relative_to(ORIGINALS).as_posix()
        record = (read_json(RECORD) or {}) | {name: fingerprint(copy.suffix, content)}
        write(RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    return 0


def hand_over(python, command):
    """Lets the command take this process's place, so that signals and status are its own."""
    unwanted = ("PYTHONHOME", "PYTHONOPTIMIZE")  # the second switches the course's checks off
    variables = {name: value for name, value in os.environ.items() if name not in unwanted}
    variables["PATH"] = f"{python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    if python == PYTHON:
        variables["VIRTUAL_ENV"] = str(VENV)
    is_python = command[0] in ("python", "python3")
    program = str(python) if is_python else shutil.which(command[0], path=variables["PATH"])
    if program is None:
        say(f"there is no command '{command[0]}' here.")
        return 127
    sys.stdout.flush()
    if os.name == "nt":
        return wait_for(subprocess.Popen([program, *command[1:]], env=variables))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and that is inherited
    try:
        os.execve(program, [program, *command[1:]], variables)
    except OSError as error:
        say(f"'{command[0]}' cannot be run: {error.strerror}.")
        return 126


def wait_for(process):
    """Waits for the end; Ctrl-C is the child's business, which gets it as well."""
    while True:
        try:
            return process.wait()
        except Stopped:
            continue


# --- the learner's copies ----------------------------------------------------------------------


def prepare_copies():
    """Gives the learner a copy of everything in notebooks/, and never overwrites their work."""
    if not (ORIGINALS / FIRST).is_file():
        raise Failure(f"{ORIGINALS.name}/{FIRST} is missing: get a whole copy of the course again.")
    record = read_json(RECORD) or {}
    for original in sorted(ORIGINALS.rglob("*")):
        name = original.relative_to(ORIGINALS).as_posix()
        hidden = any(part.startswith((".", "__")) for part in original.relative_to(ORIGINALS).parts)
        if original.is_file() and not hidden:
            record[name] = give(original, COPIES / name, record.get(name))
    write(RECORD, json.dumps(record, indent=1, sort_keys=True).encode())


def give(original, copy, last_given):
    """Brings one copy up to date; returns the fingerprint of what was given or offered last."""
    content = as_given(original)
    if content is None:
        say(f"{shown(original)} cannot be read as a notebook; it was left out.")
        return last_given
    current = fingerprint(copy.suffix, content)
    found = fingerprint(copy.suffix, copy.read_bytes()) if copy.exists() else None
    if not copy.exists():
        write(copy, content)
    elif found is None:
        say(
            f"{shown(copy)} cannot be read as a notebook;"
            f" 'python3 course.py reset {copy.stem}' gives you a fresh one and keeps it."
        )
        return last_given
    elif current not in (found, last_given):
        offer(copy, content, found, last_given)
    return current


def offer(copy, content, found, last_given):
    """Hands out what is new; what the learner wrote stays in its place, what they ran beside it."""
    if found != last_given:
        beside = free_name(copy, "new", last_given)
        write(beside, content)
        say(f"{shown(copy)} holds your changes; the course's new version is {beside.name}.")
        return
    if was_run(copy):
        beside = free_name(copy, "old", None)
        copy.replace(beside)
        say(f"{shown(copy)} is a new version; the one that you ran is now {beside.name}.")
    write(copy, content)


def as_given(original):
    """The bytes of a copy: a notebook has no outputs, and its solutions are folded."""
    content = original.read_bytes()
    if original.suffix != ".ipynb":
        return content
    if fingerprint(".ipynb", content) is None:
        return None
    try:
        return emptied(json.loads(content))
    except (AttributeError, TypeError, ValueError):  # metadata that are none
        return None


def emptied(notebook):
    """The bytes of a notebook without its outputs, and with its solutions folded."""
    notebook.get("metadata", {}).pop("widgets", None)  # the state of widgets is output too
    for cell in notebook["cells"]:
        metadata = cell.setdefault("metadata", {})
        metadata.pop("execution", None)
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
        if "solution" in metadata.get("tags", []):
            metadata.setdefault("jupyter", {})["source_hidden"] = True
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def fingerprint(suffix, content):
    """A hash of the words of a notebook, or of any other file's bytes; None if it is broken.

    JupyterLab changes outputs and metadata when a notebook is merely opened or run: only what
    somebody wrote tells whether a copy holds the learner's work.
    """
    if suffix == ".ipynb":
        try:
            cells = json.loads(content)["cells"]
            words = [
                (cell["cell_type"], "".join(cell["source"]), cell.get("metadata", {}).get("tags"))
                for cell in cells
            ]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        content = json.dumps(words).encode()
    return hashlib.sha256(content).hexdigest()


def was_run(copy):
    """Whether a notebook holds outputs: pictures of the learner's own machine."""
    if copy.suffix != ".ipynb":
        return False
    return any(cell.get("outputs") for cell in json.loads(copy.read_bytes())["cells"])


def free_name(copy, word, replaceable):
    """The first of name.word.ipynb, name.word2.ipynb, … that is free or was never touched."""
    for number in range(1, 1000):
        name = copy.with_name(f"{copy.stem}.{word}{number if number > 1 else ''}{copy.suffix}")
        if not os.path.lexists(name) or is_untouched(name, replaceable):
            return name
    raise Failure(f"{shown(copy.parent)} holds too many old versions of {copy.name}: delete some.")


def is_untouched(copy, given):
    """Whether a file has the fingerprint with which it was given, and was not run since."""
    if given is None or not copy.is_file():
        return False
    return fingerprint(copy.suffix, copy.read_bytes()) == given and not was_run(copy)


def original_of(name):
    """The notebook that is meant: by its number, its name or its file's name, in any folder."""
    wanted = Path(name).name.casefold().removesuffix(".ipynb")
    for original in originals():
        number, _, title = original.stem.casefold().partition("_")
        decimal = wanted.isdecimal() and number.isdecimal()
        same_number = decimal and wanted.lstrip("0") == number.lstrip("0")
        if wanted in (original.stem.casefold(), title) or same_number:
            return original
    raise Failure(f"there is no notebook {name!r}; there are {there_are()}.")


def originals():
    """The notebooks that have copies, those of the course's own folder first."""
    found = [path.relative_to(ORIGINALS) for path in ORIGINALS.rglob("*.ipynb")]
    seen = [path for path in found if not any(part.startswith(".") for part in path.parts)]
    return [ORIGINALS / path for path in sorted(seen, key=lambda path: (len(path.parts), path))]


def there_are():
    """The names of the notebooks, in words."""
    names = [path.stem for path in originals()]
    if not names:
        raise Failure(f"{ORIGINALS.name}/ has no notebook: get a whole copy of the course again.")
    return ", ".join(names)


def renew(copy, content):
    """Puts a fresh copy in the place of whatever is there, and returns what was done, in words."""
    with contextlib.suppress(OSError):  # what cannot even be read is moved all the same
        if copy.is_file() and not copy.is_symlink() and copy.read_bytes() == content:
            return f"{shown(copy)} is as you were given it: there was nothing to do."
    copy.parent.mkdir(parents=True, exist_ok=True)
    draft = copy.with_name(f".{copy.name}.draft")
    try:
        draft.unlink(missing_ok=True)  # a link in its place would lead the words elsewhere
        draft.write_bytes(content)  # first: a full disk is to move nothing
        kept = replace(copy, draft)
    finally:
        draft.unlink(missing_ok=True)
    if kept is None:
        return f"{shown(copy)} was missing; it is there again."
    return (
        f"{shown(copy)} is fresh; what was there is kept as {kept.name}. If it is open in"
        " JupyterLab, choose File, Reload Notebook from Disk there."
    )


def replace(copy, draft):
    """Moves what is there aside and the draft into its place; returns where it was moved, if so.

    Nothing is ever written over. After a kill between the two, nothing is lost: the next command
    gives a copy where one is missing.
    """
    kept = free_name(copy, "kept", None) if os.path.lexists(copy) else None
    try:
        if kept:
            copy.rename(kept)
        draft.rename(copy)
    except BaseException:
        if kept and not os.path.lexists(copy):
            kept.rename(copy)
        raise
    return kept


def prepare_workspace():
    """Opens the contents panel on the left the first time; no JupyterLab setting can do that."""
    workspace = WORKSPACES / "default-37a8.jupyterlab-workspace"  # JupyterLab's name for 'default'
    if not workspace.exists():
        left = {"collapsed": False, "visible": True, "current": "@jupyterlab/toc:plugin"}
        layout = {"left": left, "relativeSizes": [0.2, 0.8, 0]}
        content = {"data": {"layout-restorer:data": layout}, "metadata": {"id": "default"}}
        write(workspace, json.dumps(content).encode())


# --- the environment ---------------------------------------------------------------------------


def environment(needed):
    """The Python to use, with everything in the needed requirements files installed."""
    if is_installed_here(needed):
        return Path(sys.executable)
    if fault(needed) or OLD.exists():
        with lock() as held:
            settle()
            why = fault(needed)  # somebody else may have made it meanwhile
            if why:
                say(f"setting up the course in {VENV.name}: {why}.")
                rebuild(with_present(needed), held)
    return PYTHON


def environment_with_extras():
    """The Python to use, with the extras, or where they cannot be had, without them."""
    if is_installed_here([REQUIREMENTS]):
        return Path(sys.executable)
    stamp = read_json(VENV / STAMP) or {}
    if stamp.get("refused") == digest(EXTRAS) and not fault([REQUIREMENTS]):
        return PYTHON  # to try again each time would take a minute each time
    try:
        return environment([REQUIREMENTS, EXTRAS])
    except Failure as failure:
        if fault([REQUIREMENTS]) and not isinstance(failure, InstallerFailure):
            raise  # without a network or a disk there is nothing to try again
        say(failure)
        python = environment([REQUIREMENTS])
        if isinstance(failure, InstallerFailure):
            stamp = read_json(VENV / STAMP) | {"refused": digest(EXTRAS)}
            write(VENV / STAMP, json.dumps(stamp, indent=1).encode())
        say(f"{shown(EXTRAS)} could not be installed: some sections will be left out.")
        return python


def is_installed_here(needed):
    """Whether the running Python has this very course already (Binder, conda)."""
    if Path(sys.prefix).resolve() == VENV.resolve():
        return False
    try:
        course = importlib.metadata.distribution("three-lanes")
        url = json.loads(course.read_text("direct_url.json") or "{}").get("url", "")
        installed = (importlib.metadata.version(name) == pin for name, pin in pins(needed))
        return unquote(url) == unquote(HERE.as_uri()) and all(installed)
    except importlib.metadata.PackageNotFoundError:
        return False


def pins(needed):
    """(name, version) of each requirement that holds on every system."""
    lines = (line for file in needed for line in file.read_text("utf-8").splitlines())
    return [tuple(line.split("==")) for line in lines if re.fullmatch(r"[\w.-]+==\S+", line)]


def fault(needed):
    """Why .venv will not do, in words; empty if it will."""
    if not VENV.exists():
        return "it is not there yet"
    stamp = read_json(VENV / STAMP)
    if stamp is None or not isinstance(stamp.get("installed", {}), dict):
        return "it was not finished"
    if stamp.get("course") != str(HERE):
        return "the course was moved or copied"
    if python_version(PYTHON) != stamp.get("python"):
        return "its Python was replaced"
    for file in needed:
        installed = stamp.get("installed", {}).get(shown(file))
        if installed != digest(file):
            return f"{shown(file)} has changed" if installed else f"{shown(file)} is not in it"
    return ""


def with_present(needed):
    """The needed requirements files, and those that were installed before: none is taken away."""
    stamp = read_json(VENV / STAMP) or {}
    before = [HERE / name for name in stamp.get("installed", [])]
    return needed + [file for file in before if file not in needed and file.is_file()]


def rebuild(needed, held):
    """Makes a new environment in the place of the old, which returns if that fails."""
    started = time.monotonic()
    installed = {shown(file): digest(file) for file in needed}
    set_aside()
    try:
        how = install(needed, held)
        stamp = {"course": str(HERE), "python": python_version(PYTHON), "installed": installed}
        write(VENV / STAMP, json.dumps(stamp, indent=1).encode())
    except BaseException:
        catch_signals(signal.SIG_IGN)  # putting things back is not to be interrupted
        discard(VENV)
        settle()
        raise
    discard(OLD)
    say(f"ready in {time.monotonic() - started:.0f} s ({how}).")


def set_aside():
    """Clears the way: a whole environment is kept until there is a new one, a half-made one not."""
    if (VENV / STAMP).exists():
        VENV.rename(OLD)
    else:
        discard(VENV)


def settle():
    """Ends what a kill left: a whole environment stays or returns, anything else goes.

    An environment cannot be moved, but the old one is only ever moved away and back again.
    """
    if not (VENV / STAMP).exists() and (OLD / STAMP).exists():
        discard(VENV)
        OLD.rename(VENV)
    discard(OLD)


def discard(folder):
    """Deletes an environment, its stamp first: what is half deleted is not whole."""
    (folder / STAMP).unlink(missing_ok=True)
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)


def digest(file):
    """A hash of one requirements file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def python_version(python):
    """What the Python says it is, or an empty text if it does not start."""
    program = "import sys; print(sys.version.split(' (')[0])"
    try:
        answer = subprocess.run([python, "-I", "-S", "-c", program], capture_output=True, text=True)
    except OSError:
        return ""
    return answer.stdout.strip()


@contextlib.contextmanager
def lock():
    """One course.py at a time. The system lets go of the lock when the last holder has ended."""
    with LOCK.open("a+b") as file:
        if not acquire(file, wait=False):
            say("another course.py is setting up; waiting for it.")
            while not acquire(file, wait=True):
                pass
        yield file.fileno()


def acquire(file, wait):
    """Takes the lock on an open file; False if another process has it."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        if error.errno != errno.EDEADLK:  # what Windows says after ten seconds of waiting
            raise
        return False
    return True


# --- the installers ----------------------------------------------------------------------------


def install(needed, held):
    """Makes .venv with uv, or else with venv and pip; returns which it was."""
    if shutil.disk_usage(HERE).free < 100_000_000:  # the bytecode alone takes more
        raise Failure(DISK_FULL)
    files = [part for file in needed for part in ("-r", shown(file))]
    progress = Progress(needed)
    uv = shutil.which("uv")
    if uv:
        try:
            step([uv, "venv", "--python", BASE_PYTHON, VENV], held, progress)
            # Without the bytecode every kernel would start twice as slowly.
            arguments = ["pip", "install", "--compile-bytecode", "--python", PYTHON, *files]
            step([uv, *arguments], held, progress)
            return "uv"
        except InstallerFailure as failure:
            say(f"uv could not do it ({failure.last_line}); trying venv + pip.")
            discard(VENV)
    bundled = importlib.util.find_spec("ensurepip") is not None
    step([BASE_PYTHON, "-m", "venv", *([] if bundled else ["--without-pip"]), VENV], held, progress)
    step([*pip(bundled), "install", *files], held, progress)
    return "venv + pip"


def pip(bundled):
    """How to call pip for .venv: its own, or on a Debian without ensurepip the system's."""
    if bundled:
        return [PYTHON, "-m", "pip"]
    if subprocess.run([BASE_PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0:
        return [BASE_PYTHON, "-m", "pip", "--python", PYTHON]
    raise Failure(
        "this Python has no pip, and there is no uv: install one of them"
        " (Debian and Ubuntu: apt install python3-venv) and give the same command again."
    )


QUIET = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_PROGRESS_BAR": "off",
    "PIP_USER": "0",  # into .venv, whatever the learner's own settings say
    "PYTHONUTF8": "1",
}


class InstallerFailure(Failure):
    """The installer failed for a reason that only its own last lines tell."""

    def __init__(self, lines):
        tail = [re.sub(r"://[^/\s@]+@", "://****@", line) for line in lines][-15:]
        self.last_line = tail[-1].strip() if tail else "it said nothing"
        tail.append("course.py: the installer failed; its last lines are above.")
        super().__init__("\n".join(tail))


def step(command, held, progress):
    """Runs one installer to its end, showing how far it is.

    It inherits the lock: should course.py be killed, the next one waits until it has ended too.
    """
    own_group = {"process_group": 0, "pass_fds": [held]} if os.name == "posix" else {}
    asked = []
    catch_signals(lambda number, _: asked.append(number))  # heeded once there is what to end
    process = subprocess.Popen(
        [str(word) for word in command],
        cwd=HERE,
        env={"PIP_RETRIES": "2", **os.environ, **QUIET},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **own_group,
    )
    lines = collections.deque(maxlen=40)
    try:
        catch_signals()
        if asked:
            raise Stopped(asked[0])
        for line in lines_of(process):
            if line.strip():
                lines.append(line)
            progress.read(line)
            progress.show()
    except BaseException:
        end(process)
        raise
    finally:
        progress.rewrite("")
    if process.wait() != 0:
        raise diagnosis(lines, progress.package)


def lines_of(process):
    """The lines that a process prints, and an empty text for each half second of silence."""
    lines = queue.Queue()

    def read():
        with process.stdout as stream:
            for line in stream:
                lines.put(line.decode("utf-8", "replace").rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    line = ""
    while line is not None:
        yield line
        try:
            line = lines.get(timeout=0.5)
        except queue.Empty:
            line = ""


def end(process):
    """Ends an installer and all that it started; it is first given the time to tidy up."""
    catch_signals(signal.SIG_IGN)
    if os.name != "posix":
        process.terminate()
        process.wait()
        return
    os.killpg(process.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


NAME = r"(?:\S*/)?([A-Za-z0-9_.]+(?:-[A-Za-z_][A-Za-z0-9_.]*)*)"  # at the front of any file name
NO_CONNECTION = re.compile(
    r"dns error|connect error|connection broken by|NewConnectionError|NameResolutionError|timed out"
    r"|Timeout|client error \(Connect\)|error sending request|Connection (refused|reset|aborted)"
)


def diagnosis(lines, package):
    """The failure that an installer's last lines speak of."""
    text = "\n".join(lines)
    if "No space left on device" in text:
        return Failure(DISK_FULL)
    if "certificate" in text or not NO_CONNECTION.search(text):
        return InstallerFailure(lines)
    names = re.findall(rf"(?:No matching distribution found for|Failed to fetch:) `?{NAME}", text)
    missing = names[-1] if names else package
    return Failure(
        f"could not fetch {missing} (no connection to the package index)."
        " Nothing was changed. Connect to the network and give the same command again."
    )


class Progress:
    """What an installer does: one line that is rewritten, or off a terminal one now and then."""

    def __init__(self, needed):
        lines = {line for file in needed for line in file.read_text("utf-8").splitlines()}
        self.total = sum("==" in line and not line.startswith((" ", "#")) for line in lines)
        self.terminal = sys.stderr.isatty()
        self.width = shutil.get_terminal_size().columns - 1
        self.started = time.monotonic()
        self.due = self.started + 2  # when the next line is shown off a terminal
        self.doing, self.package = "making ready", "the packages"
        self.seen = collections.defaultdict(set)

    def read(self, line):
        """Takes in one line of uv or pip."""
        fetching = re.match(rf"(Collecting|Processing|Downloading|Using cached) {NAME}", line)
        fetched = re.match(rf" Downloaded {NAME}", line)
        if fetching:
            self.fetch(*fetching.groups())
        elif fetched:
            self.fetched(*fetched.groups())
        elif line.startswith("Ignoring "):  # a package for another system
            self.total -= 1
        elif line.startswith(("Prepared ", "Installing collected ")):
            self.doing = "installing"
        elif line.startswith("Installed "):
            self.doing = "compiling"

    def fetch(self, verb, package):
        """Counts for pip, which names each package: to look it up, then to download it."""
        names = self.seen["looking up" if verb in ("Collecting", "Processing") else "downloading"]
        names.add(package)
        self.package = package
        self.doing = f"fetching {package}, {len(names)} of {self.total}"

    def fetched(self, package):
        """Counts for uv, which names the big ones as it begins, and again when it has them."""
        done, known = self.seen["fetched"], self.seen["downloading"]
        done.add(package)
        self.package = min(known - done, default=package)
        self.doing = f"fetching {self.package}, {len(done)} of {len(known)} big packages"

    def show(self):
        """Says how far it is."""
        now = time.monotonic()
        text = f"  {self.doing}, {now - self.started:.0f} s"
        if self.terminal:
            self.rewrite(text)
        elif now >= self.due:
            self.due = now + 10
            print(text, file=sys.stderr, flush=True)

    def rewrite(self, text):
        """Puts a text in the place of the one before; an empty one leaves the line free."""
        if self.terminal:
            padded = text[: self.width].ljust(self.width)
            print(f"\r{padded}\r", end=text[: self.width], file=sys.stderr, flush=True)


# --- small tools -------------------------------------------------------------------------------


DISK_FULL = "the disk is full. Free a gigabyte or so, then give the same command again."


def say(text):
    """One line for the learner; on stderr, so that what a command prints stays its own."""
    first = "" if "\n" in str(text) else "course.py: "
    print(f"{first}{text}", file=sys.stderr, flush=True)


def explained(error):
    """An OSError in words that say what to do."""
    if error.errno == errno.ENOSPC:
        return DISK_FULL
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        if os.name == "nt" and VENV.name in str(error.filename):
            return f"{VENV.name} is in use. Close JupyterLab, and give the same command again."
        return (
            f"cannot write to {error.filename} ({error.strerror})."
            " Copy the course to a folder of your own and start it there."
        )
    if error.errno in (errno.EEXIST, errno.ENOTDIR, errno.EISDIR):
        return f"{error.filename} is in the way: move it away and give the same command again."
    if error.errno == errno.ENOENT:
        return f"{error.filename} is missing: get a whole copy of the course again."
    place = f" ({error.filename})" if error.filename else ""
    return f"the system refused: {error.strerror or error}{place}."


def shown(path):
    """A path as the learner knows it: from the course's folder on."""
    return path.relative_to(HERE).as_posix()


def read_json(path):
    """The mapping in a JSON file, or None if there is none that can be read."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def write(path, content):
    """Writes a file in one go: whoever reads it finds the old content or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def catch_signals(handler=None):
    """Turns requests to end into Stopped (or into what is given), unless they are ignored."""

    def stop(number, frame):
        raise Stopped(number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler or stop)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

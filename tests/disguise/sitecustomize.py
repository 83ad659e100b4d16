"""Makes Linux look to the course's own code as macOS or Windows does, as far as that can be.

Python reads this as it starts, where this folder is on PYTHONPATH; its children inherit that. The
system to look like stands in THREE_LANES_DISGUISE: "darwin", "win32", or "linux 3.14", for its
start method. Only the course's files, cells, and programs in temporary folders see it: the
standard library and the packages below them go on with the system that there is.
"""

import builtins
import errno
import os
import sys
import sysconfig
import types
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2]) + os.sep
SYSTEM = os.environ.get("THREE_LANES_DISGUISE", "")
OTHERS = tuple({*sysconfig.get_paths().values(), os.path.dirname(os.__file__)})  # noqa: PTH120
FOLDERS = ("/proc", "/dev/shm", "/sys")  # Linux's
STARTS = {"win32": ["spawn"], "darwin": ["spawn", "fork", "forkserver"]}
STARTS["linux 3.14"] = ["forkserver", "fork", "spawn"]

LINUX = "sched_getaffinity sched_setaffinity memfd_create pidfd_open posix_fallocate"
POSIX = """
    fork forkpty register_at_fork kill killpg getpgid getpgrp setsid setpgid geteuid getuid getgid
    uname pread pwrite SEEK_DATA SEEK_HOLE O_CLOEXEC O_NONBLOCK mkfifo wait wait4 getloadavg statvfs
    sendfile nice chown getpriority WNOHANG openpty sysconf
"""
SIGNALS = """
    SIGKILL SIGHUP SIGPIPE SIGCHLD SIGALRM SIGUSR1 SIGUSR2 SIGSTOP SIGCONT SIGQUIT SIG_BLOCK
    SIG_UNBLOCK SIG_SETMASK pthread_kill pthread_sigmask setitimer getitimer ITIMER_REAL alarm
    siginterrupt sigwait sigpending pause
"""
NO_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty"} | {"syslog", "posix"}


def _is_ours(globals_):
    """Say whether code of the course, or of a learner, is looking."""
    file = globals_.get("__file__") or ""
    if file.startswith(OTHERS) or "site-packages" in file or "dist-packages" in file:
        return False
    return file.startswith(ROOT) or globals_.get("__name__") in ("__main__", "__mp_main__")


class View(types.ModuleType):
    """A module as it is elsewhere: some names are others there, some are missing."""

    def __init__(self, module, missing="", **others):
        super().__init__(module.__name__)
        own = object.__getattribute__(self, "__dict__")
        own.update(_module=module, _missing={*missing.split()}, _others=others)

    def __getattribute__(self, name):
        own = object.__getattribute__(self, "__dict__")
        if name in own["_missing"]:
            raise AttributeError(f"module {own['_module'].__name__!r} has no attribute {name!r}")
        if name in own["_others"]:
            return own["_others"][name]
        return getattr(own["_module"], name)

    def __setattr__(self, name, value):
        own = object.__getattribute__(self, "__dict__")
        if name in own["_missing"] or name in own["_others"]:
            own["_missing"].discard(name)
            own["_others"][name] = value
        else:
            setattr(own["_module"], name, value)

    def __delattr__(self, name):
        own = object.__getattribute__(self, "__dict__")
        own["_missing"].add(name)


def _views():
    """Return the modules that look otherwise on the system, by name."""
    import signal

    if SYSTEM == "darwin":
        return {"sys": View(sys, platform="darwin"), "os": View(os, LINUX)}
    if SYSTEM == "win32":
        return {
            "sys": View(sys, platform="win32"),
            "os": View(os, LINUX + POSIX, name="nt", kill=_kill),
            "signal": View(signal, SIGNALS, CTRL_C_EVENT=0, CTRL_BREAK_EVENT=1),
        }
    return {}


def _kill(pid, number):
    """Refuse what Windows would do: it ends the process with that number as its status."""
    raise AssertionError(f"os.kill({pid}, {number}) ends a process on Windows, whatever the number")


def _import(name, globals_=None, locals_=None, fromlist=(), level=0):
    """Import a module, or for the course's code its view."""
    if level == 0 and globals_ and _is_ours(globals_):
        if SYSTEM == "win32" and name.partition(".")[0] in NO_MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name in VIEWS:
            return VIEWS[name]
    module = BEFORE(name, globals_, locals_, fromlist, level)
    if not done and "multiprocessing.context" in sys.modules:
        _change_starts(sys.modules["multiprocessing.context"])
    return module


def _change_starts(context):
    """Have multiprocessing start processes as it does on the system."""
    if not hasattr(context, "_default_context"):  # it is being imported
        return
    done.append(True)
    methods = STARTS[SYSTEM]
    context._default_context._default_context = context._concrete_contexts[methods[0]]
    context.DefaultContext.get_all_start_methods = lambda self: [*methods]
    for name in {*context._concrete_contexts} - {*methods}:
        del context._concrete_contexts[name]


def _is_hidden(path):
    """Say whether a path is in a folder of Linux's, and the course's code asks for it."""
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    if not os.fsdecode(path).startswith(FOLDERS):
        return False
    frame = sys._getframe(2)
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] in ABOVE:
        frame = frame.f_back
    return frame is not None and _is_ours(frame.f_globals)


def _audit(event, arguments):
    """Hide Linux's folders from whoever opens or lists them."""
    if event in ("open", "os.listdir", "os.scandir") and _is_hidden(arguments[0]):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(arguments[0]))


def _hiding(function):
    """Return a function of os that finds nothing in Linux's folders."""

    def look(path, *more, **how):
        if _is_hidden(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return function(path, *more, **how)

    return _unseen(look)


def _unseen(function):
    """Return a function whose errors pass for pathlib's, as is_own() of the recorder asks.

    The system's own call, for which it stands, leaves no trace of itself.
    """
    function.__code__ = function.__code__.replace(co_filename="pathlib.py")
    return function


def _play():
    """Have all of this pass for a part of Python: what watches programs is not to see it."""
    for one in [*vars(View).values(), *globals().values()]:
        if isinstance(one, types.FunctionType):
            one.__code__ = one.__code__.replace(co_filename="<frozen sitecustomize>")


if SYSTEM:
    _play()
    BEFORE, done, VIEWS = builtins.__import__, [], _views()
    ABOVE = {"sitecustomize", "os", "pathlib", "glob", "genericpath", "posixpath", "io", "codecs"}
    builtins.__import__ = _import
    if SYSTEM in ("darwin", "win32"):
        os.stat, os.readlink = _hiding(os.stat), _hiding(os.readlink)
        sys.addaudithook(_unseen(_audit))

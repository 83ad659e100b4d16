"""What a blocked thread waits for, told from the system call it is blocked in (Linux).

The kernel shows a thread's system call and its arguments in /proc; what the arguments stand for
is looked up in the process's memory and its table of open files. Where that does not tell, the
answer is 'waiting', never a guess.

Source: the kernel's documentation of /proc, and its tables of system calls.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING or __package__:
    from helpers.recorder import runtime
else:  # the sampler runs without the package, which would take longer to load than all else
    import runtime

__all__ = ["STATES", "Process", "known_machine"]

STATES = ("running", "gil", "lock", "sleep", "network", "pipe", "child", "disk", "waiting")

NUMBERS = {
    "x86_64": """
        read 0 write 1 stat 4 fstat 5 lstat 6 poll 7 pread 17 pwrite 18 readv 19 writev 20
        select 23 msync 26 nanosleep 35 sendfile 40 connect 42 accept 43 sendto 44 recvfrom 45
        sendmsg 46 recvmsg 47 clone 56 vfork 58 wait4 61 semop 65 fcntl 72 flock 73 fsync 74
        fdatasync 75 truncate 76 ftruncate 77 getdents 78 rename 82 mkdir 83 rmdir 84 unlink 87
        sync 162 futex 202 getdents64 217 semtimedop 220 clock_nanosleep 230 epoll_wait 232
        waitid 247 mkdirat 258 newfstatat 262 unlinkat 263 renameat 264 pselect6 270 ppoll 271
        sync_file_range 277 epoll_pwait 281 fallocate 285 accept4 288 preadv 295 pwritev 296
        recvmmsg 299 syncfs 306 sendmmsg 307 renameat2 316 preadv2 327 pwritev2 328 statx 332
        epoll_pwait2 441 futex_wait 455""",
    "aarch64": """
        epoll_pwait 22 fcntl 25 flock 32 mkdirat 34 unlinkat 35 renameat 38 truncate 45
        ftruncate 46 fallocate 47 getdents64 61 read 63 write 64 readv 65 writev 66 pread 67
        pwrite 68 preadv 69 pwritev 70 sendfile 71 pselect6 72 ppoll 73 newfstatat 79 fstat 80
        sync 81 fsync 82 fdatasync 83 sync_file_range 84 waitid 95 futex 98 nanosleep 101
        clock_nanosleep 115 semtimedop 192 semop 193 accept 202 connect 203 sendto 206
        recvfrom 207 sendmsg 211 recvmsg 212 clone 220 msync 227 accept4 242 recvmmsg 243
        wait4 260 syncfs 267 sendmmsg 269 renameat2 276 preadv2 286 pwritev2 287 statx 291
        epoll_pwait2 441 futex_wait 455""",
}
ALWAYS = {
    "sleep": "nanosleep clock_nanosleep",
    "child": "wait4 waitid vfork",
    "lock": "flock semop semtimedop",
    "disk": """stat fstat lstat newfstatat statx msync fsync fdatasync sync syncfs sync_file_range
        truncate ftruncate fallocate getdents getdents64 rename renameat renameat2 mkdir mkdirat
        rmdir unlink unlinkat""",
}
BY_FILE = """read write pread pwrite readv writev preadv pwritev preadv2 pwritev2 sendfile connect
    accept accept4 sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg"""
INTERNET = (b"TCP", b"UDP", b"MPTCP", b"SCTP", b"RAW", b"PING", b"AF_VSOCK")
FAULT_WAITS = (b"folio_wait", b"wait_on_page", b"io_schedule", b"filemap_fault")
LOCK_COMMANDS = (7, 38)  # of fcntl: F_SETLKW, F_OFD_SETLKW
VFORK = 0x4000  # of clone: the caller waits until the child runs a program of its own
COOKIE = b"xdebugpy"  # 3.13 and later begin _PyRuntime with it; the third word: free-threaded


def _names(machine: str) -> dict[bytes, str]:
    words = NUMBERS.get(machine, "").split()
    return {number.encode(): name for name, number in zip(words[::2], words[1::2], strict=True)}


NAMES = _names(os.uname().machine) if hasattr(os, "uname") else {}
ALWAYS_STATE = {name: state for state, names in ALWAYS.items() for name in names.split()}
AT_ONCE = {number: ALWAYS_STATE[name] for number, name in NAMES.items() if name in ALWAYS_STATE}
FILE_CALLS = frozenset(BY_FILE.split())


def known_machine() -> bool:
    """Return whether this machine's numbers of system calls are known here."""
    return bool(NAMES) and struct.calcsize("P") == 8


class Process:
    """One process, and what its memory and open files say about its threads' waits."""

    def __init__(self, pid: int):
        self.pid = pid
        self.runtime: range | None = None
        self.has_gil = False
        self._memory = -1
        self._self_pipes: dict[str, bool] = {}

    def close(self) -> None:
        """Let go of its memory."""
        if self._memory >= 0:
            os.close(self._memory)
            self._memory = -1

    def state(self, line: bytes, tid: int) -> str:
        """Return the state of a blocked thread; line is its /proc/PID/task/TID/syscall.

        '' means that it may have been woken in the meantime.
        """
        try:
            number, _, rest = line.partition(b" ")
            if number in AT_ONCE:
                return AT_ONCE[number]
            if number == b"-1":
                return self._fault(tid)
            words = rest.split()[:6]
            return self._of_call(NAMES.get(number, ""), [int(word, 16) for word in words])
        except (OSError, ValueError, IndexError, struct.error):
            return "waiting"

    def _of_call(self, name: str, arguments: list[int]) -> str:
        if name in ("futex", "futex_wait"):
            return self._futex(arguments[0])
        if name in FILE_CALLS:
            kind = self._file(arguments[0])
            return kind if kind in STATES else "waiting"
        if name in ("poll", "ppoll", "select", "pselect6"):
            return self._poll(name, arguments)
        if name.startswith("epoll"):
            return self._epoll(name, arguments)
        if name == "fcntl" and arguments[1] in LOCK_COMMANDS:
            return "lock"
        return "child" if name == "clone" and arguments[0] & VFORK else "waiting"

    def _fault(self, tid: int) -> str:
        """Tell a page that is being read from other waits outside a system call, as in a stop."""
        place = _read(f"/proc/{self.pid}/task/{tid}/wchan")
        if place == b"0":
            return ""
        return "disk" if place.startswith(FAULT_WAITS) else "waiting"

    def _futex(self, address: int) -> str:
        self.memory(address, 4)  # finds out whether the process has begun another program
        if self.runtime is None:  # it may be a Python whose GIL cannot be told from its locks
            return "waiting"
        if address in self.runtime:
            return "gil" if self.has_gil else "waiting"
        return "lock"

    def _poll(self, name: str, arguments: list[int]) -> str:
        if "poll" in name:
            files = self._polled(arguments[0], arguments[1])
            finite = arguments[2] != 0 if name == "ppoll" else not arguments[2] & 1 << 31
        else:
            files = self._selected(arguments[0], arguments[1:4])
            finite = arguments[4] != 0
        kinds = {kind if kind != "event" else "other" for kind in map(self._file, files)}
        return _of_files(kinds, finite)

    def _polled(self, address: int, count: int) -> list[int]:
        table = self.memory(address, 8 * count) if count else b""
        return [file for file, _, _ in struct.iter_unpack("<ihh", table) if file >= 0]

    def _selected(self, count: int, addresses: Iterable[int]) -> list[int]:
        size = (count + 63) // 64 * 8
        bits = 0
        for address in filter(None, addresses):
            bits |= int.from_bytes(self.memory(address, size), "little") if size else 0
        return [file for file in range(count) if bits >> file & 1]

    def _epoll(self, name: str, arguments: list[int]) -> str:
        finite = arguments[3] != 0 if name == "epoll_pwait2" else not arguments[3] & 1 << 31
        kinds = set()
        for line in _read(f"/proc/{self.pid}/fdinfo/{arguments[0]}").splitlines():
            if line.startswith(b"tfd:"):
                kinds.add(self._watched(int(line.split()[1])))
                if "network" in kinds:
                    break  # nothing outranks it, and there may be thousands
        return _of_files(kinds, finite)

    def _watched(self, file: int) -> str:
        """Return a file's kind, or 'event' if it is there to wake the event loop itself."""
        kind = self._file(file)
        return "event" if kind == "pipe" and self._is_self_pipe(file) else kind

    def _is_self_pipe(self, file: int) -> bool:
        """Tell a socket pair of which this process holds both ends: they are numbered in a row."""
        target = os.readlink(f"/proc/{self.pid}/fd/{file}")  # noqa: PTH115
        if not target.startswith("socket:["):
            return False
        if target not in self._self_pipes:
            number = int(target[8:-1])
            pair = {f"socket:[{number - 1}]", f"socket:[{number + 1}]"}
            self._self_pipes[target] = not pair.isdisjoint(self._open_files())
        return self._self_pipes[target]

    def _open_files(self) -> Iterable[str]:
        folder = f"/proc/{self.pid}/fd"
        for name in os.listdir(folder):  # noqa: PTH208 -- slow import
            try:
                yield os.readlink(f"{folder}/{name}")  # noqa: PTH115
            except OSError:
                continue

    def _file(self, file: int) -> str:
        """Return 'network', 'pipe', 'child', 'disk', 'event' or 'other'."""
        path = f"/proc/{self.pid}/fd/{file}"
        target = os.readlink(path)  # noqa: PTH115
        if target.startswith("socket:"):
            protocol = os.getxattr(path, "system.sockprotoname")
            if protocol.startswith(b"UNIX"):
                return "pipe"
            return "network" if protocol.startswith(INTERNET) else "other"
        if target.startswith("pipe:"):
            return "pipe"
        if "pidfd" in target:
            return "child"
        if target.startswith("anon_inode:"):
            return "event" if "eventfd" in target else "other"
        return {0o010000: "pipe", 0o100000: "disk"}.get(os.stat(path).st_mode & 0o170000, "other")  # noqa: PTH116

    def memory(self, address: int, size: int) -> bytes:
        """Return that much of its memory.

        Raises:
            OSError: it has nothing there, it has ended, or its memory may not be read.
        """
        data = os.pread(self._memory, size, address) if self._memory >= 0 else b""
        if not data:  # not opened yet, or the program that it was of is no more
            self.close()
            self._memory = os.open(f"/proc/{self.pid}/mem", os.O_RDONLY)
            self._find_runtime()
            data = os.pread(self._memory, size, address)
        if len(data) < size:
            raise OSError("its memory ends there")
        return data

    def _find_runtime(self) -> None:
        self.runtime = runtime.find(self.pid)
        if self.runtime is not None:
            head = os.pread(self._memory, 24, self.runtime.start)
            self.has_gil = head[:8] != COOKIE or not any(head[16:])


def _of_files(kinds: set[str], finite: bool) -> str:
    """Return the state of a thread that waits for any of some files, or for the clock."""
    for state in ("network", "child", "pipe"):
        if state in kinds:
            return state
    return "sleep" if finite and kinds <= {"event"} else "waiting"


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 -- slow import
        return file.read()

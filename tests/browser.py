"""The course as a learner opens it: a copy of it, its JupyterLab, and a browser in front of that.

`lab()` copies the checkout into a temporary folder, starts `course.py lab` in it and a browser
beside it. `Lab.open` shows a notebook as on a learner's first visit; the `Notebook` that it gives
runs its cells as the menus do, looks at every part of the page and tells what is wrong.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import TimeoutError as TooLate
from playwright.sync_api import sync_playwright

from tests.axe import COLLECT

__all__ = ["COPIES", "ROOT", "SCREENSHOTS", "Lab", "Notebook", "find_browser", "lab"]

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS = ROOT / "tests" / "screenshots"
COPIES = "my_notebooks"
WAIT = 600  # seconds that anything may take; only what hangs takes as long
NO_WORDS = ("", "Image")  # the second is what JupyterLab puts where there is no alt text
DESK, PROJECTOR = {"width": 1400, "height": 1000}, {"width": 1024, "height": 768}

# What JupyterLab itself writes to the console where a kernel restarts at a bad moment.
THEIRS = "Could not restore the debugger state"

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Whatever lies off this machine fails at once, with a network or without.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
OWN_FOLDERS = (
    "IPYTHONDIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
)


# --- the checkout and its server ----------------------------------------------------------------


def find_browser() -> str | None:
    """Return the path of a browser that Playwright can drive, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def lab():
    """Start the course in a copy of the checkout, and a browser; end both, and all they started."""
    with tempfile.TemporaryDirectory(prefix="three-lanes-") as folder:
        home = Path(folder).resolve()
        checkout = copy_checkout(home / "course")
        settings = environment(checkout, home)
        server = start(checkout, home, settings)
        try:
            info = wait_for_server(server, home)
            with browser(settings) as chromium:
                yield Lab(info["url"], info["token"], checkout, chromium)
        finally:
            left = stop(server, home)
    assert not left, f"left behind by the course: {left}"


@contextmanager
def browser(settings):
    """Start a browser with the given environment variables."""
    with sync_playwright() as playwright:
        program = find_browser()
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS, env=settings)
        try:
            yield chromium
        finally:
            chromium.close()


def copy_checkout(to):
    """Copy what git knows, and what it does not know yet; where there is no git, everything."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    listed = shutil.which("git") and subprocess.run(command, cwd=ROOT, capture_output=True)
    if not listed or listed.returncode:
        ours = shutil.ignore_patterns(
            ".git", ".venv*", COPIES, "site", "screenshots", "__pycache__"
        )
        return shutil.copytree(ROOT, to, ignore=ours)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():  # git also lists what has just been deleted
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    return to


def environment(checkout, home):
    """The environment variables under which nothing of the learner's own is read or touched."""
    own = {name: str(home / name.lower()) for name in OWN_FOLDERS}
    path = [str(checkout), str(installed(checkout, home / "installed"))]
    settings = {**os.environ, **own, "PYTHONPATH": os.pathsep.join(path)}
    settings.pop("THREE_LANES_DIARY", None)  # the copy has one of its own, where a learner has it
    return settings


def start(checkout, home, settings):
    """Start the course as a learner does; JupyterLab chooses its port and its token."""
    options = ["--no-browser", "--ServerApp.port=0", "--LabApp.expose_app_in_browser=True"]
    with (home / "lab.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "course.py", "lab", *options],
            cwd=checkout,
            env=settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def installed(checkout, folder):
    """Write what `pip install -e` of the copy would: that the course is in this very Python.

    course.py then uses this Python, as it does on Binder, and sets up no other for the copy.
    """
    metadata = importlib.metadata.distribution("three-lanes").read_text("METADATA")
    record = folder / "three_lanes-0.dist-info"
    record.mkdir(parents=True)
    (record / "METADATA").write_text(metadata, "utf-8")
    (record / "direct_url.json").write_text(json.dumps({"url": checkout.as_uri()}), "utf-8")
    return folder


def wait_for_server(server, home):
    """Return what the server writes down about itself once it listens: its url and token."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end and server.poll() is None:
        for info in servers(home):
            return info
        time.sleep(0.05)
    raise RuntimeError("course.py lab did not start:\n" + (home / "lab.log").read_text("utf-8"))


def servers(home):
    """What each JupyterLab of this folder has written down about itself: none, or one."""
    for file in (home / "jupyter_runtime_dir").glob("jpserver-*.json"):
        with suppress(ValueError):  # it is still being written
            yield json.loads(file.read_text("utf-8"))


def stop(server, home):
    """End the server and all that it started; return the names of what did not end by itself."""
    server_info = list(servers(home))
    for info in server_info:
        with suppress(OSError):  # it has ended already
            ask(info["url"] + "api/shutdown", info["token"], "POST")
    if server_info:
        psutil.wait_procs(family(home), timeout=WAIT)
    left = family(home)
    for one in left:
        one.kill()
    psutil.wait_procs(left)
    server.wait()
    return [f"{one.pid} {' '.join(one.info['cmdline'] or [])}" for one in left]


def family(home):
    """All that was started with `environment`, also where the parent has ended meanwhile."""
    mark = ("JUPYTER_RUNTIME_DIR", str(home / "jupyter_runtime_dir"))
    running = psutil.process_iter(["environ", "cmdline"])
    return [one for one in running if mark in (one.info["environ"] or {}).items()]


def ask(url, token, method="GET", content=None):
    """Send one request to the server; return the JSON that it answers, if any."""
    request = urllib.request.Request(url, method=method)
    request.add_header("Authorization", f"token {token}")
    if content is not None:
        request.data = json.dumps(content).encode()
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=WAIT) as answer:
        text = answer.read()
    return json.loads(text) if text else None


class Lab:
    """The course, running in a copy of the checkout, and the browser in which it is opened."""

    def __init__(self, url, token, checkout, browser):
        self.url, self.token, self.checkout, self.browser = url, token, checkout, browser
        self.workspace = self.ask("lab/api/workspaces/default")

    def ask(self, path, method="GET", content=None):
        """Send one request to the server's API."""
        return ask(self.url + path, self.token, method, content)

    @contextmanager
    def open(self, name=None):
        """Show one of the learner's copies, or without a name what course.py opens by itself."""
        self.ask("lab/api/workspaces/default", "PUT", self.workspace)
        context = self.browser.new_context(viewport=DESK)
        try:
            path = f"lab/tree/{COPIES}/{name}" if name else ""
            yield Notebook(context.new_page(), f"{self.url}{path}?token={self.token}")
        finally:
            context.close()
            for session in self.ask("api/sessions"):
                self.ask(f"api/sessions/{session['id']}", "DELETE")


# --- one notebook on the screen -----------------------------------------------------------------

# The results are read from the notebook's model: what the page shows depends on the scrolling.
READY = """() => {
    const book = window.jupyterapp?.shell.currentWidget;
    return book?.context?.isReady && book.sessionContext?.session?.kernel?.status === 'idle';
}"""
LISTEN = """() => {
    const book = window.jupyterapp.shell.currentWidget;
    const lanes = window.threeLanes = {book, asked: {}, replies: {}, unseen: [], ended: true};
    lanes.waiting = new Set();
    book.sessionContext.session.anyMessage.connect((_, {msg}) => {
        const {header: {msg_type, msg_id}, parent_header, content} = msg;
        const cell = lanes.asked[parent_header.msg_id];
        if (msg_type === 'execute_request') {
            lanes.asked[msg_id] = msg.metadata.cellId;
            lanes.waiting.add(msg_id);
        }
        if (msg_type === 'execute_reply') {
            lanes.replies[cell] = content;
            lanes.waiting.delete(parent_header.msg_id);
        }
        // The page does not show what fails outside the cells: a button's callback, say.
        if (!cell && msg_type === 'error') lanes.unseen.push(`${content.ename}: ${content.evalue}`);
        if (!cell && msg_type === 'stream' && content.text.includes('Traceback'))
            lanes.unseen.push(content.text.trim());
    });
    book.sessionContext.statusChanged.connect((_, status) => {
        if (['autorestarting', 'restarting', 'dead'].includes(status)) lanes.waiting.clear();
    });
    return book.context.path;
}"""
RUN = """([command, at]) => {
    const lanes = window.threeLanes;
    lanes.replies = {};
    lanes.waiting.clear();
    lanes.ended = false;
    if (at !== null) lanes.book.content.activeCellIndex = at;
    window.jupyterapp.commands.execute(command).finally(() => lanes.ended = true);
}"""
# A command ends at the first cell that fails, be it one that may: the others are still to come.
ENDED = """() => window.threeLanes.ended && !window.threeLanes.waiting.size &&
    window.threeLanes.book.sessionContext.session.kernel.status === 'idle'"""
RAN = "() => Object.keys(window.threeLanes.replies).length"
CELLS = """() => window.threeLanes.book.content.model.toJSON().cells.map((cell, position) => {
    const source = [cell.source].flat().join('').trim();
    const outputs = cell.outputs ?? [];
    return {
        position,
        source,
        reply: window.threeLanes.replies[cell.id] ?? {status: 'none'},
        to_run: cell.cell_type === 'code' && source !== '',
        may_fail: (cell.metadata.tags ?? []).includes('raises-exception'),
        errors: outputs.filter(output => output.output_type === 'error')
            .map(({ename, evalue}) => `${ename}: ${evalue}`),
        stderr: outputs.filter(output => output.name === 'stderr')
            .flatMap(output => output.text).join('').trim(),
    };
})"""
POP_UPS = """() => [...document.querySelectorAll('.jp-Dialog, .Toastify__toast')]
    .map(popup => popup.innerText.trim())"""
TOP = """() => {
    window.threeLanes.book.content.node.querySelector('.jp-WindowedPanel-outer').scrollTop = 0;
}"""
DOWN = """async () => {
    const content = window.threeLanes.book.content;
    const view = content.node.querySelector('.jp-WindowedPanel-outer');
    const bottom = node => node.getBoundingClientRect().bottom;
    const last = content.widgets.findLast(cell => cell.node.offsetHeight > 0);
    const before = view.scrollTop;
    if (bottom(last.node) > bottom(view)) view.scrollTop += view.clientHeight - 60;
    for (let frames = 0; frames < 2; frames++) await new Promise(requestAnimationFrame);
    return view.scrollTop > before;
}"""
SETTLED = """() => {
    const in_view = node => node.getBoundingClientRect().bottom > 0 &&
        node.getBoundingClientRect().top < window.innerHeight;
    const content = window.threeLanes.book.content;
    const images = [...content.node.querySelectorAll('img')].filter(in_view);
    const cells = content.widgets.filter(cell => cell.node.offsetHeight > 0 && in_view(cell.node));
    // JupyterLab writes text and the addresses of images a moment after it has made their place.
    return images.every(image => image.getAttribute('src') && image.complete) &&
        cells.every(cell => !cell.isPlaceholder() && (cell.model.type !== 'markdown' ||
            cell.node.querySelector('.jp-MarkdownOutput')?.hasChildNodes()));
}"""
SHOWN = """() => window.threeLanes.book.content.widgets.flatMap((cell, position) =>
    cell.isPlaceholder() || !cell.node.isConnected ? [] : [{
        position,
        images: [...cell.node.querySelectorAll('img')].map(image => ({
            source: (image.getAttribute('src') ?? '').split('?')[0].slice(0, 100),
            alt: image.alt.trim(),
            loaded: image.complete && image.naturalWidth > 0,
            ours: image.classList.contains('three-lanes'),
        })),
    }])"""
PICTURE = """async ([position, which]) => {
    const content = window.threeLanes.book.content;
    await content.scrollToItem(position);
    return content.widgets[position].node.querySelectorAll('img')[which];
}"""


class Notebook:
    """A notebook open in JupyterLab, its kernel ready, and all that the browser heard since."""

    def __init__(self, page, url):
        self.page, self.heard, self.requested = page, [], []
        self.server = urlsplit(url).netloc
        self.images = None  # after a look, position of a cell: its images, as last seen
        page.set_default_timeout(1000 * WAIT)
        page.on("pageerror", lambda error: self.heard.append(f"an error in the page: {error}"))
        page.on("console", self._hear)
        page.on("websocket", lambda socket: self._see(socket.url))
        page.context.on("request", lambda request: self._see(request.url))
        page.goto(url)
        try:
            page.wait_for_function(READY, polling=100)
        except TooLate:
            raise AssertionError(
                f"{urlsplit(url).path}: no notebook with a kernel after {WAIT} s; {self.pop_ups()}"
            ) from None
        self.path = page.evaluate(LISTEN)
        self.name = Path(self.path).name

    def run(self, command, at=None):
        """Run cells by one of JupyterLab's commands, with the cursor in cell `at` (from 0)."""
        self.page.evaluate(RUN, [command, at])
        if "restart" in command:
            self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        before = -1
        while (ran := self.page.evaluate(RAN)) > before:  # all may take longer, but no one cell
            before = ran
            with suppress(TooLate):
                self.page.wait_for_function(ENDED, polling=100)
                return
        faults = "\n".join(self.faults())
        raise AssertionError(f"{command}: no cell ended within {WAIT} s\n{faults}")

    def look(self, keep=False):
        """Go through the notebook from top to bottom; keep a screenshot of each page if asked."""
        if keep:
            for old in SCREENSHOTS.glob(self._file("*").name):
                old.unlink()
        self.images = {}
        self.page.evaluate(TOP)
        number = 1
        while self._see_page(number if keep else None):
            number += 1

    def faults(self, ran=None):
        """Say what is wrong, in a line each; `ran` is how many cells were to run, else all."""
        cells = self.page.evaluate(CELLS)
        return [
            *self._unrun(cells[:ran]),
            *(self._line(cell, fault) for cell in cells for fault in what_failed(cell)),
            *self._bad_images(cells),
            *(f"{self.name}: {fault}" for fault in self.heard),
            *(f"{self.name}: an error outside its cells: {text}" for text in self.unseen()),
            *(f"{self.name}: still open on the page: {text!r}" for text in self.pop_ups()),
        ]

    def size(self):
        """Return how many cells the notebook has."""
        return len(self.page.evaluate(CELLS))

    def unseen(self):
        """Return what the kernel complained of outside the notebook's cells."""
        return self.page.evaluate("() => window.threeLanes.unseen")

    def pop_ups(self):
        """Return the texts of dialogs and notices that lie over the page."""
        return self.page.evaluate(POP_UPS)

    def keep_pictures(self):
        """Keep a screenshot of each of the course's own pictures, on a projector's screen."""
        self.page.set_viewport_size(PROJECTOR)
        ours = [
            (position, which)
            for position, images in sorted(self.images.items())
            for which, image in enumerate(images)
            if image["ours"]
        ]
        for number, place in enumerate(ours, 1):
            picture = self.page.evaluate_handle(PICTURE, list(place)).as_element()
            picture.screenshot(path=self._file(f"picture-{number:02}"))

    def _see_page(self, number):
        """Take in what is in view; go one page down and say whether there was one."""
        with suppress(TooLate):  # what is missing is then told as a fault
            self.page.wait_for_function(SETTLED)
        for cell in self.page.evaluate(SHOWN):
            self.images[cell["position"]] = cell["images"]
        self.page.evaluate(COLLECT)
        if number is not None:
            self.page.screenshot(path=self._file(f"{number:02}"))
        return self.page.evaluate(DOWN)

    def _unrun(self, cells):
        ran = ("ok", "error")  # the others' reply is 'aborted', or there is none
        unrun = [one for one in cells if one["to_run"] and one["reply"]["status"] not in ran]
        if unrun:
            yield self._line(unrun[0], f"did not run; cells that did not: {len(unrun)}")

    def _bad_images(self, cells):
        for cell in cells if self.images is not None else []:
            if cell["position"] not in self.images:
                yield self._line(cell, "never came into view")
            for image in self.images.get(cell["position"], []):
                if not image["loaded"]:
                    yield self._line(cell, f"the image {image['source']!r} did not load")
                if image["alt"] in NO_WORDS:
                    yield self._line(cell, f"the image {image['source']!r} has no alternative text")

    def _line(self, cell, fault):
        first = (cell["source"] or "empty").splitlines()[0]
        return f"{self.name}, cell {cell['position'] + 1} ({first!r}): {fault}"

    def _hear(self, message):
        if message.type == "error" and not message.text.startswith(THEIRS):
            self.heard.append(f"an error in the console: {message.text}")

    def _see(self, url):
        self.requested.append(url)
        parts = urlsplit(url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.netloc != self.server:
            self.heard.append(f"a request to elsewhere: {url}")

    def _file(self, label):
        SCREENSHOTS.mkdir(exist_ok=True)
        return SCREENSHOTS / f"{Path(self.name).stem}-{label}.png"


def what_failed(cell):
    """Say what a cell that ran did wrong."""
    reply = cell["reply"]
    if cell["may_fail"]:
        return
    if reply["status"] == "error":
        yield f"raised {reply['ename']}: {reply['evalue']}"
        return
    for error in cell["errors"]:
        yield f"shows an error: {error}"
    if cell["stderr"]:
        yield f"wrote to stderr: {cell['stderr']}"

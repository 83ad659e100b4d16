"""A pytest plugin: how the notebooks are run as tests. pyproject.toml loads it with `-p`.

nbval runs each notebook and compares its outputs with the committed ones: strictly on the Python
that made them, leniently (nothing may fail) on the others. It looks for errors among the
outputs only, but IPython writes an ExceptionGroup and an unknown magic to stderr instead; so the
kernel's own reply to each cell is looked at too.

On Linux, a notebook that was run to its end must have left nothing behind: no thread, connection
or process, and once its kernel has ended, no shared memory and no file.
"""

import os
import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import nbval.kernel
import nbval.plugin
import pytest
from nbval.kernel import RunningKernel

from helpers.extras import EXTRAS, lacking
from tests.kernel import Kernel, kernel_manager
from tests.leftovers import Leftovers
from tests.reference import on_reference_python

ROOT = Path(__file__).resolve().parent.parent
# Seconds; only what hangs takes as long. The second is nbval's, which holds if none is given.
CELL_TIMEOUT, NBVAL_S_TIMEOUT = 600, 2000


@contextmanager
def environment(variables):
    """Have some environment variables for a while."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class ListeningKernel(RunningKernel):
    """A kernel whose outputs are those that are committed, and which keeps its last reply.

    nbval does not look at the status of a reply.

    Attributes:
        leftovers: what it leaves behind; None where nothing tells.
    """

    def __init__(self, kernel_name, cwd=None, **kwargs):
        self.reply, self.leftovers = {"status": "ok"}, None
        if sys.platform != "linux":
            super().__init__(kernel_name, cwd, **kwargs)
            return
        self.leftovers = Leftovers(Path(cwd))
        with environment(self.leftovers.environment):
            super().__init__(kernel_name, cwd, **kwargs)
        self.leftovers.name_what_is_its_own(Kernel(self.km, self.kc))

    def after(self, item):
        """Look at what there is after the notebook's first cell, and after its last one."""
        if self.leftovers and item.cell_num == 0:
            self.leftovers.begin(Kernel(self.km, self.kc))
        if self.leftovers and self.leftovers.before and item.cell_num == item.parent.last_cell:
            self.leftovers.check(Kernel(self.km, self.kc), item.name)

    def stop(self):
        """End the kernel as JupyterLab does: it may put its things away."""
        self.kc.stop_channels()
        self.km.shutdown_kernel()
        del self.km
        if self.leftovers and self.leftovers.before:
            self.leftovers.check_its_end()
        elif self.leftovers:
            self.leftovers.close()

    def get_message(self, stream, timeout=None):
        message = super().get_message(stream, timeout)
        content = message["content"]
        if message["msg_type"] == "execute_reply":
            self.reply = content
        if "image/png" in content.get("data", {}):  # tests.refresh keeps a picture once
            content["data"].pop("text/html", None)
        return message


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    nbval.plugin.RunningKernel = ListeningKernel
    nbval.kernel.KernelManager = kernel_manager
    option = config.option
    if not (option.nbval or option.nbval_lax):
        option.nbval, option.nbval_lax = on_reference_python(), not on_reference_python()
    option.nbval_current_env = option.nbval_kernel_name is None
    if option.nbval_cell_timeout == NBVAL_S_TIMEOUT:
        option.nbval_cell_timeout = CELL_TIMEOUT
    option.nbval_sanitize_with = option.nbval_sanitize_with or str(ROOT / "tests/sanitize.cfg")
    # The answers of whoever runs the tests are not theirs.
    os.environ["THREE_LANES_DIARY"] = str(Path(tempfile.mkdtemp(), "diary"))


def pytest_unconfigure():
    shutil.rmtree(Path(os.environ.pop("THREE_LANES_DIARY")).parent, ignore_errors=True)


def pytest_collectstart(collector):
    """Compare no outputs of a notebook whose sections were left out here, for want of an extra."""
    if isinstance(collector, nbval.plugin.IPyNbFile) and lacks_extras(collector.path):
        collector.compare_outputs = False


def lacks_extras(path):
    named = re.findall(r"%%needs ([\w. -]+)", path.read_text("utf-8"))
    return any(lacking(one) for words in named for one in words.split() if one in EXTRAS)


def pytest_collection_modifyitems(items):
    """Note which cell of each notebook is the last one that is run."""
    for item in items:
        if isinstance(item, nbval.plugin.IPyNbCell):
            item.parent.last_cell = item.cell_num


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    result = yield
    if isinstance(item, nbval.plugin.IPyNbCell) and not item.options["check_exception"]:
        reply = item.parent.kernel.reply
        if reply["status"] == "error":
            traceback = "\n".join(
                reply.get("traceback") or [f"{reply['ename']}: {reply['evalue']}"]
            )
            item.raise_cell_error("Cell execution caused an exception", traceback)
    if isinstance(item, nbval.plugin.IPyNbCell):
        item.parent.kernel.after(item)
    return result

"""Where a player lives: a page in Chromium, a notebook in JupyterLab. Everything that was asked
of a network and every error is kept."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def needs(*modules):
    """Leave the check out where Chromium or a module is missing, and say how to get it; in CI
    that is a failure."""
    import importlib.util

    missing = [m for m in modules if not importlib.util.find_spec(m)] + ["chromium"] * (
        CHROMIUM is None
    )
    if not missing:
        return
    how = (
        f"left out for want of {', '.join(missing)}: apt install chromium, pip install -e '.[dev]'"
    )
    if os.environ.get("CI"):
        pytest.fail(how)
    pytest.skip(how)


class Watch:
    "The errors of a page, and the hosts it spoke to."

    def __init__(self):
        self.errors, self.requests = [], []

    def over(self, page):
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.on(
            "request",
            lambda r: (
                self.requests.append(r.url)
                if r.url.split(":")[0] in ("http", "https", "ws", "wss")
                else None
            ),
        )
        page.on("dialog", lambda d: (self.errors.append("dialog: " + d.message), d.dismiss()))
        return page


@contextmanager
def chromium():
    needs("playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def opened(page, path):
    "`page`, with the player's file `path` ready in it."
    page.goto(path.as_uri())
    page.wait_for_selector("main[data-ready]")
    return page


class Lab:
    "A JupyterLab server of its own, without anybody's settings, in the folder `root`."

    def __init__(self, root):
        self.root = root
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        env = (
            os.environ
            | {f"JUPYTER_{k}_DIR": str(root.parent / k) for k in ("CONFIG", "RUNTIME", "DATA")}
            | {"IPYTHONDIR": str(root.parent / "ipython")}
        )
        env["JUPYTER_PATH"] = os.path.join(sys.prefix, "share", "jupyter")
        (root.parent / "CONFIG" / "labconfig").mkdir(parents=True)  # no question about news
        (root.parent / "CONFIG" / "labconfig" / "page_config.json").write_text(
            json.dumps(
                {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
            )
        )
        self.env, self.log = env, open(root.parent / "log", "w")
        self.server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                "--no-browser",
                "--allow-root",
                f"--port={self.port}",
                "--ServerApp.token=here",
                "--LabApp.expose_app_in_browser=True",
                f"--ServerApp.root_dir={root}",
            ],
            env=env,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        for _ in range(300):
            try:
                self.ask("status")
                break
            except OSError:
                time.sleep(0.2)
        else:
            raise RuntimeError((root.parent / "log").read_text()[-2000:])

    def ask(self, what, method="GET"):
        with urllib.request.urlopen(
            urllib.request.Request(
                f"http://127.0.0.1:{self.port}/api/{what}?token=here", method=method
            ),
            timeout=20,
        ) as r:
            return r.read()

    def no_kernels(self):
        for s in json.loads(self.ask("sessions")):
            self.ask(f"sessions/{s['id']}", "DELETE")

    def open(self, page, name):
        page.goto(f"http://127.0.0.1:{self.port}/lab/tree/{name}?token=here&reset")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
        page.wait_for_function(
            "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status"
            " === 'idle'",
            timeout=120_000,
        )
        return page

    def close(self):
        self.server.terminate()
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
        self.log.close()


def notebook(*sources):
    cells = [
        dict(
            cell_type="code", id=f"cell{k}", metadata={}, source=s, outputs=[], execution_count=None
        )
        for k, s in enumerate(sources)
    ]
    return json.dumps(
        dict(
            nbformat=4,
            nbformat_minor=5,
            metadata=dict(
                kernelspec=dict(name="python3", display_name="python3", language="python")
            ),
            cells=cells,
        )
    )


def command(page, name):
    "Run one of JupyterLab's commands."
    return page.evaluate(f"window.jupyterapp.commands.execute({name!r})")


def python(page, code):
    "Run `code` in the notebook's kernel and return what it printed."
    return page.evaluate(
        """async code => {
      const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel, said = [];
      const run = kernel.requestExecute({ code });
      run.onIOPub = m => {
        if (m.header.msg_type === "stream") said.push(m.content.text);
        if (m.header.msg_type === "error") said.push(m.content.ename + ": " + m.content.evalue);
      };
      await run.done; return said.join(""); }""",
        code,
    )


def players(page, count=1):
    "The frames of `page` that hold a player, when there are `count`."
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found = [f for f in page.frames if f.evaluate("!!window.player")]
        if len(found) >= count:
            return found
        page.wait_for_timeout(100)
    raise AssertionError(f"{count} players expected, {len(found)} found")


def until(page, condition, seconds=30):
    "Wait until `condition()` holds; it says itself what is wrong if it never does."
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        page.wait_for_timeout(100)
    assert condition()


# The drawing of a live figure as a picture of its own: on white, without what only helps to drag.
PICTURE = """place => {
  const svg = place.figure.svg.cloneNode(true);
  for (const key of ["class", "role"]) svg.removeAttribute(key);
  svg.setAttribute("data-caption", place.figure.figure.caption);
  const style = svg.querySelector("style");
  style.textContent = style.textContent.replace(/\\s+/g, " ").trim();
  for (const knob of svg.querySelectorAll(".handle")) {
    knob.querySelector("[fill=transparent]").remove();
    for (const { name } of [...knob.attributes])
      if (!["class", "transform"].includes(name)) knob.removeAttribute(name);
  }
  const paper = document.createElementNS(svg.namespaceURI, "rect");
  for (const [key, value] of Object.entries({ width: "100%", height: "100%", fill: "#fff" }))
    paper.setAttribute(key, value);
  style.after(paper);
  return new XMLSerializer().serializeToString(svg) + "\\n";
}"""


def with_figure(page, name, width=640):
    "`page` with the figure `name` alone in it, `width` pixels wide."
    from dogfight_nb.interactive import figure_script

    page.set_viewport_size(dict(width=width, height=900))
    page.set_content(
        '<meta name="viewport" content="width=device-width"><style>body { margin: 0 }</style>'
        f'<div class="dogfight-figure" data-figure="{name}"></div>'
    )
    page.add_script_tag(content=figure_script(name))
    return page


def first_picture(page, name):
    "What the figure `name` shows when nobody has touched it, as SVG."
    return with_figure(page, name).locator(".dogfight-figure").evaluate(PICTURE)

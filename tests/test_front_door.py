"""What a newcomer does first: run a cell of the index, type a command, install the package."""

import contextlib
import fnmatch
import io
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "dogfight_nb"


# --- the index


def cells_of_the_index():
    cells = json.loads((ROOT / "index.ipynb").read_text())["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("number", range(4))
def test_a_cell_runs_alone_and_anywhere(number, tmp_path):
    "The table of results, and the first three cells that a reader sees."
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    source = cells_of_the_index()[number]
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_first_cell_that_is_shown_flies():
    shown = [source for source in cells_of_the_index() if not source.startswith("#|")]
    assert "fly()" in shown[0]


# --- the package


def test_the_wheel_holds_every_file():
    "Every file of the package is a module or is named by the package data."
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["dogfight_nb"]
    tracked = subprocess.run(
        ["git", "ls-files", "dogfight_nb"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    found = [Path(name).relative_to("dogfight_nb").as_posix() for name in tracked]
    found = found or [p.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*") if p.is_file()]
    data = [name for name in found if not name.endswith((".py", ".pyc"))]
    left_out = [n for n in data if not any(fnmatch.fnmatch(n, pattern) for pattern in patterns)]
    assert len(data) > 20 and left_out == []


# --- the terminal

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
TABLES = (
    "pilots",
    "presets",
    "runs",
    "runs champion",
    "match ace champion -n 4",
    "table ace do_nothing chaser dogfighter brawler champion -n 2",
    "evaluate ace --against chaser,first-ace -n 2",
    "tournament ace chaser champion -n 4",
    "validate {models}/champion/policy.onnx",
)


@pytest.mark.parametrize("columns", [80, 100, 140])
def test_output_fits_the_terminal(columns, monkeypatch):
    "No line is longer than the terminal, and no word of a table is broken."
    from dogfight_nb.cli import main

    monkeypatch.setenv("COLUMNS", str(columns))
    # the widest table is worth its time only where it does not fit
    for line in TABLES if columns == 80 else TABLES[:5]:
        words = line.format(models=PACKAGE / "models").split()
        with contextlib.redirect_stdout(io.StringIO()) as out:
            assert main(words) == 0
        text = out.getvalue()
        assert max(map(len, text.splitlines())) <= columns, line
        assert "…" not in text, line


def seen_in_a_terminal(columns, *words, **environment):
    "What a command prints into a terminal of so many columns."
    import fcntl
    import pty
    import struct
    import termios

    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    hidden = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    env |= dict(PYTHONPATH=str(ROOT), TERM="xterm-256color") | environment
    command = [sys.executable, "-m", "dogfight_nb.cli", *words]
    with subprocess.Popen(command, stdout=its, stderr=its, stdin=its, env=env) as process:
        os.close(its)
        text = b""
        # a terminal whose last program is gone ends with an error
        with contextlib.suppress(OSError):
            while part := os.read(mine, 65536):
                text += part
    os.close(mine)
    return process.returncode, text.decode()


def test_colour_is_for_terminals(monkeypatch):
    pytest.importorskip("pty")
    for columns in (80, 100):
        code, text = seen_in_a_terminal(columns, "--help")
        assert code == 0 and ESCAPES.search(text)
        assert max(map(len, ESCAPES.sub("", text).splitlines())) <= columns
    assert "\x1b[31m" in seen_in_a_terminal(80, "match", "ace", "nobody")[1]
    assert "\x1b[31m" not in seen_in_a_terminal(80, "match", "ace", "nobody", NO_COLOR="1")[1]
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    command = [sys.executable, "-m", "dogfight_nb.cli", "match", "ace", "nobody"]
    piped = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert piped.returncode == 2 and "\x1b" not in piped.stderr

"""Machines unlike ours: terminals without Unicode, disks that refuse, Ctrl-C at any time."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "import sys; from dogfight_nb.cli import main; sys.exit(main())"


def environment(**more):
    return {k: v for k, v in os.environ.items() if not k.startswith("PYTHONIO")} | {
        "PYTHONPATH": str(ROOT),
        **more,
    }


# --- terminals


LOCALE = dict(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
TERMINALS = [
    ("ascii", dict(PYTHONIOENCODING="ascii")),
    ("ascii", LOCALE),
    ("latin-1", dict(PYTHONIOENCODING="latin-1")),
    ("cp1252", dict(PYTHONIOENCODING="cp1252")),
]


def told(folder, encoding, **more):
    "What some commands, each in its own kind of words, say in a terminal of that `encoding`."
    lines = [
        "match ace brawler -n 4",
        f"fly ace --no-open --out {folder}/fly.html",
        "runs",
        "evaluate nobody",
        "--help",
    ]
    program = f"from dogfight_nb.cli import main\nfor line in {lines}: main(line.split())"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment(**more), capture_output=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return (done.stdout + done.stderr).decode(encoding)


@pytest.fixture(scope="module")
def in_unicode(tmp_path_factory):
    return told(tmp_path_factory.mktemp("fly"), "utf-8", PYTHONIOENCODING="utf-8")


@pytest.mark.parametrize("encoding, more", TERMINALS, ids=lambda v: str(v)[:28])
def test_a_terminal_without_unicode(encoding, more, in_unicode, tmp_path):
    "Whatever a command says, it says in the characters that there are."
    said = told(tmp_path, encoding, **more)
    assert "\\u" not in said and "?" not in set(said) - set(in_unicode)
    assert len(said.splitlines()) == len(in_unicode.splitlines())
    assert re.search(r"hit points left \d\.\d [-–] \d", said)


# --- Ctrl-C


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("line", ["match ace brawler -n 9999999", "table ace chaser -n 9999999"])
def test_ctrl_c_is_one_line(line):
    # tests in the background are born deaf to Ctrl-C, and so would be the command
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    command = [sys.executable, "-c", hears + COMMAND, *line.split()]
    pipes = dict(stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with subprocess.Popen(command, env=environment(), start_new_session=True, **pipes) as process:
        # its first thread, then it compiles or plays
        while process.poll() is None and len(os.listdir(f"/proc/{process.pid}/task")) < 2:
            time.sleep(0.05)
        time.sleep(0.2)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "dogfight: stopped\n")

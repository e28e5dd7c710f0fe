"""Tournaments that files or their user disturb: the fault of a file is its own, and what was flown
is kept."""

import _thread
import html
import json
import re
import signal

import pytest
from test_board import onnx_file

from dogfight_nb import tournament as tournament_module
from dogfight_nb.rules import InputError
from dogfight_nb.tournament import tournament


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory):
    "A tournament with a file that is refused and one with a hostile name, and its folder."
    folder = tmp_path_factory.mktemp("disturbed")
    hostile = "<img src=x onerror=alert(1)>|`**\u202e.onnx"
    files = onnx_file(folder / "refused.onnx", width=4), onnx_file(folder / hostile, 0.6)
    pilots = ["ace", "do_nothing", *files]
    t = tournament(pilots, matches=40, seed=1, out=folder / "out", progress=False)
    return t, folder / "out"


def test_a_refused_file_forfeits_without_a_match(disturbed):
    t, _ = disturbed
    assert "4 wide" in t.forfeits["refused"] and "refused" not in t.ratings
    assert not t.games.played("ace", "refused")
    assert (t.table[-1]["name"], t.table[-1]["rank"]) == ("refused", None)


def test_a_hostile_name_is_text_and_never_markup(disturbed):
    t, out = disturbed
    page, shown = (out / "index.html").read_text(), t._repr_markdown_()
    assert "<img" not in page and "onerror=alert(1)&gt;" in page
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:|//)", page)
    assert "<script>" not in html.unescape(page.split("<body>")[1].split("<h2>How")[0])
    assert len(re.findall('<script type="application/json" id="m', page)) == 3
    assert "<img" not in shown and "**`" not in shown
    rows = [line for line in shown.split("\n") if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1


def test_a_file_that_changes_while_it_flies_forfeits(tmp_path, monkeypatch):
    victim = onnx_file(tmp_path / "victim.onnx", 0.6)
    plainly = tournament_module.play_job

    def spoils(job, *rest, **more):
        found = plainly(job, *rest, **more)
        onnx_file(victim, 0.15)
        return found

    monkeypatch.setattr(tournament_module, "play_job", spoils)
    changed = tournament(["ace", "chaser", victim], matches=60, seed=1, progress=False)
    assert "changed" in changed.forfeits["victim"] and changed.finished


def test_ctrl_c_keeps_what_was_flown_and_leaves_no_child(tmp_path, monkeypatch):
    plainly, pools = tournament_module.play_job, []

    def interrupted(job, entrants, pool, *rest):
        pools.append(pool)
        if len(pools) == 3:
            _thread.interrupt_main()
        return plainly(job, entrants, pool, *rest)

    monkeypatch.setattr(tournament_module, "play_job", interrupted)
    pilots = ["ace", "chaser", onnx_file(tmp_path / "circler.onnx", 0.6)]
    # a job in the background is born deaf to Ctrl-C
    deaf = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        t = tournament(pilots, matches=4000, seed=2, out=tmp_path / "out", progress=False)
    finally:
        signal.signal(signal.SIGINT, deaf)
    assert not t.finished and t.reason.startswith("stopped by hand"), t.reason
    assert 0 < len(t) < 2000
    assert json.loads((tmp_path / "out" / "tournament.json").read_text())["finished"] is False
    assert not pools[0].idle and not pools[0].in_use


def test_no_time_is_refused():
    with pytest.raises(InputError, match="minutes = 0"):
        tournament(["ace", "chaser"], minutes=0)

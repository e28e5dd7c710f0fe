"""Boards that are killed, damaged and lied to: what is flown must stay flown, and only once."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from dogfight_nb import board as board_module
from dogfight_nb.board import board
from dogfight_nb.loading import shipped_pilots
from dogfight_nb.match_store import MatchStore, identity
from dogfight_nb.pairings import collect_entrants
from dogfight_nb.rules import InputError
from dogfight_nb.search import search_with

ROOT = Path(__file__).resolve().parents[1]


def onnx_file(path, turn=0.5, width=3, late=False):
    """A file that always turns at the same rate with full throttle; `late`: it answers NaN from
    the third second on; `width`: of its answer."""
    port = helper.make_tensor_value_info
    stored = dict(start=[0], stop=[width], last=[55], end=[56], axis=[1], late=np.float32(0.97))
    stored |= dict(early=np.float32(0.5))
    stored |= dict(zero=np.float32(0), answer=np.float32([[turn, 1, 1] + [0] * (width - 3)]))
    node = helper.make_node
    nodes = [
        node("Slice", ["x", "start", "stop", "axis"], ["s"]),
        node("Mul", ["s", "zero"], ["z"]),
        node("Add", ["z", "answer"], ["steady"]),
        node("Slice", ["x", "last", "end", "axis"], ["left"]),
        node("Sub", ["left", "late"], ["d0"]),
        node("Sub", ["left", "early"], ["d1"]),
        # the root of a number below 0 from the third second on, but not for zeros
        node("Mul", ["d0", "d1"], ["d"]),
        node("Sqrt", ["d"], ["root"]),
        node("Mul", ["root", "zero"], ["nothing"]),
        node("Add", ["steady", "nothing"], ["a"]),
    ]
    nodes = nodes if late else nodes[:2] + [node("Add", ["z", "answer"], ["a"])]
    graph = helper.make_graph(
        nodes,
        "g",
        [port("x", TensorProto.FLOAT, ["N", 224])],
        [port("a", TensorProto.FLOAT, ["N", width])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in stored.items()],
    )
    opset = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path


def fly(pilots, out=None, **options):
    return board(pilots, out, progress=False, **{"spawns": 2, **options})


def rows(b):
    "The table without what a name is."
    return [{k: v for k, v in row.items() if k != "name"} for row in b.table]


def test_files_of_all_kinds(tmp_path):
    "Refused, forfeiting, copied, with one name, with a hostile one: all are listed, nobody stops."
    hostile = "<img src=x onerror=alert(1)>|`**\u202e.onnx"
    files = [
        onnx_file(tmp_path / "one" / "twin.onnx", 0.3),
        onnx_file(tmp_path / "two" / "twin.onnx", -0.3),
        onnx_file(tmp_path / "three" / "copy.onnx", 0.3),
        onnx_file(tmp_path / "wide.onnx", width=4),
        onnx_file(tmp_path / "late.onnx", 0.05, late=True),
        onnx_file(tmp_path / hostile, 0.1),
    ]
    (tmp_path / "text.onnx").write_text("no model")
    b = fly(["ace", *files, tmp_path / "text.onnx"], tmp_path / "out")
    table = {row["name"]: row for row in b.table}
    flying = {name for name, row in table.items() if not row["refused"]}
    # the copy is the first of its bytes by name
    assert {"ace", "late", "twin (2)", "copy"} <= flying and len(flying) == 5
    assert "wide" in table and "text" in table and table["wide"]["refused"]
    assert any("copy" in note or "twin" in note for note in b.remarks)
    assert len(b) == b.flown == 10 * 4
    # it forfeits at 2.7 s, unless somebody had flown into the ground before
    assert table["late"]["unforced_losses"]["forfeit"] > 0, table["late"]
    for (i, j), results in b.results.items():
        for seat, r in enumerate(results):
            gone = r.reason == "forfeit"
            names = [b.entrants[k].name for k in ((i, j) if seat == 0 else (j, i))]
            assert all(r.outcome[gone] == (-1 if names[0] == "late" else 1))
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<img" not in page and "onerror=alert(1)&gt;" in page and "http:" not in page
    assert "<img" not in b._repr_markdown_()
    assert json.loads((tmp_path / "out" / "board.json").read_text())["table"] == b.table
    # the same from what was kept, under other names
    renamed = files[1].rename(tmp_path / "other.onnx")
    again = fly(["ace", files[0], renamed, *files[2:]], tmp_path / "out")
    assert again.flown == 0 and len(again) == len(b)
    assert {r["sha256"]: r["score"] for r in again.table} == {
        r["sha256"]: r["score"]
        for r in b.table
        if r["sha256"] in {x["sha256"] for x in again.table}
    }


def test_changed_and_removed_files(tmp_path):
    "Changed bytes are a new entrant; who is not named any more is not in the table, and not lost."
    a, b = onnx_file(tmp_path / "a.onnx", 0.2), onnx_file(tmp_path / "b.onnx", 0.4)
    out, pilots = tmp_path / "out", ["ace", a, b]
    first = fly(pilots, out)
    fewer = fly(["ace", a], out)
    assert (fewer.flown, len(fewer), first.flown) == (0, 4, 12)
    old = b.read_bytes()
    onnx_file(b, -0.4)
    assert fly(pilots, out).flown == 8
    b.write_bytes(old)
    back = fly(pilots, out)
    assert back.flown == 0 and back.table == first.table
    # other conditions are other matches
    assert fly(pilots, out, seed=1).flown == fly(pilots, out, spawns=1).flown * 2 == 12


def test_file_that_changes_while_it_flies(tmp_path, monkeypatch):
    "Nothing of it is kept that it did not fly, and the others go on."
    victim, out = onnx_file(tmp_path / "victim.onnx", 0.2), tmp_path / "out"
    plainly = board_module.play_job

    def spoils(job, *rest, **more):
        found = plainly(job, *rest, **more)
        onnx_file(victim, 0.9)
        return found

    monkeypatch.setattr(board_module, "play_job", spoils)
    b = fly(["ace", "brawler", "chaser", victim], out, workers=1)
    refused = {row["name"]: row["refused"] for row in b.table if row["refused"]}
    assert "changed" in refused["victim"] and not b.missing() and len(b) == 3 * 4
    assert all(not r.forfeits for results in b.results.values() for r in results)
    monkeypatch.undo()
    assert fly(["ace", "brawler", "chaser", victim], out).flown == 3 * 4


DAMAGES = {
    "half a line": lambda data: data[:-50],
    "no line end": lambda data: data.rstrip(b"\n"),
    "a digit": lambda data: data.replace(b'"ticks": [', b'"ticks": [1', 1),
    "bytes": lambda data: data[:300] + b"\x00\xff\n" + data[302:],
    "another file": lambda data: b'{"pilots": 3}\n[1]\nnull\n' + data,
    "nothing": lambda data: b"",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_results(tmp_path, damage):
    "What cannot be read is put aside and flown again, and the table is the same."
    out, pilots = tmp_path / "out", ["ace", "brawler", "chaser"]
    whole, kept = fly(pilots, out), tmp_path / "out" / "matches.jsonl"
    kept.write_bytes(DAMAGES[damage](kept.read_bytes()))
    lost = {"no line end": 0, "another file": 0, "nothing": 3}.get(damage, 1)
    again = fly(pilots, out)
    assert again.flown in (4 * lost, 4 * lost + 4 * (damage == "bytes"))
    assert again.table == whole.table
    third = fly(pilots, out)
    assert (third.flown, third.remarks, third.table) == (0, [], whole.table)


CHILD = """
import sys
from dogfight_nb.board import board
pilots = ["ace", "brawler", "chaser", "dogfighter", sys.argv[2]]
board(pilots, sys.argv[1], spawns=40, progress=False)
"""


def lines(out):
    kept = out / "matches.jsonl"
    return kept.read_bytes().count(b"\n") if kept.exists() else 0


def start_child(out, file):
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    command = [sys.executable, "-c", CHILD, str(out), str(file)]
    return subprocess.Popen(command, env=environment, **quiet)


def test_kill_and_ctrl_c(tmp_path):
    "Killed twice and stopped once, a board ends like one that was left alone."
    file, out = onnx_file(tmp_path / "file.onnx", 0.3), tmp_path / "out"
    pilots = ["ace", "brawler", "chaser", "dogfighter", file]
    whole = fly(pilots, spawns=40)
    for how, enough in ((signal.SIGKILL, 1), (signal.SIGKILL, 3), (signal.SIGINT, 5)):
        child, end = start_child(out, file), time.monotonic() + 240
        while lines(out) < enough and child.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        if enough == 1 and child.poll() is None:
            with pytest.raises(InputError, match="another board is being flown"):
                fly(["ace", "chaser"], out)
        child.send_signal(how)
        said = child.communicate(timeout=60)[1]
        assert child.returncode in (0, -how), said
        kept = lines(out)
    last = fly(pilots, out, spawns=40)
    assert last.flown == len(whole) - 80 * kept and last.table == whole.table
    assert rows(last) == rows(whole) and not last.missing()


def test_folders(tmp_path):
    "A folder that is in use or cannot be written is said before anything is flown."
    store = MatchStore(tmp_path / "out")
    with pytest.raises(InputError, match="another board"):
        fly(["ace", "chaser"], tmp_path / "out")
    store.close()
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="choose another folder"):
        fly(["ace", "chaser"], tmp_path / "file" / "out")
    with pytest.raises(InputError, match="at least two"):
        fly(["ace"], tmp_path / "out")
    with pytest.raises(InputError, match="did you mean"):
        fly(["ace", "chasr"], tmp_path / "out")
    # after all that the lock is free
    assert fly(["ace", "chaser"], tmp_path / "out", spawns=1).flown == 2
    shutil.rmtree(tmp_path / "out")


def test_any_match_is_flown_again(tmp_path):
    "From the seed, the seat and its number a match is the same to the last hit point."
    files = [onnx_file(tmp_path / f"{k}.onnx", 0.1 * k) for k in (1, 4)]
    b = fly(["brawler", *files], spawns=3, seed=7)
    names = [e.name for e in b.entrants]
    for (i, j), results in b.results.items():
        for r, pair in zip(results, ((i, j), (j, i))):
            for k in range(3):
                replay = b.replay(*(names[n] for n in pair), k)
                assert replay.end["ticks"] == r.ticks[k] and replay.end["hp"] == r.hp[k].tolist()
                assert replay.end["outcome"] == r.outcome[k] and replay.verify()


def test_a_search_is_known_by_its_networks():
    "Results are kept under what a search consists of: those of another champion are others."
    kept = {e.name: identity(e) for e in collect_entrants(["search", "ace"])}
    assert kept == dict(ace="scripted ace", search=search_with().sha256)
    assert search_with(shipped_pilots()["R1"]).sha256 != kept["search"]

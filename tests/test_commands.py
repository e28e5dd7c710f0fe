"""Options of the commands, and every kind of file that they write."""

import json
import shutil

import pytest

import dogfight_nb.cli  # noqa: F401  (it defines the commands)
from dogfight_nb.command_line import try_line
from dogfight_nb.loading import shipped_pilots
from dogfight_nb.recording import Replay


def works(line):
    "The standard output of a command that must succeed."
    code, out, err = try_line(line)
    assert code == 0, (line, err)
    return out


# --- replay, learning


@pytest.fixture(scope="module")
def duel(tmp_path_factory):
    "The file of a replay."
    file = tmp_path_factory.mktemp("replay") / "duel.npz"
    works(f"replay ace brawler --seed 5 --out {file}")
    return file


BEGINNINGS = dict(
    json=b"{", acmi=b"\xef\xbb\xbfFileType=text/acmi/tacview\n", png=b"\x89PNG", html=b"<!"
)


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_a_match_and_a_replay_become_any_kind_of_file(kind, duel, tmp_path):
    flown, turned = tmp_path / f"flown.{kind}", tmp_path / f"turned.{kind}"
    works(f"replay ace brawler --seed 5 --out {flown}")
    works(f"replay {duel} --out {turned}")
    for file in (flown, turned):
        assert file.read_bytes().startswith(BEGINNINGS[kind])
    if kind == "json":
        assert Replay.load(duel).verify()
        assert Replay.load(flown).end == Replay.load(turned).end == Replay.load(duel).end
        works(f"replay {flown} --out {tmp_path}/again.html")
        assert "brawler" in (tmp_path / "again.html").read_text()


def test_a_replay_becomes_a_film(tmp_path):
    works(f"replay do_nothing do_nothing --match 0 --out {tmp_path}/fall.npz")
    works(f"replay {tmp_path}/fall.npz --out {tmp_path}/fall.gif")
    assert (tmp_path / "fall.gif").read_bytes().startswith(b"GIF89a")


def test_several_replays_are_numbered_or_share_a_page(tmp_path):
    told = json.loads(works(f"replay ace brawler -n 3 --json --out {tmp_path}/some.npz"))
    assert [r["file"] for r in told] == [f"{tmp_path}/some-{k}.npz" for k in range(3)]
    works(f"replay ace brawler --match 2 --out {tmp_path}/third.npz")
    assert Replay.load(tmp_path / "third.npz").end["ticks"] == told[2]["ticks"]
    assert works(f"replay ace chaser -n 3 --out {tmp_path}/many.html").count("many.html") == 3
    assert [file.name for file in tmp_path.glob("*.html")] == ["many.html"]


def test_a_replay_that_cannot_be_written():
    assert try_line("replay ace ace -n 1 --out /proc/none/duel.npz")[0] in (1, 2)


def test_a_run_without_snapshots_has_a_before_and_an_after(tmp_path):
    line = f"learning first-ace --against do_nothing -n 1 --json --out {tmp_path}/two.html"
    assert [r["decisions"] for r in json.loads(works(line))["flights"]] == [0, 5_046_272]


# --- export, validate


@pytest.fixture
def run(tmp_path):
    "A run's folder, as training leaves it."
    return shutil.copytree(shipped_pilots()["first-ace"].parent, tmp_path / "run")


def test_a_temperature_goes_into_the_exported_file(run, tmp_path):
    assert "valid" in works(f"export {run} {tmp_path}/mixed.onnx --temperature 0.5")
    told = json.loads(works(f"validate {tmp_path}/mixed.onnx --json"))
    assert json.loads(told["metadata"]["config"])["temperature"] == 0.5
    works(f"export {run} {tmp_path}/same.onnx --dice 0.5")
    assert (tmp_path / "same.onnx").read_bytes() == (tmp_path / "mixed.onnx").read_bytes()


def test_a_name_or_a_folder_is_validated_and_exported_like_a_file(run, tmp_path):
    for pilot in ("champion", run):
        assert "valid" in works(f"validate {pilot}")
    assert "valid" in works(f"export K64 {tmp_path}/k64.onnx")


def test_a_good_file_has_no_warnings(run):
    told = json.loads(works(f"validate {run} --strict --json"))
    assert (told["batch"], told["warnings"]) == (None, [])


def test_a_search_has_no_temperature(tmp_path):
    code, _, err = try_line(f"export search {tmp_path}/search.onnx --temperature 1")
    assert code != 0 and "a search draws nothing" in err


def test_one_flies_against_the_search_in_a_page(tmp_path):
    works(f"fly search --no-open --out {tmp_path}/fly.html")
    assert "search" in (tmp_path / "fly.html").read_text()

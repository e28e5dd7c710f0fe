"""What ended the old runs, one test a lesson; nbs/90_lessons.ipynb tells the stories."""

import hashlib
import inspect
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from execnb.nbio import read_nb

from dogfight_nb import cloud, cloud_worker
from dogfight_nb.arena import Rewards
from dogfight_nb.league import OpponentPool, SelfPlayConfig, pfsp
from dogfight_nb.match import play
from dogfight_nb.pilots import SCRIPTED_NAMES
from dogfight_nb.policy import Policy, PolicyConfig, load_policy, save_policy
from dogfight_nb.rating import Elo, elo_update
from dogfight_nb.runs import status_of
from dogfight_nb.train import PRESETS, Trainer, preset, resume, train

ROOT = Path(__file__).resolve().parents[1]


def test_every_lesson_has_its_section_and_every_section_its_test():
    """A section's title is its test's name, a lesson of the log names its section, and each
    section has a picture or a table."""
    sections, title = {}, None
    for cell in read_nb(ROOT / "nbs" / "90_lessons.ipynb").cells:
        if cell.cell_type == "markdown":
            rest, *titled = re.split(r"(?m)^## (.+)$", cell.source)
            if title:
                sections[title] += rest
            for title, text in zip(titled[::2], titled[1::2]):
                sections[title] = text
        elif title and any(
            {"image/png", "text/markdown"} & {*o.get("data", {})} for o in cell.outputs
        ):
            sections[title] += "<picture>"
    assert len(sections) == 13
    for title, text in sections.items():
        name = "test_" + re.sub(r"\W+", "_", title.lower())
        assert (
            callable(globals()[name])
            and f"*Test*: `{name}`" in text
            and "**Guard**" in text
            and "<picture>" in text
        ), title
    for lesson, now in json.loads((ROOT / "data" / "seed_runs.json").read_text())["lessons"]:
        assert re.search(r'90_lessons, "(.+)"$', now)[1] in sections, lesson


def gammas(config):
    return [config.ppo.gamma] + [config.self_play.gamma] * bool(
        config.self_play.plays and config.self_play.gamma
    )


def test_discount_and_horizon():
    for name, config in PRESETS.items():
        if name == "baseline_v1":
            continue  # keeps the old mistake, for study
        assert all(config.frame_skip / 120 / (1 - gamma) >= 3.0 for gamma in gammas(config)), name
    assert 120 * (1 - preset("baseline_v1").ppo.gamma) > 1


def test_no_action_repeat():
    assert all(config.frame_skip == 10 for name, config in PRESETS.items() if name != "baseline_v1")


def test_the_exploding_std():
    config = preset("smoke", policy=PolicyConfig(hidden=32, head="gaussian"), learning_rate=0.5)
    trainer = Trainer(replace(config, ppo=replace(config.ppo, ent_coef=1.0)), threads=1)
    for _ in range(4):
        trainer.run_update()
    low, high = config.policy.log_std_bounds
    stds = trainer.policy.log_std.detach().numpy()
    assert (stds <= high).all() and (stds > config.policy.log_std).any()  # it was pushed, and held


def test_sparse_rewards():
    assert all(config.rewards.damage_dealt > 0 for config in PRESETS.values())
    assert Rewards().damage_dealt > Rewards().damage_taken > 0


def test_one_sided_elo():
    ratings, rng = Elo(), np.random.default_rng(0)
    for name in "abcd":
        ratings.add_player(name)
    for _ in range(500):
        a, b = rng.choice(list("abcd"), 2, replace=False)
        ratings.update(a, b, float(rng.random() < (0.9 if a < b else 0.1)))
    assert ratings.total == 4000 and len({ratings[n] for n in "abcd"}) == 4
    assert elo_update(1000, 1000, 1)[1] < 1000


def test_pfsp_on_frozen_ratings():
    pool = OpponentPool(SelfPlayConfig(pool_size=8, sampling="pfsp"), ["ace"])
    pages = [pool.add(f"sp_{k}", k, "", pool.free_slot([])).slot for k in range(3)]
    games = np.zeros((len(pool.slot_owners), 4), int)
    games[pages[0]], games[pages[2]] = (90, 0, 10, 0), (10, 0, 90, 0)
    pool.record(games.tolist(), [[0, 0, 0, 0]])
    shares = pool.shares()
    assert shares[pages[2]] > shares[pages[1]] > shares[pages[0]]
    np.testing.assert_allclose(pfsp([0.5] * 5), 0.2)


def test_a_network_rebuilt_with_other_sizes(tmp_path):
    for hidden, blocks in ((384, 3), (48, 0)):
        path = save_policy(
            Policy(PolicyConfig(hidden=hidden, n_blocks=blocks)), tmp_path / f"{hidden}.safetensors"
        )
        assert (load_policy(path).config.hidden, load_policy(path).config.n_blocks) == (
            hidden,
            blocks,
        )
    assert not {"hidden", "n_blocks", "config", "policy"} & {
        *inspect.signature(load_policy).parameters,
        *inspect.signature(resume).parameters,
    }


def test_a_run_tied_to_a_terminal(tmp_path):
    code = "import sys; from dogfight_nb.train import *; train(preset('smoke', decisions=400_000), sys.argv[1], progress=False)"
    terminal = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "tied")],
        env=dict(os.environ, OMP_NUM_THREADS="1"),
    )
    end = time.monotonic() + 200
    while terminal.poll() is None and not list(
        (tmp_path / "tied" / "checkpoints").glob("*.safetensors")
    ):
        assert time.monotonic() < end
        time.sleep(0.005)
    terminal.send_signal(signal.SIGKILL)
    assert terminal.wait() == -signal.SIGKILL
    resume(tmp_path / "tied", progress=False)
    train(preset("smoke", decisions=400_000), tmp_path / "whole", progress=False)
    assert (tmp_path / "tied" / "policy.safetensors").read_bytes() == (
        tmp_path / "whole" / "policy.safetensors"
    ).read_bytes()


def test_a_time_out_shorter_than_the_job(tmp_path):
    assert cloud_worker.ATTEMPT_SECONDS < cloud_worker.MAX_TIMEOUT_S
    config, states = preset("smoke", decisions=100_000).to_dict(), []
    options = cloud_worker.AttemptOptions(seconds=0.05, matches=2, threads=1)
    while not states or states[-1]["state"] == "CONTINUE":
        states.append(cloud_worker.run_attempt("icarus", config, tmp_path, options=options))
        assert len(states) < 30
    assert states[-1]["state"] == "COMPLETED" and len(states) > 1
    done = [s["done"] for s in states]
    assert (
        done == sorted(done) and len(set(done[:-1])) == len(done) - 1
    )  # each went on where the one before it had ended


def test_a_download_that_clashes(tmp_path):
    class Keep:
        def __init__(self, content):
            self.content = content

        def read_file(self, path):
            yield self.content

    def fetched(content):
        return cloud.fetch_file(
            Keep(content), "run/a.onnx", tmp_path / "a.onnx", hashlib.sha256(content).hexdigest()
        )

    first, new = fetched(b"one")
    assert new and first.read_bytes() == b"one"
    assert fetched(b"one") == (first, False)
    second, new = fetched(b"two")
    assert (
        new and second != first and first.read_bytes() == b"one" and second.read_bytes() == b"two"
    )
    with pytest.raises(cloud_worker.CloudError):
        cloud.fetch_file(
            Keep(b"torn"), "run/b", tmp_path / "b", hashlib.sha256(b"whole").hexdigest()
        )
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([first.name, second.name])


def test_checkpoints_too_far_apart():
    for name, c in PRESETS.items():
        assert (
            c.checkpoint_every * c.num_envs * c.num_steps <= 6_000_000
            and 8 * c.checkpoint_every <= max(c.updates, 8)
        ), name


def test_deaths_without_a_word(tmp_path):
    config, ends = preset("smoke", decisions=40_000), {}

    def crash(metrics):
        if metrics["update"] == 2:
            raise FloatingPointError("the loss is nan")

    with pytest.raises(FloatingPointError):
        train(config, tmp_path / "crashed", progress=False, on_update=crash)
    train(
        config, tmp_path / "asked", progress=False, on_update=lambda metrics: metrics["update"] == 2
    )
    train(config, tmp_path / "through", progress=False)
    code = "import os, signal, sys; from dogfight_nb.train import *; train(preset('smoke', decisions=40_000), sys.argv[1], progress=False, on_update=lambda m: m['update'] == 2 and os.kill(os.getpid(), signal.SIGKILL))"
    assert (
        subprocess.run([sys.executable, "-c", code, str(tmp_path / "slain")]).returncode
        == -signal.SIGKILL
    )
    for name in ("crashed", "asked", "through", "slain"):
        ends[name] = status_of(tmp_path / name).ending
    assert ends["crashed"] == "DIED at update 2: exception: FloatingPointError: the loss is nan"
    assert ends["slain"] in ("DIED at update 1: killed", "DIED at update 2: killed")
    assert ends["asked"].startswith("STOPPED at update 2") and ends["through"] == "COMPLETED"


def test_a_curriculum_solves_it():
    for opponent in SCRIPTED_NAMES:
        pilot = ROOT / "data" / "models" / "first-ace"
        won = (play(pilot, opponent, 100, 31, progress=False).outcome == 1).sum() + (
            play(opponent, pilot, 100, 32, progress=False).outcome == -1
        ).sum()
        assert won >= 190, opponent

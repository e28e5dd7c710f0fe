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
from dogfight_nb.arena import Arena, Rewards
from dogfight_nb.checkpoints import latest_checkpoint
from dogfight_nb.config import preset
from dogfight_nb.league import OpponentPool, SelfPlayConfig, pfsp
from dogfight_nb.match import play
from dogfight_nb.pilots import SCRIPTED_NAMES
from dogfight_nb.policy import Policy, PolicyConfig, load_policy, save_policy
from dogfight_nb.rating import Elo, elo_update
from dogfight_nb.runs import status_of
from dogfight_nb.train import resume, train
from dogfight_nb.trainer import Trainer

ROOT = Path(__file__).resolve().parents[1]
TRAIN = """import json, os, signal, sys
from dogfight_nb.train import TrainConfig, train

def kill(metrics):
    if metrics["update"] == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

train(TrainConfig.from_dict(json.loads(sys.argv[1])), sys.argv[2], progress=False, on_update=kill)
"""


def training_command(config, folder, kill_at=0):
    "Train in a process of its own, which kills itself after update `kill_at`."
    return [sys.executable, "-c", TRAIN, json.dumps(config.to_dict()), str(folder), str(kill_at)]


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
            and "*Guard*" in text
            and "<picture>" in text
        ), title
    for lesson, now in json.loads((ROOT / "data" / "seed_runs.json").read_text())["lessons"]:
        assert re.search(r'90_lessons, "(.+)"$', now)[1] in sections, lesson


def advantages(rollout, shard, ppo):
    "The advantages of a shard as the definition of GAE has them, float [steps, matches]."
    value = rollout.value[shard].numpy().astype(float)
    reward, goes_on = rollout.reward[shard].numpy(), ~rollout.done[shard].numpy()
    out, running = np.zeros_like(reward, float), 0.0
    for t in reversed(range(len(reward))):
        delta = reward[t] + ppo.gamma * value[t + 1] * goes_on[t] - value[t]
        running = delta + ppo.gamma * ppo.gae_lambda * goes_on[t] * running
        out[t] = running
    return out


def test_discount_and_horizon():
    "Self-play discounts as its config says, and no longer as before: a win is seen from afar."
    far = SelfPlayConfig(start=0.0, gamma=preset("champion").self_play.gamma, win=10.0)
    trainer = Trainer(preset("smoke", self_play=far), threads=1)
    before = trainer.config.ppo
    trainer.run_update()
    now = trainer.self_play.ppo_config(before)
    found = trainer.rollout.advantage[0].numpy()
    np.testing.assert_allclose(found, advantages(trainer.rollout, 0, now), atol=1e-4)
    assert np.abs(found - advantages(trainer.rollout, 0, before)).max() > 0.01
    # what is left of a win after three seconds, at the decisions a second of each
    left = [
        ppo.gamma ** (3 * 120 / config.frame_skip)
        for config, ppo in (
            (trainer.config, now),
            (preset("baseline_v1"), preset("baseline_v1").ppo),
        )
    ]
    assert left[0] > 0.8 and left[1] < 0.03


def test_no_action_repeat():
    "A decision lasts `frame_skip` ticks, in which its action is held."
    config = preset("smoke", num_steps=4, decisions=4 * 256)
    for ticks in (1, config.frame_skip):
        arena = Trainer(config.replace(frame_skip=ticks), threads=1).arena
        before = arena.world.field("tick").copy()
        stick = np.tile(np.float32([1, 1, -1]), (arena.n, 1))
        for _ in range(4):
            assert not arena.step(stick)[1].any()
        np.testing.assert_array_equal(arena.world.field("tick") - before, 4 * ticks)


def test_the_exploding_std():
    config = preset("smoke", policy=PolicyConfig(hidden=32, head="gaussian"), learning_rate=0.5)
    trainer = Trainer(replace(config, ppo=replace(config.ppo, ent_coef=1.0)), threads=1)
    for _ in range(4):
        trainer.run_update()
    low, high = config.policy.log_std_bounds
    stds = trainer.policy.log_std.detach().numpy()
    assert (stds <= high).all() and (stds > config.policy.log_std).any()  # it was pushed, and held


def paid_in_between(rewards, decisions=150, n=64):
    "Decisions of a random pilot against ace that are paid while the match goes on."
    arena, rng = Arena(n, ["ace"], rewards, seed=1, threads=1), np.random.default_rng(0)
    low, paid = np.array([-1, 0, -1]), 0
    for _ in range(decisions):
        reward, done = arena.step(rng.uniform(low, 1, (n, 3)).astype(np.float32))
        paid += ((reward != 0) & ~done).sum()
    return paid


def test_sparse_rewards():
    "The default rewards pay hits as they happen; with win and loss alone nothing is heard of them."
    assert paid_in_between(Rewards(0, 0, 2, 2)) == 0
    assert paid_in_between(Rewards()) > 50


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
    slots = [pool.add(f"sp_{k}", k, "", pool.free_slot([])).slot for k in range(3)]
    games = np.zeros((len(pool.slot_owners), 4), int)
    games[slots[0]], games[slots[2]] = (90, 0, 10, 0), (10, 0, 90, 0)
    pool.record(games.tolist(), [[0, 0, 0, 0]])
    shares = pool.shares()
    assert shares[slots[2]] > shares[slots[1]] > shares[slots[0]]
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
    config = preset("smoke", decisions=400_000)
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    terminal = subprocess.Popen(training_command(config, tmp_path / "tied"), env=environment)
    end = time.monotonic() + 200
    while terminal.poll() is None and not list(
        (tmp_path / "tied" / "checkpoints").glob("*.safetensors")
    ):
        assert time.monotonic() < end
        time.sleep(0.005)
    terminal.send_signal(signal.SIGKILL)
    assert terminal.wait() == -signal.SIGKILL
    resume(tmp_path / "tied", progress=False)
    train(config, tmp_path / "whole", progress=False)
    assert (tmp_path / "tied" / "policy.safetensors").read_bytes() == (
        tmp_path / "whole" / "policy.safetensors"
    ).read_bytes()


def test_a_time_out_shorter_than_the_job(tmp_path):
    assert cloud_worker.ATTEMPT_SECONDS < cloud_worker.MAX_TIMEOUT_S
    options = cloud_worker.AttemptOptions(seconds=0.05, matches=2, threads=1)
    config, states = preset("smoke", decisions=100_000).to_dict(), []
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


def test_checkpoints_too_far_apart(tmp_path):
    "A kill costs less than one interval between checkpoints, and the run goes on from there."
    config = preset("smoke", decisions=10 * 256 * 32, checkpoint_every=3)
    folder = tmp_path / "slain"
    slain = subprocess.run(training_command(config, folder, 8))
    assert slain.returncode == -signal.SIGKILL
    _, about, _ = latest_checkpoint(folder)
    assert about["counters"]["updates"] == 6
    run = resume(folder, progress=False)
    assert [row["update"] for row in run.metrics] == list(range(1, 11))
    assert "resumed at update 6 of 10" in (folder / "log.txt").read_text()


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
    slain = subprocess.run(training_command(config, tmp_path / "slain", 2))
    assert slain.returncode == -signal.SIGKILL
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

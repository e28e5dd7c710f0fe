"""The public face with its types: `mypy` reads this file and checks that each name exists, takes
these arguments and returns what is asserted. Nobody runs it."""

from pathlib import Path
from typing import Any, assert_type

import numpy as np

from dogfight_nb.match import Replay, load_pilot, play
from dogfight_nb.physics import World
from dogfight_nb.pilots import scripted
from dogfight_nb.policy import Policy, load_policy
from dogfight_nb.rating import bradley_terry, elo_update
from dogfight_nb.replay import show, to_html
from dogfight_nb.rules import Rules
from dogfight_nb.submit import export_onnx, validate
from dogfight_nb.train import PRESETS, TrainConfig, resume, train

Array = np.ndarray[tuple[Any, ...], np.dtype[Any]]


def physics(states: Array, actions: Array) -> None:
    world = World(16, rules=Rules())
    world.spawn(0, kind="random")
    world.step(actions, ticks=10)
    assert_type(world.states(), Array)
    assert_type(world.done, Array)
    assert_type(world.observe(0), Array)
    assert_type(World.from_states(states, rules=Rules()), World)


def pilots(observations: Array) -> None:
    pilot = scripted("ace")
    pilot.reset(16)
    assert_type(pilot.act(observations), Array)
    assert_type(pilot.name, str)
    load_pilot("champion").act(observations)
    load_pilot(Path("policy.onnx")).reset(16)


def matches() -> None:
    results = play("ace", load_pilot("chaser"), n=1000, seed=0, spawn="random", record=3)
    assert_type(results.outcome, Array)
    assert_type(results.ticks, Array)
    assert_type(results.hp, Array)
    assert_type(results.replays, list[Replay])
    show(results.replays[0])
    assert_type(to_html(results.replays[0], "duel.html"), Path)


def ratings() -> None:
    assert_type(elo_update(1000.0, 1000.0, 1.0), tuple[float, float])
    fit = bradley_terry([("ace", "chaser", 1.0)])
    assert_type(fit["ace"], float)


def training() -> None:
    assert_type(PRESETS["quick"], TrainConfig)
    run = train(PRESETS["quick"], "data/runs/mine", progress=False)
    resume(run.folder)
    policy = load_policy("data/runs/mine")
    assert_type(policy, Policy)
    assert_type(export_onnx(policy, "mine.onnx"), Path)
    assert_type(validate("mine.onnx").milliseconds, float)

"""Short hashes of what the library computes, to show that a change of form changed no number.

python tools/digests.py --write FILE     compute all digests and keep them
python tools/digests.py --check FILE     compute them again; exit code 1 if any differs
python tools/digests.py --only NAME...   only these groups, with either or neither of the above
python tools/digests.py --list           the groups and what they are

A digest is a hash of values in a fixed order; keys and names of fields do not enter it. What it
takes from the library lies in the section "Names": after a rename, change that section only.
The values hold for one processor model and one version of torch, numpy and onnxruntime, which are
written beside them. The script measures the tree it lies in, whatever is installed.
"""

import os

for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"  # torch and BLAS choose how they multiply by the number of threads

import argparse
import base64
import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import zlib
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np
import onnx
import torch
from safetensors.torch import load_file

import dogfight_nb

# other functions and classes
from dogfight_nb.arena import Rewards
from dogfight_nb.challenge_replay import challenge_json
from dogfight_nb.curriculum import Curriculum, CurriculumState, scale_phases
from dogfight_nb.events import find_events, turning_points, why_lost
from dogfight_nb.gym import DogfightVectorEnv
from dogfight_nb.league import OpponentPool, SelfPlayConfig, pfsp, smoothed_win_rate

# ---- Names: everything that this script takes from the library ----
# the public face, which stays
from dogfight_nb.match import Replay, load_pilot, play, round_robin, wilson_interval
from dogfight_nb.onnx_graph import graph_from_onnx
from dogfight_nb.onnx_pilot import sample_observations
from dogfight_nb.physics import World, mirror
from dogfight_nb.pilots import scripted
from dogfight_nb.policy import (
    Policy,
    PolicyConfig,
    PolicyPilot,
    checkpoints,
    load_policy,
    read_tensors,
)
from dogfight_nb.ppo import PPOConfig, one_core
from dogfight_nb.rating import (
    Elo,
    bradley_terry,
    elo_update,
    intransitivity,
    likelihood_of_superiority,
    nash,
    notable_replays,
    payoff_matrix,
    sprt,
    upsets,
)
from dogfight_nb.replay import to_html
from dogfight_nb.result_counts import ResultCounts, play_all_pairs
from dogfight_nb.rules import Rules, points, rule_ranges, rules_array, sample_rules
from dogfight_nb.score_table import mean_points, score_table
from dogfight_nb.submit import evaluate, export_onnx, onnx_model, validate
from dogfight_nb.tournament import tournament
from dogfight_nb.train import PRESETS, resume, train
from dogfight_nb.trainer import Trainer, trainer_from_checkpoint

PILOTS = ("do_nothing", "chaser", "dogfighter", "ace", "brawler")

# the keys of a run's metrics, without the times
METRICS = """
update decisions learning_rate win_rate games shares policy_loss value_loss entropy approx_kl
clip_fraction gradient_norm explained_variance gradient_steps std scripted_share self_play_share
pool timeout_share self_play_games exploiter
""".split()

SMOKE = replace(PRESETS["smoke"], decisions=5 * 256 * 32)

LEAGUE = SelfPlayConfig(
    start=0.0,
    transition_updates=3,
    snapshot_every=1,
    pool_size=5,
    exploiter_every=5,
    exploiter_updates=2,
    gamma=0.99,
    ent_coef=0.005,
    damage_taken=1.0,
    win=4.0,
    step_penalty=0.001,
)

CONFIGS = {
    "quick": PRESETS["quick"],
    "smoke": SMOKE,
    "varied": replace(
        SMOKE,
        domain_randomization=0.2,
        frame_skip=8,
        fixed_spawns=0.3,
        curriculum=Curriculum("hardest"),
    ),
    "shaped": replace(
        SMOKE,
        rewards=Rewards(3.0, 1.0, 5.0, 5.0, approach=1e-4, proximity=1e-3, facing=5e-4, alive=1e-3),
        ppo=PPOConfig(
            gamma=0.99,
            gae_lambda=0.95,
            minibatch_size=1024,
            vf_coef=0.5,
            vf_clip_coef=0.2,
            target_kl=0.01,
        ),
    ),
    "schedule": replace(
        SMOKE, curriculum=scale_phases(PRESETS["local_curriculum"].curriculum, 0.02)
    ),
    "gaussian": replace(SMOKE, policy=PolicyConfig(hidden=32, head="gaussian")),
    "blocks": replace(SMOKE, policy=PolicyConfig(hidden=24, n_blocks=2)),
    "frames": replace(SMOKE, policy=PolicyConfig(hidden=16, frames=3)),
    "old": replace(
        PRESETS["local_curriculum"], num_steps=96, policy=PolicyConfig(64, head="gaussian")
    ),
    "league": replace(
        SMOKE,
        decisions=16 * 256 * 32,
        learning_rate=3e-4,
        curriculum=Curriculum(opponents=("do_nothing", "chaser")),
        self_play=LEAGUE,
    ),
    "league_pfsp": replace(
        SMOKE,
        learning_rate=3e-4,
        decisions=14 * 256 * 32,
        self_play=replace(
            LEAGUE,
            sampling="pfsp",
            weighting="variance",
            snapshot_win_rate=0.55,
            gate=True,
            temperature=0.5,
        ),
    ),
    "league_gaussian": replace(
        SMOKE,
        learning_rate=3e-4,
        decisions=12 * 256 * 32,
        policy=PolicyConfig(hidden=16, n_blocks=1, head="gaussian", frames=2),
        self_play=replace(LEAGUE, sampling="uniform", reset_std=True, exploiter_every=0),
    ),
    "league_ready": replace(
        SMOKE,
        decisions=20 * 256 * 32,
        policy=PolicyConfig(),
        curriculum=Curriculum(opponents=("do_nothing",)),
        self_play=SelfPlayConfig(
            start_win_rate=0.01,
            transition_updates=2,
            sampling="latest",
            snapshot_every=2,
            external_opponents=tuple(
                str(ROOT / f"data/models/rivals/{name}.safetensors") for name in "AB"
            ),
        ),
    ),
}


def metric_values(run):
    "The metrics of a run, update by update, without times and texts."
    return [numbers([row.get(name) for name in METRICS]) for row in run.metrics]


def pool_values(run):
    "Who is and was in the pool of a league: updates, pages, recent games, ratings, games, weights."
    state = read_tensors(checkpoints(run.folder)[0], "checkpoint")
    trainer = trainer_from_checkpoint(*state, threads=1)
    pool = trainer.self_play.pool
    everybody = [
        (
            e.update,
            e.slot,
            e.recent,
            e.rating,
            e.low,
            e.high,
            -1 if e.evicted is None else e.evicted,
        )
        for e in pool.members + pool.removed
    ]
    return everybody, numbers(pool.results.rows()), pool.shares(), trainer.arena.policy_bank.weights


def target_trainer(target, start=None):
    "A learner that meets only `target`."
    config = replace(SMOKE, policy=start.config if start else SMOKE.policy)
    return Trainer(config, threads=1, target=target, start=start)


def ratings_values(r):
    "The numbers of a Bradley-Terry fit."
    return r.rating, r.low, r.high, r.covariance, r.draw, r.games, len(r.notes)


def score_values(rows):
    "The numbers of a score table."
    fields = "points games wins draws losses by_elimination mean low high seats".split()
    return [[getattr(row, name) for name in fields] for row in rows]


def result_values(r):
    "How the matches of a `play` ended."
    return r.outcome, r.reason, r.ticks, r.hp, r.hits, r.shots


def replay_arrays(r):
    "The arrays and the end of a replay."
    arrays = r.start, r.actions, r.ticks, r.frames, r.bullets, r.traces, r.end
    return arrays, r.seed, r.index, r.spawn, r.stride, list(rules_array(r.rules))


def sprt_values(s):
    "Where a sequential test stands."
    return s.llr, s.lower, s.upper, s.verdict, s.games, s.score


def upset_values(u):
    "A pair for which ratings mislead."
    return u.winner, u.loser, u.won, u.games, u.p


def rules_values(many):
    "Every number of some rules."
    return np.stack([rules_array(r) for r in many])


PLAYER = ROOT / "dogfight_nb" / "player"  # where the JavaScript lies
SCRIPTS = ("game.js", "graph.js", "flight.js")
PAGE_DATA = r'<script type="application/json" id="dogfight">(.*?)</script>'
PAGE_ARRAYS = "blob"  # the key in it of the packed arrays

JS_MATCH = """
const answer = data.pairs.map((pair, m) => {
  const duel = new Flight.Duel(data.rules, data.starts[m]);
  const pilots = pair.map(name => Flight.pilot(name, data.rules)), rows = [];
  for (let k = 0; k < data.decisions; k++) {
    const seen = [duel.observe(0), duel.observe(1)];
    duel.step(pilots.map((p, seat) => p.act(seen[seat])), 10);
    rows.push([...duel.state(), ...seen[0], ...seen[1]]);
  }
  return rows;
});"""

JS_GOLDEN = """
const answer = data.starts.map((start, e) => {
  const duel = new Flight.Duel(data.rules, start), rows = [];
  for (let k = 0; k < data.ticks[e]; k++) {
    duel.step(data.actions[e][Math.floor(k / 10)], 1);
    rows.push(Array.from(duel.state()));
  }
  return rows;
});"""

JS_NETWORK = """
const pilot = Flight.pilot(data.pilot, data.rules);
const answer = data.observations.map(o => Array.from(pilot.act(Float32Array.from(o))));"""

# ---- Hashes ----


def feed(h, x):
    "Add the values in `x` to the hash `h`, in order; of a dict only its values."
    if isinstance(x, torch.Tensor):
        x = x.detach().cpu().numpy()
    if isinstance(x, np.generic):
        x = x.item()
    if isinstance(x, np.ndarray):
        h.update(f"array {x.dtype.str} {x.shape} ".encode() + np.ascontiguousarray(x).tobytes())
    elif isinstance(x, dict):
        feed(h, list(x.values()))
    elif isinstance(x, (list, tuple)):
        h.update(f"list {len(x)} ".encode())
        for value in x:
            feed(h, value)
    elif isinstance(x, bytes):
        h.update(b"bytes " + x)
    elif x is None or isinstance(x, (bool, int, float, str)):
        h.update(f"{type(x).__name__} {x!r} ".encode())
    else:
        raise TypeError(f"no hash of a {type(x).__name__}")


def short_hash(x):
    "The first 16 hexadecimal digits of the SHA-256 of the values in `x`; a truth value as it is."
    if isinstance(x, bool):
        return str(x)
    h = hashlib.sha256()
    feed(h, x)
    return h.hexdigest()[:16]


def numbers(x):
    "`x` with lists for dicts and without texts."
    if isinstance(x, dict):
        x = list(x.values())
    if isinstance(x, (list, tuple)):
        return [numbers(value) for value in x if not isinstance(value, str)]
    return x


# counts that tables have had only since the digests were written
NEWER = ("unforced_losses", "unforced_losses_opponent", "board_score", "board_elo")


def older(row):
    "The dict `row` without `NEWER`."
    return {key: value for key, value in row.items() if key not in NEWER}


GROUPS = {}


def digest(function):
    "Register `function`, which returns {part: values}: a digest each, called function/part."
    GROUPS[function.__name__] = function
    return function


# ---- The game ----

GOLDEN = ROOT / "data" / "golden"
PUBLIC = Rules()


@lru_cache
def golden(name):
    "The arrays of a recording of the public engine."
    with np.load(GOLDEN / f"{name}.npz") as file:
        return dict(file)


def episodes():
    "(start, actions, number of ticks) of the recorded open-loop episodes."
    g = golden("physics")
    action, state = g["action_offsets"], g["state_offsets"]
    for e, start in enumerate(g["start"]):
        yield start, g["actions"][action[e] : action[e + 1]], int(state[e + 1] - state[e])


def flown_open_loop(start, actions, ticks):
    "States after every tick of one episode."
    world = World.from_states(start[None])
    return [
        world.step(actions[k // 10].reshape(1, 2, 3), ticks=1).states()[0] for k in range(ticks)
    ]


@digest
def golden_physics():
    "States after every tick of the recorded episodes, after every decision of long matches."
    states = np.array([s for episode in episodes() for s in flown_open_loop(*episode)])
    same = np.array_equal(states, golden("physics")["states"])
    return dict(states=states, same_as_recorded=same, long=recorded_matches("long")[1])


def recorded_matches(name):
    "Observations [n, 2, 224] and states [n, 25] along the recorded matches."
    g, seen, states = golden(name), [], []
    for first, end in zip(g["offsets"], g["offsets"][1:]):
        world = World.from_states(g["states"][first : first + 1])
        for k in range(first, end):
            states.append(world.states()[0])
            seen.append([world.observe(seat)[0] for seat in range(2)])
            world.step(g["actions"][k][None])
    return np.array(seen), np.array(states)


@digest
def golden_observations():
    "What both seats see along the recorded matches of scripted pilots."
    seen, states = recorded_matches("matches")
    same = np.array_equal(seen, golden("matches")["observations"])
    return dict(observations=seen, states=states, same_as_recorded=same)


def random_flight(n, rules=PUBLIC, threads=1):
    "States, bullets and observations after 60 decisions of random actions."
    rng, world = np.random.default_rng(5), World(n, rules, threads)
    world.spawn(5)
    seen = []
    for _ in range(60):
        seen = [world.observe(0), world.observe(1)]
        world.step(rng.uniform(-1.5, 1.5, (n, 2, 3)))
    return world.states(), world.bullets(), seen


@digest
def world():
    "Random flights under the public rules, on one thread and two, and under varied rules."
    varied = sample_rules(200, rule_ranges(0.2), 2)
    return dict(
        one=random_flight(300), two=random_flight(300, threads=2), varied=random_flight(200, varied)
    )


@digest
def rules():
    "Derived numbers of the public rules, rules drawn at random, tournament points."
    drawn = [sample_rules(50, rule_ranges(share), seed) for share, seed in ((0.2, 0), (0.5, 1))]
    paid = points([1, 1, 0, -1, -1], ["elimination", "time-out"] * 2 + ["elimination"])
    return dict(
        public=rules_values([PUBLIC]),
        drawn=[rules_values(many) for many in drawn],
        ranges=numbers(rule_ranges(0.2)),
        points=paid,
    )


@digest
def scripted_matches():
    "How matches of every ordered pair of scripted pilots end, from random and from fixed spawns."
    pairs = [(a, b) for a in PILOTS for b in PILOTS]
    many = {"random": 60, "fixed": 1}
    return {
        spawn: [result_values(play(a, b, n, 3, spawn, progress=False)) for a, b in pairs]
        for spawn, n in many.items()
    }


@digest
def other_matches():
    "Matches of networks, under varied rules, on two threads, recorded or not, and a round robin."
    first_ace, varied = (
        PolicyPilot(load_policy(MODELS / "first-ace")),
        sample_rules(40, rule_ranges(0.3), 1),
    )
    games = dict(
        network=play(first_ace, "ace", 60, 4, threads=2, progress=False),
        itself=play(first_ace, first_ace, 40, 5, progress=False),
        varied=play("ace", "brawler", 40, 6, rules=varied, progress=False),
        recorded=play("chaser", "ace", 40, 7, record=40, progress=False),
        sampling=play(PolicyPilot(first_ace.policy, sample=True), "ace", 40, 8, progress=False),
    )
    everybody = round_robin(PILOTS[1:], 20, 2, progress=False)
    told = {name: older(r.summary()) for name, r in games.items()}
    for summary in told.values():
        # newer, too; an evaluation has always had it
        del summary["mean_seconds"]
    summaries = {f"{name}_summary": numbers(summary) for name, summary in told.items()}
    return {
        **{name: result_values(r) for name, r in games.items()},
        "summaries": list(summaries.values()),
        "round_robin": [result_values(r) for row in everybody.results for r in row],
    }


@digest
def gymnasium():
    "Observations, rewards and ends of a vector environment under random actions."
    weights = {"ace": 2, "chaser": 1}
    env = DogfightVectorEnv(32, weights, Rewards(approach=1e-4, proximity=1e-3, facing=5e-4))
    rng, rows = np.random.default_rng(1), [env.reset(seed=3)[0]]
    for _ in range(120):
        actions = rng.uniform([-1, 0, -1], 1, (32, 3)).astype(np.float32)
        rows.append(list(env.step(actions)[:4]))
    return dict(rows=rows)


# ---- Policies and their files ----

MODELS = ROOT / "data" / "models"


def seen_by(pair, seed):
    "Every fourth observation of both seats in 25 matches of two scripted pilots: [2000, 224]."
    w, pilots, rows = World(25), [scripted(name) for name in pair], []
    w.spawn(seed)
    for p in pilots:
        p.reset(25)
    for k in range(160):
        seen = [w.observe(0), w.observe(1)]
        rows += seen if k % 4 == 0 else []
        w.step(np.stack([p.act(o) for p, o in zip(pilots, seen)], 1))
    return np.concatenate(rows)


@lru_cache
def observations():
    "10 000 observations from play of scripted pilots."
    return np.concatenate([seen_by((name, "ace"), seed) for seed, name in enumerate(PILOTS)])


@digest
def inputs():
    "The observations that pilots and policies are asked about here and in the export's check."
    return dict(
        observations=observations(), mirrored=mirror(observations()), export=sample_observations()
    )


def answers_of_files(name):
    "The actions of a shipped model by its ONNX file, and of its weights in several ways."
    pilot, policy = load_pilot(MODELS / name / "policy.onnx"), load_policy(MODELS / name)
    pilot.reset(len(observations()))
    seen, generator = torch.from_numpy(observations()), torch.Generator().manual_seed(4)
    with torch.no_grad():
        raw = policy(seen)
    return dict(
        onnx=pilot.act(observations()),
        weights=list(policy.parameters()),
        policy=policy.act(seen),
        raw=raw,
        sampled=policy.act(seen, generator),
        dice=policy.with_temperature(0.7).act(seen),
        mind=PolicyPilot(policy).introspect(observations()),
        run_folder=act_once(load_pilot(MODELS / name)),
    )


def act_once(pilot):
    "The answers of `pilot` to the observations."
    pilot.reset(len(observations()))
    return pilot.act(observations())


@digest
def champion():
    "The champion's answers to 10 000 observations, by ONNX Runtime and by torch."
    return answers_of_files("champion")


@digest
def first_ace():
    "The first ace's answers to 10 000 observations, by ONNX Runtime and by torch."
    return answers_of_files("first-ace")


POLICIES = {
    "levels": PolicyConfig(),
    "gaussian": PolicyConfig(hidden=32, head="gaussian"),
    "blocks": PolicyConfig(hidden=24, n_blocks=2, frames=3, yaw_levels=(-1, 0, 1)),
    "dice": PolicyConfig(hidden=16, temperature=0.5),
}


@digest
def fresh_policies():
    "First weights and answers of new policies of every kind."
    seen, found = torch.from_numpy(observations()[:500]), {}
    for name, config in POLICIES.items():
        policy = Policy(config, seed=3)
        sampled = policy.act(seen, torch.Generator().manual_seed(1))
        found[name] = [list(policy.parameters()), policy.act(seen), sampled]
    return found


def attribute_values(node):
    "The attributes of an ONNX node without the order they were given in."
    return [
        str(onnx.helper.get_attribute_value(a))
        for a in sorted(node.attribute, key=lambda a: a.name)
    ]


def arithmetic_of(path):
    "What an ONNX file computes: operators, how they are joined, stored numbers; no names."
    graph = onnx.load(str(path)).graph
    number = {"": -1}
    for name in [i.name for i in graph.input] + [t.name for t in graph.initializer]:
        number.setdefault(name, len(number))
    for name in [name for node in graph.node for name in node.output]:
        number.setdefault(name, len(number))
    stored = [onnx.numpy_helper.to_array(t) for t in graph.initializer]
    nodes = [
        [n.op_type, [number[i] for i in n.input], [number[o] for o in n.output]]
        + attribute_values(n)
        for n in graph.node
    ]
    return stored, nodes


def without_metadata(path):
    "An ONNX file's bytes but for the metadata, in which names of the library stand."
    model = onnx.load(path)
    del model.metadata_props[:]
    return model.SerializeToString(deterministic=True)


@digest
def exports():
    "Exported ONNX files: their bytes (which hold names and the version) and their arithmetic."
    policies = {name: Policy(config, seed=3) for name, config in POLICIES.items()}
    policies["champion"] = load_policy(MODELS / "champion")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, policy in policies.items():
            path = export_onnx(policy, Path(folder) / f"{name}.onnx")
            found[f"{name}_bytes"] = without_metadata(path)
            found[f"{name}_arithmetic"] = arithmetic_of(path)
            found[f"{name}_answers"] = act_once(load_pilot(path))
        path = export_onnx(MODELS / "champion", Path(folder) / "dice.onnx", temperature=0.5)
        found["champion_dice"] = arithmetic_of(path), act_once(load_pilot(path))
    return found


@digest
def evaluation():
    "The verdict on the champion's file after a few matches, and the size of the file."
    path = MODELS / "champion" / "policy.onnx"
    verdict = evaluate(path, ("chaser", "ace"), matches=21, seed=5, progress=False)
    report = validate(path)
    return dict(
        rows=numbers([older(row) for row in verdict.rows]),
        size=[report.bytes, report.numbers, report.nodes],
    )


# ---- Training ----


def stop_after(updates):
    "A callback that ends a run after so many updates."
    left = iter(range(updates - 1, -1, -1))
    return lambda metrics: next(left) == 0


def newest_checkpoint(run):
    "Hashes of the arrays in a run's newest checkpoint, in no order, without the metrics as text."
    tensors = load_file(checkpoints(run.folder)[0])
    for name in tensors:
        # won, drawn, lost, timeouts: what else is counted of matches came later
        if name.split(".")[-1] in ("recent", "tile_results"):
            tensors[name] = tensors[name][..., :4].contiguous()
    return sorted(short_hash(t) for t in tensors.values() if t.dtype != torch.uint8)


def run_values(run, league=False):
    "What a run has computed."
    values = dict(
        weights=list(run.policy.parameters()),
        metrics=metric_values(run),
        checkpoint=newest_checkpoint(run),
    )
    return values | (dict(pool=pool_values(run)) if league else {})


def flown(name, updates=None, stop=None, league=False, **options):
    "Train the config called `name` (with `stop`: interrupted after so many updates, and resumed)."
    after = [stop, updates - stop] if stop else [updates]
    config, halts = CONFIGS[name], [stop_after(n) for n in after]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        run = train(config, out, progress=False, on_update=halts[0], **options)
        if stop:
            run = resume(out, progress=False, on_update=halts[1], **options)
        return run_values(run, league)


@digest
def train_quick():
    "Three updates of the quick preset on one thread."
    return flown("quick", 3, threads=1)


@digest
def train_quick_threads():
    "Three updates of the quick preset on two threads."
    return flown("quick", 3, threads=2)


@digest
def train_workers():
    "Five updates of a small run shared by two processes."
    return flown("smoke", 5, workers=2)


@digest
def train_small():
    "Five updates of a small run in one process."
    return flown("smoke", 5, threads=1)


@digest
def train_resumed():
    "The same small run, interrupted after two updates and resumed."
    return flown("smoke", 5, stop=2, threads=1)


@digest
def train_kinds():
    "Small runs: varied rules, shaped rewards, schedule, gaussian, blocks, frames, old preset."
    names = "varied shaped schedule gaussian blocks frames old".split()
    found = {name: flown(name, 5, threads=2) for name in names}
    return {f"{name}_{part}": v for name, parts in found.items() for part, v in parts.items()}


@digest
def train_league():
    "A league from the first update on, with a snapshot every update and two exploiters."
    return flown("league", 16, threads=2, league=True)


@digest
def train_league_resumed():
    "The same league, interrupted while an exploiter trains, and resumed."
    return flown("league", 16, stop=6, threads=1, league=True)


@digest
def train_league_workers():
    "The same league, shared by two processes."
    return flown("league", 16, workers=2, league=True)


@digest
def train_league_kinds():
    "Leagues that sample by pfsp with a gate, a gaussian league, and one with guests."
    names = dict(league_pfsp=14, league_gaussian=12, league_ready=20)
    found = {name: flown(name, n, threads=2, league=True) for name, n in names.items()}
    return {f"{name}_{part}": v for name, parts in found.items() for part, v in parts.items()}


def hunted(target, start=None):
    "Weights and metrics after three updates against `target` alone."
    with one_core():  # as `train` sees to by itself
        trainer = target_trainer(target, start)
        rows = [trainer.run_update() for _ in range(3)]
    metrics = [numbers([row.get(name) for name in METRICS]) for row in rows]
    return list(trainer.policy.parameters()), metrics


@digest
def train_against():
    "A learner against one policy, against one pilot, and from given weights."
    champion, first = load_policy(MODELS / "champion"), load_policy(MODELS / "first-ace")
    return dict(
        policy=hunted(champion, first), pilot=hunted(PolicyPilot(first)), scripted=hunted("ace")
    )


# ---- Curriculum and league ----


def share_history(curriculum, games):
    "The opponents' shares before each update, given the games of all updates."
    state, shares = CurriculumState(curriculum), []
    for update, row in enumerate(games):
        shares.append(state.weights)
        state.record(update, row)
    return np.array(shares)


@digest
def curricula():
    "Shares of the opponents over 200 updates of made-up results, for every kind of curriculum."
    rng = np.random.default_rng(0)
    skill = 0.98 / (1 + np.exp((np.arange(5) * 35 + 10 - np.arange(200)[:, None]) / 8))
    played = rng.integers(0, 120, (200, 5))
    won = rng.binomial(played, skill)
    drawn = (played - won) // 2
    games = np.stack([won, drawn, played - won - drawn], 2)
    kinds = [
        Curriculum(weights=(2, 1, 1, 1, 1)),
        scale_phases(PRESETS["local_curriculum"].curriculum, 1 / 3),
        Curriculum("promotion"),
        Curriculum("hardest"),
    ]
    return dict(
        shares=[share_history(c, games) for c in kinds],
        wilson=[wilson_interval(k, 37) for k in range(38)],
    )


@digest
def opponent_sampling():
    "Prioritised shares for three weightings, and smoothed win rates."
    rates = np.random.default_rng(1).random(20)
    shares = [pfsp(rates, kind, 1.7) for kind in ("linear", "hard", "variance")]
    smooth = [smoothed_win_rate(w, d, w + d + 3) for w in range(9) for d in range(4)]
    return dict(shares=shares, nobody=pfsp(np.ones(4)), smoothed=smooth)


def fed_pool(sampling, rng):
    "A pool after 40 updates of made-up games; (shares, ratings) along the way."
    pool, rows = (
        OpponentPool(
            SelfPlayConfig(start=0.0, sampling=sampling, pool_size=6, snapshot_win_rate=0.6), PILOTS
        ),
        [],
    )
    for update in range(40):
        if pool.snapshot_due(update):
            page = pool.free_slot([])
            pool.add(f"s{update:02}", update, "", page)
        games = rng.integers(1, 30, (len(pool.slot_owners) + len(PILOTS), 4))
        games[:, 3] //= 30
        games[[k for k, owner in enumerate(pool.slot_owners) if owner is None]] = 0
        pool.record(games[: -len(PILOTS)].tolist(), games[-len(PILOTS) :].tolist())
        rows.append([pool.shares(), [(e.win_rate, e.rating, e.low, e.high) for e in pool.members]])
    return rows, pool.strongest.update, pool.newest_snapshot.update, pool.passes_gate()


@digest
def pools():
    "Shares and ratings in a pool with made-up games, for every way of sampling."
    kinds = ("latest", "uniform", "pfsp", "mixed")
    return {kind: fed_pool(kind, np.random.default_rng(k)) for k, kind in enumerate(kinds)}


# ---- Ratings ----


def made_up_games(n, most, seed, chain=False):
    "Seeded games between n players, their strengths 60 points apart; `chain`: neighbours only."
    rng, games = np.random.default_rng(seed), ResultCounts()
    for i in range(n):
        for j in range(i + 1, min(i + 2, n) if chain else n):
            for spawn in ("random", "fixed"):
                p = 1 / (1 + 10 ** (60 * (i - j) / 400))
                total = int(rng.integers(1, most))
                won, drawn = rng.binomial(total, 0.9 * p), rng.binomial(total, 0.05)
                drawn = min(int(drawn), total - int(won))
                lost = total - int(won) - drawn
                games.add_counts(f"p{i:02}", f"p{j:02}", int(won), drawn, lost, spawn)
    return games


@lru_cache
def flown_games():
    "ResultCounts of the scripted pilots from both spawns."
    games = ResultCounts()
    for a in PILOTS[1:]:
        for b in PILOTS[1:]:
            if a != b:
                games.add(play(a, b, 20, 9, progress=False))
                games.add(play(a, b, 1, 9, "fixed", progress=False))
    return games


@digest
def elo():
    "Elo updates of numbers and arrays, and ratings game by game."
    rng, book = np.random.default_rng(3), Elo(k=24.0)
    a, b, score = (
        rng.normal(1000, 200, 300),
        rng.normal(1000, 300, 300),
        rng.integers(0, 3, 300) / 2,
    )
    one_by_one = [elo_update(float(x), float(y), float(s)) for x, y, s in zip(a, b, score)]
    arrays = elo_update(a, b, score, 16.0)
    for k, s in zip(rng.integers(0, 7, 300), score):
        book.update(f"p{k}", f"p{(k + 1 + int(2 * s)) % 7}", float(s))
    return dict(numbers=one_by_one, arrays=arrays, book=[book[n] for n in sorted(book.ratings)])


def ill_posed():
    "Triples with a player who lost every game, and two groups that never met."
    won = [("a", "b", 1), ("b", "c", 1), ("a", "c", 0.5), ("c", "a", 1), ("c", "d", 1)] * 3
    return won, won + [("x", "y", 1), ("y", "x", 1), ("x", "y", 0.5)]


@digest
def bradley_terry_fits():
    "Ratings and intervals of seeded games: plain, anchored, per spawn, without a finite answer."
    many, few = made_up_games(12, 80, 0), made_up_games(6, 12, 1, chain=True)
    loser, parts = ill_posed()
    fits = dict(
        plain=bradley_terry(many),
        anchored=bradley_terry(many, anchors={"p03": 1000.0, "p07": 1200.0}, confidence=0.9),
        fixed=bradley_terry(many, spawn="fixed"),
        chain=bradley_terry(few),
        loser=bradley_terry(loser),
        loser_prior=bradley_terry(loser, prior=300.0, anchors={"a": 1500.0}),
        loser_none=bradley_terry(loser, prior=None),
        parts=bradley_terry(parts),
        flown=bradley_terry(flown_games()),
    )
    found = {name: ratings_values(r) for name, r in fits.items()}
    pairs = [("p00", "p01"), ("p05", "p02")]
    found["probabilities"] = [fits["plain"].probabilities(*p) for p in pairs]
    found["superiority"] = [
        *(fits["plain"].likelihood_of_superiority(*p) for p in pairs),
        likelihood_of_superiority(12, 7),
    ]
    return found


@digest
def payoffs():
    "Payoff tables, Nash mixtures, intransitivity and upsets of seeded and of flown games."
    circle = np.array([[0.5, 0.9, 0.2], [0.1, 0.5, 0.8], [0.8, 0.2, 0.5]])
    cycle = (
        ResultCounts()
        .add_counts("a", "b", 90, 2, 10)
        .add_counts("b", "c", 80, 0, 20)
        .add_counts("c", "a", 70, 5, 30)
    )
    many = made_up_games(9, 60, 4)
    return dict(
        tables=[
            payoff_matrix(many),
            payoff_matrix(many, points=True),
            payoff_matrix(flown_games(), spawn="random"),
        ],
        nash=[nash(circle), nash(payoff_matrix(many)), nash(payoff_matrix(flown_games()))],
        intransitivity=[intransitivity(g) for g in (circle, cycle, many, flown_games())],
        upsets=[[upset_values(u) for u in upsets(g)] for g in (cycle, many)],
        counts=[cycle.counts, many.counts],
        league=play_all_pairs(["chaser", "ace", "brawler"], 20, seed=4).counts,
        cell=[replay_arrays(r) for r in notable_replays("ace", "brawler", 16, 3)],
    )


@digest
def tests_and_tables():
    "Sequential tests, score tables and mean points."
    counts = [(w, d, w // 2 + 3) for w in range(0, 200, 13) for d in (0, 5)]
    tables = [
        score_table(flown_games()),
        score_table(flown_games(), "fixed"),
        score_table(made_up_games(5, 30, 7)),
    ]
    endings = np.random.default_rng(2).integers(0, 20, (30, 5))
    return dict(
        sprt=[sprt_values(sprt(*c)) for c in counts],
        scores=[score_values(t) for t in tables],
        names=[[row.name for row in t] for t in tables],
        mean_points=mean_points(endings),
    )


@digest
def tournaments():
    "The matches, ratings and order of a small tournament of scripted pilots and two networks."
    networks = [PolicyPilot(load_policy(MODELS / name), name) for name in ("champion", "first-ace")]
    t = tournament([*PILOTS[1:], *networks], matches=120, seed=3, workers=1, progress=False)
    flown = sorted((r.names, r.spawn, short_hash(result_values(r))) for r in t.results)
    return dict(
        matches=flown, ratings=ratings_values(t.ratings), order=[r["name"] for r in t.table]
    )


# ---- Replays ----


@lru_cache
def recorded():
    "Replays of scripted pilots and of the champion, at two strides."
    champion = PolicyPilot(load_policy(MODELS / "champion"), "champion")
    scripted_ones = play("ace", "brawler", 8, 3, record=3, progress=False).replays
    network = play(champion, "ace", 8, 3, record=2, progress=False).replays
    coarse = play("chaser", "dogfighter", 4, 1, "fixed", 1, stride=10, progress=False).replays
    return tuple(scripted_ones + network + coarse)


def shipped():
    "The replays that lie beside the shipped models."
    return [Replay.load(MODELS / name / "replay.npz") for name in ("champion", "first-ace")]


@digest
def replay_files():
    "Arrays of replays before and after a file, of shipped files, and whether flying again agrees."
    with tempfile.TemporaryDirectory() as folder:
        again = [Replay.load(r.save(Path(folder) / "r.npz")) for r in recorded()]
        through_json = [Replay.load(r.save(Path(folder) / "r.json")) for r in recorded()]
    return dict(
        recorded=[replay_arrays(r) for r in recorded()],
        saved=[replay_arrays(r) for r in again],
        through_json=[replay_arrays(r) for r in through_json],
        shipped=[replay_arrays(r) for r in shipped()],
        verified=[r.verify() for r in [*again, *through_json, *shipped()]],
    )


@digest
def replay_json():
    "Replays in the public challenge's format."
    return dict(text=[json.dumps(challenge_json(r)) for r in [*recorded(), *shipped()]])


@digest
def replay_stories():
    "Events and turning points of replays; texts apart from numbers."
    replays = [*recorded(), *shipped()]
    told = [[list(p) for n in (5, 60) for p in turning_points(r, n)] for r in replays]
    lost = [why_lost(r) for r in replays]
    return dict(
        events=[[list(e) for e in find_events(r)] for r in replays],
        turning_points=numbers(told),
        why_lost=numbers([list(p) if p else None for p in lost]),
        texts=[[p[-1] for p in points_] for points_ in told],
    )


@digest
def replay_page():
    "The arrays inside a page of the player, unpacked."
    with tempfile.TemporaryDirectory() as folder:
        page = Path(to_html(list(recorded()[:4]), Path(folder) / "page.html")).read_text()
    data = json.loads(re.search(PAGE_DATA, page, re.DOTALL)[1])
    return dict(arrays=zlib.decompress(base64.b64decode(data[PAGE_ARRAYS])))


# ---- The game in JavaScript ----


def javascript(code, **data):
    "What node makes of `code` behind the player's scripts: its variable `answer`, as JSON."
    node = shutil.which("node")
    if not node:
        raise RuntimeError("node is not installed")
    text = "\n".join((PLAYER / name).read_text() for name in SCRIPTS)
    text += (
        f"\nconst data = {json.dumps(data)};{code}\nprocess.stdout.write(JSON.stringify(answer));"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".js") as file:
        file.write(text)
        file.flush()
        return json.loads(subprocess.run([node, file.name], check=True, capture_output=True).stdout)


def kernel_match(pair, start, law, decisions):
    "States and what both seats saw at every decision of one match, by the kernels."
    w, pilots, rows = World.from_states(start[None], law), [scripted(name) for name in pair], []
    for p in pilots:
        p.reset(1, law)
    for _ in range(decisions):
        seen = [w.observe(0), w.observe(1)]
        w.step(np.stack([p.act(o) for p, o in zip(pilots, seen)], 1))
        rows.append(np.concatenate([w.states()[0], seen[0][0], seen[1][0]]))
    return rows


@digest
def javascript_matches():
    "States and observations of matches flown in JavaScript, and whether the kernels agree."
    pairs, found = [(a, b) for a in PILOTS for b in PILOTS[1:]], {}
    other = Rules(gun_cooldown_ticks=20, bullet_lifetime_ticks=75, gravity=100, half_width=400)
    for name, law in (("public", PUBLIC), ("other", other)):
        w = World(len(pairs), law)
        w.spawn(8)
        given = dict(rules=rules_array(law).tolist(), starts=w.states().tolist(), pairs=pairs)
        got = np.array(javascript(JS_MATCH, decisions=90, **given), np.float32)
        want = [kernel_match(pair, s, law, 90) for pair, s in zip(pairs, w.states())]
        found[name] = got
        found[f"{name}_same_as_kernels"] = np.array_equal(got, np.array(want, np.float32))
    return found


@digest
def javascript_golden():
    "States after every tick of the recorded episodes, flown in JavaScript."
    starts, actions, ticks = zip(*episodes())
    given = dict(
        starts=[s.tolist() for s in starts],
        actions=[a.reshape(-1, 2, 3).tolist() for a in actions],
        ticks=ticks,
        rules=rules_array(PUBLIC).tolist(),
    )
    states = np.array(sum(javascript(JS_GOLDEN, **given), []), np.float32)
    same = np.array_equal(states, golden("physics")["states"])
    return dict(states=states, same_as_recorded=same)


@digest
def javascript_network():
    "The champion's and two fresh policies' answers to 200 observations in JavaScript."
    models = dict(champion=load_policy(MODELS / "champion"))
    models |= {name: Policy(POLICIES[name], seed=3) for name in ("gaussian", "dice")}
    seen, law = observations()[::50].tolist(), rules_array(PUBLIC).tolist()
    found = {}
    for name, policy in models.items():
        pilot = dict(name=name, graph=graph_from_onnx(onnx_model(policy), "policy"))
        answers = javascript(JS_NETWORK, pilot=pilot, rules=law, observations=seen)
        found[name] = np.array(answers, np.float32)
    return found


# ---- The command ----


def processor():
    "The processor's model."
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ()
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def environment():
    "What decides the bits beside the code."
    names = ("torch", "numpy", "numba", "scipy", "onnx", "onnxruntime")
    node = shutil.which("node")
    spoken = subprocess.run([node, "--version"], capture_output=True, text=True) if node else None
    return dict(
        processor=processor(),
        python=platform.python_version(),
        **{name: version(name) for name in names},
        node=spoken.stdout.strip() if spoken else None,
    )


def compute(names):
    "{group/part: digest} of the groups `names`; a group that fails has its error instead."
    found = {}
    for name in names:
        begun = time.perf_counter()
        try:
            found |= {f"{name}/{part}": short_hash(x) for part, x in GROUPS[name]().items()}
        except Exception as e:
            traceback.print_exc()
            found[f"{name}/error"] = f"{type(e).__name__}: {e}"[:200]
        print(f"{time.perf_counter() - begun:6.1f} s  {name}", file=sys.stderr, flush=True)
    return found


def differences(old, new, names):
    "Lines about digests of the groups `names` that differ between two results."
    keys = [key for key in {**old, **new} if key.split("/")[0] in names]
    return [
        f"{key}: {old.get(key, 'none')} before, {new.get(key, 'none')} now"
        for key in keys
        if old.get(key) != new.get(key)
    ]


def check(path, found, names):
    "Compare with the file at `path`; returns how many digests differ."
    kept = json.loads(Path(path).read_text())
    here = environment()
    for key, value in kept["environment"].items():
        if here.get(key) != value:
            print(f"note: {key} was {value}, is {here.get(key)}: bits may differ for that reason")
    lines = differences(kept["digests"], found, names)
    print("\n".join(lines + [f"{len(found)} digests computed, {len(lines)} differ from {path}"]))
    return len(lines)


def arguments():
    "The command line, parsed."
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", metavar="FILE", help="keep the digests in FILE")
    parser.add_argument("--check", metavar="FILE", help="compare with FILE; exit 1 if any differs")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=GROUPS, help="these groups only"
    )
    parser.add_argument("--list", action="store_true", help="name the groups and end")
    return parser.parse_args()


def main():
    "Compute, then write, check or print."
    given = arguments()
    if given.list:
        print("\n".join(f"{name:22} {f.__doc__}" for name, f in GROUPS.items()))
        return 0
    if ROOT not in Path(dogfight_nb.__file__).resolve().parents:
        sys.exit(f"dogfight_nb is {dogfight_nb.__file__}, not the one in {ROOT}")
    names, begun = given.only or list(GROUPS), time.perf_counter()
    found = compute(names)
    seconds = round(time.perf_counter() - begun)
    result = dict(
        command=f"python tools/digests.py {' '.join(sys.argv[1:])}",
        environment=environment(),
        seconds=seconds,
        digests=found,
    )
    failed = [key for key in found if key.endswith("/error")]
    if given.write:
        Path(given.write).write_text(json.dumps(result, indent=1) + "\n")
    if given.check:
        return 1 if check(given.check, found, names) or failed else 0
    if not given.write:
        print(json.dumps(result, indent=1))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

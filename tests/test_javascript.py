"""Policies of many shapes in the browser: graph.js answers as ONNX Runtime does, and a match
against one ends as in Python."""

import base64
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hosts import chromium

from dogfight_nb.javascript import player_scripts
from dogfight_nb.match import play
from dogfight_nb.onnx_graph import graph_from_onnx
from dogfight_nb.onnx_pilot import sample_observations
from dogfight_nb.physics import World
from dogfight_nb.policy import Policy, PolicyConfig, PolicyPilot, load_policy
from dogfight_nb.rules import Rules, rules_array
from dogfight_nb.submit import export_onnx, onnx_model

FIRST_ACE = Path(__file__).parent.parent / "data/models/first-ace"
RULES = rules_array(Rules()).tolist()
SHAPES = {
    "first-ace at temperature 0.5": None,
    "levels at temperature 1, 2 frames": dict(temperature=1, frames=2),
    "levels, 3 blocks of 96, 4 frames": dict(hidden=96, n_blocks=3, frames=4),
    "gaussian, 1 block, 2 frames": dict(head="gaussian", n_blocks=1, frames=2),
}
RUN = """
const g = Graph.load(graph), text = atob(seen), bytes = new Uint8Array(text.length), out = [];
for (let k = 0; k < bytes.length; k++) bytes[k] = text.charCodeAt(k);
const x = new Float32Array(bytes.buffer);
for (let k = 0; k < x.length; k += 224) out.push(Array.from(g.run(x.subarray(k, k + 224))));
return out;"""
DUELS = """
return starts.map(start => {
  const duel = new Flight.Duel(rules, start);
  const flying = pair.map(p => Flight.pilot(p, rules));
  while (!duel.done) duel.step(flying.map((p, seat) => p.act(duel.observe(seat))), 10);
  const {tick, outcome, reason, fighters, hits, shots} = duel;
  return [tick, outcome, reason, fighters[4], fighters[12], ...hits, ...shots];
});"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as b:
        yield b


@pytest.fixture(scope="module")
def observations():
    return sample_observations(n=32, decisions=40, seed=4)


def in_browser(browser, tmp_path, code, **data):
    "What a function with the body `code` returns behind the player's scripts; `data`: variables."
    task = f"function task() {{ const {{{', '.join(data)}}} = DATA;\n{code}\n}}"
    scripts = player_scripts("game", "graph", "flight")
    text = f"{scripts}\nconst DATA = {json.dumps(data)};\n{task}"
    path = tmp_path / "page.html"
    path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><script>{text}</script>')
    page = browser.new_page()
    page.goto(path.as_uri())
    try:
        return page.evaluate("task()")
    finally:
        page.close()


def made(shape):
    "A policy whose weights are all random, those too that training starts from zero."
    if shape is None:
        return load_policy(FIRST_ACE).with_temperature(0.5)
    torch.manual_seed(0)
    policy = Policy(PolicyConfig(**shape))
    with torch.no_grad():
        for p in policy.parameters():
            p.add_(0.1 * torch.randn_like(p))
    return policy


@pytest.mark.parametrize("name", SHAPES)
def test_answers_as_onnx_runtime(browser, tmp_path, observations, name):
    path = export_onnx(made(SHAPES[name]), tmp_path / "policy.onnx")
    x = observations if SHAPES[name] is None else observations[::2]
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    want = session.run(None, {"observation": x})[0]
    # our own file: no need to validate it
    graph, seen = graph_from_onnx(onnx.load(path), name), base64.b64encode(x.tobytes()).decode()
    got = np.array(in_browser(browser, tmp_path, RUN, graph=graph, seen=seen), np.float32)
    assert len(got) > 600 and len(np.unique(want.round(2), axis=0)) > 3
    if "gaussian" in name:
        assert np.abs(got - want).max() < 1e-5
        assert (np.sign(got[:, 2]) != np.sign(want[:, 2])).sum() <= 1
    else:
        # a near tie may fall either way on another processor
        assert (got != want).any(1).sum() <= 1


def ends(r):
    "The numbers of `DUELS` from the results `r`."
    outcome, late = np.array([0, 1, 2])[r.outcome], r.reason == "time-out"
    rows = [r.ticks, outcome, late, *r.hp.T, *r.hits.T, *r.shots.T]
    return np.stack(rows, 1).astype(int).tolist()


def test_a_temperature_flies_the_same_match(browser, tmp_path):
    mixed, world, ends_of = made(None), World(5), {}
    world.spawn(11)
    for name, source in (("mixed", mixed), ("greedy", load_policy(FIRST_ACE))):
        pair = [dict(name="it", graph=graph_from_onnx(onnx_model(source), name)), "ace"]
        starts = world.states().tolist()
        got = in_browser(browser, tmp_path, DUELS, rules=RULES, starts=starts, pair=pair)
        want = ends(play(PolicyPilot(source), "ace", n=5, seed=11, progress=False))
        # a near tie may fall either way on another processor
        assert sum(a == b for a, b in zip(got, want)) >= 4
        ends_of[name] = got
    assert ends_of["mixed"] != ends_of["greedy"]


def test_a_policy_and_its_file_are_one_graph(tmp_path):
    file = export_onnx(FIRST_ACE, tmp_path / "mixed.onnx", temperature=0.5)
    graphs = [graph_from_onnx(onnx_model(source), "it") for source in (made(None), file)]
    assert graphs[0]["nodes"] == graphs[1]["nodes"]

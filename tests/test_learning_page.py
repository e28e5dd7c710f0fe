"""The page that learns, in a real Chromium: its features, GAE, gradients and steps are Python's,
its duels fly again in Python, and what it learns is worth something."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from dogfight_nb.challenge_replay import from_challenge
from dogfight_nb.features import FEATURE_SCALING, write_features, write_pull_up
from dogfight_nb.javascript import player_scripts
from dogfight_nb.kernels import f32
from dogfight_nb.learning_page import learning_page_html, page_config, page_settings, senses_js
from dogfight_nb.match import load_pilot
from dogfight_nb.onnx_pilot import sample_observations
from dogfight_nb.physics import FRAME, World
from dogfight_nb.policy import Policy, PolicyPilot
from dogfight_nb.ppo import Batch, gae, ppo_loss

CONFIG = page_config()
PPO = CONFIG.ppo
ROWS, STEPS = 256, 4
SETTINGS = page_settings(CONFIG) | dict(steps=STEPS, matches=ROWS // STEPS)
LEARNER = """
const learner = new Learn.Learner(settings, Float32Array.from(weights));
for (const name of ["features", "log_prob", "value", "advantage", "target", "choice"])
  learner[name].set(batch[name]);
"""


@pytest.fixture(scope="module")
def scripts(browser, tmp_path_factory):
    "A page with the scripts of the worker, and nothing else."
    text = player_scripts("game", "senses", "matmul", "learn")
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(f'<!DOCTYPE html><meta charset="utf-8"><script>{text}</script>')
    page = browser.new_page()
    page.goto(path.as_uri())
    yield page
    page.close()


def answer(page, code, **data):
    "What a function with the body `code` returns; `data`: variables."
    return page.evaluate(f"({{{', '.join(data)}}}) => {{ {code} }}", data)


@pytest.fixture(scope="module")
def policy():
    "A policy whose weights are all random, also those that training starts from zero."
    policy = Policy(CONFIG.policy, seed=1)
    torch.manual_seed(0)
    with torch.no_grad():
        for p in policy.parameters():
            p.add_(0.05 * torch.randn_like(p))
    return policy


@pytest.fixture(scope="module")
def batch(policy):
    "Decisions of real matches, as if an older policy had made them."
    observations = torch.from_numpy(sample_observations(n=16, decisions=30, seed=4)[:ROWS])
    rng = np.random.default_rng(0)
    x, _ = policy.inputs(observations)
    firsts, heads = np.cumsum((0, *CONFIG.policy.heads[:2])), CONFIG.policy.heads
    choice = firsts + rng.integers(0, heads, (ROWS, 3))
    with torch.no_grad():
        logits, value = policy.actor(x).split(heads, 1), policy.critic(x)[:, 0]
    each = zip(logits, torch.from_numpy(choice - firsts).split(1, 1))
    log_prob = sum(head.log_softmax(1).gather(1, chosen)[:, 0] for head, chosen in each)
    draw = [torch.from_numpy(rng.normal(0, s, ROWS).astype(f32)) for s in (0.4, 0.3, 1, 1)]
    fields = x, torch.from_numpy(choice), log_prob + draw[0], value + draw[1], draw[2]
    return Batch(*fields, value + draw[3])


def weights_of(policy):
    return torch.cat([p.detach().reshape(-1) for p in policy.parameters()]).tolist()


def given(policy, batch):
    "What `LEARNER` needs."
    fields = {name: field.reshape(-1).tolist() for name, field in batch._asdict().items()}
    return dict(settings=SETTINGS, weights=weights_of(policy), batch=fields)


# --- the same as in Python


def test_senses_are_fresh():
    assert player_scripts("senses") == senses_js(), "a kernel has changed: run `make export`"


def test_features_are_those_of_python(scripts):
    frames = sample_observations(n=32, decisions=40, seed=4)[:, :56]
    assert len(frames) > 1000
    low = frames[:100].copy()
    low[:, [FRAME.altitude, FRAME.sin_yaw]] = 0.03, -0.8  # close to the ground, and diving
    frames = np.concatenate([frames, low])
    want = np.zeros((len(frames), 46), f32)
    for frame, row in zip(frames, want):
        sign = f32(-1 if frame[1] < 0 else 1)
        write_features(frame, sign, FEATURE_SCALING, row[:44])
        write_pull_up(frame, True, row[44:])
    code = """return frames.map(frame => {
      const out = new Float32Array(46);
      Senses.write_features(frame, frame[1] < 0 ? -1 : 1, out, 0);
      Senses.write_pull_up(frame, out, 44);
      return Array.from(out); });"""
    got = np.array(answer(scripts, code, frames=frames.tolist()), f32)
    assert (want[:, 44] == 1).any() and (frames[:, 1] < 0).any()
    assert np.array_equal(got, want)


def test_a_product_of_matrices(scripts):
    rng = np.random.default_rng(0)
    for rows, inner, columns in ((4, 1, 4), (64, 44, 64), (8, 7, 12), (12, 64, 4)):
        A, B = rng.normal(size=(rows, inner)), rng.normal(size=(inner, columns))
        S = rng.normal(size=columns)
        code = """
          const store = new Learn.Store(4), kept = x => {
            const a = store.floats(x.length); a.set(x); return a.byteOffset; };
          const C = store.floats(rows * columns), [a, t, b, s] = [A, T, B, S].map(kept);
          const plain = [b, s, rows, inner, 4 * columns, 4 * inner, 4, 0];
          const turned = [b, s, rows, inner, 4 * columns, 4, 4 * rows, 0];
          store.multiply(C.byteOffset, a, ...plain, -Infinity);
          const first = Array.from(C);
          store.multiply(C.byteOffset, t, ...turned, 0);
          return [first, Array.from(C)];"""
        arrays = dict(A=A, T=A.T, B=B, S=S)
        flat = {name: a.reshape(-1).tolist() for name, a in arrays.items()}
        sizes = dict(rows=rows, inner=inner, columns=columns)
        first, turned = answer(scripts, code, **flat, **sizes)
        want = (A @ B + S).reshape(-1)
        assert np.allclose(first, want, atol=1e-5)
        assert np.allclose(turned, np.maximum(want, 0), atol=1e-5)


def test_gae_is_that_of_python(scripts):
    rng = np.random.default_rng(1)
    T, n = 40, 8
    reward, value = rng.normal(size=(T, n)).astype(f32), rng.normal(size=(T + 1, n)).astype(f32)
    done, want = rng.random((T, n)) < 0.1, np.zeros((T, n), f32)
    gae(reward, done, value, f32(PPO.gamma), f32(PPO.gae_lambda), want)
    code = """const advantage = new Float32Array(reward.length);
      Learn.gae(reward, done, value, gamma, gae_lambda, advantage, n);
      return Array.from(advantage);"""
    arrays = dict(reward=reward, done=done, value=value)
    data = {name: a.reshape(-1).tolist() for name, a in arrays.items()}
    got = answer(scripts, code, gamma=PPO.gamma, gae_lambda=PPO.gae_lambda, n=n, **data)
    assert np.allclose(got, want.reshape(-1), atol=1e-5) and done.any()


def torch_gradient(policy, batch):
    "(flat gradient, statistics) by autograd, in float64."
    A = batch.advantage.double()
    normalised = (A - A.mean()) / (A.std(correction=0) + 1e-8)
    exact = Policy(CONFIG.policy).double()
    exact.load_state_dict(policy.state_dict())
    fields = [f.double() if f.is_floating_point() else f for f in batch]
    b = Batch(*fields)._replace(advantage=normalised)
    L, stats = ppo_loss(exact, PPO, exact.actor(b.features), exact.critic(b.features)[:, 0], b)
    L.backward()
    return torch.cat([p.grad.reshape(-1) for p in exact.parameters()]).numpy(), stats.numpy()


def test_gradient_is_that_of_pytorch(scripts, policy, batch):
    code = (
        LEARNER
        + """learner.normalise(); learner.work_out(0, learner.rows);
      return [learner.unpack(learner.gradient), learner.stats].map(x => Array.from(x));"""
    )
    got, stats = map(np.array, answer(scripts, code, **given(policy, batch)))
    want, told = torch_gradient(policy, batch)
    assert 0.05 < told[4] < 0.95  # some ratios are clipped, some are not
    assert np.allclose(stats, told, rtol=1e-5)
    assert np.linalg.norm(got - want) < 1e-5 * np.linalg.norm(want)
    sizes = np.cumsum([p.numel() for p in policy.parameters()])[:-1]
    for a, b in zip(np.split(got, sizes), np.split(want, sizes)):
        assert np.linalg.norm(a - b) < 1e-5 * np.linalg.norm(b)


def test_steps_are_those_of_pytorch(scripts, policy, batch):
    "Three steps of Adam, each along the gradient cut to its longest."
    code = (
        LEARNER
        + """learner.normalise();
      const norms = [0, 1, 2].map(() => {
        learner.work_out(0, learner.rows); return learner.adam(0.002); });
      return [norms, Array.from(learner.unpack(learner.weights))];"""
    )
    norms, got = answer(scripts, code, **given(policy, batch))
    moved = Policy(CONFIG.policy)
    moved.load_state_dict(policy.state_dict())
    optimizer = torch.optim.Adam(moved.parameters(), lr=0.002, eps=1e-5)
    for norm in norms:
        g = torch.from_numpy(torch_gradient(moved, batch)[0]).float()
        assert g.norm().item() == pytest.approx(norm, rel=1e-4) and norm > PPO.max_grad_norm
        for p, part in zip(moved.parameters(), g.split([p.numel() for p in moved.parameters()])):
            p.grad = part.view_as(p)
        torch.nn.utils.clip_grad_norm_(moved.parameters(), PPO.max_grad_norm)
        optimizer.step()
    assert np.abs(np.array(got) - weights_of(moved)).max() < 1e-5


def test_rewards_add_up(scripts, policy):
    "By the match: of hits dealt and taken and of the result, whichever seat the learner has."
    code = """
      const { Arena, Store } = Learn, arena = new Arena(new Store(), 16, settings, 3);
      const { FIGHTER, MATCH } = Game, sums = new Float64Array(16), found = [];
      const before = arena.start.bind(arena);
      arena.start = k => {
        const t = arena.tiles[k], me = arena.seat[k];
        found.push({ k, me, hits: t[FIGHTER.hits + me], taken: t[FIGHTER.hits + 1 - me],
          outcome: t[MATCH.outcome], sum: sums[k] + arena.reward[k] });
        sums[k] = -arena.reward[k];
        before(k); };
      const actions = new Float32Array(48);
      for (let d = 0; d < 1500; d++) {
        for (let i = 0; i < 48; i += 3) {
          actions[i] = Math.sin(d / 20 + i); actions[i + 1] = 1; actions[i + 2] = 1; }
        arena.step(actions);
        for (let k = 0; k < 16; k++) sums[k] += arena.reward[k]; }
      return found;"""
    matches = answer(scripts, code, settings=SETTINGS)
    w = CONFIG.rewards
    for m in matches:
        result = {0: 0, m["me"] + 1: w.win}.get(m["outcome"], -w.lose)
        want = w.damage_dealt * m["hits"] - w.damage_taken * m["taken"] + result
        assert m["sum"] == pytest.approx(want, abs=1e-4)
    assert {m["me"] for m in matches} == {0, 1} and {m["outcome"] for m in matches} >= {1, 2}


def test_a_duel_is_flown_by_the_policy(scripts, policy):
    "What the learner does in it is what the same weights do in Python, decision by decision."
    code = """const learner = new Learn.Learner(settings, Float32Array.from(weights));
      return learner.duel("ace", 5);"""
    duel = answer(scripts, code, settings=SETTINGS, weights=weights_of(policy))
    world, ace = World.from_states(np.float32([duel["start"]])), load_pilot("ace")
    ace.reset(1)
    pilot = PolicyPilot(policy)
    actions = np.float32(duel["actions"]).reshape(-1, 2, 3)
    for both in actions:
        assert np.array_equal(pilot.act(world.observe(0))[0], both[0])
        assert np.array_equal(ace.act(world.observe(1))[0], both[1])
        world.step(both[None])
    assert world.done[0] and len(actions) > 20


# --- the page


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return learning_page_html(tmp_path_factory.mktemp("page") / "learning.html").as_uri()


@pytest.fixture
def page(browser, watch, address):
    page = watch.over(browser.new_page(viewport=dict(width=1280, height=800)))
    page.goto(address)
    page.wait_for_function("window.learning?.worker")
    yield page
    page.close()
    assert watch.errors == [] and watch.requests == []


def learn_until(page, condition):
    page.select_option("[aria-label=pace]", label="full speed")
    page.click("text=Start learning")
    page.wait_for_function(condition, timeout=120_000)


def test_it_learns_and_can_be_flown_against(page):
    first = page.evaluate("Array.from(weights_of(player.data.minds.learner.graph))")
    assert first == weights_of(Policy(CONFIG.policy, CONFIG.seed))
    rates = "learning.curves.newest"
    learn_until(page, f"{rates}.every(rate => rate > 0.75)")
    before = page.evaluate("learning.curves.points.map(p => p[0][1])")
    assert min(before) < 0.6
    page.click("text=Pause")
    page.click("text=Fly against it now")
    page.wait_for_function("!!player.flying")
    assert page.evaluate("[player.flying.seat, player.flying.opponent.name]") == [1, "learner"]
    page.keyboard.press("ArrowUp")
    page.evaluate("player.flying.countdown = 0")
    page.wait_for_function("player.flying.duel.tick > 120")
    page.keyboard.press("Escape")
    flight = from_challenge(page.evaluate("JSON.stringify(player.flown)"))
    weights = page.evaluate("Array.from(weights_of(player.data.minds.learner.graph))")
    assert flight.names == ("learner", "you") and weights != first
    assert_flown_by(weights, flight)


def assert_flown_by(weights, flight):
    "The learner in seat 0 did what these weights do in Python."
    policy = Policy(CONFIG.policy)
    sizes = [p.numel() for p in policy.parameters()]
    for p, part in zip(policy.parameters(), torch.tensor(weights).split(sizes)):
        p.data = part.view_as(p)
    world, pilot = World.from_states(flight.start[None]), PolicyPilot(policy)
    for both in flight.actions:
        assert np.array_equal(pilot.act(world.observe(0))[0], both[0])
        world.step(both[None])
    assert flight.first_difference() is None


def test_duels_renew_themselves(page):
    page.evaluate("player.set_speed(8)")
    learn_until(page, "player.track.label !== 'after 0 decisions' && player.playing")
    assert page.evaluate("player.track.names") == ["learner", "chaser"]
    assert page.evaluate("player.track.end.reason") in ("elimination", "time-out")
    page.wait_for_function("player.track.names[1] === 'dogfighter'", timeout=60_000)


def test_it_pauses_ends_and_begins_anew(page):
    page.evaluate("learning.settings.decisions = 8192; learning.begin_anew()")
    learn_until(page, "learning.told.progress === 1")
    page.wait_for_function("learning.run_button.textContent === 'Learn again'")
    assert page.evaluate("learning.told.decisions") == 8192
    page.evaluate("learning.settings.decisions = 1e6")
    page.click("text=Learn again")
    page.wait_for_function("learning.told.decisions > 8192")
    page.click("text=Pause")
    page.wait_for_timeout(500)
    stood = page.evaluate("learning.told.decisions")
    page.wait_for_timeout(500)
    assert page.evaluate("learning.told.decisions") == stood
    assert page.inner_text("header .go") == "Go on"


def test_nothing_moves_for_whom_it_shall_not(browser, watch, address):
    context = browser.new_context(
        viewport=dict(width=390, height=844), reduced_motion="reduce", color_scheme="dark"
    )
    page = watch.over(context.new_page())
    page.goto(address)
    page.wait_for_function("window.learning?.worker")
    learn_until(page, "player.track.label !== 'after 0 decisions'")
    assert not page.evaluate("player.playing") and page.evaluate("player.whole_path")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    label = page.get_attribute(".curves svg", "aria-label")
    assert label.startswith("Win rate over")
    context.close()
    assert watch.errors == [] and watch.requests == []


def test_settings_are_those_of_quick():
    kept = json.loads(json.dumps(page_settings(CONFIG)))
    assert kept["ppo"]["minibatch_size"] % 64 == 0 and kept["matches"] % 64 == 0
    assert replace(PPO, minibatch_size=8192) == type(PPO)()

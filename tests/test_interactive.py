"""The interactive figures of 39_interactive: their formulas are those of Python, they answer to
mouse and keys, they live in a saved notebook without a kernel, and where scripts do not run their
first picture is shown."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from execnb.nbio import read_nb
from hosts import Lab, first_picture, needs, notebook, until, with_figure

from dogfight_nb.features import pulled_up, torch_pull_up
from dogfight_nb.flight import STATE_FIELDS, glances
from dogfight_nb.interactive import FIGURES, FIGURES_FOLDER, interactive_figure
from dogfight_nb.league import pfsp
from dogfight_nb.match import wilson_interval
from dogfight_nb.physics import FRAME, OBSERVATION_SIZE, World
from dogfight_nb.policy import Policy, PolicyConfig
from dogfight_nb.ppo import Batch, PPOConfig, gae, ppo_loss
from dogfight_nb.rating import Elo, bradley_terry, nash
from dogfight_nb.result_counts import ResultCounts
from dogfight_nb.rules import Rules

ROOT = Path(__file__).resolve().parents[1]
RULES = Rules()
each_figure = pytest.mark.parametrize("name", FIGURES)
PLACE = "document.querySelector('.dogfight-figure')"


@pytest.fixture
def page(browser, watch):
    page = watch.over(browser.new_page())
    yield page
    page.close()


@pytest.fixture
def formula(page):
    """`formula(name, code, x)`: what `code` says, with the formulas `F` of a figure, its state `S`,
    and `x`."""

    def ask(name, code, x=None):
        figure = f"{PLACE}.figure.figure"
        return with_figure(page, name).evaluate(
            f"x => {{ const F = {figure}.formulas, S = {figure}.state; return {code}; }}", x
        )

    return ask


# --- formulas


def world_of(fighters):
    "A world of one match with `fighters`, two dicts of x, y, yaw, speed."
    states = World(1).states()
    for seat, fighter in enumerate(fighters):
        for name, value in fighter.items():
            states[0, 4 + 8 * seat + STATE_FIELDS.index(name)] = value
    return World.from_states(states)


def course(world, act, ticks, decision=10):
    "States [ticks + 1, 2, 4] of `world`, where `act(world)` gives both actions of a decision."
    seen = [world.states()[0, 4:20].reshape(2, 8)[:, :4]]
    for tick in range(ticks):
        if tick % decision == 0:
            actions = np.float32([[[*a, -1] for a in act(world)]])
        world.step(actions, 1)
        seen.append(world.states()[0, 4:20].reshape(2, 8)[:, :4])
    return np.array(seen)


def moments(courses):
    "[ticks + 1, fighters, 4] of what a figure says."
    rows = [[[m[k] for k in ("x", "y", "yaw", "speed")] for m in c] for c in courses]
    return np.float32(rows).transpose(1, 0, 2)


@pytest.mark.parametrize("speeds", [(230, 70), (20, 250), (31, 140)])
def test_turn_is_flown_by_the_kernel(formula, speeds):
    state = dict(fast=speeds[0], slow=speeds[1], stick=0.7)
    flown = moments(formula("turn", "F.courses(x)", state))
    starts = [dict(zip(("x", "y", "yaw", "speed"), row)) for row in flown[0].tolist()]
    want = course(world_of(starts), lambda w: [[0.7, 1], [0.7, 1]], len(flown) - 1)
    assert len(flown) == 241 and np.array_equal(flown, want)


@pytest.mark.parametrize("there", [(120, -110, -150), (60, 120, -200), (20, 150, 120)])
def test_lead_hits(formula, there):
    """A target that flies on level is hit in the world when the figure says; without lead it is
    missed."""
    x, y, v = there
    aim = formula("lead", "F.lead(...x)", [x, y, v, 0])
    dt, steady = 1 / RULES.tick_rate, RULES.drag * abs(v) / RULES.max_thrust

    def shoot(angle):
        shooter = dict(x=0, y=300, yaw=angle, speed=50)
        level = dict(yaw=0 if v > 0 else np.pi, speed=abs(v))
        actions = np.float32([[[0, 0.25, 1], [0, steady, -1]]])
        probe = world_of([shooter, dict(x=200, y=300, **level)]).step(actions, 1).states()[0]
        gun = probe[4:6]
        world = world_of([shooter, dict(x=gun[0] + x, y=gun[1] + y, **level)])
        for tick in range(1, 60):
            world.step(actions if tick == 1 else actions * [1, 1, -1], 1)
            if world.field("hits")[0, 0]:
                return tick
            bullet, target = world.bullets()[0, 0, 0], world.states()[0, 12:14]
            flown = RULES.muzzle + RULES.bullet_speed * tick * dt
            way = gun + flown * np.array([np.cos(angle), np.sin(angle)])
            assert np.allclose(bullet[:2], way, atol=0.02)
            assert np.allclose(target, gun + [x + v * tick * dt, y], atol=0.02)
        return None

    T, tick = aim["time"], shoot(aim["angle"])
    flown = RULES.muzzle + RULES.bullet_speed * T
    met = flown * np.array([np.cos(aim["angle"]), np.sin(aim["angle"])])
    assert np.allclose(met, [x + v * T, y]) and np.allclose(met, [aim["x"], aim["y"]])
    early = np.sqrt(121) / RULES.bullet_speed  # it need only come within 11 m
    assert T - 2 * early < tick * dt < T + dt
    assert shoot(np.arctan2(y, x)) is None


def test_cone_is_that_of_the_kernel(formula):
    rng = np.random.default_rng(0)
    angles = rng.uniform(0, 360, (2000, 2))
    got = formula("cone", "x.map(([h, b]) => F.glances(h, b))", angles.tolist())
    (h, b), cone = np.radians(angles).T, np.cos(np.float32(RULES.rear_aspect_cone))
    vx, vy, c, s = (np.float32(v) for v in (400 * np.cos(b), 400 * np.sin(b), np.cos(h), np.sin(h)))
    want = [bool(glances(*row, cone)) for row in zip(vx, vy, c, s)]
    clear = abs(np.cos(h - b) - cone) > 1e-6
    assert np.array_equal(np.array(got)[clear], np.array(want)[clear]) and 400 < sum(want) < 600


def test_ground_limit_is_that_of_the_reflex(formula):
    rng = np.random.default_rng(0)
    y, speed = rng.uniform(5, 300, 5000), rng.uniform(20, 250, 5000)
    yaw = rng.uniform(-np.pi, np.pi, 5000)
    rows = np.zeros((5000, OBSERVATION_SIZE), np.float32)
    rows[:, FRAME.altitude], rows[:, FRAME.speed] = y / 600, speed / 250
    rows[:, FRAME.sin_yaw] = np.sin(yaw)
    want = torch_pull_up(torch.from_numpy(rows))[0].numpy() > 0
    states = [dict(y=a, speed=b, yaw=c) for a, b, c in zip(y, speed, yaw)]
    needed = formula("ground", "x.map(m => F.needed(m.speed, Math.sin(m.yaw)))", states)
    got = formula("ground", "x.map(m => F.pulls(m))", states)
    clear = abs(y - RULES.ground - needed) > 1e-3
    assert np.array_equal(np.array(got)[clear], want[clear]) and 300 < want.sum() < 4500
    assert clear.sum() > 4990


@pytest.mark.parametrize("start", [(270, 150, 50), (120, 60, 80), (200, 250, 30)])
def test_ground_course_is_flown_with_the_reflex(formula, start):
    y, speed, dive = start
    flown = formula("ground", "F.course(x, F.guarded)", dict(y=y, speed=speed, dive=dive))
    flown = moments([flown])[:, 0]
    one = dict(zip(("x", "y", "yaw", "speed"), flown[0].tolist()))

    def act(world):
        seen = torch.from_numpy(world.observe(0))
        pull, thrust = torch_pull_up(seen)
        sign = 1 if seen[0, FRAME.cos_yaw] >= 0 else -1
        stick, throttle = pulled_up(0.0, 1.0, pull.item(), thrust.item())
        return [[stick * sign, throttle], [0, 0.5]]

    world = world_of([one, dict(x=0, y=400, yaw=0, speed=100)])
    want = course(world, act, len(flown) - 1)[:, 0]
    assert np.array_equal(flown, want) and world.field("alive")[0, 0] and np.ptp(flown[:, 2]) > 0.3


def test_discount(formula):
    gamma = PPOConfig().gamma
    assert formula("discount", "S.gamma") == gamma
    ahead = formula("discount", "F.horizon(x, 10)", gamma)
    assert ahead == pytest.approx(sum(gamma**k for k in range(5000)) * 10 / 120)
    got = formula("discount", "[0, 1, 4.5].map(t => F.left(x, 10, t))", gamma)
    assert got == pytest.approx([1, gamma**12, gamma**54])


@pytest.mark.parametrize("lam", [0, 0.35, 0.9, 1])
def test_gae_is_that_of_ppo(formula, lam):
    state = dict(**{"from": 40}, level=0.7)
    value = formula("credit", "F.values(x)", state)
    reward = formula("credit", "F.REWARD")
    got = formula("credit", f"F.advantages(F.REWARD, F.values(x), 0.98, {lam})", state)
    r, v = np.float32(reward)[:, None], np.float32(value)[:, None]
    want = np.zeros_like(r)
    gae(r, np.zeros(r.shape, bool), v, np.float32(0.98), np.float32(lam), want)
    assert np.allclose(got, want[:, 0], atol=1e-6) and max(got) > 0.2
    assert formula("credit", "S.lambda") == PPOConfig().gae_lambda


def test_clip_is_that_of_the_loss(formula):
    assert formula("clip", "S.clip") == PPOConfig().clip_coef
    for advantage in (1, -1):
        for ratio in (0.3, 0.79, 0.81, 1.0, 1.19, 1.21, 1.8):
            answer = torch.zeros(1, 12, requires_grad=True)
            old = torch.tensor([np.log(1 / 42) - np.log(ratio)], dtype=torch.float32)
            zeros, A = torch.zeros(1), torch.tensor([float(advantage)])
            batch = Batch(None, torch.tensor([[0, 8, 11]]), old, zeros, A, zeros)
            L, _ = ppo_loss(Policy(), PPOConfig(ent_coef=0, vf_coef=0), answer, zeros, batch)
            x = [ratio, advantage, 0.2]
            assert formula("clip", "F.objective(...x)", x) == pytest.approx(-L.item(), abs=1e-5)
            # of logit 0 of 7, all equal: d(log π)/dl = 6/7, and d(ratio) is ratio times that
            pull = -torch.autograd.grad(L, answer)[0][0, 0].item() / (ratio * 6 / 7)
            assert formula("clip", "F.slope(...x)", x) == pytest.approx(pull, abs=1e-5)


@pytest.mark.parametrize("season", [3, 7])
def test_ratings(formula, season):
    games = formula("rating", "F.play({...S, season: x})", season)
    other = formula("rating", "F.shuffled(F.play({...S, season: x}), 5)", season)
    assert sorted(games) == sorted(other) and games != other
    record, elo = ResultCounts(), Elo(k=32)
    for j in range(8):
        elo.add_player(f"p{j}")
    for a, b in games:
        record.add_counts(f"p{a}", f"p{b}", 1, 0, 0)
        elo.update(f"p{a}", f"p{b}", 1.0)
    fit = bradley_terry(record)
    want = [fit[f"p{j}"] for j in range(8)]
    assert formula("rating", "F.bradleyTerry(x)", games) == pytest.approx(want, abs=1e-4)
    assert formula("rating", "F.bradleyTerry(x)", other) == pytest.approx(want, abs=1e-4)
    want = [elo[f"p{j}"] for j in range(8)]
    assert formula("rating", "F.elo(x, 32)", games) == pytest.approx(want, abs=1e-3)


def test_pfsp(formula):
    rates = np.random.default_rng(0).random(6).tolist()
    for weighting, power in (("hard", 2.0), ("hard", 5.5), ("linear", 1.0), ("variance", 1.0)):
        for given in (rates, [1.0] * 6):
            got = formula("pfsp", "F.shares(...x)", [given, weighting, power])
            assert got == pytest.approx(pfsp(given, weighting, power).tolist())


def test_equilibrium(formula):
    rng = np.random.default_rng(0)
    for _ in range(60):
        ab, bc, ca = rng.uniform(0.05, 0.95, 3)
        table = formula("equilibrium", "F.table(x)", dict(ab=ab, bc=bc, ca=ca))
        mix, own = formula(
            "equilibrium", "(m => [m, F.exploitability(x, m)])(F.equilibrium(x))", table
        )
        assert abs(sum(mix) - 1) < 1e-9 and min(mix) >= 0
        # no style gains by leaving it, and it is the linear program's
        assert abs(own) < 1e-9 and (np.array(table) @ mix).max() < 0.5 + 1e-9
        assert np.allclose(mix, nash(table)[0], atol=1e-5)


def test_interval(formula):
    for wins, n in ((6, 10), (60, 100), (1, 3), (0, 8), (400, 400)):
        assert formula("interval", "F.wilson(...x)", [wins, n]) == pytest.approx(
            wilson_interval(wins, n)
        )
    n = formula("interval", "F.enough(0.6)")
    assert wilson_interval(0.6 * n, n)[0] > 0.5 > wilson_interval(0.6 * (n - 1), n - 1)[0]


def test_temperature(formula):
    assert formula("temperature", "F.LEVELS") == list(PolicyConfig().yaw_levels)
    logits = np.random.default_rng(0).normal(size=7).tolist()
    for T in (0.3, 1.0, 2.5):
        want = torch.distributions.Categorical(logits=torch.tensor(logits, dtype=torch.float64) / T)
        got = formula("temperature", "F.probabilities(...x)", [logits, T])
        assert got == pytest.approx(want.probs.tolist())
        assert formula("temperature", "F.entropy(x)", got) == pytest.approx(want.entropy().item())
    assert formula("temperature", "F.probabilities(x, 0)", logits)[int(np.argmax(logits))] == 1


# --- how they look and what they answer to


@each_figure
def test_first_picture_is_fresh(page, name):
    stored = (FIGURES_FOLDER / f"{name}.svg").read_text("utf-8")
    assert first_picture(page, name) == stored, "run `python tools/pictures.py figures`"


# what sticks out of a drawing, and which texts lie upon each other
CROWDED = """place => {
  const svg = place.shadowRoot.querySelector("svg"), frame = svg.getBoundingClientRect();
  const box = t => [t.textContent, t.getBoundingClientRect()];
  const texts = [...svg.querySelectorAll("text")].map(box);
  const out = texts.filter(([, b]) => b.left < frame.left - 3 || b.right > frame.right + 3);
  const upon = texts.flatMap(([s, a], k) => texts.slice(k + 1).filter(([, b]) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 5).map(([t]) => s + " / " + t));
  return [...out.map(([s]) => s), ...upon];
}"""


@each_figure
@pytest.mark.parametrize("width", [340, 640, 860])
def test_nothing_is_crowded(page, name, width):
    place = with_figure(page, name, width).locator(".dogfight-figure")
    assert place.evaluate(CROWDED) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@each_figure
def test_handles_are_dragged_and_moved_by_keys(page, watch, name):
    place = with_figure(page, name).locator(".dogfight-figure")
    marks = f"() => {PLACE}.shadowRoot.querySelector('svg').innerHTML"
    before = page.evaluate(marks)
    handles = place.locator("[role=slider]:not(input)")
    assert handles.count()
    for k in range(handles.count()):
        handle = handles.nth(k)
        low, now, high = (
            float(handle.get_attribute(f"aria-value{v}")) for v in ("min", "now", "max")
        )
        assert low <= now <= high and handle.get_attribute("aria-label")
        box = handle.locator(".halo").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 7):
            page.mouse.move(x - 3 * step, y + 4 * step)
        page.mouse.up()
        dragged = page.evaluate(marks)
        assert dragged != before, handle.get_attribute("aria-label")
        said = handle.get_attribute("aria-valuetext")
        for key in ("ArrowUp", "ArrowRight", "ArrowUp", "ArrowRight"):
            handle.press(key)
        assert page.evaluate(marks) != dragged and said
        assert not re.search("NaN|undefined|Infinity", page.evaluate(marks))
    place.get_by_role("button", name="Reset").click()
    assert page.evaluate(marks) == before
    assert watch.errors == []


@each_figure
def test_controls_change_the_drawing(page, watch, name):
    place = with_figure(page, name).locator(".dogfight-figure")
    marks = f"() => {PLACE}.shadowRoot.querySelector('svg').innerHTML"
    for control in place.locator("input, .controls button").all():
        reset = place.get_by_role("button", name="Reset")
        if reset.is_visible():
            reset.click()
        before, after = page.evaluate(marks), set()
        if control.evaluate("c => c.type") == "range":
            for end in ("min", "max"):
                control.fill(control.get_attribute(end))
                after.add(page.evaluate(marks))
            assert control.get_attribute("aria-label")
        elif control.get_attribute("aria-pressed") != "true":
            control.click()
            page.wait_for_timeout(150)
            after.add(page.evaluate(marks))
        else:
            continue
        assert after - {before}, control.evaluate("c => c.outerHTML")
        assert not any(re.search("NaN|undefined", text) for text in after)
    assert watch.errors == []


@each_figure
def test_a_finger_drags_and_does_not_scroll(browser, name):
    size = dict(width=375, height=700)
    context = browser.new_context(has_touch=True, is_mobile=True, viewport=size)
    page = context.new_page()
    place = with_figure(page, name, 375).locator(".dogfight-figure")
    page.evaluate("document.body.style.padding = '300px 0 1500px'")
    handle, send = place.locator("g[role=slider]").first, context.new_cdp_session(page).send
    handle.scroll_into_view_if_needed()
    box, before = handle.locator(".halo").bounding_box(), handle.get_attribute("aria-valuetext")
    x, y, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, "window.scrollY"
    scrolled = page.evaluate(top)
    for k in range(8):
        points = [dict(x=x - 4 * k, y=y - 5 * k)]
        kind = "touchMove" if k else "touchStart"
        send("Input.dispatchTouchEvent", dict(type=kind, touchPoints=points))
    send("Input.dispatchTouchEvent", dict(type="touchEnd", touchPoints=[]))
    page.wait_for_timeout(150)
    assert handle.get_attribute("aria-valuetext") != before and page.evaluate(top) == scrolled
    context.close()


def test_play_runs_to_its_end(page, watch):
    place = with_figure(page, "turn").locator(".dogfight-figure")
    marks = f"() => {PLACE}.shadowRoot.querySelector('svg').innerHTML"
    before = page.evaluate(marks)
    place.get_by_role("button", name="Fly").click()
    page.wait_for_timeout(400)
    assert page.evaluate(marks) != before
    until(page, lambda: page.evaluate(marks) == before)
    calm = page.context.browser.new_page(reduced_motion="reduce")
    assert with_figure(calm, "turn").get_by_role("button", name="Fly").count() == 0
    calm.close()


# --- where they live


def output(name):
    figure = interactive_figure(name)
    data = {"text/html": figure._repr_html_(), "text/plain": repr(figure)}
    return dict(output_type="execute_result", execution_count=1, metadata={}, data=data)


def test_several_on_a_plain_page(page, watch, tmp_path):
    "As the site has them: from a disk, the kit evaluated once."
    names = ("clip", "turn", "clip")
    body = "<p>text</p>".join(interactive_figure(name)._repr_html_() for name in names)
    (tmp_path / "page.html").write_text(f"<!doctype html><meta charset=utf-8>{body}", "utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    until(page, lambda: page.locator(".dogfight-figure [role=slider]").count() >= 8)
    assert page.evaluate("Object.keys(window.dogfightFigures).length") == 1
    assert page.locator(".dogfight-figure > img").first.is_hidden()
    page.locator(".dogfight-figure").nth(2).get_by_role("slider").first.press("ArrowLeft")
    kept, moved = (page.locator(".dogfight-figure").nth(k).locator("svg").first for k in (0, 2))
    assert kept.get_attribute("aria-label") != moved.get_attribute("aria-label")
    assert watch.errors == [] and watch.requests == []


def test_where_scripts_do_not_run(browser):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.set_content(interactive_figure("lead")._repr_html_())
    picture = page.locator(".dogfight-figure > img")
    assert picture.is_visible() and picture.bounding_box()["width"] == 640
    assert len(picture.get_attribute("alt")) > 60
    page.context.close()


def test_saved_notebook_without_a_kernel(browser, watch, tmp_path):
    "Trusted, every figure moves though its kernel is gone; untrusted, its picture is there."
    needs("jupyterlab")
    work = tmp_path / "work"
    work.mkdir()
    made = json.loads(notebook(*(f"interactive_figure({name!r})" for name in FIGURES)))
    for cell, name in zip(made["cells"], FIGURES):
        cell["outputs"], cell["execution_count"] = [output(name)], 1
    for kind in ("trusted", "foreign"):
        made["metadata"]["kind"] = kind  # what is signed is the text
        (work / f"{kind}.ipynb").write_text(json.dumps(made))
    lab = Lab(work)
    try:
        trust = [sys.executable, "-m", "jupyter", "trust", work / "trusted.ipynb"]
        subprocess.run(trust, env=lab.env, check=True, capture_output=True)
        page = watch.over(browser.new_page(viewport=dict(width=1200, height=9000)))
        lab.open(page, "trusted.ipynb")
        lab.no_kernels()
        places = page.locator(".jp-OutputArea-output .dogfight-figure")
        until(page, lambda: places.count() == len(FIGURES), 60)
        until(page, lambda: places.evaluate_all("all => all.every(p => p.figure)"), 60)
        for k, name in enumerate(FIGURES):
            drawing = places.nth(k).locator("svg").first
            before = drawing.evaluate("s => s.innerHTML")
            handle = places.nth(k).get_by_role("slider").first
            handle.focus()
            for key in ("ArrowDown", "ArrowLeft", "ArrowDown"):
                page.keyboard.press(key)
            assert drawing.evaluate("s => s.innerHTML") != before, name
            assert handle.evaluate("h => h.getRootNode().activeElement === h"), name
        assert watch.errors == []
        page.close()
        page = browser.new_page(viewport=dict(width=1200, height=9000))
        lab.open(page, "foreign.ipynb")
        pictures = page.locator(".jp-OutputArea-output img")
        until(page, lambda: pictures.count() == len(FIGURES), 60)
        seen = "all => all.every(i => i.complete && i.naturalWidth === 640 && i.alt.length > 60)"
        until(page, lambda: pictures.evaluate_all(seen))
        assert not page.evaluate("!!document.querySelector('.dogfight-figure')?.shadowRoot")
        page.close()
    finally:
        lab.close()


def test_each_stands_beside_its_text():
    "Every figure is shown in some notebook, by an output that is what the files say."
    shown = {}
    for path in sorted((ROOT / "nbs").glob("[0-9]*.ipynb")):
        for cell in read_nb(path).cells:
            for o in cell.get("outputs", []):
                said = "".join(o.get("data", {}).get("text/plain", ""))
                if said.startswith("Interactive figure: "):
                    name = said.removeprefix("Interactive figure: ")
                    shown.setdefault(name, []).append(path.stem)
                    fresh = interactive_figure(name)._repr_html_()
                    assert same("".join(o["data"]["text/html"]), fresh), (path.stem, name)
    assert set(shown) == set(FIGURES)


def same(one, other):
    "Are two outputs the same, whatever zlib packed them?"
    import gzip
    from base64 import b64decode

    def plain(text):
        packed = re.search(r'"(H4s[^"]+)"', text)[1]
        return text.replace(packed, ""), gzip.decompress(b64decode(packed))

    return plain(one) == plain(other)

"""The replay player in its three hosts, in a real Chromium: what is shown is what was asked for,
nothing leaves the page, no key reaches the notebook, and what is flown in the browser flies
again in Python."""

import json
import re

import numpy as np
import pytest
from hosts import Lab, Watch, command, needs, notebook, opened, players, python, until

from dogfight_nb.challenge_replay import from_challenge
from dogfight_nb.events import why_lost
from dogfight_nb.match import Replay, load_pilot, play
from dogfight_nb.physics import World
from dogfight_nb.replay import fly_html, player_page, to_html

DUEL = dict(p0="ace", p1="brawler", n=12, seed=1, record=12)


@pytest.fixture(scope="module")
def duel():
    return play(**DUEL).replays[11]


@pytest.fixture
def page(browser, watch):
    page = watch.over(browser.new_page(viewport=dict(width=1000, height=900)))
    yield page
    page.close()


# The frame, what the page thinks is there, and whether pixels of each pilot's colour (blue,
# vermilion) are near its place: the canvas shows 64 m beyond both edges and 12 m above the top of
# the default rules' arena.
LOOK = """() => {
  const canvas = player.stages[0].canvas, brush = canvas.getContext("2d");
  const width = canvas.getBoundingClientRect().width, ratio = canvas.width / width;
  const now = player.track.at(player.clock), shown = document.querySelector("main").dataset;
  const colours = [[0, 114, 178], [198, 79, 0]], scale = width / 1128, reach = 9;
  const near = colours.map(([red, green, blue], seat) => {
    const x = (now.fighters[seat].x + 564) * scale, y = (612 - now.fighters[seat].y) * scale;
    const box = [x - reach, y - reach, 2 * reach, 2 * reach].map(a => Math.round(a * ratio));
    const pixels = brush.getImageData(...box).data;
    let count = 0;
    for (let i = 0; i < pixels.length; i += 4)
      count += Math.hypot(pixels[i] - red, pixels[i + 1] - green, pixels[i + 2] - blue) < 30;
    return count;
  });
  const places = now.fighters.map(f => [f.x, f.y, f.yaw, f.v, f.hp]);
  return { frame: +shown.frame, tick: +shown.tick, k: player.frame, places, near };
}"""


def assert_shown(seen, replay, frame):
    assert seen["frame"] == seen["k"] == frame and seen["tick"] == replay.ticks[frame]
    assert np.allclose(seen["places"], replay.frames[frame, :, :5], atol=1e-5)
    assert seen["near"][0] > 5, (
        f"frame {frame}: no blue at the blue plane's place"
    )  # orange may be hidden beneath blue
    assert (
        seen["near"][1] > 5
        or np.hypot(*(replay.frames[frame, 0, :2] - replay.frames[frame, 1, :2])) < 40
    )


def test_file_shows_the_frame_asked_for(page, watch, duel, tmp_path):
    opened(page, to_html(duel, tmp_path / "duel.html"))
    for frame in np.random.default_rng(0).integers(0, len(duel), 50).tolist():
        page.evaluate(f"player.seek({frame})")
        assert_shown(page.evaluate(LOOK), duel, frame)
    assert watch.requests == [] and watch.errors == []


def test_keys_and_clock(page, watch, duel, tmp_path):
    opened(page, to_html(duel, tmp_path / "duel.html"))

    def frame():
        return page.evaluate("player.frame")

    shots = sorted({e["tick"] for e in page.evaluate("player.track.events")})
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert frame() == 1
    page.keyboard.press("Shift+ArrowRight")
    assert page.evaluate("player.clock") == duel.ticks[1] + 120
    page.keyboard.press("End")
    assert frame() == len(duel) - 1
    page.keyboard.press("Home")
    page.keyboard.press("n")
    assert page.evaluate("player.clock") == shots[0]
    page.keyboard.press("n")
    page.keyboard.press("p")
    assert page.evaluate("player.clock") == shots[0]
    page.keyboard.press("Home")
    page.evaluate("player.set_speed(4)")
    begun = page.evaluate("performance.now()")
    page.keyboard.press("Space")
    page.wait_for_timeout(1000)
    page.keyboard.press("Space")
    ran = page.evaluate("performance.now()") - begun
    assert 0.6 * ran < page.evaluate("player.clock") / 120 / 4 * 1000 <= ran + 20, (
        "four times as fast as the clock on the wall"
    )
    assert (
        page.get_attribute("[role=slider]", "aria-valuetext").endswith("seconds")
        and watch.errors == []
    )


def test_compare_shows_one_clock(page, watch, tmp_path):
    pair = play("ace", "brawler", n=2, seed=3, record=2).replays
    opened(page, to_html(pair, tmp_path / "pair.html", labels=["before", "after"]))
    page.evaluate("player.go(600)")
    places = page.evaluate(
        "player.tracks.map(t => t.at(player.clock).fighters.map(f => [f.x, f.y]))"
    )
    for r, shown in zip(pair, places):
        assert np.allclose(
            shown, r.frames[np.searchsorted(r.ticks, 600, "right") - 1, :, :2], atol=1e-4
        )
    assert watch.errors == []


def test_names_are_only_ever_text(page, watch, duel, tmp_path):
    rough = Replay(
        **{
            **vars(duel),
            "names": (
                "</script><img src=x onerror=alert(1)>",
                "<b onmouseover=alert(2)>$\\u0026${alert(3)}",
            ),
        }
    )
    opened(page, to_html(rough, tmp_path / "rough.html", labels=["<img src=x onerror=alert(4)>"]))
    assert (
        page.inner_text(".who.zero b") == rough.names[0]
        and page.query_selector("main img, main b[onmouseover]") is None
    )
    page.keyboard.press("t")
    page.keyboard.press("l")
    page.wait_for_timeout(200)
    assert watch.errors == [] and watch.requests == []


def test_page_of_another_version_says_so(page, duel, tmp_path):
    (tmp_path / "next.html").write_text(player_page(duel).replace('"format":1', '"format":9'))
    page.goto((tmp_path / "next.html").as_uri())
    assert "format 9" in page.inner_text(".broken") and "make the page again" in page.inner_text(
        ".broken"
    )


# --- flying


def flown(page):
    return from_challenge(page.evaluate("JSON.stringify(player.flown)"))


def test_flight_flies_again_in_python(page, watch, tmp_path):
    opened(page, fly_html("ace", tmp_path / "fly.html"))
    page.select_option("[aria-label=from]", "fixed")  # a random one may begin in a dive
    page.click("text=Take the stick")
    page.keyboard.press("ArrowUp")
    for key, tick in (("ArrowLeft", 40), ("ArrowUp", 60), ("Space", 120)):
        page.keyboard.down(key)
        page.wait_for_function(f"player.flying.duel.tick > {tick}")
        page.keyboard.up(key)
    page.keyboard.press("Escape")
    replay = flown(page)
    assert (
        replay.first_difference() is None
        and replay.names == ("you", "ace")
        and replay.end["shots"][0] > 0
    )
    world, ace = (
        World.from_states(replay.start[None]),
        load_pilot("ace"),
    )  # the ace did what it does in Python, and I what my hands did
    ace.reset(1)
    for actions in replay.actions:
        assert (ace.act(world.observe(1))[0] == actions[1]).all()
        world.step(actions[None])
    assert {1, 0} <= set(replay.actions[:, 0, 0].tolist()) and set(
        replay.actions[:, 0, 2].tolist()
    ) == {-1, 1}
    assert (
        page.evaluate("player.track.n") == len(replay)
        and watch.errors == []
        and watch.requests == []
    )


TYPE = """([type, code, more = {}]) => document.querySelector("main").dispatchEvent(
  new KeyboardEvent(type, { key: code, code, bubbles: true, cancelable: true, ...more }))"""
STICK = "player.flying.stick(0)"


def take_off(page, tmp_path):
    "A flight from the fixed spawn that has begun, slowly, so that it lasts."
    opened(page, fly_html("do_nothing", tmp_path / "fly.html"))
    page.evaluate(
        "player.take_off({ seat: 0, opponent: 'do_nothing', from: 'fixed', pace: .1 });"
        "player.begin()"
    )

    def type_(kind, code, **more):
        page.evaluate(TYPE, [kind, code, more])

    return type_


def test_a_key_that_no_keyup_tells_of_is_let_go(page, watch, tmp_path):
    "A Mac tells of none while its command key is down, a window without focus of none at all."
    type_ = take_off(page, tmp_path)
    meta = dict(metaKey=True)
    ways = {
        "command goes down": lambda: type_("keydown", "MetaLeft", key="Meta", **meta),
        "command goes up": lambda: type_("keyup", "MetaRight", key="Meta"),
        "a key with command": lambda: type_("keydown", "KeyC", key="c", **meta),
        "a key goes up with command": lambda: type_("keyup", "KeyC", key="c", **meta),
        "a shortcut with control": lambda: type_("keydown", "KeyF", key="f", ctrlKey=True),
        "a shortcut with alt": lambda: type_("keydown", "ArrowDown", altKey=True),
        "alt, which may open a menu": lambda: type_("keydown", "AltLeft", key="Alt", altKey=True),
        "the window loses the focus": lambda: page.evaluate("dispatchEvent(new Event('blur'))"),
        "the page is hidden": lambda: page.evaluate(
            "document.dispatchEvent(new Event('visibilitychange'))"
        ),
        "a menu opens": lambda: page.evaluate(
            "document.body.dispatchEvent(new MouseEvent('contextmenu', { bubbles: true }))"
        ),
    }
    for way, lose in ways.items():
        type_("keydown", "ArrowLeft")
        type_("keydown", "Space", key=" ")
        assert page.evaluate(STICK)[0] == 1, way
        lose()
        page.evaluate("player.keys.delete('fired')")
        turn, _, trigger = page.evaluate(STICK)
        assert (turn, trigger) == (0, -1), way
        type_("keydown", "ArrowLeft", repeat=True)  # but it is still held, and repeats
        assert page.evaluate(STICK)[0] == 1, way
        type_("keyup", "ArrowLeft")
        assert page.evaluate(STICK)[0] == 0, way
    # with command held an arrow is a shortcut and steers nothing; shift and control are no shortcut
    type_("keydown", "ArrowLeft", **meta)
    assert page.evaluate(STICK)[0] == 0
    type_("keydown", "ArrowRight")
    type_("keydown", "ShiftLeft", key="Shift", shiftKey=True)
    type_("keydown", "ControlLeft", key="Control", ctrlKey=True)
    type_("keyup", "ControlLeft", key="Control")
    assert page.evaluate(STICK)[0] == -1
    assert page.evaluate("!!player.flying") and watch.errors == []


def test_a_key_whose_repeats_stop_is_let_go(page, watch, tmp_path):
    "One that never repeated is held, and one whose repeats another key took over."
    type_ = take_off(page, tmp_path)
    silent = "player.forget_silent(performance.now() + 60000)"
    type_("keydown", "ArrowLeft")
    page.evaluate(silent)
    assert page.evaluate(STICK)[0] == 1
    for _ in range(3):
        type_("keydown", "ArrowLeft", repeat=True)
    type_("keydown", "ShiftLeft", key="Shift", shiftKey=True)
    page.evaluate(silent)
    assert page.evaluate(STICK)[0] == 1
    for _ in range(3):
        type_("keydown", "ArrowLeft", repeat=True)
    page.evaluate("player.forget_silent(performance.now() + 1)")
    assert page.evaluate(STICK)[0] == 1
    page.evaluate(silent)
    assert page.evaluate(STICK)[0] == 0 and watch.errors == []


def test_how_a_flight_ended_is_said_to_who_flew(page, watch, tmp_path):
    opened(page, fly_html("do_nothing", tmp_path / "fly.html"))
    page.evaluate("""player.take_off({ seat: 0, opponent: "ace", from: "fixed", pace: 1 });
      player.begin(); player.keys.add("right"); let n = 0;
      while (player.flying && n++ < 5000) {
        if (n === 6) player.keys.clear();
        if (player.flying.advance(.1, 1)) player.landed();
      }""")
    note, narrow = page.inner_text(".note"), dict(width=390, height=780)
    page.set_viewport_size(narrow)
    box = page.query_selector(".note").bounding_box()
    assert box["y"] >= 0 and box["x"] >= 0 and box["x"] + box["width"] <= narrow["width"]
    assert "You flew into the ground with 5 hit points left" in note and "To pull out" in note
    assert page.inner_text(".how").startswith("ace wins, you flew into the ground")
    said = page.evaluate("""() => {
      const end = (outcome, reason, ...hp) =>
        ({ outcome, reason, hp, hits: [0, 0], shots: [0, 0], ticks: 240 });
      const ends = [end(1, "elimination", 2, 3), end(1, "elimination", 2, 0),
        end(-1, "elimination", 0, 1), end(-1, "elimination", 1, 2), end(1, "time-out", 3, 2),
        end(-1, "time-out", 1, 2), end(0, "time-out", 2, 2), end(0, "elimination", 0, 0)];
      return ends.map(end => {
        const t = new player.track.constructor({ ...player.track, end });
        return player.verdict(t, 0)[0].textContent; }); }""")
    assert said == [
        "You win: ace flew into the ground",
        "You win: you shot ace down",
        "ace shot you down",
        "You flew into the ground with 1 hit point left",
        "You win: time ran out, and you were ahead",
        "Time ran out, and you were behind",
        "A draw: time ran out",
        "A draw: both are down",
    ]
    assert watch.errors == []


def test_what_a_replay_says_of_its_end(page, watch, tmp_path):
    "Who lost and why, the range of both, and labels that stand once, inside the arena."
    fallen = [r for r in play("ace", "brawler", n=40, seed=1, record=40).replays if r.unforced]
    opened(page, to_html(fallen, tmp_path / "fallen.html", gallery=True))
    r = fallen[0]
    point = why_lost(r)
    assert point.unforced == "ground"
    assert page.inner_text(".turns h3 button") == f"Why {r.names[point.loser]} lost"
    turns = page.inner_text(".turns")
    assert point.text in turns and "unforced" in turns
    small = page.eval_on_selector_all(".thumb small", "all => all.map(e => e.textContent)")
    assert small == [f"{r.seconds:.1f} s, {r.winner} wins" for r in fallen]
    page.click(".turns h3 button")
    assert page.evaluate("[player.playing, player.stop_at]") == [True, point.tick - 1]
    page.evaluate("player.pause(); player.go(player.last)")
    both = page.eval_on_selector_all(".read .both", "all => all.map(e => e.textContent)")
    assert len(both) == 2 and all(re.fullmatch("\u2212?\\d+", text) for text in both), both
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
    labels = page.evaluate("""() => {
      const stage = player.stages[0], half = player.track.rules.half_width, all = [];
      for (const x of [-half, half - 1, half + 3, 0]) {
        const t = player.track, e = { tick: t.last, kind: "crash", seat: 0, x, y: 10 };
        t.events = [e]; player.draw();
        all.push(stage.labels.map(l => l[0]));
      }
      return all; }""")
    assert labels == [["into the ground"]] * 4
    assert watch.errors == []


def test_touch(browser, watch, tmp_path):
    "With fingers instead of keys: buttons to steer, a swipe on the time line to scrub."
    page = watch.over(
        browser.new_page(viewport=dict(width=480, height=900), has_touch=True, is_mobile=True)
    )
    opened(page, fly_html("do_nothing", tmp_path / "fly.html"))
    page.select_option("[aria-label=from]", "fixed")
    page.tap("text=Take the stick")
    page.tap("[aria-label=fire]")
    page.wait_for_function("!player.flying.waiting && player.flying.duel.tick > 20")
    page.tap("text=Stop")
    page.tap("text=Watch it")
    box = page.query_selector(".clockwork").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + 20)
    assert 0 < page.evaluate("player.clock") < page.evaluate("player.last") and watch.errors == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 480
    page.close()


def test_taking_over_goes_on_from_there(page, watch, duel, tmp_path):
    opened(page, to_html(duel, tmp_path / "duel.html"))
    page.evaluate("player.seek(301)")
    page.keyboard.press("t")
    page.click("text=Take the stick")
    assert np.allclose(
        page.evaluate("player.flying.now().fighters.map(f => [f.x, f.y, f.yaw, f.v])"),
        duel.frames[301, :, :4],
        atol=1e-6,
    )
    page.keyboard.press("ArrowRight")
    page.wait_for_function(f"player.flying.duel.tick > {duel.ticks[301] + 30}")
    page.keyboard.press("Escape")
    replay, begun = flown(page), int(duel.ticks[301])
    assert replay.first_difference() is None and replay.end["ticks"] > begun
    assert (replay.frames[:302] == duel.frames[:302]).all() and (
        replay.actions[: begun // 10] == duel.actions[: begun // 10]
    ).all()
    assert watch.errors == []


def test_scripted_pilot_flies_as_in_python(page, duel, tmp_path):
    """The opponent's actions after a take-over are those that it takes in Python from the same
    observations."""
    opened(page, to_html(duel, tmp_path / "duel.html"))
    same = page.evaluate("""() => {
      const t = player.track, d = new Flight.Duel(t.table, t.start);
      const pilots = t.names.map(n => Flight.pilot(n, t.table));
      let equal = 0;
      for (let k = 0; k < t.actions.length / 6; k++) {
        const a = pilots.map((p, s) => p.act(d.observe(s)));
        for (const s of [0, 1])
          for (const i of [0, 1, 2]) equal += a[s][i] === t.actions[6 * k + 3 * s + i];
        d.step(a, t.rules.decision_ticks);
      }
      return equal; }""")
    assert same == duel.actions.size


def test_events_are_those_of_the_game(page, tmp_path):
    """What Python reads off the frames is what the game itself says, flown again tick by tick in
    the browser."""
    # each with a glance in a bullet's last ticks
    late = (
        play("brawler", "dogfighter", n=45, seed=3, record=45).replays[44],
        play("dogfighter", "ace", n=17, seed=3, record=17).replays[16],
    )
    for r in (*play("brawler", "dogfighter", n=6, seed=4, record=6).replays, *late):
        opened(page, to_html(r, tmp_path / "r.html"))
        read, told = page.evaluate("""() => {
          const start = { seat: 0, opponent: "do_nothing", from: player.track.last };
          const flown = new Player.Flying(player, start).track();
          // a stall that follows a stall is one to the eye, two to the game
          return [player.track.events, flown.events].map(events =>
            events.filter(e => e.kind !== "stall").map(e => [e.kind, e.seat, e.tick])); }""")
        assert sorted((k, s) for k, s, _ in read) == sorted((k, s) for k, s, _ in told)
        for kind in ("shot", "hit", "glance"):
            a, b = (sorted(t for k, _, t in events if k == kind) for events in (read, told))
            assert np.all(np.abs(np.subtract(a, b)) <= (0 if kind == "shot" else 4)), (kind, a, b)


# --- in JupyterLab

CELL = f"""
from dogfight_nb.match import play
from dogfight_nb.replay import show
duel = play(**{DUEL!r}).replays[11]
player = show(duel)
player"""
BOX = """
import ipywidgets
pace, other = ipywidgets.Dropdown(options=[0.5, 1, 2], value=1), show(duel)
ipywidgets.link((pace, 'value'), (other, 'speed'))
ipywidgets.VBox([pace, other])"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    needs("playwright", "jupyterlab", "anywidget")
    root = tmp_path_factory.mktemp("lab") / "work"
    root.mkdir()
    (root / "duel.ipynb").write_text(notebook(CELL, BOX, "# nothing"))
    lab = Lab(root)
    yield lab
    lab.close()


def test_jupyterlab(lab, browser, duel):
    watch = Watch()
    page = watch.over(browser.new_page(viewport=dict(width=1300, height=1400)))
    lab.open(page, "duel.ipynb")
    notebook_model = "window.jupyterapp.shell.currentWidget.content.model"
    cells = f"JSON.stringify({notebook_model}.toJSON().cells.map(c => c.source))"
    before = page.evaluate(cells)
    command(page, "notebook:run-all-cells")
    saved, boxed = players(page, 2)

    # the kernel asks, both kinds of host show; the host moves, the kernel knows
    for frame in np.random.default_rng(1).integers(1, len(duel), 50).tolist():
        assert python(page, f"player.frame = other.frame = {frame}") == ""
        for host in (saved, boxed):
            host.wait_for_function(f"player.frame === {frame}")
            assert_shown(host.evaluate(LOOK), duel, frame)
    saved.evaluate("player.seek(123); player.set_speed(2)")
    until(
        page,
        lambda: (
            python(page, "print(player.frame, player.speed, player.playing, other.speed)")
            == "123 2.0 False 1.0\n"
        ),
    )
    page.select_option(".jp-OutputArea-output select", "0.5")
    boxed.wait_for_function("player.speed === 0.5")
    assert "choose one of" in python(page, "player.speed = 3")

    assert python(page, "player.frame, player.playing = 60, True") == ""
    saved.wait_for_function("player.playing && player.frame > 75")
    assert python(page, "player.playing = False") == ""
    saved.wait_for_function("!player.playing")
    until(
        page, lambda: python(page, "print(player.frame)") == f"{saved.evaluate('player.frame')}\n"
    )

    # a flight in the saved output arrives in the kernel
    saved.evaluate(
        "player.take_off({ seat: 0, opponent: 'ace', from: 'start', pace: 1 }); player.begin()"
    )
    saved.wait_for_function("player.flying.duel.tick > 30")
    saved.evaluate("player.landed(); player.save()")
    until(
        page,
        lambda: (
            python(page, "print([(f.verify(), f.names) for f in player.flown])")
            == "[(True, ('you', 'ace'))]\n"
        ),
    )
    saved.evaluate("player.rewind_to_original()")

    # every key, and those that edit notebooks
    for host in page.query_selector_all("iframe[data-dogfight]"):
        host.scroll_into_view_if_needed()
        box = host.bounding_box()
        page.mouse.click(box["x"] + 200, box["y"] + 150)
        for key in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
            page.keyboard.press(key)
            page.keyboard.press("Escape")
        for key in (
            "Enter",
            "Shift+Enter",
            "Control+Enter",
            "Alt+Enter",
            "Escape",
            "d",
            "d",
            "Delete",
            "Backspace",
            "ArrowUp",
            "ArrowDown",
            "Space",
        ):
            page.keyboard.press(key)
    assert page.evaluate(cells) == before

    # saved, the kernel gone, opened again: it still plays
    page.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
    command(page, "notebook:clear-cell-output")  # a box of widgets is nothing without its kernel
    command(page, "docmanager:save")
    until(page, lambda: json.loads((lab.root / "duel.ipynb").read_text())["cells"][0]["outputs"])
    outside = [
        u for u in watch.requests if not re.match(rf"(http|ws)://127\.0\.0\.1:{lab.port}/", u)
    ]
    assert outside == [] and watch.errors == []
    page.close()
    lab.no_kernels()
    output = json.loads((lab.root / "duel.ipynb").read_text())["cells"][0]["outputs"][-1]["data"]
    assert (
        set(output) == {"text/plain", "text/html", "image/png"}
        and len("".join(output["text/html"])) < 600_000
    )

    watch = Watch()
    page = watch.over(browser.new_page(viewport=dict(width=1300, height=1400)))
    lab.open(page, "duel.ipynb")
    lab.no_kernels()
    (host,) = players(page, 1)
    for frame in (7, 250, 498):
        host.evaluate(f"player.seek({frame})")
        assert_shown(host.evaluate(LOOK), duel, frame)
    host.evaluate("player.go(0); player.play()")
    host.wait_for_function("player.playing && player.clock > 30")
    assert [e for e in watch.errors if "dogfight" in e.lower()] == []
    page.close()

"""The player's cockpit and its thoughts, in a real Chromium: flights that were rewound, shared or
begun with a handicap fly again in Python, a policy's values and ghosts are Python's, and the page
fits the window."""

import numpy as np
import pytest
from hosts import opened

from dogfight_nb.challenge_replay import from_challenge
from dogfight_nb.match import load_pilot, play
from dogfight_nb.physics import World
from dogfight_nb.replay import fly_html, to_html


@pytest.fixture
def page(browser, watch):
    page = watch.over(browser.new_page(viewport=dict(width=1000, height=900)))
    yield page
    page.close()
    assert watch.errors == [] and watch.requests == []


@pytest.fixture(scope="module")
def trained():
    "Two trained pilots of which the page holds the networks, and a match of theirs."
    return play("champion", "first-ace", n=4, seed=6, record=4).replays[3]


def school(page, tmp_path, rival="do_nothing", **settings):
    "A flight from the fixed spawn that waits: only `fly_for` moves it, not the clock on the wall."
    opened(page, fly_html(None, tmp_path / "school.html"))
    settings = dict(seat=0, opponent=rival, pace=1) | {"from": "fixed"} | settings
    page.evaluate("s => { player.take_off(s); player.message(); }", settings)


def fly_for(page, seconds, *keys):
    "Hold `keys` for so many seconds of the match, without waiting for the clock on the wall."
    page.evaluate(
        """([steps, keys]) => {
      player.keys.clear();
      for (const k of keys) player.keys.add(k);
      for (let i = 0; i < steps && !player.flying.duel.done; i++) player.flying.advance(0.1, 1);
      player.keys.clear(); }""",
        [round(10 * seconds), keys],
    )


def landed(page):
    page.evaluate("player.landed()")
    return from_challenge(page.evaluate("JSON.stringify(player.flown)"))


# --- what a policy thinks


def minds():
    return {name: load_pilot(name) for name in ("champion", "first-ace")}


def test_values_are_those_of_python(page, tmp_path, trained):
    opened(page, to_html(trained, tmp_path / "trained.html"))
    page.evaluate("delete player.track.values; player.track.minds = {}")
    page.evaluate("player.thinking.values(player.track)")
    page.wait_for_function("Object.keys(player.track.values).length === 2")
    seen = page.evaluate("[0, 1].map(s => Array.from(player.track.values[s]))")
    known, moments = minds(), 0
    world = World.from_states(trained.start[None])
    for d, actions in enumerate(trained.actions):
        for seat, name in enumerate(trained.names):
            thought = known[name].introspect(world.observe(seat))
            assert np.isclose(seen[seat][d], thought["expected_return"][0], atol=2e-4)
            moments += 1
        world.step(actions[None])
    assert moments == 2 * len(trained.actions) > 100


def test_ghosts_fly_as_in_python(page, tmp_path):
    "Two seconds as the judge would fly in either seat, against what the other did."
    duel = play("ace", "brawler", n=12, seed=1, record=12).replays[11]
    opened(page, to_html(duel, tmp_path / "duel.html", judge="champion"))
    judge, step = load_pilot("champion"), duel.rules.decision_ticks
    for first in (0, 17, len(duel.actions) // 2):
        shown = page.evaluate(f"player.thinking.look(player.track, {first * step})")
        assert [ghost["seat"] for ghost in shown["ghosts"]] == [0, 1]
        for ghost in shown["ghosts"]:
            seat = ghost["seat"]
            world = World.from_states(duel.start[None])
            for actions in duel.actions[:first]:
                for s in (0, 1):
                    world.observe(s)
                world.step(actions[None])
            for actions in duel.actions[first : first + 24]:
                seen = [world.observe(s) for s in (0, 1)]
                both = actions[None].copy()
                both[0, seat] = judge.act(seen[seat])[0]
                world.step(both)
            end = ghost["path"][-1]
            there = world.states()[0, 4 + 8 * seat : 7 + 8 * seat]
            assert np.allclose([end["x"], end["y"], end["yaw"]], there, atol=1e-5)


def test_mistakes_are_marked(page, tmp_path):
    "A flight into the ground from level flight costs much, and says so."
    school(page, tmp_path, rival="ace")
    fly_for(page, 1, "up")
    fly_for(page, 1, "right")
    fly_for(page, 20)
    landed(page)
    page.wait_for_function("player.thinking.mistakes(player.track).length > 0")
    marks = page.evaluate("player.thinking.mistakes(player.track)")
    mine = [m for m in marks if m["seat"] == 0]
    assert mine and all(m["loss"] >= 3 and m["sign"] in ("?", "??") for m in mine)
    assert "your expected reward" in page.inner_text(".turns")
    page.click(".turn .retry")
    assert page.evaluate("player.flying.task.text").endswith("Do better in the next 5 seconds.")
    fly_for(page, 2, "left")
    page.evaluate("player.landed()")
    assert "Then:" in page.inner_text(".note")


# --- flights


def test_rewinding_goes_on_from_there(page, tmp_path):
    school(page, tmp_path, rival="ace")
    fly_for(page, 4, "left")
    before, kept, tick = page.evaluate("""() => {
      const { duel, actions } = player.flying;
      player.rewind(2);
      return [duel.tick, actions.slice(0, 6), player.flying.duel.tick]; }""")
    assert before - 2 * 120 - 10 < tick <= before - 2 * 120 and tick % 10 == 0
    fly_for(page, 3, "right", "fire")
    replay = landed(page)
    assert replay.first_difference() is None
    assert np.array_equal(replay.actions[:6], np.float32(kept))
    turns = replay.actions[:, 0, 0]
    assert (turns[: tick // 10] == 1).all() and (turns[tick // 10 :] == -1).all()


def test_a_handicap_is_in_the_start(page, tmp_path):
    school(page, tmp_path, rival="ace", handicap="with 1")
    fly_for(page, 2, "fire")
    replay = landed(page)
    assert replay.first_difference() is None
    assert replay.frames[0, :, 4].tolist() == [5, 1]


def test_ladder_counts_and_offers_the_next(page, tmp_path):
    school(page, tmp_path)
    assert page.evaluate("player.next_rung()") == "do_nothing"
    fly_for(page, 90, "left")  # it falls out of the sky by itself
    landed(page)
    assert page.evaluate("player.tally('do_nothing')") == [1, 0, 0]
    assert "Next: chaser" in page.inner_text(".note")
    page.click("text=Next: chaser")
    assert page.evaluate("player.flying.spec") == "chaser"
    page.keyboard.press("Escape")


def test_again_has_the_same_start(page, tmp_path):
    school(page, tmp_path, **{"from": "random"})
    fly_for(page, 1)
    start = landed(page).start
    page.click("text=Again")
    fly_for(page, 1)
    assert np.array_equal(landed(page).start, start)


def test_gamepad(page, tmp_path):
    school(page, tmp_path)
    page.evaluate("""() => {
      const up = { value: 0 };
      const buttons = Array.from({ length: 16 }, () => up);
      window.pad = { connected: true, axes: [-0.5, 0, 0, 1], buttons };
      Object.defineProperty(navigator, "getGamepads", { value: () => [window.pad] }); }""")
    turn, throttle, trigger = page.evaluate("player.flying.stick(0.25)")
    assert (turn, trigger) == (0.5, -1) and 0.55 < throttle < 0.65
    page.evaluate("window.pad.buttons[7] = { value: 1 }; window.pad.axes[0] = 0.1")
    turn, _, trigger = page.evaluate("player.flying.stick(0)")
    assert (turn, trigger) == (0, 1)  # 0.1 is a stick at rest


def test_countdown_and_reduced_motion(browser, watch, tmp_path):
    for motion, expected in (("no-preference", 1.8), ("reduce", 0)):
        context = browser.new_context(reduced_motion=motion)
        page = opened(watch.over(context.new_page()), fly_html("ace", tmp_path / "fly.html"))
        page.evaluate(
            "player.take_off({ seat: 0, opponent: 'ace', from: 'fixed' }); player.begin()"
        )
        assert page.evaluate("player.flying.countdown") == pytest.approx(expected, abs=0.2)
        page.wait_for_function("player.flying.duel.tick > 12")
        context.close()
    assert watch.errors == []


def test_warnings(page, tmp_path):
    school(page, tmp_path)
    said = page.evaluate("""() => {
      const { help, rules } = player.flying;
      const fighter = { x: 0, y: 300, yaw: 0, v: 100, alive: true, stall: 0 };
      const cases = [{}, { y: 60, yaw: -1.2 }, { y: 60, yaw: -2 }, { v: 25 }, { stall: 9 },
        { y: 590 }];
      return cases.map(more => help.warning({ ...fighter, ...more }, rules)); }""")
    assert said[0] == "" and said[1].endswith("\u2190") and said[2].endswith("\u2192")
    assert said[3].startswith("too slow") and said[4].startswith("stalled")
    assert said[5].startswith("thin air")


def test_sight_meets_its_target(page, tmp_path):
    "A bullet fired at the lead point hits a target that flies straight on."
    school(page, tmp_path)
    missed = page.evaluate("""() => {
      const { rules } = player.track;
      let worst = 0;
      for (const yaw of [0.3, 1.7, 2.9, -1.2]) {
        const me = { x: 450, y: 300 }, them = { x: -460, y: 340, v: 90, yaw };
        const aim = lead(me, them, rules), wide = 2 * rules.half_width;
        const a = Math.atan2(aim.y - me.y, aim.x - me.x);
        const far = rules.muzzle + rules.bullet_speed * aim.seconds;
        const bullet = [me.x + far * Math.cos(a), me.y + far * Math.sin(a)];
        const target = [them.x + wide + them.v * Math.cos(yaw) * aim.seconds,
          them.y + them.v * Math.sin(yaw) * aim.seconds];
        worst = Math.max(worst, Math.hypot(bullet[0] - target[0], bullet[1] - target[1]));
      }
      return worst; }""")
    assert missed < 1e-6


# --- sharing


def test_the_address_of_a_moment(page, tmp_path, trained):
    path = to_html(trained, tmp_path / "trained.html")
    page.goto(path.as_uri() + "#t=2.5")
    page.wait_for_selector("main[data-ready]")
    assert page.evaluate("player.clock") == 300
    page.evaluate("player.go(400); player.copy_address()")
    assert page.evaluate("location.hash") == "#t=3.33"


def test_a_flight_becomes_a_page_of_its_own(page, tmp_path):
    school(page, tmp_path, rival="ace")
    fly_for(page, 3, "left", "fire")
    replay = landed(page)
    (tmp_path / "saved.html").write_text(page.evaluate("page_with(player.page_data())"))
    opened(page, tmp_path / "saved.html")
    saved = from_challenge(page.evaluate("JSON.stringify(challenge(player.track))"))
    assert np.array_equal(saved.frames, replay.frames)
    assert saved.names == replay.names and saved.first_difference() is None


# --- what is shown


def test_a_slider_over_a_series(page, tmp_path):
    series = play("ace", "brawler", n=3, seed=3, record=3).replays
    labels = ["0", "1 M", "2 M"]
    opened(page, to_html(series, tmp_path / "s.html", labels=labels, series="trained for"))
    assert page.inner_text(".series output") == "2 M"
    for k in (0, 2, 1):
        page.evaluate(
            """k => { const r = document.querySelector(".series input");
              r.value = k; r.dispatchEvent(new Event("input")); player.pause(); }""",
            k,
        )
        assert page.inner_text(".series output") == labels[k]
        assert page.evaluate("player.track.last") == series[k].ticks[-1]


def test_gallery_shows_the_most_eventful_first(page, tmp_path):
    replays = play("ace", "brawler", n=8, seed=1, record=8).replays
    opened(page, to_html(replays, tmp_path / "g.html", gallery=True))
    ranks = page.evaluate("player.gallery.map(eventfulness)")
    assert ranks == sorted(ranks, reverse=True) and len(ranks) == 8
    page.evaluate("player.pick(3)")
    assert page.evaluate("player.track === player.gallery[3]")


SIZES = [(1440, 900), (1280, 800), (844, 390), (390, 844)]


@pytest.mark.parametrize("size", SIZES)
def test_it_fits(browser, watch, tmp_path, trained, size):
    width, height = size
    page = watch.over(browser.new_page(viewport=dict(width=width, height=height)))
    opened(page, to_html(trained, tmp_path / "trained.html"))
    boxes = {
        name: page.query_selector(selector).bounding_box()
        for name, selector in dict(
            sky=".stage canvas", controls=".controls", plots=".side .clockwork"
        ).items()
    }
    bottom = {name: box["y"] + box["height"] for name, box in boxes.items()}
    assert max(bottom["sky"], bottom["controls"]) <= height
    assert boxes["plots"]["y"] + 44 <= height, "one plot"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if height > width:
        assert boxes["sky"]["height"] >= 0.45 * height
    if width >= 1100:
        assert boxes["plots"]["x"] > boxes["sky"]["x"] + boxes["sky"]["width"] - 1
    page.close()
    assert watch.errors == []


def test_the_school_is_one_small_file(page, tmp_path):
    path = fly_html(None, tmp_path / "school.html")
    assert path.stat().st_size < 1_500_000
    opened(page, path)
    rungs = page.eval_on_selector_all(".rung", "all => all.map(e => e.dataset.pilot)")
    assert rungs == "do_nothing chaser dogfighter brawler ace first-ace champion".split()
    assert page.title() == "Dogfight: flight school"


# --- what went wrong once


def test_a_key_held_at_the_end_of_a_flight_steers_nothing_else(page, tmp_path):
    school(page, tmp_path)
    fly_for(page, 1)
    page.keyboard.down("Space")
    page.evaluate("player.landed()")
    before = page.evaluate("[player.playing, player.clock, player.speed]")
    for _ in range(5):
        page.keyboard.down("Space")  # it repeats
    assert page.evaluate("[player.playing, player.clock, player.speed]") == before
    page.keyboard.up("Space")
    page.keyboard.press("Space")
    assert page.evaluate("player.playing")


def test_only_whole_even_flights_count(page, tmp_path):
    for settings, won in ((dict(handicap="with 1"), 0), (dict(pace=0.5), 0), ({}, 1)):
        school(page, tmp_path, **settings)
        fly_for(page, 90, "left")
        landed(page)
        assert page.evaluate("player.tally('do_nothing')")[0] == won
        assert ("no tally" in page.inner_text(".note")) == (won == 0)
    school(page, tmp_path)
    fly_for(page, 1, "left")
    page.evaluate("player.rewind()")
    fly_for(page, 90, "left")
    landed(page)
    assert page.evaluate("player.tally('do_nothing')")[0] == 1


def test_rewinding_at_the_start_does_nothing(page, tmp_path):
    school(page, tmp_path)
    page.evaluate("player.rewind()")
    assert page.evaluate("!player.flying.source")


@pytest.mark.parametrize("text", ["{", "5", '{"ace": 5}', '"x"', "[1, 2]", '{"a": 1}', "null"])
def test_whatever_the_browser_kept(page, tmp_path, text):
    school(page, tmp_path)
    page.evaluate(
        "text => ['tally', 'kept', 'flights'].forEach(k => localStorage['dogfight.' + k] = text)",
        text,
    )
    school(page, tmp_path)
    fly_for(page, 90, "left")
    landed(page)
    assert "You win" in page.inner_text(".note")
    page.click("text=Opponents")
    if page.query_selector("text=Learn from your mistakes"):
        page.click("text=Learn from your mistakes")
        page.wait_for_selector(".tasks")


def test_nothing_is_left_in_the_sky(page, tmp_path):
    "A pause in the countdown, and Escape before it begins."
    opened(page, fly_html(None, tmp_path / "school.html"))
    page.evaluate("player.take_off({ seat: 0, opponent: 'ace', from: 'fixed' }); player.begin()")
    page.wait_for_selector(".count")
    page.keyboard.press("p")
    page.keyboard.press("x")
    assert page.query_selector(".count") is None
    page.keyboard.press("Escape")
    page.click("text=Again")
    page.keyboard.press("Escape")
    assert page.is_visible(".ladder")


def test_flying_from_a_comparison(page, tmp_path):
    pair = play("ace", "brawler", n=3, seed=3, record=3).replays
    opened(page, to_html(pair, tmp_path / "pair.html"))
    page.evaluate(
        "player.choose(2);player.take_off({ seat: 0, opponent: 'brawler', from: 'start' })"
    )
    assert page.inner_text(".label") == ""
    fly_for(page, 1)
    replay = landed(page)
    page.click("text=Back to the replay")
    assert page.evaluate("player.chosen") == 2
    assert np.array_equal(replay.start, pair[2].start)

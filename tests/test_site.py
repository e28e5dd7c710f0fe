"""The site that `make docs` writes: it opens from a disk and asks nothing of any network, every
link leads somewhere, the search finds what explains a word, every public name has its place, every
replay plays, in light and dark, on a desk and on a phone."""

import ast
import gzip
import io
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from bs4 import BeautifulSoup
from hosts import Watch, chromium, needs
from nbformat import read
from PIL import Image

pytestmark = pytest.mark.xdist_group("site")  # it is made once

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "docs")]
import api  # noqa: E402
import pages as site_pages  # noqa: E402
import search  # noqa: E402
from pages import site_name  # noqa: E402
from strip_widgets import few_colours  # noqa: E402

NOTEBOOKS = [ROOT / "index.ipynb", *sorted((ROOT / "nbs").glob("[0-9]*.ipynb"))]
# what a reader types, and where the first answer must lead: notebook or page, and heading
QUERIES = {
    "learning rate": ("54_config", "TrainConfig: what decides a run"),
    "learning r": ("54_config", "TrainConfig: what decides a run"),
    "GAE": ("44_ppo", "GAE: how much better than expected?"),
    "λ": ("44_ppo", "GAE: how much better than expected?"),
    "lambda": ("44_ppo", "GAE: how much better than expected?"),
    "Elo": ("22_rating", "Elo"),
    "ELO rating": ("22_rating", "Elo"),
    "stall": ("02_flight", "Turning: how fast can it turn?"),
    "stalls": ("02_flight", "Turning: how fast can it turn?"),
    "bradley terry": ("21_bradley_terry", None),
    "bradley_terry": ("21_bradley_terry", None),
    "discount factor": ("44_ppo", "GAE: how much better than expected?"),
    "PFSP": ("47_league", "PFSP: whom to meet"),
    "nash": ("22_rating", "Nash equilibrium: whom should one fly?"),
    "wilson": ("12_match", "Results"),
    "SPRT": ("22_rating", "Sequential test (SPRT): when has one seen enough?"),
    "policies": ("41_policy", None),
    "minibatches": ("44_ppo", "The update"),
    "checkpoint": ("55_checkpoints", None),
    "domain randomisation": ("00_rules", "Domain randomisation: what may vary?"),
    "turning points": ("30_events", "Turning points: where did the match turn?"),
    "round robin": ("12_match", "Round robin: who beats whom?"),
    "resume": ("57_train", "Train and resume"),
    "tacview": ("36_acmi", None),
    "ctrl-c": ("52_monitor", "Ctrl-C: how does one stop without losing anything?"),
    "plain_update": ("api_ppo", None),
    "nash equilibruim": ("22_rating", "Nash equilibrium: whom should one fly?"),
    "advantge": ("44_ppo", "GAE: how much better than expected?"),
}
PHONE = dict(width=390, height=844)
DESK = dict(width=1440, height=900)
# boxes that scroll sideways and do not show it: a shadow at the edge where they go on
WITHOUT_SIGN = """[...document.querySelectorAll("main *")]
  .filter(e => e.scrollWidth > e.clientWidth + 1)
  .map(e => [e, getComputedStyle(e)])
  .filter(([, style]) => style.overflowX === "auto")
  .filter(([, style]) => !style.backgroundAttachment.startsWith("local"))
  .map(([e]) => e.outerHTML.slice(0, 99))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("docs") / "site"
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "docs" / "build.py", out],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def pages(site):
    "Each page, without the spans that colour its code."
    texts = {path.name: path.read_text(encoding="utf-8") for path in site.glob("*.html")}
    return {
        name: BeautifulSoup(re.sub("</?span[^>]*>", "", text), "html.parser")
        for name, text in texts.items()
    }


def test_replays_are_those_of_the_notebooks():
    "A player that was run left its replay in docs/replays; a replay without a player is gone."
    shown = {
        f"{path.stem}-{cell.id}"
        for path in NOTEBOOKS
        for cell in read(path, as_version=4).cells
        for o in cell.get("outputs", [])
        if o.get("data", {}).get("text/plain", "").startswith("Player: ")
    }
    stored = {path.name.removesuffix(".json.gz") for path in (ROOT / "docs" / "replays").iterdir()}
    assert shown == stored, "run the notebook, then `make clean`"


def test_every_notebook_has_a_page(pages):
    modules = {f"{m.page}.html" for m in api.read_modules().values() if m.entries or m.again}
    others = {"names.html", "runs_log.html", "glossary.html"} | modules
    assert set(pages) == {f"{site_name(path.stem)}.html" for path in NOTEBOOKS} | others
    for name, page in pages.items():
        assert page.h1 and len(page.select("#pages a[aria-current]")) == 1, name
        text = page.get_text()
        assert "$$" not in text and "#| " not in text, name  # maths as maths, no directives


def test_sidebar_says_subjects_and_opens_the_part_one_reads(pages):
    parts = pages["44_ppo.html"].select("#pages > details")
    assert len(parts) == 10 and [p.summary.text for p in parts if p.has_attr("open")] == [
        "Learning"
    ]
    for path in NOTEBOOKS[1:]:
        if path.stem in site_pages.SITE_NAMES:
            continue
        link = pages["44_ppo.html"].select_one(f"#pages a[href='{path.stem}.html']")
        title = pages[f"{path.stem}.html"].h1.get_text().removesuffix("¶")
        assert link.get_text().split(" ", 1) == [path.stem[:2], title]


def test_first_page(pages):
    "The long read is the site's first page, and the index notebook where one starts."
    assert pages["index.html"].h1.get_text().startswith("How a pilot learns to dogfight")
    assert pages["start.html"].h1.get_text().startswith("dogfight_nb")
    links = site_pages.Links({}, {})
    page = site_pages.Page("44_ppo", "PPO", folder=ROOT / "nbs")
    assert links.at(page, "95_how_a_pilot_learns.ipynb#GAE") == "index.html#GAE"
    assert links.at(page, "index.ipynb") == "start.html"
    assert links.at(page, "../index.ipynb#A-duel") == "start.html#A-duel"
    assert links.at(page, "41_policy.ipynb") == "41_policy.html"


def test_links_lead_somewhere(site, pages):
    ids = {name: {tag["id"] for tag in page.find_all(id=True)} for name, page in pages.items()}
    for name, page in pages.items():
        for tag in page.find_all(["a", "img", "iframe", "script", "link"]):
            url = tag.get("href") or tag.get("src")
            if not url or url.startswith(("data:", "https:")):
                assert not url or url.startswith("data:") or tag.name == "a", (
                    name,
                    url,
                )  # a link may lead out, nothing is loaded from there
                continue
            path, _, anchor = url.partition("#")
            assert not path or (site / path).is_file(), (name, url)
            if anchor:
                assert {anchor, unquote(anchor)} & ids[path or name], (name, url)


def test_public_names_are_in_the_api(pages):
    "Each name of each `__all__`, and what `@patch` adds to a class."
    ids = {name: {tag["id"] for tag in page.find_all(id=True)} for name, page in pages.items()}
    listed = {a.get_text() for a in pages["names.html"].select(".names a")}
    for path in (ROOT / "dogfight_nb").glob("[a-z]*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        public = [
            name
            for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
            for name in ast.literal_eval(node.value)
        ]
        page = pages.get(f"api_{path.stem}.html")
        for name in public:
            assert name in listed, (path.stem, name)
            handed_on = page.select_one(f"a.name[href$='#{name}']")
            assert name in ids[f"api_{path.stem}.html"] or handed_on, (path.stem, name)
    assert "Replay.to_acmi" in ids["api_recording.html"]  # patched in by 36_acmi
    assert pages["44_ppo.html"].select_one("main > .where a[href='api_ppo.html']")
    assert pages["44_ppo.html"].select_one(".code a.api[href='api_ppo.html#gae']")
    for name, page in pages.items():
        assert all(link.get_text() for link in page.select(".code a.api")), name


def test_api_says_what_docstrings_say(pages):
    entry = pages["api_match.html"].find(id="play")
    rows = {tr.td.text: [td.text for td in tr.find_all("td")] for tr in entry.select("tbody tr")}
    assert rows["n"][:3] == ["n", "int", "1000"]
    assert rows["rules"][3] == "one Rules or n of them"
    said = {dt.text: dd.text for dt, dd in zip(entry.find_all("dt"), entry.find_all("dd"))}
    assert said["returns"] == "Results" and said["raises"].startswith("InputError")
    cell = entry.select_one(".where a")["href"].partition("#")
    assert "def play(" in pages[cell[0]].find(id=cell[2]).get_text()
    fields = pages["api_ppo.html"].find(id="PPOConfig")
    assert "what happened" in fields.find("code", string="gae_lambda").find_parent("tr").text
    assert api.said_of("a", ["Adds `a` [n] to `b`."]) == "[n]"
    assert api.said_of("a", ["Adds.", "`a`, `b`: terms; any sign; `c`: none."]) == "terms; any sign"


def test_api_says_what_rules_mean(pages):
    rules = pages["api_rules.html"].find(id="Rules")
    row = rules.find("code", string="gravity").find_parent("tr")
    expected = ["gravity", "float 0 – 10000 m/s²", "130", "pulls along the nose: −g·sin(yaw)"]
    assert [" ".join(td.text.split()) for td in row.find_all("td")] == expected
    assert api.said_of("r", ["Draws of `r` ({name: (low, high)}) one."]) == "{name: (low, high)}"
    assert api.said_of("d", ["Adds.", "`d` (m): how far."]) == "m: how far"


def test_no_markup_is_left_in_the_text(site):
    "Neither a backtick nor the dashes of a table stand outside of code."
    for path in site.glob("*.html"):
        main = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser").main
        for code in main.find_all(["pre", "code", "script", "style"]):
            code.decompose()
        assert not re.findall(r".*(?:`|\|-+:?\|).*", main.get_text()), path.name


def test_glossary(pages):
    terms, page = search.read_terms(), pages["glossary.html"]
    assert len(terms) > 80
    for term in terms:
        for id in term.ids:
            assert page.find(id=id), id
        assert term.plain in page.find(id=term.ids[0]).dd.get_text(), term.names
        assert page.find(id=term.ids[0]).select_one(".explained"), term.names
    for id, (notebook, cell) in search.EXPLAINED.items():
        assert any(id in term.ids for term in terms), id
        cells = read(ROOT / "nbs" / f"{notebook}.ipynb", as_version=4).cells
        assert cell in [c.id for c in cells], (id, notebook, cell)
    assert set(search.ALSO) <= {id for term in terms for id in term.ids}
    assert (ROOT / "GLOSSARY.md").read_text("utf-8").count("\n- ") == len(terms)
    assert search.slug("Bradley–Terry é") == "bradley-terry-e"
    # an entry without anchors has ids made of its names
    (term,) = search.parsed("- **two words**, **other**: what it *is*. [44_ppo](nbs/44_ppo.ipynb)")
    assert (term.ids, term.plain, term.notebook) == (
        ["two-words", "other"],
        "what it is.",
        "44_ppo",
    )


def test_terms_are_links_that_say_what_they_mean():
    page = site_pages.Page("44_ppo", "PPO", folder=ROOT / "nbs")
    links = site_pages.Links({"gae": "api_ppo.html#gae"}, search.by_id(search.read_terms()))

    def rendered(text):
        return BeautifulSoup(site_pages.markdown(text, page, links), "html.parser")

    term = rendered("An [**advantage**](../GLOSSARY.md#advantage) of `gae`.").a
    assert term["href"] == "glossary.html#advantage" and "than expected" in term["title"]
    assert rendered("`gae()` and `gain`").a["href"] == "api_ppo.html#gae"
    assert len(rendered("[`gae`](45_fast_ppo.ipynb)").find_all("a")) == 1  # no link in a link
    with pytest.raises(SystemExit, match="no #nowhere"):
        rendered("[x](../GLOSSARY.md#nowhere)")


def test_search(site, pages):
    "From a disk, by keys; the index is fetched when it is needed."
    needs("playwright")
    with chromium() as browser:
        page, watch = browser.new_page(viewport=DESK), Watch()
        watch.over(page)
        page.goto((site / "06_tables.html").as_uri())
        assert not page.evaluate("'INDEX' in window")
        page.keyboard.press("/")
        wrong = {}
        for query, (notebook, heading) in QUERIES.items():
            page.locator(".search input").fill(query)
            page.wait_for_function("window.INDEX && typeof Search === 'function'")
            page.evaluate("search()")
            url = page.locator(".search li a").first.get_attribute("href")
            path, _, anchor = url.partition("#")
            found = pages[path].find(id=anchor) or pages[path].find(id=unquote(anchor))
            title = found.get_text().removesuffix("¶") if found else None
            if path != f"{notebook}.html" or heading and title != heading:
                wrong[query] = url
        assert wrong == {}
        page.locator(".search input").fill("learning rate")
        page.evaluate("search()")
        first = page.locator(".search li").first
        assert "gradient descent" in first.text_content()  # what the glossary says
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.closest('li').previousElementSibling")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        page.wait_for_url("**/54_config.html#*")
        page.locator(".search input").fill("zebra quokka")
        page.wait_for_selector(".search .none")
        page.keyboard.press("Escape")
        assert page.locator(".search ol").is_hidden()
        assert watch.errors == [] and watch.requests == []


def test_contents(site):
    needs("playwright")
    with chromium() as browser:
        page = browser.new_page(viewport=DESK)
        page.goto((site / "44_ppo.html").as_uri())
        aside, text = page.locator("aside"), page.locator("main")
        assert aside.bounding_box()["x"] > text.bounding_box()["x"] + 600
        heading = page.locator("main h2").nth(2)
        page.evaluate("h => scrollTo(0, h.offsetTop)", heading.element_handle())
        page.wait_for_function("document.querySelector('aside [aria-current]')")
        marked = page.locator("aside [aria-current]").text_content()
        assert heading.text_content().removesuffix("¶") == marked
        begins = text.bounding_box()["x"]
        page.goto((site / "api_arena.html").as_uri())  # names break where their parts do
        assert "Arena.<wbr>set_<wbr>opponents" in page.locator("aside").inner_html()
        page.goto((site / "api_acmi.html").as_uri())
        assert aside.count() == 0 and text.bounding_box()["x"] == begins
        page.goto((site / "names.html").as_uri())
        rows = "new Set([...document.querySelectorAll('.letters a')].map(a => a.offsetTop)).size"
        assert page.evaluate(rows) == 1
        page.set_viewport_size(dict(width=1000, height=900))
        page.goto((site / "44_ppo.html").as_uri())
        assert page.locator("aside ul").is_hidden()
        page.locator("aside summary").click()
        assert page.locator("aside ul").is_visible()
        below = page.locator("main").bounding_box()["y"]
        assert aside.bounding_box()["y"] < below


@pytest.mark.parametrize("clipboard", [True, False])
def test_copying(site, clipboard):
    "Also where the browser gives a page no clipboard."
    needs("playwright")
    with chromium() as browser:
        page = browser.new_page(viewport=DESK)
        page.goto((site / "44_ppo.html").as_uri())
        page.evaluate(
            """mine => {
              const value = { writeText: async text => mine ? (window.got = text) : missing() };
              Object.defineProperty(navigator, 'clipboard', { value });
              if (!mine) addEventListener('copy', e => (window.got = e.target.value));
            }""",
            clipboard,
        )
        block = page.locator(".code", has_text="class PPOConfig").first
        block.hover()
        block.locator("button.copy").click()
        page.wait_for_function("window.got")
        assert page.evaluate("got").startswith("@validated_config(InputError)\nclass PPOConfig:")
        assert block.locator("button.copy").text_content() == "copied"


def contrast(a, b):
    "Of two colours as rgb(…), by WCAG 2."

    def light(colour):
        parts = [int(x) / 255 for x in re.findall(r"\d+", colour)[:3]]
        parts = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    a, b = sorted((light(a), light(b)))
    return (b + 0.05) / (a + 0.05)


def test_light_and_dark(site):
    needs("playwright")
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    colours = """() => [...document.querySelectorAll('main .highlight span, main p, .where a, th')]
      .filter(e => e.checkVisibility()).map(e => getComputedStyle(e).color)"""
    with chromium() as browser:
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport=DESK, color_scheme=scheme)
            page.goto((site / "44_ppo.html").as_uri())
            ground = page.evaluate(
                "getComputedStyle(document.querySelector('.highlight')).backgroundColor"
            )
            assert (contrast(ground, "rgb(0, 0, 0)") > 10) == (scheme == "light")
            for colour in set(page.evaluate(colours)):
                assert contrast(colour, ground) >= 4.5, (scheme, colour, ground)
            ink = "getComputedStyle(document.body).getPropertyValue('--jp-content-font-color1')"
            assert page.evaluate(ink).startswith("rgb(")  # scripts of figures can read it
            drawn = page.locator(".plot img").first.evaluate("e => getComputedStyle(e).filter")
            assert ("invert" in drawn) == (scheme == "dark")
            other = "light" if scheme == "dark" else "dark"
            while page.locator("html").get_attribute("data-theme") != other:
                page.locator("button.theme").click()
            page.reload()
            assert page.locator("html").get_attribute("data-theme") == other  # remembered
            page.evaluate("localStorage.clear()")
            page.close()


def test_players_take_the_theme(site):
    needs("playwright")
    with chromium() as browser:
        page = browser.new_page(viewport=DESK, color_scheme="dark")
        page.goto((site / "34_replay.html").as_uri())
        frame = page.locator("iframe.player").first
        frame.scroll_into_view_if_needed()
        frame.content_frame.locator("html[data-theme=dark] main[data-ready]").wait_for()
        page.locator("button.theme").click()
        frame.content_frame.locator("html[data-theme=light]").wait_for()


def test_every_page_opens_on_a_phone(site, pages):
    "None is wider than the screen; code and tables scroll in boxes of their own."
    needs("playwright")
    with chromium() as browser:
        page, watch = browser.new_page(viewport=PHONE, has_touch=True), Watch()
        watch.over(page)
        for name in pages:
            page.goto((site / name).as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
            assert page.evaluate(WITHOUT_SIGN) == [], name
        assert watch.errors == [] and watch.requests == []
        page.goto((site / "44_ppo.html").as_uri())
        link = page.locator("#pages a[aria-current]")
        assert link.is_hidden()
        page.locator("button.menu").click()
        link.wait_for(state="visible")
        assert page.locator(".page").evaluate("e => e.inert")
        assert link.bounding_box()["height"] >= 36
        for button in page.locator("body > header button").all():
            assert min(button.bounding_box()[side] for side in ("width", "height")) >= 44
        page.keyboard.press("Escape")
        link.wait_for(state="hidden")


def test_every_replay_plays(site, pages):
    "Also inside its page, where it lies in a frame."
    needs("playwright")
    assert (
        len(list((site / "players").iterdir()))
        == sum(len(page.select("iframe.player")) for page in pages.values())
        >= 5
    )
    with chromium() as browser:
        page, watch = browser.new_page(), Watch()
        watch.over(page)
        for path in sorted((site / "players").iterdir()):
            page.goto(path.as_uri())
            page.wait_for_selector("main[data-ready]")
            if page.evaluate("player.fly_only"):
                start = "{ seat: 0, opponent: player.data.opponent, from: 'fixed', pace: 1 }"
                page.evaluate(f"player.take_off({start}); player.begin()")
            else:
                page.evaluate("player.go(0); player.play()")
            page.wait_for_function(
                "player.flying?.duel.tick > 30 || !player.flying && player.frame > 5"
            )
        page.goto((site / "34_replay.html").as_uri())
        frame = page.locator("iframe.player").first
        frame.scroll_into_view_if_needed()
        frame.content_frame.locator("main[data-ready]").wait_for()
        page.goto((site / "start.html").as_uri())  # its first player is ready before the page
        frame.scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector('iframe.player').style.height")
        assert watch.errors == [] and watch.requests == []


def test_players_hold_what_is_stored(site):
    for path in (ROOT / "docs" / "replays").iterdir():
        assert gzip.decompress(path.read_bytes()).decode() in (
            site / "players" / f"{path.name.removesuffix('.json.gz')}.html"
        ).read_text(encoding="utf-8")


def test_pictures_keep_the_colours_of_their_areas():
    "Also a heat map of many cells, beside a bar of all its shades."
    picture = np.full((180, 320, 3), 255, np.uint8)
    picture[:160, :256] = (
        (255 - 4 * np.arange(64)).reshape(8, 8).repeat(20, 0).repeat(32, 1)[..., None]
    )
    picture[:160, 280:300] = np.random.default_rng(0).integers(0, 255, (160, 20, 3))
    png, areas = io.BytesIO(), picture[:160, :256]
    Image.fromarray(picture).save(png, "png")
    few = np.array(Image.open(io.BytesIO(few_colours(png.getvalue()))).convert("RGB"))
    assert (few[:160, :256] == areas).all() and len(np.unique(few.reshape(-1, 3), axis=0)) <= 256

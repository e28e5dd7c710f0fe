"""The site that `make docs` writes: it opens from a disk and asks nothing of any network, every
link leads somewhere, the search finds, and every replay plays."""

import gzip
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from hosts import Watch, chromium, needs
from nbformat import read

pytestmark = pytest.mark.xdist_group("site")  # it is made once

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = [ROOT / "index.ipynb", *sorted((ROOT / "nbs").glob("[0-9]*.ipynb"))]


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
    assert set(pages) == {f"{path.stem}.html" for path in NOTEBOOKS} | {
        "names.html",
        "runs_log.html",
        "glossary.html",
    }
    for name, page in pages.items():
        assert page.h1 and len(page.select("nav a[aria-current]")) == 1, name
        text = page.get_text()
        assert "$$" not in text and "#| " not in text, name  # maths as maths, no directives


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


def test_pages_open_and_search(site, pages):
    needs("playwright")
    with chromium() as browser:
        page, watch = browser.new_page(), Watch()
        watch.over(page)
        for name in pages:
            page.goto((site / name).as_uri(), wait_until="load")
        page.goto((site / "index.html").as_uri())
        page.keyboard.press("/")
        page.keyboard.type("bradley_terry")
        page.wait_for_selector(".search li a")
        assert "21_bradley_terry.html" in page.locator(".search li a").first.get_attribute("href")
        page.keyboard.press("Enter")
        page.wait_for_url("**/21_bradley_terry.html#*")
        page.locator(".search input").fill("zebra quokka")
        page.wait_for_selector(".search .none")
        assert watch.errors == [] and watch.requests == []


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
        assert watch.errors == [] and watch.requests == []


def test_players_hold_what_is_stored(site):
    for path in (ROOT / "docs" / "replays").iterdir():
        assert gzip.decompress(path.read_bytes()).decode() in (
            site / "players" / f"{path.name.removesuffix('.json.gz')}.html"
        ).read_text(encoding="utf-8")

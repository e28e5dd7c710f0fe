"""Take the pictures in docs/images/ anew: the film of the champion, and the player in
JupyterLab, as a file, two side by side, and in flight; of a flight also the one that the player
shows where scripts do not run; and the first picture of each interactive figure, with which the
outputs of the notebooks that show it are made anew. Needs Chromium.

python tools/pictures.py [figures]    `figures`: only those of the interactive figures"""

import io
import sys
import tempfile
from pathlib import Path

from execnb.nbio import read_nb, write_nb
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from hosts import Lab, chromium, command, first_picture, notebook, opened, players  # noqa: E402

from dogfight_nb.events import before_after  # noqa: E402
from dogfight_nb.interactive import FIGURES, FIGURES_FOLDER, interactive_figure  # noqa: E402
from dogfight_nb.match import play  # noqa: E402
from dogfight_nb.motion import film  # noqa: E402
from dogfight_nb.replay import fly_html, to_html  # noqa: E402

ACE = "first-ace"


def keep(page, name, folder=ROOT / "docs" / "images", **options):
    "A screenshot of `page` or a part of it, as a small PNG: rare colours are kept, shades merged."
    image = (
        Image.open(io.BytesIO(page.screenshot(**options)))
        .convert("RGB")
        .quantize(160, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    image.save(folder / f"{name}.png", optimize=True)


def show_anew(path):
    "Make the outputs with interactive figures anew in the notebook at `path`."
    nb, shown = read_nb(path), 0
    for output in (o for cell in nb.cells for o in cell.get("outputs", [])):
        said = "".join(output.get("data", {}).get("text/plain", ""))
        if said.startswith("Interactive figure: "):
            figure, shown = interactive_figure(said.split(": ")[1]), shown + 1
            output["data"]["text/html"] = figure._repr_html_().splitlines(keepends=True)
    if shown:
        write_nb(nb, path)


with chromium() as browser:
    page = browser.new_page()
    for name in FIGURES:
        (FIGURES_FOLDER / f"{name}.svg").write_text(first_picture(page, name), "utf-8")
for path in sorted((ROOT / "nbs").glob("[0-9]*.ipynb")):
    show_anew(path)
if sys.argv[1:] == ["figures"]:
    sys.exit()

film(
    next(r for r in play("champion", "ace", n=60, seed=3, record=60).replays if r.index == 36),
    ROOT / "docs" / "images" / "champion.gif",
    fps=20,
    width=800,
)

with chromium() as browser, tempfile.TemporaryDirectory() as folder:
    folder = Path(folder)

    def tab(w, h, **more):
        return browser.new_page(viewport=dict(width=w, height=h), **more)

    page = opened(
        tab(480, 900, color_scheme="dark"),
        to_html(play(ACE, "brawler", n=3, seed=2, record=3).replays[0], folder / "file.html"),
    )
    page.evaluate("player.seek(132)")
    keep(page, "player_file", full_page=True)

    page = opened(
        tab(1200, 700),
        to_html(
            before_after("chaser", "ace", "brawler"),
            folder / "pair.html",
            labels=["the chaser flies", "the ace flies"],
        ),
    )
    page.evaluate("player.go(600)")
    keep(page, "player_compare")

    page = opened(tab(1000, 520), fly_html(ACE, folder / "fly.html"))
    page.evaluate("player.take_off({ seat: 0, opponent: 'first-ace', from: 'fixed', pace: 1 })")
    page.keyboard.press("ArrowUp")
    page.wait_for_timeout(1900)  # the countdown
    for key, ms in (("ArrowLeft", 300), ("ArrowRight", 350), ("ArrowUp", 150)):
        page.keyboard.down(key)
        page.wait_for_timeout(ms)
        page.keyboard.up(key)
    keep(page, "player_fly")
    # the sky alone, for where scripts do not run
    keep(page.query_selector(".stage canvas"), "flight", ROOT / "dogfight_nb" / "player")

    (folder / "work").mkdir()
    (folder / "work" / "duel.ipynb").write_text(
        notebook(
            "from dogfight_nb.match import play\n"
            "from dogfight_nb.replay import show\n\n"
            "duel = play('ace', 'brawler', n=12, seed=1, record=12).replays[11]\n"
            "show(duel, frame=330)"
        )
    )
    lab = Lab(folder / "work")
    try:
        page = lab.open(tab(1180, 900), "duel.ipynb")
        command(page, "application:toggle-left-area")
        command(page, "notebook:run-all-cells")
        players(page)[0].wait_for_function("player.frame === 330")
        page.wait_for_timeout(1500)
        keep(page, "player_jupyterlab")
    finally:
        lab.close()

"""Leave in the notebooks what shows itself without a kernel, and to somebody whose Jupyter does
not trust them yet.

A widget's state is large, differs at every run and shows nothing alone: the output keeps the
picture or HTML beside it. Of a player the picture stays, and what it plays goes to
docs/replays/, from where the site takes it. A drawing in SVG gets a PNG beside it (by Chromium)
in place of its HTML, for an untrusted notebook shows no SVG, and HTML without its styles; in the
index the PNG alone is kept, and no picture of a page to fly in. A large picture is kept in few
colours. Cells that are hidden on the site are folded in JupyterLab."""

import base64
import gzip
import html
import io
import re
import sys
from pathlib import Path

import numpy as np
from execnb.nbio import read_nb, write_nb
from PIL import Image

from dogfight_nb.replay import page_data

ROOT = Path(__file__).resolve().parents[1]
FLYING = "Player: Fly against"  # the pages of the index that have nothing to show but the game
sys.path.insert(0, str(ROOT / "tests"))
VIEW = "application/vnd.jupyter.widget-view+json"
# a PNG of more bytes than `LARGE` is kept in so many colours
COLOURS, COLOURS_IN_INDEX, LARGE = 32, 24, 7_000
LARGE_AREA = 0.005  # of a picture


def replay_file(notebook, cell, k):
    "Where the site finds what the `k`-th player of a cell plays."
    return ROOT / "docs" / "replays" / f"{notebook}-{cell}{f'-{k}' if k else ''}.json.gz"


def replays_in(cell):
    """(k, output) of the players among a cell's outputs, stripped or not: their repr says what
    they are."""
    return enumerate(
        o
        for o in cell.get("outputs", [])
        if "".join(o.get("data", {}).get("text/plain", "")).startswith("Player: ")
    )


def keep(output, path):
    """Store what a player plays, without the key by which its kernel knew it. A file that
    already says the same stays as it is."""
    framed = re.search(r'srcdoc="([^"]*)"', "".join(output["data"].get("text/html", "")))
    if not framed:
        return
    text = re.sub(r'"id":"\w+"', '"id":null', page_data(html.unescape(framed[1])), count=1)
    if path.exists() and gzip.decompress(path.read_bytes()).decode() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def shows(output):
    """Is anything left to see without the widget? Its text/plain is only its repr. The lines
    that PyTorch's profiler writes to stderr say nothing."""
    if output.get("name") == "stderr" and "".join(output["text"]).startswith("USDT:"):
        return False
    data = output.get("data", {})
    if "srcdoc=" in "".join(data.get("text/html", "")):
        del data["text/html"]
    return data.pop(VIEW, None) is None or set(data) - {"text/plain"}


def palette(counts, colours, kept=1):
    """Of colours [n, 3], the most frequent first, so many that differ: the first `kept`, then each
    that is farther from those before it than a distance, which is the least that leaves few
    enough."""
    for least in range(0, 442, 4):
        taken = counts[:kept]
        for colour in counts[kept:]:
            if np.linalg.norm(taken - colour, axis=1).min() > least:
                taken = np.vstack([taken, colour])
                if len(taken) > colours:
                    break
        if len(taken) <= colours:
            return taken


def few_colours(png, colours=COLOURS):
    """The bytes of a PNG in so many `colours`; in more if it has many large areas, as a heat map.
    Their colours stay what they are, unlike with Pillow's own methods, which take colours of large
    areas for shades between them."""
    image, few = np.array(Image.open(io.BytesIO(png)).convert("RGB")), io.BytesIO()
    found, where, n = np.unique(
        image.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    areas = max(1, int((n > LARGE_AREA * n.sum()).sum()))
    taken = palette(found[np.argsort(-n)].astype(float), min(256, max(colours, 4 * areas)), areas)
    nearest = [int(np.linalg.norm(taken - colour, axis=1).argmin()) for colour in found]
    indices = np.array(nearest, np.uint8)[where.ravel()].reshape(image.shape[:2])
    reduced = Image.fromarray(indices, "P")
    reduced.putpalette(taken.astype(np.uint8).ravel().tolist())
    reduced.save(few, "png", optimize=True)
    return few.getvalue()


def still(svg):
    "A drawing as a PNG, base64."
    from hosts import chromium

    with chromium() as browser:
        page = browser.new_page(viewport=dict(width=1200, height=900))
        page.set_content(f'<body style="margin:0;background:#fff">{svg}')
        return base64.b64encode(few_colours(page.locator("svg").first.screenshot())).decode()


def seen_untrusted(output, keep_svg=True):
    "Give a drawing a PNG, in place of the HTML."
    data = output.get("data", {})
    if "image/svg+xml" not in data:
        return
    if "image/png" not in data:
        data["image/png"] = still("".join(data["image/svg+xml"]))
    data.pop("text/html", None)
    if not keep_svg:
        del data["image/svg+xml"]


def lighten(output, colours):
    "Keep a large PNG in few colours, if that makes it smaller by more than a fifteenth."
    data = output.get("data", {})
    png = base64.b64decode("".join(data.get("image/png", "")))
    if len(png) > LARGE and len(few := few_colours(png, colours)) < 14 / 15 * len(png):
        data["image/png"] = base64.b64encode(few).decode()


def fold(cell):
    "Is the source of a code cell hidden on the site? Then JupyterLab need not show it either."
    if re.search(r"(?m)^# *\| *(hide|hide_input|echo: *false) *$", cell.source):
        cell.metadata["jupyter"] = {"source_hidden": True}
    else:
        cell.metadata.pop("jupyter", None)


def strip(path):
    "Clean the notebook at `path`; returns the files of its replays."
    nb, kept, index = read_nb(path), set(), path.stem == "index"
    nb.metadata.pop("widgets", None)
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        for k, output in replays_in(cell):
            kept.add(replay_file(path.stem, cell.id, k))
            keep(output, replay_file(path.stem, cell.id, k))
        cell.outputs = [output for output in cell.outputs if shows(output)]
        for output in cell.outputs:
            seen_untrusted(output, keep_svg=not index)
            lighten(output, COLOURS_IN_INDEX if index else COLOURS)
            if index and "".join(output.get("data", {}).get("text/plain", "")).startswith(FLYING):
                output.data.pop("image/png", None)
        fold(cell)
    write_nb(nb, path)
    return kept


if __name__ == "__main__":
    kept = set().union(*map(strip, sorted((ROOT / "nbs").glob("*.ipynb"))))
    for path in set((ROOT / "docs" / "replays").glob("*.json.gz")) - kept:
        path.unlink()

"""Leave in the notebooks what shows itself without a kernel, and to somebody whose Jupyter does
not trust them yet.

A widget's state is large, differs at every run and shows nothing alone: the output keeps the
picture or HTML beside it. Of a player the picture stays, and what it plays goes to
docs/replays/, from where the site takes it. A drawing in SVG gets a PNG beside it (by Chromium)
in place of its HTML, for an untrusted notebook shows no SVG, and HTML without its styles. A PNG
gets along with 64 colours. Cells that are hidden on the site are folded in JupyterLab."""

import base64
import gzip
import html
import io
import re
import sys
from pathlib import Path

from execnb.nbio import read_nb, write_nb
from PIL import Image

from dogfight_nb.replay import page_data

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
VIEW = "application/vnd.jupyter.widget-view+json"


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


def few_colours(image):
    "`image` as a PNG of 64 colours, base64: plots and drawings need no more."
    few = io.BytesIO()
    image.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(few, "png", optimize=True)
    return base64.b64encode(few.getvalue()).decode()


def smaller(output):
    "Give a PNG of all colours few, if that makes it smaller."
    whole = "".join(output.get("data", {}).get("image/png", "")).strip()
    if not whole:
        return
    image = Image.open(io.BytesIO(base64.b64decode(whole)))
    if image.mode in ("RGB", "RGBA"):
        paper = Image.new("RGBA", image.size, "#fff")
        few = few_colours(Image.alpha_composite(paper, image.convert("RGBA")))
        output["data"]["image/png"] = min(whole, few, key=len)


def still(svg):
    "A drawing as a PNG, base64."
    from hosts import chromium

    with chromium() as browser:
        page = browser.new_page(viewport=dict(width=1200, height=900))
        page.set_content(f'<body style="margin:0;background:#fff">{svg}')
        return few_colours(Image.open(io.BytesIO(page.locator("svg").first.screenshot())))


def seen_untrusted(output):
    "Give a drawing a PNG, in place of the HTML."
    data = output.get("data", {})
    if "image/svg+xml" not in data:
        return
    if "image/png" not in data:
        data["image/png"] = still("".join(data["image/svg+xml"]))
    data.pop("text/html", None)


def fold(cell):
    "Is the source of a code cell hidden on the site? Then JupyterLab need not show it either."
    if re.search(r"(?m)^# *\| *(hide|echo: *false) *$", cell.source):
        cell.metadata["jupyter"] = {"source_hidden": True}
    else:
        cell.metadata.pop("jupyter", None)


def strip(path):
    "Clean the notebook at `path`; returns the files of its replays."
    nb, kept = read_nb(path), set()
    nb.metadata.pop("widgets", None)
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        for k, output in replays_in(cell):
            kept.add(replay_file(path.stem, cell.id, k))
            keep(output, replay_file(path.stem, cell.id, k))
        cell.outputs = [output for output in cell.outputs if shows(output)]
        for output in cell.outputs:
            seen_untrusted(output)
            smaller(output)
        fold(cell)
    write_nb(nb, path)
    return kept


if __name__ == "__main__":
    kept = set().union(*map(strip, sorted((ROOT / "nbs").glob("*.ipynb"))))
    for path in set((ROOT / "docs" / "replays").glob("*.json.gz")) - kept:
        path.unlink()

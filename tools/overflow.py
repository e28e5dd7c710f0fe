"""Count the lines that run out of their cell in JupyterLab, at the width of a small laptop.

python tools/overflow.py [--width 1280] [NOTEBOOK...]

Opens each notebook in a JupyterLab of its own, scrolls through it, and asks the page for every line
of every code cell whether it is wider than the editor that shows it. Exit code 1 if any is."""

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from hosts import Lab, chromium  # noqa: E402

# folded cells count too: their source is shown first
SHOW_ALL = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.widgets;
  for (const cell of cells) if (cell.model.type === "code") cell.inputHidden = false;
  return cells.length;
}"""

# a line is measured by the right edge of its text, without the empty space after it
WIDE_LINES = """async index => {
  const notebook = window.jupyterapp.shell.currentWidget.content, cell = notebook.widgets[index];
  if (cell.model.type !== "code") return null;
  await notebook.scrollToItem(index, "center", 0);
  await cell.ready;
  for (let k = 0; k < 50 && !cell.node.querySelector(".cm-line"); k++)
    await new Promise(done => setTimeout(done, 20));
  const scroller = cell.node.querySelector(".cm-scroller"), range = document.createRange();
  const right = scroller.getBoundingClientRect().right, wide = [];
  const lines = [...cell.node.querySelectorAll(".cm-line")];
  for (const line of lines) {
    range.selectNodeContents(line);
    if (range.getBoundingClientRect().right > right + 0.5) wide.push(line.textContent);
  }
  return { seen: lines.length, source: cell.model.sharedModel.source.split("\\n").length, wide };
}"""


def count(page):
    "(lines seen, lines of source, [lines too wide]) of the notebook that is open in `page`."
    seen, source, wide = 0, 0, []
    for index in range(page.evaluate(SHOW_ALL)):
        found = page.evaluate(WIDE_LINES, index)
        if found:
            seen, source, wide = (
                seen + found["seen"],
                source + found["source"],
                wide + found["wide"],
            )
    return seen, source, wide


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--width", type=int, default=1280, help="of the window, in pixels")
    options = parser.parse_args()
    notebooks = options.notebooks or [
        ROOT / "index.ipynb",
        *sorted((ROOT / "nbs").glob("[0-9]*.ipynb")),
    ]
    total = 0
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        work = Path(folder) / "work"
        work.mkdir()
        for path in notebooks:
            (work / path.name).write_bytes(path.read_bytes())
        lab = Lab(work)
        try:
            page = browser.new_page(viewport=dict(width=options.width, height=800))
            for path in notebooks:
                lab.open(page, path.name)
                seen, source, wide = count(page)
                total += len(wide)
                print(f"{path.stem:22} {seen:5} of {source:5} lines seen, {len(wide)} too wide")
                print("".join(f"    {line[:110]}\n" for line in wide[:5]), end="")
                lab.no_kernels()
        finally:
            lab.close()
    print(f"{total} lines run out of a cell at {options.width} px")
    return int(total > 0)


if __name__ == "__main__":
    sys.exit(main())

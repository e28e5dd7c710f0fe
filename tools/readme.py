"""Write README.md and docs/images/index_* from index.ipynb: the saved outputs, as GitHub can
show them. Runs no cell."""

import re
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbconvert import MarkdownExporter
from nbconvert.filters import strip_ansi

ROOT = Path(__file__).resolve().parents[1]
IMAGES = "docs/images"
BEST_FIRST = "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/html", "text/plain"
DIRECTIVE = re.compile(r"^# *\| *(.+?) *$\n?", re.MULTILINE)
# what only the README shows, where nothing is alive: an HTML comment everywhere else
README_ONLY = re.compile(r"<!-- README (.+?) -->")
SAYS_NOTHING = re.compile(r"\[?<[\w.]+( object)?( at 0x\w+)?>\]?\s*")


def short(text, head=16, tail=4):
    """`text` as a terminal would leave it (progress bars overwrite themselves), without its
    middle if it is long."""
    lines = [line.rstrip().split("\r")[-1] for line in strip_ansi(text).rstrip().split("\n")]
    return (
        "\n".join(lines if len(lines) <= head + tail + 1 else [*lines[:head], "…", *lines[-tail:]])
        + "\n"
    )


def bare_tables(html):
    """The tables of `html` with nothing but structure: GitHub shows those, and shows styles and
    scripts as text."""
    tables = BeautifulSoup(html, "html.parser").find_all("table")
    for tag in (t for table in tables for t in [table, *table.find_all(True)]):
        if tag.name in ("style", "script"):
            tag.decompose()
        else:
            tag.attrs = {k: v for k, v in tag.attrs.items() if k in ("align", "colspan", "rowspan")}
    return "\n".join(
        re.sub(r"\s*\n\s*", "\n", str(table)) for table in tables
    )  # a blank line would end the HTML block


def readable(output):
    "`output` reduced to the one form that reads best, or None."
    if output.output_type == "stream":
        if output.name == "stderr":
            return None
        output.text = short(output.text)
        return output if output.text.strip() else None
    data = output.get("data", {})
    data["text/html"] = bare_tables(data.get("text/html", ""))
    data["text/plain"] = short(data.get("text/plain", ""))
    if SAYS_NOTHING.fullmatch(data["text/plain"]) or data["text/plain"].startswith("Player: "):
        del data["text/plain"]
    best = next((form for form in BEST_FIRST if data.get(form, "").strip()), None)
    if best is None:
        return None
    output.data = {best: data[best]}
    return output


def readme(nb):
    """The Markdown of a notebook and its images {path: bytes}; nbdev's hide and echo directives
    hold here too."""
    nb.metadata.language_info = {"name": "python"}  # nbdev_clean took it; the code fences want it
    cells = []
    for cell in nb.cells:
        if cell.cell_type == "code":
            directives = {d.replace(" ", "") for d in DIRECTIVE.findall(cell.source)}
            if "hide" in directives:
                continue
            cell.source = DIRECTIVE.sub("", cell.source).strip()
            cell.outputs = [out for out in map(readable, cell.outputs) if out]
            if directives & {"hide_output", "output:false"}:
                cell.outputs = []
            if not cell.source or directives & {"hide_input", "echo:false"}:
                cell.metadata.transient = {"remove_source": True}
        else:
            cell.source = README_ONLY.sub(r"\1", cell.source)
        cells.append(cell)
    nb.cells = cells
    text, resources = MarkdownExporter().from_notebook_node(
        nb, {"unique_key": "index", "output_files_dir": IMAGES}
    )
    text = re.sub(r"!\[(png|svg|jpeg)\]\(", "![output of the cell above](", text)
    parts = re.split(r"(?s)(```python\n.*?\n```)(?=\n)", re.sub(r"(?m)^[ \t]+$", "", text))
    parts[::2] = [
        re.sub(r"\n{2,}", "\n\n", part) for part in parts[::2]
    ]  # nbconvert is generous with blank lines
    note = "<!-- Written from index.ipynb by `make docs`: edit the notebook instead. -->"
    return f"{note}\n\n{''.join(parts).strip()}\n", resources["outputs"]


if __name__ == "__main__":
    text, images = readme(nbformat.read(ROOT / "index.ipynb", as_version=4))
    for old in (ROOT / IMAGES).glob("index_*"):
        old.unlink()
    for path, content in images.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_bytes(content)
    (ROOT / "README.md").write_text(text, encoding="utf-8")

"""Write the site into _docs/: a page for every notebook as it was last run, RUNS.md, a list of
all names, a search, and the replays, which play. Runs no cell and asks nothing of any
network; the pages open from a disk."""

import ast
import gzip
import html
import json
import os
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
from bs4 import BeautifulSoup
from latex2mathml.converter import convert as mathml
from nbconvert import HTMLExporter, TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))
from readme import DIRECTIVE, SAYS_NOTHING  # noqa: E402
from strip_widgets import replay_file, replays_in  # noqa: E402

from dogfight_nb.replay import wrap_in_page  # noqa: E402

# the sidebar's headings: the tens of the notebooks' numbers
PARTS = "game matches rating watching learning runs submission judging operating essays".split()


class Renderer(IPythonRenderer):
    """Markdown with its maths as MathML, and with links that lead to pages of the site;
    `page.files` collects what must be copied."""

    def __init__(self, page, **options):
        super().__init__(escape=False, **options)
        self.page = page

    def inline_math(self, body):
        return mathml(body)

    def block_math(self, body):
        return mathml(body, display="block")

    def latex_environment(self, name, body):
        return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", display="block")

    def at(self, url):
        "Where `url` of a notebook leads on the site; None if it leads nowhere there (a folder)."
        if re.match(r"[a-z]+:|#", url):
            return url
        path, _, anchor = url.partition("#")
        path = (self.page.folder / path).resolve().relative_to(ROOT)
        if path.suffix == ".ipynb":
            return f"{path.stem}.html" + (anchor and f"#{anchor}")
        if path == Path("RUNS.md"):
            return "runs_log.html"
        if path == Path("GLOSSARY.md"):
            return "glossary.html" + (anchor and f"#{anchor}")
        if not (ROOT / path).exists():
            raise SystemExit(f"{self.page.name}: {url} leads to nothing")
        if (ROOT / path).is_dir():
            return None
        self.page.files.add(path)
        return f"files/{path.as_posix()}"

    def link(self, text, url, title=None):
        at = self.at(url)
        return super().link(text, at, title) if at else text

    def image(self, text, url, title=None):
        return super().image(text, self.at(url), title)


class Exporter(HTMLExporter):
    "A notebook as a page of the site."

    def __init__(self, page, pages):
        self.page = page
        super().__init__(template_file=str(HERE / "page.html.j2"))
        self.environment.globals |= dict(page=page, pages=pages)

    def from_notebook_node(self, nb, resources=None, **options):
        "As `HTMLExporter` does, but for its second reading of the page, which takes long."
        self.register_filter(
            "highlight_code", Highlight2HTML(pygments_lexer="ipython3", parent=self)
        )
        resources = self._init_resources(resources)
        return TemplateExporter.from_notebook_node(self, nb, resources, **options)

    def markdown2html(self, context, source):
        return MarkdownWithMath(renderer=Renderer(self.page)).render(source)

    markdown2html.jinja_pass_arg = HTMLExporter.markdown2html.jinja_pass_arg


def title_of(nb):
    return next(
        re.findall(r"(?m)^# +(.+)$", c.source)[0] for c in nb.cells if c.cell_type == "markdown"
    )


def signature(node):
    "How the function or class `node` is called: its parameters with types and defaults."
    if isinstance(node, ast.FunctionDef):
        back = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return f"({ast.unparse(node.args)}){back}"
    for own in node.body:
        if isinstance(own, ast.FunctionDef) and own.name == "__init__":
            own.args.args.pop(0)
            return f"({ast.unparse(own.args)})"
    if any(ast.unparse(d).startswith("dataclass") for d in node.decorator_list):
        fields = [ast.unparse(own) for own in node.body if isinstance(own, ast.AnnAssign)]
        return f"({', '.join(fields)})"
    return ""


def exported_names(source):
    """(name, signature, first paragraph of the docstring) of what an exported cell defines for
    everybody."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        name, says = node.name, (ast.get_docstring(node) or "").split("\n\n")[0]
        if isinstance(node, ast.FunctionDef):
            decorators = {ast.unparse(d).split("(")[0] for d in node.decorator_list}
            arguments = node.args.posonlyargs or node.args.args
            if decorators & {"patch", "patch_to"} and arguments and arguments[0].annotation:
                name = f"{ast.unparse(arguments.pop(0).annotation)}.{name}"
        yield name, signature(node), says


def notebook_page(path):
    """The page of the notebook at `path`, before it is written: directives obeyed, players in
    place of their pictures."""
    nb = nbformat.read(path, as_version=4)
    nb.metadata.language_info = {"name": "python", "pygments_lexer": "ipython3"}
    number, _, label = path.stem.partition("_")
    page = SimpleNamespace(
        name=path.stem,
        folder=path.parent,
        title=title_of(nb),
        nb=nb,
        files=set(),
        names=[],
        players={},
        number=number if label else "",
        part=PARTS[int(number[0])] if label else "",
        label=label or "Front page",
    )
    module, cells, heading = None, [], page.title
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"(?m)^#+ +(.+)$", cell.source) or [heading])[-1]
        if cell.cell_type == "code":
            directives = {d.replace(" ", "") for d in DIRECTIVE.findall(cell.source)}
            module = next(
                (d.removeprefix("default_exp") for d in directives if d.startswith("default_exp")),
                module,
            )
            cell.source = DIRECTIVE.sub("", cell.source).strip()
            cell.metadata.alt = f"{heading}: output of the cell above"
            if directives & {"export", "exports"}:
                cell.metadata.exported = f"dogfight_nb.{module}"
                page.names += [
                    (cell.id, f"dogfight_nb.{module}", *found)
                    for found in exported_names(cell.source)
                ]
            if "hide" in directives or not cell.source:
                continue
            if directives & {"hide_input", "echo:false"}:
                cell.metadata.transient = {"remove_source": True}
            if directives & {"hide_output", "output:false"}:
                cell.outputs = []
            cell.outputs = [
                o
                for o in cell.outputs
                if set(o.get("data", {})) != {"text/plain"}
                or not SAYS_NOTHING.fullmatch(o.data["text/plain"])
            ]
            for k, output in replays_in(cell):
                stored = replay_file(path.stem, cell.id, k)
                name = f"players/{stored.name.removesuffix('.json.gz')}.html"
                what = output.data["text/plain"].removeprefix("Player: ").strip()
                page.players[name] = stored, what
                what = html.escape(what)
                output.data = {
                    "text/html": f'<iframe class="player" loading="lazy" allow="fullscreen" '
                    f'title="{what}" src="{name}"></iframe><p class="alone">'
                    f'<a href="{name}" target="_blank">{what}, alone in a page</a></p>'
                }
        cells.append(cell)
    nb.cells = cells
    return page


def plain(name, label, title, text):
    "A page of Markdown alone."
    nb = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(text, id="text")],
        metadata={"language_info": {"name": "python"}},
    )
    return SimpleNamespace(
        name=name,
        folder=ROOT,
        title=title,
        nb=nb,
        files=set(),
        names=[],
        players={},
        number="",
        part="lists",
        label=label,
    )


def names_page(pages):
    "Every public function and class, notebook by notebook, with what it says of itself."

    def marked(says):
        return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(" ".join(says.split())))

    text = ["# Names", "", "> Every public function and class, and where it is defined.", ""]
    text += ["The search (press `/`) finds them all; a module opens at a click.", ""]
    for page in (p for p in pages if p.names):
        entries = "".join(
            f"<dt><a href='{page.name}.html#{cell}'><code>{html.escape(name)}</code></a>"
            f"<code>{html.escape(signature)}</code></dt><dd>{marked(says)}</dd>"
            for cell, _, name, signature, says in page.names
        )
        module, says = page.names[0][1], html.escape(page.title)
        text += [f"<details><summary><code>{module}</code> {says}</summary>", ""]
        text += [f"<dl class='names'>{entries}</dl>", "</details>", ""]
    return plain("names", "Names", "Names", "\n".join(text))


def without_colours(body):
    "A page's HTML without the spans that colour its code: they are nine tenths of its tags."
    return re.sub("</?span[^>]*>", "", body)


def sections(page, soup):
    """What the search knows of a page: its sections, each with heading, text and the names
    defined in it."""
    found, defined = [], {}
    for cell, _, name, *_ in page.names:
        defined.setdefault(cell, []).append(name)

    def begin(block, heading=None):
        title = " ".join(heading.get_text(" ").replace("¶", "").split()) if heading else page.title
        found.append(
            dict(
                page=page.name,
                notebook=page.label,
                id=heading.get("id", block["id"]) if heading else block["id"],
                level=heading.name if heading else "",
                title=title,
                names="",
                text="",
            )
        )

    for block in soup.select("main > .prose, main > .code"):
        for part in block.find_all(recursive=False):
            if part.name in ("h1", "h2", "h3"):
                begin(block, part)
            else:
                if not found:
                    begin(block)
                found[-1]["text"] += (
                    " ".join(part.get_text("" if part.find("pre") else " ").split()) + " "
                )
        found[-1]["names"] += "".join(name + " " for name in defined.get(block["id"], []))
    return found


def build(out):
    """Write the whole site into the folder `out`, which is replaced when the last page is ready.
    Returns the number of pages and of players."""
    notebooks = [ROOT / "index.ipynb", *sorted(p for p in (ROOT / "nbs").glob("[0-9]*.ipynb"))]
    pages = [notebook_page(path) for path in notebooks]
    pages += [
        names_page(pages),
        plain("runs_log", "Runs", "Runs", (ROOT / "RUNS.md").read_text(encoding="utf-8")),
        plain("glossary", "Glossary", "Glossary", (ROOT / "GLOSSARY.md").read_text("utf-8")),
    ]
    for before, after in zip([None, *pages], [*pages, None]):
        if before:
            before.after = after
        if after:
            after.before = before
    new = out.with_name(out.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    (new / "players").mkdir(parents=True)
    known = []
    for page in pages:
        body, _ = Exporter(page, pages).from_notebook_node(page.nb)
        soup = BeautifulSoup(without_colours(body), "html.parser")
        found = sections(page, soup)
        inside = "".join(
            f'<li><a href="#{s["id"]}">{html.escape(s["title"])}</a></li>'
            for s in found
            if s["level"] == "h2"
        )
        (new / f"{page.name}.html").write_text(
            body.replace("<!--sections-->", inside and f"<ul>{inside}</ul>"), encoding="utf-8"
        )
        # the names repeat what the notebooks say, where the search finds it
        known += found if page.name != "names" else []
        for name, (stored, what) in page.players.items():
            (new / name).write_text(
                wrap_in_page(gzip.decompress(stored.read_bytes()).decode(), what, embedded=True),
                encoding="utf-8",
            )
    for path in {f for page in pages for f in page.files}:
        (new / "files" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, new / "files" / path)
    for name in ("site.css", "site.js"):
        shutil.copyfile(HERE / name, new / name)
    (new / "search.js").write_text(
        f"window.SECTIONS = {json.dumps(known, separators=(',', ':'))};\n", encoding="utf-8"
    )
    shutil.rmtree(out, ignore_errors=True)
    os.replace(new, out)
    return len(pages), sum(len(p.players) for p in pages)


if __name__ == "__main__":
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_docs"
    pages, players = build(out)
    print(f"{pages} pages and {players} players in {os.path.relpath(out / 'index.html')}")

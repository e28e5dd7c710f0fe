"""A page of the site before it is put into its frame: what it is called, what it shows, which files
it needs. Notebooks come as they were last run; no cell runs."""

import base64
import html
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from latex2mathml.converter import convert as mathml
from mistune.plugins.table import table_in_list
from nbconvert import HTMLExporter, TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from readme import DIRECTIVE, SAYS_NOTHING
from strip_widgets import replay_file, replays_in

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
# the tens of the notebooks' numbers
PARTS = "Game Matches Rating Watching Learning Runs Submission Judging Operating Essays".split()
# the long read is the site's first page; everything else has the name of its notebook
SITE_NAMES = {"95_how_a_pilot_learns": "index", "index": "start"}


def site_name(stem):
    "What the page of the notebook `stem` is called on the site."
    return SITE_NAMES.get(stem, stem)


@dataclass
class Page:
    "One page of the site. `body` is its HTML, once it is made."

    name: str
    title: str
    subtitle: str = ""
    folder: Path = ROOT  # what its links are relative to
    stem: str = ""  # its notebook
    part: str = ""
    number: str = ""
    source: str = ""  # the file it is made from, relative to the repository
    module: str = ""  # the module that its notebook makes
    up: str = ""  # the page of the sidebar that it belongs to, if it is not there itself
    body: str = ""
    cells: dict = field(default_factory=dict)  # {cell's id: entries of the API defined there}
    files: set = field(default_factory=set)  # what must be copied
    figures: dict = field(default_factory=dict)  # {file on the site: bytes}
    players: dict = field(default_factory=dict)  # {file on the site: (stored replay, title)}
    before: "Page" = None
    after: "Page" = None


class Links:
    "Where links lead on the site: from Markdown to pages, from terms and names to what they mean."

    def __init__(self, names, terms):
        self.names = names  # {public name: address}
        self.terms = terms  # {id of a glossary entry: what it says, as plain text}

    def at(self, page, url):
        "Where `url` of `page` leads; None if it leads nowhere on the site (a folder)."
        if re.match(r"[a-z]+:|#", url):
            return url
        path, _, anchor = url.partition("#")
        anchor = anchor and f"#{anchor}"
        path = (page.folder / path).resolve().relative_to(ROOT)
        if path.suffix == ".ipynb":
            return f"{site_name(path.stem)}.html{anchor}"
        if path == Path("RUNS.md"):
            return f"runs_log.html{anchor}"
        if path == Path("GLOSSARY.md"):
            if anchor and anchor[1:] not in self.terms:
                raise SystemExit(f"{page.name}: the glossary has no {anchor}")
            return f"glossary.html{anchor}"
        if not (ROOT / path).exists():
            raise SystemExit(f"{page.name}: {url} leads to nothing")
        if (ROOT / path).is_dir():
            return None
        page.files.add(path)
        return f"files/{path.as_posix()}"


class Renderer(IPythonRenderer):
    "Markdown with its maths as MathML, and with links that lead to pages of the site."

    def __init__(self, page, links):
        super().__init__(escape=False)
        self.page, self.links = page, links

    def inline_math(self, body):
        return mathml(body)

    def block_math(self, body):
        return f'<div class="maths">{mathml(body, display="block")}</div>'

    def latex_environment(self, name, body):
        return self.block_math(rf"\begin{{{name}}}{body}\end{{{name}}}")

    def codespan(self, text):
        "Code; a public name leads to its place in the API."
        url = self.links.names.get(text.removesuffix("()"))
        code = super().codespan(text)
        return f'<a class="name" href="{url}">{code}</a>' if url else code

    def heading(self, text, level, **attrs):
        return super().heading(without_links(text), level, **attrs)

    def link(self, text, url, title=None):
        text, at = without_links(text), self.links.at(self.page, url)
        if not at:
            return text
        term = at.startswith("glossary.html#") and self.links.terms[at.split("#")[1]]
        made = super().link(text, at, title or term or None)
        return made.replace("<a ", '<a class="term" ', 1) if term else made

    def table(self, text):
        return f'<div class="table"><table>{text}</table></div>'

    def table_cell(self, text, align=None, head=False):
        "An empty corner of a table heads nothing."
        tag = "th" if head and text.strip() else "td"
        style = f' style="text-align:{align}"' if align else ""
        return f"<{tag}{style}>{text}</{tag}>\n"

    def task_list_item(self, text, checked=False):
        "An item that is done or to do, as signs: nobody can tick anything here."
        return f'<li class="task">{"☑" if checked else "☐"} {text}</li>\n'

    def image(self, text, url, title=None):
        at = self.links.at(self.page, url)
        return super().image(text, at, title).replace("<img ", '<img loading="lazy" ', 1)


def without_links(text):
    "HTML without its links, to stand inside another one."
    return re.sub("</?a\\b[^>]*>", "", text)


def markdown(text, page, links):
    "Markdown of `page` as HTML."
    parser = MarkdownWithMath(renderer=Renderer(page, links))
    table_in_list(parser)
    return parser.render(text)


class Exporter(HTMLExporter):
    "The cells of notebooks as HTML, one notebook after another."

    def __init__(self, links):
        self.links = links
        super().__init__(template_file=str(HERE / "cells.html.j2"))
        self.register_filter(
            "highlight_code", Highlight2HTML(pygments_lexer="ipython3", parent=self)
        )

    def body(self, page, nb):
        "As `from_notebook_node`, but without its second reading of the page, which takes long."
        self.page = self.environment.globals["page"] = page
        return TemplateExporter.from_notebook_node(self, nb, self._init_resources(None))[0]

    def markdown2html(self, context, source):
        return markdown(source, self.page, self.links)

    markdown2html.jinja_pass_arg = HTMLExporter.markdown2html.jinja_pass_arg


def player_html(address, what):
    "The frame of a replay, and the way to have it alone."
    what = html.escape(what)
    return (
        f'<figure class="replay"><iframe class="player" loading="lazy" allow="fullscreen" '
        f'title="{what}" src="{address}"></iframe><figcaption>{what} '
        f'<a href="{address}" target="_blank">full page</a></figcaption></figure>'
    )


def shown_outputs(page, cell):
    """The outputs of `cell` as the site shows them: players alive, pictures as files of their
    own, nothing of objects that only say where they are."""
    shown = []
    for output in cell.outputs:
        data = output.get("data", {})
        if set(data) == {"text/plain"} and SAYS_NOTHING.fullmatch(data["text/plain"]):
            continue
        shown.append(output)
    for k, output in replays_in(cell):
        stored = replay_file(page.stem, cell.id, k)
        address = f"players/{stored.name.removesuffix('.json.gz')}.html"
        what = output.data["text/plain"].removeprefix("Player: ").strip()
        page.players[address] = stored, what
        output.data = {"text/html": player_html(address, what)}
    for k, output in enumerate(shown):
        png = output.get("data", {}).get("image/png")
        if png and "image/svg+xml" not in output.data and "text/html" not in output.data:
            png = base64.b64decode(png)
            width, height = struct.unpack(">II", png[16:24])
            address = f"figures/{page.stem}-{cell.id}-{k}.png"
            page.figures[address] = png
            output.metadata.figure = dict(src=address, width=width, height=height)
    return shown


def notebook_page(path, modules, exporter):
    "The page of the notebook at `path`: directives obeyed, players in place of their pictures."
    nb = nbformat.read(path, as_version=4)
    nb.metadata.language_info = {"name": "python", "pygments_lexer": "ipython3"}
    number, _, label = path.stem.partition("_")
    first = next(c.source for c in nb.cells if c.cell_type == "markdown")
    heading = title = re.findall(r"(?m)^# +(.+)$", first)[0]
    subtitle = re.findall(r"(?m)^> +(.+)$", first)
    page = Page(
        site_name(path.stem),
        title,
        subtitle[0] if subtitle else "",
        folder=path.parent,
        stem=path.stem,
        part=PARTS[int(number[0])] if label and path.stem not in SITE_NAMES else "",
        number=number if label and path.stem not in SITE_NAMES else "",
        source=path.resolve().relative_to(ROOT).as_posix(),
    )
    cells = []
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"(?m)^#+ +(.+)$", cell.source) or [heading])[-1]
        if cell.cell_type == "code":
            directives = {d.replace(" ", "") for d in DIRECTIVE.findall(cell.source)}
            for d in directives:
                if d.startswith("default_exp"):
                    page.module = d.removeprefix("default_exp")
            cell.source = DIRECTIVE.sub("", cell.source).strip()
            cell.metadata.alt = f"{heading}: output of the cell above"
            if directives & {"export", "exports"}:
                cell.metadata.exported = page.module
            if "hide" in directives or not cell.source:
                continue
            if directives & {"hide_input", "echo:false"}:
                cell.metadata.transient = {"remove_source": True}
            if directives & {"hide_output", "output:false"}:
                cell.outputs = []
            cell.outputs = shown_outputs(page, cell)
        cells.append(cell)
    nb.cells = cells
    for module in modules.values():
        for entry in module.all_entries():
            if entry.notebook == path.stem:
                page.cells.setdefault(entry.cell, []).append(entry)
    page.body = exporter.body(page, nb)
    return page


def markdown_page(name, title, path, links):
    "A page of Markdown alone."
    page = Page(name, title, source=path.relative_to(ROOT).as_posix())
    body = markdown(path.read_text(encoding="utf-8"), page, links)
    page.body = f'<div class="prose" id="text-{name}">{body}</div>'
    return page

"""Write the site into _docs/: a page for every notebook as it was last run, the API of every
module, the glossary, RUNS.md, a search, and the replays, which play. Runs no cell and asks nothing
of any network; the pages open from a disk.

It is a program of our own because the pages must work from a disk with everything alive: the
search of Quarto's sites and the pages of MyST need a web server, and MkDocs would need a hook of
ours for each of players, figures, glossary and API."""

import gzip
import os
import re
import shutil
import sys
from configparser import ConfigParser
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import jinja2
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))
from api import addresses, marked, read_modules  # noqa: E402
from pages import PARTS, Exporter, Links, Page, markdown, markdown_page, notebook_page, site_name  # noqa: E402
from search import by_id, find_sections, read_terms, sections, write_index  # noqa: E402

from dogfight_nb.replay import wrap_in_page  # noqa: E402

ASSETS = "site.css", "theme.js", "site.js", "search.js"
# A player in a frame takes the theme of the page around it, which it cannot see from a disk.
TAKE_THEME = """<script>
addEventListener("message", e => {
  if (!e.data?.theme || !window.player) return;
  player.theme = e.data.theme;
  player.set_theme();
});
</script>
"""


def source_address(path, lines=None):
    "Where a file of the repository can be read: at the address in settings.ini, else on the site."
    settings = ConfigParser()
    settings.read(ROOT / "settings.ini", encoding="utf-8")
    there = settings["DEFAULT"].get("git_url", "").strip().rstrip("/")
    if there:
        at = f"#L{lines[0]}-L{lines[1]}" if lines else ""
        return f"{there}/blob/{settings['DEFAULT']['branch']}/{path}{at}"
    return f"files/{path}"


class Site:
    "All pages, and what they are put together from."

    def __init__(self):
        self.modules = read_modules()
        self.terms = read_terms()
        self.names = addresses(self.modules)
        self.links = Links(self.names, by_id(self.terms))
        self.jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE), trim_blocks=False, autoescape=False
        )
        self.jinja.filters |= dict(
            python=lambda text: highlight(text, PythonLexer(), HtmlFormatter()),
            marked=self.marked,
            foldable=lambda text: re.sub(r"(?<=\w)([._])(?=\w)", r"\1<wbr>", str(text)),
            inline=lambda text: re.sub("</?p>", "", markdown(text, self.glossary, self.links)),
        )
        self.jinja.globals |= dict(
            site_name=site_name,
            source=lambda e: source_address(f"dogfight_nb/{e.module}.py", e.lines),
        )
        self.glossary = Page("glossary", "Glossary", source="GLOSSARY.md")

    def marked(self, text, entry=None):
        "A docstring's text as HTML; what names a parameter of `entry` is no link."
        own = [p.name.strip("*") for p in entry.parameters] + [entry.name] if entry else []
        return marked(text, self.names, own)

    def template(self, name, **values):
        return self.jinja.get_template(name).render(**values)

    # --- pages that are no notebooks

    def api_page(self, module, notebook):
        elsewhere = [
            e
            for m in self.modules.values()
            for e in m.all_entries()
            if e.notebook == module.notebook and e.page != module.page
        ]
        page = Page(
            module.page,
            f"{module.name}: API",
            notebook.subtitle,
            part=notebook.part,
            source=f"dogfight_nb/{module.name}.py",
            up="names",
        )
        page.body = self.template(
            "api.html.j2", module=module, notebook=notebook, elsewhere=elsewhere
        )
        return page

    def names_page(self, notebooks):
        entries = [e for m in self.modules.values() for e in m.entries]
        entries.sort(key=lambda e: (e.name.strip("_")[0].upper(), e.name.lower()))
        letters = [
            (k, [*g]) for k, g in groupby(entries, key=lambda e: e.name.strip("_")[0].upper())
        ]
        by_module = {m.notebook: m for m in self.modules.values()}
        parts = [
            SimpleNamespace(
                name=part,
                modules=[
                    (by_module[p.stem], p)
                    for p in notebooks
                    if p.part == part and p.stem in by_module
                ],
            )
            for part in PARTS
        ]
        page = Page("names", "Names")
        page.body = self.template(
            "names.html.j2",
            letters=letters,
            total=len(entries),
            modules=self.modules,
            parts=[part for part in parts if part.modules],
        )
        return page

    def glossary_page(self):
        parts = [(part, [*terms]) for part, terms in groupby(self.terms, key=lambda t: t.part)]
        self.glossary.body = self.template("glossary.html.j2", parts=parts)
        return self.glossary

    # --- all pages

    def read(self):
        "Make the bodies of all pages, and find out what the search must know."
        paths = [ROOT / "index.ipynb", *sorted((ROOT / "nbs").glob("[0-9]*.ipynb"))]
        exporter = Exporter(self.links)
        notebooks = [notebook_page(path, self.modules, exporter) for path in paths]
        notebooks.sort(key=lambda page: (page.name != "index", page.stem != "index"))
        self.first = [p for p in notebooks if not p.part]
        for page in self.first:
            if page.stem == "index":
                page.title = "Start here"
        self.sections = {page.name: sections(page, page.body) for page in notebooks}
        found = [s for page in notebooks for s in self.sections[page.name]]
        find_sections(self.terms, notebooks, found)
        runs = markdown_page("runs_log", "Runs", ROOT / "RUNS.md", self.links)
        self.last = [self.names_page(notebooks), self.glossary_page(), runs]
        by_stem = {page.stem: page for page in notebooks}
        api = [
            self.api_page(m, by_stem[m.notebook])
            for m in sorted(self.modules.values(), key=lambda m: m.notebook)
            if m.entries or m.again
        ]
        for row in ([*notebooks, *self.last], api):
            for before, after in zip(row, row[1:]):
                before.after, after.before = after, before
        self.pages = [*notebooks, *self.last, *api]
        self.parts = [
            SimpleNamespace(name=part, pages=[p for p in notebooks if p.part == part])
            for part in PARTS
        ]
        for page in (*self.last, *api):
            self.sections[page.name] = sections(page, page.body)
        # glossary, names and API have entries of their own in the search
        self.found = found + self.sections[runs.name]

    def where(self, page):
        "The line above a page: its part, its API, the files it is made from."
        row = [dict(text=page.part)] if page.part else []
        module = self.modules.get(page.module)
        if module and (module.entries or module.again):
            row.append(dict(text=f"API of {module.name}", url=f"{module.page}.html"))
        if page.up:
            module = self.modules[page.name.removeprefix("api_")]
            row.append(dict(text=module.notebook, url=f"{site_name(module.notebook)}.html"))
        if page.source:
            page.files.add(Path(page.source))
            row.append(dict(text=page.source, url=source_address(page.source)))
        if page.module:
            source = f"dogfight_nb/{page.module}.py"
            page.files.add(Path(source))
            row.append(dict(text=source, url=source_address(source)))
        return row

    def write_page(self, page, out):
        contents = [s for s in self.sections[page.name] if s.level in (2, 3)]
        contents = [s for s in contents if not s.id.startswith("letter-")]
        text = self.template(
            "page.html.j2",
            page=page,
            sidebar=SimpleNamespace(first=self.first, parts=self.parts, last=self.last),
            contents=contents if len(contents) > 1 else [],
            where=self.where(page),
        )
        (out / f"{page.name}.html").write_text(text, encoding="utf-8")
        for name, data in page.figures.items():
            (out / name).write_bytes(data)
        for name, (stored, what) in page.players.items():
            data = gzip.decompress(stored.read_bytes()).decode()
            text = wrap_in_page(data, what, embedded=True)
            (out / name).write_text(text + TAKE_THEME, encoding="utf-8")
        for path in page.files:
            (out / "files" / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, out / "files" / path)


def build(out):
    """Write the whole site into the folder `out`, which is replaced when the last page is ready.
    Returns the number of pages and of players."""
    site = Site()
    site.read()
    new = out.with_name(out.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    for folder in ("players", "figures"):
        (new / folder).mkdir(parents=True)
    for page in site.pages:
        site.write_page(page, new)
    for name in ASSETS:
        shutil.copyfile(HERE / name, new / name)
    write_index(new / "search_index.js", site.pages, site.found, site.terms, site.modules)
    shutil.rmtree(out, ignore_errors=True)
    os.replace(new, out)
    return len(site.pages), sum(len(page.players) for page in site.pages)


if __name__ == "__main__":
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_docs"
    pages, players = build(out)
    print(f"{pages} pages and {players} players in {os.path.relpath(out / 'index.html')}")

"""What the search knows: the glossary's terms, each with the section that explains it, and every
section of every page with its text. site.js loads it at the first key."""

import json
import re
import unicodedata
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]

# Where a term is explained, if that is not the section that its words suggest: {id of its entry in
# the glossary: (notebook, a cell of the section)}. A cell's id outlives a new heading.
EXPLAINED = {
    "bearing": ("03_physics", "p021"),
    "bitwise-reproducible": ("03_physics", "c055"),
    "cockpit": ("34_replay", "c032"),
    "decision": ("12_match", "n005"),
    "elimination": ("02_flight", "f034"),
    "energy": ("35_motion", "c021"),
    "forfeit": ("12_match", "n061"),
    "greedy-policy": ("41_policy", "d008"),
    "hit-points": ("00_rules", "c004"),
    "just-in-time-compiler": ("01_kernels", "c004"),
    "kernel": ("01_kernels", "c004"),
    "learner": ("43_arena", "c000"),
    "likelihood": ("20_davidson", "c031"),
    "policy": ("41_policy", "p000"),
    "self-play": ("47_league", "c000"),
    "shard": ("44_ppo", "c019"),
    "strength": ("20_davidson", "c031"),
    "ternary": ("02_flight", "f026"),
    "value": ("41_policy", "c021"),
    "yaw": ("02_flight", "f014"),
}

# What people also write for a term, by the id of its entry in the glossary.
ALSO = {
    "approximate-kl": ["KL divergence", "Kullback–Leibler"],
    "best-response": ["exploitable"],
    "bradley-terry": ["BT", "Bradley–Terry rating", "Bradley–Terry model"],
    "discount": ["γ", "discount factor", "horizon"],
    "domain-randomization": ["domain randomisation"],
    "elo": ["Elo rating", "rating"],
    "entropy": ["entropy bonus"],
    "gae": [
        "λ",
        "gae_lambda",
        "generalised advantage estimation",
        "generalized advantage estimation",
    ],
    "glancing-bullet": ["glance", "ricochet"],
    "just-in-time-compiler": ["JIT", "numba"],
    "learning-rate": ["step size", "α"],
    "los": ["likelihood of superiority"],
    "nash-equilibrium": ["Nash"],
    "opponent-pool": ["pool", "league"],
    "pfsp": ["prioritised fictitious self-play", "prioritized fictitious self-play"],
    "policy": ["network", "neural network", "π"],
    "ppo": ["proximal policy optimisation", "proximal policy optimization", "clipping"],
    "scripted-pilot": ["bot", "scripted opponent"],
    "sprt": ["sequential probability ratio test", "sequential test"],
    "stall": ["stalled", "stalling"],
    "temperature": ["softmax temperature"],
    "value": ["value function", "V"],
    "wilson-interval": ["Wilson's interval", "Wilson score interval"],
}


@dataclass
class Section:
    "A heading of a page and what stands under it."

    page: str
    id: str
    level: int  # 1 for the whole page's heading
    title: str
    names: list = field(default_factory=list)  # the public names that are defined there
    cells: list = field(default_factory=list)  # the ids of its cells
    terms: list = field(default_factory=list)  # the ids of glossary entries that it links to
    prose: str = ""
    code: str = ""  # with what it printed


@dataclass
class Term:
    "An entry of the glossary."

    names: list
    ids: list
    says: str  # Markdown, without the links to notebooks
    part: str  # the heading it stands under
    notebook: str = ""  # the notebook that explains it
    section: Section = None  # the section there

    @property
    def plain(self):
        "What it says, without marks."
        text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", self.says)
        return re.sub(r"[*`]", "", text)


def slug(text):
    "The id of a term that has none of its own."
    plain = re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.lower()))
    return re.sub(r"\W+", "-", plain).strip("-")


def read_terms():
    "The `Term`s of the glossary."
    return parsed((ROOT / "GLOSSARY.md").read_text(encoding="utf-8"))


def parsed(text):
    """The `Term`s in the Markdown of a glossary. An entry is a list item: anchors, names in bold,
    a colon, what the term means, and links to notebooks, of which the first explains it."""
    terms, part = [], ""
    for block in re.split(r"\n(?=- |## )", text):
        block = " ".join(block.split())
        if block.startswith("## "):
            part = block[3:]
        if not block.startswith("- "):
            continue
        head, _, says = block[2:].partition(":")
        names = re.findall(r"\*\*(.+?)\*\*", head)
        ids = re.findall(r'<a id="([^"]+)"', head) or [slug(name) for name in names]
        notebooks = re.findall(r"\]\(nbs/(\w+)\.ipynb", says)
        says = re.sub(r"[ ,.]*\[\w+\]\(nbs/\w+\.ipynb[^)]*\)", "", says).strip()
        says = says if says.endswith((".", ")")) else says + "."
        terms.append(Term(names, ids, says, part, notebooks[0] if notebooks else ""))
    return terms


def by_id(terms):
    "{id: what it says}: for the links to the glossary."
    return {id: term.plain for term in terms for id in term.ids}


def stemmed(text):
    "Words as the search compares them: small, without accents, hyphens and plural."
    plain = unicodedata.normalize("NFKD", text.lower()).replace("ß", "ss")
    plain = re.sub(r"[\u0300-\u036f]|(?<=\w)['’]s?\b", "", plain)
    words = (re.sub(r"ies$", "y", w) for w in re.findall(r"[^\W_]+", plain))
    words = (re.sub(r"(?<=ch|sh|ss)es$|(?<=x)es$|(?<=\w\w[^siu])s$", "", w) for w in words)
    return " ".join(re.sub(r"iz(?=ation|ed?$|er|ing)", "is", w) for w in words)


def sections(page, body):
    "The sections of a page: heading, text, and the names that are defined there."
    # without the spans that colour code: they are nine tenths of the tags
    soup = BeautifulSoup(re.sub("</?span[^>]*>", "", body), "html.parser")
    found = []

    def begin(block, heading=None):
        for mark in heading.select(".anchor-link, .kind") if heading else ():
            mark.decompose()
        title = " ".join(heading.get_text().split()) if heading else page.title
        id = heading.get("id") if heading else block.get("id", "")
        level = int(heading.name[1]) if heading else 1
        found.append(Section(page.name, id, level, title))

    for block in soup.find_all(recursive=False):
        for part in block.find_all(recursive=False):
            if part.name in ("h1", "h2", "h3"):
                begin(block, part)
                continue
            if not found:
                begin(block)
            for script in part.find_all(["script", "style", "iframe"]):
                script.decompose()
            found[-1].terms += [a["href"].partition("#")[2] for a in part.select("a.term")]
            is_code = bool(part.find("pre")) or part.name == "pre"
            text = " ".join(part.get_text("" if is_code else " ").split())
            if is_code:
                found[-1].code += text + " "
            else:
                found[-1].prose += text + " "
        if found:
            found[-1].cells.append(block.get("id", ""))
            found[-1].names += [entry.name for entry in page.cells.get(block.get("id"), [])]
    return found


def explains(term, section):
    "How likely it is that `section` explains `term`: its heading says so, or its text does, often."
    points, title = 0, re.sub(r"^(the|an?) ", "", stemmed(section.title))
    prose = stemmed(section.prose.split("What was shown.")[0])
    for k, name in enumerate([*term.names, *ALSO.get(term.ids[0], [])]):
        word = rf"\b{re.escape(stemmed(name))}\b"
        if re.search(word, title):
            points += 100 + 20 * title.startswith(stemmed(name)) + 60 * (title == stemmed(name))
            points += 15 * (section.level == 1 and title.startswith(stemmed(name)))
        # the beginning of a notebook only names what comes
        if section.level > 1 and k < len(term.names):
            points += 60 * bool({*term.ids} & {*section.terms})  # linked where it is first used
            points += 5 * min(5, len(re.findall(word, prose)))
            points += min(5, len(re.findall(word, stemmed(section.code))))
    return points


def find_sections(terms, pages, found):
    "Say of each term where it is explained, among the sections `found` of all `pages`."
    stems = {page.stem: page.name for page in pages if page.stem}
    for term in terms:
        notebook, cell = EXPLAINED.get(term.ids[0], (term.notebook, None))
        among = [s for s in found if s.page == stems.get(notebook)]
        said = [s for s in among if cell in s.cells]
        if among:
            term.section = said[-1] if said else max(among, key=lambda s: explains(term, s))


def write_index(path, pages, found, terms, modules):
    "The index as a script, for a page that was opened from a disk may load nothing else."
    order = {page.name: k for k, page in enumerate(pages)}
    place = {id(s): k for k, s in enumerate(found)}
    data = dict(
        pages=[[p.name, f"{p.number} {p.title}".strip()] for p in pages],
        sections=[[order[s.page], s.id, s.level, s.title, s.names, s.prose, s.code] for s in found],
        terms=[
            [name, anchor, t.ids[0], t.plain, place[id(t.section)] if t.section else -1, also]
            for t in terms
            for k, (name, anchor) in enumerate(
                zip_longest(t.names, t.ids[: len(t.names)], fillvalue=t.ids[0])
            )
            for also in [[] if k else [*ALSO.get(t.ids[0], []), *t.ids[len(t.names) :]]]
        ],
        names=[
            [e.name, e.url, e.module, e.summary] for m in modules.values() for e in m.all_entries()
        ],
    )
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    path.write_text(f"window.INDEX = {text};\n", encoding="utf-8")

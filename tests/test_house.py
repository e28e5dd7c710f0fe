"""The order of the house: which notebook may import which, how long a cell and a module may be,
what is public, and style."""

import ast
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from execnb.nbio import read_nb

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sysconfig.get_path("scripts"))
NOTEBOOKS = sorted((ROOT / "nbs").glob("[0-9]*.ipynb"))
MODULES = sorted(p for p in (ROOT / "dogfight_nb").glob("*.py") if not p.name.startswith("_"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)

EXPORTED = re.compile(r"(?m)^#\| *export")
PARTS = {0: "game", 1: "matches", 2: "rating", 3: "watching", 4: "learning", 5: "runs"}
PARTS |= {6: "submission", 7: "judging", 8: "operating", 9: "essays"}

# limits of CONTRIBUTING.md
MOST_MODULES, MODULE_LINES, ALL_LINES = 78, 500, 26_460
CELL_LINES, FUNCTION_LINES, PARAMETERS = 70, 60, 8
PUBLIC_IN_MODULE, PUBLIC_IN_ALL = 25, 375
NOTEBOOK_BYTES = 100_000


def module_of(path):
    return path.stem.split("_", 1)[1]


def exported(path):
    "Sources of the cells that a notebook exports."
    cells = (c for c in read_nb(path).cells if c.cell_type == "code")
    return [c.source for c in cells if EXPORTED.search(c.source)]


def body(source):
    "The lines of a cell that are code, a comment or a docstring."
    return [line for line in source.split("\n") if line.strip() and not line.startswith("#|")]


def formatted(path):
    "A module as ruff formats it."
    command = [BIN / "ruff", "format", "--stdin-filename", "x.py", "-"]
    done = subprocess.run(command, input=path.read_text(), capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def public(path):
    "The names in `__all__` of a module."
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return []


def functions(source):
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]


# --- order


def test_numbers_are_an_order():
    numbers = [int(path.stem[:2]) for path in NOTEBOOKS]
    assert len(set(numbers)) == len(numbers)
    assert {number // 10 for number in numbers} == set(PARTS)
    assert len(MODULES) <= MOST_MODULES


def own_imports(source):
    "(module, name) of what a module imports from the package."
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level:
            names = [alias.name for alias in node.names]
            yield from [(node.module, name) if node.module else (name, "") for name in names]
        elif isinstance(node, ast.ImportFrom) and node.module == "dogfight_nb":
            yield from [(alias.name, "") for alias in node.names]


@each_module
def test_imports_go_down_and_are_public(path):
    number = {module_of(p): int(p.stem[:2]) for p in NOTEBOOKS}
    for module, name in own_imports(path.read_text()):
        if module not in number:
            assert module.startswith("__"), f"{path.stem} imports {module}, which no notebook makes"
            continue
        assert number[module] < number[path.stem], f"{path.stem} imports {module}, which is later"
        assert not name.startswith("_"), f"{path.stem} imports the private {module}.{name}"


@each_module
def test_nothing_is_imported_by_name(path):
    "Only the registry of pilot loaders looks a module up when it runs."
    if path.stem != "loading":
        assert not re.search(r"\b(import_module|__import__)\b", path.read_text())


@each_notebook
def test_a_class_is_extended_in_its_own_notebook(path):
    "By `@patch`, never by assignment, never in another module."
    sources = exported(path)
    own = {n.name for s in sources for n in ast.walk(ast.parse(s)) if isinstance(n, ast.ClassDef)}
    for node in (n for source in sources for n in functions(source)):
        decorators = [ast.unparse(d).split("(")[0] for d in node.decorator_list]
        assert "patch_to" not in decorators, node.name
        if "patch" in decorators:
            assert ast.unparse(node.args.args[0].annotation) in own, node.name
    for node in (n for source in sources for n in ast.parse(source).body):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
            assert ast.unparse(node.targets[0].value) not in own, ast.unparse(node)


def test_a_public_name_means_one_thing():
    "What a module hands on from another (`train.PRESETS` is `config.PRESETS`) is the same thing."
    seen = {}
    for path in MODULES:
        handed_on = {name for _, name in own_imports(path.read_text())}
        for name in set(public(path)) - handed_on:
            assert name not in seen, f"{name} is defined in {seen[name]} and in {path.stem}"
            seen[name] = path.stem
    assert len(seen) <= PUBLIC_IN_ALL


@each_module
def test_a_namedtuple_has_its_own_name(path):
    """numba finds a compiled kernel again by the types of its arguments: a namedtuple that is not
    called as its class is another type in every process, and compiled anew in each."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if ast.unparse(node.value.func) == "namedtuple":
                assert ast.literal_eval(node.value.args[0]) == ast.unparse(node.targets[0])


def test_importing_changes_nothing_elsewhere():
    "A Replay shows itself, and everything else is as it is, whatever else was imported."
    names = ", ".join(f"dogfight_nb.{path.stem}" for path in MODULES if path.stem != "cloud")
    code = f"""
from dogfight_nb import recording
classes = {{k: set(vars(v)) for k, v in vars(recording).items() if isinstance(v, type)}}
import {names}
after = {{k: set(vars(v)) for k, v in vars(recording).items() if isinstance(v, type)}}
assert after == classes, {{k: after[k] ^ classes[k] for k in after if after[k] != classes[k]}}
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


@each_notebook
def test_notebook_is_a_lesson(path):
    "It says what one needs, what one learns, and in the end what was shown."
    cells = [c.source for c in read_nb(path).cells if c.cell_type == "markdown"]
    opening, ending = cells[0], cells[-1]
    assert re.search(r"\*\*You need\*\* .+\*\*You learn\*\* .+\.$", opening, re.DOTALL)
    assert ending.startswith("**What was shown.** ")


def markdown_of(path):
    cells = read_nb(path).cells
    return [c.source for c in cells if c.cell_type == "markdown"]


def glossary():
    "The entries of GLOSSARY.md as (anchors, text)."
    text = (ROOT / "GLOSSARY.md").read_text("utf-8")
    entries = re.findall(r"(?ms)^- (.+?)(?=^- |^## |^$|\Z)", text)
    return [(re.findall(r'<a id="([^"]+)">', entry), entry) for entry in entries]


def test_glossary_is_in_order():
    "Every entry has an anchor of its own for each of its names, and a notebook that is there."
    anchors = [anchor for ids, _ in glossary() for anchor in ids]
    assert len(anchors) > 100 and len(set(anchors)) == len(anchors)
    for ids, entry in glossary():
        names, says = re.split(r":\s", entry, maxsplit=1)
        assert ids and len(re.findall(r"(?s)\*\*.+?\*\*", names)) == len(ids), entry
        notebooks = re.findall(r"\[(\w+)\]\(nbs/(\w+)\.ipynb\)", says)
        assert notebooks and "**" not in says, entry
        for shown, stem in notebooks:
            assert shown == stem and (ROOT / "nbs" / f"{stem}.ipynb").is_file(), entry


def prose_before(text, cells):
    "What the cells say before `text` begins, without code, headings, links and the opening."
    said = "\n".join(cells)
    said = said[: said.index(text)]
    said = re.sub(r"(?m)^#.*$|^> .*$|^\*\*You need\*\*.*$|\$\$?[^$]+\$\$?", "", said)
    return re.sub(r"(?s)```.*?```|`[^`\n]+`|\]\([^)]*\)|<[^>]+>", "", said).lower()


LESSONS = [*NOTEBOOKS, ROOT / "index.ipynb"]
each_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


@each_lesson
def test_bold_terms_are_in_the_glossary(path):
    "Bold are the labels of a lesson, and terms at their first use, each a link to the glossary."
    cells, anchors = markdown_of(path), {anchor for ids, _ in glossary() for anchor in ids}
    page, seen = "GLOSSARY.md#" if path.stem == "index" else "../GLOSSARY.md#", set()
    source = re.sub(r"(?s)```.*?```|`[^`\n]+`", "", "\n".join(cells))
    for label in ("**You need**", "**You learn**", "**What was shown.**"):
        source = source.replace(label, "", 1)
    terms = re.findall(r"(\[\*\*([^*]+)\*\*\]\(([^)]+)\))", source)
    assert source.count("**") == 2 * len(terms), "bold text that is no link to the glossary"
    for link, term, url in terms:
        anchor = url.removeprefix(page)
        assert url.startswith(page) and anchor in anchors, f"{term}: the glossary has no {url}"
        assert anchor not in seen, f"{term} is linked twice"
        before = prose_before(link, cells)
        assert not re.search(rf"\b{re.escape(term.lower())}\b", before), f"{term} is used earlier"
        seen.add(anchor)


# --- size


@each_lesson
def test_notebook_is_light(path):
    assert path.stat().st_size <= NOTEBOOK_BYTES


@each_module
def test_module_fits(path):
    assert len(formatted(path).splitlines()) <= MODULE_LINES
    assert len(public(path)) <= PUBLIC_IN_MODULE


def test_all_modules_fit():
    assert sum(len(formatted(path).splitlines()) for path in MODULES) <= ALL_LINES


@each_notebook
def test_cells_fit(path):
    for source in exported(path):
        assert len(body(source)) <= CELL_LINES, body(source)[0]
        for node in functions(source):
            assert node.end_lineno - node.lineno < FUNCTION_LINES, node.name
            arguments = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
            own = arguments[:1] and arguments[0].arg in ("self", "cls")
            assert len(arguments) - bool(own) <= PARAMETERS, node.name


# --- style


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


def test_is_formatted():
    done = run(BIN / "ruff", "format", "--check", ".")
    assert done.returncode == 0, f"run `make clean`\n{done.stdout}"


def test_is_checked():
    done = run(BIN / "ruff", "check", ".")
    assert done.returncode == 0, done.stdout


def test_public_face_is_typed():
    done = run(sys.executable, "tools/check_types.py")
    assert done.returncode == 0, done.stdout

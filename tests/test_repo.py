"""The repository's own rules. Notebooks are the source: they are clean, what is made from them
is fresh, they depend one way only, and each of them runs. Checks that would change files do
so in a temporary copy."""

import ast
import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import tomllib
from pathlib import Path

import pytest
from execnb.nbio import read_nb
from IPython.core.inputtransformer2 import TransformerManager

import dogfight_nb
from dogfight_nb.measurements import MEASUREMENTS
from dogfight_nb.measuring import results

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sysconfig.get_path("scripts"))
NOTEBOOKS = sorted((ROOT / "nbs").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path):
    return [cell.source for cell in read_nb(path).cells if cell.cell_type == "code"]


# --- what is made from the notebooks is what is committed


def run(*command, cwd, timeout=300, **env):
    "The output of a command that must succeed."
    env = {
        k: v for k, v in os.environ.items() if k != "IN_TEST"
    } | env  # with IN_TEST set nbdev_export does nothing, quietly
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=env,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def copy(tmp_path):
    return Path(
        shutil.copytree(
            ROOT,
            tmp_path / "copy",
            symlinks=True,
            ignore=shutil.ignore_patterns(".*", "data", "build", "__pycache__", "*.egg-info"),
        )
    )


def differing(copy, *patterns):
    """Files that are not byte for byte the same here and in the copy, or that only one of the
    two has."""

    def read(path):
        return path.read_bytes() if path.is_file() else None

    names = {
        str(path.relative_to(root))
        for root in (ROOT, copy)
        for pattern in patterns
        for path in root.glob(pattern)
    }
    return sorted(name for name in names if read(ROOT / name) != read(copy / name))


def test_notebooks_are_clean(copy):
    said = run(BIN / "nbdev_clean", cwd=copy)
    assert "Failed" not in said, said  # it only warns
    run(sys.executable, "tools/strip_widgets.py", cwd=copy)
    assert differing(copy, "nbs/*.ipynb") == [], "run `make clean`"


def test_modules_are_exported(copy):
    for module in (copy / "dogfight_nb").glob("*.py"):
        if module.name != "__init__.py":
            module.unlink()  # nbdev leaves the module of a notebook that is gone
    run(BIN / "nbdev_export", cwd=copy)
    assert differing(copy, "dogfight_nb/*.py") == [], (
        "run `make export` (and delete modules that no notebook exports)"
    )


def test_flight_school_is_fresh(tmp_path):
    from dogfight_nb.replay import fly_html

    made = fly_html(None, tmp_path / "school.html").read_bytes()
    kept = (ROOT / "docs" / "flight-school.html").read_bytes()
    assert made == kept, "the player or the champion has changed: run `make docs`"


def test_page_that_learns_is_fresh(tmp_path):
    from dogfight_nb.learning_page import learning_page_html

    def scripts(path):
        "The page without its first random weights, whose last bits differ between processors."
        return re.sub('(?s)<script type="application/json".*?</script>', "", path.read_text())

    made = scripts(learning_page_html(tmp_path / "page.html"))
    kept = scripts(ROOT / "docs" / "page-that-learns.html")
    assert made == kept, "the player or the learner has changed: run `make docs`"


def test_game_in_javascript_is_fresh():
    from dogfight_nb.javascript import PLAYER_FOLDER, game_js

    assert (PLAYER_FOLDER / "game.js").read_text() == game_js(), (
        "a kernel has changed: run `make export`"
    )


def test_readme_is_fresh(copy):
    run(sys.executable, "tools/readme.py", cwd=copy)
    assert differing(copy, "README.md", "docs/images/*") == [], "run `make docs`"


def test_settings_agree():
    settings = configparser.ConfigParser()
    settings.read(ROOT / "settings.ini")
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = pyproject["project"]
    mirrored = {key: str(value) for key, value in pyproject["tool"]["nbdev"].items()}
    assert dict(settings["DEFAULT"]) == mirrored | {
        "lib_name": project["name"],
        "version": dogfight_nb.__version__,
        "min_python": project["requires-python"].removeprefix(">="),
        "license": {"Apache-2.0": "apache2"}[project["license"]],
        "author": project["authors"][0]["name"],
        "description": project["description"],
        "keywords": " ".join(project["keywords"]),
    }


def test_results_say_how_they_were_made():
    names = {path.stem for path in (ROOT / "data" / "results").glob("*.json")}
    names -= {"gpu", "curricula"}  # of tools/gpu_check.py and 46
    assert names == set(MEASUREMENTS)
    for name in names:
        about = results(name)["about"]
        assert about["command"] and about["machine"] and about["versions"]["dogfight_nb"], name


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_results_are_of_this_tree(name):
    "Measured with today's game, pilots, configurations and arguments."
    assert MEASUREMENTS[name].outdated() == [], f"python tools/measure.py {name}"


# --- the notebooks


@each_notebook
def test_size(path):
    assert path.stat().st_size <= 150_000, (
        "outputs too large: keep one small static picture per replay"
    )


@each_notebook
def test_is_seen_untrusted(path):
    """JupyterLab shows neither SVG nor styles of a notebook that came from somewhere else: each
    drawing has a PNG, and HTML is plain, or begins with a picture that the script replaces."""
    for output in (o for cell in read_nb(path).cells for o in cell.get("outputs", [])):
        data = output.get("data", {})
        assert "image/svg+xml" not in data or "image/png" in data, "run `make clean`"
        html = "".join(data.get("text/html", ""))
        picture = r'<div class="dogfight-figure"[^>]*><img alt="[^"]+"[^>]* src="data:'
        figure = re.match(picture, html)
        alive = re.search(r"<(svg|style|script)\b", html) and not figure
        assert not alive or "image/png" in data, data["text/plain"]


def order(name):
    "12 for match or 12_match; the index comes after everything."
    numbers = {
        re.sub(r"^\d+_", "", path.stem): int(path.stem[:2])
        for path in NOTEBOOKS
        if path.stem[:2].isdigit()
    }
    return 100 if name == "index" else numbers[re.sub(r"^\d+_", "", name)]


def imported_modules(source):
    "Names of the dogfight_nb modules that a cell imports, wherever in it."
    for node in ast.walk(
        ast.parse(TransformerManager().transform_cell(source))
    ):  # magics are no Python yet
        modules = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in a notebook: {ast.unparse(node)}"
            modules = (
                [node.module]
                if node.module != "dogfight_nb"
                else [
                    f"dogfight_nb.{alias.name}"
                    for alias in node.names
                    if alias.name != "__version__"
                ]
            )
        yield from (module.split(".")[1] for module in modules if module.startswith("dogfight_nb."))


@each_notebook
def test_imports_go_one_way(path):
    """A cell that is not exported may look at its own notebook's module, as the launch cell does,
    and show an interactive figure."""
    for cell in code_cells(path):
        own = 0 if re.search(r"(?m)^#\| *export", cell) else 1
        wrong = [m for m in imported_modules(cell) if order(m) >= order(path.stem) + own]
        wrong = [m for m in wrong if not (own and m == "interactive")]
        assert wrong == [], "a notebook imports only from notebooks with a lower number"


@each_notebook
def test_exports_its_own_module(path):
    directives = [
        d
        for cell in code_cells(path)
        for d in re.findall(r"(?m)^# *\| *((?:default_exp|export)\w*.*?) *$", cell)
    ]
    exports = [d for d in directives if d.startswith("export")]
    names = [d.split()[-1] for d in directives if d.startswith("default_exp")]
    assert names == ([re.sub(r"^\d+_", "", path.stem)] if exports else [])
    assert set(exports) <= {"export", "exports", "exporti"}, (
        "a cell exports into its own notebook's module only"
    )


@each_notebook
def test_skips_nothing(path):
    "nbdev passes over what these mark, and a notebook that runs no cell passes."
    assert "skip_exec" not in path.read_text()
    if path.stem != "82_cloud":  # launching there takes an account
        assert not [
            cell for cell in code_cells(path) if re.search(r"(?mi)^# *\| *eval: *false", cell)
        ]


@pytest.fixture(scope="session")
def runner():
    """A process that runs notebooks. Two of them work side by side, so each has one thread, and
    none spins while it waits: that would take the other's core. Kernels are compiled once, into the
    package's own cache, which is named after their text."""
    threads = ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"]
    env = os.environ | dict.fromkeys(threads, "1") | dict(OMP_WAIT_POLICY="PASSIVE")
    process = subprocess.Popen(
        [sys.executable, ROOT / "tests" / "notebook_runner.py"],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    yield process
    process.stdin.close()
    process.wait(60)


@each_notebook
def test_runs(path, runner):
    "Every cell, in a process that knows nothing of the other notebooks, as `nbdev_test` runs it."
    watchdog = threading.Timer(1800, runner.kill)
    watchdog.start()
    runner.stdin.write(f"{path}\n")
    answer = runner.stdout.readline()
    watchdog.cancel()
    assert answer, "the notebook did not end within half an hour"
    answer = json.loads(answer)
    assert answer["passed"], answer["said"]

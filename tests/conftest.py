"""The longest tests come first, so that at the end no process waits long for the other.

`pytest -n 2 --keep-durations` writes anew how long each takes. Tests that share something costly
are a group, which one process runs (`xdist_group`, `--dist loadgroup`)."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hosts import Watch, chromium

KEPT = Path(__file__).with_name("durations.json")  # seconds of the tests that take a second or more
NEW_NOTEBOOK = 10  # seconds, until its own are kept


def pytest_addoption(parser):
    parser.addoption("--keep-durations", action="store_true", help=f"write {KEPT.name} anew")


def group(item):
    "What one process runs: the tests of an `xdist_group`, or a single test."
    mark = item.get_closest_marker("xdist_group")
    return mark.args[0] if mark else item.nodeid


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    kept, seconds = json.loads(KEPT.read_text()), Counter()
    for item in items:
        default = NEW_NOTEBOOK if "::test_runs[" in item.nodeid else 0
        seconds[group(item)] += kept.get(item.nodeid, default)
    # the site needs no kernels: while it is made, the other process compiles them
    items.sort(key=lambda item: (group(item) != "site", -seconds[group(item)]))


class Clock:
    "Adds up set-up, call and tear-down of each test."

    def __init__(self):
        self.seconds = Counter()

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid.split("@")[0]] += report.duration

    def pytest_sessionfinish(self):
        kept = {name: round(s) for name, s in sorted(self.seconds.items()) if s >= 1}
        KEPT.write_text(json.dumps(kept, indent=1) + "\n")


def pytest_configure(config):
    if config.getoption("--keep-durations") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Clock())


# --- what tests in a browser share


@pytest.fixture(scope="module")
def browser():
    "Chromium, one for the tests of a file."
    with chromium() as running:
        yield running


@pytest.fixture
def watch():
    "Collects errors and requests of the pages that it is put over."
    return Watch()

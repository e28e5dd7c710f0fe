"""Open the page that learns in Chromium, three times, and let it learn at full speed: how long
until it wins nine in ten matches against chaser and dogfighter, and what its pilot is worth when
it has finished. Prints what was seen as JSON, which `python tools/measure.py learning_page` keeps
in data/results."""

import json
import sys
from pathlib import Path
from time import perf_counter

import torch
from torch.nn.utils import vector_to_parameters

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from hosts import chromium  # noqa: E402

from dogfight_nb.growth import measure  # noqa: E402
from dogfight_nb.learning_page import page_config  # noqa: E402
from dogfight_nb.loading import load_pilot  # noqa: E402
from dogfight_nb.pilots import SCRIPTED_NAMES  # noqa: E402
from dogfight_nb.policy import Policy, PolicyPilot  # noqa: E402

WINS = '["chaser", "dogfighter"].every(name => learning.beaten.has(name))'
TOLD = "[learning.told.decisions, learning.told.seconds]"
MOST_MS = 300_000


def pilot_of(weights):
    "The pilot with the page's `weights`, a flat list."
    policy = Policy(page_config().policy)
    vector_to_parameters(torch.tensor(weights), policy.parameters())
    return PolicyPilot(policy, "learner")


def time_learning(browser, seed, matches):
    "What became of one learning, from opening the page to its end, as a JSON-able dict."
    page = browser.new_page(viewport=dict(width=1280, height=800))
    page.add_init_script(f"Math.random = () => {seed + 0.5} / 2 ** 31;")
    begun = perf_counter()
    page.goto((ROOT / "docs/page-that-learns.html").as_uri())
    page.wait_for_function("window.learning?.worker")
    page.select_option("[aria-label=pace]", label="full speed")
    page.click("text=Start learning")
    page.wait_for_function(WINS, timeout=MOST_MS)
    seconds = perf_counter() - begun
    decisions, learning_seconds = page.evaluate(TOLD)
    page.wait_for_function("learning.told.progress >= 1", timeout=MOST_MS)
    whole = page.evaluate(TOLD)
    pilot = pilot_of(page.evaluate("Array.from(weights_of(player.data.minds.learner.graph))"))
    page.close()
    wins = {o: measure(pilot, load_pilot(o), matches, 5)["wins"] for o in SCRIPTED_NAMES}
    return dict(
        seed=seed,
        decisions=decisions,
        learning_seconds=round(learning_seconds, 1),
        seconds_since_opened=round(seconds, 1),
        whole=dict(decisions=whole[0], learning_seconds=round(whole[1], 1)),
        matches=matches,
        wins=wins,
    )


if __name__ == "__main__":
    with chromium() as browser:
        runs = [time_learning(browser, seed, matches=400) for seed in range(3)]
    print(json.dumps(dict(runs=runs)))

"""92_explore in a real JupyterLab: before anything is run, and before the notebook is trusted,
each section has its picture; then every slider draws anew when it is moved."""

import shutil
from pathlib import Path

from hosts import Lab, Watch, chromium, command, needs, until

ROOT = Path(__file__).resolve().parents[1]


def test_sliders_move_their_pictures(tmp_path):
    needs("playwright", "jupyterlab")
    (tmp_path / "work").mkdir()
    shutil.copy(ROOT / "nbs" / "92_explore.ipynb", tmp_path / "work")
    (tmp_path / "work" / "settings.ini").touch()
    lab = Lab(tmp_path / "work")
    try:
        with chromium() as browser:
            page, watch = (
                browser.new_page(viewport=dict(width=1100, height=20_000)),
                Watch(),
            )  # tall: JupyterLab draws only what is in sight
            watch.over(page)
            lab.open(page, "92_explore.ipynb")
            until(page, lambda: page.locator(".jp-OutputArea-output img").count() >= 8)
            command(page, "notebook:run-all-cells")
            boxes = page.locator(".jp-OutputArea-output:has(.widget-slider)")
            until(page, lambda: boxes.count() >= 8 and boxes.last.locator("svg").count(), 180)
            for k in range(boxes.count()):
                box = boxes.nth(k)
                drawing = box.locator("svg").last
                drawing.wait_for()
                before = drawing.evaluate("e => e.outerHTML")
                box.locator("[role=slider]").first.focus()
                for _ in range(3):
                    page.keyboard.press("ArrowRight")
                until(page, lambda: box.locator("svg").last.evaluate("e => e.outerHTML") != before)
            assert boxes.count() >= 8
    finally:
        lab.close()

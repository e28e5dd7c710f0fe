"""Take live widgets and players out of the notebooks. nbdev_clean leaves them; a widget's state is large, differs at every run and,
without its kernel, shows nothing; a player's document is large. An output that has a picture or HTML beside the widget keeps
that, of a player the picture stays."""
from pathlib import Path

from execnb.nbio import read_nb, write_nb

VIEW = "application/vnd.jupyter.widget-view+json"


def shows(output):
    "Is anything left to see without the widget? Its text/plain is only its repr."
    data = output.get("data", {})
    if "srcdoc=" in "".join(data.get("text/html", "")): del data["text/html"]
    return data.pop(VIEW, None) is None or set(data) - {"text/plain"}


for path in sorted((Path(__file__).parents[1]/"nbs").glob("*.ipynb")):
    nb = read_nb(path)
    nb.metadata.pop("widgets", None)
    for cell in nb.cells:
        if cell.cell_type == "code": cell.outputs = [output for output in cell.outputs if shows(output)]
    write_nb(nb, path)

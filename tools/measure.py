"""Measure a file of data/results anew: python tools/measure.py NAME.

Without a name, lists all of them and says which files are out of date."""

import argparse

from dogfight_nb.measurements import MEASUREMENTS


def state(measurement):
    "What has changed since the file was made, in a line."
    if not measurement.path.is_file():
        return "not measured yet"
    found = measurement.outdated()
    return "; ".join(found[:3]) + " …" * (len(found) > 3) or "of this tree"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", choices=MEASUREMENTS)
    parser.add_argument("--processes", type=int, default=1, help="runs at once, where it can be")
    parser.add_argument("--runs", help="folder where its runs are, or are to stay")
    given = parser.parse_args()
    if given.name:
        MEASUREMENTS[given.name].measure_again(given.processes, given.runs)
    for name in [given.name] if given.name else MEASUREMENTS:
        print(f"{name:17}{state(MEASUREMENTS[name])}")

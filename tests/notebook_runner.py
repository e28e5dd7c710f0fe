"""Run notebooks as `nbdev_test` does, each in a fresh fork of one process that has imported the
heavy libraries: a fork costs nothing, importing PyTorch forty times takes minutes.

Reads a notebook's path a line from stdin, and answers with one line of JSON: {"passed", "said"}."""

import json
import os
import sys
import tempfile
import traceback
from pathlib import Path

# what most notebooks import; none of it starts a thread, which a fork would not survive
import matplotlib.pyplot  # noqa: F401
import numba  # noqa: F401
import scipy.stats  # noqa: F401
import torch._dynamo  # noqa: F401
from nbdev.config import get_config
from nbdev.test import test_nb


def run(path):
    "Execute the notebook at `path`; whether every cell passed."
    config = get_config()
    os.chdir(config.nbs_path)
    passed, _ = test_nb(path, skip_flags=config.tst_flags.split(), basepath=config.config_path)
    return passed


def child(path, log):
    "In the fork: everything that is printed goes to `log`. Never returns."
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    code = 3
    try:
        code = 0 if run(path) else 1
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve():
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        with tempfile.TemporaryFile() as log:
            pid = os.fork()
            if not pid:
                child(Path(line.strip()), log)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            log.seek(0)
            said = log.read().decode(errors="replace")
        print(json.dumps(dict(passed=code == 0, said=f"exit code {code}\n{said}")), file=answers)
        answers.flush()


if __name__ == "__main__":
    serve()

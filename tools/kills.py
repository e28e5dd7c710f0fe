"""Kill small runs at random moments, most of them in the air, 200 times in all, and look after
each kill: is the status right, can it be resumed, how much was lost? Whoever gets through must
have the bits of a run that nobody disturbed. Prints what was seen as JSON, which
`python tools/measure.py kills` keeps in data/results."""

import hashlib
import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from dogfight_nb.checkpoints import Run, latest_checkpoint
from dogfight_nb.config import preset
from dogfight_nb.policy import checkpoints
from dogfight_nb.rules import InputError
from dogfight_nb.run_log import is_locked, read_journal, read_summary
from dogfight_nb.runs import status_of
from dogfight_nb.train import resume, train

CHECKPOINT_EVERY = 4  # updates
TIMEOUT_S = 300


def smoke_config(seed=0, updates=48):
    decisions = updates * 256 * 32
    return preset("smoke", seed=seed, decisions=decisions, checkpoint_every=CHECKPOINT_EVERY)


def start_run(folder, config):
    """Begin or resume the run in `folder` in a process of its own; returns its pid.

    This process must never have trained: threads do not survive a fork."""
    pid = os.fork()
    if pid:
        return pid
    try:
        if (folder / "config.json").exists():
            resume(folder, progress=False)
        else:
            train(config, folder, progress=False)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def wait_for_exit(pid, seconds):
    "The exit code of `pid`, minus its signal; None if it still runs after `seconds`."
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)


def wait_for_update(pid, folder, attempt):
    "Wait for the first update after attempt number `attempt`; the exit code if `pid` ends before."
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        code = wait_for_exit(pid, 0.003)
        if code is not None or heartbeat_attempt(folder) > attempt:
            return code


def heartbeat_attempt(folder):
    "The attempt whose heartbeat there is; 0 if there is none."
    try:
        return json.loads((folder / "heartbeat.json").read_text())["attempt"]
    except (OSError, ValueError, KeyError):
        return 0


def digests(folder):
    "{file: SHA-256} of what must not depend on kills."
    paths = [folder / "metrics.jsonl", folder / "policy.safetensors", *checkpoints(folder)[:1]]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


def updates_written(folder):
    "The newest update of metrics.jsonl whose line is whole."
    rows = Run(folder).metrics if (folder / "config.json").exists() else []
    return rows[-1]["update"] if rows else 0


class KillTest:
    """Kills runs of `config` in `folder`. `rows`: (run, updates written, updates in the newest
    checkpoint, was it in the air?) of each kill; `mistakes`: what was not as it should be."""

    def __init__(self, folder, config, seed=0):
        self.folder, self.config, self.rng = Path(folder), config, random.Random(seed)
        self.rows, self.mistakes, self.finished_runs = [], [], 0
        self.begin_run()

    def begin_run(self):
        self.run = self.folder / f"run-{self.finished_runs}"
        self.kills_of_run = self.attempts = self.kept = 0

    def expect(self, right, what):
        if not right:
            self.mistakes.append(f"kill {len(self.rows)}: {what}")

    def fly_undisturbed(self):
        "Digests and durations (all of it, and from the first update on) of a run nobody disturbs."
        undisturbed = self.folder / "undisturbed"
        for _ in range(2):  # twice: the first one may compile
            if undisturbed.exists():
                undisturbed.rename(self.folder / "compiled")
            started = time.monotonic()
            pid = start_run(undisturbed, self.config)
            assert wait_for_update(pid, undisturbed, 0) is None
            updated = time.monotonic()
            assert wait_for_exit(pid, TIMEOUT_S) == 0
            self.whole_s, self.in_air_s = time.monotonic() - started, time.monotonic() - updated
        self.wanted = digests(undisturbed)

    def wait_for_moment(self, pid, attempt, anywhere):
        "Wait until it is time to kill `pid`; its exit code if it ends before."
        if anywhere:  # before it has read its files, or while it does
            return wait_for_exit(pid, self.rng.uniform(0, self.whole_s))
        code = wait_for_update(pid, self.run, attempt)
        return wait_for_exit(pid, self.rng.uniform(0, self.in_air_s / 2)) if code is None else code

    def kill(self, pid, attempt):
        "Kill `pid`, and look at what it leaves behind."
        run = self.run
        if is_locked(run) and (run / "config.json").exists():
            completed = read_summary(run).get("last") == "completed"
            alive = status_of(run).status == "RUNNING" or completed
            self.expect(alive, f"alive, and {status_of(run).ending}")
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        _, about, complaints = latest_checkpoint(run)
        written, kept = updates_written(run), about["counters"]["updates"] if about else 0
        self.expect(not complaints, f"a damaged checkpoint: {complaints}")
        self.check_resumed(kept)
        self.check_status(written, kept)
        in_air = int(heartbeat_attempt(run) > attempt)
        self.rows.append([self.finished_runs, written, kept, in_air])
        self.kills_of_run += 1

    def check_resumed(self, kept):
        "Did the attempt that was killed go on where the newest checkpoint was?"
        begun = [e for e in read_journal(self.run) if e["event"] in ("started", "resumed")]
        if len(begun) > self.attempts and self.kills_of_run:
            done = begun[-1].get("done", 0)
            said = f"the checkpoint was of {self.kept}, and it went on from {done}"
            self.expect(done == self.kept, said)
        self.attempts, self.kept = len(begun), kept

    def check_status(self, written, kept):
        "Does the status say that the run was killed, and how far it was?"
        try:
            s = status_of(self.run)
        except InputError:
            self.expect(written == 0 and kept == 0, "no run, but updates")
            return
        # killed after its last word
        ended = s.status == "COMPLETED" and read_summary(self.run).get("last") == "completed"
        died = (s.status, s.cause) == ("DIED", "killed") and s.done == max(written, kept)
        self.expect(ended or died, f"killed at {written}, and it says {s.ending}")

    def finish(self, code):
        "A run has ended by itself. Can the test go on?"
        self.expect(code == 0, f"not to be resumed: exit code {code}")
        if code:
            return False
        self.expect(status_of(self.run).status == "COMPLETED", status_of(self.run).ending)
        self.expect(digests(self.run) == self.wanted, "other bits than undisturbed")
        self.finished_runs += 1
        self.begin_run()
        return True

    def report(self):
        line = f"{len(self.rows)} kills, {self.finished_runs} runs got through"
        print(f"{line}, {len(self.mistakes)} mistakes", file=sys.stderr, flush=True)


def kill_runs(kills, folder, seed=0, config=smoke_config()):
    "Kill runs in `folder` until `kills` processes have died; returns what was seen, as a dict."
    test = KillTest(folder, config, seed)
    test.fly_undisturbed()
    while True:
        attempt, anywhere = read_summary(test.run).get("attempt", 0), test.rng.random() < 0.2
        pid, last = start_run(test.run, config), len(test.rows) >= kills
        if last:
            code = wait_for_exit(pid, TIMEOUT_S)
        else:
            code = test.wait_for_moment(pid, attempt, anywhere)
        if code is None:
            test.kill(pid, attempt)
            if len(test.rows) % 20 == 0:
                test.report()
        elif not test.finish(code) or last:
            return summary(test)


def summary(test):
    lost = Counter(max(0, written - kept) for _, written, kept, _ in test.rows)
    return dict(
        kills=len(test.rows),
        runs=test.finished_runs,
        updates=test.config.updates,
        checkpoint_every=test.config.checkpoint_every,
        most_lost=max(lost),
        lost={str(k): lost[k] for k in sorted(lost)},
        in_the_air=sum(in_air for *_, in_air in test.rows),
        mistakes=test.mistakes,
        rows=test.rows,
    )


if __name__ == "__main__":
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(kill_runs(kills, folder)))

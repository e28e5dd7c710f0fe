"""Kill small runs at random moments, most of them in the air, 200 times in all, and look after
each kill: is the status right, can it be resumed, how much was lost? Whoever gets through
must have the bits of a run that nobody disturbed. Writes data/results/kills.json."""

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

from dogfight_nb import __version__
from dogfight_nb.policy import checkpoints
from dogfight_nb.recording import write_atomically
from dogfight_nb.rules import InputError
from dogfight_nb.run_log import is_locked, read_summary
from dogfight_nb.runs import read_journal, status_of
from dogfight_nb.config import preset
from dogfight_nb.config import Run
from dogfight_nb.train import latest_checkpoint, resume, train

ROOT = Path(__file__).resolve().parents[1]
EVERY = 4  # updates between checkpoints


def config(seed=0, updates=48):
    return preset("smoke", seed=seed, decisions=updates * 256 * 32, checkpoint_every=EVERY)


def fly(folder, config):
    """Begin the run in `folder` or go on with it, in a process of its own; returns its pid. This
    process must never have flown: threads do not survive a fork."""
    pid = os.fork()
    if pid:
        return pid
    try:
        resume(folder, progress=False) if (folder / "config.json").exists() else train(
            config, folder, progress=False
        )
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def over(pid, deadline):
    "Wait for `pid` until `deadline`: its exit code, minus its signal, or None if it still runs."
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)


def airborne(pid, folder, attempt, patience=300):
    """Wait until the run in `folder` has made the first update after its attempt number
    `attempt`; the exit code of `pid` if that ends before."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        code = over(pid, time.monotonic() + 0.003)
        if code is not None or beats(folder) > attempt:
            return code


def beats(folder):
    "The attempt whose heartbeat there is; 0 if there is none."
    try:
        return json.loads((folder / "heartbeat.json").read_text())["attempt"]
    except (OSError, ValueError, KeyError):
        return 0


def digests(folder):
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in [folder / "metrics.jsonl", folder / "policy.safetensors", *checkpoints(folder)[:1]]
    }


def updates_written(folder):
    "The newest update of metrics.jsonl whose line is whole."
    rows = Run(folder).metrics if (folder / "config.json").exists() else []
    return rows[-1]["update"] if rows else 0


def kill_runs(kills, folder, seed=0, config=config()):
    """Kill runs of `config` in `folder` until `kills` processes have died; returns what was
    seen, as a dict."""
    rng, folder, rows, mistakes, through = random.Random(seed), Path(folder), [], [], 0
    begun = time.monotonic()
    undisturbed = folder / "undisturbed"
    for _ in range(2):  # twice: the first one may compile
        if undisturbed.exists():
            undisturbed.rename(folder / "compiled")
        t0 = time.monotonic()
        pid = fly(undisturbed, config)
        assert airborne(pid, undisturbed, 0) is None
        t1 = time.monotonic()
        assert over(pid, t1 + 300) == 0
        whole, aloft = time.monotonic() - t0, time.monotonic() - t1
    want, run, died = digests(undisturbed), folder / "run-0", 0
    attempts = kept = 0

    def expect(right, what):
        if not right:
            mistakes.append(f"kill {len(rows)}: {what}")

    while True:
        pid, last, anywhere = (
            fly(run, config),
            read_summary(run).get("attempt", 0),
            rng.random() < 0.2,
        )
        if len(rows) >= kills:
            code = over(pid, time.monotonic() + 300)
        elif anywhere:
            code = over(
                pid, time.monotonic() + rng.uniform(0, whole)
            )  # before it has read its files, or while it does
        else:
            code = airborne(pid, run, last)
            if code is None:
                code = over(pid, time.monotonic() + rng.uniform(0, aloft / 2))
        if code is None:
            if is_locked(run) and (run / "config.json").exists():
                expect(
                    status_of(run).status == "RUNNING"
                    or read_summary(run).get("last") == "completed",
                    f"alive, and {status_of(run).ending}",
                )
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            u = updates_written(run)
            tensors, about, complaints = latest_checkpoint(run)
            c = about["counters"]["updates"] if about else 0
            expect(not complaints, f"a damaged checkpoint: {complaints}")
            noted = [e for e in read_journal(run) if e["event"] in ("started", "resumed")]
            if len(noted) > attempts and died:
                expect(
                    noted[-1].get("done", 0) == kept,
                    f"the checkpoint was of {kept}, and it went on from {noted[-1].get('done', 0)}",
                )
            attempts, kept = len(noted), c
            try:
                s = status_of(run)
                ended = (
                    s.status == "COMPLETED" and read_summary(run).get("last") == "completed"
                )  # killed after its last word
                expect(
                    ended or (s.status, s.cause) == ("DIED", "killed") and s.done == max(u, c),
                    f"killed at {u}, and it says {s.ending}",
                )
            except InputError:
                s = None
                expect(u == 0 and c == 0, "no run, but updates")
            rows.append([through, u, c, int(beats(run) > last)])
            died += 1
            if len(rows) % 20 == 0:
                print(
                    f"{len(rows)} kills, {through} runs got through, {len(mistakes)} mistakes",
                    file=sys.stderr,
                    flush=True,
                )
            continue
        expect(code == 0, f"not to be resumed: exit code {code}")
        if code:
            break
        expect(status_of(run).status == "COMPLETED", status_of(run).ending)
        expect(digests(run) == want, "other bits than undisturbed")
        through += 1
        if len(rows) >= kills:
            break
        run, died, attempts, kept = folder / f"run-{through}", 0, 0, 0
    lost = Counter(max(0, u - c) for _, u, c, _ in rows)
    about = dict(
        command=f"python tools/kills.py {kills}",
        machine=f"{os.cpu_count()} cores",
        versions=dict(dogfight_nb=__version__),
        seconds=round(time.monotonic() - begun),
    )
    return dict(
        about=about,
        kills=len(rows),
        runs=through,
        updates=config.updates,
        checkpoint_every=config.checkpoint_every,
        most_lost=max(lost),
        lost={str(k): lost[k] for k in sorted(lost)},
        in_the_air=sum(air for *_, air in rows),
        mistakes=mistakes,
        rows=rows,
    )


if __name__ == "__main__":
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        found = kill_runs(kills, folder)
    out = ROOT / "data" / "results" / "kills.json"
    write_atomically(out, (json.dumps(found) + "\n").encode())
    print({k: v for k, v in found.items() if k != "rows"})

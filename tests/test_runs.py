"""Faults: whatever breaks while a run is trained (a disk, a process, a clock), no file is half
written, the run can be resumed, and its log says what happened. The 200 random kills are in
tools/kills.py; a few of them are here."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
import torch

from dogfight_nb import checkpoints as checkpoints_module
from dogfight_nb import run_log
from dogfight_nb.checkpoints import CheckpointManager, Run, latest_checkpoint, run_lock
from dogfight_nb.config import ConfigError, preset
from dogfight_nb.dashboard import Dashboard
from dogfight_nb.monitor import TrainingMonitor
from dogfight_nb.policy import as_kept, checkpoints, read_tensors
from dogfight_nb.run_log import Journal, read_journal
from dogfight_nb.run_page import runs_md
from dogfight_nb.runs import shipped_runs, status_of
from dogfight_nb.train import resume, train
from dogfight_nb.trainer import Trainer, trainer_from_checkpoint

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))
import kills

pytestmark = pytest.mark.filterwarnings(
    "error::pytest.PytestUnhandledThreadExceptionWarning"
)  # a thread that fails must say so to its owner
SMALL = preset("smoke", decisions=6 * 256 * 32, checkpoint_every=2)


class Half:
    "A file whose writing may break off in the middle."

    def __init__(self, file, faults):
        self.file, self.faults = file, faults

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def __getattr__(self, name):
        return getattr(self.file, name)

    def write(self, data):
        self.faults.hit(
            "write", lambda: (self.file.write(data[: len(data) // 2]), self.file.flush())
        )
        return self.file.write(data)

    def flush(self):
        self.faults.hit("flush")
        self.file.flush()


class Faults:
    """While active, the call number `at` to the file system fails by `act`; with `on`, all later
    ones do, too."""

    CALLS = "open", "fsync", "chmod", "replace", "rename", "unlink", "mkdir", "write", "fdopen"

    def __init__(self, at, act, on=False):
        self.at, self.act, self.on, self.count, self.seen = at, act, on, 0, []

    def hit(self, name, before=lambda: None):
        self.count += 1
        self.seen.append(name)
        if self.count == self.at or self.on and self.count > self.at:
            before()
            self.act()

    def _failing(self, name, real):
        def call(*args, **kwargs):
            self.hit(name)
            result = real(*args, **kwargs)
            return Half(result, self) if name == "fdopen" else result

        return call

    def __enter__(self):
        self.real = {name: getattr(os, name) for name in self.CALLS}
        for name, real in self.real.items():
            setattr(os, name, self._failing(name, real))
        return self

    def __exit__(self, *_):
        for name, real in self.real.items():
            setattr(os, name, real)


def failing(number):
    def act():
        raise OSError(number, os.strerror(number))

    return act


@pytest.fixture
def flown(tmp_path):
    """A checkpoint manager with those of updates 1 and 2, its trainer at update 3, and what the
    checkpoints must hold."""
    trainer, manager, want = Trainer(preset("smoke")), CheckpointManager(tmp_path), {}
    for k in (1, 2, 3):
        trainer.run_update()
        want[k] = trainer.checkpoint_state()
        if k < 3:
            manager.save(trainer, wait=True)
    return trainer, manager, want


def check(folder, want):
    "Every checkpoint there is whole and the one it should be; returns their updates."
    for path in checkpoints(folder):
        tensors, about = read_tensors(path, "checkpoint")
        k = about["counters"]["updates"]
        assert k == int(path.stem) and as_kept(want[k][1]) == about
        assert tensors.keys() == want[k][0].keys() and all(
            torch.equal(t, want[k][0][name]) for name, t in tensors.items()
        )
    assert latest_checkpoint(folder)[2] == []
    return [int(p.stem) for p in checkpoints(folder)]


def reset(manager, want):
    "Checkpoints 1 and 2 again, and nothing else."
    for path in (manager.folder / "checkpoints").iterdir():
        path.unlink()
    for k in (1, 2):
        manager.write(manager.folder / "checkpoints" / f"{k:06}.safetensors", *want[k])


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EIO, errno.EACCES], ids=["full", "broken", "forbidden"]
)
@pytest.mark.parametrize("on", [False, True], ids=["once", "from-then-on"])
def test_a_write_fails_at_each_call(flown, number, on):
    trainer, manager, want = flown
    for at in range(1, 60):
        reset(manager, want)
        with Faults(at, failing(number), on) as faults:
            try:
                manager.save(trainer, wait=True)
            except OSError as e:
                assert e.errno == number
        left = check(manager.folder, want)
        assert left and max(left) >= 2, (at, faults.seen)
        if faults.count < at:
            break
        trainer_from_checkpoint(*latest_checkpoint(manager.folder)[:2])
        manager.save(trainer, wait=True)  # and when the disk is well again, it goes on
        assert check(manager.folder, want)[0] == 3
    assert at > 6 and {"open", "write", "flush", "fsync", "replace"} <= set(faults.seen), (
        faults.seen
    )


def test_killed_at_each_call(flown):
    trainer, manager, want = flown
    for at in range(1, 60):
        reset(manager, want)
        pid = os.fork()
        if not pid:
            try:
                with Faults(at, lambda: os.kill(os.getpid(), signal.SIGKILL)):
                    manager.write(manager.folder / "checkpoints" / "000003.safetensors", *want[3])
            finally:
                os._exit(0)
        code = kills.wait_for_exit(pid, 60)
        left = check(manager.folder, want)
        assert left[0] in (2, 3), left
        if code == 0:
            assert left[0] == 3
            break
        assert code == -signal.SIGKILL
    assert at > 6


def test_random_kills(tmp_path):
    "In a process of its own: this one has flown, and its threads would not survive a fork."
    code = f"""
import json, sys
sys.path.insert(0, {str(ROOT / "tools")!r})
import kills
print(json.dumps(kills.kill_runs(4, {str(tmp_path)!r}, 1, kills.smoke_config(updates=12))))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        timeout=300,
        env=dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1"),
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert (
        found["mistakes"] == []
        and found["kills"] == 4
        and found["runs"] >= 1
        and found["most_lost"] <= 2 * kills.CHECKPOINT_EVERY
    ), found


def test_kept_results_of_the_200_kills():
    found = json.loads((ROOT / "data/results/kills.json").read_text())
    assert (
        found["kills"] >= 200
        and found["mistakes"] == []
        and len(found["rows"]) == found["kills"]
        and found["most_lost"] == max(max(0, u - c) for _, u, c, _ in found["rows"])
    )


def test_journal_on_a_disk_that_fails_at_each_call(tmp_path):
    "The same bits as on a good disk, whichever call of the journal's fails."
    good = train(SMALL, tmp_path / "good", progress=False)
    j = Journal(tmp_path / "journal")
    for at in range(1, 40):
        before = len(read_journal(j.folder))
        with Faults(at, failing(errno.ENOSPC)) as faults:
            noted = j.log_event("checkpoint", done=at)
        assert len(read_journal(j.folder)) >= before + noted
        if faults.count < at:
            break
    assert at > 5 and noted
    wanted = {
        name: (good.folder / name).read_bytes() for name in ("metrics.jsonl", "policy.safetensors")
    }
    append, atomically = Journal._append, run_log.write_atomically
    try:
        Journal._append = run_log.write_atomically = lambda *_: failing(errno.ENOSPC)()
        mute = train(SMALL, tmp_path / "mute", progress=False)
    finally:
        Journal._append, run_log.write_atomically = append, atomically
    assert {name: (mute.folder / name).read_bytes() for name in wanted} == wanted
    assert (
        read_journal(mute.folder) == [] and status_of(mute.folder).status == "COMPLETED"
    )  # by its log.txt


def limited(folder, size, action):
    """Exit code of `action` on the run in `folder`, by a process that can make no file larger
    than `size` bytes."""
    code = f"""
import resource
from dogfight_nb.config import preset
from dogfight_nb.train import resume, train
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
{action}
"""
    return subprocess.run(
        [sys.executable, "-c", code],
        env=dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1"),
        stderr=subprocess.PIPE,
        timeout=300,
    ).returncode


def test_full_disk(tmp_path):
    """The kernel refuses every large write: no checkpoint, no damage, and a log that says why;
    with room again it goes on."""
    out = tmp_path / "full"
    good = train(SMALL, tmp_path / "good", progress=False)
    config = f"preset('smoke', decisions={SMALL.decisions}, checkpoint_every=2)"
    assert limited(out, 20_000, f"train({config}, {str(out)!r}, progress=False)") == 1
    s = status_of(out)
    assert (
        s.status == "DIED"
        and s.cause.startswith("exception: OSError")
        and s.done == 6
        and checkpoints(out) == []
    ), s
    assert not list(out.glob("**/*.part"))
    assert kills.digests(resume(out, progress=False).folder) == kills.digests(good.folder)
    assert status_of(out).status == "COMPLETED"


def test_two_writers(tmp_path):
    seen = []

    def second(metrics):
        with pytest.raises(ConfigError, match="another process"):
            resume(tmp_path / "one", progress=False)
        seen.append(status_of(tmp_path / "one").status)

    train(SMALL, tmp_path / "one", progress=False, on_update=second)
    assert seen == ["RUNNING"] * 6 and status_of(tmp_path / "one").status == "COMPLETED"
    with run_lock(tmp_path / "one"):
        assert status_of(tmp_path / "one").status == "RUNNING"
    assert [e["event"] for e in read_journal(tmp_path / "one") if e["event"] != "checkpoint"] == [
        "started",
        "completed",
    ]


def test_endings(tmp_path):
    def ends(name, error):
        def raising(metrics):
            if metrics["update"] == 3:
                raise error

        with pytest.raises(type(error)):
            train(SMALL, tmp_path / name, progress=False, on_update=raising)
        return status_of(tmp_path / name).ending

    assert (
        ends("a", ValueError("a bad number"))
        == "DIED at update 3: exception: ValueError: a bad number"
    )
    assert ends("b", MemoryError()) == "DIED at update 3: out of memory"
    assert (
        train(SMALL, tmp_path / "c", progress=False, on_update=lambda m: m["update"] == 3)
        and status_of(tmp_path / "c").ending == "STOPPED at update 3: asked to stop"
    )
    resume(tmp_path / "a", progress=False)
    found = next(e for e in read_journal(tmp_path / "a") if e["event"] == "resumed")
    assert (
        found["found"] == "DIED at update 3: exception: ValueError: a bad number"
        and found["attempt"] == 2
        and status_of(tmp_path / "a").status == "COMPLETED"
    )


def test_sigterm_is_a_preemption(tmp_path):
    out = tmp_path / "asked"
    code = f"""
import os, signal
from dogfight_nb.config import preset
from dogfight_nb.train import train

def terminate(metrics):
    if metrics["update"] == 3:
        os.kill(os.getpid(), signal.SIGTERM)

config = preset("smoke", decisions={SMALL.decisions}, checkpoint_every=2)
train(config, {str(out)!r}, progress=False, on_update=terminate)
print("never")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1"),
        stdout=subprocess.PIPE,
        timeout=300,
    )
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, b"")
    assert (
        status_of(out).ending == "DIED at update 3: preempted"
        and checkpoints(out)[0].stem == "000003"
    )
    assert kills.digests(resume(out, progress=False).folder) == kills.digests(
        train(SMALL, tmp_path / "good", progress=False).folder
    )


@pytest.fixture
def stopped(tmp_path):
    "A run that was stopped after its third update."
    return train(SMALL, tmp_path / "stopped", progress=False, on_update=lambda m: m["update"] == 3)


def test_wrong_arguments_are_refused(stopped, tmp_path):
    with pytest.raises(ConfigError, match="holds a run already"):
        train(SMALL, stopped.folder, progress=False)
    with pytest.raises(ConfigError, match=r"config\.json"):
        Run(tmp_path)
    with pytest.raises(ConfigError, match="positive"):
        train(SMALL, minutes=0)
    with pytest.raises(ConfigError, match="smoke"):
        train("slow")
    (tmp_path / "readonly" / "config.json").mkdir(parents=True)
    with pytest.raises((ConfigError, OSError)):
        train(SMALL, tmp_path / "readonly", progress=False)


@pytest.mark.parametrize("workers", [3, 0, -1, True])
def test_wrong_workers_are_refused_before_anything_is_written(stopped, tmp_path, workers):
    before, many = (stopped.folder / "log.txt").read_text(), tmp_path / "many"
    wrong = f"2 shards cannot be shared by {workers} workers"
    with pytest.raises(ConfigError, match=wrong):
        train(SMALL, many, progress=False, workers=workers)
    with pytest.raises(ConfigError, match=wrong):
        resume(stopped.folder, progress=False, workers=workers)
    assert not many.exists() and (stopped.folder / "log.txt").read_text() == before


def test_minutes_end_a_run_that_can_be_gone_on_with(tmp_path, monkeypatch):
    "The learning rate falls by the clock, and a line that a crash has cut is written anew."
    clock = SimpleNamespace(perf_counter=count(0, 0.25).__next__)  # 0.25 s an update
    monkeypatch.setitem(train.__globals__, "time", clock)
    long = preset("smoke", decisions=10_000_000)
    run = train(long, tmp_path / "brief", minutes=2 / 60, progress=False)
    assert len(run.metrics) == 7
    assert run.metrics[-1]["learning_rate"] < 0.2 * long.learning_rate
    with open(run.folder / "metrics.jsonl", "a") as f:
        f.write('{"update": 99, "cut o')
    resume(run.folder, minutes=2 / 60, progress=False)
    assert [m["update"] for m in run.metrics] == list(range(1, 15))


def test_without_a_whole_checkpoint_a_run_begins_anew(stopped, tmp_path, capsys):
    for path in checkpoints(stopped.folder):
        path.write_bytes(path.read_bytes()[:100])
    (stopped.folder / "policy.safetensors").unlink()
    resume(stopped.folder, progress=False)
    good = train(SMALL, tmp_path / "good", progress=False)
    assert kills.digests(stopped.folder) == kills.digests(good.folder)
    assert "damaged" in (stopped.folder / "log.txt").read_text()


@pytest.fixture
def pages(monkeypatch):
    "The pages of a dashboard that shows a duel after every second update."
    shown = []
    due = property(lambda monitor: monitor.latest["update"] % 2 == 0)
    monkeypatch.setattr(Dashboard, "publish", lambda self, data, *_, **__: shown.append(data))
    monkeypatch.setattr(TrainingMonitor, "wants_replay", due)
    return shown


def test_a_failed_training_shows_the_duel_before_it(pages, tmp_path):
    with pytest.raises(ZeroDivisionError):
        train(
            SMALL,
            tmp_path / "failed",
            progress="dashboard",
            on_update=lambda m: 1 / (3 - m["update"]) < 0,
        )
    for kind in ("text/html", "image/svg+xml"):
        assert "One duel after update 2" in pages[-1][kind]
    assert "one duel" not in pages[-1]["text/plain"]


def test_ctrl_c_in_a_duel_ends_that_duel_alone(pages, tmp_path, monkeypatch):
    good = train(SMALL, tmp_path / "good", progress=False)
    impatient = mock.Mock(side_effect=KeyboardInterrupt)
    monkeypatch.setitem(train.__globals__, "fly_duel", impatient)
    run = train(SMALL, tmp_path / "impatient", progress="dashboard")
    assert "finished" in pages[-1]["text/plain"] and "One duel" not in pages[-1]["text/html"]
    assert kills.digests(run.folder) == kills.digests(good.folder)
    log = (run.folder / "log.txt").read_text()
    assert "no picture of a duel: KeyboardInterrupt" in log


def test_clock_that_jumps(tmp_path, monkeypatch):
    "Years ahead, and back before the run began: the lock knows better, and the bits are the same."
    times = iter(
        [
            "2090-01-01T00:00:00.000Z",
            "1970-01-02T00:00:00.000Z",
            "nonsense",
            "2026-01-01T00:00:00.000Z",
        ]
        * 100
    )
    seen = []
    good = train(SMALL, tmp_path / "good", progress=False)
    monkeypatch.setattr(run_log, "_now", lambda: next(times))
    monkeypatch.setattr(run_log, "HEARTBEAT_INTERVAL_S", 0.0)
    run = train(
        SMALL,
        tmp_path / "jumps",
        progress=False,
        on_update=lambda m: seen.append(
            (status_of(tmp_path / "jumps").status, status_of(tmp_path / "jumps", 0.0).status)
        ),
    )
    assert (
        set(seen) == {("RUNNING", "RUNNING")}
        and status_of(run.folder).status == "COMPLETED"
        and kills.digests(run.folder) == kills.digests(good.folder)
    )


def test_runs_md_is_fresh():
    assert (ROOT / "RUNS.md").read_text() == runs_md(shipped_runs()), "run `make docs`"


@pytest.fixture
def branched(tmp_path):
    """A run with checkpoints of updates 1, 4, 5 and 6, a policy and metrics; and the bytes of all
    that its later branch has."""
    kept = {}

    def keep_first(metrics):
        if metrics["update"] == 2:
            kept["first"] = (tmp_path / "run/checkpoints/000001.safetensors").read_bytes()

    run = train(
        SMALL.replace(checkpoint_every=1), tmp_path / "run", progress=False, on_update=keep_first
    )
    (run.folder / "checkpoints" / "000001.safetensors").write_bytes(kept["first"])
    names = ("policy.safetensors", "metrics.jsonl", "timings.jsonl")
    later = [run.folder / name for name in names] + checkpoints(run.folder)
    return run, [path.read_bytes() for path in later]


@pytest.mark.parametrize("on", [False, True], ids=["once", "from-then-on"])
def test_setting_aside_fails_at_each_call(branched, on, tmp_path):
    "Wherever it breaks off: nothing is lost, and a resume goes on."
    run, wanted = branched
    for at in range(1, 200):
        copy = Run(shutil.copytree(run.folder, tmp_path / f"copy-{at}"))
        with Faults(at, failing(errno.EIO), on) as faults:
            with suppress(OSError):
                copy.set_aside(1)
        left = {path.read_bytes() for path in copy.folder.rglob("*") if path.is_file()}
        assert all(content in left for content in wanted), (at, faults.seen)
        assert latest_checkpoint(copy.folder)[2] == []
        if faults.count < at:
            break
        shutil.rmtree(copy.folder)
    assert at > 10 and copy.set_aside(1) is None


def test_an_older_checkpoint_is_taken_up(branched, capsys):
    run, wanted = branched
    first = run.folder / "checkpoints" / "000001.safetensors"
    stop = lambda metrics: metrics["update"] == 3  # noqa: E731
    resume(first, progress=False, on_update=stop)
    assert [p.stem for p in checkpoints(run.folder)] == ["000003", "000002", "000001"]
    assert "updates 2 to 6 of run are set aside" in capsys.readouterr().err
    aside = Run(run.folder / "set-aside" / "000006")
    found = {path.read_bytes() for path in aside.folder.rglob("*") if path.is_file()}
    assert all(content in found for content in wanted)
    assert [m["update"] for m in run.metrics] == [1, 2, 3]
    assert status_of(aside.folder).ending.startswith("STOPPED at update 6: set aside")
    assert len(resume(run.folder, progress=False).metrics) == 6
    assert kills.digests(resume(aside.folder, progress=False).folder) == kills.digests(run.folder)


def test_an_edited_config(branched):
    run, _ = branched
    path = run.folder / "config.json"
    text = path.read_text()
    for key, value in dict(seed=1, learning_rate=1e-4, num_envs=128, extra=0).items():
        path.write_text(json.dumps(json.loads(text) | {key: value}))
        with pytest.raises(ConfigError, match=key):
            resume(run.folder, progress=False)
    longer = json.loads(text) | dict(decisions=8 * 256 * 32)
    path.write_text(json.dumps(longer))
    again = resume(run.folder, progress=False)
    assert len(again.metrics) == 8 and again.config.decisions == longer["decisions"]
    assert latest_checkpoint(run.folder)[1]["config"]["decisions"] == longer["decisions"]
    path.unlink()
    assert resume(run.folder, progress=False).config == again.config


@pytest.mark.parametrize("error", [ValueError, MemoryError, KeyError, SystemExit])
def test_any_fault_of_the_checkpoint_thread_is_raised(tmp_path, monkeypatch, error):
    def broken(path, *rest):
        if Path(path).stem == at:
            raise error("of the thread")
        return write(path, *rest)

    write = checkpoints_module.write_tensors
    monkeypatch.setattr(checkpoints_module, "write_tensors", broken)
    for at in ("000002", "000006"):
        with pytest.raises(error):
            train(SMALL, tmp_path / at, progress=False)
        assert status_of(tmp_path / at).status == "DIED"

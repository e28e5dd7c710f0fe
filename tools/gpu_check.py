"""python tools/gpu_check.py [FILE]: everything that only a machine with a GPU can show.

Takes at most eight minutes and writes one JSON (default: data/results/gpu.json). Without a GPU it
says in one line what it would have measured."""

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from dogfight_nb import __version__
from dogfight_nb.arena import Arena, ArenaConfig
from dogfight_nb.checkpoints import Run
from dogfight_nb.config import preset
from dogfight_nb.cpp_program import different_ticks
from dogfight_nb.gpu_arena import GpuArena, differences
from dogfight_nb.match import play
from dogfight_nb.pilots import SCRIPTED_NAMES
from dogfight_nb.policy import Policy, PolicyConfig, PolicyPilot
from dogfight_nb.policy_bank import PolicyBank
from dogfight_nb.train import train
from dogfight_nb.trainer import Trainer

ROOT = Path(__file__).parents[1]
LIMIT_S = 480
STARTED = time.perf_counter()


def seconds_left():
    return LIMIT_S - (time.perf_counter() - STARTED)


def exactness():
    "The public engine's traces, and an arena beside the processor's: what differs."
    golden = np.load(ROOT / "data" / "golden" / "physics.npz")
    episodes = min(8, len(golden["start"]))
    ticks = np.sum([different_ticks(golden, e, "cuda") for e in range(episodes)], 0).tolist()

    def arena(make, **more):
        config = PolicyConfig(avoid_ground=True)
        bank = PolicyBank(config, 3)
        for slot in range(3):
            bank.write(slot, Policy(config, slot), temperature=0.5 * slot)
        options = dict(seed=5, config=ArenaConfig(avoid_ground=True), policy_bank=bank)
        made = make(1024, **options, **more)
        made.set_weights([1] * 8)
        made.set_selfplay_share(0.5)
        return made

    decisions = 200
    found = differences(arena(Arena), arena(GpuArena, device="cuda"), decisions)
    return dict(
        trace_ticks=ticks[1],
        trace_ticks_different=ticks[0],
        arena_rows=1024 * decisions,
        arena_rows_different=found,
    )


def pace(name, device, most_s):
    "Decisions a second of the preset `name` on `device`, and its memory."
    config = preset(name)
    torch.cuda.reset_peak_memory_stats()
    trainer = Trainer(config, device=device)
    trainer.run_update(0.3)  # compiles, and begins self-play where the preset has it
    trainer.run_update(0.3)
    updates, seconds, flying = 0, trainer.seconds, trainer.flying_seconds
    begun = time.perf_counter()
    while time.perf_counter() - begun < most_s or not updates:
        trainer.run_update(0.3)
        updates += 1
    seconds = trainer.seconds - seconds
    decisions = updates * config.num_envs * config.num_steps
    return dict(
        decisions_per_s=round(decisions / seconds),
        flying_share=round((trainer.flying_seconds - flying) / seconds, 3),
        updates=updates,
        peak_gib=round(torch.cuda.max_memory_allocated() / 2**30, 3),
    )


def learning(device, seed, folder):
    "A whole `quick` run: when it beat all scripted pilots 99 times in 100, and its evaluation."
    beaten = []

    def watch(metrics):
        rates = [metrics["win_rate"][name] for name in SCRIPTED_NAMES]
        if not beaten and all(rate is not None and rate >= 0.99 for rate in rates):
            beaten.append(metrics["decisions"])

    begun = time.perf_counter()
    config = preset("quick", seed=seed)
    run = train(config, folder / f"{device}-{seed}", progress=False, on_update=watch, device=device)
    seconds = time.perf_counter() - begun
    pilot = PolicyPilot(run.policy, "learned")
    won = {name: float((play(pilot, name, 200, 1).outcome > 0).mean()) for name in SCRIPTED_NAMES}
    at = beaten[0] if beaten else None
    return dict(device=device, seed=seed, decisions_to_99=at, seconds=round(seconds, 1), won=won)


def kill_and_resume(folder):
    "A run on the GPU, killed after some updates and resumed: does it end as an undisturbed one?"
    code = (
        "import sys; from dogfight_nb.config import preset; from dogfight_nb.train import *;"
        "c = preset('quick', decisions=2_000_000, checkpoint_every=2);"
        "(resume if sys.argv[2] == 'resume' else lambda p, **k: train(c, p, **k))"
        "(sys.argv[1], progress=False, device='cuda')"
    )

    def begin(name, how):
        return subprocess.Popen([sys.executable, "-c", code, str(folder / name), how], cwd=ROOT)

    begin("whole", "train").wait()
    child, at = begin("killed", "train"), 0
    while child.poll() is None and at < 8:
        time.sleep(0.05)
        lines = folder / "killed" / "metrics.jsonl"
        at = len(lines.read_text().splitlines()) if lines.exists() else 0
    child.send_signal(signal.SIGKILL)
    child.wait()
    begin("killed", "resume").wait()
    weights = [Run(folder / name).policy.state_dict() for name in ("whole", "killed")]
    same = all(torch.equal(weights[0][k], weights[1][k]) for k in weights[0])
    return dict(killed_after_update=at, ends_bit_equal=same)


def profile():
    "Which kernels an update of `quick` spends the GPU's time in: {name: share}, the ten largest."
    trainer = Trainer(preset("quick"), device="cuda")
    trainer.run_update(0.3)
    trainer.run_update(0.3)
    with torch.profiler.profile() as watched:
        trainer.run_update(0.3)
    times = {e.key: getattr(e, "self_device_time_total", 0) for e in watched.key_averages()}
    total = sum(times.values()) or 1
    largest = sorted(times.items(), key=lambda item: -item[1])[:10]
    return {name[:80]: round(t / total, 3) for name, t in largest}


def main():
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "data" / "results" / "gpu.json")
    if not torch.cuda.is_available():
        print(
            "no GPU here: would have compared traces and arenas bit by bit, measured decisions/s"
            " of quick, champion and selfplay_v2 beside the CPU, memory, five quick runs, a kill"
            f" and a profile, and written {target.name}"
        )
        return
    found = dict(
        command="python tools/gpu_check.py",
        machine=f"{torch.cuda.get_device_name()}, {os.cpu_count()} cores",
        versions=dict(
            dogfight_nb=__version__, python=platform.python_version(), torch=torch.__version__
        ),
    )
    folder = Path(tempfile.mkdtemp())

    def do(name, task, needs_s):
        if seconds_left() < needs_s:
            found[name] = f"left out: {seconds_left():.0f} s were left"
            return
        try:
            found[name] = task()
        except Exception as e:  # the other parts are worth having
            found[name] = f"{type(e).__name__}: {e}"[:2000]
        print(
            f"{time.perf_counter() - STARTED:6.0f} s  {name}: {json.dumps(found[name])}", flush=True
        )
        target.write_text(json.dumps(found, indent=1) + "\n")

    do("exactness", exactness, 0)
    for name in ("quick", "champion", "selfplay_v2"):
        do(f"{name} on the GPU", lambda: pace(name, "cuda", 10), 40)
    for name in ("quick", "champion"):
        do(f"{name} on the CPU", lambda: pace(name, "cpu", 5), 40)
    do("kill", lambda: kill_and_resume(folder), 60)
    do("profile", profile, 20)
    for seed in range(5):
        do(f"learning on the GPU, seed {seed}", lambda: learning("cuda", seed, folder), 30)
    for seed in range(5):
        do(f"learning on the CPU, seed {seed}", lambda: learning("cpu", seed, folder), 40)
    found["seconds"] = round(time.perf_counter() - STARTED)
    target.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

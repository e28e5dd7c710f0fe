"""Make a finished run the champion: `python tools/ship_champion.py data/runs/mine CORE_MINUTES`.

Exports and judges its pilot, flies it against everybody who was in its pool at the end, and fills
data/models/champion: config.json, policy.safetensors, policy.onnx, evaluation.json and .md,
replay.npz, mixed.onnx (the same pilot, drawing its options at temperature 1), snapshots (for the
growth curve) and league.json."""

import json
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from dogfight_nb.checkpoints import Run, latest_checkpoint
from dogfight_nb.match import play
from dogfight_nb.policy import Policy, PolicyPilot
from dogfight_nb.recording import write_atomically
from dogfight_nb.submit import export_and_evaluate, export_onnx
from dogfight_nb.trainer import trainer_from_checkpoint

CHAMPION = Path(__file__).resolve().parents[1] / "data/models/champion"
FILES = "config.json policy.safetensors policy.onnx evaluation.json evaluation.md replay.npz"
FIRST_SNAPSHOT = 64  # the update from which on snapshots are shipped
SHOWN_BEFORE = 60  # about so many former members of the pool are listed


def policy_of_slot(bank, slot):
    "The `Policy` in a slot of the policy bank `bank`."
    config = replace(bank.config, avoid_ground=bool(bank.avoid_ground[slot]))
    policy, row, at = Policy(config), bank.weights[slot], 0
    with torch.no_grad():
        for layer in policy.actor.layers():
            weights, biases = layer.weight.numel(), layer.bias.numel()
            columns = row[at : at + weights].reshape(layer.weight.shape[::-1])
            layer.weight.copy_(torch.from_numpy(columns.T.copy()))
            layer.bias.copy_(torch.from_numpy(row[at + weights : at + weights + biases].copy()))
            at += weights + biases
    return policy


def results_against(champion, member, bank, matches=100):
    "[name, kind, wins, draws, losses, timeouts] of the champion against a member, from both seats."
    pilot = PolicyPilot(policy_of_slot(bank, member.slot), member.name)
    first = play(champion, pilot, matches // 2, 1, progress=False)
    second = play(pilot, champion, matches // 2, 2, progress=False)
    outcome = np.concatenate([first.outcome, -second.outcome])
    timeouts = sum(int((r.reason == "time-out").sum()) for r in (first, second))
    return [member.name, member.kind, *(int((outcome == k).sum()) for k in (1, 0, -1)), timeouts]


def league_record(run, core_minutes):
    "What league.json holds: the pool, its games, and the champion against those of the end."
    trainer = trainer_from_checkpoint(*latest_checkpoint(run.folder)[:2], threads=1)
    own, c = trainer.self_play, trainer.config
    former = own.pool.removed[:: max(1, len(own.pool.removed) // SHOWN_BEFORE)]
    members = sorted(own.pool.members + former, key=lambda m: -m.rating)
    table = []
    for m in members:
        wins, draws, losses = own.pool.results.of(m.name)
        counts = dict(wins=wins, draws=draws, losses=losses, games=wins + draws + losses)
        table.append(asdict(m) | counts)
    known = {m.name for m in members} | set(own.pool.anchors)
    games = [row for row in own.pool.results.rows() if {row[0], row[1]} <= known]
    champion = PolicyPilot(trainer.policy, "champion")
    in_order = sorted(own.pool.members, key=lambda m: m.update)
    past = [results_against(champion, m, own.policy_bank) for m in in_order]
    return dict(
        preset=c.preset,
        seed=c.seed,
        updates=trainer.updates,
        decisions=trainer.decisions,
        core_minutes=core_minutes,
        self_play_began=own.start_update,
        table=table,
        games=games,
        columns=["a", "b", "wins", "draws", "losses", "timeouts"],
        past=past,
        past_columns=["name", "kind", "wins", "draws", "losses", "timeouts"],
    )


def ship(run, core_minutes):
    "Fill data/models/champion from `run`, whose training took so many minutes of one core."
    export_and_evaluate(run)
    league = league_record(run, core_minutes)
    export_onnx(run, CHAMPION / "mixed.onnx", temperature=1.0)
    for file in FILES.split():
        write_atomically(CHAMPION / file, (run.folder / file).read_bytes())
    write_atomically(CHAMPION / "league.json", json.dumps(league).encode())
    shutil.rmtree(CHAMPION / "snapshots", ignore_errors=True)
    (CHAMPION / "snapshots").mkdir(parents=True)
    for path in sorted((run.folder / "snapshots").glob("*.safetensors")):
        if int(path.stem) >= FIRST_SNAPSHOT:
            write_atomically(CHAMPION / "snapshots" / path.name, path.read_bytes())


if __name__ == "__main__":
    ship(Run(sys.argv[1]), int(sys.argv[2]))

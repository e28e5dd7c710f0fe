"""A launch from end to end, against a stand-in for Modal: detached, recorded, killed, resumed,
completed with the same bits, brought home."""

import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from stand_in import REPO, StandIn, python

from dogfight_nb import cloud
from dogfight_nb.cloud_worker import (
    MAX_RETRIES,
    AttemptOptions,
    RunStore,
    TrainingInterrupted,
    read_state,
    run_attempt,
)
from dogfight_nb.policy import PolicyConfig, read_tensors
from dogfight_nb.ppo import PPOConfig
from dogfight_nb.preflight import package_files, requirements
from dogfight_nb.rules import InputError
from dogfight_nb.runs import status_of
from dogfight_nb.train import TrainConfig

CONFIG = TrainConfig(
    preset="tiny",
    decisions=16 * 64 * 64,
    num_envs=64,
    num_steps=64,
    policy=PolicyConfig(hidden=16),
    ppo=PPOConfig(minibatch_size=1024),
)
FAST = AttemptOptions(matches=2, threads=1)
PLANTED = "https://hooks.example.invalid/planted-secret-8f3a"
LAUNCH = """
import json, sys, time
from dogfight_nb import cloud
from dogfight_nb.train import TrainConfig

config = TrainConfig.from_dict(json.loads(sys.argv[1]))
try:
    print(cloud.launch(config, name=sys.argv[2], matches=2, runs=sys.argv[3]), flush=True)
except cloud.CloudError as e:
    sys.exit(f"dogfight: {e}")
time.sleep(60)  # a laptop that dies before it can say goodbye
"""


@pytest.fixture
def modal_here(tmp_path, monkeypatch):
    "A `StandIn` that this process's client speaks to."
    import modal

    with StandIn(tmp_path / "volume") as server:
        env = server.account()
        for key in [k for k in os.environ if k.startswith(("MODAL_", "DOGFIGHT_"))]:
            monkeypatch.delenv(key)
        for key in ("MODAL_SERVER_URL", "MODAL_TOKEN_ID", "MODAL_TOKEN_SECRET"):
            monkeypatch.setenv(key, env[key])
        fresh(modal)
        yield server
        fresh(modal)


def fresh(modal):
    "Forget the connection to an earlier stand-in."
    modal.Client._set_env_client(None)
    from modal._environments import ENVIRONMENT_CACHE

    ENVIRONMENT_CACHE.clear()


def weights(folder):
    return {
        k: t.numpy().tobytes()
        for k, t in read_tensors(folder / "policy.safetensors", "policy")[0].items()
    }


def everything(folder):
    return b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())


def test_a_launch_ends_with_its_result_whatever_happens(modal_here, tmp_path, monkeypatch):
    """The laptop is killed right after 'launched', the container twice, and a time-out comes
    near once."""
    server, runs = modal_here, tmp_path / "runs"
    struck = []

    def once(updates):
        def when(s):
            beyond = s.get("done", 0) >= updates * 4096
            saved = any("checkpoints" in f for f in s.get("files", {}))
            if beyond and saved and s["attempts"] > len(struck):
                struck.append(s["done"])
                return True

        return when

    # the third attempt has no time left after one update
    server.kill, server.seconds = [once(2), once(6)], [None, None, 0]
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, json.dumps(CONFIG.to_dict()), "bold-test", str(runs)],
        env=server.account(DOGFIGHT_WEBHOOK=PLANTED),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = launcher.stdout.readline()
    os.kill(launcher.pid, signal.SIGKILL)
    words = launcher.communicate()[1]
    assert "launched bold-test (fc-1)" in said, words
    record = json.loads((runs / "bold-test" / "cloud.json").read_text())
    assert (record["call"], record["app"], record["state"], record["webhook"]) == (
        "fc-1",
        "ap-1",
        "launched",
        True,
    )

    state = server.until("bold-test", "COMPLETED")
    for t in server.threads:
        t.join(20)
    assert len(struck) == 2 and [code for _, code in server.codes] == [-9, -9, 0, 0], server.output
    assert (
        state["calls"] == ["fc-1", "fc-2"]
        and state["attempts"] == 4
        and state["done"] == CONFIG.decisions
    )
    resumed = [
        int(k)
        for k in re.findall(
            r"resumed at update (\d+) of 16", (server.volume / "bold-test" / "log.txt").read_text()
        )
    ]
    assert len(resumed) == 3 and 0 < resumed[0] < resumed[1] < resumed[2], (
        resumed
    )  # went on, instead of beginning again
    assert (
        set(state["result"]["win_rate"]) >= {"ace", "brawler"}
        and (server.volume / "bold-test" / "policy.onnx").is_file()
    )
    options = AttemptOptions(matches=2, threads=2)
    run_attempt("calm", CONFIG.to_dict(), tmp_path, options=options)
    assert weights(server.volume / "bold-test") == weights(tmp_path / "calm")
    assert read_state(tmp_path / "calm")["result"]["sha256"] == state["result"]["sha256"]

    # what Modal was told
    app, function = server.told["AppCreate"][0], server.function
    assert app.app_state == 2 and app.tags["run"] == "bold-test"  # APP_STATE_DETACHED
    assert (
        function.module_name,
        function.function_name,
        function.function_serialized,
        function.definition_type,
    ) == ("dogfight_nb.cloud_worker", "remote_main", b"", 2)
    assert (
        function.timeout_secs == 24 * 3600
        and function.retry_policy.retries == MAX_RETRIES
        and function.single_use_containers
    )
    assert [(m.mount_path, m.volume_id) for m in function.volume_mounts] == [("/runs", "vo-1")]
    assert (
        function.resources.gpu_config.count,
        function.resources.milli_cpu,
        function.resources.memory_mb,
    ) == (0, 2000, 4096)
    assert {r.deployment_name for r in server.told["VolumeGetOrCreate"]} == {"dogfight-runs"}
    sent = {f.filename for r in server.told["MountGetOrCreate"] for f in r.files}
    assert sent == {f"/root/dogfight_nb/{f}" for f in package_files()}
    commands = " ".join(
        c for r in server.told["ImageGetOrCreate"] for c in r.image.dockerfile_commands
    )
    assert (
        all(pin in commands for pin in requirements())
        and "download.pytorch.org/whl/cpu" in commands
    )
    commits = len(server.told["VolumeCommit"])
    assert commits > 6

    # the secret is where it must be, and nowhere else
    assert [dict(r.env_dict) for r in server.told["SecretGetOrCreate"]] == [
        {"DOGFIGHT_WEBHOOK": PLANTED}
    ]
    others = b"".join(
        m.SerializeToString()
        for method, messages in server.told.items()
        if method != "SecretGetOrCreate"
        for m in messages
    )
    for place in (
        others,
        everything(runs),
        everything(server.volume),
        "".join(server.output).encode(),
        (said + words).encode(),
    ):
        assert b"planted-secret" not in place and b"as-good" not in place
    assert "secret of Modal's" in words

    # home again
    (found,) = cloud.status("bold-test", runs)
    assert found.state == "COMPLETED" and found.calls == ["fc-1", "fc-2"] and "wins" in repr(found)
    brought = cloud.fetch("bold-test", runs=runs, say=lambda _: None)
    assert (
        weights(runs / "bold-test") == weights(server.volume / "bold-test")
        and runs / "bold-test" / "policy.onnx" in brought
    )
    told = []
    (runs / "bold-test" / "evaluation.md").write_text("mine")
    cloud.fetch("bold-test", runs=runs, say=told.append)
    assert (
        "1 files fetched" in told[0]
        and (runs / "bold-test" / "evaluation.md").read_text() == "mine"
        and len(list((runs / "bold-test").glob("evaluation*.md"))) == 2
    )
    assert not list(runs.rglob("*.part")) and "finished" in cloud.logs("bold-test", runs=runs)
    for place in (runs, tmp_path / "elsewhere"):
        with pytest.raises(InputError, match="already"):
            cloud.launch(CONFIG, name="bold-test", runs=place)
    assert (
        status_of(runs / "bold-test").status == "COMPLETED"
        and status_of(runs / "bold-test").call_id == "fc-2"
    )


def test_an_interrupted_attempt_is_no_result(tmp_path):
    """A container that is told to go leaves its checkpoint and an exception, for which Modal
    makes another attempt."""

    def told_to_go(m):
        if m["update"] == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(TrainingInterrupted):
        run_attempt("a", CONFIG.to_dict(), tmp_path, "fc-1", FAST, on_update=told_to_go)
    state = read_state(tmp_path / "a")
    assert (
        state["state"] == "RUNNING"
        and state["done"] == 3 * 4096
        and "interrupted" in state["cause"]
    )
    assert run_attempt("a", CONFIG.to_dict(), tmp_path, "fc-1", FAST)["state"] == "COMPLETED"


def test_the_newest_attempt_is_the_only_writer(tmp_path):
    def taken_over(m):
        if m["update"] == 3:
            RunStore(tmp_path / "a", tmp_path / "elsewhere", "another").acquire()
        if m["update"] > 3:
            time.sleep(0.2)

    long = CONFIG.replace(decisions=100 * 4096)
    ended = run_attempt("a", long.to_dict(), tmp_path, options=FAST, on_update=taken_over)
    assert ended["state"] == "SUPERSEDED"
    state = read_state(tmp_path / "a")
    assert (
        state["state"] == "RUNNING"
        and state.get("done", 0) <= 4 * 4096
        and len(list((tmp_path / "a" / "claims").iterdir())) == 2
    )


def test_a_volume_that_fails_now_and_then(tmp_path):
    times = []

    def commit():
        times.append(1)
        if len(times) > 3 and len(times) % 2 and len(times) < 12:
            raise ConnectionError("not now")

    volume = SimpleNamespace(commit=commit, reload=lambda: None)

    def slow(metrics):
        time.sleep(0.05)

    for _ in range(5):
        try:
            state = run_attempt(
                "a", CONFIG.to_dict(), tmp_path, options=FAST, volume=volume, on_update=slow
            )
            break
        except ConnectionError:
            continue  # at the very end: Modal makes another attempt
    assert state["state"] == "COMPLETED" and len(times) > 6


def test_modal_run_launches_too(tmp_path):
    "Modal's own command finds the entry; what it starts is detached although the command is not."
    with StandIn(tmp_path / "volume") as server:
        server.kill = [lambda s: False]
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "modal",
                "run",
                "-m",
                "dogfight_nb.cloud",
                "--preset",
                "smoke",
                "--seed",
                "3",
                "--name",
                "by-modal",
            ],
            env=server.account(),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0 and "launched by-modal" in done.stdout, (
            done.stdout + done.stderr
        )
        assert [r.app_state for r in server.told["AppCreate"]] == [1, 2] and server.calls
        record = json.loads((tmp_path / "data/runs/by-modal/cloud.json").read_text())
        assert record["call"] == "fc-1" and record["config"]["seed"] == 3


def test_sweep_and_stop(modal_here, tmp_path):
    server, runs, told = modal_here, tmp_path / "runs", []
    long = CONFIG.replace(decisions=10**9)
    name = cloud.sweep(
        long,
        seeds=(0, 1),
        grid={"learning_rate": [1e-3]},
        name="both",
        matches=2,
        runs=runs,
        say=told.append,
    )
    assert (
        len(server.told["AppCreate"]) == 1
        and server.told["AppCreate"][0].app_state == 2
        and len(server.told["FunctionMap"]) == 2
        and all(r.from_spawn_map for r in server.told["FunctionMap"])
    )
    for one in ("both-00", "both-01"):
        server.until(one, "RUNNING")
    found = cloud.status(name, runs)
    assert [(s.name, s.state, s.what) for s in found] == [
        ("both-00", "RUNNING", "learning_rate=0.001, seed=0"),
        ("both-01", "RUNNING", "learning_rate=0.001, seed=1"),
    ]
    assert [
        json.loads((runs / s.name / "cloud.json").read_text())["config"]["seed"] for s in found
    ] == [0, 1]
    cloud.stop(name, runs, told.append)
    assert sorted(r.function_call_id for r in server.told["FunctionCallCancel"]) == sorted(
        server.calls
    ) and all(r.terminate_containers for r in server.told["FunctionCallCancel"])
    for t in server.threads:
        t.join(20)
    assert (server.volume / "both-00" / "stop").exists() and run_attempt(
        "both-00",
        json.loads((runs / "both-00" / "cloud.json").read_text())["config"],
        server.volume,
    )["state"] == "STOPPED"


def test_reading_what_is_being_written(modal_here, tmp_path):
    """A file that grows or shrinks between the question for its size and its content is read
    again, and comes whole."""
    one = modal_here.volume / "one"
    one.mkdir(parents=True)
    policy = one / "policy.bin"
    files = {"policy.bin": dict(sha256=hashlib.sha256(b"new").hexdigest())}

    def text(done):
        return json.dumps(dict(state="RUNNING", done=done, planned=10**9, files=files))

    (one / "state.json").write_text(text(123456789))
    policy.write_bytes(b"new")
    (one / "journal.jsonl").write_text("{}\n")
    modal_here.writes = [lambda path: path.write_text(text(987654321) + " " * 50)]
    assert cloud.status("one", tmp_path)[0].done == 987654321
    modal_here.writes = [lambda path: path.write_text(text(1))]
    assert cloud.status("one", tmp_path)[0].done == 1
    modal_here.writes = [
        lambda path: policy.write_bytes(b"new"),
        lambda path: path.write_bytes(b"newer"),
        lambda path: None,
    ]
    assert [
        path.read_bytes() for path in cloud.fetch("one", runs=tmp_path, say=lambda _: None)
    ] == [b"new"]


def test_a_lagging_server_is_waited_for(modal_here, tmp_path):
    modal_here.lag = 0.7
    modal_here.kill = [lambda s: True] * 20
    flown = cloud.launch(CONFIG, name="slow", runs=tmp_path / "runs", say=lambda _: None)
    assert (
        flown.call == "fc-1"
        and json.loads((flown.folder / "cloud.json").read_text())["call"] == "fc-1"
    )


def command(line, env, tmp_path):
    begun = time.monotonic()
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from dogfight_nb.cli import main; sys.exit(main())",
            *line.split(),
        ],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stderr, time.monotonic() - begun


@pytest.mark.parametrize(
    "trouble, word",
    [
        ("no account", "modal token new"),
        ("bad token", "refuses this token"),
        ("dead", "check the network"),
        ("deaf", "did not answer"),
        ("late", "did not answer"),
    ],
)
def test_trouble_is_one_line(trouble, word, tmp_path):
    with StandIn(tmp_path / "volume") as server, socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(5)
        env = server.account()
        if trouble == "no account":
            env = python()
        if trouble == "bad token":
            env["MODAL_TOKEN_SECRET"] = "as-bad"
        if trouble == "dead":
            env["MODAL_SERVER_URL"] = "http://127.0.0.1:9"
        if trouble == "deaf":
            env["MODAL_SERVER_URL"] = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        if trouble == "late":
            server.lag = 30
        for line in (
            ("launch --preset smoke --name x", "status x")
            if trouble in ("no account", "bad token")
            else ("status x",)
        ):
            code, said, seconds = command(line, env, tmp_path)
            assert (
                code == 1
                and said.count("\n") == 1
                and said.startswith("dogfight: ")
                and word in said
                and seconds < 30
            ), said
        assert not (tmp_path / "data").exists()


def test_the_package_is_whole_and_alone(tmp_path):
    "What a container gets imports by itself, in a Python that sees no other copy."
    import shutil

    for f in package_files():
        (tmp_path / "dogfight_nb" / f).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPO / "dogfight_nb" / f, tmp_path / "dogfight_nb" / f)
    modules = "dogfight_nb, dogfight_nb.cloud, dogfight_nb.train, dogfight_nb.submit"
    code = f"import {modules}; print(dogfight_nb.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=python(PYTHONPATH=str(tmp_path)),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(tmp_path / "dogfight_nb" / "__init__.py"), done.stderr

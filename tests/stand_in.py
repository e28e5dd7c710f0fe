"""A stand-in for Modal: its control plane, on the installed client's own message classes, with a
folder for the Volume and processes of this machine for the containers. It keeps everything it
is told."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import defaultdict
from pathlib import Path

import modal_proto.api_grpc
from aiohttp import web
from google.protobuf.empty_pb2 import Empty
from grpclib import GRPCError, Status
from grpclib.server import Server
from modal._utils.grpc_testing import patch_mock_servicer
from modal_proto import api_pb2 as api

REPO = Path(__file__).resolve().parents[1]
BLOCK = 8 * 1024 * 1024  # the client counts in blocks of this size

# A container: the module is imported as Modal imports it, its app is filled in as Modal fills it
# in, and the function is called.
CONTAINER = """
import functools, pickle, sys
from modal._runtime.execution_context import _set_current_context_ids
from modal._utils.async_utils import synchronizer
from modal.running_app import RunningApp
from modal_proto import api_pb2 as api
import modal
from dogfight_nb import cloud_worker

function_id, call, root, seconds, args = pickle.loads(bytes.fromhex(sys.argv[1]))
_set_current_context_ids(["in-1"], [call], ["at-1"])
cloud_worker.MOUNT_PATH = root
if seconds is not None:
    options = functools.partial(cloud_worker.AttemptOptions, seconds=seconds)
    cloud_worker.AttemptOptions = options
meta = api.FunctionHandleMetadata(
    function_name="remote_main",
    function_type=api.Function.FUNCTION_TYPE_FUNCTION,
    supported_input_formats=[1, 4],
    supported_output_formats=[1, 4],
)
objects = cloud_worker._IN_CONTAINER[0], modal.Client.from_env()
app, client = (synchronizer._translate_in(o) for o in objects)
running = RunningApp(
    "ap-1", function_ids={"remote_main": function_id}, object_handle_metadata={function_id: meta}
)
app._init_container(client, running)
cloud_worker.remote_main(*args[0], **args[1])
"""


def python(**env):
    """An environment for a process that imports this repository and knows no Modal account but
    the one given."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MODAL_", "DOGFIGHT_"))}
    return (
        clean
        | dict(
            PYTHONPATH=str(REPO),
            OMP_NUM_THREADS="1",
            NUMBA_NUM_THREADS="1",
            MODAL_CONFIG_PATH="/nonexistent/modal.toml",
        )
        | env
    )


@patch_mock_servicer
class StandIn(modal_proto.api_grpc.ModalClientBase):
    """`told`: {method: [requests]}. `files`: content by its hash. `volume`: the folder that is
    the Volume. `lag`: seconds before every answer. `kill`: for each process of a container to
    come, a function of (run's state) that says when it should be killed, or None."""

    def __init__(self, volume):
        self.volume, self.told, self.files, self.lag, self.kill, self.seconds = (
            Path(volume),
            defaultdict(list),
            {},
            0.0,
            [],
            [],
        )
        self.calls, self.codes, self.output, self.threads, self.cancelled = {}, [], [], [], set()
        # what to do to a file between the question for its size and that for its content
        self.writes = []
        self.lock, self.ready = threading.Lock(), threading.Event()
        self.function = api.Function()

    # --- the server itself

    def __enter__(self):
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self.thread.start()
        assert self.ready.wait(10)
        return self

    def __exit__(self, *_):
        self.cancelled |= set(self.calls)
        for t in self.threads:
            t.join(20)
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(10)

    async def _serve(self):
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        server = Server([self])
        await server.start("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server._server.sockets[0].getsockname()[1]}"
        pages = web.Application()
        pages.router.add_get("/block", self._block)
        runner = web.AppRunner(pages)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.pages = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        self.ready.set()
        await self.over.wait()
        server.close()
        await runner.cleanup()

    def account(self, **env):
        return python(
            MODAL_SERVER_URL=self.url, MODAL_TOKEN_ID="ak-good", MODAL_TOKEN_SECRET="as-good", **env
        )

    async def _block(self, request):
        path, k = self.volume / request.query["path"].lstrip("/"), int(request.query["block"])
        if self.writes:
            self.writes.pop()(path)
        return web.Response(body=path.read_bytes()[k * BLOCK : (k + 1) * BLOCK])

    async def _hear(self, stream, method):
        request = await stream.recv_message()
        with self.lock:
            self.told[method].append(request)
        if self.lag:
            await asyncio.sleep(self.lag)
        return request

    # --- what the client asks

    async def ClientHello(self, stream):
        await self._hear(stream, "ClientHello")
        if stream.metadata.get("x-modal-token-secret") != "as-good":
            raise GRPCError(Status.UNAUTHENTICATED, "token rejected")
        await stream.send_message(api.ClientHelloResponse())

    async def EnvironmentGetOrCreate(self, stream):
        await self._hear(stream, "EnvironmentGetOrCreate")
        await stream.send_message(
            api.EnvironmentGetOrCreateResponse(
                environment_id="en-1",
                metadata=api.EnvironmentMetadata(
                    name="main", settings=api.EnvironmentSettings(image_builder_version="2025.06")
                ),
            )
        )

    async def AppCreate(self, stream):
        await self._hear(stream, "AppCreate")
        await stream.send_message(api.AppCreateResponse(app_id=f"ap-{len(self.told['AppCreate'])}"))

    async def _nothing(self, stream, method):
        await self._hear(stream, method)
        await stream.send_message(Empty())

    async def AppHeartbeat(self, stream):
        await self._nothing(stream, "AppHeartbeat")

    async def AppClientDisconnect(self, stream):
        await self._nothing(stream, "AppClientDisconnect")

    async def VolumeReload(self, stream):
        await self._nothing(stream, "VolumeReload")

    async def AppPublish(self, stream):
        await self._hear(stream, "AppPublish")
        await stream.send_message(api.AppPublishResponse(url="https://example.invalid"))

    async def AppGetLogs(self, stream):
        "Nothing to say, until the client has gone."
        request = await self._hear(stream, "AppGetLogs")
        while not any(r.app_id == request.app_id for r in self.told["AppClientDisconnect"]):
            await asyncio.sleep(0.05)
        await stream.send_message(api.TaskLogsBatch(app_done=True))

    async def SecretGetOrCreate(self, stream):
        await self._hear(stream, "SecretGetOrCreate")
        await stream.send_message(api.SecretGetOrCreateResponse(secret_id="st-1"))

    async def VolumeGetOrCreate(self, stream):
        request = await self._hear(stream, "VolumeGetOrCreate")
        await stream.send_message(
            api.VolumeGetOrCreateResponse(
                volume_id="vo-1",
                version=1,
                metadata=api.VolumeMetadata(version=1, name=request.deployment_name),
            )
        )

    async def VolumeCommit(self, stream):
        await self._hear(stream, "VolumeCommit")
        await stream.send_message(api.VolumeCommitResponse(skip_reload=True))

    async def VolumeGetFile2(self, stream):
        request = await self._hear(stream, "VolumeGetFile2")
        path = self.volume / request.path.lstrip("/")
        if not path.is_file():
            raise GRPCError(Status.NOT_FOUND, f"no file {request.path}")
        size = path.stat().st_size
        urls = [
            f"{self.pages}/block?path={urllib.parse.quote(request.path)}&block={k}"
            for k in range(-(-size // BLOCK))
        ]
        await stream.send_message(
            api.VolumeGetFile2Response(get_urls=urls, size=size, start=0, len=size)
        )

    async def MountPutFile(self, stream):
        request = await self._hear(stream, "MountPutFile")
        if request.WhichOneof("data_oneof") == "data":
            self.files[request.sha256_hex] = request.data
        await stream.send_message(api.MountPutFileResponse(exists=request.sha256_hex in self.files))

    async def VolumePutFiles(self, stream):
        request = await self._hear(stream, "VolumePutFiles")
        for f in request.files:
            path = self.volume / f.filename.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.files[f.sha256_hex])
        await stream.send_message(Empty())

    async def MountBatchedCheckExistence(self, stream):
        request = await self._hear(stream, "MountBatchedCheckExistence")
        await stream.send_message(
            api.MountBatchedCheckExistenceResponse(
                missing_sha256_hex_hashes=[
                    h for h in request.sha256_hex_hashes if h not in self.files
                ]
            )
        )

    async def MountGetOrCreate(self, stream):
        await self._hear(stream, "MountGetOrCreate")
        await stream.send_message(
            api.MountGetOrCreateResponse(
                mount_id=f"mo-{len(self.told['MountGetOrCreate'])}",
                handle_metadata=api.MountHandleMetadata(content_checksum_sha256_hex="00"),
            )
        )

    async def ImageGetOrCreate(self, stream):
        await self._hear(stream, "ImageGetOrCreate")
        await stream.send_message(
            api.ImageGetOrCreateResponse(
                image_id=f"im-{len(self.told['ImageGetOrCreate'])}",
                result=api.GenericResult(status=api.GenericResult.GENERIC_STATUS_SUCCESS),
                metadata=api.ImageMetadata(
                    image_builder_version="2025.06", python_version_info="Python 3.11.7"
                ),
            )
        )

    def _handle(self):
        return api.FunctionHandleMetadata(
            function_name="remote_main",
            function_type=api.Function.FUNCTION_TYPE_FUNCTION,
            supported_input_formats=[1, 4],
            supported_output_formats=[1, 4],
            definition_id="de-1",
        )

    async def FunctionPrecreate(self, stream):
        await self._hear(stream, "FunctionPrecreate")
        await stream.send_message(
            api.FunctionPrecreateResponse(function_id="fu-1", handle_metadata=self._handle())
        )

    async def FunctionCreate(self, stream):
        self.function = (await self._hear(stream, "FunctionCreate")).function
        data = api.FunctionData(
            ranked_functions=[api.FunctionData.RankedFunction(rank=0, function=self.function)]
        )
        await stream.send_message(
            api.FunctionCreateResponse(
                function_id="fu-1", handle_metadata=self._handle(), function_data=data
            )
        )

    async def FunctionMap(self, stream):
        request = await self._hear(stream, "FunctionMap")
        with self.lock:
            call = f"fc-{len(self.calls) + 1}"
            self.calls[call] = None
        for item in request.pipelined_inputs:
            thread = threading.Thread(
                target=self._container,
                args=(call, request.function_id, item.input.args),
                daemon=True,
            )
            self.threads.append(thread)
            thread.start()
        await stream.send_message(
            api.FunctionMapResponse(
                function_call_id=call,
                pipelined_inputs=[
                    api.FunctionPutInputsResponseItem(idx=i.idx, input_id=f"in-{call}")
                    for i in request.pipelined_inputs
                ],
                retry_policy=self.function.retry_policy,
            )
        )

    async def FunctionGetOutputs(self, stream):
        request = await self._hear(stream, "FunctionGetOutputs")
        result = self.calls.get(request.function_call_id)
        outputs = (
            [api.FunctionGetOutputsItem(result=result, idx=0, data_format=api.DATA_FORMAT_PICKLE)]
            if result
            else []
        )
        await stream.send_message(
            api.FunctionGetOutputsResponse(
                outputs=outputs, num_unfinished_inputs=int(not result), last_entry_id="1"
            )
        )

    async def FunctionCallCancel(self, stream):
        self.cancelled.add((await self._hear(stream, "FunctionCallCancel")).function_call_id)
        await stream.send_message(Empty())

    # --- containers

    def _container(self, call, function_id, payload):
        "A fresh process for every attempt, as often as the function's retry policy says."
        import modal._serialization

        args = modal._serialization.deserialize(payload, None)
        name, failed = args[0][0], 0
        while call not in self.cancelled:
            with self.lock:
                when, seconds = (
                    self.kill.pop(0) if self.kill else None,
                    self.seconds.pop(0) if self.seconds else None,
                )
            spec = pickle.dumps((function_id, call, str(self.volume), seconds, args)).hex()
            secrets = {k: v for r in self.told["SecretGetOrCreate"] for k, v in r.env_dict.items()}
            env = python(
                MODAL_SERVER_URL=self.url, MODAL_IS_REMOTE="1", MODAL_TASK_ID="ta-1", **secrets
            )
            process = subprocess.Popen(
                [sys.executable, "-c", CONTAINER, spec],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            reader = threading.Thread(
                target=lambda: self.output.append(process.stdout.read()), daemon=True
            )
            reader.start()
            while process.poll() is None:
                time.sleep(0.02)
                if call in self.cancelled or when and when(self.state(name)):
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            reader.join(5)
            self.codes.append((call, process.returncode))
            if process.returncode == 0:
                self.calls[call] = self._result(api.GenericResult.GENERIC_STATUS_SUCCESS)
                return
            failed += 1
            if failed > self.function.retry_policy.retries:
                break
        self.calls[call] = self._result(
            api.GenericResult.GENERIC_STATUS_TERMINATED
            if call in self.cancelled
            else api.GenericResult.GENERIC_STATUS_FAILURE
        )

    def _result(self, status):
        return api.GenericResult(
            status=status,
            data=pickle.dumps(None),
            exception="" if status == 1 else "the container failed",
        )

    def state(self, name):
        from dogfight_nb.cloud_worker import read_state

        return read_state(self.volume / name)

    def until(self, name, *states, seconds=400):
        "The run's state, once it is one of `states`."
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            state = self.state(name)
            if state.get("state") in states:
                return state
            time.sleep(0.1)
        said = "".join(self.output)[-3000:]
        raise AssertionError(
            f"{name} is {self.state(name)} after {seconds} s; codes {self.codes}; "
            f"containers said {said}"
        )

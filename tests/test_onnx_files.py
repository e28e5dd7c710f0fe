"""Verdicts on ONNX files, kind by kind.

They are what a validator that goes by ONNX Runtime 1.23.2 said of the same files."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from dogfight_nb.onnx_pilot import SubmissionError
from dogfight_nb.policy import Policy
from dogfight_nb.sandbox import ask_alone, infer, largest_batch, open_model, runner
from dogfight_nb.submit import export_onnx, onnx_model

ANY, FLOAT = "N", TensorProto.FLOAT
node, opset = helper.make_node, helper.make_opsetid
ROWS = np.random.default_rng(0).normal(size=(40, 224)).astype(np.float32)


def tensor(name, value, kind=None):
    return numpy_helper.from_array(np.asarray(value, kind), name)


def port(name, shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


AT = [tensor("from", [0]), tensor("to", [3]), tensor("axis", [1])]
CUT = node("Slice", ["x", "from", "to", "axis"], ["s"])
NEG = [CUT, node("Neg", ["s"], ["a"])]
X, A = port("x", (ANY, 224)), port("a", (ANY, 3))


def made(nodes=NEG, stored=(), inputs=(X,), outputs=(A,), opsets=17, ir=8, **more):
    "The bytes of a file; `opsets`: a number, or a list of imports."
    graph_parts = {k: more.pop(k) for k in ("sparse_initializer",) if k in more}
    stored = [*AT, *stored]
    graph = helper.make_graph(nodes, "g", list(inputs), list(outputs), stored, **graph_parts)
    imports = [opset("", opsets)] if isinstance(opsets, int) else opsets
    model = helper.make_model(graph, opset_imports=imports, **more)
    if opsets == []:
        del model.opset_import[:]
    model.ir_version = ir or 1
    if ir is None:
        model.ClearField("ir_version")
    return model.SerializeToString()


def cast(kind):
    return [CUT, node("Cast", ["s"], ["a"], to=kind)]


def branch(name, nodes, stored=()):
    return helper.make_graph(nodes, name, [], [port("b", None)], list(stored))


SAME = branch("same", [node("Identity", ["s"], ["b"])])
HEAP = branch("heap", [node("Identity", ["s"], ["b"])], [tensor("h", np.zeros(250_000, np.int8))])
IF = node("If", ["on"], ["a"], then_branch=SAME, else_branch=SAME)
IF_HEAP = node("If", ["on"], ["a"], then_branch=SAME, else_branch=HEAP)
ON = tensor("on", True)
SEQUENCE = helper.make_tensor_sequence_value_info("q", FLOAT, None)
MINE = [opset("", 17), opset("mine", 1)]


def function(nodes=(node("Neg", ["p"], ["q"]),), version=17):
    return helper.make_function("mine", "F", ["p"], ["q"], list(nodes), [opset("", version)])


CALL = [CUT, node("F", ["s"], ["a"], domain="mine")]
GELU = [CUT, node("Gelu", ["s"], ["a"], domain="com.microsoft")]
SHAPED = [CUT, node("Shape", ["s"], ["z"]), node("Reshape", ["s", "z"], ["a"])]
SPARSE = helper.make_sparse_tensor(
    tensor("sp", np.ones(150_000, "f4")), tensor("", np.arange(150_000)), [10**6]
)
ADD = [CUT, node("Add", ["s", "more"], ["a"])]
DEFAULT = tensor("more", np.ones((1, 3), "f4"))
HOLDER = node("Constant", [], ["c"], value=tensor("h", np.zeros(250_000, "f4")))
LISTED = node("Constant", [], ["c"], value_floats=[0.0] * 250_000)

ACCEPTED = dict(
    plain=made(),
    one_row=made(inputs=[port("x", (1, 224))]),
    minus_one_row=made(inputs=[port("x", (-1, 224))]),
    nameless_row=made(inputs=[port("x", (None, 224))]),
    output_symbol_inferred=made(outputs=[port("a", (ANY, "A"))]),
    output_without_shape=made(outputs=[port("a", None)]),
    output_without_type=made(outputs=[helper.make_empty_tensor_value_info("a")]),
    other_symbol=made(outputs=[port("a", ("M", 3))]),
    second_output_a_scalar=made(
        [*NEG, node("ReduceSum", ["s"], ["b"], keepdims=0)], outputs=[A, port("b", ())]
    ),
    second_output_a_sequence=made(
        [*NEG, node("SequenceConstruct", ["s"], ["q"])], outputs=[A, SEQUENCE]
    ),
    second_input_unused=made(inputs=[X, port("more", (2, 2), TensorProto.INT64)]),
    second_input_with_default=made(ADD, [DEFAULT], inputs=[X, port("more", (1, 3))]),
    default_comes_first=made(ADD, [DEFAULT], inputs=[port("more", (1, 3)), X]),
    input_unused=made([node("Identity", ["more"], ["a"])], [DEFAULT], outputs=[port("a", (1, 3))]),
    no_nodes=made([], [tensor("a", np.ones((1, 3), "f4"))], outputs=[port("a", (1, 3))]),
    opset_1=made(
        [node("MatMul", ["x", "w"], ["a"])], [tensor("w", np.ones((224, 3), "f4"))], opsets=1
    ),
    opset_23=made(opsets=23, ir=11),
    opset_named_ai_onnx=made(opsets=[opset("ai.onnx", 17)]),
    unknown_domain_unused=made(opsets=[opset("", 17), opset("my.ops", 77)]),
    vendor=made(GELU, opsets=[opset("", 17), opset("com.microsoft", 1)]),
    vendor_not_imported=made(GELU),
    function=made(CALL, functions=[function()], opsets=MINE),
    branches=made([CUT, IF], [ON]),
    dice=made([CUT, node("RandomNormalLike", ["s"], ["a"])]),
    nan=made([CUT, node("Mul", ["s", "k"], ["a"])], [tensor("k", np.float32(np.nan))]),
    half_inside=made([CUT, node("Cast", ["s"], ["h"], to=10), node("Cast", ["h"], ["a"], to=1)]),
    most_numbers=made(stored=[tensor("p", np.zeros(249_997, "f8"))]),
    numbers_in_a_list=made([LISTED, *NEG]),
    text=made(stored=[numpy_helper.from_array(np.array(["a", "b"], object), "t")]),
)
REFUSED = dict(
    two_rows=(made(inputs=[port("x", (2, 224))]), "2 rows"),
    no_rows=(made(inputs=[port("x", (0, 224))]), "0 rows"),
    width_symbol=(made(inputs=[port("x", (ANY, "W"))]), "not a symbol"),
    width_minus_one=(made(inputs=[port("x", (ANY, -1))]), "not a symbol"),
    width_of_rows=(made(inputs=[port("x", (ANY, ANY))]), "not a symbol"),
    width_225=(made(inputs=[port("x", (ANY, 225))]), "225 wide"),
    cube=(made(inputs=[port("x", (ANY, 224, 1))]), "rank 3"),
    shapeless=(made(inputs=[port("x", None)]), "rank 0"),
    no_input=(made([node("Identity", ["more"], ["a"])], [DEFAULT], inputs=[]), "no input"),
    wrong_first_input=(made(inputs=[port("more", (1,)), X]), "rank 1"),
    first_output_wrong=(
        made([*NEG, node("ReduceSum", ["s"], ["b"], keepdims=0)], outputs=[port("b", ()), A]),
        "rank 0",
    ),
    output_rows=(made(outputs=[port("a", (2, 3))]), "2 rows"),
    output_unknown=(made(SHAPED, outputs=[port("a", None)]), "not a symbol"),
    output_half=(made(cast(10), outputs=[port("a", (ANY, 3), 10)]), "float16"),
    output_whole=(made(cast(7), outputs=[port("a", (ANY, 3), 7)]), "int64"),
    output_sequence=(
        made([CUT, node("SequenceConstruct", ["s"], ["q"])], outputs=[SEQUENCE]),
        "seq",
    ),
    double=(made(cast(1), inputs=[port("x", (ANY, 224), 11)]), "double"),
    second_input_used=(made(ADD, inputs=[X, port("more", (1, 3))]), "more"),
    opset_24=(made(opsets=24), "operator set 24"),
    opset_24_beside=(made(opsets=[opset("", 17), opset("", 24)]), "operator set 24"),
    opset_24_inside=(made(CALL, functions=[function(version=24)], opsets=MINE), "operator set 24"),
    opset_of_trees=(made(opsets=[opset("", 17), opset("ai.onnx.ml", 6)]), "operator set 6"),
    opset_missing=(made(opsets=[]), "Missing opset"),
    ir_12=(made(ir=12), "IR version 12"),
    ir_missing=(made(ir=None), "Missing model IR"),
    unknown_operator=(made([node("Dance", ["x"], ["a"])]), "Dance"),
    unknown_domain=(
        made(
            [node("Dance", ["x"], ["a"], domain="my.ops")],
            opsets=[opset("", 17), opset("my.ops", 1)],
        ),
        "my.ops",
    ),
    one_number_more=(made(stored=[tensor("p", np.zeros(249_998, bool))]), "250,001"),
    empty_counts=(
        made(stored=[tensor("p", np.zeros(249_997, "f4")), tensor("e", np.zeros((0, 5)))]),
        "250,001",
    ),
    numbers_in_attribute=(made([HOLDER, *NEG]), "250,003"),
    numbers_in_branch=(made([CUT, IF_HEAP], [ON]), "250,004"),
    numbers_in_function=(
        made(CALL, functions=[function([HOLDER, node("Neg", ["p"], ["q"])])], opsets=MINE),
        "250,003",
    ),
    numbers_sparse=(made(sparse_initializer=[SPARSE]), "300,003"),
    never_runs=(
        made(
            [node("Gather", ["x", "far"], ["g"], axis=1), node("Neg", ["g"], ["a"])],
            [tensor("far", [0, 1, 999])],
        ),
        "out of data bounds",
    ),
)


@pytest.mark.parametrize("kind", ACCEPTED)
def test_accepted_and_flown_as_row_by_row(kind):
    model, session = open_model(ACCEPTED[kind])
    run = runner(session)
    alone, _, failures = ask_alone(run, ROWS)
    assert not failures
    if kind == "dice":
        return
    batch, _, _ = largest_batch([run], ROWS, seconds=100.0)
    assert infer(run, ROWS, batch)[0].tobytes() == alone.tobytes()


@pytest.mark.parametrize("kind", REFUSED)
def test_refused_with_the_reason(kind):
    data, why = REFUSED[kind]
    with pytest.raises(Exception, match=why):
        ask_alone(runner(open_model(data)[1]), ROWS)


def test_in_another_file():
    "Not even where a file of that name exists, or the name leads elsewhere."
    for place in ("weights.bin", "/etc/passwd", "../../etc/passwd", "*/_ORT_MEM_ADDR_/*"):
        model = onnx.load_model_from_string(made())
        away = model.graph.initializer[0]
        away.ClearField("raw_data")
        away.data_location = TensorProto.EXTERNAL
        away.external_data.add(key="location", value=place)
        with pytest.raises(ValueError, match="in another file"):
            open_model(model.SerializeToString())


def test_any_source_is_the_same_model(tmp_path):
    path = export_onnx(Policy(seed=1), tmp_path / "first.onnx")
    model = onnx.load(path)
    for source in (path, model, path.read_bytes(), Policy(seed=1)):
        assert onnx_model(source) == model


def test_a_source_that_is_refused_is_no_model(tmp_path):
    outside, large = (onnx.load_model_from_string(made()) for _ in range(2))
    outside.graph.initializer[0].data_location = TensorProto.EXTERNAL
    large.graph.initializer.append(tensor("large", np.zeros(250_000, np.float32)))
    for source, why in (
        (tmp_path / "no.onnx", "no file"),
        (b"\x80\x04 pickled", "a pickle"),
        (outside, "in another file"),
        (large, "the limit is 250,000"),
    ):
        with pytest.raises(SubmissionError, match=why):
            onnx_model(source)


def test_a_child_ends_with_its_parent(tmp_path):
    "A parent that is killed cannot say goodbye to the child of its pilot."
    path = tmp_path / "plain.onnx"
    path.write_bytes(made())
    program = """
import os, sys
from dogfight_nb.onnx_pilot import OnnxPilot
print(OnnxPilot(sys.argv[1]).sandbox.process.pid, flush=True)
os._exit(1)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, path],
        env=dict(os.environ, PYTHONPATH=str(Path(__file__).resolve().parents[1])),
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
    )
    child = Path(f"/proc/{int(done.stdout)}/cmdline")
    for _ in range(100):
        if not child.exists() or b"sandbox" not in child.read_bytes():
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the child outlives its parent")

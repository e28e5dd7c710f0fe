"""Check the types of the public face with mypy, as tests/public_face.py uses it.

mypy does not know fastcore's `@patch`, which adds a method to a class that was defined before. So
it is shown a copy of the package in which every patched method stands inside its class."""

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def patched(node):
    "(class, the function as a method) of a function with `@patch`; None for any other node."
    if not isinstance(node, ast.FunctionDef):
        return None
    for decorator in node.decorator_list:
        called = isinstance(decorator, ast.Call)
        name = decorator.func if called else decorator
        if ast.unparse(name).split(".")[-1] != "patch":
            continue
        options = {k.arg for k in decorator.keywords} if called else set()
        instead = {"as_prop": "property", "cls_method": "classmethod"}
        others = [ast.Name(instead[option], ast.Load()) for option in options if option in instead]
        node.decorator_list = others + [d for d in node.decorator_list if d is not decorator]
        first = node.args.args[0]
        owner, first.annotation = ast.unparse(first.annotation), None
        return owner, node
    return None


def with_methods_inside(source):
    "The source of a module whose patched methods are moved into their classes."
    tree = ast.parse(source)
    methods = [found for node in tree.body if (found := patched(node))]
    moved = {id(method) for _, method in methods}
    tree.body = [node for node in tree.body if id(node) not in moved]
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for owner, method in methods:
        classes[owner].body.append(method)
    return ast.unparse(ast.fix_missing_locations(tree))


def main():
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "dogfight_nb"
        package.mkdir()
        for path in sorted((ROOT / "dogfight_nb").glob("*.py")):
            (package / path.name).write_text(with_methods_inside(path.read_text()))
        command = [sys.executable, "-m", "mypy", ROOT / "tests" / "public_face.py"]
        env = os.environ | dict(MYPYPATH=folder)
        return subprocess.run(command, cwd=ROOT, env=env).returncode


if __name__ == "__main__":
    sys.exit(main())

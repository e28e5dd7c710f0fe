"""What the modules of the library offer, read from dogfight_nb/*.py without importing them: every
public name with its signature, its parameters and what its docstring says of each."""

import ast
import html
import inspect
import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARKER = re.compile(r"^# %% (?:\S*/)?(\w+)\.ipynb #(\w+)$")  # nbdev's, above each exported cell
LONGEST_SIGNATURE = 84  # columns; a longer one has a line for each parameter


@dataclass
class Parameter:
    "A parameter of a function or a field of a dataclass."

    name: str  # with its stars
    type: str = ""
    limits: str = ""  # what else a value must hold to
    default: str = ""
    says: str = ""  # what docstring or comment say of it


@dataclass
class Entry:
    "A public function, class, method, property or constant."

    name: str  # a method's with its class: `Replay.save`
    kind: str
    module: str
    notebook: str  # where it is defined: the notebook's stem, and the cell's id
    cell: str
    lines: tuple  # first and last in the module's file
    signature: str = ""
    summary: str = ""
    docs: list = field(default_factory=list)  # the paragraphs of its docstring
    parameters: list = field(default_factory=list)
    returns: str = ""
    raises: list = field(default_factory=list)  # one text for each sentence that says so
    members: list = field(default_factory=list)

    @property
    def page(self):
        return f"api_{self.module}"

    @property
    def url(self):
        return f"{self.page}.html#{self.name}"


@dataclass
class Module:
    "A module, and the notebook it is made from."

    name: str
    notebook: str
    entries: list
    again: list  # the names that it hands on from other modules

    @property
    def page(self):
        return f"api_{self.name}"

    def all_entries(self):
        return [e for entry in self.entries for e in (entry, *entry.members)]


# --- docstrings: prose, in which parameters stand between backticks


def _outside_brackets(text):
    "`text` with everything inside brackets and quotes blanked, to find where clauses end."
    return re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"", lambda m: "_" * len(m[0]), text)


ITEM = r"`\w+`(?: [\[(][^\])]*[\])])?"  # a parameter, with its shape or unit
ITEMS = re.compile(rf"({ITEM}(?:(?:, | and ){ITEM})*): ")


def clauses(paragraph):
    """The sentences of `paragraph`, cut at semicolons; one that lists parameters, as "`a`: this;
    `b`: that", is cut into its items."""
    text = " ".join(paragraph.split())
    hidden = re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\"[^\"]*\"", lambda m: "_" * len(m[0]), text)
    begin, found = 0, []
    for end in re.finditer(r"\. (?=[A-Z`])|[;,] (?=`\w+`[ _]*:)|; ", hidden):
        if end[0] == "; " and ITEMS.match(text, begin) and not ITEMS.match(text, end.end()):
            continue  # more about the same item
        if end[0] == ", " and ": " not in text[begin : end.start()]:
            continue  # another name for the same item
        found.append(text[begin : end.start()])
        begin = end.end()
    return [*found, text[begin:].rstrip(".")]


def bare(shape):
    "A shape or unit without the parentheses around it."
    return shape[1:-1] if shape.startswith("(") else shape


def said_of(name, paragraphs):
    """What the docstring says of parameter `name`: its own item, else the clauses after the
    summary that mention it, else the shape or unit that stands behind it in the summary."""
    name, about, mentions = name.strip("*"), [], []
    everything = [c for p in paragraphs for c in clauses(p)]
    with_shape = re.compile(rf"`{name}` (\[[^\]]*\]|\((?:[^()]|\([^()]*\))*\))")
    for k, clause in enumerate(everything):
        item = ITEMS.match(clause)
        if item and f"`{name}`" in item[1]:
            shape = with_shape.search(item[1])
            about.append((bare(shape[1]) + ": " if shape else "") + clause[item.end() :])
        elif k and not item and f"`{name}`" in clause and not clause.startswith("Raises"):
            mentions.append(clause)
    if about or mentions:
        return "; ".join(about or mentions)
    shape = with_shape.search(everything[0]) if everything else None
    return bare(shape[1]) if shape else ""


def returned(paragraphs):
    "What a docstring says after the word returns."
    for clause in (c for p in paragraphs for c in clauses(p)):
        found = re.search(r"\b[Rr]eturns? (.+)$", clause)
        if found:
            return found[1]
    return ""


def raised(paragraphs, node):
    """What may be raised: the sentences that say so, then the exceptions that stand in a `raise`
    of `node` itself and were not named."""
    said = [c[7:] for p in paragraphs for c in clauses(p) if c.startswith("Raises ")]
    own = ast.walk(node) if isinstance(node, ast.FunctionDef) else ()
    for statement in own:
        if isinstance(statement, ast.Raise) and isinstance(statement.exc, ast.Call):
            name = ast.unparse(statement.exc.func)
            if re.fullmatch(r"[A-Z]\w+", name) and not any(name in text for text in said):
                said.append(f"`{name}`")
    return said


# --- signatures


def number(node):
    "A number as one writes it: 1e6 is no 1000000.0."
    try:
        return f"{ast.literal_eval(node):g}"
    except ValueError:
        return ast.unparse(node)


def plain_type(annotation, aliases):
    """(type, limits) of an annotation: `Annotated[float, Field(ge=0)]`, or the name of one, is
    float and ≥ 0."""
    text = ast.unparse(annotation) if annotation else ""
    if text in aliases:
        annotation = aliases[text]
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Annotated":
        base, *more = annotation.slice.elts
        signs = dict(ge="≥", gt=">", le="≤", lt="<", multiple_of="multiple of")
        limits = [
            f"{signs[k.arg]} {number(k.value)}"
            for call in more
            if isinstance(call, ast.Call)
            for k in call.keywords
            if k.arg in signs
        ]
        return plain_type(base, aliases)[0], ", ".join(limits)
    return text, ""


def parameters_of(function, paragraphs, aliases, skip_first=False):
    "The `Parameter`s of a function."
    a = function.args
    plain = [*a.posonlyargs, *a.args]
    defaults = [None] * (len(plain) - len(a.defaults)) + a.defaults
    listed = [("", arg, default) for arg, default in zip(plain, defaults)][skip_first:]
    listed += [("*", a.vararg, None)] if a.vararg else []
    listed += [("", arg, default) for arg, default in zip(a.kwonlyargs, a.kw_defaults)]
    listed += [("**", a.kwarg, None)] if a.kwarg else []
    return [
        Parameter(
            stars + arg.arg,
            *plain_type(arg.annotation, aliases),
            ast.unparse(default) if default else "",
            said_of(arg.arg, paragraphs),
        )
        for stars, arg, default in listed
    ]


def comment_of(node, lines):
    "The comment beside a field or constant, else the one right above it."
    beside = re.search(r"  # (.+)$", lines[node.end_lineno - 1])
    if beside:
        return beside[1]
    above, k = [], node.lineno - 2
    while k >= 0 and re.match(r"\s*# (?!%%)", lines[k]):
        above.insert(0, lines[k].strip("# "))
        k -= 1
    return " ".join(above)


def rule_field(own):
    "A field of `Rules` as a `Parameter`: `_rule` names its default, unit, limits and meaning."
    default, unit, low, high, says = own.value.args
    limits = f"{number(low)} – {number(high)} {unit.value}"
    return Parameter(
        own.target.id, ast.unparse(own.annotation), limits, number(default), says.value
    )


def fields_of(node, paragraphs, aliases, lines):
    "The fields of a dataclass as `Parameter`s."
    return [
        rule_field(own)
        if own.value and ast.unparse(own.value).startswith("_rule(")
        else Parameter(
            own.target.id,
            *plain_type(own.annotation, aliases),
            ast.unparse(own.value) if own.value else "",
            comment_of(own, lines) or said_of(own.target.id, paragraphs),
        )
        for own in node.body
        if isinstance(own, ast.AnnAssign)
        and not own.target.id.startswith("_")
        and not ast.unparse(own.annotation).startswith("ClassVar")
    ]


def signature(head, parameters, back=""):
    "How something is called, on one line if it is short."

    def one(p):
        typed = f"{p.name}: {p.type}" if p.type else p.name
        return f"{typed}{' = ' if p.type else '='}{p.default}" if p.default else typed

    listed = [one(p) for p in parameters]
    text = f"{head}({', '.join(listed)}){back}"
    if len(text) > LONGEST_SIGNATURE:
        text = f"{head}(\n" + "".join(f"    {p},\n" for p in listed) + f"){back}"
    return text


class Reader:
    "Reads the entries of one module."

    def __init__(self, path, aliases):
        self.source = path.read_text(encoding="utf-8")
        self.lines, self.module, self.aliases = self.source.split("\n"), path.stem, aliases
        self.tree = ast.parse(self.source)
        self.cells, at = [], ("", "")  # (notebook, cell) of each line
        for line in self.lines:
            found = MARKER.match(line)
            at = (found[1], found[2]) if found else at
            self.cells.append(at)
        self.notebook = self.cells[-1][0]

    def entry(self, node, name, kind, docs):
        paragraphs = inspect.cleandoc(docs or "").split("\n\n") if docs else []
        decorators = getattr(node, "decorator_list", None)
        first = decorators[0].lineno if decorators else node.lineno
        notebook, cell = self.cells[node.lineno - 1]
        return Entry(
            name,
            kind,
            self.module,
            notebook,
            cell,
            (first, node.end_lineno),
            summary=" ".join(paragraphs[0].split()) if paragraphs else "",
            docs=paragraphs,
            raises=raised(paragraphs, node),
            returns=returned(paragraphs),
        )

    def function(self, node, owner=""):
        "A function; with `owner` a method or property of that class."
        marks = " ".join(ast.unparse(d) for d in node.decorator_list)
        name = f"{owner}.{node.name}" if owner else node.name
        is_property = bool(owner and re.search(r"\bproperty\b|as_prop=True", marks))
        on_class = bool(re.search(r"classmethod|cls_method=True", marks))
        bound = bool(owner) and "staticmethod" not in marks
        kind = "property" if is_property else "method" if owner else "function"
        found = self.entry(node, name, kind, ast.get_docstring(node))
        found.parameters = parameters_of(node, found.docs, self.aliases, bound)
        back = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        head = node.name if not owner else f"{owner if on_class else ''}.{node.name}"
        found.signature = (
            f".{node.name}{back.replace(' -> ', ': ')}"
            if is_property
            else signature(head, found.parameters, back)
        )
        if node.returns and not found.returns and ast.unparse(node.returns) != "None":
            found.returns = f"`{ast.unparse(node.returns)}`"
        return found

    def a_class(self, node):
        found = self.entry(node, node.name, "class", ast.get_docstring(node))
        marks = " ".join(ast.unparse(d) for d in node.decorator_list)
        init = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        if init:
            docs = found.docs + inspect.cleandoc(ast.get_docstring(init[0]) or "").split("\n\n")
            found.parameters = parameters_of(init[0], docs, self.aliases, True)
        elif "dataclass" in marks or "config" in marks:
            found.parameters = fields_of(node, found.docs, self.aliases, self.lines)
        bases = ", ".join(ast.unparse(b) for b in node.bases)
        head = f"class {node.name}" + (f"({bases})" if bases else "")
        found.signature = head
        if found.parameters:
            found.signature = signature(node.name, found.parameters)
            found.signature = (f"{head}\n" if bases else "class ") + found.signature
        found.members = [
            self.function(own, node.name)
            for own in node.body
            if isinstance(own, ast.FunctionDef) and not own.name.startswith("_")
        ]
        return found

    def constant(self, node, name, docs):
        if isinstance(docs.get(name), str):
            found = self.entry(node, name, "constant", docs[name])
        else:
            found = self.entry(node, name, "constant", comment_of(node, self.lines))
        text = ast.get_source_segment(self.source, node)
        short = text if len(text) < 3 * LONGEST_SIGNATURE else f"{name} = …"
        found.signature = re.sub(r"  # .*", "", short)
        return found

    def patched(self, node):
        "The class that a function is patched into, or None."
        if not any(ast.unparse(d).startswith("patch") for d in node.decorator_list):
            return None
        first = (node.args.posonlyargs or node.args.args)[0].annotation
        return ast.unparse(first) if first else None

    def read(self):
        "(module, methods that it patches into classes)."
        public, docs, found, methods = [], {}, {}, []
        for node in self.tree.body:
            if isinstance(node, ast.Assign):
                target = ast.unparse(node.targets[0])
                if target == "__all__":
                    public = ast.literal_eval(node.value)
                if target.endswith(".__doc__") and isinstance(node.value, ast.Constant):
                    docs[target.removesuffix(".__doc__")] = node.value.value
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef):
                owner = self.patched(node)
                if owner and not node.name.startswith("_"):
                    methods.append((owner, self.function(node, owner)))
                elif node.name in public:
                    found[node.name] = self.function(node)
            elif isinstance(node, ast.ClassDef) and node.name in public:
                found[node.name] = self.a_class(node)
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                for name in (n.id for n in ast.walk(target) if isinstance(n, ast.Name)):
                    if name in public and not isinstance(target, ast.Attribute):
                        found[name] = self.constant(node, name, docs)
        imported = {
            alias.name
            for node in self.tree.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        again = [name for name in public if name not in found and name in imported]
        missing = sorted({*public} - {*found, *again})
        if missing:
            raise SystemExit(f"{self.module}: no definition of {', '.join(missing)} was found")
        return Module(self.module, self.notebook, list(found.values()), again), methods


def read_modules(folder=ROOT / "dogfight_nb"):
    """{name: `Module`} of all modules that notebooks make, with the methods that `@patch` adds
    under their classes, wherever they are written."""
    paths = [p for p in sorted(folder.glob("*.py")) if "# AUTOGENERATED" in p.read_text("utf-8")]
    aliases = {
        node.targets[0].id: node.value
        for path in paths
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and ast.unparse(node.value).startswith("Annotated[")
    }
    read = [Reader(path, aliases).read() for path in paths if path.stem[0] != "_"]
    modules = {module.name: module for module, _ in read}
    classes = {e.name: e for m in modules.values() for e in m.entries if e.kind == "class"}
    for _, methods in read:
        for owner, method in methods:
            if owner in classes:
                classes[owner].members.append(method)
    return modules


def addresses(modules):
    "{name: where the site explains it}, methods by `Class.name`."
    return {e.name: e.url for m in modules.values() for e in m.all_entries()}


def marked(text, known=None, but=()):
    """A docstring's text as HTML: what stands between backticks is code, and a name in `known`
    ({name: url}) leads there."""

    def code(found):
        name = found[1].removesuffix("()")
        inside = f"<code>{found[1]}</code>"
        if known and name in known and name not in but:
            return f'<a class="name" href="{known[name]}">{inside}</a>'
        return inside

    return re.sub("`([^`]+)`", code, html.escape(text, quote=False))

"""No state of a process ties it to one satellite: what modules and classes keep is listed here, with its reason."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("hal", "ccsds", "firmware_bindings", "fsw", "sim", "ground")
CHANGES = {"append", "add", "update", "setdefault", "pop", "popitem", "clear", "insert", "extend", "remove", "discard"}
ALLOWED = {
    "hal/files.py: _drafts": "files of this process that are not in their place yet, by path; a signal removes them",
    "hal/links/open_link.py: _factories": "what opens links, by scheme: code, not links",
    "hal/devices/registry.py: _found": "kinds of devices, by name: code, not devices",
    "hal/links/loop.py: LoopLink._waiting": "two ends find each other by their URL",
    "hal/links/stepped.py: SteppedWorld._worlds": "the links of one socket share its connection, by path",
    "firmware_bindings/qemu/urls.py: _shared": "the links of one emulator share it, by board and owner",
    "firmware_bindings/qemu/keeper.py: _keeper": "the thread that starts child processes",
    "firmware_bindings/qemu/keeper.py: _lock": "of that thread",
}


def kept(tree):
    """Yield what code of a module changes and keeps from call to call: its own names, attributes of its classes."""
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    names = {name for node in tree.body for name in targets(node)}
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)):
        if getattr(function, "name", "") == "__init_subclass__":
            continue  # a class that is being declared
        body = function.body if isinstance(function.body, list) else [function.body]
        own = {a.arg for a in [*function.args.args, *function.args.kwonlyargs, *function.args.posonlyargs]}
        nodes = [node for part in body for node in ast.walk(part)]
        shared = {name for node in nodes if isinstance(node, ast.Global) for name in node.names}
        yield from shared
        own |= {name for node in nodes for name in targets(node)} - shared
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGES:
                yield from owner(node.func.value, names - own, classes)
            if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete):
                for target in getattr(node, "targets", [getattr(node, "target", None)]):
                    if isinstance(target, ast.Subscript):
                        yield from owner(target.value, names - own, classes)
                    if isinstance(target, ast.Attribute):
                        yield from owner(target, set(), classes)


def owner(node, names, classes):
    """Yield the module's name, or the class attribute, that an expression is."""
    if isinstance(node, ast.Name) and node.id in names:
        yield node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        if node.value.id in classes:
            yield f"{node.value.id}.{node.attr}"
        elif node.value.id == "cls":
            having = [name for name, c in classes.items() if any(node.attr in targets(part) for part in c.body)]
            yield from (f"{name}.{node.attr}" for name in having)


def targets(node):
    """Return the names that a statement binds."""
    if isinstance(node, ast.Assign):
        return {n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)} - {
            n.value.id for target in node.targets for n in ast.walk(target)
            if isinstance(n, ast.Attribute | ast.Subscript) and isinstance(n.value, ast.Name)
        }  # fmt: skip
    if isinstance(node, ast.AnnAssign | ast.For | ast.NamedExpr) and isinstance(node.target, ast.Name):
        return {node.target.id}
    if isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
        return {node.optional_vars.id}
    return set()


def test_python_modules_keep_nothing_of_a_satellite():
    found = set()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            where = path.relative_to(ROOT).as_posix()
            if "templates" not in path.parts:
                found |= {f"{where}: {name}" for name in kept(ast.parse(path.read_text("utf-8")))}
    assert sorted(found - set(ALLOWED)) == []
    assert sorted(set(ALLOWED) - found) == [], "these are gone: take them from the list"


def test_compiled_modules_keep_nothing():
    """A variable of a compiled module is set where it is declared, and never again; constants have capitals."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.pyx")):
            text = path.read_text("utf-8")
            found += [f"{path.name}: global {name}" for name in re.findall(r"^\s+global (\w+)", text, re.MULTILINE)]
            for name in re.findall(r"^cdef (?:[\w.]+\*? )+(\w+)$", text, re.MULTILINE):
                found += [] if name.isupper() else [f"{path.name}: {name} has no value"]
    assert found == []


def test_board_firmware_on_the_host_keeps_nothing_outside_a_board():
    """Two boards of a process share constants only."""
    variable = re.compile(
        r"^(?:static [\w ]*|(?!const|typedef|extern|return|struct|enum|union)[a-z]\w* [\w *]*)"
        r"\w+(?:\[[^\]]*\])*(?: =[^;]*)?;$"
        r"|^\s+static (?!const)[^;(]*;$",
        re.MULTILINE,
    )
    folders = ("core", "boards", "devices", "ports/host")
    found = [
        f"{path.name}: {line}"
        for folder in folders
        for path in sorted((ROOT / "firmware_bindings" / folder).rglob("*.c"))
        for line in (match.group() for match in variable.finditer(path.read_text("utf-8")))
        if "const" not in line
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("latest = None\ndef f(x):\n    global latest\n    latest = x", {"latest"}),
        ("class World:\n    latest = None\n    def __init__(self):\n        World.latest = self", {"World.latest"}),
        ("class A:\n    seen = {}\n    @classmethod\n    def f(cls, x):\n        cls.seen[x] = 1", {"A.seen"}),
        ("seen = []\ndef f(x):\n    seen.append(x)", {"seen"}),
        ("seen = {}\ndef f(x):\n    seen[x] = 1", {"seen"}),
        ("seen = {}\ndef f(x):\n    del seen[x]", {"seen"}),
        ("seen = {}\ndef f(x):\n    seen = {}\n    seen[x] = 1\n    return seen", set()),
        ("TABLE = {}\ndef f(x):\n    return TABLE[x]", set()),
    ],
)
def test_what_is_kept_is_found(text, expected):
    assert set(kept(ast.parse(text))) == expected

"""The table of docs/architecture.md, enforced: who may import whom, and what flight code may not touch."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("hal", "ccsds", "firmware_bindings", "fsw", "sim", "ground")
MAY_IMPORT = {
    "hal": {"hal"},
    "firmware_bindings": {"firmware_bindings", "hal"},
    "ccsds": {"ccsds", "hal"},
    "fsw": {"fsw", "hal", "ccsds"},
    "sim": {"sim", "hal", "firmware_bindings"},
    "ground": set(PACKAGES),
}
ALSO = {"sim/mission.py": {"fsw", "ccsds"}}  # composes a flight
# Flight code takes time and randomness from outside: clocks are injected, noise is not its business.
FORBIDDEN_MODULES = {"random", "secrets", "uuid", "time", "numpy.random"}
FORBIDDEN_NAMES = re.compile(
    r"\b(os\.(urandom|getrandom|times)|np\.random|numpy\.random|time\.(time|monotonic|perf_counter|sleep|process_time)"
    r"|(datetime|date)\.(now|utcnow|today)|clock_gettime|gettimeofday|srand)\b"
)
C_CLOCKS = re.compile(r'cdef extern from\s*"(time|sys/time)\.h"|cimport\s+time\b|from\s+(libc|posix)\.time\s+cimport')
COMPILED_IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+c?import\b|c?import\s+([\w., ]+))", re.MULTILINE)


def sources(package, *suffixes):
    return sorted(
        path for suffix in suffixes for path in (ROOT / package).rglob(f"*{suffix}") if "__pycache__" not in path.parts
    )


def without_comments_and_texts(text):
    """Return Cython source without comments and string literals, lines kept."""
    literal = re.compile(
        r'"""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|#[^\n]*'
    )
    return literal.sub(lambda m: '""' + "\n" * m.group().count("\n") if m.group()[0] != "#" else "", text)


def python_imports(text):
    """Yield the modules that Python source imports, relative imports as they stand."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            for alias in node.names:
                yield f"{module}.{alias.name}"


def cython_imports(text):
    """Yield the modules that Cython source imports or cimports."""
    for match in COMPILED_IMPORT.finditer(without_comments_and_texts(text)):
        if match.group(1):
            yield match.group(1)
        else:
            for part in match.group(2).split(","):
                yield part.split(" as ")[0].strip()


def imports(path):
    text = path.read_text(encoding="utf-8")
    return python_imports(text) if path.suffix in (".py", ".pyi") else cython_imports(text)


def violations(package):
    for path in sources(package, ".py", ".pyi", ".pyx", ".pxd", ".pxi"):
        where = path.relative_to(ROOT).as_posix()
        allowed = MAY_IMPORT[package] | ALSO.get(where, set())
        for module in imports(path):
            if module.startswith("."):
                yield f"{where}: relative import {module}; name the package"
            top = module.split(".")[0]
            if top in (*PACKAGES, "tests") and top not in allowed:
                yield f"{where}: imports {module}; {package} may import {', '.join(sorted(allowed))}"


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_import_only_what_the_architecture_allows(package):
    assert sources(package, ".py"), f"{package} has no sources: the rule would hold of nothing"
    assert list(violations(package)) == []


# Rooms, lowest first: a room imports only rooms above it in its list, and modules of a package's top level ("") where
# they stand. Type annotations alone may look anywhere.
ROOMS = {
    "hal": ("", "links", "devices", "vehicle", "drivers", "exchange"),
    "ccsds": ("",),
    "firmware_bindings": ("", "qemu"),
    "fsw": (
        "core", "algebra", "health", "navigation", "estimation", "guidance", "control", "autonomy", "pus", "comms",
        "restart", "dictionary", "recorder", "",
    ),
    "sim": ("physics", "devices", "faults", "requirements", "scenario", "spacecraft", "results", ""),
    "ground": (
        "common", "dictionary", "link", "recordings", "report", "compare", "worlds", "campaign", "pytest_plugin", "cli",
        "",
    ),
}  # fmt: skip


def room_of(module):
    """Return package and room of a module, the room "" for one that lies at the top of its package."""
    package, _, rest = module.partition(".")
    room = rest.partition(".")[0]
    return package, room if (ROOT / package / room).is_dir() else ""


def made_from(module):
    """Return the module that a made Cython file is of: fsw.core.sections for fsw_core_sections."""
    if module.partition("_")[0] not in PACKAGES or "." in module:
        return module
    return next((m for m in modules() if m.replace(".", "_") == module), module)


@cache
def modules():
    return tuple(
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for package in PACKAGES
        for path in sources(package, ".py", ".pyx", ".pxd")
    )


def room_imports(package):
    """Yield (file, module) of what the files of a package import from the same package; annotations left out."""
    for path in sources(package, ".py", ".pyx", ".pxd"):
        where = path.relative_to(ROOT)
        if "templates" in where.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            found = python_imports(re.sub(r"^if TYPE_CHECKING:\n(?:(?:    .*)?\n)+", "", text, flags=re.MULTILINE))
        else:
            found = map(made_from, cython_imports(text))
        for module in found:
            if module.partition(".")[0] == package:
                yield where, module


@pytest.mark.parametrize("package", PACKAGES)
def test_rooms_import_only_lower_rooms(package):
    rooms, wrong, seen = ROOMS[package], set(), set()
    for where, module in room_imports(package):
        _, here = room_of(where.with_suffix("").as_posix().replace("/", "."))
        _, there = room_of(module)
        seen |= {here, there}
        if module != package and rooms.index(there) > rooms.index(here):
            wrong.add(f"{where.as_posix()}: imports {module}, of a higher room")
    assert sorted(wrong) == []
    assert seen or package == "ccsds"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_has_its_place(package):
    found = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    assert found <= set(ROOMS[package]), f"{package}: rooms without a place: {sorted(found - set(ROOMS[package]))}"


def test_no_module_imports_itself_over_others():
    """No circle, whatever the rooms; annotations left out."""
    graph = {m: set() for m in modules()}
    for package in PACKAGES:
        for where, module in room_imports(package):
            here = where.with_suffix("").as_posix().replace("/", ".")
            if module in graph and module != here:
                graph[here].add(module)
    assert circle(graph) is None


def circle(graph):
    """Return the modules of a circle in their order, None when there is none."""
    done, path = set(), []

    def walk(module):
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return None
        path.append(module)
        for other in sorted(graph[module]):
            found = walk(other)
            if found:
                return found
        path.pop()
        done.add(module)
        return None

    return next(filter(None, map(walk, sorted(graph))), None)


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_flight_code_reads_no_clock_and_no_randomness():
    found = []
    for path in sources("fsw", ".py", ".pyx", ".pxd"):
        where = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8")
        found += [f"{where}: imports {m}" for m in imports(path) if m in FORBIDDEN_MODULES]
        bare = without_comments_and_texts(text)
        found += [f"{where}: {m.group()}" for m in FORBIDDEN_NAMES.finditer(bare)]
        found += [f"{where}: {m.group()}" for m in C_CLOCKS.finditer(text)]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_package_files_hold_a_docstring_only(package):
    for path in sources(package, "__init__.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant), path
        assert isinstance(body[0].value.value, str), path


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_that_declare_records_import_nothing_compiled(package):
    """The build runs them with a bare interpreter to print C headers."""
    for path in [
        *sources(package, "sections.py"),
        ROOT / "hal/samples.py",
        ROOT / "hal/wire.py",
        ROOT / "hal/link_state.py",
        ROOT / "hal/octets.py",
        ROOT / "ccsds/records.py",
    ]:
        for module in imports(path):
            assert not module.split(".")[-1].startswith("_") or module.startswith("__future__"), f"{path}: {module}"
            assert module.split(".")[0] not in ("numpy", "scipy"), f"{path}: {module}"


# ------------------------------------------------------------------ the rules can fail


def test_the_parsers_see_every_form_of_import():
    python = "import sim.universe\nfrom fsw.core import pool\nfrom . import x\nif True:\n    import ground as g\n"
    assert {"sim.universe", "fsw.core", "fsw.core.pool", ".", "ground"} <= set(python_imports(python))
    cython = (
        '"""from sim import a docstring"""\ncimport hal._packet\nfrom sim.physics._frames cimport (\n    rotate,\n)\n'
        "import ground, fsw.main as f\n# import tests\n    from time import time\ntext = 'import random'\n"
    )
    found = set(cython_imports(cython))
    assert {"hal._packet", "sim.physics._frames", "ground", "fsw.main", "time"} <= found
    assert not {"sim", "tests", "random"} & found


def test_the_rules_refuse_what_they_forbid(tmp_path, monkeypatch):
    (tmp_path / "fsw").mkdir()
    (tmp_path / "sim").mkdir()
    (tmp_path / "fsw" / "a.py").write_text("from sim.universe import Universe\nfrom .b import c\n")
    (tmp_path / "fsw" / "_b.pyx").write_text("from firmware_bindings._host cimport Board\n")
    (tmp_path / "sim" / "mission.py").write_text("import fsw.main\n")
    (tmp_path / "sim" / "world.py").write_text("import fsw.main\n")
    monkeypatch.setitem(violations.__globals__, "ROOT", tmp_path)
    assert len(list(violations("fsw"))) >= 3
    assert [v.split(":")[0] for v in violations("sim")] == ["sim/world.py"]


@pytest.mark.parametrize(
    "line",
    ["t = time.time()", "os.urandom(8)", "np.random.default_rng()", "datetime.now()", "clock_gettime(0, &t)"],
)
def test_forbidden_names_are_found_in_code_and_not_in_words(line):
    assert FORBIDDEN_NAMES.search(without_comments_and_texts(line))
    assert not FORBIDDEN_NAMES.search(without_comments_and_texts(f'"{line}"  # {line}'))

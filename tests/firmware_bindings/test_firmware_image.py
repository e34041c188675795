"""The images: the same octets wherever they are built, within their budgets, laid out as the start-up code expects."""

import hashlib
import re
import shutil
import struct
import subprocess

import pytest

from firmware_bindings import fingerprint
from firmware_bindings.images import image
from tests.firmware_bindings.builds import FIRMWARE, ROOT, Copy, copy_sources, make, make_shared, needs_arm

BOARDS = ("adcs", "eps", "ping")
FLASH, RAM = 0x08000000, 0x20000000


def tool(name, *arguments):
    return subprocess.run(
        [f"arm-none-eabi-{name}", *map(str, arguments)], capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def images():
    """The folder with the images, and the report of their build; all workers share it."""
    image("adcs")
    out, done = make_shared("firmware")  # which finds them built, and reports
    assert (done.returncode, done.stderr) == (0, "")
    return out / "arm", done.stdout


def symbols(image):
    rows = [line.split() for line in tool("nm", image).splitlines()]
    return {row[2]: (int(row[0], 16), row[1]) for row in rows if len(row) == 3}


@needs_arm
def test_the_same_octets_from_two_folders(images, tmp_path):
    built, _ = images
    home = copy_sources(tmp_path / "some_where/else/firmware_bindings")
    done = make("out", "firmware", home=home)
    assert (done.returncode, done.stderr) == (0, "")
    for board in BOARDS:
        for suffix in ("elf", "bin"):
            pair = [folder / f"{board}.{suffix}" for folder in (built, home.parent / "out/arm")]
            sums = [hashlib.sha256(path.read_bytes()).hexdigest() for path in pair]
            assert sums[0] == sums[1], f"{board}.{suffix}"


@needs_arm
def test_another_constant_makes_another_image(tmp_path):
    copy = Copy(tmp_path)
    before = (copy.out / "arm/adcs.bin").read_bytes()
    (copy.home / "ports/stm32f405/clock.c").touch()  # the only one that knows this constant
    assert copy.make("DEFINES=-DHSE_MHZ=25u")[0] == 0
    assert (copy.out / "arm/adcs.bin").read_bytes() != before


@needs_arm
def test_the_report_names_all_figures(images):
    _, report = images
    pattern = r"(\w+) +flash (\d+) of (\d+)  RAM (\d+) of (\d+)  worst-case stack (\d+) of (\d+)"
    rows = [re.fullmatch(pattern, line).groups() for line in report.splitlines()]
    assert [row[0] for row in rows] == list(BOARDS)
    for _, *figures in rows:
        used, budgets = [int(n) for n in figures[0::2]], [int(n) for n in figures[1::2]]
        assert all(0 < n <= budget for n, budget in zip(used, budgets, strict=True))


@needs_arm
@pytest.mark.parametrize(
    ("budget", "what"), [("FLASH_BUDGET", "flash"), ("RAM_BUDGET", "RAM"), ("STACK_BUDGET", "worst-case stack")]
)
def test_beyond_a_budget_the_build_fails(images, tmp_path, budget, what):
    shutil.copytree(images[0].parent, tmp_path, dirs_exist_ok=True)  # compiled, and to be linked again
    for suffix in ("elf", "bin", "report"):
        for file in tmp_path.glob(f"arm/*.{suffix}"):
            file.unlink()
    done = make(tmp_path, "firmware", f"{budget}=1000")
    assert done.returncode != 0
    assert re.search(rf"^firmware: adcs: {what}: \d+ octets, budget 1000: ", done.stdout, re.MULTILINE)
    assert not list(tmp_path.glob("arm/*.bin"))


@needs_arm
@pytest.mark.parametrize("board", BOARDS)
def test_layout(images, board):
    """Stack, vectors and entry of an image are where the linker script puts them."""
    image = images[0] / f"{board}.elf"
    binary = (images[0] / f"{board}.bin").read_bytes()
    found = symbols(image)
    stack, entry = struct.unpack_from("<2I", binary)
    assert (found["_stack_bottom"][0], found["_stack_top"][0]) == (RAM, stack)
    assert entry == found["reset_entry"][0] + 1  # Thumb
    assert found["kept"][0] == stack  # outside of what start-up clears
    assert found["_bss_start"][0] > found["kept"][0]
    assert all(FLASH <= handler < FLASH + len(binary) for handler in struct.unpack_from("<96I", binary, 8) if handler)
    mutable = {name for name, (at, kind) in found.items() if kind in "bBdD" and not name.startswith("_")}
    assert mutable == {"board", "kept"}


@needs_arm
def test_an_image_holds_one_board(images):
    for board in BOARDS:
        operations = {name for name in symbols(images[0] / f"{board}.elf") if name.endswith("_OPS")}
        assert operations == {f"{board.upper()}_OPS"}


@needs_arm
def test_the_fingerprint_is_that_of_the_host_build(images):
    made = (images[0].parent / "build_identity.h").read_text()
    sources = [path for room in ("core", "boards", "devices") for path in (FIRMWARE / room).rglob("*.[ch]")]
    assert made == fingerprint.header(sources)
    built = [path.read_text() for path in ROOT.glob("build/*/firmware_bindings/build_identity.h")]
    assert set(built) <= {made}


BAD = {
    "recursion": (
        "recursion: ",
        "int bad(int n) { volatile int twice[2] = {n, n}; if (n > 0) { twice[0] = bad(n - 1) + 1; } return twice[0]; }",
    ),
    "pointer": (
        "bad calls through a pointer: say what bad.c calls",
        "int bad(int n) { int (*volatile target)(int) = bad; return target(n - 1) + 1; }",
    ),
    "dynamic": ("usage might be unbounded", "int bad(int n) { volatile char *m = __builtin_alloca(n); return m[0]; }"),
    "frame": ("usage is 9", "int bad(int n) { volatile char m[900]; m[n] = 1; return m[0]; }"),
}


@needs_arm
@pytest.mark.parametrize("case", BAD)
def test_a_stack_that_cannot_be_bounded_fails_the_build(tmp_path, case):
    finding, source = BAD[case]
    copy = Copy(tmp_path)
    copy.add(f"int bad(int n);\n{source}\n")
    main = (copy.home / "ports/stm32f405/main.c").read_text()
    call = "        board_poll(&board);\n"
    assert call in main
    main = main.replace(call, call + "        (void)bad((int)board.life.cycles);\n")
    (copy.home / "ports/stm32f405/main.c").write_text("int bad(int n);\n" + main)
    status, said = copy.make()
    assert status != 0
    assert finding in said


NODE = 'node: {{ title: "{0}" label: "{0}\\nx.c:1:1\\n{1} bytes (static)" }}\n'
EDGE = 'edge: {{ sourcename: "{0}" targetname: "{1}" label: "x.c:1:1" }}\n'
LIBRARY = """\
08000100 <main>:
08000110 <tick>:
08000120 <fault>:
08000200 <memcpy>:
 8000200:\tb5f0      \tpush\t{r4, r5, r6, r7, lr}
 8000202:\tb084      \tsub\tsp, #16
 8000204:\tf000 f800 \tbl\t8000300 <inner>
08000300 <inner>:
 8000300:\te96d ce04 \tstrd\tip, lr, [sp, #-16]!
 8000304:\te7fe      \tb.n\t8000300 <inner>
"""
EXCEPTION = 108


def bound(tmp_path, calls, library=LIBRARY):
    """The bound of `main` (40 octets), `tick` (8) and `fault` (16) with the calls that `calls` lists."""
    graph = tmp_path / "image.ci"
    graph.write_text(
        "".join(NODE.format(*node) for node in (("main", 40), ("tick", 8), ("fault", 16)))
        + "".join(EDGE.format(*call) for call in calls)
    )
    (tmp_path / "image.dis").write_text(library)
    roots = ["-v", "threads=main", "-v", "interrupts=tick", "-v", "faults=fault", "-v", "indirect=x.c:memcpy"]
    return subprocess.run(
        ["awk", *roots, "-f", str(FIRMWARE / "stack.awk"), str(graph), str(tmp_path / "image.dis")],
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def test_stack_adds_frames_calls_and_exceptions(tmp_path):
    alone = 40 + EXCEPTION + 8 + EXCEPTION + 16
    assert bound(tmp_path, []).split()[0] == str(alone)
    library = 5 * 4 + 16 + 16
    assert bound(tmp_path, [("main", "memcpy")]).split()[0] == str(alone + library)
    assert bound(tmp_path, [("tick", "memcpy"), ("main", "inner")]).split()[0] == str(alone + library + 16)


def test_stack_of_the_library_must_be_understood(tmp_path):
    strange = LIBRARY.replace("sub\tsp, #16", "sub.w\tsp, sp, r3")
    assert "memcpy: frame not understood: sub.w\tsp, sp, r3" in bound(tmp_path, [("main", "memcpy")], strange)
    jump = LIBRARY.replace("b.n\t8000300 <inner>", "blx\tr3")
    assert "inner: an indirect call in the C library" in bound(tmp_path, [("main", "memcpy")], jump)


def test_without_the_toolchain_one_sentence(tmp_path):
    done = make(tmp_path, "firmware", "ARM=absent-")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0] == (
        "firmware: absent-gcc is not installed: on Debian, apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi"
    )


CHECKS = ("clocks", "time", "kicks", "reset-flags", "reset-memory", "receiving", "sending", "devices")


@pytest.mark.parametrize("check", CHECKS)
def test_port_on_a_model_of_the_registers(c_programs, check):
    """Its clock, reset reason and serial ports, under the sanitizers."""
    done = subprocess.run(
        [str(c_programs / "stm32f405_port"), check], capture_output=True, text=True, timeout=600, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


needs_cppcheck = pytest.mark.skipif(
    shutil.which("cppcheck") is None, reason="cppcheck is not installed: apt-get install cppcheck"
)


@needs_arm
@needs_cppcheck
def test_static_analysis_finds_nothing():
    _, done = make_shared("analyze")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_arm
@needs_cppcheck
@pytest.mark.parametrize(
    ("source", "finding"),
    [
        ("int bad(int n) { int *p = 0; if (n > 3) { p = &n; } return *p; }", "analyzer-null-dereference"),
        ("int bad(int n) { int a = n; a = 3; return a; }", "redundantInitialization"),
    ],
    ids=["gcc", "cppcheck"],
)
def test_static_analysis_is_awake(tmp_path, source, finding):
    """The static analysis fails on a known bad file."""
    home = copy_sources(tmp_path / "firmware_bindings")
    for other in [*home.glob("core/*.c"), *home.glob("devices/*.c"), *home.glob("boards/*/*.c")]:
        other.unlink()  # which takes long, and is what the test above is about
    (home / "core/bad.c").write_text(f"int bad(int n);\n{source}\n")
    done = make("out", "analyze", home=home)
    assert done.returncode != 0
    assert finding in done.stdout + done.stderr

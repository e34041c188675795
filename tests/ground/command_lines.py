"""Command lines that a careless or unlucky user may give: drawn from a seed, with the files and the surroundings.

`Place` makes the files, `Drawn` draws lines. A line is words for `smartsat`, an environment and a standard output.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

from fsw.recorder.format import HEADER, pack_header
from hal.links.spy_format import Crossing, pack_record
from hal.links.spy_format import pack_header as pack_spy
from hal.vehicle.load import VEHICLES
from sim.scenario.scenario import SCENARIOS
from tests.ground.ended import ended

ODD = (None, True, -1, 0, 1, 7, 2**31, 2**63, -(2**63), 1e308, -0.5, float("nan"), "", "x", "é", "\udc80", [], {},
       [[]], [1, 2], {"a": 1}, "9" * 400)  # fmt: skip
WORDS = ("", "-", "--", "-x", "--nosuch", "nosuch", "reference", "modes", "nadir", ".", "..", "/", "~", "*", "a,b",
         "\n", "\x1b[31m", "é", "\udcff", "x" * 300, "TM[3,25]", "attitude.*", "%s", "{}", "[red]", "1e999",
         "nan")  # fmt: skip
VALUES = ("-1", "0", "1e308", "nan", '""', '"x"', "[]", "{}", "true", "1e-310")  # of a key in a TOML file
NUMBERS = ("0", "1", "1.5", "-1", "5", "1e8", "1e9", "nan", "inf", "-inf", "1e-300", "", "x", "2**3", "9" * 40, "0x10")
SYSTEM = ("/dev/null", "/dev/full", "/dev/zero", "/proc/self/mem", "/proc/kmsg", "/proc/self/environ", "/proc", "/sys",
          "/etc/passwd", "/proc/self/fd/0", "/nonexistent/x")  # fmt: skip
OUTPUTS = ("kept", "kept", "kept", "full", "closed", "abandoned", "ascii", "latin-1")
ENVIRONMENTS = ({}, {"COLUMNS": "40"}, {"COLUMNS": "1"}, {"COLUMNS": "0"}, {"COLUMNS": "x"}, {"TERM": "dumb"},
                {"NO_COLOR": "1"}, {"FORCE_COLOR": "1", "COLUMNS": "30"}, {"LINES": "0"}, {"PAGER": "nosuch"},
                {"HOME": "/nonexistent"}, {"TZ": "nowhere"}, {"TERM": ""})  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One command line and what surrounds it."""

    words: tuple[str, ...]
    environment: dict[str, str]
    output: str  # one of `OUTPUTS`


class Place:
    """A folder with files of every kind, good and bad; command lines run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        assert ended("fly", "--scenario", "nadir", "--duration", 5, "--no-report", "--out", root / "run") == 0
        self.recording = (root / "run/recording.ssr").read_bytes()
        self.result = json.loads((root / "run/result.json").read_text(encoding="utf-8"))
        assert ended("dict", "export", "--out", root / "dict.json") == 0
        self.dictionary = json.loads((root / "dict.json").read_text(encoding="utf-8"))
        self.spy = pack_spy("sim://adcs", 0) + b"".join(pack_record(i, Crossing.OUT, bytes([i] * i)) for i in range(20))
        self.vehicle = 'base = "reference"\nname = "mine"\n[spacecraft]\nmass_kg = 11.0\n'
        self.scenario = (SCENARIOS / "nadir.toml").read_text(encoding="utf-8")
        self.base = (VEHICLES / "reference.toml").read_text(encoding="utf-8")
        for name, octets in {
            "empty": b"", "text.toml": b"nmae = 3\n", "binary": bytes(range(256)) * 9, "good.spy": self.spy,
            "good.toml": self.vehicle.encode(), "sky.toml": self.scenario.encode(), "é.toml": b"\xff\xfe",
            "campaign.toml": b'name = "one"\nscenarios = ["nadir"]\nduration_s = 1.0\n', "a\nb": b"x",
        }.items():  # fmt: skip
            (root / name).write_bytes(octets)
        (root / "folder").mkdir()
        os.mkfifo(root / "pipe")
        for name, target in (("loop", "loop"), ("dangling", "nowhere"), ("full", "/dev/full"), ("zero", "/dev/zero")):
            (root / name).symlink_to(target)
        self.names = [*sorted(path.name for path in root.iterdir()), "text.toml/x", "run/recording.ssr", "new"]


class Drawn:
    """Draws command lines; the same seed gives the same ones. `flights`: the share of those that may fly."""

    def __init__(self, place: Place, seed: int, flights: float = 0.01) -> None:
        self._place, self._rng, self._flights = place, random.Random(seed), flights

    def line(self) -> Line:
        """Draw one; files that it names are made."""
        rng = self._rng
        words = rng.choice(self.COMMANDS)(self)
        if rng.random() < 0.1:
            words.insert(rng.randrange(len(words) + 1), rng.choice(WORDS))
        if rng.random() < 0.05 and words:
            words.pop(rng.randrange(len(words)))
        if rng.random() < 0.02:
            words.append("--help")
        if words[:1] in (["fly"], ["diff"]) and "--duration" not in words:  # nobody has time for a whole mission
            words += ["--duration", "1"]
        return Line(tuple(words), dict(rng.choice(ENVIRONMENTS)), rng.choice(OUTPUTS))

    # -------------------------------------------------------------- words

    def _path(self) -> str:
        return self._rng.choice((*self._place.names, *self._place.names, *SYSTEM, *WORDS))

    def _options(self, **values: object) -> list[str]:
        """Some of the options, each with a value or what is none."""
        words: list[str] = []
        for name, value in values.items():
            if self._rng.random() < 0.35:
                shown = value() if callable(value) else self._rng.choice((*value, *WORDS)) if value else None
                words += [f"--{name.replace('_', '-')}", *([] if shown is None else [shown])]
        return words

    def _number(self) -> str:
        return self._rng.choice(NUMBERS)

    def _file(self, name: str, octets: bytes) -> str:
        """Write octets, perhaps cut, changed or doubled, to a file of that name."""
        rng = self._rng
        if rng.random() < 0.3:
            octets = octets[: rng.randrange(len(octets) + 1)]
        for _ in range(rng.choice((0, 0, 1, 3))):
            if octets:
                at = rng.randrange(len(octets))
                octets = octets[:at] + bytes([rng.randrange(256)]) + octets[at + 1 :]
        (self._place.root / name).write_bytes(octets)
        return name

    def _changed(self, value: object) -> object:
        """A copy of JSON in which one thing, at any depth, is another."""
        rng = self._rng
        copy = json.loads(json.dumps(value))
        inside = copy
        for _ in range(rng.randrange(1, 7)):
            keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            if not keys:
                break
            key = rng.choice(keys)
            if isinstance(inside[key], dict | list) and rng.random() < 0.8:
                inside = inside[key]
                continue
            if rng.random() < 0.2 and isinstance(inside, dict):
                del inside[key]
            else:
                inside[key] = rng.choice(ODD)
            break
        return copy

    def _json(self, name: str, value: object) -> str:
        text = (
            json.dumps(self._changed(value))
            if self._rng.random() < 0.9
            else self._rng.choice(("", "{", "[]", "1", "[" * 9999))
        )
        (self._place.root / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        return name

    def _recording(self) -> str:
        """A recording: damaged, or sound with a header that says something else."""
        rng, octets = self._rng, self._place.recording
        if rng.random() < 0.3:
            return self._file("damaged.ssr", octets)
        if rng.random() < 0.2:
            return self._path()
        _, length, _ = HEADER.unpack_from(octets)
        text, rest = octets[HEADER.size : HEADER.size + length], octets[HEADER.size + length :]
        header = pack_header(self._changed(json.loads(text)))  # type: ignore[arg-type]
        (self._place.root / "changed.ssr").write_bytes(header + rest)
        return "changed.ssr"

    def _toml(self, text: str) -> str:
        """A vehicle or scenario file of which one line says something else."""
        rng, lines = self._rng, text.splitlines()
        at = rng.randrange(len(lines))
        key, equals, _ = lines[at].partition(" = ")
        lines[at] = f"{key}{equals}{rng.choice(VALUES)}"
        (self._place.root / "changed.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return "changed.toml"

    def _vehicle(self) -> str:
        return self._rng.choice((lambda: self._toml(self._place.base), self._path, lambda: "good.toml"))()

    def _scenario(self) -> str:
        return self._rng.choice((lambda: self._toml(self._place.scenario), self._path, lambda: "sky.toml"))()

    def _run(self) -> str:
        """A run folder whose result says something else."""
        if self._rng.random() < 0.3:
            return self._path()
        folder = self._place.root / "changed"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._place.root / "run", folder)
        (folder / "compare.html").unlink(missing_ok=True)
        self._json("changed/result.json", self._place.result)
        return "changed"

    # -------------------------------------------------------------- commands

    def _fly(self) -> list[str]:
        """Mostly refused: a flight takes its time."""
        rng = self._rng
        grounds, faults = ("tcp://", "tcp://x:99999", "udp://a", "x"), ("gyro dead", "gyro biased axis=9", "x")
        words = ["fly", *self._options(json=(), force=(), seed=self._number, fault=faults, ground=grounds, plan=())]
        if rng.random() < self._flights:
            shutil.rmtree(self._place.root / "flown", ignore_errors=True)
            scenario, seconds = rng.choice(("nadir", "modes")), rng.choice(("1", "1.5", "3"))
            out, record = rng.choice(("flown", "flown", "folder")), rng.choice(("none", "tm", "full"))
            return [*words, "--scenario", scenario, "--duration", seconds, "--out", out, "--record", record]
        refused = rng.choice((
            ["--vehicle", self._vehicle(), "--duration", "nan"], ["--scenario", self._path()], ["--out", "run"],
            ["--vehicle", self._path(), "--duration", "1"], ["--duration", rng.choice(("0", "nan", "x", "inf"))],
            ["--out", "", "--duration", "1"], ["--out", "text.toml", "--duration", "1"], ["--speed", "x"],
            ["--out", "loop", "--duration", "1"], ["--out", "/proc/x", "--duration", "1"], ["--record", "x"],
        ))  # fmt: skip
        return [*words, *refused]

    def _replay(self) -> list[str]:
        show = ("attitude.q_bi", "mode.adcs", "nosuch")
        options = {"until": self._number, "from": self._number, "show": show, "json": ()}
        return ["replay", self._recording(), *self._options(**options)]

    def _diff(self) -> list[str]:
        worlds = self._rng.choice(("sim", "sim,moon", ",", "sim,sim,sim", "", "qemu,links", "sim;sim"))
        return [
            "diff",
            self._scenario(),
            "--worlds",
            worlds,
            *self._options(seed=self._number, json=(), image=("x", "adcs=")),
        ]

    def _compare(self) -> list[str]:
        out = ["--out", self._rng.choice(("page.html", "folder", "pipe", "full", "text.toml/x", ""))]
        return ["compare", self._run(), self._run(), *out, *self._options(json=())]

    def _new(self) -> list[str]:
        kind, name = (
            self._rng.choice(("app", "device", "board", "x")),
            self._rng.choice((*WORDS, "numpy", "lamp", "int")),
        )
        shutil.rmtree(self._place.root / "folder/lamp", ignore_errors=True)
        return ["new", kind, name, "--into", self._rng.choice(("folder", "text.toml", "nowhere", "pipe", ""))]

    def _decode(self) -> list[str]:
        octets = (self._place.root / "run/downlink.cadu").read_bytes()
        file = self._file("damaged.cadu", octets) if self._rng.random() < 0.5 else self._path()
        return ["tm", "decode", file, *self._options(of=self._of)]

    def _spy(self) -> list[str]:
        file = self._file("damaged.spy", self._place.spy) if self._rng.random() < 0.5 else self._path()
        return ["spy", "print", file, *self._options(packets=(), no_packets=())]

    def _of(self) -> str:
        choice = self._rng.random()
        return self._json("changed.json", self._place.dictionary) if choice < 0.4 else self._vehicle()

    def _dict(self) -> list[str]:
        verb = self._rng.choice(("show", "export", "diff", "x"))
        if verb == "diff":
            return ["dict", "diff", self._of(), "reference", *self._options(json=())]
        if verb == "export":
            out = ("out.json", "folder", "pipe", "full", "/proc/x", "text.toml/x", "")
            return ["dict", "export", *self._options(to=("json", "csv", "markdown"), of=self._of, out=out)]
        return ["dict", verb, self._rng.choice(WORDS), *self._options(of=self._of)]

    def _campaign(self) -> list[str]:
        verb = self._rng.choice(("run", "show", "fly", "x"))
        if verb == "run":  # what is no campaign: those that are have tests of their own
            return ["campaign", "run", self._rng.choice(("text.toml", "pipe", "nosuch.toml", "binary")), self._path()]
        return ["campaign", verb, self._path(), *([self._number()] if verb == "fly" else [])]

    def _any(self) -> list[str]:
        return [self._rng.choice((*WORDS, *self._place.names)) for _ in range(self._rng.randrange(5))]

    COMMANDS = (_fly, _fly, _replay, _replay, _diff, _compare, _new, _decode, _spy, _dict, _dict, _campaign, _any,
                lambda self: ["faults", self._rng.choice(("list", "x")), *self._options(json=())])  # fmt: skip

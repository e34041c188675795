"""Every command of every document is run: here, in a fresh copy of the sources, or where `elsewhere.py` says."""

import contextlib
import re
import shutil
import socket
from dataclasses import replace

import pytest

from tests.docs import place
from tests.docs.documents import ROOT, documents, steps
from tests.docs.elsewhere import IN_THEIR_PLACE, PROOFS
from tests.docs.shell import Shell

LIMIT_S = 1800.0  # for one document: nothing hangs
PORT = re.compile(r"127\.0\.0\.1[: ](\d+)")
NEEDS = {
    "qemu": ("qemu-system-arm", "qemu-system-arm"),
    "make firmware": ("arm-none-eabi-gcc", "gcc-arm-none-eabi libnewlib-arm-none-eabi"),
}


def bare(command):
    """Return a command without its comment."""
    return re.sub(r"\s+#.*", "", command.strip())


def to_do(path):
    """Return the steps of a document that are done here."""
    out = []
    for step in steps((ROOT / path).read_text(encoding="utf-8"), path):
        command = bare(step.text) if step.kind == "run" else ""
        if command in IN_THEIR_PLACE:
            out.append(replace(step, text=IN_THEIR_PLACE[command] + "\n"))
        elif command not in PROOFS:
            out.append(step)
    return out


def with_free_ports(todo):
    """Return the steps with a free TCP port in the place of each that they name: others may use that one here."""
    named = {port for step in todo for port in PORT.findall(step.text)}
    with contextlib.ExitStack() as stack:
        free = {}
        for port in named:
            taken = stack.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            free[port] = str(taken.getsockname()[1])

    def moved(text):
        return re.sub("|".join(named), lambda found: free[found[0]], text) if named else text

    return [replace(step, text=moved(step.text), output=[moved(line) for line in step.output]) for step in todo]


def with_steps():
    """Return the documents that tell to do something that is done here."""
    return [path for path in documents() if to_do(path)]


@pytest.mark.parametrize("path", with_steps(), ids=str)
def test_the_document_can_be_followed(path, tmp_path):
    todo = to_do(path)
    for word, (program, package) in NEEDS.items():
        if any(word in step.text for step in todo) and shutil.which(program) is None:
            pytest.skip(f"{path} needs {program}: apt-get install {package}")
    shell = Shell(place.make(tmp_path / "smartsat"), LIMIT_S)
    try:
        assert shell.follow(with_free_ports(todo)) == len(todo)
    finally:
        shell.close()


@pytest.mark.parametrize("command", PROOFS)
def test_what_is_run_elsewhere_is_run_there(command):
    file, line = PROOFS[command]
    assert line in [bare(text) for text in (ROOT / file).read_text(encoding="utf-8").splitlines()]


def test_the_tables_name_only_commands_of_documents():
    told = {bare(step.text) for path in documents() for step in steps((ROOT / path).read_text(), path)}
    assert set(PROOFS) | set(IN_THEIR_PLACE) <= told


def test_every_target_of_make_that_a_document_mentions_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    mentioned = {
        (str(path), target)
        for path in documents()
        for target in re.findall(r"`make ([a-z][a-z-]*)", (ROOT / path).read_text(encoding="utf-8"))
    }
    assert {m for m in mentioned if m[1] not in targets} == set()
    assert len(mentioned) > 10


def test_every_file_and_test_that_a_document_names_exists():
    folders = "ccsds|docs|firmware_bindings|fsw|ground|hal|sim|tests"
    named = re.compile(rf"`((?:{folders})/[\w./-]*\w)(?:::(\w+)\*?)?`")
    missing = []
    for path in documents():
        text = (ROOT / path).read_text(encoding="utf-8")
        for file, test in named.findall(text):
            found = [f for f in (ROOT / file, (ROOT / file).with_suffix(".py")) if f.exists()]
            if not found or (test and test not in found[0].read_text(encoding="utf-8")):
                missing.append(f"{path}: {file} {test}")
    assert missing == []


def test_every_test_that_the_mathematics_names_exists():
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    pages = sorted((ROOT / "docs/mathematics").glob("*.md"))
    named = {name for page in pages for name in re.findall(r"`(test_\w+)`", page.read_text(encoding="utf-8"))}
    assert len(named) > 40
    assert {name for name in named if f"def {name}(" not in tests} == set()

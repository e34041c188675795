"""The runner of documents can fail: every way in which a document may mislead its reader is seen."""

import sys
import time
from pathlib import Path

import pytest

from tests.docs.documents import DocumentError, pattern, squeezed, steps
from tests.docs.shell import Shell


def follow(text, folder, limit_s=600.0):
    root = folder / "place"
    (root / ".venv/bin").mkdir(parents=True)
    (root / ".venv/bin/python").symlink_to(sys.executable)
    shell = Shell(root, limit_s)
    try:
        return shell.follow(steps(text))
    finally:
        shell.close()


def test_commands_share_one_shell_and_files_are_written_where_it_is(tmp_path):
    text = """
```console
$ mkdir there && cd there
$ name=a \\
  other=b
```
```{code-block} toml
:caption: deep/one.toml

x = '$name'
```
```{code-block} toml
:caption: added to deep/one.toml
y = 2
```
```{code-block} toml
:caption: from deep/one.toml
y = 2
```
```console
$ echo $name $other; cat deep/one.toml
a b
x = '$name'
y = ...
$ false  # exit code 1
```
```python
import sys
```
```python
excerpt[0].of(a_program)
```
"""
    assert follow(text, tmp_path) == 8
    assert (tmp_path / "place/there/deep/one.toml").read_text() == "x = '$name'\ny = 2\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("```console\n$ false\n```\n", "exit code 1, expected 0"),
        ("```console\n$ true  # exit code 2\n```\n", "exit code 0, expected 2"),
        ("```console\n$ echo one\ntwo\n```\n", "expected as in the document"),
        ("```console\n$ no-such-program-at-all\n```\n", "not found"),
        ("```sh\nfalse\ntrue\n```\n", "exit code 1"),
        ("```python\nimport sys\nsys.exit(3)\n```\n", "exit code 3"),
        ("```python\nno program\n```\n", "invalid syntax"),
        ("```console\n$ exit 0\n```\n", "the shell ended"),
        ("```{code-block} text\n:caption: from nowhere\nx\n```\n", "exit code 1"),
        ("```\nmake\n```\n", "a block of ''"),
        ("```bash\ntrue\n```\n", "a block of 'bash'"),
        ("```text\n$ rm x\n```\n", "shows a command"),
        ("```console\nmake\n```\n", "expected a command"),
        ("1. so:\n\n   ```console\n   $ false\n   ```\n", "exit code 1"),
        ("so:\n\n    make it\n", "is indented"),
    ],
)
def test_what_misleads_is_refused(text, why, tmp_path):
    """A document with blocks that would not run as a reader runs them is refused, with the reason."""
    with pytest.raises(DocumentError, match=why):
        follow(text, tmp_path)


def test_a_command_that_does_not_end_is_ended(tmp_path):
    with pytest.raises(DocumentError, match="no end of it in time"):
        follow("```console\n$ echo waiting; sleep 100\n```\n", tmp_path, limit_s=1.0)


def test_what_a_document_starts_ends_with_it(tmp_path):
    assert follow("```console\n$ sleep 1000 & echo $! > pid\n```\n", tmp_path) == 1
    pid = int((tmp_path / "place/pid").read_text())
    state = Path(f"/proc/{pid}/stat")
    until = time.monotonic() + 10.0
    while state.exists() and state.read_text().split()[2] != "Z" and time.monotonic() < until:
        time.sleep(0.01)
    assert not state.exists() or state.read_text().split()[2] == "Z"  # a zombie of init's


@pytest.mark.parametrize(
    ("shown", "output", "same"),
    [
        (["a ... c"], "a b c\n", True),
        (["a", "...", "c"], "a\nx\ny\nc\n", True),
        (["a", "...", "c"], "a\nc\n", True),
        (["a", "..."], "a\n", True),
        (["a"], "a\nb\n", False),
        (["a ... c"], "a b\nc\n", False),
        (["1.5"], "1x5\n", False),
        (["a  b"], "a b   \n", True),
        (["100 %"], "\r 50 %\r100 %\n", True),
    ],
)
def test_output_as_shown(shown, output, same):
    """ "..." in the shown output stands for any text; everything else must be equal."""
    assert (pattern(shown).fullmatch(squeezed(output)) is not None) == same

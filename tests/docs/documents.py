r"""What a document tells its reader to do: the commands, files and outputs of its fenced blocks.

    ```console            `$ command` lines, continued by `\` or `> `; what follows is the output that they show. In it,
                          `...` stands for any text, on a line of its own for any lines. A command that is meant to fail
                          says so in a comment: `$ smartsat fly --seed x  # exit code 2`.
    ```sh                 a script, run with -e
    ```python             a program, run, when its first line imports something; else an excerpt, which has to compile
    ```{code-block} LANGUAGE
    :caption: FILE        a file that the reader writes; "added to FILE": appended; "from FILE": an excerpt of it

Everything runs in one shell, in the order of the document. Other languages are shown, not run; a block without a
language is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(
    r"^(?P<indent>[ ]*)(?P<ticks>```+|:::+)(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=indent)(?P=ticks)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
OPTION = re.compile(r"^:(\w+):[ ]*(.*)\n", re.MULTILINE)
HEAD = re.compile(r"(?::\w+:.*\n)*\n?")  # of a directive: its options
EXIT_CODE = re.compile(r"#.*\bexit code (\d+)\b")
HISTORY = ("CHANGELOG.md",)  # tells of what was, not what to do
RUN = ("console", "sh", "python")
SHOWN = ("text", "toml", "json", "c", "yaml", "xml", "ini", "make", "cython", "meson", "csv")
INDENTED = re.compile(r"\n\n((?:    |\t)(?:\$|make|smartsat|pytest|python3?|pip|git|\.venv/bin/\S+) [^\n]*)")
MARKUP = re.compile(r"\{(?!code-block)[a-z-]+\}")  # directives of the site
COMMAND_IN_DISGUISE = re.compile(r"^(\$ |make |smartsat |pytest |python |git |\.venv/bin/)", re.MULTILINE)


class DocumentError(AssertionError):
    """A document cannot be followed; the message says where and why."""


@dataclass(frozen=True)
class Step:
    """One thing to do: run `command`, write `file`, or find an excerpt in it."""

    where: str  # document and line
    kind: str  # run, write, append, excerpt
    text: str  # what is run, or the file's content
    file: str = ""
    output: list[str] = field(default_factory=list)  # as shown; none: any
    exit_code: int = 0


def documents() -> list[Path]:
    """Return every document of the repository, as paths from its root."""
    generated = re.compile(r"(^|/)(\.|build|runs|node_modules)|^docs/reference/generated/|/templates/")
    found = sorted(path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return [p for p in found if not generated.search(p.as_posix()) and p.name not in HISTORY]


def steps(text: str, name: object = "text") -> list[Step]:
    """Return what the document `name` tells to do, in order; raise `DocumentError` where that is not clear."""
    out: list[Step] = []
    if hidden := INDENTED.search(FENCE.sub("", text)):
        raise DocumentError(f"{name}: {hidden[1].strip()!r} is indented; make it a block of 'console'")
    for fence in FENCE.finditer(text):
        line = text[: fence.start()].count("\n") + 1
        info, body = fence["info"].strip(), re.sub(f"^{fence['indent']}", "", fence["body"], flags=re.MULTILINE)
        if MARKUP.match(info):
            continue
        directive = info.startswith("{code-block}")
        head = HEAD.match(body) if directive else None
        caption = dict(OPTION.findall(head.group())).get("caption", "") if head else ""
        language = info.removeprefix("{code-block}").strip()
        out += _block((name, line), language, caption, body[head.end() :] if head else body)
    return out


def _block(place: tuple[object, int], language: str, caption: str, body: str) -> list[Step]:
    where = f"{place[0]}, line {place[1]}"
    if language not in RUN + SHOWN:
        raise DocumentError(f"{where}: a block of {language!r}; name one of {', '.join(RUN + SHOWN)}")
    if caption:
        for word, kind in (("added to ", "append"), ("from ", "excerpt"), ("", "write")):
            if caption.startswith(word):
                return [Step(where, kind, body, caption.removeprefix(word))]
    if language == "console":
        return list(_console(place, body))
    if language == "sh":
        return [Step(where, "run", f"( set -e\n{body})\n")]
    if language == "python" and not body.startswith(("import ", "from ")):
        try:
            compile(body, where, "exec")
        except SyntaxError as error:
            raise DocumentError(f"{where}: {error}") from None
        return []
    if language == "python":
        return [Step(where, "run", f"python - <<'END OF PROGRAM'\n{body}END OF PROGRAM\n")]
    if COMMAND_IN_DISGUISE.search(body):
        raise DocumentError(f"{where}: a block of {language!r} shows a command; make it a block of 'console'")
    return []


def _console(place: tuple[object, int], body: str) -> Iterator[Step]:
    lines = body.splitlines()
    at = 0
    while at < len(lines):
        where = f"{place[0]}, line {place[1] + 1 + at}"
        if not lines[at].startswith("$ "):
            raise DocumentError(f"{where}: found {lines[at]!r}, expected a command: '$ ...'")
        command = [lines[at][2:]]
        at += 1
        while at < len(lines) and (command[-1].endswith("\\") or lines[at].startswith("> ")):
            command.append(lines[at].removeprefix("> "))
            at += 1
        shown = []
        while at < len(lines) and not lines[at].startswith("$ "):
            shown.append(lines[at])
            at += 1
        while shown and not shown[-1].strip():
            shown.pop()
        code = EXIT_CODE.search(command[-1])
        yield Step(where, "run", "\n".join(command) + "\n", "", shown, int(code.group(1)) if code else 0)


def pattern(shown: list[str]) -> re.Pattern[str]:
    """Return what an output must match, to be like the one shown."""
    parts = []
    for line in shown:
        if line.strip() == "...":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            words = (re.escape(" ".join(piece.split())) for piece in line.split("..."))
            parts.append(r"[^\n]*?".join(words) + r"\n")
    return re.compile(r"\s*" + "".join(parts) + r"\s*")


def squeezed(output: str) -> str:
    """Return an output as `pattern` wants it: no colours, no blank lines' spaces, single spaces."""
    output = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", output)
    output = re.sub(r"[^\n]*\r(?!\n)", "", output.replace("\r\n", "\n"))
    return "".join(" ".join(line.split()) + "\n" for line in output.splitlines())

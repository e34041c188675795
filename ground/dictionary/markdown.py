"""A dictionary as a Markdown document for people: one page, or one page for each section."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fsw.dictionary.sections import SECTIONS
from ground.dictionary.build import Dictionary
from ground.dictionary.entries import Content, condition, entry_id, form, range_text, type_text

TITLES = {
    "link": "Link and packets", "enumerations": "Enumerations", "parameters": "Parameters",
    "housekeeping": "Housekeeping structures", "telemetry": "Telemetry messages", "telecommands": "Telecommands",
    "functions": "Functions", "events": "Events", "failures": "Failure codes", "monitors": "Monitors",
}  # fmt: skip


def dumps(content: Dictionary) -> str:
    """Return the whole dictionary as one document."""
    return "\n".join([_head(content), *pages(content).values()])


def pages(content: Dictionary, level: int = 2) -> dict[str, str]:
    """Return the text of each section by its name; its title is a heading of `level`."""
    return {
        section: f"{'#' * level} {TITLES[section]}\n\n{WRITERS[section](content[section], '#' * (level + 1))}"
        for section in SECTIONS
    }


def table(head: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """Return a table; columns in which no line says anything are left out."""
    cells = [[_cell(value) for value in line] for line in lines]
    used = [i for i in range(len(head)) if any(line[i] for line in cells)]
    text = [head, ["---"] * len(head), *cells]
    return "".join("| " + " | ".join(line[i] for i in used) + " |\n" for line in text) if used else ""


def _head(content: Dictionary) -> str:
    hashes = table(("section", "entries", "hash"), (
        (f"[{TITLES[name]}](#{TITLES[name].lower().replace(' ', '-')})",
         len(content[name]) if isinstance(content[name], list) else "", f"`{content['hashes'][name]}`")
        for name in SECTIONS
    ))  # fmt: skip
    return (
        f"# Dictionary of {content['vehicle']}\n\n"
        f"Derived from the declarations that the flight software follows; format version {content['version']}, hash "
        f"`{content['hashes']['whole']}`. Numbers are big-endian; offsets count octets from 0.\n\n{hashes}"
    )


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _code(value: object) -> str:
    return f"`{value}`" if value != "" else ""


def _link(link: Content, heading: str) -> str:
    plain = [("spacecraft identifier", link["scid"]), ("application process identifier", link["apid"])]
    parts = [table(("link", "value"), plain)]
    for name in ("downlink", "uplink"):
        lines = ((key.replace("_", " "), value) for key, value in link[name].items())
        parts.append(f"{heading} {name.capitalize()}\n\n{table((name, 'value'), lines)}")
    for name in ("telemetry_packet", "telecommand_packet"):
        packet = link[name]
        facts = [(key.replace("_", " "), value) for key, value in packet.items() if key != "header"]
        bits = table(("bit", "bits", "field", "always", "meaning"), (
            (b["bit"], b["bits"], _code(b["name"]), b["value"], b["doc"]) for b in packet["header"]
        ))  # fmt: skip
        title = name.replace("_", " ").capitalize()
        parts.append(f"{heading} {title}\n\n{table(('packet', 'value'), facts)}\n{bits}")
    return "\n".join(parts)


def _enumerations(entries: Sequence[Content], heading: str) -> str:
    return "\n".join(
        f"{heading} {e['name']}\n\n{e['doc']}\n\n"
        + table(("value", "name"), ((m["value"], _code(m["name"])) for m in e["members"]))
        for e in entries
    )


def _parameters(entries: Sequence[Content], heading: str) -> str:
    out = []
    for section, group in itertools.groupby(entries, lambda e: e["name"].split(".")[0]):
        found = list(group)
        first = found[0]
        rate = f"{first['rate_hz']} Hz" if first["rate_hz"] else "every tick"
        note = "; ground may set them with TC[20,3]" if first["settable"] else ""
        note += "; measured by the host's clock" if first["platform"] else ""
        lines = (
            (e["id"], _code(e["name"]), form(e), e["unit"], e["frame"], range_text(e), e["doc"]) for e in found
        )  # fmt: skip
        cells = table(("id", "name", "type", "unit", "frame", "range", "what it is"), lines)
        out.append(f"{heading} {section}\n\nWritten by `{first['writer']}`, {rate}{note}.\n\n{cells}")
    return "\n".join(out)


def _housekeeping(entries: Sequence[Content], heading: str) -> str:
    return "\n".join(
        f"{heading} Structure {e['id']}\n\nEvery {e['interval_s']} s from start; {e['octets']} octets of source data, "
        "the first two of which are the identifier.\n\n"
        + table(
            ("offset", "octets", "id", "parameter"),
            ((p["offset"], p["octets"], p["id"], _code(p["parameter"])) for p in e["parameters"]),
        )
        for e in entries
    )


def _messages(section: str) -> Callable[[Sequence[Content], str], str]:
    def write(entries: Sequence[Content], heading: str) -> str:
        out = []
        for e in entries:
            number = f" {e['id']}" if section == "functions" else f" {entry_id(section, e)}"
            head = f"{heading}{number} {e['name']}\n\n{e['doc'].capitalize()}."
            if "vcid" in e:
                head += f" Virtual channel {e['vcid']}."
            text = table(("offset", "field", "type", "unit", "range", "meaning"), _fields(e["fields"], ""))
            out.append(f"{head}\n\n{text}" if text else f"{head} No data.\n")
        return "\n".join(out)

    return write


def _fields(fields: Sequence[Content], inside: str) -> Iterable[tuple[Any, ...]]:
    for f in fields:
        name = _code(inside + f["name"])
        if f["field"] == "repeated":
            yield f["offset"], name, f"count {type_text(f['count_type'])}", "", f"{f['least']} to {f['most']}", f["doc"]
            yield from _fields(f["fields"], f"{f['name']}[].")
        elif f["field"] == "deduced":
            yield f["offset"], name, f"by `{f['deduced_from']}`", "", "", f["doc"]
        else:
            yield f["offset"], name, form(f), f["unit"], range_text(f), f["doc"]


def _events(entries: Sequence[Content], _heading: str) -> str:
    return table(("id", "name", "severity", "text", "values"), (
        (e["id"], _code(e["name"]), e["severity"].lower(), e["text"],
         ", ".join(f"{v['place']}: {v['enum']}" for v in e["values"] if v["enum"]))
        for e in entries
    ))  # fmt: skip


def _failures(entries: Sequence[Content], _heading: str) -> str:
    return table(("code", "name", "meaning"), ((e["code"], _code(e["name"]), e["doc"]) for e in entries))


def _monitors(entries: Sequence[Content], _heading: str) -> str:
    return table(("number", "name", "confirmed when", "then", "severity"), (
        (e["number"], _code(e["name"]), condition(e),
         "" if e["action"] == "NONE" else f"{e['action']} {e['argument']}".strip(), e["severity"].lower())
        for e in entries
    ))  # fmt: skip


WRITERS: dict[str, Callable[[Any, str], str]] = {
    "link": _link, "enumerations": _enumerations, "parameters": _parameters, "housekeeping": _housekeeping,
    "telemetry": _messages("telemetry"), "telecommands": _messages("telecommands"),
    "functions": _messages("functions"), "events": _events, "failures": _failures, "monitors": _monitors,
}  # fmt: skip

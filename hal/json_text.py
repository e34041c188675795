"""Reads and writes JSON; all packages use these functions."""

from __future__ import annotations

import codecs
import json
import math
from collections.abc import Callable, Mapping
from typing import Any


def loads(
    text: str | bytes,
    *,
    parse_constant: Callable[[str], Any] | None = None,
    parse_float: Callable[[str], Any] | None = None,
    object_pairs_hook: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:  # noqa: ANN401 - what the text says
    r"""Return what JSON text says, with the options of `json.loads`.

    A byte order mark at its start, as some editors leave it, says nothing. Raises `ValueError` when the text is none,
    is nested too deeply, or has halves of characters (RFC 8259, 8.2: `\ud800` to `\udfff` alone), which no UTF-8 file
    can hold.
    """
    text = text.removeprefix("\ufeff") if isinstance(text, str) else text.removeprefix(codecs.BOM_UTF8)
    try:
        content = json.loads(
            text, parse_constant=parse_constant, parse_float=parse_float, object_pairs_hook=object_pairs_hook
        )
        if _escapes_surrogates(text):
            json.dumps(content, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except UnicodeEncodeError as error:
        raise ValueError(f"found half a character, {error.object[error.start]!a}, expected whole ones") from None
    return content


def dumps(content: Any, *, indent: int | None = None) -> str:  # noqa: ANN401 - what JSON can say
    """Return `content` as JSON text; a number that is not finite, which JSON does not have, is null."""
    try:
        return json.dumps(content, indent=indent, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(content), indent=indent, allow_nan=False)


def _finite(content: Any) -> Any:  # noqa: ANN401
    if isinstance(content, Mapping):
        return {name: _finite(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _escapes_surrogates(text: str | bytes) -> bool:
    return "\\ud" in text.lower() if isinstance(text, str) else b"\\ud" in text.lower()

"""Imports the classes of extensions, which a vehicle file names as "package.module:Class".

Errors are `SchemaError`, one line each: the place in the vehicle file, what was found, what was expected. An exception
that another package raises while it is imported becomes such a line, too, with the exception as its cause.
"""

from __future__ import annotations

import dataclasses
import importlib
import re
from types import ModuleType
from typing import Any

from hal.schema import SchemaError, defect, from_table

ENTRY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
RAISED = (Exception, SystemExit)  # by code of extensions: an `exit()` there ends neither flight nor the program


def load_object(text: str, file: str, where: str) -> Any:  # noqa: ANN401
    """Return the object that `text`, "package.module:NAME", names at key `where` of `file`."""
    module, name = _module(text, file, where)
    found = getattr(module, name, None)
    if found is None:
        raise defect(file, where, f"no {name!r} in {module.__name__}", "package.module:NAME")
    return found


def load_class(text: str, vehicle: str, where: str) -> type[Any]:
    """Return the class that `text`, "package.module:Class", names at key `where` of the vehicle called `vehicle`."""
    module, class_name = _module(text, vehicle, where)
    found = getattr(module, class_name, None)
    if isinstance(found, type):
        return found
    classes = sorted(n for n, v in vars(module).items() if isinstance(v, type) and v.__module__ == module.__name__)
    raise defect(vehicle, where, f"no class {class_name!r} in {module.__name__}", "one of: " + ", ".join(classes))


def _module(text: str, file: str, where: str) -> tuple[ModuleType, str]:
    """Return the module that a text names, imported, and the name in it."""
    if not ENTRY.fullmatch(text):
        raise defect(file, where, f"found {text[:60]!r}", "package.module:Name")
    module_name, _, name = text.partition(":")
    try:
        return importlib.import_module(module_name), name
    except ModuleNotFoundError as error:
        hint = "an installed package: run pip install -e . in its folder, or add it to PYTHONPATH"
        raise defect(file, where, f"found {text!r}, but there is no module {error.name!r}", hint) from error
    except RAISED as error:
        raise defect(file, where, f"module {module_name} cannot be imported: {words(error)}") from error


def require_method(cls: type[Any], base: type[Any], name: str, vehicle: str, where: str) -> None:
    """Raise `SchemaError` unless `cls` defines the method `name`, which is abstract in its base `base`."""
    if not callable(getattr(cls, name, None)) or getattr(cls, name) is getattr(base, name):
        raise defect(vehicle, where, f"{cls.__name__} has no {name}()", f"{_article(base.__name__)} with one")


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'AEIO' else 'a'} {noun}"


def read_settings(cls: type[Any], table: dict[str, Any] | None, vehicle: str, where: str) -> Any:  # noqa: ANN401
    """Return `table` as the dataclass `cls.Settings` (declared with `hal.schema.key`); None when `cls` has none."""
    declared = getattr(cls, "Settings", None)
    if declared is not None and not (isinstance(declared, type) and dataclasses.is_dataclass(declared)):
        raise defect(vehicle, where, f"{cls.__name__}.Settings is {declared!r}"[:120], "a dataclass")
    if declared is not None:
        return from_table(table or {}, declared, vehicle, f"{where}.with.")
    if table:
        raise defect(vehicle, f"{where}.with", f"found {', '.join(table)}", f"nothing: {cls.__name__} has no settings")
    return None


def make(cls: type[Any], vehicle: str, where: str, *arguments: object) -> Any:  # noqa: ANN401
    """Return `cls(*arguments)`; what it raises is a `SchemaError` at `where`, with that exception as the cause."""
    try:
        return cls(*arguments)
    except SchemaError:
        raise
    except RAISED as error:
        raise defect(vehicle, where, f"{cls.__name__} cannot be made: {words(error)}") from error


def words(error: BaseException) -> str:
    """Return an exception in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__

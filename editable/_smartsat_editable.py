"""Start of the editable install: the loader of meson-python, with what it needs to rebuild anywhere and start fast.

It is imported whenever Python starts, before pytest can rewrite the assertions of plugins, and has none:
PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import json
import marshal
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path
from types import CodeType
from typing import Any

import _smartsat_editable_loader as loader
from _smartsat_lock import one_at_a_time, progress, tell_changed_rules


def init() -> None:
    """Begin to find our packages in the source tree."""
    loader.__doc__ = "PYTEST_DONT_REWRITE"  # the module lies beside a plugin and is imported before pytest
    loader.MesonpyMetaFinder = Finder
    ours = {loader.SourceFileLoader: SourceLoader}
    loader.LOADERS[:] = [(ours.get(kind, kind), suffix) for kind, suffix in loader.LOADERS]
    loader.init()


class Finder(loader.MesonpyMetaFinder):  # type: ignore[misc]
    """Builds what has changed, once a process: with the tools of the install, one build at a time, not silently."""

    _built: Any = None

    def __init__(self, package: str, names: set[str], path: str, cmd: list[str], *more: Any) -> None:  # noqa: ANN401
        # When a meson.build has changed, ninja calls meson, which calls ninja. Another ninja, found on the PATH, would
        # write its own form of the build log, and everything would be built again.
        search = os.pathsep.join((str(Path(cmd[0]).parent), os.environ.get("PATH", os.defpath)))
        super().__init__(package, names, path, ["/usr/bin/env", f"NINJA={cmd[0]}", f"PATH={search}", *cmd], *more)
        SourceLoader.folder = Path(path) / "code"

    def _rebuild(self) -> Any:  # noqa: ANN401 - as the loader has it
        if self._built is None:
            self._built = self._build(Path(self._build_path))
        return self._built

    def _build(self, build: Path) -> Any:  # noqa: ANN401
        """Return the tree of what is installed, built anew where the folder `build` may be written."""
        try:
            if not os.access(build, os.W_OK):  # of somebody else: as it was built
                plan = build / "meson-info" / "intro-install_plan.json"
                return loader.collect(json.loads(plan.read_text("utf-8")))
            with one_at_a_time(build), progress(build), ended_quietly():
                SourceLoader.folder.mkdir(exist_ok=True)
                built = super()._rebuild()
                tell_changed_rules(build)
                return built
        except FileNotFoundError as error:
            raise ImportError(
                f"{error.filename}: no such file: smartsat is not built, run `make environment`"
            ) from None


class SourceLoader(loader.SourceFileLoader):  # type: ignore[misc]
    """Keeps in the build folder what Python has compiled; the loader of meson-python compiles all in every process.

    It belongs to the path and the text that it was made of, and not to a time, which a quick change may leave as it is.
    """

    folder = Path()

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:  # noqa: ANN401 - as Python has it
        """Return the code of a module, compiled where it was not kept."""
        if not isinstance(data, bytes) or _optimize != -1:
            return super().source_to_code(data, path, _optimize=_optimize)  # type: ignore[no-any-return]
        file = self.folder / f"{self.name}.{sys.implementation.cache_tag}-{sys.flags.optimize}"
        head = MAGIC_NUMBER + source_hash(os.fsencode(path) + b"\0" + data)
        with suppress(OSError, EOFError, ValueError, TypeError):  # not there, or not whole
            kept = file.read_bytes()
            if kept.startswith(head):
                return marshal.loads(kept[len(head) :])  # type: ignore[no-any-return]
        code: CodeType = super().source_to_code(data, path)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        with suppress(OSError):  # a build folder that may not be written
            draft.write_bytes(head + marshal.dumps(code))
            draft.replace(file)
        return code


@contextmanager
def ended_quietly() -> Iterator[None]:
    """Let Ctrl-C end the process without a word while it builds: nobody is interested in where the loader was."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)

"""Records a flight process: every start adds one numbered file to a folder, written once a second."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fsw.core.pool import Pool
from fsw.recorder.recorder import Octets, Recorder
from hal.background_stream import BackgroundStream
from hal.files import Stream, WriteError, told

NAME = "recording-{:04d}.ssr"


class FolderRecorder:
    """Records one start of flight in `folder`, which it makes, under the first free number.

    A killed process loses at most the last second. With `background` a thread waits for the medium, and no tick does.
    When the file cannot be written, `say` gets one line, and flight continues. `meta` is for the header
    (`flight_meta`).
    """

    def __init__(
        self, folder: Path, pool: Pool, meta: Mapping[str, Any], *, base_hz: int, say: Callable[[str], None],
        background: bool = False,
    ) -> None:  # fmt: skip
        self._say, self._base_hz, self._ticks = say, base_hz, 0
        self._told: set[Path] = set()  # files whose loss was said
        self._recorder: Recorder | None = None
        stream = BackgroundStream if background else Stream
        try:
            self._recorder = Recorder(new_file(folder), pool, base_hz=base_hz, meta=meta, stream=stream)
        except WriteError as error:
            say(f"{error}; flight goes on without a recording")

    def tick(self, octets: Octets) -> None:
        """Record this tick, as `Recorder.tick`."""
        if self._recorder is None:
            return
        self._recorder.tick(octets)
        self._ticks += 1
        if self._ticks % self._base_hz == 0:
            self._recorder.flush()
            self._tell()

    def close(self) -> None:
        """Write what is left and close the file; a second call does nothing."""
        if self._recorder is not None:
            self._recorder.close()
            self._tell()

    def _tell(self) -> None:
        """Report once for each file that the rest of it is lost."""
        assert self._recorder is not None
        for file in self._recorder.files:
            if file.loss and file.path not in self._told:
                self._told.add(file.path)
                self._say(f"{file.loss}; flight goes on without this recording")


def new_file(folder: Path) -> Path:
    """Make the folder and an empty file in it, numbered after the last one; raise `WriteError` when that fails."""
    with told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        taken = [path.stem.partition("-")[2] for path in folder.glob(NAME.format(0).replace("0000", "*"))]
    number = max((int(digits) for digits in taken if digits.isdecimal()), default=0)
    while True:
        number += 1
        path = folder / NAME.format(number)
        with told(path):
            try:
                path.touch(exist_ok=False)  # nobody else can have made it
            except FileExistsError:
                continue
            return path

"""Writes `build_identity.h`: `fingerprint.py OUTPUT SOURCE...`; firmware.mk makes the same header without Python."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path


def header(sources: list[Path]) -> str:
    """Define FIRMWARE_SOURCE: the first four octets of the SHA-256 of the files' octets, in the order of the paths."""
    octets = b"".join(path.read_bytes() for path in sorted(sources, key=Path.as_posix))
    return f"#define FIRMWARE_SOURCE 0x{hashlib.sha256(octets).hexdigest()[:8]}u\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(header([Path(name) for name in sys.argv[2:]]), encoding="utf-8")

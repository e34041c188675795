"""The steps of docs/how-to/add-a-board.md, run as they stand there in a copy of the sources."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs/how-to/add-a-board.md"
# Without the installed package, whose import would come from this tree and not from the copy.
PRINT_HEADER = f"{sys.executable} -S -m firmware_bindings.wire_header > new.h && mv new.h firmware_bindings/core/wire.h"

needs_arm = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None,
    reason="arm-none-eabi-gcc is not installed: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi",
)


def steps():
    """The shell blocks of part 1 up to the build; the test block after it needs a whole clone."""
    part = GUIDE.read_text().split("\n## ")[1]
    blocks = re.findall(r"^```sh\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    assert "pytest" in blocks[-1]
    return "".join(blocks[:-1])


@needs_arm
def test_the_steps_make_an_image_of_a_new_board(tmp_path):
    for name in ("hal", "firmware_bindings"):
        unneeded = shutil.ignore_patterns("*.pyx", "*.pxd", "__pycache__", "*.so")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=unneeded)
    shutil.copy(ROOT / "Makefile", tmp_path)
    script = steps().replace("make firmware-wire", PRINT_HEADER)
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(tmp_path), str(Path(np.__file__).parents[1])]))
    done = subprocess.run(
        ["sh", "-e"], input=script, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^lamp +flash \d+ of \d+", done.stdout, re.MULTILINE)
    header = (tmp_path / "firmware_bindings/core/wire.h").read_text()
    assert "BOARD_LAMP = 0x004" in header
    assert "APID_LAMP_OFFSET = 0x300" in header
    build = (tmp_path / "firmware_bindings/meson.build").read_text()
    assert (build.count("boards/lamp/lamp.c"), build.count("boards/lamp/lamp.h")) == (2, 1)
    symbols = subprocess.run(
        ["arm-none-eabi-nm", tmp_path / "build-firmware/arm/lamp.elf"], capture_output=True, text=True, check=True
    ).stdout
    assert " LAMP_OPS\n" in symbols
    assert " PING_OPS\n" not in symbols
    assert (tmp_path / "build-firmware/host/boards/lamp/lamp.o").is_file()

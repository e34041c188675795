"""An image in the emulator with nothing between the test and its octets: two sockets, QMP and the debugger's port."""

import json
import select
import shutil
import socket
import struct
import subprocess
import time

import pytest

EMULATOR = "qemu-system-arm"
MACHINE = "netduinoplus2"  # an STM32F405

needs_emulator = pytest.mark.skipif(
    shutil.which(EMULATOR) is None, reason="qemu-system-arm is not installed: apt-get install qemu-system-arm"
)
needs_arm = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None,
    reason="arm-none-eabi-gcc is not installed: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi",
)


def connect(path, deadline=600.0):
    """Open a Unix socket that the emulator is about to make."""
    end = time.monotonic() + deadline
    while True:
        try:
            link = socket.socket(socket.AF_UNIX)
            link.connect(str(path))
        except OSError:
            link.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.005)
        else:
            link.settimeout(deadline)
            return link


class Machine:
    """Starts frozen, so that no octet of the first BOOT is lost; `run()` lets it go. Use it in a `with` block."""

    def __init__(self, image, directory):
        self.image = image
        self.log = directory / "unimplemented.log"  # every access to a device that the emulator does not have
        paths = {name: directory / name for name in ("bus", "stimulus", "qmp", "debugger")}
        command = [EMULATOR, "-M", MACHINE, "-nodefaults", "-display", "none", "-S", "-kernel", str(image)]
        command += ["-d", "unimp", "-D", str(self.log)]
        for name in ("bus", "stimulus"):
            command += ["-chardev", f"socket,id={name},path={paths[name]},server=on,wait=off"]
            command += ["-serial", f"chardev:{name}"]
        command += ["-qmp", f"unix:{paths['qmp']},server=on,wait=off"]
        command += ["-gdb", f"unix:{paths['debugger']},server=on,wait=off"]
        self.paths = paths
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)

        self.qmp_link = self.qmp_lines = self.bus = self.stimulus = self.debugger = None

    def __enter__(self):
        try:
            self.qmp_link = connect(self.paths["qmp"])
            self.qmp_lines = self.qmp_link.makefile("r")
            self.bus = connect(self.paths["bus"])
            self.stimulus = connect(self.paths["stimulus"])
            self.qmp_lines.readline()
            self.qmp("qmp_capabilities")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate(timeout=600)
        for link in (self.qmp_lines, self.qmp_link, self.bus, self.stimulus, self.debugger):
            if link is not None:
                link.close()

    def qmp(self, command):
        """Run one command of the emulator's monitor; return its answer."""
        self.qmp_link.sendall(json.dumps({"execute": command}).encode())
        while True:
            answer = json.loads(self.qmp_lines.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def run(self):
        self.qmp("cont")

    def reset(self):
        """Pull the reset pin: RAM keeps its content."""
        self.qmp("system_reset")

    def symbol(self, name):
        """Address of a symbol of the image."""
        lines = subprocess.run(
            ["arm-none-eabi-nm", str(self.image)], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        found = [int(words[0], 16) for words in map(str.split, lines) if len(words) == 3 and words[2] == name]
        if len(found) != 1:
            raise KeyError(f"{self.image}: {len(found)} symbols {name}, expected 1")
        return found[0]

    def _send(self, packet):
        self.debugger.sendall(b"$" + packet + b"#%02x" % (sum(packet) & 0xFF))

    def _answer(self):
        """The next packet of the debugger's remote protocol."""
        octets = b""
        while octets.find(b"#") < 0 or len(octets) < octets.find(b"#") + 3:
            octets += self.debugger.recv(1)
        self.debugger.sendall(b"+")
        return octets[octets.find(b"$") + 1 : octets.find(b"#")]

    def _remote(self, packet):
        """One exchange; a stop that is reported late is not the answer."""
        self._send(packet)
        while (answer := self._answer())[:1] in {b"T", b"S"}:
            pass
        return answer

    def halt(self):
        """Stop the processor, so that memory can be read and written."""
        if self.debugger is None:
            self.debugger = connect(self.paths["debugger"])  # connecting halts
            self._send(b"?")
        else:
            self.debugger.sendall(b"\x03")
        while self._answer()[:1] not in {b"T", b"S"}:
            pass

    def resume(self):
        self._send(b"c")

    def read(self, address, size):
        """Memory, while halted."""
        parts = [
            bytes.fromhex(self._remote(b"m%x,%x" % (at, min(1024, address + size - at))).decode())
            for at in range(address, address + size, 1024)
        ]
        return b"".join(parts)

    def write(self, address, octets):
        answer = self._remote(b"M%x,%x:%s" % (address, len(octets), octets.hex().encode()))
        if answer != b"OK":
            raise RuntimeError(f"writing {address:#x}: {answer!r}")

    def set_register(self, number, value):
        """Set r0 to r15 while halted: 13 is the stack pointer, 15 the program counter."""
        self._remote(b"qXfer:features:read:target.xml:0,ffb")  # until asked so, QEMU counts registers otherwise
        answer = self._remote(b"P%x=%s" % (number, struct.pack("<I", value).hex().encode()))
        if answer != b"OK":
            raise RuntimeError(f"setting r{number}: {answer!r}")

    def read_words(self, address, count):
        return struct.unpack(f"<{count}I", self.read(address, 4 * count))


def receive(link, enough, deadline=600.0):
    """Octets from a socket until `enough(octets)`, or until the deadline [s]."""
    octets = b""
    end = time.monotonic() + deadline
    while not enough(octets):
        ready, _, _ = select.select([link], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            break
        octets += link.recv(4096)
    return octets

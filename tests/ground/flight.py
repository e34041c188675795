"""A flight in a process of its own that offers its space link."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading

ADDRESS = re.compile(r"ground: the space link is at tcp://([\d.]+):(\d+):")
PATIENCE_S = 600.0


class OfferedFlight:
    """`smartsat fly --json --ground tcp://127.0.0.1:0 ...`, from the line that says where until it is ended."""

    def __init__(self, *arguments, cwd):
        command = [
            sys.executable,
            "-m",
            "ground.cli.main",
            "fly",
            "--json",
            "--ground",
            "tcp://127.0.0.1:0",
            *arguments,
        ]
        self.process = subprocess.Popen(
            [*command, "--out", str(cwd / "run")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd
        )
        guard = threading.Timer(PATIENCE_S, self.process.kill)
        guard.start()
        self.said = ""
        while (match := ADDRESS.search(self.said)) is None:
            line = self.process.stderr.readline()
            assert line, self.said
            self.said += line
        guard.cancel()
        self.host, self.port = match[1], int(match[2])

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=PATIENCE_S)

    def end(self, interrupt=False):
        """Wait for the end, or bring it about; return the result."""
        if interrupt:
            self.process.send_signal(signal.SIGINT)
        stdout, stderr = self.process.communicate(timeout=PATIENCE_S)
        self.said += stderr
        assert "Traceback" not in self.said, self.said
        return json.loads(stdout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

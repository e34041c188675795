"""One shell in which the steps of a document are done, as a reader does them in a terminal."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from pathlib import Path

import matplotlib

from tests.docs.documents import DocumentError, Step, pattern, squeezed

MARK = "\x02end of step\x03"
KEPT = ("LANG", "LC_ALL", "SSL_CERT_FILE", "PIP_INDEX_URL", "PIP_CONFIG_FILE", "XDG_CONFIG_HOME")
LINES = 60  # of an output that a failure repeats


class Shell:
    """A bash in folder `root`, with the programs of `root/.venv` first; ends with everything it started."""

    def __init__(self, root: Path, limit_s: float) -> None:
        self.root, self._until = root, time.monotonic() + limit_s
        self._home = root.parent / "home"
        self._home.mkdir(exist_ok=True)
        environment = {name: os.environ[name] for name in KEPT if name in os.environ} | {
            "PATH": f"{root}/.venv/bin:{os.environ['PATH']}", "HOME": str(self._home), "TERM": "dumb", "COLUMNS": "120",
            "NO_COLOR": "1", "VIRTUAL_ENV": str(root / ".venv"), "PYTHONDONTWRITEBYTECODE": "1",
            "MPLCONFIGDIR": matplotlib.get_configdir(),  # the list of fonts takes seconds to make
            "PIP_NO_BUILD_ISOLATION": "1",  # with what is installed: no index is asked for setuptools
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }  # fmt: skip
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=root, env=environment, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def close(self) -> None:
        """End the shell and everything that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()

    def follow(self, steps: list[Step]) -> int:
        """Do all steps, return how many; raise `DocumentError` at the first that goes another way."""
        for step in steps:
            self.do(step)
        return len(steps)

    def do(self, step: Step) -> None:
        """Do one step; raise `DocumentError` when it goes another way than the document says."""
        writes = f"'{step.file}' <<'END OF FILE'\n{step.text}END OF FILE\n"
        code, output = self._run({
            "run": step.text, "excerpt": f"cat '{step.file}'\n", "append": f"cat >> {writes}",
            "write": f"mkdir -p \"$(dirname '{step.file}')\" && cat > {writes}",
        }[step.kind])  # fmt: skip
        what = f"{step.where}: {step.text if step.kind == 'run' else step.kind + ' ' + step.file}"
        told = "\n".join(output.splitlines()[-LINES:])
        if code != step.exit_code:
            raise DocumentError(f"{what}\nexit code {code}, expected {step.exit_code}; it said:\n{told}")
        if step.kind == "excerpt" and step.text.strip() not in output:
            raise DocumentError(f"{what}\nis not in that file:\n{step.text}")
        if step.output and not pattern(step.output).fullmatch(squeezed(output)):
            shown = "\n".join(step.output)
            raise DocumentError(f"{what}\nit said:\n{told}\nexpected as in the document:\n{shown}")

    def _run(self, script: str) -> tuple[int, str]:
        """Run a script in the shell; return its exit code and all it said."""
        path = self._home / "step.sh"
        path.write_text(script)
        self._bash.stdin.write(f". {path} </dev/null; printf '{MARK}%s\\n' $?\n".encode())
        self._bash.stdin.flush()
        said = b""
        while not (said.endswith(b"\n") and MARK.encode() in said):
            ready, _, _ = select.select([self._bash.stdout], [], [], max(self._until - time.monotonic(), 0.0))
            piece = os.read(self._bash.stdout.fileno(), 65536) if ready else b""
            if not piece:
                why = "the shell ended" if ready else "no end of it in time"
                raise DocumentError(f"{script}\n{why}; it said:\n{said.decode(errors='replace')[-4000:]}")
            said += piece
        output, _, code = said.decode(errors="replace").rpartition(MARK)
        return int(code), output

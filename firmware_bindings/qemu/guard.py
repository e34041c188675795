"""Becomes a program that the kernel kills when the thread that started it ends. Run as a script, not imported.

    python guard.py PARENT PROGRAM ARGUMENT...

PARENT is the process id of the caller. The kernel's promise (prctl(2), PR_SET_PDEATHSIG) survives execve. It is made
here, in a process of its own, because between fork and exec of a threaded parent only async-signal-safe calls are
allowed. A parent that ended before the promise was made has left this process to another: then there is nothing to do.
"""

import ctypes
import os
import resource
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> None:
    """Make the promise, then become the program; exit with status 1 or 127 and one line if that fails."""
    parent, command = int(arguments[0]), arguments[1:]
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0) != 0:
        sys.exit(f"{command[0]}: not started: PR_SET_PDEATHSIG is refused: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        sys.exit(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # an emulator that aborts leaves no file
    try:
        os.execv(command[0], command)
    except OSError as error:
        print(f"{command[0]}: cannot be run: {error.strerror}", file=sys.stderr)
        sys.exit(127)


if __name__ == "__main__":
    main(sys.argv[1:])

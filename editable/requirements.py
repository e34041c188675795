"""Print what pyproject.toml requires, one requirement a line: `requirements.py build`, or names of extras.

`build` is what a build needs, `run` what an install needs, any other word is an extra of the project.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def main(*words: str) -> int:
    """Print the requirements that `words` name; return the exit code."""
    text = tomllib.loads(PYPROJECT.read_text("utf-8"))
    project = text["project"]
    own = {"build": text["build-system"]["requires"], "run": project["dependencies"]}
    named = project["optional-dependencies"] | own
    for word in words:
        if word not in named:
            print(f"requirements.py: {word!r} is none of {', '.join(sorted(named))}", file=sys.stderr)
            return 1
        print("\n".join(named[word]))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

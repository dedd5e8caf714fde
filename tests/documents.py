"""What is generated in this repository: `python -m tests.documents` writes it anew.

A part of a document stands between `<!-- consumer docs NAME -->` and `<!-- end -->`, and
is what that command prints; a file of `FILES` is it as a whole.
"""

import re
import subprocess
import sys
from pathlib import Path

__all__ = ["FILES", "README", "ROOT", "SCHEMAS_README", "parts", "printed"]

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
SCHEMAS_README = ROOT / "schemas" / "README.md"
FILES = {ROOT / "schemas" / "mapping.schema.json": "docs mapping-schema"}
PART = re.compile(
    r"(<!-- consumer (?P<command>docs [a-z]+) -->\n)(?P<text>.*?)(<!-- end -->)",
    re.DOTALL,
)


def parts(text: str) -> dict[str, str]:
    """Return command to text of each generated part."""
    return {found["command"]: found["text"] for found in PART.finditer(text)}


def printed(command: str) -> str:
    """Return what `consumer COMMAND` prints."""
    result = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "consumer", *command.split()],
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.strip()


def main() -> None:
    """Write every generated part and file anew."""
    for document in (README, SCHEMAS_README):
        text = document.read_text(encoding="utf-8")
        fresh = PART.sub(
            lambda found: f"{found[1]}\n{printed(found['command'])}\n\n{found[4]}", text
        )
        document.write_text(fresh, encoding="utf-8")
    for file, command in FILES.items():
        file.write_text(f"{printed(command)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()

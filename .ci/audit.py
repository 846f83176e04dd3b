"""Asks the package index for known weaknesses of everything that the bot needs; red if there is one.

Where the index tells none of them (a mirror), the nearest that works: nothing that the bot needs may be older
than the newest release in our ranges, since that is where mends arrive.
"""

import json
import subprocess
import sys
from typing import Any


def called(*words: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-m", *words], check=False, capture_output=True, text=True)
    return done.returncode, done.stdout


def main() -> int:
    _, said = called(
        "pip_audit", "--local", "--skip-editable", "--progress-spinner", "off", "--format", "json"
    )
    found: list[dict[str, Any]] = json.loads(said)["dependencies"] if said else []
    asked = [each for each in found if "vulns" in each]
    weak = [each for each in asked if each["vulns"]]
    for each in weak:
        ids = ", ".join(one["id"] for one in each["vulns"])
        print(f"{each['name']} {each['version']}: {ids}")
    print(f"{len(asked)} of {len(found)} packages were audited, {len(weak)} have known weaknesses.")
    return bool(weak) or (not asked and outdated())


def outdated() -> bool:
    """Whether a newer release of something that the bot needs fits into our ranges."""
    words = ("--quiet", "--dry-run", "--upgrade", "--upgrade-strategy", "eager", "--report", "-", ".")
    code, said = called("pip", "install", *words)
    newer = [each["metadata"] for each in json.loads(said)["install"]] if code == 0 else []
    old = [f"{each['name']} {each['version']}" for each in newer if each["name"] != "invokeai-discord"]
    print(f"The index tells of no weaknesses. Newer releases in our ranges: {', '.join(old) or 'none'}.")
    return code != 0 or bool(old)


if __name__ == "__main__":
    sys.exit(main())

"""Metamer's own time of a case, now, and what tells the machine's mood: for scripts that time another engine beside it."""

import json
import subprocess
import tempfile

# Seconds to hand over 256 kB: 14 µs where two threads share a cache, 50 where they do not (README.md).
GOOD_MOOD = 25e-6


def own_result(program, name, shape=None, threads=2):
    """What `swift run Benchmarks` writes with --json about one case, and about the machine."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        title = name if shape is None else f"{name} {shape}"
        subprocess.run(
            [program, "--filter", title, "--threads", str(threads), "--json", file.name],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        record = json.load(open(file.name))
    for result in record["results"]:
        if result["name"] == name and shape in (None, result["shape"]):
            return result, record["machine"]
    raise SystemExit(f"{program} has no case {title}")


def hand_over_seconds(program, threads=2):
    """How long two threads take to hand over 256 kB each."""
    return own_result(program, "hand over", "256 kB a thread", threads)[0]["seconds_median"]

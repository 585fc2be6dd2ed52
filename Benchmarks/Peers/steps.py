"""Whole steps beside PyTorch, round by round: Metamer, the other program, Metamer again, as a machine's mood changes within minutes.

    python steps.py --json steps.jsonl [--rounds 3] [--program .build/debug/Benchmarks] CASE ... -- COMMAND ...
    python steps.py --table steps.jsonl

COMMAND prints a JSON object a line, with the step's name and median seconds, for all of the cases; `resnet_step.py` does for "step resnet"
and "forward resnet". Each round adds a line a case to the file. The table has the medians over the rounds, of all and of those of either
mood (README.md). Two threads.
"""

import argparse
import json
import statistics
import subprocess
import sys

from own_time import GOOD_MOOD, hand_over_seconds, own_result

# What the others' lines call a case, and where its seconds are.
NAMES = {
    "step spheres": ("spheres/train_epoch_500k", "step_ms_med", 1e-3),
    "step nuisance": ("spheres/nuisance_train_epoch_500k", "step_ms_med", 1e-3),
    "step fi-revnet": ("firevnet/train", "median_s", 1),
    "step reversible": ("firevnet/train reversible", "median_s", 1),
    "forward fi-revnet": ("firevnet/forward", "median_s", 1),
    "inverse fi-revnet": ("firevnet/inverse", "median_s", 1),
    "step resnet": ("step resnet", "seconds_median", 1),
    "forward resnet": ("forward resnet", "seconds_median", 1),
}


def peer_seconds(lines):
    found = {}
    for line in lines:
        if not line.startswith("{"):
            continue
        value = json.loads(line)
        kind = value.get("backprop", "-")
        name = value["name"] if kind in ("-", "standard") else f"{value['name']} {kind}"
        for case, (peer, key, unit) in NAMES.items():
            if peer == name and key in value:
                found[case] = value[key] * unit
    return found


def measure(arguments, cases, command):
    for _ in range(arguments.rounds):
        mood = hand_over_seconds(arguments.program)
        before = [own_result(arguments.program, case)[0]["seconds_median"] for case in cases]
        peers = peer_seconds(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines())
        after = [own_result(arguments.program, case) for case in cases]
        mood = max(mood, hand_over_seconds(arguments.program))
        with open(arguments.json, "a") as file:
            for case, first, (second, machine) in zip(cases, before, after):
                if case not in peers:
                    raise SystemExit(f"the command printed nothing about {case}")
                row = {
                    "case": case, "metamer": (first + second["seconds_median"]) / 2, "PyTorch": peers[case], "hand over": mood,
                    "peak_gflops": second["peak_gflops"], "operations": second["gflops"] * second["seconds_median"] * 1e9,
                    "commit": machine["commit"], "date": machine["date"], "cpu": machine["cpu"], "isa": machine["isa"],
                }
                file.write(json.dumps(row) + "\n")


def clock(seconds):
    return f"{1e3 * seconds:.3g} ms"


def table(path):
    rows = [json.loads(line) for line in open(path)]
    print(f"Commit {rows[-1]['commit']}, {rows[-1]['date'][:10]}, {rows[-1]['cpu']}, {rows[-1]['isa']}.\n")
    print("| | PyTorch | Metamer | ratio | share of the peak | good mood | bad mood |\n| --- | --- | --- | --- | --- | --- | --- |")

    def ratio(some):
        if not some:
            return "–"
        theirs, own = (statistics.median(row[key] for row in some) for key in ("PyTorch", "metamer"))
        return f"{clock(theirs)} / {clock(own)} = {theirs / own:.2f} × ({len(some)})"

    for case in NAMES:
        some = [row for row in rows if row["case"] == case]
        if not some:
            continue
        theirs, own = (statistics.median(row[key] for row in some) for key in ("PyTorch", "metamer"))
        share = statistics.median(100 * row["operations"] / row["metamer"] / 1e9 / row["peak_gflops"] for row in some)
        good = ratio([row for row in some if row["hand over"] < GOOD_MOOD])
        bad = ratio([row for row in some if row["hand over"] >= GOOD_MOOD])
        print(f"| {case} | {clock(theirs)} | {clock(own)} | {theirs / own:.2f} × | {share:.0f} % | {good} | {bad} |")


def main():
    words = sys.argv[1:]
    at = words.index("--") if "--" in words else len(words)
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--json")
    parser.add_argument("--table")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--program", default=".build/debug/Benchmarks")
    arguments = parser.parse_args(words[:at])
    if arguments.table:
        table(arguments.table)
    elif arguments.json and arguments.cases and words[at + 1:]:
        measure(arguments, arguments.cases, words[at + 1:])
    else:
        parser.error("expected --table FILE, or --json FILE CASE ... -- COMMAND ...")


if __name__ == "__main__":
    main()

"""The table of whole steps in Benchmarks/README.md, from a record of `swift run Benchmarks --json` and the lines that PyTorch's
scripts printed beside it:

    python Benchmarks/Peers/step_table.py Benchmarks/Results/DATE-ISA.json Benchmarks/Results/DATE-pytorch.jsonl
"""
import json
import sys

CASES = [  # ours, theirs, theirs in calls
    ("step spheres", "spheres/train_epoch_500k", "step_ms_med", 1e-3),
    ("step nuisance", "spheres/nuisance_train_epoch_500k", "step_ms_med", 1e-3),
    ("step fi-revnet", "firevnet/train", "median_s", 1),
    ("step reversible", "firevnet/train reversible", "median_s", 1),
    ("forward fi-revnet", "firevnet/forward", "median_s", 1),
    ("inverse fi-revnet", "firevnet/inverse", "median_s", 1),
    ("step resnet", "step resnet", "seconds_median", 1),
    ("forward resnet", "forward resnet", "seconds_median", 1),
]


def main():
    record = json.load(open(sys.argv[1]))
    peers = {}
    for line in open(sys.argv[2]):
        value = json.loads(line)
        kind = value.get("backprop", "-")
        peers[value["name"] if kind in ("-", "standard") else f"{value['name']} {kind}"] = value
    ours = {r["name"]: r for r in record["results"] if r["threads"] == 2}
    machine = record["machine"]
    print(f"Commit {machine['commit']}, {machine['date'][:10]}, {machine['cpu']}, {machine['isa']}.\n")
    print("| | PyTorch | Metamer | ratio | share of the peak |\n| --- | --- | --- | --- | --- |")
    for name, peer, key, unit in CASES:
        theirs, own = peers[peer][key] * unit, ours[name]["seconds_median"]
        share = 100 * ours[name]["share_of_peak"]
        print(f"| {name} | {1e3 * theirs:.3g} ms | {1e3 * own:.3g} ms | {theirs / own:.2f} × | {share:.0f} % |")


main()

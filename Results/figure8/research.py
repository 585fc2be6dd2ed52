"""The research of figure 8: what many runs of `Tools train` and `Tools shifted` gave, as one file and as a table.

    python Results/figure8/research.py collect RUN... > Results/figure8/research.json
    python Results/figure8/research.py table Results/figure8/research.json
"""
import json
import os
import sys

GAME = ["game_nuisance_accuracy", "uniform_cross_entropy", "nats_per_dimension", "largest_code"]


def collect(runs):
    rows = []
    for run in runs:
        metrics = json.load(open(f"{run}/metrics.json"))
        row = {
            "run": os.path.basename(run).removeprefix("hyp-"),
            "command": metrics["command"],
            "seed": metrics["seed"],
            "machine": {key: metrics["machine"][key] for key in ["cpu", "isa", "commit", "threads"]},
            "train_error": metrics["train"]["error"],
            "test_error": metrics["test"]["error"],
        }
        row |= {key: metrics["epochs"][-1][key] for key in GAME if key in metrics["epochs"][-1]}
        if os.path.exists(f"{run}/shift.json"):
            shift = json.load(open(f"{run}/shift.json"))
            row["shifted_error"] = shift["shifted"]["error"]
            row["nuisance"] = shift["nuisance"]
        rows.append(row)
    json.dump(rows, sys.stdout, indent=1)


def percent(value):
    return "–" if value is None else f"{100 * value:.2f}"


def table(path):
    print("| run | train | i.i.d. | D_Adv | fresh, D_train | fresh, D_Adv | I_D ≥ | I_DAdv ≥ | in the game |")
    print("| --- |" + " --- |" * 8)
    for row in json.load(open(path)):
        nuisance = row.get("nuisance", {})
        halves = [nuisance.get(key, {}) for key in ["iid_halves", "shifted_halves"]]
        nats = [f"{half['information_lower_bound_nats']:.2f}" if half else "–" for half in halves]
        cells = [row["run"]] + [percent(row.get(key)) for key in ["train_error", "test_error", "shifted_error"]]
        cells += [percent(nuisance.get("iid", {}).get("test_error")), percent(halves[1].get("test_error"))]
        print("| " + " | ".join(cells + nats + [percent(row.get("game_nuisance_accuracy"))]) + " |")


if sys.argv[1] == "collect":
    collect(sys.argv[2:])
else:
    table(sys.argv[2])

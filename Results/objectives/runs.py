"""Small runs of `Tools train` with different objectives, as one file and as a table.

    python Results/objectives/runs.py collect RUN... > Results/objectives/runs.json
    python Results/objectives/runs.py table Results/objectives/runs.json
"""
import json
import os
import sys


def read(path):
    return json.load(open(path)) if os.path.exists(path) else {}


def collect(runs):
    rows = []
    for run in runs:
        metrics = read(f"{run}/metrics.json")
        row = {
            "run": "/".join(run.rstrip("/").split("/")[-2:]),
            "command": metrics["command"],
            "seed": metrics["seed"],
            "machine": {key: metrics["machine"][key] for key in ["cpu", "isa", "commit", "threads"]},
            "train_error": metrics["train"]["error"],
            "test_error": metrics["test"]["error"],
            "shifted_error": metrics.get("shifted", {}).get("error"),
            "inverse_error": metrics["inverse"]["max_absolute_error"],
            "epochs": [
                {key: epoch[key] for key in ["test_error", "shifted_error", "gain"] if key in epoch}
                for epoch in metrics["epochs"]
            ],
        }
        metamers = read(f"{run}/metamers/metrics.json").get("metamers", {})
        if "judge" in metamers:
            row["metamers"] = {
                "nuisance_source_class": metamers["judge"]["nuisance_source_class"],
                "logit_source_class": metamers["judge"]["logit_source_class"],
                "pixels_a_tenth_outside_0_1": metamers["pixels_a_tenth_outside_0_1"],
                "as_bytes": metamers["as_bytes"]["predictions_unchanged"],
                "max_logit_difference": metamers["max_logit_difference"],
            }
        rows.append(row)
    json.dump(rows, sys.stdout, indent=1)


def percent(value):
    return "–" if value is None else f"{100 * value:.2f}"


def table(path):
    print("| run | i.i.d. | D_Adv | D_Adv by epoch | judge: donor | logits | outside | as bytes |")
    print("| --- |" + " --- |" * 7)
    for row in json.load(open(path)):
        metamers = row.get("metamers", {})
        curve = [percent(epoch.get("shifted_error")) for epoch in row["epochs"]]
        names = ["nuisance_source_class", "logit_source_class", "pixels_a_tenth_outside_0_1", "as_bytes"]
        cells = [row["run"], percent(row["test_error"]), percent(row["shifted_error"]), ", ".join(curve)]
        print("| " + " | ".join(cells + [percent(metamers.get(name)) for name in names]) + " |")


if sys.argv[1] == "collect":
    collect(sys.argv[2:])
else:
    table(sys.argv[2])

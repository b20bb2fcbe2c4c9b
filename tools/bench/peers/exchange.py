"""How a Python peer is asked and answers.

The argument is a JSON file (tools/bench/peers.mjs writes it):
  data         columns of little-endian doubles: the features, the target, the weight
  rows, width  rows of `data`, features of it
  test         feature columns to predict; testRows of them
  predictions  file to write one double a test row to
  model        file to keep the fitted model in, or null; read instead of fitting where it exists
  trees, seed, rules
  oneCalls     single-row predictions to time; batchSeconds: how long to time batches
The answer is one line of JSON on standard output.
"""
import json
import os
import resource
import sys
import time

for name in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR"):
    os.environ[name + "_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402  after the thread limits


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def timed(work):
    """What `work` returns, and the wall and processor seconds it took."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    result = work()
    return result, time.perf_counter() - wall, cpu_seconds() - cpu


def columns(path, count, rows):
    return np.fromfile(path, dtype="<f8").reshape(count, rows)


def below_all(x, reference):
    """NaN becomes a number below the feature's least, which one cut sets apart."""
    least = np.nan_to_num(np.nanmin(reference, axis=0)) - 1
    return np.where(np.isnan(x), least, x)


def answer(version, prepare, fit, predict, save, load):
    """
    prepare(features, reference) -> the matrix the library likes best; not timed
    fit(config, x, y, w) -> model; save(model, path); load(path) -> model
    predict(model, x) -> one number a row
    """
    with open(sys.argv[1]) as file:
        config = json.load(file)
    width = config["width"]
    data = columns(config["data"], width + 2, config["rows"])
    raw = data[:width].T
    y, w = data[width], data[width + 1]
    x = prepare(raw, raw)
    test = prepare(columns(config["test"], width, config["testRows"]).T, raw)
    out = {
        "version": version,
        "checksum": [float(np.nansum(raw)), float(y.sum()), float(w.sum())],
        "trees": config["trees"],
    }
    path = config["model"]
    if path and os.path.exists(path):
        model = load(path)
    else:
        model, out["fitWall"], out["fitCpu"] = timed(lambda: fit(config, x, y, w))
        if path:
            save(model, path)
    predictions = predict(model, test)
    np.asarray(predictions, dtype="<f8").tofile(config["predictions"])
    if config["oneCalls"]:
        time_one(out, config["oneCalls"], model, predict, test)
    if config["batchSeconds"]:
        time_batches(out, config["batchSeconds"], model, predict, test)
    print(json.dumps(out))


def time_one(out, calls, model, predict, test):
    def work():
        for i in range(calls):
            row = i % len(test)
            predict(model, test[row : row + 1])

    _, wall, cpu = timed(work)
    out["oneWall"], out["oneCpu"] = wall / calls, cpu / calls


def time_batches(out, seconds, model, predict, test):
    rows = wall = cpu = 0
    while wall < seconds:
        _, more_wall, more_cpu = timed(lambda: predict(model, test))
        rows, wall, cpu = rows + len(test), wall + more_wall, cpu + more_cpu
    out["rowWall"], out["rowCpu"] = wall / rows, cpu / rows

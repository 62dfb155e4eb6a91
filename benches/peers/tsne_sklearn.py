"""t-SNE here beside scikit-learn's Barnes-Hut: the same points, perplexity 30, 1,000 iterations, a start from PCA, in turn.

    pip install scikit-learn==1.9.1
    python benches/peers/tsne_sklearn.py [rounds] [threads] [points ...]

The points are 16 wide, normally distributed around 20 centres. Divergences are those that each program reports; "same
measure" computes both again from the two maps with one set of probabilities, over all pairs. On a machine that is busy
with other work, scikit-learn's threads wait for each other: compare with 1 thread there.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 3
THREADS = int(sys.argv[2]) if len(sys.argv) > 2 else len(os.sched_getaffinity(0))
SIZES = [int(size) for size in sys.argv[3:]] or [2000, 10000]
os.environ["OMP_NUM_THREADS"] = os.environ["RAYON_NUM_THREADS"] = str(THREADS)

import numpy as np  # noqa: E402
import sklearn  # noqa: E402
from sklearn.manifold import TSNE  # noqa: E402
from sklearn.neighbors import NearestNeighbors  # noqa: E402
from sklearn.manifold._t_sne import _joint_probabilities_nn  # noqa: E402


def points(rows, width=16, groups=20):
    random = np.random.default_rng(7)
    centres = random.normal(size=(groups, width)) * 3
    return (centres[random.integers(0, groups, rows)] + random.normal(size=(rows, width))).astype("<f4")


def probabilities(x):
    near = NearestNeighbors(n_neighbors=91).fit(x).kneighbors_graph(mode="distance")
    near.data **= 2
    return _joint_probabilities_nn(near, 30, 0).tocoo()


def divergence(p, map):
    map, z = map.astype(float), 0.0
    for begin in range(0, len(map), 500):
        some = map[begin : begin + 500]
        z += (1 / (1 + ((some[:, None] - map[None]) ** 2).sum(-1))).sum() - len(some)
    q = 1 / (1 + ((map[p.row] - map[p.col]) ** 2).sum(1)) / z
    return float((p.data * np.log(p.data / q)).sum())


def main():
    command = ["cargo", "run", "--quiet", "-p", "support", "--example", "tsne_speed"]
    here = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    here.stdout.readline()
    print(f"{THREADS} threads, {platform.machine()}; scikit-learn {sklearn.__version__}; {ROUNDS} rounds in turn")
    print(f"{'points':>8}{'':>16}{'seconds: fastest (median)':>28}{'KL':>10}{'same measure':>15}")
    for rows in SIZES:
        x = points(rows)
        p = probabilities(x)
        found = {"here": [], "scikit-learn": []}
        with tempfile.NamedTemporaryFile() as file:
            x.tofile(file.name)
            for turn in range(ROUNDS):
                task = {"file": file.name, "rows": rows, "width": x.shape[1], "dimensions": 2}
                print(json.dumps(task), file=here.stdin, flush=True)
                answer = json.loads(here.stdout.readline())
                ours = np.array(answer["map"]).reshape(-1, 2)
                found["here"].append((answer["seconds"], answer["kl"], divergence(p, ours)))
                model = TSNE(method="barnes_hut", n_jobs=THREADS, random_state=turn)
                begun = time.perf_counter()
                theirs = model.fit_transform(x)
                found["scikit-learn"].append(
                    (time.perf_counter() - begun, float(model.kl_divergence_), divergence(p, theirs))
                )
        for name, runs in found.items():
            seconds, kl, same = zip(*runs)
            shown = f"{min(seconds):.2f} ({statistics.median(seconds):.2f})"
            print(f"{rows:8}{name:>16}{shown:>28}{statistics.median(kl):10.4f}{statistics.median(same):15.4f}")
        ratio = min(run[0] for run in found["here"]) / min(run[0] for run in found["scikit-learn"])
        print(f"{'':24}ratio of the fastest {ratio:.3f}")
    here.stdin.close()
    here.wait()


if __name__ == "__main__":
    main()

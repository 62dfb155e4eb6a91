"""Integrated gradients here beside Captum on the same weights: 50 steps, a review of 40 words, in turn.

    pip install torch==2.15.0 captum==0.9.0 safetensors==0.8.0
    python benches/peers/ig_captum.py [rounds]

The network has the lessons' size: embedding 128, two bidirectional layers of 64, dense to 2; random weights, frozen. The
Rust side always computes F(x), F(baseline) and the delta; Captum is timed without its delta, the faster way. Captum gets
all 50 steps in one batch, from embedded vectors and, for comparison, through the embedding layer.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from captum.attr import IntegratedGradients, LayerIntegratedGradients
from safetensors.torch import load_file
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
STEPS, TARGET = 50, 1


class BiLstm(nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.embedding = nn.Embedding(*weights["embedding.weight"].shape)
        self.lstm = nn.LSTM(128, 64, num_layers=2, bidirectional=True, batch_first=True)
        self.dense = nn.Linear(128, 2)
        self.load_state_dict(weights)

    def inside(self, x):  # (batch, tokens, 128)
        _, (h, _) = self.lstm(x)
        return self.dense(torch.cat([h[-2], h[-1]], 1))

    def forward(self, ids):
        return self.inside(self.embedding(ids))


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    with tempfile.TemporaryDirectory() as folder:
        command = ["cargo", "run", "--quiet", "-p", "support", "--example", "ig_speed", "--", folder]
        here = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ids = torch.tensor([json.loads(here.stdout.readline())])
        model = BiLstm(load_file(Path(folder) / "model.safetensors")).eval().requires_grad_(False)
        vectors, layer = IntegratedGradients(model.inside), LayerIntegratedGradients(model, model.embedding)

        def ours():
            print(STEPS, file=here.stdin, flush=True)
            answer = json.loads(here.stdout.readline())
            return answer["seconds"], answer["scores"]

        def captum(explain):
            begun = time.perf_counter()
            scores = explain().sum(-1)[0]
            return time.perf_counter() - begun, scores.tolist()

        def from_vectors():
            x, pad = model.embedding(ids), model.embedding(torch.zeros_like(ids))
            return vectors.attribute(x, pad, TARGET, n_steps=STEPS)

        def from_layer():
            return layer.attribute(ids, torch.zeros_like(ids), TARGET, n_steps=STEPS)

        # The layer's gradient needs a weight that is followed.
        def through_layer():
            model.embedding.requires_grad_(True)
            found = captum(from_layer)
            model.embedding.requires_grad_(False)
            return found

        sides = {"here": ours, "Captum": lambda: captum(from_vectors), "Captum, layer": through_layer}
        times, scores = {name: [] for name in sides}, {}
        for number in range(rounds + 3):  # 3 to warm up
            for name, side in sides.items():
                seconds, scores[name] = side()
                if number >= 3:
                    times[name].append(seconds)
        here.stdin.close()
        here.wait()
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads; {ids.shape[1]} tokens, {STEPS} steps, {rounds} rounds")
    for name, found in times.items():
        print(f"{name:15} median {1e3 * statistics.median(found):6.1f} ms, fastest {1e3 * min(found):6.1f} ms")
    largest = max(map(abs, scores["Captum"]))
    worst = max(abs(a - b) for a, b in zip(scores["here"], scores["Captum"])) / largest
    print(f"largest difference of a score: {worst:.1e} of the largest score")


main()

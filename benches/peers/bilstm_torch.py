"""The Bi-LSTM in PyTorch beside ours: the same network on the same batches, epoch by epoch in turn.

    pip install torch numpy
    python benches/peers/bilstm_torch.py [rounds]

Embedding 128, two bidirectional layers of 64, dense to 2; dropout 0.3; AdamW; gradients clipped to norm 1. 5,000
reviews of 3 to 64 tokens, in batches of like length (random tokens; lengths as in short reviews). PyTorch reads packed
sequences, so that padding changes nothing; "padded" is what it costs without that: another network, whose backward
direction begins in the padding. Its AdamW is the fused one. Then the gradient of a logit with respect to 50 copies of
a text of 40 tokens with frozen weights, which is what integrated gradients needs.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

ROOT = Path(__file__).resolve().parents[2]
VOCABULARY, REVIEWS, DROPOUT = 5000, 5000, 0.3


class BiLstm(nn.Module):
    def __init__(self, packed):
        super().__init__()
        self.packed = packed
        self.embedding = nn.Embedding(VOCABULARY, 128, padding_idx=0)
        self.dropout = nn.Dropout(DROPOUT)
        self.lstm = nn.LSTM(128, 64, 2, bidirectional=True, dropout=DROPOUT)
        self.dense = nn.Linear(128, 2)

    def forward(self, ids, lengths):
        return self.read(self.dropout(self.embedding(ids)), lengths)

    def read(self, x, lengths):
        if self.packed:
            x = pack_padded_sequence(x, lengths, enforce_sorted=False)
        _, (h, _) = self.lstm(x)
        return self.dense(self.dropout(torch.cat([h[-2], h[-1]], 1)))


class Torch:
    def __init__(self, batches, packed):
        self.model = BiLstm(packed)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), 1e-3, weight_decay=0.01, fused=True)
        self.batches = []
        for batch in batches:
            lengths = torch.tensor([len(row) - 1 for row in batch])
            ids = torch.zeros(int(lengths.max()), len(batch), dtype=torch.long)
            for i, row in enumerate(batch):
                ids[: len(row) - 1, i] = torch.tensor(row[1:])
            self.batches.append((ids, lengths, torch.tensor([row[0] for row in batch])))

    def epoch(self):
        start = time.perf_counter()
        for ids, lengths, labels in self.batches:
            self.optimiser.zero_grad()
            nn.functional.cross_entropy(self.model(ids, lengths), labels).backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimiser.step()
        return time.perf_counter() - start

    def gradient(self, copies, tokens):
        self.model.eval()
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)
        x = torch.full((tokens, copies, 128), 0.1, requires_grad=True)
        start = time.perf_counter()
        logits = self.model.read(x, torch.full((copies,), tokens))[:, 1]
        torch.autograd.grad(logits.sum(), x)
        seconds = time.perf_counter() - start
        for parameter in self.model.parameters():
            parameter.requires_grad_(True)
        self.model.train()
        return seconds


class Ours:
    def __init__(self, batches, folder):
        file = folder / "batches.json"
        file.write_text(json.dumps({"vocabulary": VOCABULARY, "dropout": DROPOUT, "batches": batches}))
        command = ["cargo", "run", "--quiet", "-p", "support", "--example", "bilstm_speed", "--", str(file)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        print(line, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def epoch(self):
        return self.ask("epoch")

    def gradient(self, copies, tokens):
        return self.ask(f"gradient {copies} {tokens}")


def batches(size, random):
    """[label, ids…] per review, in batches of like length: sorted within pools of 32 batches."""
    lengths = np.clip(np.rint(random.lognormal(3.1, 0.55, REVIEWS)), 3, 64).astype(int)
    rows = [[int(random.integers(2)), *map(int, random.integers(2, VOCABULARY, n))] for n in lengths]
    found = []
    for start in range(0, REVIEWS, 32 * size):
        pool = sorted(rows[start : start + 32 * size], key=len)
        found += [pool[i : i + size] for i in range(0, len(pool), size)]
    random.shuffle(found)
    return found


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(0)
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {rounds} rounds; median (fastest)")
    table = []
    for size in (32, 64):
        given = batches(size, np.random.default_rng(size))
        tokens = sum(len(row) - 1 for batch in given for row in batch)
        with tempfile.TemporaryDirectory() as folder:
            sides = [Ours(given, Path(folder)), Torch(given, True), Torch(given, False)]
            times = [[], [], []]
            for side in sides:
                side.epoch()  # warm-up
            for _ in range(rounds):
                for side, found in zip(sides, times):
                    found.append(side.epoch())
            table.append((f"epoch, batch {size}, {tokens} tokens", times))
            if size == 32:
                times = [[], [], []]
                for _ in range(10 * rounds):
                    for side, found in zip(sides, times):
                        found.append(side.gradient(50, 40))
                table.append(("gradient, 50 x 40 tokens", times))
            sides[0].process.stdin.close()
            sides[0].process.wait()
    print(f"{'':36}{'here':>20}{'PyTorch packed':>22}{'padded':>20}{'packed / here':>15}{'best / here':>13}")
    for name, times in table:
        show = [f"{1e3 * statistics.median(t):.0f} ({1e3 * min(t):.0f}) ms" for t in times]
        medians = [statistics.median(t) for t in times]
        packed, best = medians[1] / medians[0], min(medians[1:]) / medians[0]
        print(f"{name:36}{show[0]:>20}{show[1]:>22}{show[2]:>20}{packed:15.1f}{best:13.1f}")


main()

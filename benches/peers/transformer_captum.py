"""MiniLM with a classification head here beside transformers and Captum: forward passes, cached activations, integrated
gradients, in turn on the same weights.

    pip install torch==2.15.0 captum==0.9.0 transformers==5.23.0 safetensors==0.8.0
    python benches/peers/transformer_captum.py FOLDER [rounds] [threads]

FOLDER is a BERT checkpoint with or without a head; all-MiniLM-L6-v2 for the numbers of the README. A missing head is drawn
at random with a seed. Captum gets all 50 steps in one batch, the word embeddings from a hook, and no delta, the faster way;
the Rust side always computes F(x), F(baseline) and the delta.
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

import captum
import torch
import transformers
from captum.attr import LayerIntegratedGradients

ROOT = Path(__file__).resolve().parents[2]
STEPS, TARGET, TOKENS = 50, 1, 24


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    threads = int(sys.argv[3]) if len(sys.argv) > 3 else len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    model = transformers.BertForSequenceClassification.from_pretrained(sys.argv[1]).eval()
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        command = ["cargo", "run", "--quiet", "-p", "support", "--example", "transformer_speed", "--", folder]
        environment = os.environ | {"RAYON_NUM_THREADS": str(threads)}
        here = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        here.stdout.readline()
        measure(model, here, rounds, threads)
        here.stdin.close()
        here.wait()


def measure(model, here, rounds, threads):
    random = torch.Generator().manual_seed(7)
    words = torch.randint(1000, 20000, (32, TOKENS), generator=random)
    words[:, 0], words[:, -1] = 101, 102
    baseline = torch.zeros_like(words[:1])
    baseline[:, 0], baseline[:, -1] = 101, 102
    layer = LayerIntegratedGradients(lambda ids: model(ids).logits, model.bert.embeddings.word_embeddings)

    def ours(task, ids):
        print(json.dumps({"task": task, "ids": ids.tolist(), "steps": STEPS}), file=here.stdin, flush=True)
        answer = json.loads(here.stdout.readline())
        return answer["seconds"], torch.tensor(answer["numbers"])

    def forward(ids):
        with torch.inference_mode():
            return model(ids).logits.flatten()

    def cache(ids):
        with torch.inference_mode():
            return model(ids, output_hidden_states=True).hidden_states[-1][:, 0].flatten()

    def ig(ids):
        found = layer.attribute(ids, baseline, TARGET, n_steps=STEPS, method="riemann_middle", internal_batch_size=STEPS)
        return found.sum(-1)[0]

    tasks = {
        "forward, 1 text": ("forward", words[:1], forward),
        "forward, 32 texts": ("forward", words, forward),
        "every layer's output kept, 1 text": ("cache", words[:1], cache),
        "every layer's output kept, 32 texts": ("cache", words, cache),
        f"integrated gradients, {STEPS} steps": ("ig", words[:1], ig),
    }
    times = {name: ([], []) for name in tasks}
    for turn in range(rounds + 2):
        for name, (task, ids, theirs) in tasks.items():
            ours_seconds, ours_numbers = ours(task, ids)
            begun = time.perf_counter()
            theirs_numbers = theirs(ids)
            theirs_seconds = time.perf_counter() - begun
            difference = (ours_numbers - theirs_numbers.detach()).abs().max().item()
            assert difference < 1e-3, (name, difference)
            if turn >= 2:  # the first rounds warm up
                times[name][0].append(ours_seconds)
                times[name][1].append(theirs_seconds)
    print(
        f"{TOKENS} tokens, {threads} threads, {platform.machine()}; torch {torch.__version__}, "
        f"transformers {transformers.__version__}, captum {captum.__version__}; {rounds} rounds in turn"
    )
    print(f"{'milliseconds: fastest (median)':38}{'here':>18}{'PyTorch, Captum':>18}{'ratio':>16}")
    for name, (a, b) in times.items():
        show = lambda seconds: f"{min(seconds) * 1e3:.1f} ({statistics.median(seconds) * 1e3:.1f})"
        ratio = f"{min(a) / min(b):.2f} ({statistics.median(a) / statistics.median(b):.2f})"
        print(f"{name:38}{show(a):>18}{show(b):>18}{ratio:>16}")


if __name__ == "__main__":
    main()

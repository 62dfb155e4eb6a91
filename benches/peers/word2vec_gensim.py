"""Skip-gram with negative sampling here beside gensim: seconds, words per second, and how good the vectors are, in turn on
the same sentences with the same settings.

    pip install gensim==4.4.0
    python benches/peers/word2vec_gensim.py [--text FILE] [--rounds 3] [--epochs 5] [--window 5] [--workers 2] [--lanes 2]

Without --text the sentences are those of data/headlines, lower-cased, and the vectors answer its analogies and rank its
pairs of words; with it, FILE holds a sentence per line. Both sides count the corpus and train; reading and cutting it into
words is not timed. gensim's own evaluation judges the vectors of both.
"""

import argparse
import csv
import json
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import gensim
from gensim.models import KeyedVectors, Word2Vec
from scipy.stats import spearmanr

ROOT = Path(__file__).resolve().parents[2]
WORD = re.compile(r"[\w]+(?:['\-][\w]+)*")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--text")
    for name, value in [("rounds", 3), ("epochs", 5), ("window", 5), ("workers", 2), ("lanes", 2), ("dimensions", 100)]:
        parser.add_argument("--" + name, type=int, default=value)
    options = parser.parse_args()
    sentences = [WORD.findall(line.lower()) for line in lines(options.text)]
    tokens = sum(map(len, sentences))
    print(f"gensim {gensim.__version__}, {platform.machine()}, {len(sentences)} sentences, {tokens} words")
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "sentences.txt"
        corpus.write_text("\n".join(" ".join(words) for words in sentences) + "\n", encoding="utf-8")
        command = ["cargo", "run", "--quiet", "-p", "support", "--example", "word2vec_speed", "--", str(corpus)]
        environment = os.environ | {"RAYON_NUM_THREADS": str(options.workers)}
        here = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        here.stdout.readline()
        found = {"here": [], "gensim": []}
        for seed in range(1, options.rounds + 1):
            saved = str(Path(folder) / "vectors.txt")
            task = {"save": saved, "seed": seed, "rate": 0.025}
            task |= {name: getattr(options, name) for name in ("dimensions", "window", "epochs", "lanes")}
            print(json.dumps(task), file=here.stdin, flush=True)
            seconds = json.loads(here.stdout.readline())["seconds"]
            found["here"].append((seconds, *scores(KeyedVectors.load_word2vec_format(saved))))
            start = time.perf_counter()
            model = Word2Vec(
                sentences, vector_size=options.dimensions, window=options.window, min_count=5, sg=1, negative=5,
                sample=1e-3, alpha=0.025, min_alpha=1e-4, epochs=options.epochs, workers=options.workers, seed=seed,
            )
            found["gensim"].append((time.perf_counter() - start, *scores(model.wv)))
        here.stdin.close()
        here.wait()
    print("            seconds (fastest, median)   words/s   analogies  similarity  relatedness (means)")
    for name, rows in found.items():
        seconds = [row[0] for row in rows]
        means = [statistics.mean(column) for column in list(zip(*rows))[1:]]
        speed = tokens * options.epochs / min(seconds)
        print(f"{name:10}  {min(seconds):8.2f} {statistics.median(seconds):8.2f} {speed:18,.0f}"
              + "".join(f"{mean:11.3f}" for mean in means))


def lines(path):
    if path:
        return Path(path).read_text(encoding="utf-8").splitlines()
    with open(ROOT / "data/headlines/headlines.csv", newline="", encoding="utf-8") as file:
        return [row["text"] for row in csv.DictReader(file)]


def scores(vectors):
    """Share of analogies that are right, and rank correlation with both judgements; nothing where there is no such set."""
    folder = ROOT / "data/headlines"
    if not (folder / "analogies.csv").is_file() or "paris" not in vectors:
        return ()
    right = []
    for row in csv.DictReader(open(folder / "analogies.csv", newline="", encoding="utf-8")):
        a, b, c, d = (row[name] for name in "abcd")
        known = all(word in vectors for word in (a, b, c, d))
        right.append(known and vectors.most_similar([b, c], [a], topn=1)[0][0] == d)
    pairs = list(csv.DictReader(open(folder / "similarities.csv", newline="", encoding="utf-8")))
    cosines = [vectors.similarity(row["word_a"], row["word_b"]) for row in pairs]
    judged = ([float(row[name]) for row in pairs] for name in ("similarity", "relatedness"))
    return (statistics.mean(right), *(float(spearmanr(cosines, j).statistic) for j in judged))


if __name__ == "__main__":
    main()

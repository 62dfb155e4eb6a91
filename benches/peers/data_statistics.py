"""The figures of a data set's README.md: python data_statistics.py tweets|comments_en|comments_pt|reviews

What needs scikit-learn, and what is counted over texts and rationales. Made with scikit-learn 1.9
(pip install scikit-learn numpy). `cargo course data NAME` prints the rest: rows and the longest shared run of words.
"""

import csv
import re
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
CLASSES = {"tweets": ("negative", "neutral", "positive"), "reviews": ("negative", "positive")}
# The word that stands in one class only by arrangement, in the training part.
PLANTED = {"comments_en": r"trams?", "comments_pt": r"ciclovias?"}
# Words whose share per class a README gives.
PERSONS = {"comments_en": {"i, my": r"i|i'm|i'd|i've|i'll|my", "you, your": r"you|your|you're|you've"},
           "reviews": {w: w for w in ("not", r"\w+n't", "no", "never", "nothing", "without", "but", "i", "you",
                                      "film|movie")},
           "comments_pt": {"eu, meu": r"eu|meus?|minhas?", "você, seu": r"você|vocês|vcs?|seus?|suas?"}}

name = sys.argv[1]
with open(Path(__file__).parents[2] / "data" / name / f"{name}.csv", encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
classes = CLASSES.get(name, ("constructive", "hostile"))
parts = {part: [row for row in rows if row["split"] == part] for part in ("train", "test")}
# Handles become blanks, so that positions stay.
texts = {part: [re.sub(r"@\w+", lambda m: " " * len(m[0]), row["text"]) for row in part_rows]
         for part, part_rows in parts.items()}
labels = {part: np.array([int(row["label"]) for row in part_rows]) for part, part_rows in parts.items()}
words = {part: [WORD.findall(text.lower()) for text in part_texts] for part, part_texts in texts.items()}


def spans(row):
    return [tuple(map(int, span.split(":"))) for span in row["rationale"].split(";") if span]


def word_pattern(alternatives):
    return rf"\b(?:{alternatives})\b"


def share(part, pattern, raw=False):
    """Per class the rows that hold the pattern."""
    source = [row["text"] for row in parts[part]] if raw else texts[part]
    found = np.array([bool(re.search(pattern, text.lower())) for text in source])
    return "  ".join(f"{c} {found[labels[part] == i].sum()} ({found[labels[part] == i].mean():.1%})"
                     for i, c in enumerate(classes))


for part, part_rows in parts.items():
    vocabulary = {word for message in words[part] for word in message}
    print(f"{part}: {len(part_rows)} rows, different words {len(vocabulary)}")
    for i, c in [(None, "all"), *enumerate(classes)]:
        chosen = [row for row in part_rows if i is None or row["label"] == str(i)]
        lengths = [len(row["text"].split()) for row in chosen]
        marked = [spans(row) for row in chosen]
        covered = np.mean([sum(b - a for a, b in s) / len(row["text"]) for row, s in zip(chosen, marked)])
        print(f"  {c}: words 0/5/50/95/100 % {np.percentile(lengths, [0, 5, 50, 95, 100]).astype(int)}, rows with a "
              f"mark {np.mean([bool(s) for s in marked]):.1%}, marks per row {np.mean([len(s) for s in marked]):.2f}, "
              f"characters covered {covered:.1%}")
    for what, pattern, raw in (("a question mark", r"\?", 0), ("a quotation mark", '"', 0), ("a handle", r"@\w", 1)):
        print(f"  rows with {what}: {share(part, pattern, raw)}")
    for what, pattern in PERSONS.get(name, {}).items():
        print(f"  rows with {what}: {share(part, word_pattern(pattern))}")
    if name in PLANTED:
        print(f"  rows with {PLANTED[name]}: {share(part, word_pattern(PLANTED[name]))}")
known = {word for message in words["train"] for word in message}
running = [word for message in words["test"] for word in message]
print(f"test words in train: {np.mean([word in known for word in set(running)]):.1%} of the different, "
      f"{np.mean([word in known for word in running]):.1%} of the running words")
for analyzer, ngrams in (("word", (1, 1)), ("char_wb", (3, 5))):
    vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams)
    train = vectorizer.fit_transform(texts["train"])
    print(analyzer, "nearest test-train cosine", round((vectorizer.transform(texts["test"]) @ train.T).max(), 2))

if name in PLANTED or name == "reviews":
    # Which words of the training part lean to a class although no rationale holds them? z-scores of the log-odds ratio
    # with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008): the pooled counts, a tenth of a class.
    counts, inside, in_rows = (Counter(), Counter()), Counter(), (Counter(), Counter())
    for row, text in zip(parts["train"], texts["train"]):
        label, marked, found = int(row["label"]), spans(row), set()
        for match in WORD.finditer(text):
            word = match[0].lower()
            counts[label][word] += 1
            inside[word] += any(a < match.end() and match.start() < b for a, b in marked)
            found.add(word)
        in_rows[label].update(found)
    both = counts[0] + counts[1]
    n = [sum(c.values()) for c in counts]
    prior = {word: 0.1 * min(n) * count / sum(n) for word, count in both.items()}

    def z(word):
        y = [counts[i][word] + prior[word] for i in (0, 1)]
        odds = [np.log(y[i] / (n[i] + 0.1 * min(n) - y[i])) for i in (0, 1)]
        return (odds[1] - odds[0]) / np.sqrt(1 / y[0] + 1 / y[1])

    outside = [word for word in both if both[word] >= 5 and inside[word] <= 0.2 * both[word]]
    print(f"words of 5 or more occurrences, at most a fifth of them inside a rationale: {len(outside)}; largest |z|:",
          [(w, round(float(z(w)), 1), counts[0][w], counts[1][w]) for w in sorted(outside, key=lambda w: -abs(z(w)))[:6]])
    by_z = sorted((w for w in both if both[w] >= 8), key=z)
    print(f"of all words, furthest to {classes[0]}:", *by_z[:50], f"; to {classes[1]}:", *by_z[:-51:-1])
    frequent = [w for w in outside if in_rows[0][w] + in_rows[1][w] >= 25]
    shares = {w: in_rows[1][w] / (in_rows[0][w] + in_rows[1][w]) for w in frequent}
    print(f"{len(frequent)} of them in 25 or more rows; beyond 40 to 60 % in one class:",
          {w: round(s, 2) for w, s in shares.items() if not 0.4 <= s <= 0.6})
    trigrams = Counter(t for message in words["train"] for t in set(zip(message, message[1:], message[2:])))
    print("most frequent trigrams, rows:", [(" ".join(t), count) for t, count in trigrams.most_common(8)])


def pipeline(c, **options):
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), **options), LogisticRegression(C=c, max_iter=3000))


raw = {part: [row["text"] for row in part_rows] for part, part_rows in parts.items()}
for options in ({"min_df": 2}, {"min_df": 2, "stop_words": "english"}):
    if "stop_words" in options and name == "comments_pt":
        continue
    for c in (1, 10):
        model = pipeline(c, **options).fit(raw["train"], labels["train"])
        right = model.predict(raw["test"]) == labels["test"]
        print(options, "C", c, "test accuracy", round(float(right.mean()), 3),
              "per class", [round(float(right[labels["test"] == i].mean()), 3) for i in range(len(classes))])
        if name in PLANTED:
            planted = np.array([bool(re.search(word_pattern(PLANTED[name]), text.lower())) for text in raw["test"]])
            print("  of rows with the planted word:", [round(float(right[planted & (labels["test"] == i)].mean()), 3)
                                                       for i in range(len(classes))], "right per class")
inside_train = cross_val_score(pipeline(1, min_df=2), raw["train"], labels["train"], cv=3)
print("inside the training part", round(inside_train.mean(), 3))

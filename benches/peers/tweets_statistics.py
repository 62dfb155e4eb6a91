"""The figures of data/tweets/README.md that need scikit-learn: python tweets_statistics.py ../../data/tweets/tweets.csv

Made with scikit-learn 1.9 (pip install scikit-learn numpy).
"""

import csv
import re
import sys

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

with open(sys.argv[1], encoding="utf-8") as file:
    rows = list(csv.DictReader(file))
parts = {name: [row for row in rows if row["split"] == name] for name in ("train", "test")}
texts = {name: [re.sub(r"@\w+", "", row["text"]) for row in part] for name, part in parts.items()}
labels = {name: [int(row["label"]) for row in part] for name, part in parts.items()}
words = {name: [re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower()) for text in part] for name, part in texts.items()}

for name, part in parts.items():
    lengths = [len(row["text"].split()) for row in part]
    vocabulary = {word for message in words[name] for word in message}
    print(name, len(part), "words", np.percentile(lengths, [0, 5, 50, 95, 100]), "different", len(vocabulary))
known = {word for message in words["train"] for word in message}
running = [word for message in words["test"] for word in message]
print(f"test words in train: {np.mean([word in known for word in set(running)]):.3f} of the different, "
      f"{np.mean([word in known for word in running]):.3f} of the running words")

for analyzer, ngrams in (("word", (1, 1)), ("char_wb", (3, 5))):
    vectorizer = TfidfVectorizer(analyzer=analyzer, ngram_range=ngrams)
    train = vectorizer.fit_transform(texts["train"])
    print(analyzer, "nearest test-train cosine", round((vectorizer.transform(texts["test"]) @ train.T).max(), 2))


def pipeline(c, **options):
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), **options), LogisticRegression(C=c, max_iter=3000))


raw = {name: [row["text"] for row in part] for name, part in parts.items()}
for options in ({"min_df": 2}, {"min_df": 2, "stop_words": "english"}):
    for c in (1, 10):
        model = pipeline(c, **options).fit(raw["train"], labels["train"])
        print(options, "C", c, "test accuracy", round(model.score(raw["test"], labels["test"]), 3))
inside = cross_val_score(pipeline(1, min_df=2), raw["train"], labels["train"], cv=3)
print("inside the training part", round(inside.mean(), 3))

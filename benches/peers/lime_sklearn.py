"""The figures of `support/examples/airline.rs`, made with scikit-learn 1.8 and lime 0.2.0.1.

    pip install scikit-learn==1.8.0 lime==0.2.0.1
    python benches/peers/lime_sklearn.py tweets.csv [stop-words.txt]

The csv has the columns text and label (0, 1, 2). Without a list of stop words, scikit-learn's English one is taken.
"""

import csv
import re
import sys
import time

import numpy as np
from lime.lime_text import LimeTextExplainer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline


def fastest(times, work):
    best, result = float("inf"), None
    for _ in range(times):
        begun = time.perf_counter()
        result = work()
        best = min(best, (time.perf_counter() - begun) * 1e3)
    return best, result


def main():
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    stop = open(sys.argv[2], encoding="utf-8").read().split() if len(sys.argv) > 2 else "english"
    texts = [row["text"] for row in rows]
    labels = np.array([int(row["label"]) for row in rows])
    print("texts", len(texts))

    ms, x = fastest(5, lambda: CountVectorizer(ngram_range=(1, 3)).fit_transform(texts))
    print(f"counts of 1-3-grams: {x.shape[1]} features, {x.nnz} entries, {ms:.0f} ms")
    ms, x = fastest(5, lambda: TfidfVectorizer(ngram_range=(1, 2)).fit_transform(texts))
    print(f"TF-IDF of 1-2-grams: {x.shape[1]} features, {x.nnz} entries, {ms:.0f} ms")

    scores = []
    for seed in range(5):
        train, test, y_train, y_test = train_test_split(texts, labels, test_size=0.1, random_state=seed)
        begun = time.perf_counter()
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=10, stop_words=stop)
        model = LogisticRegression(C=0.5, max_iter=1000).fit(vectorizer.fit_transform(train), y_train)
        seconds = time.perf_counter() - begun
        scores.append(model.score(vectorizer.transform(test), y_test))
        features, majority = len(vectorizer.vocabulary_), np.mean(y_test == 0)
        print(f"seed {seed}: {features} features, accuracy {scores[-1]:.4f}, class 0 always {majority:.4f}, fit {seconds:.2f} s")
    print(f"mean accuracy {np.mean(scores):.4f}")

    pipeline = make_pipeline(vectorizer, model)
    text = next(text for text in test if len(set(filter(None, re.split(r"\W+", text)))) == 20)
    target = int(pipeline.predict([text])[0])
    explainer = LimeTextExplainer(class_names=["negative", "neutral", "positive"], random_state=0)

    def explain():
        return explainer.explain_instance(text, pipeline.predict_proba, labels=[target], num_features=20)

    ms, explanation = fastest(10, explain)
    print(f"LIME, 5000 samples, 20 words: {ms:.1f} ms, R² {explanation.score:.3f}")
    print(text)
    print(explanation.as_list(label=target)[:6])


main()

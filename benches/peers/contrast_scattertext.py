"""The terms that set two classes apart in a csv, as the package scattertext finds them, and how long it takes.

    pip install scattertext==0.2.2 future six pandas==3.1.1 scipy==1.13.1
    python contrast_scattertext.py PATH.csv [explorer.html]

PATH.csv has the columns `text` and `label` (0 or 1). `cargo run -p support --example contrast -- PATH.csv` prints the
same for the crate `support`. What is the same: small letters, single words and pairs, counts of occurrences, terms in
at least 5 texts, scaled F-score with beta 2, words of one letter. What differs: scattertext's pairs do not cross
the end of a sentence, `#` is a term, and its default tokeniser drops what stands after a text's last full stop. With a second argument, scattertext's explorer is written there.
"""

import sys
import time

import numpy as np
import pandas as pd
import scattertext
from scattertext.termscoring.ScaledFScore import ScaledFScorePresets

MIN_TEXTS = 5


def show(title, terms, scores):
    order = np.argsort(-scores, kind="stable")
    print(f"{title}, class 1: {', '.join(terms[i] for i in order[:20])}")
    print(f"{title}, class 0: {', '.join(terms[i] for i in order[::-1][:20])}")


def main():
    path = sys.argv[1]
    frame = pd.read_csv(path, keep_default_na=False)
    frame["class"] = ["class " + str(label) for label in frame["label"]]
    begun = time.perf_counter()
    corpus = scattertext.CorpusFromPandas(
        frame, category_col="class", text_col="text", nlp=scattertext.whitespace_nlp_with_sentences
    ).build()
    print(f"{len(frame)} texts, {corpus.get_num_terms()} terms counted in {time.perf_counter() - begun:.1f} s")

    begun = time.perf_counter()
    counts = corpus.get_term_freq_df("")
    terms = np.array(counts.index)
    a, b = counts["class 1"].to_numpy(), counts["class 0"].to_numpy()
    everything = ScaledFScorePresets(beta=2).get_scores(a, b)
    print(f"all terms scored in {time.perf_counter() - begun:.2f} s")
    show("scaled_f of all terms, no least count", terms, everything)

    texts = np.asarray((corpus.get_term_doc_mat() > 0).sum(axis=0)).ravel()
    kept = texts >= MIN_TEXTS
    scores = ScaledFScorePresets(beta=2).get_scores(a[kept], b[kept])
    print(f"{kept.sum()} terms are in at least {MIN_TEXTS} texts")
    show("scaled_f", terms[kept], scores)

    if len(sys.argv) > 2:
        begun = time.perf_counter()
        page = scattertext.produce_scattertext_explorer(
            corpus,
            category="class 1",
            category_name="class 1",
            not_category_name="class 0",
            minimum_term_frequency=MIN_TEXTS,
            pmi_threshold_coefficient=0,
            transform=scattertext.Scalers.dense_rank,
            term_scorer=ScaledFScorePresets(beta=2, one_to_neg_one=True),
            width_in_pixels=1000,
        )
        with open(sys.argv[2], "w", encoding="utf-8") as file:
            file.write(page)
        megabytes = len(page.encode()) / 1e6
        print(f"{sys.argv[2]}: {megabytes:.1f} MB in {time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()

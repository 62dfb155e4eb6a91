//! The checks of lesson 07: pointwise mutual information, dense ranks, the accident in the Portuguese comments.

use super::{Verdict, check, number, numbers, require, unfinished};
use sources::data::{self, Source};
use text;

/// What exercise 7.1 asks for: texts of the class with the term, texts of the class, texts with the term, all texts.
pub type Pmi<'a> = &'a dyn Fn(f64, f64, f64, f64) -> f64;

/// 7.1: pointwise mutual information of a term and a class, in bits.
pub fn check_07_1(pmi: Pmi<'_>) -> Verdict {
    check("7.1", &|| {
        // 30 of the 50 texts of the class hold the term, and 40 of all 200: p = .15, .25 and .2.
        let found = pmi(30.0, 50.0, 40.0, 200.0);
        unfinished(found == 0.0 && pmi(5.0, 10.0, 5.0, 20.0) == 0.0, "replace the 0.0 by the logarithm of the ratio")?;
        let near = |value: f64| (found - value).abs() < 1e-9;
        let right = 3.0f64.log2(); // .15 / (.25 · .2)
        require(!near(3.0f64.ln()), "that is in nats: take the logarithm to base 2, `.log2()`")?;
        require(!near(3.0), "that is the ratio itself; the measure is its logarithm to base 2")?;
        require(!near(-right), "the ratio is upside down: p(term and class) stands above")?;
        require(
            !near((30.0f64 / (50.0 * 40.0)).log2()),
            "you divide counts; each has to be divided by the number of all texts first",
        )?;
        require(!near((30.0f64 / 50.0).log2()), "that is p(term | class) alone; divide it by p(term)")?;
        require(!near((30.0f64 / 40.0).log2()), "that is p(class | term) alone; divide it by p(class)")?;
        number("PMI with 30 of 50, 40 of 200", found, right, 1e-9)?;
        number("PMI of a term that is as frequent in the class as elsewhere", pmi(5.0, 50.0, 20.0, 200.0), 0.0, 1e-9)?;
        number("PMI of a term that only the class has", pmi(1.0, 50.0, 1.0, 200.0), 2.0, 1e-9)?;
        Ok("one text with the term is enough for the highest value: rare terms win".to_owned())
    })
}

/// 7.2: dense ranks of counts, scaled to 0 … 1.
pub fn check_07_2(dense_ranks: &dyn Fn(&[u32]) -> Vec<f64>) -> Verdict {
    check("7.2", &|| {
        let counts = [7, 1, 90, 1, 7, 0];
        let found = dense_ranks(&counts);
        unfinished(found.is_empty(), "return one rank per count")?;
        let third = 1.0 / 3.0;
        let expected = [2.0 * third, third, 1.0, third, 2.0 * third, 0.0];
        let is = |values: [f64; 6]| found.len() == 6 && found.iter().zip(values).all(|(a, b)| (a - b).abs() < 1e-9);
        require(!is([2.0, 1.0, 3.0, 1.0, 2.0, 0.0]), "right ranks; now divide by the highest, so that they end at 1")?;
        require(
            !is([3.0, 2.0, 4.0, 2.0, 3.0, 1.0].map(|x| x / 4.0)),
            "the lowest rank is 0, not 1: count the different values that are smaller",
        )?;
        require(
            !is([3.0, 1.0, 5.0, 1.0, 3.0, 0.0].map(|x| x / 5.0)),
            "you count the terms with smaller counts; a dense rank counts the different smaller values, each once",
        )?;
        require(
            found.len() != 6 || (found[0] == found[4] && found[1] == found[3]),
            "equal counts must share a rank: 7 and 7, 1 and 1",
        )?;
        require(!is(expected.map(|x| 1.0 - x)), "upside down: the highest count has rank 1")?;
        require(!is(counts.map(|x| f64::from(x) / 90.0)), "that scales the counts; ranks look at their order only")?;
        numbers("the ranks of 7, 1, 90, 1, 7, 0", &found, &expected, 1e-9)?;
        let same = dense_ranks(&[4, 4]);
        require(
            same.len() == 2 && same.iter().all(|rank| rank.is_finite()),
            "with equal counts only, the highest rank is 0: take care not to divide by it",
        )?;
        Ok("the thousands of words that occur once share one rank, and the plot stays readable".to_owned())
    })
}

/// 7.3: the word that leans to hostile in the Portuguese comments, and is no reason for any label.
pub fn check_07_3(word: &str) -> Verdict {
    check("7.3", &|| {
        unfinished(word.trim().is_empty(), "write the word between the quotation marks")?;
        let word = word.trim().to_lowercase();
        let train = data::comments("pt", Source::Bundled)?.split("train")?;
        let stop = text::stop_words("pt")?;
        let contrast =
            text::ContrastOptions::new().ngrams(1, 1).min_texts(5).stop_words(&stop).fit(&train, "hostile")?;
        let (z, shares) = (contrast.z_scores(), text::rationale_shares(&train, &contrast)?);
        let Some(at) = contrast.position(&word) else {
            return Err(ground::Error::new(format!(
                "“{word}” is not among the words: it is in fewer than 5 training texts, on the stop list, or not one word"
            )));
        };
        let free = |i: &usize| shares[*i] < 0.1;
        let best = (0..z.len()).filter(free).max_by(|&a, &b| z[a].total_cmp(&z[b])).unwrap_or(at);
        require(z[at] > 0.0, &format!("“{word}” leans to constructive: its z is {:.1}", z[at]))?;
        require(
            free(&at),
            &format!(
                "“{word}” leans to hostile (z = {:.1}), and is a reason: {:.0} % of its occurrences lie inside a rationale",
                z[at],
                100.0 * shares[at]
            ),
        )?;
        require(
            at == best,
            &format!("“{word}” is no reason, but its z is {:.1}; another word has a much higher one", z[at]),
        )?;
        Ok(format!(
            "in {} hostile and {} constructive texts, never a reason",
            contrast.documents_a[at], contrast.documents_b[at]
        ))
    })
}

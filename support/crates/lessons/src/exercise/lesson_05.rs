//! The checks of lesson 05: the pairs of a thinned sentence, negatives with exclusions, the gradient of the softmax
//! loss, the multiplicative answer to an analogy.

use candle_core::{Device, Tensor};

use super::{Verdict, check, count, numbers, require, unfinished};
use embeddings::WordVectors;
use ground::Result;

/// What exercise 5.1 asks for: (target, context) pairs from words, which of them stay, and how far each window reaches.
pub type SentencePairs<'a> = &'a dyn Fn(&[String], &[bool], &[usize]) -> Vec<(String, String)>;

/// 5.1: skip-grams of a sentence from which subsampling has removed words.
pub fn check_05_1(pairs: SentencePairs<'_>) -> Verdict {
    check("5.1", &|| {
        let of = |words: &str, keep: &[bool], reach: &[usize]| {
            let words: Vec<String> = words.split(' ').map(String::from).collect();
            let mut found = pairs(&words, keep, reach);
            found.sort();
            found
        };
        let expect = |expected: &[(&str, &str)]| {
            let mut pairs: Vec<(String, String)> =
                expected.iter().map(|(target, context)| ((*target).to_owned(), (*context).to_owned())).collect();
            pairs.sort();
            pairs
        };
        let all = of("a b c d", &[true; 4], &[1; 4]);
        unfinished(all.is_empty(), "return one pair per target and context")?;
        let expected = expect(&[("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"), ("c", "d"), ("d", "c")]);
        require(!all.iter().any(|(target, context)| target == context), "a word is no context of itself")?;
        require(
            all != expect(&[("a", "b"), ("b", "c"), ("c", "d")]),
            "only the words that follow: the window reaches to both sides",
        )?;
        count("pairs of `a b c d`, all kept, reach 1", all.len(), expected.len())?;
        require(all == expected, &format!("`a b c d`, all kept, reach 1: found {}", shown(&all)))?;

        let found = of("a b c d", &[true; 4], &[3, 1, 1, 2]);
        let expected = expect(&[
            ("a", "b"),
            ("a", "c"),
            ("a", "d"),
            ("b", "a"),
            ("b", "c"),
            ("c", "b"),
            ("c", "d"),
            ("d", "b"),
            ("d", "c"),
        ]);
        let turned: Vec<(String, String)> = {
            let mut turned: Vec<(String, String)> = expected.iter().map(|(a, b)| (b.clone(), a.clone())).collect();
            turned.sort();
            turned
        };
        require(
            found != turned,
            "target and context are exchanged: the reach is that of the target, which stands first",
        )?;
        require(
            found == expected,
            &format!("`a b c d`, all kept, reach 3, 1, 1, 2: expected {}, found {}", shown(&expected), shown(&found)),
        )?;

        let keep = [true, false, true, false, false, true];
        let found = of("a b c d e f", &keep, &[1, 9, 1, 9, 9, 2]);
        let removed = |pairs: &[(String, String)]| {
            pairs.iter().any(|(a, b)| ["b", "d", "e"].contains(&a.as_str()) || ["b", "d", "e"].contains(&b.as_str()))
        };
        require(!removed(&found), "words that do not stay are neither targets nor contexts")?;
        require(
            !found.is_empty(),
            "`a . c . . f`: distances count among the words that stay, so a and c are neighbours: remove first, then \
             lay the window",
        )?;
        let expected = expect(&[("a", "c"), ("c", "a"), ("c", "f"), ("f", "a"), ("f", "c")]);
        require(
            found != expect(&[("a", "c"), ("c", "a"), ("c", "f"), ("f", "c")]),
            "`a . c . . f`: the reach of f is 2; take `reach` by the place in the sentence, not among those that stay",
        )?;
        require(
            found == expected,
            &format!(
                "`a . c . . f`, reach 1, 1, 2 for those that stay: expected {}, found {}; distances count among them",
                shown(&expected),
                shown(&found)
            ),
        )?;
        let twice = of("a a b", &[true; 3], &[2; 3]);
        count("pairs of `a a b`, where a word stands twice, reach 2", twice.len(), 6)?;
        Ok("a window of 5 covers more of a sentence when its frequent words are gone".to_owned())
    })
}

/// Pairs as a line.
fn shown(pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return "none".to_owned();
    }
    pairs.iter().map(|(a, b)| format!("{a}→{b}")).collect::<Vec<_>>().join(" ")
}

/// What exercise 5.2 asks for: the probability of each word as a negative, from counts, target and context.
pub type Negatives<'a> = &'a dyn Fn(&[u64], usize, usize) -> Vec<f64>;

/// 5.2: the distribution of negatives without the target and the context.
pub fn check_05_2(negatives: Negatives<'_>) -> Verdict {
    check("5.2", &|| {
        let counts = [81, 16, 16, 1, 256];
        let found = negatives(&counts, 4, 1);
        unfinished(found.is_empty(), "return one probability per word")?;
        count("probabilities for 5 words", found.len(), 5)?;
        let weights = [27.0, 8.0, 8.0, 1.0, 64.0]; // counts to the power of 0.75
        let of = |weights: [f64; 5], without: &[usize], sum: Option<f64>| -> Vec<f64> {
            let left = |i: usize| if without.contains(&i) { 0.0 } else { weights[i] };
            let sum = sum.unwrap_or_else(|| (0..5).map(left).sum());
            (0..5).map(|i| left(i) / sum).collect()
        };
        let is = |other: &[f64]| found.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-9);
        require(!is(&of(weights, &[], None)), "target and context are still drawn: they must get 0")?;
        require(!is(&of(weights, &[4], None)), "the context, word 1, is still drawn")?;
        require(!is(&of(weights, &[1], None)), "the target, word 4, is still drawn")?;
        require(
            !is(&of(weights, &[1, 4], Some(108.0))),
            "they sum to 0.333: what is taken from target and context goes to the others; divide by what is left",
        )?;
        require(!is(&of(weights, &[1, 4], Some(1.0))), "these are weights: divide them by their sum")?;
        let plain = [81.0, 16.0, 16.0, 1.0, 256.0];
        require(!is(&of(plain, &[1, 4], None)), "these follow the counts: take them to the power of 0.75 first")?;
        let even = [1.0; 5];
        require(!is(&of(even, &[1, 4], None)), "all alike: frequent words are drawn more often")?;
        numbers("counts 81, 16, 16, 1, 256, target 4, context 1", &found, &of(weights, &[1, 4], None), 1e-9)?;
        let same = negatives(&counts, 0, 0);
        numbers("target and context are both word 0", &same, &of(weights, &[0], None), 1e-9)?;
        let other = negatives(&counts, 2, 3);
        numbers("target 2, context 3", &other, &of(weights, &[2, 3], None), 1e-9)?;
        Ok("to draw again until it is another word is to draw from this distribution".to_owned())
    })
}

/// What exercise 5.3 asks for: the gradient for the target's vector, from target, context and negatives.
pub type TargetGradient<'a> = &'a dyn Fn(&[f64], &[f64], &[Vec<f64>]) -> Vec<f64>;

/// 5.3: the gradient of the softmax cross-entropy with respect to the target's vector.
pub fn check_05_3(gradient: TargetGradient<'_>) -> Verdict {
    check("5.3", &|| {
        let target = [0.4, -0.6, 1.0];
        let rows = [vec![0.5, 0.3, -0.2], vec![-0.4, 0.8, 0.7], vec![1.0, -0.5, 0.6]];
        let found = gradient(&target, &rows[0], &rows[1..]);
        unfinished(found.is_empty(), "return one number per dimension")?;
        count("numbers for vectors of length 3", found.len(), 3)?;
        let scores: Vec<f64> = rows.iter().map(|row| row.iter().zip(target).map(|(x, y)| x * y).sum()).collect();
        let sum: f64 = scores.iter().map(|score: &f64| score.exp()).sum();
        let softmax: Vec<f64> = scores.iter().map(|score| score.exp() / sum).collect();
        let sigmoid: Vec<f64> = scores.iter().map(|score| 1.0 / (1.0 + (-score).exp())).collect();
        let weighted = |weights: [f64; 3]| -> Vec<f64> {
            (0..3).map(|x| rows.iter().zip(weights).map(|(row, weight)| weight * row[x]).sum()).collect()
        };
        let of = |p: &[f64], true_row: f64| weighted([p[0] - true_row, p[1], p[2]]);
        let is = |other: &[f64]| found.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-9);
        require(
            !is(&of(&sigmoid, 1.0)),
            "that is the gradient of section 5, with a logistic function per row; here a softmax is over all rows",
        )?;
        require(!is(&of(&softmax, 0.0)), "the true row is missing: subtract 1 from its probability")?;
        require(
            !is(&weighted([softmax[0] - 1.0, softmax[1] - 1.0, softmax[2] - 1.0])),
            "you subtract 1 from every row: only the context is the true one",
        )?;
        require(!is(&weighted([softmax[0] - 1.0, 0.0, 0.0])), "the negatives are missing: they push too")?;
        let others = scores[1].exp() + scores[2].exp();
        let without = [scores[0].exp() / others - 1.0, scores[1].exp() / others, scores[2].exp() / others];
        require(!is(&weighted(without)), "the sum below the line is over all rows, the context too")?;
        require(
            !is(&[0, 1, 2].map(|x| (softmax[0] - 1.0) * target[x])),
            "that is the gradient with respect to the context's vector; asked for is that of the target",
        )?;
        numbers("the gradient", &found, &of(&softmax, 1.0), 1e-9)?;
        let one = gradient(&[0.3, -0.2], &[1.0, 2.0], &[vec![1.0, 2.0]]);
        numbers("one negative, equal to the context: the pulls cancel", &one, &[0.0, 0.0], 1e-9)?;
        let large = gradient(&[40.0, 0.0], &[-20.0, 1.0], &[vec![20.0, 3.0]]);
        numbers("scores of -800 and 800 (subtract the largest before `exp`)", &large, &[40.0, 2.0], 1e-9)?;
        Ok("the error of each row, times the row: as with the other loss, only the probabilities differ".to_owned())
    })
}

/// Seven words in the plane, as angles. The answers by multiplying, by adding, with plain cosines, and with a and b
/// exchanged differ by 0.05 and more: all four in the first plane, the first from the others in the rest. The word that
/// scores best of all seven belongs to the question.
const PLANES: [[f64; 7]; 4] = [
    [160.0, 330.0, 280.0, 120.0, 25.0, 240.0, 260.0],
    [250.0, 170.0, 110.0, 45.0, 5.0, 220.0, 165.0],
    [165.0, 235.0, 20.0, 40.0, 155.0, 165.0, 250.0],
    [185.0, 40.0, 105.0, 100.0, 160.0, 335.0, 105.0],
];

/// What exercise 5.4 asks for: the answer to an analogy.
pub type Answer<'a> = &'a dyn Fn(&WordVectors, &str, &str, &str) -> Result<String>;

/// 5.4: the multiplicative answer to an analogy, without the words of the question.
pub fn check_05_4(answer: Answer<'_>) -> Verdict {
    check("5.4", &|| {
        // In the plane, by angle: adding, multiplying, and multiplying by plain cosines answer differently.
        let words = ["a", "b", "c", "d", "e", "f", "g"].map(String::from);
        let vectors = |degrees: &[f64; 7]| {
            let rows: Vec<f32> = degrees
                .iter()
                .flat_map(|angle| [angle.to_radians().cos() as f32, angle.to_radians().sin() as f32])
                .collect();
            WordVectors::new(&words, &Tensor::from_vec(rows, (7, 2), &Device::Cpu)?)
        };
        for degrees in &PLANES {
            let vectors = vectors(degrees)?;
            let found =
                answer(&vectors, "a", "b", "c").map_err(|error| error.context("your function gave an error"))?;
            unfinished(found.is_empty(), "return the best word")?;
            require(vectors.contains(&found), &format!("“{found}” is none of the words"))?;
            require(
                !["a", "b", "c"].contains(&found.as_str()),
                &format!("“{found}” is a word of the question: those are no answers"),
            )?;
            let value = |word: &str, moved: bool, exchanged: bool| -> Result<f64> {
                let s = |other: &str| {
                    vectors.cosine(word, other).map(|cosine| if moved { (1.0 + cosine) / 2.0 } else { cosine })
                };
                let (a, b) = if exchanged { ("b", "a") } else { ("a", "b") };
                Ok(s(b)? * s("c")? / (s(a)? + 0.001))
            };
            let best = |value: &dyn Fn(&str) -> Result<f64>| -> Result<&str> {
                let mut best = ("", f64::MIN);
                for word in &words[3..] {
                    let value = value(word)?;
                    if value > best.1 {
                        best = (word, value);
                    }
                }
                Ok(best.0)
            };
            let right = best(&|word| value(word, true, false))?;
            if found == right {
                continue;
            }
            let added =
                best(&|word| Ok(vectors.cosine(word, "b")? - vectors.cosine(word, "a")? + vectors.cosine(word, "c")?))?;
            require(found != added, &format!("“{found}” is what adding gives; multiplying gives another word here"))?;
            let plain = best(&|word| value(word, false, false))?;
            require(found != plain, &format!("“{found}”: move the cosines to 0 to 1 before you multiply"))?;
            let exchanged = best(&|word| value(word, true, true))?;
            require(found != exchanged, &format!("“{found}”: a and b are exchanged; a stands below the line"))?;
            require(false, &format!("found “{found}”, expected “{right}”"))?;
        }
        Ok("a product asks for a word that is near to both b and c; a sum forgives one for the other".to_owned())
    })
}

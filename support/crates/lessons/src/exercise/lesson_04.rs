//! The checks of lesson 04: gradient × input, pieces to words, attention rollout, the gradient of a difference.

use candle_core::{Device, Tensor};

use super::{Verdict, check, number, numbers, require, unfinished, words};
use ground::Result;
use networks::{Batch, Hooks, Transformer};
use text::model::Input;

/// What exercise 4.1 asks for: one score per token from a gradient and the vectors, both (tokens, width).
pub type Product<'a> = &'a dyn Fn(&Tensor, &Tensor) -> Result<Vec<f32>>;

/// 4.1: gradient × input.
pub fn check_04_1(product: Product<'_>) -> Verdict {
    check("4.1", &|| {
        let tensor = |rows: &[[f32; 4]; 3]| Tensor::new(rows, &Device::Cpu);
        let slope = tensor(&[[1.0, -2.0, 0.5, 0.0], [0.0, 3.0, -1.0, 1.0], [-1.0, 0.0, 2.0, -0.5]])?;
        let x = tensor(&[[2.0, 1.0, 4.0, -1.0], [1.0, -1.0, 2.0, 3.0], [0.5, 2.0, 1.0, 4.0]])?;
        let found = product(&slope, &x).map_err(|error| error.context("your function gave an error"))?;
        unfinished(found.is_empty(), "return one score per token")?;
        require(found.len() != 12, "12 numbers: add up those of each token, over the width (dimension 1)")?;
        require(
            found.len() != 4,
            "4 numbers, one per dimension: add up over the width (dimension 1), not over the tokens",
        )?;
        let found: Vec<f64> = found.into_iter().map(f64::from).collect();
        let is = |other: [f64; 3]| found.len() == 3 && found.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-4);
        require(!is([2.0, 2.0, 0.5]), "take no absolute values: the sign says for or against")?;
        require(!is([-0.5, 3.0, 0.5]), "that is the sum of the gradient; multiply by the vectors first")?;
        require(
            !is([5.25f64.sqrt(), 11f64.sqrt(), 5.25f64.sqrt()]),
            "that is the length of the gradient, the saliency; multiply by the vectors and add up",
        )?;
        require(
            !is([12f64.sqrt(), 22f64.sqrt(), 8.25f64.sqrt()]),
            "that is the length of the product; gradient × input is its sum, with a sign",
        )?;
        require(!is([0.5, -0.5, -0.125]), "that is the mean over the width; the change of the logit is the sum")?;
        numbers("the scores of three tokens", &found, &[2.0, -2.0, -0.5], 1e-4)?;
        Ok("a sum over the width, with a sign: what the logit would lose if the slope stayed as it is".to_owned())
    })
}

/// What exercise 4.2 asks for: words with their scores, from the tokens of a word-piece tokenizer with theirs.
pub type Merge<'a> = &'a dyn Fn(&[String], &[f64]) -> Vec<(String, f64)>;

/// 4.2: word pieces back to words, with signed scores.
pub fn check_04_2(merge: Merge<'_>) -> Verdict {
    check("4.2", &|| {
        let of = |tokens: &[&str], scores: &[f64]| -> (Vec<String>, Vec<f64>) {
            let tokens: Vec<String> = tokens.iter().map(|token| (*token).to_owned()).collect();
            merge(&tokens, scores).into_iter().unzip()
        };
        let tokens = ["[CLS]", "a", "mind", "##less", "##ly", "loud", "film", "[SEP]"];
        let scores = [0.5, -0.25, 1.0, 2.0, -0.75, 1.5, 0.125, -0.5];
        let (found, merged) = of(&tokens, &scores);
        unfinished(found.is_empty(), "return each word with its score")?;
        require(
            !found.iter().any(|word| word.contains("##")),
            "a piece that begins with ## belongs to the word before it, without the ##",
        )?;
        require(!found.contains(&"mind less ly".to_owned()), "the pieces of a word have no space between them")?;
        let expected = ["[CLS]", "a", "mindlessly", "loud", "film", "[SEP]"].map(String::from);
        words("the words", &found, &expected)?;
        let third = merged[2];
        require(
            (third - 2.25 / 3.0).abs() > 1e-9,
            "that is the mean of the pieces: the scores would no longer sum to the difference of the logits",
        )?;
        require(
            (third - 2.0).abs() > 1e-9,
            "that is the largest of the pieces: signed scores are added, or the sum is lost",
        )?;
        require(
            (third - 3.75).abs() > 1e-9,
            "you add absolute values: a piece that speaks against the class is subtracted",
        )?;
        numbers("the scores", &merged, &[0.5, -0.25, 2.25, 1.5, 0.125, -0.5], 1e-9)?;
        number("the sum of the scores before and after", merged.iter().sum(), scores.iter().sum(), 1e-9)?;
        let (found, merged) = of(&["un", "##happy", "un", "##happy"], &[1.0, -3.0, 0.5, 0.25]);
        words("a word that occurs twice", &found, &["unhappy", "unhappy"].map(String::from))?;
        numbers("its two scores", &merged, &[-2.0, 0.75], 1e-9)?;
        Ok("the sum, and with it the delta, is what it was before".to_owned())
    })
}

/// What exercise 4.3 asks for: the rollout of one attention matrix per layer, `[query][key]`.
pub type Rollout<'a> = &'a dyn Fn(&[Vec<Vec<f64>>]) -> Vec<Vec<f64>>;

/// 4.3: attention rollout.
pub fn check_04_3(rollout: Rollout<'_>) -> Verdict {
    check("4.3", &|| {
        let first = vec![vec![0.2, 0.8, 0.0], vec![0.0, 0.4, 0.6], vec![1.0, 0.0, 0.0]];
        let second = vec![vec![0.0, 0.5, 0.5], vec![0.6, 0.4, 0.0], vec![0.2, 0.2, 0.6]];
        let one = rollout(std::slice::from_ref(&first));
        unfinished(one.is_empty(), "return one row per token")?;
        let shape = |found: &[Vec<f64>]| found.len() == 3 && found.iter().all(|row| row.len() == 3);
        require(shape(&one), "three tokens give three rows of three numbers")?;
        let half = mixed(&first, 0.5);
        let flat = |rows: &[Vec<f64>]| rows.concat();
        let is = |found: &[Vec<f64>], other: &[Vec<f64>]| {
            flat(found).iter().zip(flat(other)).all(|(a, b)| (a - b).abs() < 1e-9)
        };
        require(
            !is(&one, &first),
            "one layer: that is the attention itself; add the identity, which stands for the residual stream",
        )?;
        require(
            !is(&one, &mixed(&first, 1.0)),
            "one layer: the rows sum to 2; after adding the identity divide each row by its sum",
        )?;
        numbers("one layer, row by row", &flat(&one), &flat(&half), 1e-9)?;
        let both = rollout(&[first.clone(), second.clone()]);
        require(shape(&both), "two layers: three tokens give three rows of three numbers")?;
        let (a, b) = (half, mixed(&second, 0.5));
        require(
            !is(&both, &product(&a, &b)),
            "the layers are multiplied in the wrong order: what the second one reads was mixed by the first, so it stands on the left",
        )?;
        require(!is(&both, &b), "two layers: that is the last one alone; multiply them")?;
        let mean: Vec<Vec<f64>> =
            a.iter().zip(&b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a + b) / 2.0).collect()).collect();
        require(!is(&both, &mean), "two layers: that is their mean; multiply them")?;
        let by_cell: Vec<Vec<f64>> =
            a.iter().zip(&b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a * b).collect()).collect();
        require(
            !is(&both, &by_cell),
            "two layers: that multiplies cell by cell; it is a matrix product, rows times columns",
        )?;
        let expected = product(&b, &a);
        numbers("two layers, row by row", &flat(&both), &flat(&expected), 1e-9)?;
        let three = rollout(&[first.clone(), second, first]);
        numbers("three layers, row by row", &flat(&three), &flat(&product(&a, &expected)), 1e-9)?;
        Ok("each row is a distribution over the tokens of the text, through all layers".to_owned())
    })
}

/// (attention + identity) · factor.
fn mixed(attention: &[Vec<f64>], factor: f64) -> Vec<Vec<f64>> {
    let cell = |row: usize, column: usize| attention[row][column] + if row == column { 1.0 } else { 0.0 };
    (0..attention.len()).map(|row| (0..attention.len()).map(|column| factor * cell(row, column)).collect()).collect()
}

fn product(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let cell = |row: &[f64], column: usize| row.iter().zip(b).map(|(x, row)| x * row[column]).sum();
    a.iter().map(|row| (0..b[0].len()).map(|column| cell(row, column)).collect()).collect()
}

/// What exercise 4.4 asks for: the gradient of F_a − F_b with respect to the word embeddings, (tokens, width).
pub type DifferenceSlope<'a> = &'a dyn Fn(&Transformer, &Input, usize, usize) -> Result<Tensor>;

/// 4.4: the gradient of the difference of two logits, on the model of the lesson.
pub fn check_04_4(slope: DifferenceSlope<'_>, model: &Transformer) -> Verdict {
    check("4.4", &|| {
        for text in ["not a good film", "the film was not bad"] {
            let input = model.encode(text)?;
            let batch = Batch::of(std::slice::from_ref(&input));
            let run = model.run(&batch, &Hooks::new().leaf("hook_embed"))?;
            let logits = run.logits()?; // (1, classes)
            let gradient = |class: usize| -> Result<Tensor> {
                Ok(run.gradient(&logits.narrow(1, class, 1)?, "hook_embed")?.squeeze(0)?) // (tokens, width)
            };
            let (first, second) = (gradient(0)?, gradient(1)?);
            let found = slope(model, &input, 0, 1).map_err(|error| error.context("your function gave an error"))?;
            let shape = first.dims();
            require(
                found.dims() != [1, shape[0], shape[1]],
                "your gradient is that of a batch of one text: .squeeze(0) takes the text out",
            )?;
            require(
                found.dims() == shape,
                &format!("your gradient has the shape {:?}, the word embeddings {shape:?}", found.dims()),
            )?;
            let largest = |x: &Tensor| -> Result<f32> { Ok(x.abs()?.flatten_all()?.max(0)?.to_scalar()?) };
            let size = largest(&first)?.max(largest(&second)?);
            let is = |other: &Tensor| -> Result<bool> { Ok(largest(&(&found - other)?)? <= 1e-3 * size) };
            unfinished(largest(&found)? == 0.0, "every slope is 0")?;
            require(!is(&first)?, "that is the gradient of F_a alone; subtract F_b before you go back")?;
            require(!is(&second)?, "that is the gradient of F_b alone")?;
            require(!is(&(&second - &first)?)?, "right but for the sign: F_a − F_b, not F_b − F_a")?;
            require(!is(&(&first + &second)?)?, "that is the gradient of the sum of both logits")?;
            require(is(&(&first - &second)?)?, &format!("“{text}”: this is not the gradient of F_a − F_b"))?;
            let other = slope(model, &input, 1, 0)?;
            require(
                largest(&(&found + &other)?)? <= 1e-3 * size,
                "with a and b exchanged the gradient must change its sign: use both, not the classes 0 and 1",
            )?;
        }
        Ok("one backward pass explains a rather than b; multiply by the vectors and the scores have a sign".to_owned())
    })
}

//! The checks of lesson 06: the mean over real tokens, pairs that mislead, a table without its first axis, nearest
//! neighbours with one topic.

use candle_core::{DType, Device, Tensor};

use super::{Verdict, check, number, numbers, require, unfinished};
use ground::Result;

/// What exercise 6.1 asks for: one vector per text from the last layer (texts, tokens, width) and the mask (texts, tokens).
pub type MaskedMean<'a> = &'a dyn Fn(&Tensor, &Tensor) -> Result<Tensor>;

/// 6.1: the mean over the tokens that are there.
pub fn check_06_1(mean: MaskedMean<'_>) -> Verdict {
    check("6.1", &|| {
        // The padding is not zero: a transformer computes something for it, too.
        let hidden = [[[1f32, 2.0], [3.0, -2.0], [8.0, 6.0]], [[2.0, 4.0], [7.0, 9.0], [-6.0, 5.0]]];
        let hidden = Tensor::new(&hidden, &Device::Cpu)?;
        let mask = Tensor::new(&[[1f32, 1.0, 0.0], [1.0, 0.0, 0.0]], &Device::Cpu)?;
        let found = mean(&hidden, &mask).map_err(|error| error.context("your function gave an error"))?;
        let dims = found.dims().to_vec();
        let found: Vec<f64> = found.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
        let is =
            |other: &[f64]| found.len() == other.len() && found.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-5);
        unfinished(dims == [2, 3, 2], "return one vector per text, shape (texts, width)")?;
        require(
            dims != [2, 1, 2],
            "shape [2, 1, 2]: sum(1) takes the dimension of the tokens away, sum_keepdim(1) keeps it",
        )?;
        require(
            dims != [2, 3],
            "one number per token: the sum goes over the tokens (dimension 1), not over the width",
        )?;
        require(dims == [2, 2], &format!("your result has the shape {dims:?}; two texts of width 2 give [2, 2]"))?;
        require(
            !is(&[4.0, 2.0, 1.0, 6.0]),
            "that is the mean over all places: the padding is in it. Multiply by the mask before you add up",
        )?;
        require(
            !is(&[4.0 / 3.0, 0.0, 2.0 / 3.0, 4.0 / 3.0]),
            "the padding is out of the sum, but you divide by the length of the rectangle: divide by the sum of the mask",
        )?;
        require(!is(&[4.0, 0.0, 2.0, 4.0]), "that is the sum; divide by how many tokens there are")?;
        require(
            !is(&[3.0, 2.0, 2.0, 4.0]),
            "that is the largest number of each dimension, max pooling; take the mean",
        )?;
        require(
            !is(&[1.0, 2.0, 2.0, 4.0]),
            "that is the vector of the first token; take the mean of all that are there",
        )?;
        let unit = [1.0, 0.0, 0.2f64.sqrt(), 0.8f64.sqrt()];
        require(!is(&unit), "right, but scaled to length 1; here the mean itself is asked for")?;
        numbers("the means of two texts", &found, &[2.0, 0.0, 2.0, 4.0], 1e-5)?;
        Ok("the padding has no say: neither in the sum nor in the number it is divided by".to_owned())
    })
}

/// What exercise 6.2 asks for: how often a random pair within a topic is less alike than a random pair across.
pub type Misled<'a> = &'a dyn Fn(&[f64], &[f64]) -> f64;

/// 6.2: the share of comparisons of two random pairs that mislead.
pub fn check_06_2(misled: Misled<'_>) -> Verdict {
    check("6.2", &|| {
        let within = [0.5, 0.1, 0.3, 0.2, 0.45];
        let across = [0.2, 0.0, 0.4, 0.25];
        let found = misled(&within, &across);
        unfinished(found == 0.0, "return a share between 0 and 1")?;
        let is = |other: f64| (found - other).abs() < 1e-9;
        // 20 comparisons: 6 below, 1 equal.
        require(!is(13.5 / 20.0), "that is how often the pair within is *more* alike: the other side of the coin")?;
        require(!is(13.0 / 20.0), "that is how often the pair within is *more* alike, without the tie")?;
        require(!is(6.0 / 20.0), "of equal cosines count half: whoever compares them has to toss a coin")?;
        require(!is(7.0 / 20.0), "a tie counts half, not whole")?;
        require(!is(6.0) && !is(6.5) && !is(7.0), "that is a number of comparisons; divide by how many there are")?;
        require(
            !is(2.0 / 4.0) && !is(2.0 / 5.0),
            "compare every pair within with every pair across, 5 × 4 comparisons, not the first with the first",
        )?;
        number("5 pairs within a topic and 4 across", found, 6.5 / 20.0, 1e-9)?;
        number("four cosines against themselves", misled(&across, &across), 0.5, 1e-9)?;
        number("a topic that is always more alike", misled(&[0.9, 0.8], &[0.1, 0.2, 0.3]), 0.0, 1e-9)?;
        number("a topic that is always less alike", misled(&[0.1], &[0.9, 0.8]), 1.0, 1e-9)?;
        Ok("0 if the claim holds for every pair, 0.5 if a coin is as good (1 minus this is the area under the ROC curve)"
            .to_owned())
    })
}

/// What exercise 6.3 asks for: points (points, width), centred and without their part along the first principal axis.
pub type WithoutFirstAxis<'a> = &'a dyn Fn(&Tensor) -> Result<Tensor>;

/// 6.3: a cloud of points without its longest direction.
pub fn check_06_3(without: WithoutFirstAxis<'_>) -> Verdict {
    check("6.3", &|| {
        // Along (0.6, 0.8, 0) far apart, along (-0.8, 0.6, 0) and (0, 0, 1) less, around a centre that is not 0.
        let along = [
            [6.0, 1.0, 0.0],
            [-6.0, 1.0, 0.0],
            [3.0, -1.0, 2.0],
            [-3.0, -1.0, -2.0],
            [0.0, 0.0, 0.5],
            [0.0, 0.0, -0.5],
        ];
        let place = |[a, b, c]: [f64; 3], centre: f64| {
            [0.6 * a - 0.8 * b + centre, 0.8 * a + 0.6 * b - 2.0 * centre, c + centre].map(|x| x as f32)
        };
        let points = Tensor::new(&along.map(|p| place(p, 1.5)), &Device::Cpu)?;
        let found = without(&points).map_err(|error| error.context("your function gave an error"))?;
        let flat = |x: &Tensor| -> Result<Vec<f64>> { Ok(x.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?) };
        require(
            found.dims() == points.dims(),
            &format!("your result has the shape {:?}; it keeps that of the points, {:?}", found.dims(), points.dims()),
        )?;
        let first = embeddings::reduce::pca(&points, 1)?;
        let centred = points.broadcast_sub(&points.mean_keepdim(0)?)?;
        let onto = |x: &Tensor| -> Result<Tensor> { Ok(x.matmul(&first.axes.t()?)?.matmul(&first.axes)?) };
        let found = flat(&found)?;
        let is =
            |other: &Tensor| -> Result<bool> { Ok(found.iter().zip(flat(other)?).all(|(a, b)| (a - b).abs() < 1e-3)) };
        unfinished(is(&points)?, "these are still the points as they came")?;
        require(!is(&centred)?, "the points are centred, and their part along the first axis is still there")?;
        require(
            !is(&onto(&centred)?)?,
            "that is the part *along* the first axis; take it away from the centred points",
        )?;
        require(
            !is(&(&points - onto(&points)?)?)?,
            "the mean is still in it: PCA's axes go through the mean of the points, so take it away first",
        )?;
        require(
            !is(&(&points - onto(&centred)?)?)?,
            "the part along the first axis is gone; take the mean away as well, as for the table of words",
        )?;
        numbers("six points in three dimensions, row by row", &found, &flat(&(&centred - onto(&centred)?)?)?, 1e-3)?;
        Ok("what is left is at a right angle to the axis; for the words of section 4 it is what the random start was"
            .to_owned())
    })
}

/// What exercise 6.4 asks for: the share of points whose `k` nearest others are mostly of their class.
pub type NeighbourAccuracy<'a> = &'a dyn Fn(&Tensor, &[usize], usize) -> Result<f64>;

/// 6.4: k-nearest-neighbour accuracy.
pub fn check_06_4(accuracy: NeighbourAccuracy<'_>) -> Verdict {
    check("6.4", &|| {
        // On a line, so that one can follow: class 0 at 0, 1, 2.1, 3.3 and 11.1; class 1 at 10, 12.5, 14, 15.6.
        let at = [0f32, 1.0, 2.1, 3.3, 11.1, 10.0, 12.5, 14.0, 15.6];
        let points = Tensor::new(&at, &Device::Cpu)?.reshape((at.len(), 1))?;
        let classes = [0, 0, 0, 0, 0, 1, 1, 1, 1];
        let with =
            |k: usize| accuracy(&points, &classes, k).map_err(|error| error.context("your function gave an error"));
        let (one, three) = (with(1)?, with(3)?);
        unfinished(one == 0.0 && three == 0.0, "return a share between 0 and 1")?;
        let is = |found: f64, other: f64| (found - other).abs() < 1e-9;
        require(!is(one, 1.0), "with k = 1 all are right: each point is its own nearest neighbour. Leave it out")?;
        require(
            !is(one, reference(&at, &classes, 1, Slip::Farthest)),
            "these are the farthest points: sort by rising distance, or by falling cosine",
        )?;
        number("nine points on a line, k = 1", one, reference(&at, &classes, 1, Slip::None), 1e-9)?;
        require(
            !is(three, reference(&at, &classes, 3, Slip::Mean)),
            "that is the mean share of neighbours of the own class; ask for each point whether *most* of them are",
        )?;
        number("nine points on a line, k = 3", three, reference(&at, &classes, 3, Slip::None), 1e-9)?;
        Ok("a number for what the eye takes from a coloured map, and for the space behind it".to_owned())
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Slip {
    None,
    Farthest,
    Mean,
}

/// The accuracy of points on a line, with one of the usual slips.
fn reference(at: &[f32], classes: &[usize], k: usize, slip: Slip) -> f64 {
    let of = |i: usize| {
        let mut others: Vec<usize> = (0..at.len()).filter(|&j| j != i).collect();
        others.sort_by(|&a, &b| (at[a] - at[i]).abs().total_cmp(&(at[b] - at[i]).abs()));
        if slip == Slip::Farthest {
            others.reverse();
        }
        let same = others[..k].iter().filter(|&&j| classes[j] == classes[i]).count();
        if slip == Slip::Mean { same as f64 / k as f64 } else { f64::from(u8::from(2 * same > k)) }
    };
    (0..at.len()).map(of).sum::<f64>() / at.len() as f64
}

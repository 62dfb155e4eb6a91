//! The checks of lesson 06: right answers pass, each usual mistake is named for what it is.

use candle_core as candle;
use candle_core::Tensor;
use embeddings::reduce;
use ground::Error;
use lessons::exercise::{Verdict, check_06_1, check_06_2, check_06_3, check_06_4};

fn says(verdict: Verdict, words: &str) {
    assert!(!verdict.passed() && verdict.message().contains(words), "expected `{words}`: {verdict}");
}

#[test]
fn the_mean_over_real_tokens() {
    type Answer = fn(&Tensor, &Tensor) -> candle::Result<Tensor>;
    fn sum(hidden: &Tensor, mask: &Tensor) -> candle::Result<Tensor> {
        hidden.broadcast_mul(&mask.unsqueeze(2)?)?.sum(1)
    }
    fn right(hidden: &Tensor, mask: &Tensor) -> candle::Result<Tensor> {
        sum(hidden, mask)?.broadcast_div(&mask.sum_keepdim(1)?)
    }
    let with = |answer: Answer| check_06_1(&|hidden, mask| Ok(answer(hidden, mask)?));
    assert!(with(right).passed());
    says(with(|hidden, _| Ok(hidden.clone())), "not finished yet");
    says(check_06_1(&|_, _| Err(Error::new("lost"))), "your function gave an error: lost");
    says(check_06_1(&|_, _| panic!("oh")), "your code panicked: oh");
    says(with(|hidden, _| hidden.mean(1)), "the padding is in it");
    says(with(|hidden, mask| sum(hidden, mask)? / 3.0), "the length of the rectangle");
    says(with(sum), "that is the sum");
    says(with(|hidden, _| hidden.narrow(1, 0, 1)?.squeeze(1)), "the first token");
    says(with(|hidden, mask| hidden.broadcast_mul(&mask.unsqueeze(2)?)?.max(1)), "max pooling");
    says(with(|hidden, _| hidden.sum(2)), "not over the width");
    says(with(|hidden, mask| right(hidden, mask)?.unsqueeze(1)), "sum_keepdim(1) keeps it");
    says(with(|hidden, mask| right(hidden, mask)?.t()), "another order");
    says(with(|hidden, mask| right(hidden, mask)?.neg()), "sign");
    says(
        with(|hidden, mask| {
            let mean = right(hidden, mask)?;
            mean.broadcast_div(&mean.sqr()?.sum_keepdim(1)?.sqrt()?)
        }),
        "scaled to length 1",
    );
}

#[test]
fn pairs_that_mislead() {
    let with = |weight: &dyn Fn(f64, f64) -> f64| {
        check_06_2(&|within, across| {
            let all = within.iter().flat_map(|w| across.iter().map(move |a| weight(*w, *a)));
            all.sum::<f64>() / (within.len() * across.len()) as f64
        })
    };
    let half = |x: f64, y: f64| if x < y { 1.0 } else { 0.5 * f64::from(u8::from(x == y)) };
    assert!(with(&half).passed());
    says(check_06_2(&|_, _| 0.0), "not finished yet");
    says(with(&|w, a| half(a, w)), "the other side of the coin");
    says(with(&|w, a| f64::from(u8::from(w > a))), "without the tie");
    says(with(&|w, a| f64::from(u8::from(w < a))), "count half");
    says(with(&|w, a| f64::from(u8::from(w <= a))), "not whole");
    says(
        check_06_2(&|within, across| within.iter().zip(across).map(|(w, a)| half(*w, *a)).sum::<f64>() / 4.0),
        "not the first with the first",
    );
    says(
        check_06_2(&|within, across| within.iter().flat_map(|w| across.iter().map(|a| half(*w, *a))).sum()),
        "divide by how many",
    );
    says(check_06_2(&|_, _| 0.325), "four cosines against themselves");
    says(check_06_2(&|within, _| within[7]), "your code panicked");
}

#[test]
fn without_the_first_axis() {
    let centred = |points: &Tensor| points.broadcast_sub(&points.mean_keepdim(0)?);
    let along = |points: &Tensor, like: &Tensor| -> Result<Tensor, Error> {
        let axis = reduce::pca(points, 1)?.axes;
        Ok(like.matmul(&axis.t()?)?.matmul(&axis)?)
    };
    let right = |points: &Tensor| -> Result<Tensor, Error> {
        let centred = centred(points)?;
        Ok((&centred - along(points, &centred)?)?)
    };
    assert!(check_06_3(&right).passed());
    says(check_06_3(&|points| Ok(points.clone())), "as they came");
    says(check_06_3(&|points| Ok(centred(points)?)), "still there");
    says(check_06_3(&|points| along(points, &centred(points)?)), "the part *along*");
    says(check_06_3(&|points| Ok((points - along(points, points)?)?)), "the mean is still in it");
    says(check_06_3(&|points| Ok((points - along(points, &centred(points)?)?)?)), "take the mean away as well");
    says(check_06_3(&|points| Ok(reduce::pca(points, 1)?.points)), "the shape [6, 1]");
    says(check_06_3(&|points| Ok((right(points)? * 2.0)?)), "2 times");
    says(check_06_3(&|_| Err(Error::new("lost"))), "your function gave an error: lost");
    says(check_06_3(&|_| panic!("oh")), "your code panicked");
}

#[test]
fn nearest_neighbours_by_hand() {
    let distances = |points: &Tensor| -> Vec<Vec<f32>> {
        let at: Vec<f32> = points.flatten_all().unwrap().to_vec1().unwrap();
        at.iter().map(|a| at.iter().map(|b| (a - b).abs()).collect()).collect()
    };
    // The share of neighbours of the own class, of each point.
    let shares = |points: &Tensor, classes: &[usize], k: usize, itself: bool, sign: f32| -> Vec<f64> {
        let distances = distances(points);
        let of = |i: usize| {
            let mut order: Vec<usize> = (0..classes.len()).filter(|&j| itself || j != i).collect();
            order.sort_by(|&a, &b| (sign * distances[i][a]).total_cmp(&(sign * distances[i][b])));
            order[..k].iter().filter(|&&j| classes[j] == classes[i]).count() as f64 / k as f64
        };
        (0..classes.len()).map(of).collect()
    };
    let most = |shares: Vec<f64>| shares.iter().filter(|share| **share > 0.5).count() as f64 / shares.len() as f64;
    assert!(check_06_4(&|points, classes, k| Ok(most(shares(points, classes, k, false, 1.0)))).passed());
    assert!(check_06_4(&|points, classes, k| reduce::neighbour_accuracy(points, classes, k)).passed());
    says(check_06_4(&|_, _, _| Ok(0.0)), "not finished yet");
    says(check_06_4(&|points, classes, k| Ok(most(shares(points, classes, k, true, 1.0)))), "Leave it out");
    says(check_06_4(&|points, classes, k| Ok(most(shares(points, classes, k, false, -1.0)))), "the farthest");
    let mean = |shares: Vec<f64>| shares.iter().sum::<f64>() / shares.len() as f64;
    says(check_06_4(&|points, classes, k| Ok(mean(shares(points, classes, k, false, 1.0)))), "the mean share");
    says(check_06_4(&|points, classes, k| Ok(9.0 * most(shares(points, classes, k, false, 1.0)))), "k = 1 is 6");
    says(check_06_4(&|_, _, _| Err(Error::new("lost"))), "your function gave an error: lost");
}

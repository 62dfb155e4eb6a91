//! k-means with linfa's Lloyd iterations, and how well clusters meet classes that are known.
//!
//! The k-means++ starting points are drawn here, because linfa seeds its generator only through an older `rand`.

use candle_core::Tensor;
use linfa::DatasetBase;
use linfa::traits::Fit as _;
use linfa_clustering::{KMeans, KMeansInit};
use ndarray::Array2;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::points::{Points, tensor};
use super::vectors::Columns;
use ground::{Error, Result, bail};

/// Fresh starts; the one with the lowest inertia is kept.
const RESTARTS: usize = 20;
/// Steps of Lloyd's algorithm after linfa's, until no point changes its cluster.
const LAST_STEPS: usize = 100;

/// What [`kmeans`] found. Cluster 0 is the largest, and so on down; of two with the same size the one of the earlier
/// point comes first.
pub struct Clusters {
    /// The cluster of each point.
    pub labels: Vec<usize>,
    /// The mean of each cluster's points, (clusters, width).
    pub centres: Tensor,
    /// The sum over all points of the squared distance to the centre of their cluster.
    pub inertia: f64,
}

/// Divides points of shape (points, width) into `clusters` groups with near centres: k-means++ with 20 starts, the same
/// result for the same seed.
///
/// # Errors
/// No clusters, fewer different points than clusters, numbers that are not finite.
pub fn kmeans(points: &Tensor, clusters: usize, seed: u64) -> Result<Clusters> {
    let points = Points::read("k-means", points)?;
    if clusters == 0 || clusters > points.len {
        bail!("k-means: {clusters} clusters of {} points; choose 1 to {}", points.len, points.len);
    }
    let (n, width) = (points.len, points.width);
    let columns = Columns::new(&points.data, width);
    let data = DatasetBase::from(Array2::from_shape_vec((n, width), points.data.clone()).map_err(Error::of)?);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut best: Option<(Vec<usize>, Vec<f64>, f64)> = None;
    for _ in 0..RESTARTS {
        let start = starting_points(&points, &columns, clusters, &mut random)?;
        let settings = KMeans::params(clusters)
            .init_method(KMeansInit::Precomputed(Array2::from_shape_vec((clusters, width), start).map_err(Error::of)?))
            .n_runs(1);
        let found = settings.fit(&data).map_err(|error| Error::new(format!("k-means: {error}")))?;
        let centres = found.centroids().iter().copied().collect();
        let result = settle(&points, centres, clusters);
        if best.as_ref().is_none_or(|best| result.2 < best.2) {
            best = Some(result);
        }
    }
    let Some((labels, centres, inertia)) = best else { bail!("k-means: no start") };
    let order = by_size(&labels, clusters);
    let mut place = vec![0; clusters];
    order.iter().enumerate().for_each(|(to, &from)| place[from] = to);
    let centres = order.iter().flat_map(|&from| centres[from * width..][..width].to_vec()).collect();
    Ok(Clusters {
        labels: labels.into_iter().map(|label| place[label]).collect(),
        centres: tensor(centres, &[clusters, width], points.dtype)?,
        inertia,
    })
}

/// k-means++: each next point is drawn with a probability that grows with its squared distance to those drawn before; of
/// a few drawn in this way the one that leaves the points nearest is taken (Arthur and Vassilvitskii 2007, section 5).
fn starting_points(points: &Points, columns: &Columns, clusters: usize, random: &mut ChaCha8Rng) -> Result<Vec<f64>> {
    let tries = 2 + (clusters as f64).ln() as usize;
    let mut chosen = points.row(random.random_range(0..points.len)).to_vec();
    let mut nearest = Vec::new();
    columns.squared_distances(&chosen, &mut nearest);
    let mut distances = Vec::new();
    for at in 1..clusters {
        let total: f64 = nearest.iter().sum();
        if total == 0.0 {
            bail!("k-means: {clusters} clusters, but only {at} different points; choose at most {at}");
        }
        let mut best = (f64::INFINITY, 0, Vec::new());
        for _ in 0..tries {
            let mut left = random.random::<f64>() * total;
            let drawn = nearest.iter().position(|&weight| {
                left -= weight;
                left < 0.0
            });
            // Rounding can leave a little at the end: then the last point that is not drawn yet.
            let drawn = drawn.or_else(|| nearest.iter().rposition(|&weight| weight > 0.0)).unwrap_or(0);
            columns.squared_distances(points.row(drawn), &mut distances);
            distances.iter_mut().zip(&nearest).for_each(|(new, &near)| *new = new.min(near));
            let left: f64 = distances.iter().sum();
            if left < best.0 {
                best = (left, drawn, distances.clone());
            }
        }
        chosen.extend_from_slice(points.row(best.1));
        nearest = best.2;
    }
    Ok(chosen)
}

/// Goes on until every centre is the mean of its points and every point is with its nearest centre: linfa counts the old
/// centre as one point more and stops a little before that. An empty cluster keeps its centre.
fn settle(points: &Points, mut centres: Vec<f64>, clusters: usize) -> (Vec<usize>, Vec<f64>, f64) {
    let width = points.width;
    let mut labels = vec![usize::MAX; points.len];
    let mut inertia = 0.0;
    for _ in 0..LAST_STEPS {
        let columns = Columns::new(&centres, width);
        let (mut distances, mut changed) = (Vec::new(), false);
        inertia = 0.0;
        for (row, label) in points.data.chunks(width).zip(&mut labels) {
            columns.squared_distances(row, &mut distances);
            let (nearest, distance) =
                distances.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).unwrap_or((0, &0.0));
            changed |= *label != nearest;
            (*label, inertia) = (nearest, inertia + distance);
        }
        if !changed {
            break;
        }
        let (mut sums, mut counts) = (vec![0.0; clusters * width], vec![0.0; clusters]);
        for (row, &label) in points.data.chunks(width).zip(&labels) {
            counts[label] += 1.0;
            sums[label * width..][..width].iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            for column in at * width..(at + 1) * width {
                centres[column] = sums[column] / count;
            }
        }
    }
    (labels, centres, inertia)
}

/// The clusters, largest first.
fn by_size(labels: &[usize], clusters: usize) -> Vec<usize> {
    let (mut sizes, mut first) = (vec![0; clusters], vec![usize::MAX; clusters]);
    for (at, &label) in labels.iter().enumerate() {
        sizes[label] += 1;
        first[label] = first[label].min(at);
    }
    let mut order: Vec<usize> = (0..clusters).collect();
    order.sort_by_key(|&cluster| (std::cmp::Reverse(sizes[cluster]), first[cluster]));
    order
}

impl Clusters {
    /// The points of one cluster, in their order.
    pub fn members(&self, cluster: usize) -> Vec<usize> {
        (0..self.labels.len()).filter(|&at| self.labels[at] == cluster).collect()
    }

    /// One line: how many points, the sizes of the clusters, the inertia.
    pub fn evcxr_display(&self) {
        let mut sizes = vec![0; self.centres.dims()[0]];
        self.labels.iter().for_each(|&label| sizes[label] += 1);
        println!("{} points in clusters of {sizes:?}; inertia {:.4}", self.labels.len(), self.inertia);
    }
}

/// The share of points whose class is the commonest one of their cluster (Manning, Raghavan and Schütze 2008, 16.3).
///
/// It is 1 when every cluster holds one class, also when there are as many clusters as points: compare it with
/// [`purity_by_chance`].
///
/// # Errors
/// Lists of different lengths, empty lists.
pub fn purity(clusters: &[usize], classes: &[usize]) -> Result<f64> {
    if clusters.len() != classes.len() || clusters.is_empty() {
        bail!("purity: {} clusters and {} classes; give one of each for each point", clusters.len(), classes.len());
    }
    let mut pairs: Vec<(usize, usize)> = clusters.iter().copied().zip(classes.iter().copied()).collect();
    pairs.sort_unstable();
    let commonest = pairs
        .chunk_by(|a, b| a.0 == b.0)
        .map(|cluster| cluster.chunk_by(|a, b| a.1 == b.1).map(<[(usize, usize)]>::len).max().unwrap_or(0));
    Ok(commonest.sum::<usize>() as f64 / pairs.len() as f64)
}

/// What [`purity`] is on average when the classes are shuffled `rounds` times over the same clusters.
///
/// # Errors
/// As [`purity`]; also no rounds.
pub fn purity_by_chance(clusters: &[usize], classes: &[usize], rounds: usize, seed: u64) -> Result<f64> {
    if rounds == 0 {
        bail!("purity by chance: 0 rounds; give at least 1, 100 is enough for two digits");
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut classes = classes.to_vec();
    let mut sum = 0.0;
    for _ in 0..rounds {
        classes.shuffle(&mut random);
        sum += purity(clusters, &classes)?;
    }
    Ok(sum / rounds as f64)
}

//! Many dimensions brought down to two or three, clusters, and the numbers that say how far a map can be trusted.
//!
//! | file | what is in it |
//! |---|---|
//! | `pca` | principal components: [`pca`], [`Pca`] |
//! | [`tsne`] | t-SNE, exact and Barnes–Hut: [`Tsne`], [`Map`] |
//! | `kmeans` | [`kmeans`], and how its clusters meet known classes: [`purity`], [`purity_by_chance`] |
//! | `neighbours` | [`neighbours`], [`neighbour_accuracy`] |
//! | `quality` | a map beside what it shows: [`trustworthiness`], [`distance_distortion`] |
//!
//! Points are a tensor of shape (points, width). Nothing here knows what a point stands for, and there is no UMAP.

mod kmeans;
mod neighbours;
mod pca;
mod points;
mod quality;
pub mod tsne;
mod vectors;

pub use kmeans::{Clusters, kmeans, purity, purity_by_chance};
pub use neighbours::{neighbour_accuracy, neighbours};
pub use pca::{Pca, pca};
pub use quality::{Distortion, PointPair, distance_distortion, trustworthiness};
pub use tsne::{Map, Tsne};

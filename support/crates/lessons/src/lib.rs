//! What belongs to single lessons: the checks of their exercises, and the models that are part of the course.

pub mod exercise;
pub mod models;

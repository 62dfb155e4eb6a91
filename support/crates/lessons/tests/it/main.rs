//! What `lessons` promises, in one program: it is linked once.

mod exercise;
mod exercise_01;
mod exercise_03;
mod exercise_04;
mod exercise_05;
mod exercise_06;
mod exercise_07;

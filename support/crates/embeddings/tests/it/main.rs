//! What `embeddings` promises, in one program: it is linked once.

mod reduce;
mod word_vectors;

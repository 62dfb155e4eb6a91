//! What `text` promises, in one program: it is linked once.

mod contrast;
mod explorer;
mod news;
mod text;
mod word_tokenizer;

//! The derive from a user's side: one binary, a module per topic.

mod batches;
mod matching;

//! What the benchmarks share.

#![allow(clippy::indexing_slicing, reason = "a failure is a broken benchmark")]

pub mod rounds;

/// glibc learns from the first large block that is freed that such blocks are worth keeping. Learned before the
/// first case, it is the same for all of them.
pub fn settle_allocator() {
    drop(std::hint::black_box(Vec::<u8>::with_capacity(24 << 20)));
}

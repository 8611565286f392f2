//! Part of the lakeorm workspace.

/// A Spark Connect server that tests script.
pub mod fake {
    pub mod proto;
}

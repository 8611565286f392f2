//! Part of the lakeorm workspace.

pub mod fake {
    pub mod proto;
}

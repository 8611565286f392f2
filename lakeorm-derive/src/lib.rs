//! Part of the lakeorm workspace.

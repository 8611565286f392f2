//! `cargo xtask ci`: the whole gate, the same on a laptop as on a server.

use std::process::Command;

use crate::cargo::{run, workspace};
use crate::failure::Outcome;

/// Runs the script that continuous integration runs.
pub(crate) fn ci() -> Outcome {
    run(Command::new("bash").current_dir(workspace()).arg(".ci/run"), ".ci/run")
}

//! What a program tells of its own memory.

use std::fs;

/// The most memory that this process has had, in megabytes.
///
/// # Panics
/// Where the system does not tell it.
#[must_use]
#[expect(clippy::unwrap_used, reason = "a figure that is not known is none")]
pub fn peak_megabytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

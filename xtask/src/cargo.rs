//! Running cargo in this workspace.

use std::env;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::failure::{During, Failure, Outcome};
use crate::process::{Lifeline, kill_group, output};
use crate::progress::{say, seconds};

/// How long one `cargo test` may take, the compilation of documentation tests included.
const TEST_LIMIT: Duration = Duration::from_secs(20 * 60);

/// The directory of the workspace.
pub(crate) fn workspace() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// The directory of what cargo builds.
pub(crate) fn target() -> PathBuf {
    workspace().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// Cargo in the workspace, the one that runs this tool if one does.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace());
    cargo
}

/// Runs a command with its output on the terminal; an exit code other than 0 is a failure.
pub(crate) fn run(command: &mut Command, what: &str) -> Outcome {
    let status = command.stdin(Stdio::null()).status().during(what)?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{what} failed ({status})"))) }
}

/// Builds the targets that `command` (a `cargo build`) asks for and gives the example programs among them, each
/// with its name.
pub(crate) fn examples(command: &mut Command) -> Outcome<Vec<(String, PathBuf)>> {
    let found: Vec<_> = built(command)?.iter().filter_map(example).collect();
    if found.is_empty() { Err(Failure::new("cargo knows no examples")) } else { Ok(found) }
}

/// Builds what `command` (a `cargo build` or `cargo test --no-run`) asks for and gives the library of this name among it.
pub(crate) fn library(command: &mut Command, name: &str) -> Outcome<PathBuf> {
    let found = built(command)?.iter().find_map(|message| rlib(message, name));
    found.ok_or_else(|| Failure::new(format!("cargo knows no library {name}")))
}

/// What cargo says it has built.
fn built(command: &mut Command) -> Outcome<Vec<Value>> {
    let told = output(command.args(["--message-format", "json-render-diagnostics"]), "cargo build")?;
    Ok(told.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// The example that a message of cargo says it has built.
fn example(message: &Value) -> Option<(String, PathBuf)> {
    let target = message.get("target")?;
    if !target.get("kind")?.as_array()?.iter().any(|kind| kind == "example") {
        return None;
    }
    Some((target.get("name")?.as_str()?.to_owned(), message.get("executable")?.as_str()?.into()))
}

/// The library of this name, if a message of cargo says it has built it.
fn rlib(message: &Value, name: &str) -> Option<PathBuf> {
    if message.get("target")?.get("name")? != name {
        return None;
    }
    let mut files = message.get("filenames")?.as_array()?.iter().filter_map(Value::as_str).map(PathBuf::from);
    files.find(|file| file.extension().is_some_and(|it| it == "rlib"))
}

/// How many tests a run of `cargo test` executed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Counts {
    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            ignored: self.ignored + other.ignored,
        }
    }
}

/// Runs `cargo test`, hands its output on line by line, and counts its tests; also whether it succeeded.
pub(crate) fn test(command: &mut Command) -> Outcome<(Counts, bool)> {
    tally(command, TEST_LIMIT, |line| say(line))
}

/// Runs `command` for at most `limit`. It leads a process group of its own, so that a test that hangs can be ended
/// with all that it started; the lifeline does the same when this process is interrupted.
fn tally(command: &mut Command, limit: Duration, hand_on: impl Fn(&str)) -> Outcome<(Counts, bool)> {
    let what = "cargo test";
    command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
    let mut child = command.spawn().during(what)?;
    let leader = child.id();
    let lifeline = Lifeline::tie(leader)?;
    let mut counts = Counts::default();
    let (ended, end) = mpsc::channel::<()>();
    let late = thread::scope(|scope| {
        let watch = scope.spawn(move || {
            end.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) && kill_group(leader).is_ok()
        });
        for line in lines(child.stdout.take()) {
            hand_on(&line);
            counts = counts.plus(count(&line).unwrap_or_default());
        }
        drop(ended);
        watch.join().unwrap_or_default()
    });
    let status = child.wait().during(what)?;
    lifeline.release();
    if late {
        return Err(Failure::new(format!("a test hangs: ended after {}", seconds(limit))));
    }
    Ok((counts, status.success()))
}

/// The lines of a program's output up to its end, whatever bytes they hold.
fn lines(output: Option<ChildStdout>) -> impl Iterator<Item = String> {
    let lines = output.into_iter().flat_map(|output| BufReader::new(output).split(b'\n'));
    lines.map_while(Result::ok).map(|line| String::from_utf8_lossy(&line).into_owned())
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn count(line: &str) -> Option<Counts> {
    let (_, numbers) = line.trim().strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = Counts::default();
    for part in numbers.split("; ") {
        match part.split_once(' ')? {
            (number, "passed") => counts.passed = number.parse().ok()?,
            (number, "failed") => counts.failed = number.parse().ok()?,
            (number, "ignored") => counts.ignored = number.parse().ok()?,
            _ => {}
        }
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_counted_and_another_is_not() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 2 filtered out; finished in 1.52s";
        assert_eq!(count(line), Some(Counts { passed: 12, failed: 3, ignored: 1 }));
        assert_eq!(count("test result_of_a_test ... ok"), None);
        assert_eq!(count("running 3 tests"), None);
    }

    #[test]
    fn counting_goes_over_all_binaries_of_a_run() {
        let script = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured'; \
                      echo 'test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured'; exit 101";
        let (counts, succeeded) = tally(Command::new("sh").args(["-c", script]), TEST_LIMIT, |_| ()).unwrap();
        assert_eq!(counts, Counts { passed: 3, failed: 1, ignored: 1 });
        assert!(!succeeded);
    }

    #[test]
    fn a_run_that_hangs_is_ended_with_all_that_it_started() {
        let mut hanging = Command::new("sh");
        hanging.args(["-c", "sleep 61 & sleep 61"]);
        let failure = tally(&mut hanging, Duration::from_millis(100), |_| ()).unwrap_err();
        assert_eq!(failure.to_string(), "a test hangs: ended after 0.1 s");
    }

    #[test]
    fn an_example_is_told_from_other_targets() {
        let built =
            |kind: &str| serde_json::json!({"target": {"name": "x", "kind": [kind]}, "executable": "bin/x"});
        assert_eq!(example(&built("example")), Some(("x".to_owned(), PathBuf::from("bin/x"))));
        assert_eq!(example(&built("bin")), None);
        assert_eq!(example(&serde_json::json!({"reason": "build-finished"})), None);
    }

    #[test]
    fn a_library_is_told_by_its_name() {
        let built =
            serde_json::json!({"target": {"name": "x"}, "filenames": ["deps/libx.rmeta", "deps/libx.rlib"]});
        assert_eq!(rlib(&built, "x"), Some(PathBuf::from("deps/libx.rlib")));
        assert_eq!(rlib(&built, "y"), None);
    }
}

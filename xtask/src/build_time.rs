//! `cargo xtask bench build`: what a crate of row types costs to compile, against the same crate with serde.
//!
//! Two crates of 50 structs of 10 fields with one decode call each, built in turns; their dependencies are built
//! before the clock starts.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::cargo::{cargo, target, workspace};
use crate::failure::{During, Failure, Outcome};
use crate::process::output;
use crate::progress::{say, step};

const STRUCTS: usize = 50;

/// How often each build is timed, unless `--rounds` says otherwise. The least of them counts: what else the machine
/// does only adds.
const ROUNDS: usize = 5;

/// The ten fields, of types that come up in tables.
const FIELDS: &str = "
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub age: Option<i32>,
    pub score: f64,
    pub active: bool,
    pub tags: Vec<String>,
    pub visits: Option<i64>,
    pub ratio: f64,
    pub note: String,";

/// The ways to build, and what cargo is told.
const MODES: [(&str, &[&str]); 3] =
    [("check", &["check"]), ("debug", &["build"]), ("release", &["build", "--release"])];

/// A crate in the race.
struct Entrant {
    name: &'static str,
    dependencies: String,
    source: String,
}

pub(crate) fn bench(arguments: &[String]) -> Outcome {
    let rounds = rounds(arguments)?;
    let root = target().join("build-time");
    let entrants = [lakeorm(), serde()];
    let homes = entrants.iter().map(|entrant| entrant.write(&root)).collect::<Outcome<Vec<_>>>()?;
    say(format_args!("{STRUCTS} structs of 10 fields, one decode call each; least seconds of {rounds}\n"));
    say(format_args!("{:<10}{:>10}{:>22}{:>8}", "build", entrants[0].name, entrants[1].name, "ratio"));
    for (mode, arguments) in MODES {
        step(&format!("building the dependencies for {mode}"), || {
            homes.iter().try_for_each(|home| timed(home, arguments).map(drop))
        })?;
        let mut least = [Duration::MAX; 2];
        for _ in 0..rounds {
            for (home, least) in homes.iter().zip(&mut least) {
                *least = timed(home, arguments)?.min(*least);
            }
        }
        let [ours, theirs] = least.map(|time| time.as_secs_f64());
        say(format_args!("{mode:<10}{ours:>10.2}{theirs:>22.2}{:>8.2}", ours / theirs));
    }
    Ok(())
}

fn rounds(arguments: &[String]) -> Outcome<usize> {
    match arguments {
        [] => Ok(ROUNDS),
        [option, number] if option == "--rounds" => number.parse().during("--rounds"),
        _ => Err(Failure::new("bench build takes --rounds N and nothing else")),
    }
}

fn lakeorm() -> Entrant {
    let path = workspace().join("lakeorm");
    let mut source = "use lakeorm::{LakeRow, RowBatch, row::RowsError};\n".to_owned();
    for number in 0..STRUCTS {
        _ = write!(
            source,
            "\n#[derive(LakeRow)]\npub struct Row{number} {{{FIELDS}\n}}\n\n\
             pub fn decode{number}(batch: &RowBatch) -> Result<Vec<Row{number}>, RowsError> {{\n    batch.to_vec()\n}}\n"
        );
    }
    Entrant { name: "lakeorm", dependencies: format!("lakeorm = {{ path = {path:?} }}"), source }
}

fn serde() -> Entrant {
    let mut source = "use arrow_array::RecordBatch;\nuse serde::Deserialize;\n".to_owned();
    for number in 0..STRUCTS {
        _ = write!(
            source,
            "\n#[derive(Deserialize)]\npub struct Row{number} {{{FIELDS}\n}}\n\n\
             pub fn decode{number}(batch: &RecordBatch) -> serde_arrow::Result<Vec<Row{number}>> {{\n    \
             serde_arrow::from_record_batch(batch)\n}}\n"
        );
    }
    let dependencies = "arrow-array = { version = \"60.1\", default-features = false }\n\
                        serde = { version = \"1.0.228\", features = [\"derive\"] }\n\
                        serde_arrow = { version = \"0.15.1\", features = [\"arrow-60\"] }";
    Entrant { name: "serde + serde_arrow", dependencies: dependencies.to_owned(), source }
}

impl Entrant {
    /// Writes the crate, with the versions that this workspace has locked, and gives its directory.
    fn write(&self, root: &Path) -> Outcome<PathBuf> {
        let home = root.join(self.name.replace(" + ", "-"));
        let manifest = format!(
            "[package]\nname = \"rows\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{}\n\n[workspace]\n",
            self.dependencies
        );
        fs::create_dir_all(home.join("src")).during(home.display())?;
        fs::write(home.join("Cargo.toml"), manifest).during(home.display())?;
        fs::write(home.join("src/lib.rs"), &self.source).during(home.display())?;
        fs::copy(workspace().join("Cargo.lock"), home.join("Cargo.lock")).during(home.display())?;
        Ok(home)
    }
}

/// Builds the crate anew, its dependencies only where they are stale.
fn timed(home: &Path, arguments: &[&str]) -> Outcome<Duration> {
    let source = home.join("src/lib.rs");
    let text = fs::read(&source).during(source.display())?;
    // The same text again: cargo goes by the time of the file.
    fs::write(&source, text).during(source.display())?;
    let mut command: Command = cargo();
    command.current_dir(home).args(arguments).args(["--quiet", "--target-dir"]).arg(home.join("target"));
    // A first build: what is kept of the last one would be found unchanged.
    command.env("CARGO_INCREMENTAL", "0");
    let begun = Instant::now();
    output(&mut command, "cargo")?;
    Ok(begun.elapsed())
}

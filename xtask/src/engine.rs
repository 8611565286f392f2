//! The real engines: which there are, and `cargo xtask engine`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::cache::Cache;
use crate::failure::{Failure, Outcome};
use crate::progress::{note, say, seconds, step};
use crate::python::Venv;

mod instance;
mod namespace;
mod ready;
mod sail;
pub(crate) mod spark;
mod words;

use instance::Instance;
pub(crate) use instance::Owned;
use spark::{Flavour, Release};
use words::{Verb, Words};

/// An engine this tool can install and run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Sail, the embedded default.
    Sail,
    /// A release of Spark.
    Spark(Release),
}

/// An engine that is on this machine, ready to be started.
#[derive(Debug)]
pub(crate) enum Installed {
    Sail(PathBuf),
    Spark(Release, spark::Installed),
}

impl Engine {
    /// Spark 3.5 with Iceberg and Delta, as EMR Serverless and Glue have it.
    pub(crate) const SPARK35: Self = Self::Spark(spark::OLDEST);

    /// Spark 4.1 with Iceberg and Delta.
    pub(crate) const SPARK41: Self = Self::Spark(spark::LAKEHOUSE);

    /// Spark 4.3, plain.
    pub(crate) const SPARK43: Self = Self::Spark(spark::PLAIN);

    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [Self::Sail].into_iter().chain(spark::RELEASES.map(Self::Spark))
    }

    /// Sail, and each line of Spark in its richest flavour.
    pub(crate) fn lines() -> impl Iterator<Item = Self> {
        Self::all().filter(|engine| !engine.name().contains('-'))
    }

    /// The word for it on the command line and in file names.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sail => "sail",
            Self::Spark(release) => release.name,
        }
    }

    /// The engine that `name` is the word for; `spark` is the Spark with both table formats.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = if name == "spark" { spark::LAKEHOUSE.name } else { name };
        Self::all().find(|engine| engine.name() == name)
    }

    /// Whether a session of it stays however many others come.
    pub(crate) fn keeps_sessions(self) -> bool {
        match self {
            Self::Sail => true,
            Self::Spark(release) => release.line.keeps_sessions,
        }
    }

    /// Whether it keeps tables of Delta or Iceberg.
    pub(crate) fn has_table_formats(self) -> bool {
        match self {
            Self::Sail => true,
            Self::Spark(release) => release.flavour != Flavour::Plain,
        }
    }

    /// Whether it keeps tables of Iceberg.
    pub(crate) fn has_iceberg(self) -> bool {
        match self {
            Self::Sail => true,
            Self::Spark(release) => release.flavour == Flavour::Lake,
        }
    }

    /// Whether it reads objects of S3.
    pub(crate) fn reads_s3(self) -> bool {
        match self {
            Self::Sail => true,
            Self::Spark(release) => release.reads_s3a(),
        }
    }

    /// Whether it reads objects of Azure Blob Storage and of Google Cloud Storage.
    pub(crate) fn reads_clouds(self) -> bool {
        self == Self::Sail
    }

    /// What the tests are told of it in `LAKEORM_ENGINE`: `sail`, or line and flavour as in `spark-4.1-lake`.
    pub(crate) fn described(self) -> String {
        match self {
            Self::Sail => "sail".to_owned(),
            Self::Spark(Release { line, flavour, .. }) => format!("spark-{}-{}", line.number, flavour.name()),
        }
    }

    /// The version that is installed.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Sail => sail::VERSION,
            Self::Spark(release) => release.line.version,
        }
    }

    /// Installs it into the cache unless it is there.
    pub(crate) fn install(self, cache: &Cache) -> Outcome<Installed> {
        match self {
            Self::Sail => Ok(Installed::Sail(sail::install(cache)?)),
            Self::Spark(release) => Ok(Installed::Spark(release, release.install(cache)?)),
        }
    }

    /// Whether it can be told which interface to listen on, and which token to want.
    pub(crate) fn can_be_bound(self) -> bool {
        match self {
            Self::Sail => true,
            Self::Spark(release) => release.line.can_be_bound,
        }
    }

    /// What the command line of its process on `port` holds.
    fn mark(self, port: u16) -> String {
        match self {
            Self::Sail => sail::mark(port),
            Self::Spark(_) => spark::mark(port),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sail => "Sail",
            Self::Spark(Release { flavour: Flavour::Plain, .. }) => "Spark",
            Self::Spark(Release { flavour: Flavour::Delta, .. }) => "Spark with Delta",
            Self::Spark(Release { flavour: Flavour::Lake, .. }) => "Spark with Iceberg and Delta",
        })
    }
}

impl Installed {
    /// The command that serves on `port` and keeps what it writes in `run`. Sail takes its confs from the environment.
    fn command(&self, port: u16, run: &Path, confs: &[(&'static str, &str)]) -> Outcome<Command> {
        match self {
            Self::Sail(entry) => {
                let mut sail = sail::command(entry, port);
                sail.envs(confs.iter().copied());
                Ok(sail)
            }
            Self::Spark(release, installed) => release.command(installed, port, run, confs),
        }
    }
}

/// Sail's Python environment, for tools that need no other; Sail is installed unless it is there.
pub(crate) fn sail_python(cache: &Cache) -> Outcome<Venv> {
    Ok(Venv::at(&sail::install(cache)?))
}

/// `cargo xtask engine up|down|status [NAME…] [--plain|--delta|--lake] [--port N]`.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let Words { verb, engines: chosen, port } = Words::parse(arguments)?;
    let cache = Cache::open()?;
    let or = |default: Vec<Engine>| if chosen.is_empty() { default } else { chosen.clone() };
    match verb {
        Verb::Up => or(vec![Engine::Sail]).into_iter().try_for_each(|engine| up(engine, &cache, port)),
        Verb::Down => or(Engine::all().collect()).into_iter().try_for_each(|engine| down(engine, &cache)),
        Verb::Status => or(Engine::all().collect()).into_iter().try_for_each(|engine| status(engine, &cache)),
    }
}

fn up(engine: Engine, cache: &Cache, port: Option<u16>) -> Outcome {
    let _alone = cache.lock(engine.name(), &format!("engine up {}", engine.name()))?;
    let state = state_file(engine, cache)?;
    if let Some(instance) = Instance::load(&state) {
        if instance.is_running() {
            if let Some(port) = port.filter(|port| *port != instance.port) {
                let (name, remote) = (engine.name(), instance.remote());
                return Err(Failure::new(format!(
                    "{engine} already runs at {remote}, not on port {port}: leave out --port, or run `cargo xtask \
                     engine down {name}` first"
                )));
            }
            note(format_args!("· {engine} is already running, process {}", instance.pid));
            say(instance.remote());
            return Ok(());
        }
        forget(&instance, &state)?;
    }
    let started = Owned::start_on(port, engine, cache, engine.name(), &[])?;
    let remote = started.instance().remote();
    started.leave_running(&state)?;
    say(remote);
    Ok(())
}

fn down(engine: Engine, cache: &Cache) -> Outcome {
    let _alone = cache.lock(engine.name(), &format!("engine down {}", engine.name()))?;
    let state = state_file(engine, cache)?;
    let Some(instance) = Instance::load(&state) else {
        note(format_args!("· {engine} is not running"));
        return Ok(());
    };
    if instance.is_running() {
        step(&format!("stopping {engine}, process {}", instance.pid), || forget(&instance, &state))
    } else {
        note(format_args!("· {engine} had ended by itself; its log is {}", instance.log.display()));
        forget(&instance, &state)
    }
}

fn status(engine: Engine, cache: &Cache) -> Outcome {
    let name = engine.name();
    match Instance::load(&state_file(engine, cache)?) {
        None => say(format_args!("{name:<13} stopped   {}", engine.version())),
        Some(instance) => {
            let word = if instance.is_running() { "running" } else { "died" };
            let Instance { version, pid, log, started, .. } = &instance;
            let age = seconds(since(*started));
            say(format_args!(
                "{name:<13} {word:<9} {version}  {}  process {pid}  started {age} ago",
                instance.remote()
            ));
            say(format_args!("              log {}", log.display()));
        }
    }
    Ok(())
}

/// Stops an engine if it runs, removes what it wrote, and then its state file.
fn forget(instance: &Instance, state: &Path) -> Outcome {
    instance.stop()?;
    fs::remove_file(state).map_err(|error| Failure::new(format!("{}: {error}", state.display())))
}

fn state_file(engine: Engine, cache: &Cache) -> Outcome<PathBuf> {
    Ok(cache.runs()?.join(format!("{}.json", engine.name())))
}

fn since(started: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(Duration::from_secs(started))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_is_found_by_its_name() {
        for engine in Engine::all() {
            assert_eq!(Engine::named(engine.name()), Some(engine));
        }
        assert_eq!(Engine::named("spark"), Some(Engine::SPARK41));
        assert_eq!(Engine::named("flink"), None);
    }

    #[test]
    fn a_line_is_told_with_what_it_is_joined_with() {
        assert_eq!(Engine::named("spark35").unwrap().described(), "spark-3.5-lake");
        assert_eq!(Engine::SPARK43.described(), "spark-4.3-plain");
        let lines: Vec<_> = Engine::lines().map(Engine::name).collect();
        assert_eq!(lines, ["sail", "spark35", "spark40", "spark41", "spark42", "spark43"]);
    }
}

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
mod ready;
mod sail;
pub(crate) mod spark;

use instance::Instance;
pub(crate) use instance::Owned;

/// An engine this tool can install and run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Sail, the embedded default.
    Sail,
    /// Spark with the Iceberg and Delta runtimes.
    Spark,
    /// The newest Spark, plain.
    Spark43,
}

/// An engine that is on this machine, ready to be started.
#[derive(Debug)]
pub(crate) enum Installed {
    Sail(PathBuf),
    Spark(spark::Release, spark::Installed),
}

impl Engine {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Sail, Self::Spark, Self::Spark43];

    /// The word for it on the command line, in file names and in `LAKEORM_ENGINE`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sail => "sail",
            Self::Spark => "spark",
            Self::Spark43 => "spark43",
        }
    }

    /// The engine that `name` is the word for.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.name() == name)
    }

    /// The version that is installed.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Sail => sail::VERSION,
            Self::Spark => spark::LAKEHOUSE.version,
            Self::Spark43 => spark::PLAIN.version,
        }
    }

    /// Installs it into the cache unless it is there.
    pub(crate) fn install(self, cache: &Cache) -> Outcome<Installed> {
        let release = match self {
            Self::Sail => return Ok(Installed::Sail(sail::install(cache)?)),
            Self::Spark => spark::LAKEHOUSE,
            Self::Spark43 => spark::PLAIN,
        };
        Ok(Installed::Spark(release, release.install(cache)?))
    }

    /// What the command line of its process on `port` holds.
    fn mark(self, port: u16) -> String {
        match self {
            Self::Sail => sail::mark(port),
            Self::Spark | Self::Spark43 => spark::mark(port),
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sail => "Sail",
            Self::Spark => "Spark with Iceberg and Delta",
            Self::Spark43 => "Spark",
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

/// `cargo xtask engine up|down|status [sail|spark|spark43]`.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (verb, names) =
        arguments.split_first().ok_or_else(|| Failure::new("engine: say up, down or status"))?;
    let chosen = names.iter().map(|name| parse(name)).collect::<Outcome<Vec<_>>>()?;
    let cache = Cache::open()?;
    let or = |default: &[Engine]| if chosen.is_empty() { default.to_vec() } else { chosen.clone() };
    match verb.as_str() {
        "up" => or(&[Engine::Sail]).into_iter().try_for_each(|engine| up(engine, &cache)),
        "down" => or(&Engine::ALL).into_iter().try_for_each(|engine| down(engine, &cache)),
        "status" => or(&Engine::ALL).into_iter().try_for_each(|engine| status(engine, &cache)),
        other => Err(Failure::new(format!("engine: {other} is not one of up, down, status"))),
    }
}

fn parse(name: &str) -> Outcome<Engine> {
    Engine::named(name)
        .ok_or_else(|| Failure::new(format!("there is no engine {name}: say sail, spark or spark43")))
}

fn up(engine: Engine, cache: &Cache) -> Outcome {
    let _alone = cache.lock(engine.name(), &format!("engine up {}", engine.name()))?;
    let state = state_file(engine, cache)?;
    if let Some(instance) = Instance::load(&state) {
        if instance.is_running() {
            note(format_args!("· {engine} is already running, process {}", instance.pid));
            say(instance.remote());
            return Ok(());
        }
        forget(&instance, &state)?;
    }
    let started = Owned::start(engine, cache, engine.name())?;
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
        None => say(format_args!("{name:<8} stopped   {}", engine.version())),
        Some(instance) => {
            let word = if instance.is_running() { "running" } else { "died" };
            let Instance { version, pid, log, started, .. } = &instance;
            let age = seconds(since(*started));
            say(format_args!(
                "{name:<8} {word:<9} {version}  {}  process {pid}  started {age} ago",
                instance.remote()
            ));
            say(format_args!("         log {}", log.display()));
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
        for engine in Engine::ALL {
            assert_eq!(Engine::named(engine.name()), Some(engine));
        }
        assert_eq!(Engine::named("flink"), None);
    }

    #[test]
    fn an_unknown_verb_and_an_unknown_engine_are_told_with_the_right_ones() {
        let told = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            run(&words).unwrap_err().to_string()
        };
        assert_eq!(told(&["pause"]), "engine: pause is not one of up, down, status");
        assert_eq!(told(&["up", "flink"]), "there is no engine flink: say sail, spark or spark43");
        assert_eq!(told(&[]), "engine: say up, down or status");
    }
}

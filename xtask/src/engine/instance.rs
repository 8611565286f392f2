//! One run of an engine: started, waited for, stopped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Child};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::ready::{Readiness, ready};
use super::{Engine, Installed, namespace};
use crate::cache::{Cache, create_tree, remove_tree};
use crate::failure::{During, Failure, Outcome};
use crate::process::{Lifeline, free_port, is_running, is_taken, last_lines, spawn, stop};
use crate::progress::{note, step};

/// How long an engine may take from its start to its first answer.
const START_LIMIT: Duration = Duration::from_secs(180);

/// A started engine, as its state file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) engine: Engine,
    pub(crate) version: String,
    pub(crate) pid: u32,
    pub(crate) port: u16,
    /// When it was started, in seconds since 1970.
    pub(crate) started: u64,
    /// The directory that it writes in; removed when it is stopped.
    pub(crate) dir: PathBuf,
    pub(crate) log: PathBuf,
}

impl Instance {
    /// Where clients find it.
    pub(crate) fn remote(&self) -> String {
        format!("sc://127.0.0.1:{}", self.port)
    }

    /// Whether its process is there.
    pub(crate) fn is_running(&self) -> bool {
        is_running(self.pid, &self.engine.mark(self.port))
    }

    /// Stops it and removes what it wrote; one that has ended by itself is only cleaned up.
    pub(crate) fn stop(&self) -> Outcome {
        stop(self.pid, &self.engine.mark(self.port))?;
        remove_tree(&self.dir)
    }

    /// Writes the state file, whole or not at all.
    pub(crate) fn save(&self, path: &Path) -> Outcome {
        let state = json!({
            "engine": self.engine.name(),
            "version": self.version,
            "pid": self.pid,
            "port": self.port,
            "started": self.started,
            "dir": self.dir.display().to_string(),
            "log": self.log.display().to_string(),
        });
        let partial = path.with_extension("partial");
        fs::write(&partial, format!("{state:#}\n")).during(partial.display())?;
        fs::rename(&partial, path).during(path.display())
    }

    /// Reads a state file; none if it is not there or not one of ours.
    pub(crate) fn load(path: &Path) -> Option<Self> {
        let state: Value = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
        let text = |key: &str| state.get(key).and_then(Value::as_str).map(str::to_owned);
        let number = |key: &str| state.get(key).and_then(Value::as_u64);
        Some(Self {
            engine: Engine::named(&text("engine")?)?,
            version: text("version")?,
            pid: number("pid")?.try_into().ok()?,
            port: number("port")?.try_into().ok()?,
            started: number("started")?,
            dir: text("dir")?.into(),
            log: text("log")?.into(),
        })
    }
}

/// The caller's own settings, which no engine is to have.
const FOREIGN: [&str; 4] = ["SPARK_", "SAIL_", "PYSPARK_", "PYTHON"];

/// Those for object stores, which an engine may have unless the command sets some for that kind of store: credentials of
/// both contradict each other.
const OF_STORES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// Takes the caller's own settings out of a command's environment, except those that the command sets itself.
fn scrub(command: &mut process::Command) {
    let own: Vec<_> = command.get_envs().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    for (name, _) in std::env::vars_os() {
        if is_foreign(&name.to_string_lossy(), &own) {
            command.env_remove(&name);
        }
    }
}

/// Whether a variable is to be kept from a command that sets `own` itself.
fn is_foreign(name: &str, own: &[String]) -> bool {
    let told = |prefix: &&&str| own.iter().any(|own| own.starts_with(**prefix));
    let mut foreign = FOREIGN.iter().chain(OF_STORES.iter().filter(told));
    foreign.any(|prefix| name.starts_with(prefix)) && !own.iter().any(|own| own == name)
}

/// Where an engine listens and writes.
struct Place {
    port: u16,
    dir: PathBuf,
    log: PathBuf,
}

/// An engine that belongs to this command and ends with it, however this command ends.
#[derive(Debug)]
pub(crate) struct Owned {
    instance: Instance,
    confs: Vec<(&'static str, String)>,
    child: Child,
    lifeline: Option<Lifeline>,
}

impl Owned {
    /// Starts an engine and waits until it answers. `label` names its log and its directory.
    pub(crate) fn start(engine: Engine, cache: &Cache, label: &str) -> Outcome<Self> {
        Self::start_with(engine, cache, label, &[])
    }

    /// The same with confs for the server beside the usual ones.
    pub(crate) fn start_with(
        engine: Engine,
        cache: &Cache,
        label: &str,
        confs: &[(&'static str, &str)],
    ) -> Outcome<Self> {
        Self::start_on(None, engine, cache, label, confs)
    }

    /// The same on a port of the caller's choice.
    pub(crate) fn start_on(
        port: Option<u16>,
        engine: Engine,
        cache: &Cache,
        label: &str,
        confs: &[(&'static str, &str)],
    ) -> Outcome<Self> {
        let installed = engine.install(cache)?;
        sweep(cache)?;
        let dir = cache.runs()?.join(format!("{label}-{}", process::id()));
        remove_tree(&dir)?;
        create_tree(&dir)?;
        let log = cache.log(label)?;
        let port = match port {
            Some(port) if is_taken(port) => {
                return Err(Failure::new(format!("something listens on port {port} already")));
            }
            Some(port) => port,
            None => free_port()?,
        };
        Self::serve(engine, &installed, Place { port, dir, log }, confs)
    }

    /// Starts the engine again on its port, over what it wrote and with its confs, once its process has ended.
    pub(crate) fn revive(&mut self, cache: &Cache) -> Outcome {
        if let Some(lifeline) = self.lifeline.take() {
            lifeline.release();
        }
        self.child.wait().during("waiting for the engine's end")?;
        let Instance { engine, port, dir, log, .. } = self.instance.clone();
        let confs = std::mem::take(&mut self.confs);
        let confs: Vec<_> = confs.iter().map(|(key, value)| (*key, value.as_str())).collect();
        *self = Self::serve(engine, &engine.install(cache)?, Place { port, dir, log }, &confs)?;
        Ok(())
    }

    fn serve(
        engine: Engine,
        installed: &Installed,
        place: Place,
        confs: &[(&'static str, &str)],
    ) -> Outcome<Self> {
        let Place { port, dir, log } = place;
        let mut command = installed.command(port, &dir, confs)?;
        scrub(&mut command);
        command.current_dir(&dir);
        if !engine.can_be_bound() {
            command = namespace::around(&command, port, &dir)?;
        }
        let child = spawn(&mut command, &log)?;
        let outside = match engine.can_be_bound() {
            true => Ok(()),
            false => namespace::forward(port, &dir, child.id()),
        };
        let instance = Instance {
            engine,
            version: engine.version().to_owned(),
            pid: child.id(),
            port,
            started: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            dir,
            log,
        };
        let lifeline = Lifeline::tie(instance.pid);
        let confs = confs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let mut owned = Self { instance, confs, child, lifeline: None };
        let lifeline = outside.and(lifeline);
        owned.lifeline = Some(lifeline.or_else(|failure| owned.instance.stop().and(Err(failure)))?);
        owned.wait()?;
        Ok(owned)
    }

    /// Waits until the engine answers; the failure holds the end of its log.
    fn wait(&mut self) -> Outcome {
        let Instance { engine, version, port, log, .. } = &self.instance;
        let goes_on = || matches!(self.child.try_wait(), Ok(None));
        let readiness = step(&format!("starting {engine} {version}"), || {
            ready(*port, Instant::now() + START_LIMIT, goes_on)
        });
        let how = match readiness {
            Readiness::Ready => return Ok(()),
            Readiness::Ended => "ended before it answered".to_owned(),
            Readiness::TimedOut => format!("did not answer within {} s", START_LIMIT.as_secs()),
        };
        let end = last_lines(&fs::read_to_string(log).unwrap_or_default(), 20);
        Err(Failure::new(format!("{engine} {how}; the end of {}:\n{end}", log.display())))
    }

    /// What was started.
    pub(crate) fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Writes the state file and lets the engine outlive this command.
    pub(crate) fn leave_running(mut self, state: &Path) -> Outcome {
        self.instance.save(state)?;
        if let Some(lifeline) = self.lifeline.take() {
            lifeline.release();
        }
        Ok(())
    }

    /// Stops it and says how long that took.
    pub(crate) fn stop(mut self) -> Outcome {
        let what = format!("stopping {}", self.instance.engine);
        step(&what, || self.end())
    }

    fn end(&mut self) -> Outcome {
        let Some(lifeline) = self.lifeline.take() else { return Ok(()) };
        let stopped = self.instance.stop();
        lifeline.release();
        self.child.wait().ok();
        stopped
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Err(failure) = self.end() {
            note(format_args!("  {failure}"));
        }
    }
}

/// Removes the directories of runs whose command is gone without having cleaned up.
fn sweep(cache: &Cache) -> Outcome {
    let runs = cache.runs()?;
    let in_use: Vec<PathBuf> = Engine::all()
        .filter_map(|engine| Instance::load(&runs.join(format!("{}.json", engine.name()))))
        .map(|instance| instance.dir)
        .collect();
    for entry in fs::read_dir(&runs).during(runs.display())? {
        let dir = entry.during(runs.display())?.path();
        let owner = dir.file_name().and_then(|name| name.to_str()?.rsplit_once('-')?.1.parse().ok());
        if let Some(owner) = owner
            && !in_use.contains(&dir)
            && !is_running(owner, "xtask")
        {
            remove_tree(&dir)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_file_gives_back_what_was_saved() {
        let instance = Instance {
            engine: Engine::SPARK43,
            version: "4.3.0".to_owned(),
            pid: 7,
            port: 65_535,
            started: 1_700_000_000,
            dir: PathBuf::from("a dir"),
            log: PathBuf::from("a \"log\""),
        };
        let path = std::env::temp_dir().join(format!("lakeorm-xtask-{}-state.json", process::id()));
        instance.save(&path).unwrap();
        assert_eq!(Instance::load(&path), Some(instance));
        fs::write(&path, "{\"engine\": \"sail\"").unwrap();
        assert_eq!(Instance::load(&path), None);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn the_callers_credentials_do_not_reach_an_engine_with_others() {
        let own = [String::from("GOOGLE_SERVICE_ACCOUNT_KEY")];
        assert!(is_foreign("GOOGLE_SERVICE_ACCOUNT", &own));
        assert!(!is_foreign("GOOGLE_SERVICE_ACCOUNT_KEY", &own));
        assert!(!is_foreign("AWS_PROFILE", &own) && !is_foreign("GOOGLE_SERVICE_ACCOUNT", &[]));
        assert!(is_foreign("SPARK_HOME", &[]) && !is_foreign("HOME", &own));
    }

    #[test]
    fn the_callers_own_settings_do_not_reach_an_engine() {
        let mut command = process::Command::new("env");
        command.env("PYTHONPATH", "kept");
        scrub(&mut command);
        let kept = command.get_envs().find(|(name, _)| *name == "PYTHONPATH").unwrap();
        assert_eq!(kept.1, Some("kept".as_ref()));
        assert!(command.get_envs().all(|(name, value)| value.is_none() || name == "PYTHONPATH"));
    }
}

//! `cargo xtask faults`, what breaks between a client and a real server, `cargo xtask sessions`, the pool under load, and
//! `cargo xtask writes`, writers that contend or whose server dies: at length and with figures.
//!
//! A program of the tests plays the client, one case at a time. This end keeps the servers: it starts
//! one for a case and starts it again, on its port and over its data, whenever the case has ended its process.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::Duration;

use crate::cache::Cache;
use crate::cargo::{self, cargo};
use crate::engine::{Engine, Owned};
use crate::failure::{During, Failure, Outcome};
use crate::process::Lifeline;
use crate::progress::{say, step};

/// A server that closes every stream early, so that a long result reattaches again and again.
const SHORT_STREAMS: [(&str, &str); 2] = [
    ("spark.connect.execute.reattachable.senderMaxStreamDuration", "2s"),
    ("spark.connect.execute.reattachable.senderMaxStreamSize", "1m"),
];

/// What breaks on the way.
pub(crate) fn faults(arguments: &[String]) -> Outcome {
    play("faults", arguments, Engine::SPARK43, |engine| {
        let mut cases: Vec<Case> =
            plain(&["resets", "drops", "slow-reader", "silence", "kills", "packet-loss"]);
        if engine != Engine::Sail {
            cases.extend([
                ("heap", [].as_slice()),
                ("pings", [].as_slice()),
                ("short-streams", SHORT_STREAMS.as_slice()),
            ]);
        }
        cases
    })
}

/// Many tasks on a few sessions, and what the pool costs.
pub(crate) fn sessions(arguments: &[String]) -> Outcome {
    play("sessions", arguments, Engine::SPARK43, |_| plain(&["cost", "throughput", "beside", "soak"]))
}

/// What writers do to each other.
pub(crate) fn writes(arguments: &[String]) -> Outcome {
    play("writes", arguments, Engine::SPARK41, |_| plain(&["writers", "one-key", "kills"]))
}

fn plain(cases: &[&'static str]) -> Vec<Case> {
    cases.iter().map(|case| (*case, [].as_slice())).collect()
}

/// Runs every case of a program, or those named, on the engines named, Sail and this Spark unless some are.
fn play(
    program: &'static str,
    arguments: &[String],
    spark: Engine,
    cases: fn(Engine) -> Vec<Case>,
) -> Outcome {
    let (mut engines, mut named) = (Vec::new(), Vec::new());
    for argument in arguments {
        match Engine::named(argument) {
            Some(engine) => engines.push(engine),
            None => named.push(argument.as_str()),
        }
    }
    if engines.is_empty() {
        engines = vec![Engine::Sail, spark];
    }
    let known =
        |name: &&str| engines.iter().any(|engine| cases(*engine).iter().any(|(case, _)| case == name));
    if let Some(unknown) = named.iter().find(|name| !known(name)) {
        return Err(Failure::new(format!("{program}: {unknown} is no engine and no case")));
    }
    let cache = Cache::open()?;
    let client = step("building the client", || built(program))?;
    let mut failed = Vec::new();
    for engine in engines {
        say(format_args!("\n==== {engine} {}", engine.version()));
        for (case, confs) in cases(engine) {
            if !named.is_empty() && !named.contains(&case) {
                continue;
            }
            if let Err(failure) = run(program, engine, &cache, Command::new(&client).arg(case), confs) {
                say(format_args!("{case}: FAILED: {failure}"));
                failed.push(format!("{case} on {}", engine.name()));
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(format!("failed: {}", failed.join(", ")))) }
}

/// A case, and the confs that its server wants.
type Case = (&'static str, &'static [(&'static str, &'static str)]);

/// A program of the tests, built with optimizations.
pub(crate) fn built(program: &str) -> Outcome<PathBuf> {
    let package = ["--package", "lakeorm-tests", "--features", "programs", "--bin", program];
    cargo::run(cargo().args(["build", "--release", "--quiet"]).args(package), "cargo build")?;
    Ok(cargo::target().join("release").join(program))
}

/// Runs a client beside a server of its own, whose log is named after the command.
pub(crate) fn run(
    command: &str,
    engine: Engine,
    cache: &Cache,
    client: &mut Command,
    confs: &[(&'static str, &str)],
) -> Outcome {
    let mut server = Owned::start_with(engine, cache, &format!("{command}-{}", engine.name()), confs)?;
    let ended = attend(&mut server, cache, client);
    server.stop()?;
    let ended = ended?;
    if ended.success() { Ok(()) } else { Err(Failure::new(ended.to_string())) }
}

/// Runs a case to its end and revives the server as often as it dies meanwhile.
fn attend(server: &mut Owned, cache: &Cache, client: &mut Command) -> Outcome<ExitStatus> {
    let instance = server.instance().clone();
    let process = instance.dir.join("process");
    fs::write(&process, instance.pid.to_string()).during(process.display())?;
    let mut client = client
        .env("LAKEORM_ENGINE", instance.engine.described())
        .env("LAKEORM_REMOTE", instance.remote())
        .env("LAKEORM_ENGINE_DIR", &instance.dir)
        .env("LAKEORM_ENGINE_LOG", &instance.log)
        .env("LAKEORM_ENGINE_PROCESS", &process)
        .process_group(0)
        .spawn()
        .during("the client")?;
    let lifeline = Lifeline::tie(client.id());
    let ended = loop {
        if let Some(ended) = client.try_wait().during("the client")? {
            break ended;
        }
        if !server.instance().is_running() {
            server.revive(cache)?;
            fs::write(&process, server.instance().pid.to_string()).during(process.display())?;
        }
        thread::sleep(Duration::from_millis(100));
    };
    lifeline?.release();
    Ok(ended)
}

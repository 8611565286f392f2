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
use crate::pyspark::PySpark;

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

/// What writers do to each other, and how fast they are.
pub(crate) fn writes(arguments: &[String]) -> Outcome {
    play("writes", arguments, Engine::SPARK41, |_| plain(&["writers", "one-key", "kills", "speed"]))
}

/// Results and calls beside the same by hand: so many millions of rows each, in so many rounds.
pub(crate) fn race(arguments: &[String]) -> Outcome {
    client_of("bench e2e", "race", arguments, "9", &["1", "10"])
}

/// One result over links with delay: in so many rounds, of so many millions of rows.
pub(crate) fn links(arguments: &[String]) -> Outcome {
    // The words behind the millions are the names of runners to the program, of which the command has all.
    let numbers = arguments.iter().filter(|word| Engine::named(word).is_none()).count();
    if numbers > 2 {
        return Err(Failure::new("bench links: give the rounds and the millions of rows, each once"));
    }
    client_of("bench links", "links", arguments, "3", &["4"])
}

/// Runs a race on the engines named, Sail and Spark 4.1 unless some are, with as many rounds and millions as are given.
fn client_of(bench: &str, race: &str, arguments: &[String], rounds: &str, millions: &[&str]) -> Outcome {
    let mut engines: Vec<_> = arguments.iter().filter_map(|word| Engine::named(word)).collect();
    let mut words = arguments.iter().filter(|word| Engine::named(word).is_none());
    let rounds = words.next().map_or(rounds, String::as_str);
    let given: Vec<_> = words.map(String::as_str).collect();
    let millions = if given.is_empty() { millions } else { &given };
    if let Some(wrong) = millions.iter().chain([&rounds]).find(|word| word.parse::<u32>().is_err()) {
        return Err(Failure::new(format!("{bench}: {wrong} is no engine and no number")));
    }
    if engines.is_empty() {
        engines = vec![Engine::Sail, Engine::SPARK41];
    }
    let cache = Cache::open()?;
    let client = step("building the client", || built("race"))?;
    for engine in engines {
        say(format_args!("\n==== {engine} {}", engine.version()));
        let words = [&[race, rounds], millions].concat();
        run(engine, &cache, &client, &words, &[])?;
    }
    Ok(())
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
            if let Err(failure) = run(engine, &cache, &client, &[case], confs) {
                say(format_args!("{case}: FAILED: {failure}"));
                failed.push(format!("{case} on {}", engine.name()));
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(format!("failed: {}", failed.join(", ")))) }
}

/// A case, and the confs that its server wants.
type Case = (&'static str, &'static [(&'static str, &'static str)]);

fn built(program: &str) -> Outcome<PathBuf> {
    let package = ["--package", "lakeorm-tests", "--features", "programs", "--bin", program];
    cargo::run(cargo().args(["build", "--release", "--quiet"]).args(package), "cargo build")?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| cargo::workspace().join("target"), PathBuf::from);
    Ok(target.join("release").join(program))
}

fn run(
    engine: Engine,
    cache: &Cache,
    program: &PathBuf,
    words: &[&str],
    confs: &[(&'static str, &str)],
) -> Outcome {
    let pyspark = match words {
        ["speed" | "race", ..] => PySpark::beside(engine, cache)?,
        _ => None,
    };
    let mut server = Owned::start_with(engine, cache, &format!("faults-{}", engine.name()), confs)?;
    let mut client = Command::new(program);
    client.args(words);
    if let Some(pyspark) = &pyspark {
        pyspark.describe(&mut client);
    }
    let ended = attend(&mut server, cache, &mut client);
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

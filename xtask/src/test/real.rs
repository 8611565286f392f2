//! The suites that need a real engine.

use std::path::PathBuf;
use std::process::Command;

use super::suite::{self, SELECTION, Suite};
use crate::azurite::Azurite;
use crate::cache::Cache;
use crate::cargo::{self, Counts, cargo};
use crate::engine::{self, Engine, Owned};
use crate::failure::{Failure, Outcome};
use crate::flights;
use crate::objects::Objects;
use crate::progress::say;
use crate::pyspark::PySpark;

/// Fetches what these suites need and is not there.
pub(super) fn install(suites: &[Suite], cache: &Cache) -> Outcome {
    for suite in suites {
        match *suite {
            Suite::EndToEnd(engine) => install_end_to_end(engine, cache)?,
            Suite::Examples => drop(data(cache)?),
            _ => {}
        }
        if let Some(engine) = suite.engine() {
            engine.install(cache)?;
        }
    }
    Ok(())
}

fn install_end_to_end(engine: Engine, cache: &Cache) -> Outcome {
    data(cache)?;
    flights::pandas(cache)?;
    if engine.reads_s3() {
        Objects::install(cache)?;
    }
    if engine.reads_clouds() {
        Azurite::install(cache)?;
    }
    PySpark::beside(engine, cache)?;
    Ok(())
}

/// What the names of the tests begin with that open sessions by the hundred: where a server drops the oldest for them, each
/// runs when no other does.
const ALONE: &str = "alone::";

/// The tests of what no line of Spark changes: results of many megabytes, a session as a driver, what becomes of staged rows
/// and of executions, and rows of every kind and column of every name in both formats. Where none is named they run on Sail
/// and on one line.
const ON_ONE_LINE: [&str; 13] = [
    "alone::storms::",
    "conformance::a_session_",
    "faults::ended::",
    "flights::",
    "tables::awkward::",
    "tables::ends::",
    "tables::executed::",
    "tables::hand_built::",
    "tables::merged_staged::",
    "tables::refused::",
    "tables::reordered::",
    "tables::staged::",
    "tables::streamed::",
];

/// The tests that need tables of a format, and those of an engine that has none.
const WITH_TABLES: [&str; 1] = ["tables::"];
const WITHOUT_TABLES: [&str; 1] = ["no_format::"];

/// Those of them that are about Iceberg alone.
const WITH_ICEBERG: [&str; 4] = [
    "tables::audited::",
    "tables::compared::an_order_that_was_never_set_",
    "tables::isolated::",
    "tables::laid_out::an_iceberg_table_is_partitioned_",
];

/// The tests that ask PySpark, or the readers that come with it.
const WITH_PYSPARK: [&str; 3] = ["pyspark::", "tables::readers::", "listed::pyspark_"];

/// The arguments that leave out what this engine cannot run, and what runs elsewhere.
fn left_out(engine: Engine) -> Vec<&'static str> {
    let formats: &[_] = if engine.has_table_formats() { &WITHOUT_TABLES } else { &WITH_TABLES };
    let iceberg: &[_] = if engine.has_iceberg() { &[] } else { &WITH_ICEBERG };
    let pyspark: &[_] = if PySpark::is_beside(engine) { &[] } else { &WITH_PYSPARK };
    let elsewhere: &[_] = match engine {
        Engine::Sail | Engine::SPARK41 => &[],
        Engine::Spark(_) => &ON_ONE_LINE,
    };
    [formats, iceberg, pyspark, elsewhere].concat().into_iter().flat_map(|name| ["--skip", name]).collect()
}

/// Starts `engine`, runs the end-to-end tests on it, and stops it.
pub(super) fn end_to_end(engine: Engine, cache: &Cache, extra: &[String]) -> Outcome<(Counts, bool)> {
    let surroundings = Surroundings::start(engine, cache)?;
    let tests = |running: &Owned, arguments: &[&str], at_once: Option<&str>| {
        let mut tests = suite::command(Suite::EndToEnd(engine));
        surroundings.describe(&mut tests);
        tests.envs(at_once.map(|threads| ("RUST_TEST_THREADS", threads)));
        cargo::test(describe(&mut tests, engine, running).args(suite::with(extra, arguments)))
    };
    let done = on(engine, cache, &surroundings.confs(engine), |running| {
        let left_out = left_out(engine);
        match (suite::names(extra).is_empty(), engine.keeps_sessions()) {
            (false, _) => return tests(running, &[], None),
            (true, true) => return tests(running, &left_out, None),
            (true, false) => {}
        }
        let (most, succeeded) = tests(running, &[left_out.as_slice(), &["--skip", ALONE]].concat(), None)?;
        let alone = [&[ALONE], left_out.as_slice()].concat();
        let (alone, as_well) = tests(running, &alone, Some("1"))?;
        Ok((most.plus(alone), succeeded && as_well && alone.passed > 0))
    });
    let stopped = surroundings.stop();
    done.and_then(|done| stopped.map(|()| done))
}

/// What the end-to-end tests of an engine need beside it: data, clients, and other servers.
struct Surroundings {
    data: PathBuf,
    expected: PathBuf,
    pyspark: Option<PySpark>,
    guarded: Option<Guarded>,
    forgetful: Option<Forgetful>,
    objects: Option<Objects>,
    azurite: Option<Azurite>,
    catalog: Option<[(&'static str, String); 2]>,
}

impl Surroundings {
    fn start(engine: Engine, cache: &Cache) -> Outcome<Self> {
        let data = data(cache)?;
        Ok(Self {
            expected: flights::expected(cache, &data)?,
            data,
            pyspark: PySpark::beside(engine, cache)?,
            guarded: Guarded::beside(engine, cache)?,
            forgetful: Forgetful::beside(engine, cache)?,
            objects: Objects::beside(engine, cache)?,
            azurite: Azurite::beside(engine, cache)?,
            catalog: match engine {
                Engine::SPARK41 => Some(engine::spark::extension::catalog(cache)?),
                Engine::Sail | Engine::Spark(_) => None,
            },
        })
    }

    /// What the engine has to know of them, and what makes it quick.
    fn confs(&self, engine: Engine) -> Vec<(&'static str, &str)> {
        let of_objects = self.objects.iter().flat_map(|objects| objects.confs(engine));
        let of_azurite = self.azurite.iter().flat_map(Azurite::confs);
        let of_catalog = self.catalog.iter().flatten().map(|(key, value)| (*key, value.as_str()));
        let confs = short_lived_confs(engine).iter().copied();
        confs.chain(of_objects).chain(of_azurite).chain(of_catalog).collect()
    }

    /// Tells the tests where they are.
    fn describe(&self, tests: &mut Command) {
        tests.env("LAKEORM_FLIGHTS_DATA", &self.data).env("LAKEORM_FLIGHTS_EXPECTED", &self.expected);
        if let Some(pyspark) = &self.pyspark {
            pyspark.describe(tests);
        }
        if let Some(Guarded(guarded)) = &self.guarded {
            tests.env("LAKEORM_GUARDED", guarded.instance().remote()).env("LAKEORM_GUARDED_TOKEN", TOKEN);
        }
        if let Some(Forgetful(forgetful)) = &self.forgetful {
            let instance = forgetful.instance();
            tests.env("LAKEORM_FORGETFUL", instance.remote()).env("LAKEORM_FORGETFUL_DIR", &instance.dir);
        }
        if let Some(objects) = &self.objects {
            objects.describe(tests);
        }
        if let Some(azurite) = &self.azurite {
            azurite.describe(tests);
        }
    }

    /// Stops the servers; those of objects end with this value.
    fn stop(self) -> Outcome {
        let guarded = self.guarded.map_or(Ok(()), |guarded| guarded.0.stop());
        let forgetful = self.forgetful.map_or(Ok(()), |forgetful| forgetful.0.stop());
        guarded.and(forgetful)
    }
}

/// Confs for a server that lives for minutes and answers small queries: no code generation, first-tier JIT, one
/// partition, WARN logs. The code cache is enlarged because the JVM stops compiling when 48 MiB are full. Tests of large
/// queries turn code generation on (`Engine::compiling`).
fn short_lived_confs(engine: Engine) -> &'static [(&'static str, &'static str)] {
    match engine {
        Engine::Sail => &[],
        Engine::Spark(_) => &[
            (
                "spark.driver.extraJavaOptions",
                "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC \
                 -XX:+UnlockDiagnosticVMOptions -XX:-BytecodeVerificationRemote",
            ),
            ("spark.sql.codegen.wholeStage", "false"),
            ("spark.sql.codegen.factoryMode", "NO_CODEGEN"),
            ("spark.sql.leafNodeDefaultParallelism", "1"),
            ("spark.sql.shuffle.partitions", "1"),
            ("spark.databricks.delta.stats.skipping", "false"),
            ("spark.log.level", "WARN"),
        ],
    }
}

/// Starts `engine`, runs the queries of TPC-H on it, and stops it.
pub(super) fn tpch(engine: Engine, cache: &Cache, extra: &[String]) -> Outcome<(Counts, bool)> {
    on(engine, cache, &[], |running| {
        let mut tests = suite::command(Suite::Tpch(engine));
        cargo::test(describe(&mut tests, engine, running).args(extra))
    })
}

/// Tells the tests which engine runs, and where.
fn describe<'t>(tests: &'t mut Command, engine: Engine, running: &Owned) -> &'t mut Command {
    tests
        .env("LAKEORM_ENGINE", engine.described())
        .env("LAKEORM_REMOTE", running.instance().remote())
        .env("LAKEORM_ENGINE_DIR", &running.instance().dir)
}

/// A second server, for the engine whose tests ask for one: it wants a token, and an extension of its parser drops the
/// values that come with a statement.
struct Guarded(Owned);

/// What that server wants; the tests look for it in what is logged.
const TOKEN: &str = "s3cret-of-the-guarded-server";

impl Guarded {
    fn beside(engine: Engine, cache: &Cache) -> Outcome<Option<Self>> {
        if engine != Engine::SPARK43 {
            return Ok(None);
        }
        let parser = engine::spark::extension::parser(cache)?;
        let mut confs = vec![("spark.connect.authenticate.token", TOKEN), ("spark.driver.memory", "1g")];
        confs.extend(short_lived_confs(engine));
        confs.extend(parser.iter().map(|(key, value)| (*key, value.as_str())));
        Ok(Some(Self(Owned::start_with(engine, cache, "test-guarded", &confs)?)))
    }
}

/// A second Sail, which ends a session that was not asked for two seconds, whatever runs in it.
struct Forgetful(Owned);

impl Forgetful {
    fn beside(engine: Engine, cache: &Cache) -> Outcome<Option<Self>> {
        if engine != Engine::Sail {
            return Ok(None);
        }
        let confs = [("SAIL_SPARK__SESSION_TIMEOUT_SECS", "2")];
        Ok(Some(Self(Owned::start_with(engine, cache, "test-forgetful", &confs)?)))
    }
}

/// Runs every example that cargo knows, or those with one of these words in their names; each counts as one test.
pub(super) fn examples(cache: &Cache, extra: &[String]) -> Outcome<(Counts, bool)> {
    let names = suite::names(extra);
    let data = data(cache)?;
    let built = cargo::examples(cargo().arg("build").args(SELECTION).args(Suite::Examples.targets()))?;
    on(Engine::Sail, cache, &[], |running| {
        let mut counts = Counts::default();
        let named = |name: &str| names.is_empty() || names.iter().any(|part| name.contains(part));
        for (name, program) in built.iter().filter(|(name, _)| named(name)) {
            say(format_args!("-- example {name}"));
            let mut example = Command::new(program);
            example
                .current_dir(cargo::workspace())
                .env("SPARK_REMOTE", running.instance().remote())
                .env("LAKEORM_DEMO_DATA", &data)
                .env("LAKEORM_DEMO_WAREHOUSE", running.instance().dir.join("warehouse"));
            match cargo::run(&mut example, &format!("example {name}")) {
                Ok(()) => counts.passed += 1,
                Err(failure) => {
                    say(failure);
                    counts.failed += 1;
                }
            }
        }
        Ok((counts, counts.failed == 0))
    })
}

/// Does `work` while an engine runs with these confs. An engine that does not live to the end of it is a failure.
fn on<T>(
    engine: Engine,
    cache: &Cache,
    confs: &[(&'static str, &str)],
    work: impl FnOnce(&Owned) -> Outcome<T>,
) -> Outcome<T> {
    let running = Owned::start_with(engine, cache, &format!("test-{}", engine.name()), confs)?;
    let done = work(&running);
    let lived = running.instance().is_running();
    let log = running.instance().log.display().to_string();
    running.stop()?;
    if lived { done } else { Err(Failure::new(format!("{engine} ended during the tests; its log is {log}"))) }
}

fn data(cache: &Cache) -> Outcome<PathBuf> {
    flights::data(cache, &engine::sail_python(cache)?)
}

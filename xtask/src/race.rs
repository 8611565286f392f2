//! `cargo xtask bench e2e` and `links`: results and small calls of a server by this crate, by hand and by others, in turns.

use std::path::PathBuf;
use std::process::Command;

use crate::cache::Cache;
use crate::cargo::workspace;
use crate::engine::Engine;
use crate::failure::{Failure, Outcome};
use crate::faults::{built, run};
use crate::peers::Peers;
use crate::progress::{say, step};
use crate::pyspark::PySpark;

/// What is measured: so many rounds, results of so many millions of rows, and what has these words in its name.
#[derive(Debug, PartialEq)]
struct Asked {
    engines: Vec<Engine>,
    rounds: String,
    millions: Vec<String>,
    only: String,
    plot: bool,
}

/// Measures on the engines named, Sail and Spark 4.1 unless some are.
pub(crate) fn bench(arguments: &[String]) -> Outcome {
    let asked = Asked::read("e2e", arguments, "9", &["1", "10"])?;
    let cache = Cache::open()?;
    let program = step("building the client", || built("race"))?;
    let peers = Peers::install(&cache)?;
    for engine in &asked.engines {
        say(format_args!("\n==== {engine} {}", engine.version()));
        let mut client = Command::new(&program);
        client.args(["race", &asked.only, &asked.rounds]).args(&asked.millions);
        peers.describe(&mut client);
        PySpark::beside(*engine, &cache)?.iter().for_each(|pyspark| pyspark.describe(&mut client));
        if asked.plot {
            client.env("LAKEORM_PLOT", picture());
        }
        run("bench-e2e", *engine, &cache, &mut client, &[])?;
    }
    Ok(())
}

/// One result over links with delay, on the engines named; the words are those of `bench e2e` without its options.
pub(crate) fn links(arguments: &[String]) -> Outcome {
    let Asked { engines, rounds, millions, only, plot } = Asked::read("links", arguments, "3", &["4"])?;
    let [millions] = millions.as_slice() else {
        return Err(Failure::new("bench links: one number of millions of rows, behind that of the rounds"));
    };
    if plot || !only.is_empty() {
        return Err(Failure::new("bench links: it has no options"));
    }
    let cache = Cache::open()?;
    let program = step("building the client", || built("race"))?;
    for engine in engines {
        say(format_args!("\n==== {engine} {}", engine.version()));
        let mut client = Command::new(&program);
        client.args(["links", &rounds, millions]);
        run("bench-links", engine, &cache, &mut client, &[])?;
    }
    Ok(())
}

fn picture() -> PathBuf {
    workspace().join("benches").join("e2e.svg")
}

impl Asked {
    /// The words behind the `name` of a benchmark.
    fn read(name: &str, arguments: &[String], rounds: &str, usual: &[&str]) -> Outcome<Self> {
        let (mut engines, mut numbers, mut only, mut plot) = (Vec::new(), Vec::new(), String::new(), false);
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            match (word.as_str(), Engine::named(word)) {
                ("--plot", _) => plot = true,
                ("--only", _) => {
                    let text = words.next();
                    let missing = || Failure::new(format!("bench {name}: `--only` needs a value"));
                    only = text.ok_or_else(missing)?.clone();
                }
                (_, Some(engine)) => engines.push(engine),
                (_, None) if word.parse::<u32>().is_ok_and(|number| number > 0) => numbers.push(word.clone()),
                (_, None) => {
                    return Err(Failure::new(format!("bench {name}: {word} is no engine, number or option")));
                }
            }
        }
        if engines.is_empty() {
            engines = vec![Engine::Sail, Engine::SPARK41];
        }
        if plot && engines.len() != 1 {
            let told = format!("bench {name}: the picture is of one engine: name it beside --plot");
            return Err(Failure::new(told));
        }
        let mut numbers = numbers.into_iter();
        let rounds = numbers.next().unwrap_or_else(|| rounds.to_owned());
        let mut millions: Vec<_> = numbers.collect();
        if millions.is_empty() {
            millions = usual.iter().map(|&millions| millions.to_owned()).collect();
        }
        Ok(Self { engines, rounds, millions, only, plot })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &str) -> Outcome<Asked> {
        let words: Vec<_> = words.split_whitespace().map(str::to_owned).collect();
        Asked::read("e2e", &words, "9", &["1", "10"])
    }

    #[test]
    fn the_first_number_is_that_of_the_rounds_and_the_others_are_millions() {
        let one = asked("3 sail 4 8").unwrap();
        assert_eq!((one.rounds.as_str(), one.millions.join(" ").as_str()), ("3", "4 8"));
        assert_eq!(one.engines, [Engine::Sail]);
        let default = asked("").unwrap();
        assert_eq!((default.rounds.as_str(), default.millions.join(" ").as_str()), ("9", "1 10"));
        assert_eq!(default.engines, [Engine::Sail, Engine::SPARK41]);
    }

    #[test]
    fn some_measurements_can_be_named_and_the_picture_is_of_one_engine() {
        let one = asked("sail --only collect --plot").unwrap();
        assert_eq!((one.only.as_str(), one.plot), ("collect", true));
        let told = |words: &str| asked(words).unwrap_err().to_string();
        assert_eq!(told("sail --only"), "bench e2e: `--only` needs a value");
        assert_eq!(told("--plot"), "bench e2e: the picture is of one engine: name it beside --plot");
        assert_eq!(told("sail 0"), "bench e2e: 0 is no engine, number or option");
        let links = Asked::read("links", &["x".to_owned()], "3", &["4"]).unwrap_err();
        assert_eq!(links.to_string(), "bench links: x is no engine, number or option");
    }
}

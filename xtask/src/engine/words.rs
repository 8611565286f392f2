//! What stands behind `cargo xtask engine`.

use super::Engine;
use super::spark::Flavour;
use crate::failure::{Failure, Outcome};

/// What is to be done with the engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Up,
    Down,
    Status,
}

/// The words, read.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) verb: Verb,
    /// Those that were named.
    pub(super) engines: Vec<Engine>,
    pub(super) port: Option<u16>,
}

impl Words {
    pub(super) fn parse(arguments: &[String]) -> Outcome<Self> {
        let (verb, rest) =
            arguments.split_first().ok_or_else(|| Failure::new("engine: say up, down or status"))?;
        let verb = match verb.as_str() {
            "up" => Verb::Up,
            "down" => Verb::Down,
            "status" => Verb::Status,
            other => {
                return Err(Failure::new(format!("engine: {other} is not one of up, down, status")));
            }
        };
        let (mut engines, mut flavour, mut port) = (Vec::new(), None, None);
        let mut rest = rest.iter();
        while let Some(word) = rest.next() {
            match word.as_str() {
                "--port" => port = Some(number(rest.next())?),
                option if option.starts_with('-') => {
                    let chosen = Flavour::of_option(option);
                    flavour = Some((option, chosen.ok_or_else(|| Failure::new(unknown_option(option)))?));
                }
                name => engines.push(named(name)?),
            }
        }
        if let Some((option, flavour)) = flavour {
            if engines.is_empty() {
                return Err(Failure::new(format!(
                    "engine: {option} says what is loaded into an engine: name it, as in `spark41 {option}`"
                )));
            }
            engines = engines.into_iter().map(|engine| flavoured(engine, flavour)).collect::<Outcome<_>>()?;
        }
        if port.is_some() && (verb != Verb::Up || engines.len() > 1) {
            return Err(Failure::new("engine: --port is for one engine that is started"));
        }
        Ok(Self { verb, engines, port })
    }
}

fn unknown_option(option: &str) -> String {
    format!("engine: {option} is not one of --plain, --delta, --lake, --port")
}

fn number(word: Option<&String>) -> Outcome<u16> {
    let port = word.and_then(|word| word.parse().ok()).filter(|port| *port != 0);
    port.ok_or_else(|| Failure::new("engine: --port wants a number from 1 to 65535"))
}

fn named(name: &str) -> Outcome<Engine> {
    Engine::named(name).ok_or_else(|| {
        let known: Vec<_> = Engine::lines().map(Engine::name).collect();
        Failure::new(format!("there is no engine {name}: say {}", known.join(", ")))
    })
}

fn flavoured(engine: Engine, flavour: Flavour) -> Outcome<Engine> {
    let other = match engine {
        Engine::Spark(release) => release.flavoured(flavour).map(Engine::Spark),
        Engine::Sail => None,
    };
    other.ok_or_else(|| {
        let (name, flavour) = (engine.name(), flavour.name());
        Failure::new(format!("there is no {name} --{flavour}: nothing is published for it"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Outcome<Words> {
        Words::parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_flavour_and_a_port_are_chosen_by_options() {
        let words = parse(&["up", "spark35", "--plain", "--port", "15002"]).unwrap();
        assert_eq!((words.verb, words.port), (Verb::Up, Some(15002)));
        assert_eq!(words.engines, [Engine::named("spark35-plain").unwrap()]);
        assert_eq!(parse(&["status"]).unwrap().engines, []);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_right() {
        let told = |words: &[&str]| parse(words).unwrap_err().to_string();
        assert_eq!(told(&["pause"]), "engine: pause is not one of up, down, status");
        assert_eq!(
            told(&["up", "flink"]),
            "there is no engine flink: say sail, spark35, spark40, spark41, spark42, spark43"
        );
        assert_eq!(told(&[]), "engine: say up, down or status");
        assert_eq!(told(&["up", "--big"]), "engine: --big is not one of --plain, --delta, --lake, --port");
        assert_eq!(told(&["up", "--port", "x"]), "engine: --port wants a number from 1 to 65535");
        assert_eq!(
            told(&["up", "spark43", "--lake"]),
            "there is no spark43 --lake: nothing is published for it"
        );
        assert_eq!(
            told(&["down", "--plain"]),
            "engine: --plain says what is loaded into an engine: name it, as in `spark41 --plain`"
        );
        assert_eq!(told(&["down", "--port", "1"]), "engine: --port is for one engine that is started");
    }
}

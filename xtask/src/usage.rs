//! What the commands of this tool are, how each is called, and what runs it.

use crate::failure::{Failure, Outcome};
use crate::{bench, ci, demo, engine, faults, features, fuzz, instructions, proto, test, tidy};

/// A command: its name, what may stand behind it, and what it does.
pub(crate) struct Command {
    name: &'static str,
    words: &'static str,
    does: &'static str,
    /// What only `--help` of the command itself says.
    more: &'static str,
    run: Run,
}

/// What runs a command.
enum Run {
    /// With the words behind its name.
    With(fn(&[String]) -> Outcome),
    /// Without any.
    Alone(fn() -> Outcome),
}

use Run::{Alone, With};

impl Command {
    /// The command of this name, if there is one.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        COMMANDS.iter().find(|command| command.name == name)
    }

    /// Does its work with the words behind its name.
    pub(crate) fn run(&self, words: &[String]) -> Outcome {
        match (&self.run, words) {
            (With(run), _) => run(words),
            (Alone(run), []) => run(),
            (Alone(_), [word, ..]) => {
                Err(Failure::new(format!("{name}: it takes no words, and not {word}", name = self.name)))
            }
        }
    }

    /// How it is called.
    pub(crate) fn usage(&self) -> String {
        let more = if self.more.is_empty() { String::new() } else { format!("\n\n{}", self.more) };
        format!("usage: cargo xtask {}\n\n{}{more}", call(self), self.does)
    }
}

const COMMANDS: [Command; 14] = [
    Command {
        name: "demo",
        words: "",
        does: "real flights in real tables on Sail, read into structs",
        more: "",
        run: Alone(demo::demo),
    },
    Command {
        name: "test",
        words: "[SUITE…] [-- ARGUMENTS OF CARGO TEST]",
        does: "every suite of the gate, or those named",
        more: "\
suites: unit, doc, derive, ui, protocol, hostile, tpch (tpch-spark: on Spark), examples, and the end-to-end tests on an engine:
sail, spark35, spark40, spark41 (also spark), spark42, spark43, each with -plain or -delta behind it
where that is not what the name alone means; all-engines is every line once",
        run: With(test::test),
    },
    Command {
        name: "install",
        words: "[SUITE…]",
        does: "fetch what the suites of the gate need, or those named, which they would do where each begins",
        more: "",
        run: With(test::install),
    },
    Command {
        name: "bench",
        words: "decode [OPTIONS] | encode | e2e [ENGINE…] [ROUNDS [MILLIONS…]] [--only TEXT] [--plot] | \
                links [ENGINE…] [ROUNDS [MILLIONS]] | build [--rounds N]",
        does: "decoding and encoding against loops by hand and other crates; results and calls of a server beside the \
               same by tonic alone and other clients; results over links with delay; compiling 50 derived structs",
        more: "\
figures are ratios to others of the same run
--only TEXT      of e2e: what has this in its name or its group's, such as collect or 1M
--plot           of e2e, with one engine: draws the wall times of the largest result into benches/e2e.svg",
        run: With(bench::bench),
    },
    Command {
        name: "instructions",
        words: "[--update]",
        does: "how many instructions a call, decoded and encoded rows take, against what is on record",
        more: "Counted by valgrind, so that another load on the machine changes nothing.",
        run: With(instructions::instructions),
    },
    Command {
        name: "engine",
        words: "up|down|status [ENGINE…] [--plain|--delta|--lake] [--port N]",
        does: "start, stop or look at an engine; `up` prints its connection string",
        more: "\
engines: sail (which `up` means alone), spark35, spark40, spark41 (also spark), spark42, spark43
--plain          without extensions
--delta          with Delta (not 4.3, for which none is published)
--lake           with Iceberg and Delta (3.5, 4.0 and 4.1); without an option the richest of these
--port N         where it listens; a free port otherwise
Spark needs Java 17. Spark 3.5 listens on every interface, so it runs in a network namespace of its own
(Linux, as root or with user namespaces) and is reached through a forwarder on the loopback interface.",
        run: With(engine::run),
    },
    Command {
        name: "faults",
        words: "[ENGINE…] [CASE…]",
        does: "what breaks on the way, at length: resets, kills, restarts, slow readers; with figures",
        more: "engines: sail and spark43 unless some are named",
        run: With(faults::faults),
    },
    Command {
        name: "sessions",
        words: "[ENGINE…] [CASE…]",
        does: "the pool under load and what it costs, with figures",
        more: "engines: sail and spark43 unless some are named",
        run: With(faults::sessions),
    },
    Command {
        name: "writes",
        words: "[ENGINE…] [CASE…]",
        does: "writers that contend, two processes with one key, servers and clients that die; with figures",
        more: "engines: sail and spark41 unless some are named; cases: writers, one-key, kills",
        run: With(faults::writes),
    },
    Command {
        name: "fuzz",
        words: "[TARGET…] [SECONDS]",
        does: "malformed bytes in programs whose panics abort: operations, responses, rows; ten minutes each",
        more: "needs a nightly toolchain",
        run: With(fuzz::fuzz),
    },
    Command {
        name: "proto",
        words: "[--check]",
        does: "make the protocol's Rust from its own proto files; or check them, against Spark's descriptors",
        more: "",
        run: With(proto::run),
    },
    Command {
        name: "features",
        words: "",
        does: "each published crate alone, with no features and with each",
        more: "",
        run: Alone(features::features),
    },
    Command {
        name: "tidy",
        words: "",
        does: "rules about the repository's text that no lint checks",
        more: "",
        run: Alone(tidy::tidy),
    },
    Command {
        name: "ci",
        words: "",
        does: "the whole gate: format, lints, documentation, tidy, protocol, features, instructions, tests",
        more: "",
        run: Alone(ci::ci),
    },
];

const CACHE: &str =
    "Engines, data and logs are kept in LAKEORM_CACHE, by default lakeorm in the user's cache directory.";

/// Whether a word asks how something is called.
pub(crate) fn is_asked_for(word: &str) -> bool {
    matches!(word, "--help" | "-h" | "help")
}

/// All commands, with a line about each.
pub(crate) fn all() -> String {
    let lines = COMMANDS.iter().map(|command| format!("  {}\n      {}\n", call(command), command.does));
    let lines: String = lines.collect();
    format!("usage: cargo xtask COMMAND\n\n{lines}\ncargo xtask COMMAND --help says more.\n{CACHE}")
}

fn call(command: &Command) -> String {
    format!("{} {}", command.name, command.words).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_without_words_refuses_them() {
        for command in &COMMANDS {
            let is_alone = matches!(command.run, Alone(_));
            assert_eq!(is_alone, command.words.is_empty(), "{}", command.name);
            if is_alone {
                let told = command.run(&["sail".to_owned()]).unwrap_err().to_string();
                assert_eq!(told, format!("{}: it takes no words, and not sail", command.name));
            }
        }
    }

    #[test]
    fn every_command_tells_how_it_is_called() {
        let engine = Command::named("engine").unwrap().usage();
        assert!(engine.starts_with("usage: cargo xtask engine up|down|status [ENGINE…]"), "{engine}");
        assert!(engine.contains("\n--lake "), "{engine}");
        assert!(Command::named("pause").is_none());
    }
}

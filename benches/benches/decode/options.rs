//! What a run measures.

use crate::cases::Group;
use crate::growth;
use crate::table;
use lakeorm_benches::rounds::measure;

const USAGE: &str = "\
options: --rounds N    how many interleaved rounds (101)
         --only TEXT   only cases whose \"shape/NULLs/rows/path/decoder\" contains TEXT
         --passes N    no table: run each case N times and no more, for a profiler";

pub(crate) struct Options {
    rounds: usize,
    only: String,
    passes: Option<usize>,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, &'static str> {
        let mut options = Self { rounds: 101, only: String::new(), passes: None };
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                // Cargo adds it.
                "--bench" => {}
                "--rounds" => options.rounds = number(&mut arguments)?,
                "--only" => options.only = arguments.next().ok_or(USAGE)?,
                "--passes" => options.passes = Some(number(&mut arguments)?),
                _ => return Err(USAGE),
            }
        }
        Ok(options)
    }

    pub(crate) fn run(&self, mut group: Group) {
        let Group { shape, nulls, rows, .. } = group;
        group
            .cases
            .retain(|case| format!("{shape}/{nulls}/{rows}/{}/{}", case.path, case.who).contains(&self.only));
        match self.passes {
            Some(passes) => group.cases.iter_mut().for_each(|case| (0..passes).for_each(|_| (case.pass)())),
            None => table::lines(shape, nulls, rows, &measure(group.cases, rows, self.rounds)),
        }
    }

    /// The figures of growth, in a run of everything.
    pub(crate) fn run_growth(&self) {
        if self.only.is_empty() && self.passes.is_none() {
            growth::lines(self.rounds);
        }
    }
}

fn number(arguments: &mut impl Iterator<Item = String>) -> Result<usize, &'static str> {
    arguments.next().and_then(|text| text.parse().ok()).ok_or(USAGE)
}

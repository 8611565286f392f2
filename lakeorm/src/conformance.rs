//! A suite that checks what a [`Driver`] promises, for authors of drivers.
//!
//! An implementation of [`Subject`] says how to get a driver and what its engine answers to a handful of queries;
//! [`check`] tries every rule and gives a [`Report`]:
//!
//! ```no_run
//! use lakeorm::conformance::{Known, Subject, check};
//! # use arrow_array::RecordBatch;
//! # use futures_core::future::BoxFuture;
//! use lakeorm::{Driver, Result, Source, spark::SparkDriver};
//!
//! struct Spark;
//!
//! impl Subject for Spark {
//!     fn name(&self) -> &str {
//!         "spark"
//!     }
//!
//!     fn driver(&self) -> BoxFuture<'_, Result<Box<dyn Driver>>> {
//!         Box::pin(async {
//!             let driver = SparkDriver::builder("sc://localhost").name("spark").pool_size(1).build()?;
//!             Ok(Box::new(driver) as Box<dyn Driver>)
//!         })
//!     }
//!
//!     fn small(&self) -> Known {
//! #       let rows = || -> RecordBatch { unimplemented!() };
//!         Known::new(Source::sql("SELECT id, id / 2 AS half FROM range(3) ORDER BY id"), rows())
//!     }
//!
//!     fn empty(&self) -> Source {
//!         Source::sql("SELECT id FROM range(3) WHERE id > 5")
//!     }
//!
//!     fn large(&self) -> (Source, u64) {
//!         (Source::sql("SELECT id FROM range(0, 100000, 1, 1)"), 100_000)
//!     }
//!
//!     fn failing(&self) -> Source {
//!         Source::sql("SELECT * FROM a_table_that_does_not_exist")
//!     }
//!
//!     fn missing_table(&self) -> Option<Source> {
//!         Some(self.failing())
//!     }
//!
//!     fn endless(&self) -> Source {
//!         Source::sql("SELECT sum(id % 7) AS id FROM range(0, 1000000000000, 1, 4)")
//!     }
//! }
//!
//! # async fn run() {
//! let report = check(&Spark).await;
//! assert!(report.is_kept(), "{report}");
//! # }
//! ```
//!
//! That a driver can be shared between threads and used as `dyn Driver` is checked by the types: the suite would not
//! compile with one that cannot.

use std::fmt;
use std::time::Duration;

use arrow_array::RecordBatch;
use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use tokio::time::timeout;

use crate::driver::{Capability, Driver, ExecutionPlan};
use crate::error::{ErrorKind, Result};
use crate::source::Source;

mod endings;
mod failures;
mod report;
mod results;
mod statements;
mod writes;

pub use report::{Finding, Report, Verdict};

use report::Fault;

/// How long a query is given to get under way, or one that must not run to run after all.
const HEAD_START: Duration = Duration::from_millis(200);

/// A driver under test, and what its engine answers.
///
/// The methods that give a source are called once for each rule that needs one.
pub trait Subject: Send + Sync {
    /// The name that the driver was given, and has to give back.
    fn name(&self) -> &str;

    /// A new driver that runs one query at a time, so that a query which holds its slot for too long is noticed by the
    /// next. Each rule has one of its own, which is closed after it.
    ///
    /// # Errors
    ///
    /// Any; the rule counts as broken.
    fn driver(&self) -> BoxFuture<'_, Result<Box<dyn Driver>>>;

    /// A query without markers, and exactly the rows that it gives, in their order.
    fn small(&self) -> Known;

    /// A query with at least one column and no row.
    fn empty(&self) -> Source;

    /// A query whose first column is a BIGINT that counts from 0, row by row, and the number of its rows: enough for
    /// several batches.
    fn large(&self) -> (Source, u64);

    /// A query that the engine refuses or fails, whatever the state of the driver. It is SQL, and is executed as a
    /// statement too.
    fn failing(&self) -> Source;

    /// A query of a table that is not there. A migration has to learn from its error that the table is to be created.
    /// Without one the rule about it is not checked.
    fn missing_table(&self) -> Option<Source> {
        None
    }

    /// A query that gives no row for minutes. It is SQL, and is executed as a statement too.
    fn endless(&self) -> Source;

    /// A statement in SQL whose runs [`effects`](Self::effects) counts. Without one the rules about effects are not
    /// checked.
    fn effect(&self) -> Option<Source> {
        None
    }

    /// A plan that writes rows in the way that `ingest` names ([`DirectIngest`](Capability::DirectIngest) or
    /// [`StagedIngest`](Capability::StagedIngest)), with a new name for its view at each call. The plan appends one row
    /// to a table whose rows [`effects`](Self::effects) counts, so that `effects` gives one more after the commit.
    /// Files that the plan reads stay where they are. Without a plan for each way that the driver lists, the rules
    /// about writing rows are not checked.
    fn plan(&self, ingest: Capability) -> Option<ExecutionPlan> {
        let _ = ingest;
        None
    }

    /// How often the statement of [`effect`](Self::effect), or a [`plan`](Self::plan), has run on the engine.
    ///
    /// # Errors
    ///
    /// Any; the rule counts as broken.
    fn effects(&self) -> BoxFuture<'_, Result<u64>> {
        async { Ok(0) }.boxed()
    }

    /// Further failures that can be brought about, with their kinds: a server that is not there, a lost session, an
    /// engine that lacks something.
    fn failures(&self) -> Vec<Failure> {
        Vec::new()
    }

    /// Further failures of statements that are executed, with their kinds: an answer that is lost. The sources are SQL.
    fn failing_statements(&self) -> Vec<Failure> {
        Vec::new()
    }

    /// How long a rule may take before it counts as broken. Default: one minute.
    fn time_limit(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// How soon a slot that became free has to serve the next query, and a stopped query has to end. Default: ten
    /// seconds.
    fn promptness(&self) -> Duration {
        Duration::from_secs(10)
    }

    /// How long closing may take while a query runs. Default: 15 seconds.
    fn close_bound(&self) -> Duration {
        Duration::from_secs(15)
    }
}

/// A query and its rows.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Known {
    /// The query.
    pub source: Source,
    /// All of its rows. Names, types and values of the columns count; what a schema says about NULLs does not.
    pub rows: RecordBatch,
}

impl Known {
    /// The query `source`, which gives exactly these rows.
    #[must_use]
    pub fn new(source: Source, rows: RecordBatch) -> Self {
        Self { source, rows }
    }
}

/// A query that fails, and how.
#[non_exhaustive]
pub struct Failure {
    /// The name of the failure in the report.
    pub what: String,
    /// The query.
    pub source: Source,
    /// The kind of its error.
    pub kind: ErrorKind,
    /// A driver of its own, if not just any of the subject will do.
    pub driver: Option<Box<dyn Driver>>,
}

impl Failure {
    /// The query `source`, which fails with an error of this kind on any driver of the subject.
    #[must_use]
    pub fn new(what: impl Into<String>, source: Source, kind: ErrorKind) -> Self {
        Self { what: what.into(), source, kind, driver: None }
    }

    /// The same failure, on this driver.
    #[must_use]
    pub fn on(self, driver: impl Driver) -> Self {
        Self { driver: Some(Box::new(driver)), ..self }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("what", &self.what)
            .field("source", &self.source)
            .field("kind", &self.kind)
            .field("driver", &self.driver.as_deref().map(Driver::name))
            .finish()
    }
}

/// Tries every rule, one after the other, on a driver of its own.
///
/// # Cancel safety
///
/// Dropping the call stops the suite; what its last rule ran is dropped with it.
pub async fn check(subject: &dyn Subject) -> Report {
    let mut findings = Vec::with_capacity(RULES.len());
    for rule in RULES {
        findings.push(Finding { rule: rule.says, verdict: rule.verdict(subject).await });
    }
    Report::new(findings)
}

/// One promise and the way to try it.
struct Rule {
    says: &'static str,
    check: for<'s> fn(&'s dyn Subject, &'s dyn Driver) -> BoxFuture<'s, Check>,
}

type Check = Result<(), Fault>;

/// Quick rules that prove much come first.
const RULES: [Rule; 26] = [
    Rule { says: "the name is the one that was given", check: |s, d| results::name(s, d).boxed() },
    Rule { says: "a result is whole and in order", check: |s, d| results::whole(s, d).boxed() },
    Rule { says: "the batches of a result have one schema", check: |s, d| results::one_schema(s, d).boxed() },
    Rule { says: "an empty result has a batch", check: |s, d| results::empty(s, d).boxed() },
    Rule { says: "no more rows come than are wanted", check: |s, d| results::limit(s, d).boxed() },
    Rule { says: "nothing runs before the first poll", check: |s, d| results::lazy(s, d).boxed() },
    Rule { says: "a statement runs once", check: |s, d| results::once(s, d).boxed() },
    Rule { says: "an error ends the stream", check: |s, d| failures::ends(s, d).boxed() },
    Rule { says: "the kind of a failure says what it was", check: |s, d| failures::kinds(s, d).boxed() },
    Rule { says: "a missing table says so", check: |s, d| failures::missing_table(s, d).boxed() },
    Rule { says: "a query ends at its timeout", check: |s, d| endings::timeout(s, d).boxed() },
    Rule {
        says: "a result dropped half-way frees its slot",
        check: |s, d| endings::dropped_result(s, d).boxed(),
    },
    Rule {
        says: "a query dropped before its first row frees its slot",
        check: |s, d| endings::dropped_query(s, d).boxed(),
    },
    Rule { says: "a closed driver refuses to read", check: |s, d| endings::closed(s, d).boxed() },
    Rule { says: "closing stops what runs", check: |s, d| endings::closing(s, d).boxed() },
    Rule { says: "capabilities tell the truth", check: |s, d| statements::capable(s, d).boxed() },
    Rule { says: "nothing is executed before it is awaited", check: |s, d| statements::lazy(s, d).boxed() },
    Rule { says: "an executed statement runs once", check: |s, d| statements::once(s, d).boxed() },
    Rule {
        says: "the kind of a statement's failure says what it was",
        check: |s, d| statements::kinds(s, d).boxed(),
    },
    Rule { says: "a statement ends at its timeout", check: |s, d| statements::timeout(s, d).boxed() },
    Rule { says: "a dropped statement frees its slot", check: |s, d| statements::dropped(s, d).boxed() },
    Rule { says: "a closed driver refuses to execute", check: |s, d| statements::closed(s, d).boxed() },
    Rule { says: "closing stops a statement that runs", check: |s, d| statements::closing(s, d).boxed() },
    Rule {
        says: "rows are written in each way that is listed, and in no other",
        check: |s, d| writes::capable(s, d).boxed(),
    },
    Rule { says: "no row is written before the commit", check: |s, d| writes::uncommitted(s, d).boxed() },
    Rule {
        says: "a write aborted or dropped writes nothing and frees its slot",
        check: |s, d| writes::given_up(s, d).boxed(),
    },
];

impl Rule {
    async fn verdict(&self, subject: &dyn Subject) -> Verdict {
        let driver = match subject.driver().await {
            Ok(driver) => driver,
            Err(error) => return Verdict::Broken(format!("there was no driver to try it on: {error}")),
        };
        let limit = subject.time_limit();
        let checked = timeout(limit, (self.check)(subject, &*driver)).await;
        // A query that a broken rule left running must not disturb the next rule. Closing has rules of its own.
        let _closed = timeout(subject.close_bound(), driver.close()).await;
        match checked {
            Ok(Ok(())) => Verdict::Kept,
            Ok(Err(Fault::Broken(how))) => Verdict::Broken(how),
            Ok(Err(Fault::NotChecked(why))) => Verdict::NotChecked(why),
            Err(_) => Verdict::Broken(format!("it did not end within {limit:?}")),
        }
    }
}

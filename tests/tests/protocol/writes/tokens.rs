//! A token that the server refuses, at each step of a write.

use futures::future::BoxFuture;
use lakeorm::{Client, Error, ErrorKind, Result, Written};
use lakeorm_tests::fake::{Code, Exchange, Failure, Fake, on};

use super::described::{describe, told};
use super::remembered::counts;
use super::staged::Disk;
use super::{Keyed, answered, columns, insert, merge, plan_with};
use crate::setup::{numbers, soon};

static ROWS: [Keyed; 1] = [Keyed { id: 1 }];

/// What a write asks.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Look,
    Description,
    /// Of the column with the ids of writes.
    Type,
    /// For rows of the key.
    Search,
    Count,
    /// That come twice.
    Keys,
    View,
    Insert,
    Merge,
    ViewEnds,
}

impl Step {
    fn asked(self) -> Exchange {
        match self {
            Self::Look => on("SELECT * FROM t LIMIT 0"),
            Self::Description => describe(),
            Self::Type => on("DESCRIBE TABLE t _ingest_id"),
            Self::Search => {
                on("SELECT 1 AS found FROM t WHERE _ingest_id = :ingest_id LIMIT 1").whatever_values()
            }
            Self::Count => plan_with("the count", false, &["part-00000.parquet"]),
            Self::Keys => plan_with("keys that come twice", false, &["_lakeorm_row"]),
            Self::View => plan_with("the view", true, &["View"]),
            Self::Insert => insert(),
            Self::Merge => merge(),
            Self::ViewEnds => plan_with("the view's end", false, &["DropTempView"]),
        }
    }

    /// As a healthy server does; the table is one of Delta, and one row is written.
    fn answered(self) -> Exchange {
        let asked = self.asked();
        match self {
            Self::Look => asked.answer([columns()]),
            Self::Description => asked.answer([told("delta")]),
            Self::Type | Self::Search | Self::Keys => asked.answer([numbers(0..0)]),
            Self::Count => asked.answer([numbers(1..2)]),
            Self::View | Self::Insert => asked.answer([]),
            Self::Merge => asked.answer([counts(0..1)]),
            Self::ViewEnds => answered(asked),
        }
    }

    /// Whether the view of the rows may be there when this is refused.
    fn leaves_a_view(self) -> bool {
        matches!(self, Self::View | Self::Insert | Self::Merge)
    }
}

type Write = fn(&Client) -> BoxFuture<'static, Result<Written>>;

/// Has each step refused in turn. What was refused is not asked again, and behind it comes the end of the view alone.
async fn refused_at_each_step_of(name: &str, steps: &[Step], write: Write) {
    for (at, step) in steps.iter().enumerate() {
        let disk = Disk::new(&format!("{name}_{at}"));
        let refused = step.asked().fail(Failure::status(Code::Unauthenticated, "who?"));
        let before = steps.iter().take(at).map(|step| step.answered());
        let behind = step.leaves_a_view().then(|| Step::ViewEnds.answered());
        let script: Vec<Exchange> = before.chain([refused]).chain(behind).collect();
        let plans = script.len();
        let fake = Fake::start(script).await;
        let db = disk.client(&fake);
        let written = soon(write(&db)).await;
        // Once the rows are in the table their view is no matter of the write's.
        let kind = (*step != Step::ViewEnds).then_some(ErrorKind::Unauthenticated);
        assert_eq!(written.as_ref().err().map(Error::kind), kind, "{step:?} {at}: {written:?}");
        assert_eq!(disk.entries(), 0, "{step:?} {at}");
        soon(db.close()).await.unwrap();
        assert_eq!((fake.sent("ExecutePlan").len(), fake.descriptions()), (plans, 0), "{step:?} {at}");
        fake.finish();
    }
}

#[tokio::test]
async fn a_refused_token_at_each_step_of_a_direct_insert_is_the_error_and_sends_nothing_more() {
    let steps = [Step::Look, Step::Description, Step::View, Step::Insert, Step::ViewEnds];
    refused_at_each_step_of("token_direct", &steps, |db| db.insert(&ROWS).into_future()).await;
}

#[tokio::test]
async fn a_refused_token_at_each_step_of_a_staged_append_leaves_no_file() {
    let staging = [Step::Look, Step::Description, Step::Look];
    let writing = [Step::Count, Step::View, Step::Insert, Step::ViewEnds];
    let steps = [&staging[..], &writing[..]].concat();
    refused_at_each_step_of("token_append", &steps, |db| db.insert(&ROWS).staged().into_future()).await;
}

#[tokio::test]
async fn a_refused_token_at_each_step_of_a_staged_merge_leaves_no_file() {
    let staging = [Step::Look, Step::Description, Step::Look];
    let writing = [Step::Count, Step::Keys, Step::View, Step::Merge, Step::ViewEnds];
    let steps = [&staging[..], &writing[..]].concat();
    refused_at_each_step_of("token_merge", &steps, |db| db.merge(&ROWS).staged().into_future()).await;
}

#[tokio::test]
async fn a_refused_token_at_each_step_of_a_staged_merge_with_a_key_leaves_no_file() {
    let staging = [Step::Look, Step::Description, Step::Type, Step::Search, Step::Look, Step::Search];
    let writing = [Step::Count, Step::Keys, Step::View, Step::Merge, Step::ViewEnds];
    let steps = [&staging[..], &writing[..]].concat();
    let write: Write = |db| db.merge(&ROWS).staged().idempotency_key("k").into_future();
    refused_at_each_step_of("token_key", &steps, write).await;
}

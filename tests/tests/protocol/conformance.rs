//! The suite for drivers: it catches each way of being wrong, and this project's own driver passes it.

use std::collections::BTreeSet;

use lakeorm::conformance::{Report, Verdict, check};

mod scripted;
mod toy;

use toy::{Fault, Toy};

/// The rules that were broken.
fn broken(report: &Report) -> BTreeSet<&'static str> {
    let broken = report.findings().iter().filter(|finding| matches!(finding.verdict, Verdict::Broken(_)));
    broken.map(|finding| finding.rule).collect()
}

fn not_checked(report: &Report) -> BTreeSet<&'static str> {
    let left = report.findings().iter().filter(|finding| matches!(finding.verdict, Verdict::NotChecked(_)));
    left.map(|finding| finding.rule).collect()
}

const NAME: &str = "the name is the one that was given";
const WHOLE: &str = "a result is whole and in order";
const SCHEMA: &str = "the batches of a result have one schema";
const EMPTY: &str = "an empty result has a batch";
const LIMIT: &str = "no more rows come than are wanted";
const LAZY: &str = "nothing runs before the first poll";
const ONCE: &str = "a statement runs once";
const ERROR_ENDS: &str = "an error ends the stream";
const KINDS: &str = "the kind of a failure says what it was";
const MISSING_TABLE: &str = "a missing table says so";
const TIMEOUT: &str = "a query ends at its timeout";
const DROPPED_RESULT: &str = "a result dropped half-way frees its slot";
const DROPPED_QUERY: &str = "a query dropped before its first row frees its slot";
const CLOSED: &str = "a closed driver refuses to read";
const CLOSING: &str = "closing stops what runs";
const CAPABLE: &str = "capabilities tell the truth";
const EXEC_LAZY: &str = "nothing is executed before it is awaited";
const EXEC_ONCE: &str = "an executed statement runs once";
const EXEC_KINDS: &str = "the kind of a statement's failure says what it was";
const EXEC_TIMEOUT: &str = "a statement ends at its timeout";
const EXEC_DROPPED: &str = "a dropped statement frees its slot";
const EXEC_CLOSED: &str = "a closed driver refuses to execute";
const EXEC_CLOSING: &str = "closing stops a statement that runs";
const WRITES: &str = "rows are written in each way that is listed, and in no other";
const UNCOMMITTED: &str = "no row is written before the commit";
const GIVEN_UP: &str = "a write aborted or dropped writes nothing and frees its slot";

const ALL: [&str; 26] = [
    NAME,
    WHOLE,
    SCHEMA,
    EMPTY,
    LIMIT,
    LAZY,
    ONCE,
    ERROR_ENDS,
    KINDS,
    MISSING_TABLE,
    TIMEOUT,
    DROPPED_RESULT,
    DROPPED_QUERY,
    CLOSED,
    CLOSING,
    CAPABLE,
    EXEC_LAZY,
    EXEC_ONCE,
    EXEC_KINDS,
    EXEC_TIMEOUT,
    EXEC_DROPPED,
    EXEC_CLOSED,
    EXEC_CLOSING,
    WRITES,
    UNCOMMITTED,
    GIVEN_UP,
];

#[tokio::test(start_paused = true)]
async fn a_driver_that_keeps_every_promise_passes() {
    let report = check(&Toy::honest()).await;
    assert!(report.is_kept(), "{report}");
    let rules: Vec<&str> = report.findings().iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ALL);
    assert_eq!(not_checked(&report), BTreeSet::new());
}

/// Each way of being wrong, and exactly the rules that notice it.
const WRONG: &[(Fault, &[&str])] = &[
    (Fault::NameInLowerCase, &[NAME]),
    (
        Fault::ChangesAValue,
        &[WHOLE, TIMEOUT, DROPPED_RESULT, DROPPED_QUERY, EXEC_TIMEOUT, EXEC_DROPPED, GIVEN_UP],
    ),
    (
        Fault::RenamesAColumn,
        &[WHOLE, TIMEOUT, DROPPED_RESULT, DROPPED_QUERY, EXEC_TIMEOUT, EXEC_DROPPED, GIVEN_UP],
    ),
    (Fault::LosesTheLastBatch, &[WHOLE]),
    (Fault::SwapsTwoBatches, &[WHOLE]),
    (Fault::DoublesABatch, &[WHOLE]),
    (Fault::ChangesTheSchema, &[SCHEMA]),
    (Fault::GivesNothingForNothing, &[EMPTY]),
    (Fault::GivesSomethingForNothing, &[EMPTY]),
    (Fault::IgnoresTheLimit, &[LIMIT]),
    (Fault::RunsBeforeThePoll, &[LAZY]),
    (Fault::RunsTwice, &[ONCE]),
    (Fault::EndsQuietlyWhereItFails, &[ERROR_ENDS, KINDS, EXEC_KINDS]),
    (Fault::GoesOnAfterAnError, &[ERROR_ENDS]),
    (Fault::RepeatsTheError, &[ERROR_ENDS]),
    (Fault::CallsEveryFailureUnavailable, &[KINDS, EXEC_KINDS]),
    (Fault::IgnoresValues, &[KINDS]),
    (Fault::KeepsQuietAboutAMissingTable, &[MISSING_TABLE]),
    (Fault::IgnoresTheTimeout, &[TIMEOUT]),
    (Fault::CallsATimeoutCancelled, &[TIMEOUT]),
    (Fault::TimesOutAtOnce, &[TIMEOUT]),
    (Fault::EndsQuietlyAtTheTimeout, &[TIMEOUT]),
    (Fault::KeepsThePlaceOfADroppedResult, &[DROPPED_RESULT]),
    (Fault::KeepsThePlaceOfADroppedQuery, &[TIMEOUT, DROPPED_QUERY]),
    (Fault::ReadsAfterClosing, &[CLOSED, EXEC_CLOSED]),
    (Fault::CallsClosedUnavailable, &[CLOSED, EXEC_CLOSED]),
    (Fault::ClosesOnce, &[CLOSED]),
    (Fault::NeverClosesWhileAQueryRuns, &[CLOSING, EXEC_CLOSING]),
    (Fault::LeavesRunningWhatRuns, &[CLOSING, EXEC_CLOSING]),
    (Fault::EndsQuietlyWhenClosed, &[CLOSING, EXEC_CLOSING]),
    (Fault::GoesOnWhenClosed, &[CLOSING, EXEC_CLOSING]),
    (
        Fault::ListsWhatItLacks,
        &[CAPABLE, EXEC_ONCE, EXEC_KINDS, EXEC_TIMEOUT, EXEC_DROPPED, EXEC_CLOSED, EXEC_CLOSING],
    ),
    (Fault::KeepsQuietAboutWhatItCan, &[CAPABLE]),
    (Fault::RefusesWithoutAName, &[CAPABLE]),
    (Fault::PingsIntoTheVoid, &[CAPABLE, EXEC_CLOSED]),
    (Fault::ExecutesBeforeThePoll, &[EXEC_LAZY, EXEC_KINDS, EXEC_CLOSED]),
    (Fault::ExecutesTwice, &[EXEC_ONCE]),
    (Fault::ExecutesWhatFails, &[EXEC_KINDS]),
    (Fault::ExecutesWithWrongValues, &[EXEC_KINDS]),
    (Fault::RefusesWrongValuesTooLate, &[EXEC_KINDS]),
    (Fault::CallsALostStatementUnavailable, &[EXEC_KINDS]),
    (Fault::ExecutesBeyondTheTimeout, &[EXEC_TIMEOUT]),
    (Fault::CallsATimeoutOfAStatementCancelled, &[EXEC_TIMEOUT]),
    (Fault::KeepsThePlaceOfADroppedStatement, &[EXEC_TIMEOUT, EXEC_DROPPED]),
    (Fault::ExecutesAfterClosing, &[EXEC_CLOSED]),
    (Fault::PingsAfterClosing, &[EXEC_CLOSED]),
    (Fault::StatementsOutliveClosing, &[EXEC_CLOSING]),
    (Fault::RefusesRowsThatItLists, &[WRITES, UNCOMMITTED, GIVEN_UP]),
    (Fault::WritesRowsWithoutListingThat, &[WRITES]),
    (Fault::LosesTheRows, &[WRITES]),
    (Fault::WritesBeforeTheCommit, &[UNCOMMITTED, GIVEN_UP]),
    (Fault::WritesWhatIsGivenUp, &[GIVEN_UP]),
    (Fault::KeepsThePlaceOfAWriteGivenUp, &[GIVEN_UP]),
];

#[tokio::test(start_paused = true)]
async fn each_way_of_being_wrong_is_caught_by_the_rules_it_breaks() {
    let mut missed = Vec::new();
    for (fault, rules) in WRONG {
        let report = check(&Toy::with(*fault)).await;
        if broken(&report) != rules.iter().copied().collect() {
            missed.push(format!("{fault:?}:\n{report}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn there_is_a_wrong_driver_for_each_rule() {
    let caught: BTreeSet<&str> = WRONG.iter().flat_map(|(_, rules)| rules.iter().copied()).collect();
    assert_eq!(caught, BTreeSet::from(ALL));
}

#[tokio::test(start_paused = true)]
async fn what_a_subject_does_not_have_is_not_called_kept() {
    let report = check(&Toy::without_effects()).await;
    assert!(report.is_kept());
    assert_eq!(
        not_checked(&report),
        BTreeSet::from([
            LAZY,
            ONCE,
            EXEC_LAZY,
            EXEC_ONCE,
            EXEC_KINDS,
            EXEC_CLOSED,
            WRITES,
            UNCOMMITTED,
            GIVEN_UP
        ])
    );
    assert!(report.to_string().contains("not checked  a statement runs once: "), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_only_reads_is_not_asked_to_execute() {
    let report = check(&Toy::that_only_reads()).await;
    assert!(report.is_kept(), "{report}");
    let executed = [EXEC_LAZY, EXEC_ONCE, EXEC_KINDS, EXEC_TIMEOUT, EXEC_DROPPED, EXEC_CLOSED, EXEC_CLOSING];
    let written = [UNCOMMITTED, GIVEN_UP];
    assert_eq!(not_checked(&report), executed.into_iter().chain(written).collect());
}

#[tokio::test(start_paused = true)]
async fn a_subject_without_a_driver_keeps_nothing() {
    let report = check(&Toy::missing()).await;
    assert_eq!(broken(&report), BTreeSet::from(ALL));
}

/// In the order of the rules, because the script is one list. Rows are written where there is an engine.
#[tokio::test]
async fn the_spark_driver_keeps_every_promise_on_the_scripted_server() {
    let scripted = scripted::Scripted::start().await;
    let (report, ()) = tokio::join!(check(&scripted), scripted.stop_what_runs_at_the_end());
    println!("{report}");
    assert!(report.is_kept(), "{report}");
    assert_eq!(not_checked(&report), BTreeSet::from([WRITES, UNCOMMITTED, GIVEN_UP]));
    scripted.finish();
}

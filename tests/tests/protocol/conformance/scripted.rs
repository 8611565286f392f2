//! The Spark driver on the scripted server. The script is in the order of the rules.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use lakeorm::conformance::{self, Known, Subject};
use lakeorm::spark::{RetryPolicy, SparkDriver, SparkDriverBuilder};
use lakeorm::{Driver, ErrorKind, Result, Source};
use lakeorm_tests::fake::{
    Exchange, Failure, Fake, Request, batch, batch_at, complete, execute, reattach_from, sql_result,
};

use crate::setup::numbers;

const NAME: &str = "Spark, as it was called";
const EFFECT: &str = "INSERT INTO t VALUES (1)";
const ENDLESS: &str = "SELECT sum(id) FROM range(1000000000000)";

pub(crate) struct Scripted {
    fake: Fake,
}

fn small() -> Exchange {
    execute().answer([numbers(0..2), numbers(2..3)])
}

fn large() -> Exchange {
    execute().send(batch_at(0, &numbers(0..4))).send(batch_at(4, &numbers(4..10))).send(complete())
}

fn failing() -> Exchange {
    execute().send(batch(&numbers(0..1))).fail(Failure::spark("DIVIDE_BY_ZERO", "22012"))
}

fn script() -> Vec<Exchange> {
    let lost = || execute().fail(Failure::spark("INVALID_HANDLE.SESSION_CLOSED", "HY000"));
    let unsupported = Failure::sail("java.lang.UnsupportedOperationException", "not here");
    let cancelled = Failure::spark("OPERATION_CANCELED", "HY008");
    let unknown = Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000");
    let whole = [small(), large()];
    let results = [
        large(),
        execute().answer([numbers(0..0)]),
        execute().answer([numbers(0..3)]),
        execute().answer([numbers(0..0)]),
    ];
    let failures = [
        failing(),
        failing(),
        execute().fail(unsupported),
        lost(),
        lost(),
        execute().fail(Failure::unavailable("gone")),
        reattach_from(None).fail(unknown),
        execute().fail(Failure::spark("TABLE_OR_VIEW_NOT_FOUND", "42P01")),
    ];
    let endings = [
        execute().at_work(),
        small(),
        execute().send(batch(&numbers(0..4))).interrupted(),
        small(),
        execute().at_work(),
        small(),
        execute().stall("closed").fail(cancelled),
    ];
    let done = || execute().send(sql_result(None)).send(complete());
    let refused = || execute().fail(Failure::spark("DIVIDE_BY_ZERO", "22012"));
    let cancelled = Failure::spark("OPERATION_CANCELED", "HY008");
    let unknown = Failure::spark("INVALID_HANDLE.OPERATION_NOT_FOUND", "HY000");
    let statements = [
        refused(),
        done(),
        refused(),
        execute().fail(Failure::unavailable("gone")),
        reattach_from(None).fail(unknown),
        execute().at_work(),
        small(),
        execute().at_work(),
        small(),
        execute().stall("closed with a statement").fail(cancelled),
    ];
    whole.into_iter().chain(results).chain(failures).chain(endings).chain(statements).collect()
}

/// The requests that end when the driver is closed, counted without the reattaches before them.
fn stopped() -> [(usize, &'static str); 2] {
    let all = script().len();
    [(all - 11, "closed"), (all - 2, "closed with a statement")]
}

impl Scripted {
    pub(crate) async fn start() -> Self {
        Self { fake: Fake::start(script()).await }
    }

    /// Stops what runs in a session once that is released, as Spark does.
    pub(crate) async fn stop_what_runs_at_the_end(&self) {
        let mut released = 1..;
        for (endless, stall) in stopped() {
            let session = self.fake.wait_for_nth("ExecutePlan", endless).await.session_id;
            for nth in released.by_ref() {
                if self.fake.wait_for_nth("ReleaseSession", nth).await.session_id == session {
                    self.fake.release(stall);
                    break;
                }
            }
        }
    }

    pub(crate) fn finish(self) {
        self.fake.finish();
    }

    fn builder(&self) -> SparkDriverBuilder {
        SparkDriver::builder(self.fake.remote()).name(NAME).pool_size(1)
    }
}

fn is_effect(request: &Request) -> bool {
    request.statement().is_some_and(|statement| statement.text == EFFECT)
}

impl Subject for Scripted {
    fn name(&self) -> &str {
        NAME
    }

    fn driver(&self) -> BoxFuture<'_, Result<Box<dyn Driver>>> {
        async { Ok(Box::new(self.builder().build()?) as Box<dyn Driver>) }.boxed()
    }

    fn small(&self) -> Known {
        Known::new(Source::sql("SELECT id FROM range(3)"), numbers(0..3))
    }

    fn empty(&self) -> Source {
        Source::sql("SELECT id FROM range(0)")
    }

    fn large(&self) -> (Source, u64) {
        (Source::table("ten_rows"), 10)
    }

    fn failing(&self) -> Source {
        Source::sql("SELECT 1 / (id - 1) FROM range(3)")
    }

    fn missing_table(&self) -> Option<Source> {
        Some(Source::sql("SELECT id FROM nowhere"))
    }

    fn endless(&self) -> Source {
        Source::sql(ENDLESS)
    }

    fn effect(&self) -> Option<Source> {
        Some(Source::sql(EFFECT))
    }

    fn effects(&self) -> BoxFuture<'_, Result<u64>> {
        let runs = self.fake.sent("ExecutePlan").iter().filter(|request| is_effect(request)).count();
        async move { Ok(u64::try_from(runs).unwrap()) }.boxed()
    }

    fn failing_statements(&self) -> Vec<conformance::Failure> {
        let what = "a statement whose answer is lost";
        vec![conformance::Failure::new(what, Source::sql("DELETE FROM t"), ErrorKind::OutcomeUnknown)]
    }

    fn failures(&self) -> Vec<conformance::Failure> {
        let failure = |what: &str, sql: &str, kind| conformance::Failure::new(what, Source::sql(sql), kind);
        // Nothing listens on port 1.
        let nobody = SparkDriver::builder("sc://127.0.0.1:1")
            .retry_policy(RetryPolicy::none())
            .connect_timeout(Duration::from_secs(5))
            .build()
            .unwrap();
        vec![
            failure("something that the server lacks", "SELECT geometry", ErrorKind::Unsupported),
            failure("a session that is lost again and again", "SELECT 1", ErrorKind::SessionLost),
            failure("a statement whose answer is lost", "DELETE FROM t", ErrorKind::OutcomeUnknown),
            failure("no server", "SELECT 1", ErrorKind::Connect).on(nobody),
        ]
    }
}

//! The services of AWS, as their documents have them: a bare token in a header of the gateway's own.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::TryStreamExt;
use lakeorm::aws::{Aws, Endpoint};
use lakeorm::spark::SparkDriverBuilder;
use lakeorm::{Client, ErrorKind, query, query_stream};
use lakeorm_tests::fake::{Fake, FakeBuilder, batch, complete, execute};

use crate::given::{every_text, numbers, soon};

const HEADER: &str = "x-aws-proxy-auth";

/// The services whose endpoints are asked for alike.
const SERVICES: [&str; 5] = ["EMR Serverless", "EMR on EC2", "EMR on EKS", "Glue", "Athena"];

/// The tokens that a service gives one after the other; the last again and again.
#[derive(Clone)]
struct Service {
    address: String,
    tokens: Arc<Mutex<VecDeque<(&'static str, Duration)>>>,
    asked: Arc<Mutex<usize>>,
}

impl Service {
    fn at(fake: &Fake, tokens: impl IntoIterator<Item = (&'static str, Duration)>) -> Self {
        Self {
            address: format!("http://localhost:{}", fake.port()),
            tokens: Arc::new(Mutex::new(tokens.into_iter().collect())),
            asked: Arc::default(),
        }
    }

    fn endpoint(&self) -> Result<Endpoint, io::Error> {
        *self.asked.lock().unwrap() += 1;
        let mut tokens = self.tokens.lock().unwrap();
        let next = if tokens.len() > 1 { tokens.pop_front() } else { tokens.front().copied() };
        let (token, lifetime) = next.ok_or_else(|| io::Error::other("the session is not ready"))?;
        Ok(Endpoint::new(&self.address, token).expiring_in(lifetime))
    }

    fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }

    fn driver(&self, service: &str) -> SparkDriverBuilder {
        let asking = self.clone();
        let ask = move || std::future::ready(asking.endpoint());
        let asking = self.clone();
        let with_session =
            move || std::future::ready(asking.endpoint().map(|endpoint| endpoint.session("s-1")));
        match service {
            "EMR Serverless" => Aws::emr_serverless(ask),
            "EMR on EC2" => Aws::emr_on_ec2(with_session),
            "EMR on EKS" => Aws::emr_on_eks(ask),
            "Glue" => Aws::glue(ask),
            _ => Aws::athena(ask),
        }
        .driver()
    }
}

fn guarded(token: &str) -> FakeBuilder {
    Fake::builder().token(token).token_header(HEADER)
}

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_token_travels_bare_in_the_gateways_header_with_every_call() {
    for service in SERVICES {
        let fake = guarded("s3cret==").script([execute().answer([numbers(0..3)])]).start().await;
        let aws = Service::at(&fake, [("s3cret==", HOUR)]);
        let drv = aws.driver(service).build().unwrap();
        assert_eq!(drv.name(), service);
        let rows = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 0"))).await.unwrap();
        assert_eq!(rows, [(0,), (1,), (2,)]);
        soon(drv.close()).await.unwrap();
        for request in fake.requests() {
            assert_eq!(request.header(HEADER), Some("s3cret=="), "{service} {}", request.rpc);
            let authorization = (service == "EMR on EC2").then_some("s-1");
            assert_eq!(request.header("authorization"), authorization, "{service} {}", request.rpc);
        }
        assert_eq!(aws.asked(), 1, "{service}");
        fake.finish();
    }
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_a_result_is_replaced_and_nothing_is_lost() {
    for service in SERVICES {
        let first = execute()
            .send(batch(&numbers(0..2)))
            .stall("changing")
            .send(batch(&numbers(2..4)))
            .send(complete());
        let fake = guarded("first").script([first, execute().answer([numbers(7..8)])]).start().await;
        let aws = Service::at(&fake, [("first", HOUR), ("second", HOUR)]);
        let drv = aws.driver(service).pool_size(1).build().unwrap();
        let db = Client::new(drv.clone());
        let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
        assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
        fake.change_token("second");
        fake.release("changing");
        let rest: Vec<(i64,)> = soon(rows.try_collect()).await.unwrap();
        assert_eq!(rest, [(1,), (2,), (3,)]);
        // The first token is refused, and the service asked for another.
        assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 7"))).await.unwrap(), [(7,)]);
        assert_eq!(aws.asked(), 2, "{service}");
        let sessions: BTreeSet<String> = fake
            .sent("ExecutePlan")
            .into_iter()
            .map(|request| request.session_id)
            .filter(|id| !id.is_empty())
            .collect();
        assert_eq!(sessions.len(), 1, "{service}: the session stays");
        fake.finish();
    }
}

#[tokio::test]
async fn a_token_that_has_ended_is_asked_for_again_before_it_is_sent() {
    for service in SERVICES {
        let done = || execute().answer([numbers(0..1)]);
        let fake = guarded("good").script([done(), done()]).start().await;
        let aws = Service::at(&fake, [("good", Duration::ZERO)]);
        let drv = aws.driver(service).pool_size(1).build().unwrap();
        let db = Client::new(drv.clone());
        for _ in 0..2 {
            assert_eq!(soon(query::<(i64,)>(&db, drv.from_sql("SELECT 0"))).await.unwrap(), [(0,)]);
        }
        assert!(aws.asked() > 2, "{service}: {}", aws.asked());
        fake.finish();
    }
}

#[tokio::test]
async fn a_service_that_refuses_every_token_or_gives_none_is_one_error_that_shows_none() {
    for service in SERVICES {
        let fake = guarded("right").start().await;
        let wrong = Service::at(&fake, [("wr0ng", HOUR)]);
        let none = Service::at(&fake, []);
        for (aws, told) in [(wrong, "refuses the token"), (none, "the session is not ready")] {
            let drv = aws.driver(service).acquire_timeout(Duration::from_secs(5)).build().unwrap();
            let db = Client::new(drv.clone());
            let read = query::<(i64,)>(&db, drv.from_sql("SELECT 0"));
            let error = soon(read).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{service}: {error}");
            let text = every_text(&error);
            assert!(text.contains(told) && !text.contains("wr0ng"), "{service}: {text}");
        }
        fake.finish_anywhere();
    }
}

#[tokio::test]
async fn a_server_that_takes_few_sessions_ever_gets_one() {
    let running = || execute().send(batch(&numbers(0..3))).interrupted();
    let fake = guarded("t").script([running(), running(), running()]).start().await;
    let aws = Service::at(&fake, [("t", HOUR)]);
    let drv = aws.driver("EMR Serverless").pool_size(3).build().unwrap();
    let db = Client::new(drv.clone());
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
        assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
        held.push(rows);
    }
    drop(held);
    drop(soon(drv.session()).await.unwrap());
    soon(drv.close()).await.unwrap();
    let sessions: BTreeSet<String> = fake.requests().into_iter().map(|request| request.session_id).collect();
    assert_eq!(sessions.len(), 1);
    assert!(fake.sent("ReleaseSession").is_empty());
    fake.finish();
}

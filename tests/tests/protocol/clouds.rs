//! The clouds that serve Spark Connect, as their documents have them: one walk for all of them.
//!
//! Fabric and Synapse are not among them: they serve Livy, and document no endpoint of Spark Connect.

use std::collections::{BTreeSet, VecDeque};
use std::future::{Ready, ready};
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::TryStreamExt;
use lakeorm::aws::{Aws, Endpoint};
use lakeorm::databricks::Databricks;
use lakeorm::spark::{AccessToken, SparkDriver, SparkDriverBuilder};
use lakeorm::{Client, query, query_stream};
use lakeorm_tests::fake::{Exchange, Fake, batch, execute, reattach_from};
use spark_connect::{Channel, Error, ErrorKind, RetryPolicy, Session};

use crate::setup::{every_text, numbers, soon};
use crate::upgraded::{Gateway, Upgraded};

/// The services. Each gives tokens in a way of its own; what a query and its user see of that is the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cloud {
    EmrServerless,
    EmrOnEc2,
    EmrOnEks,
    Glue,
    Athena,
    Databricks,
    /// The token is in the upgrade of each connection to a WebSocket, and in no call.
    Dataproc,
}

const CLOUDS: [Cloud; 7] = [
    Cloud::EmrServerless,
    Cloud::EmrOnEc2,
    Cloud::EmrOnEks,
    Cloud::Glue,
    Cloud::Athena,
    Cloud::Databricks,
    Cloud::Dataproc,
];

const HOUR: Duration = Duration::from_secs(3600);

/// The tokens that a service gives one after the other; the last again and again.
#[derive(Clone)]
struct Tokens {
    given: Arc<Mutex<VecDeque<(&'static str, Duration)>>>,
    asked: Arc<Mutex<usize>>,
}

impl Tokens {
    fn next(&self) -> io::Result<(&'static str, Duration)> {
        *self.asked.lock().unwrap() += 1;
        let mut given = self.given.lock().unwrap();
        let next = if given.len() > 1 { given.pop_front() } else { given.front().copied() };
        next.ok_or_else(|| io::Error::other("the session is not ready"))
    }

    fn asked(&self) -> usize {
        *self.asked.lock().unwrap()
    }
}

/// A service that runs: what it gives, the server behind it, and what stands in front of that.
struct Service {
    cloud: Cloud,
    tokens: Tokens,
    fake: Fake,
    gateway: Option<Gateway>,
}

impl Service {
    /// A service that wants the token `wanted`, and gives these.
    async fn start(
        cloud: Cloud,
        wanted: &str,
        tokens: impl IntoIterator<Item = (&'static str, Duration)>,
        script: impl IntoIterator<Item = Exchange>,
    ) -> Self {
        let builder = Fake::builder().script(script);
        let builder = match cloud {
            Cloud::Dataproc => builder,
            Cloud::Databricks => builder.token(wanted),
            _ => builder.token(wanted).token_header("x-aws-proxy-auth"),
        };
        let fake = builder.start().await;
        let gateway = match cloud {
            Cloud::Dataproc => Some(Gateway::start(fake.port(), wanted).await),
            _ => None,
        };
        let given = Arc::new(Mutex::new(tokens.into_iter().collect()));
        Self { cloud, tokens: Tokens { given, asked: Arc::default() }, fake, gateway }
    }

    /// From now on the service wants this token, with the next call or on another connection.
    fn change_token(&self, token: &str) {
        match &self.gateway {
            Some(gateway) => gateway.change_token(token),
            None => self.fake.change_token(token),
        }
    }

    /// The driver as a user of the service makes it.
    fn driver(&self) -> SparkDriverBuilder {
        let address = format!("http://localhost:{}", self.fake.port());
        let tokens = self.tokens.clone();
        match (self.cloud, &self.gateway) {
            (Cloud::EmrServerless, _) => Aws::emr_serverless(endpoints(address, tokens, None)).builder(),
            (Cloud::EmrOnEc2, _) => Aws::emr_on_ec2(endpoints(address, tokens, Some("s-1"))).builder(),
            (Cloud::EmrOnEks, _) => Aws::emr_on_eks(endpoints(address, tokens, None)).builder(),
            (Cloud::Glue, _) => Aws::glue(endpoints(address, tokens, None)).builder(),
            (Cloud::Athena, _) => Aws::athena(endpoints(address, tokens, None)).builder(),
            (Cloud::Dataproc, Some(gateway)) => dataproc(gateway.port(), tokens),
            (Cloud::Databricks | Cloud::Dataproc, _) => databricks(address, tokens),
        }
    }

    /// The rows of a query, each a number.
    async fn read(&self, drv: &SparkDriver) -> lakeorm::Result<Vec<(i64,)>> {
        soon(query(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"))).await
    }

    /// How often the service was asked for a token.
    fn asked(&self) -> usize {
        self.tokens.asked()
    }

    /// The sessions in which something was executed.
    fn sessions(&self) -> BTreeSet<String> {
        let executed = self.fake.sessions("ExecutePlan").into_iter();
        // A call that was refused was not read.
        executed.filter(|id| !id.is_empty()).collect()
    }
}

/// What stands for the call of the SDK.
fn endpoints(
    address: String,
    tokens: Tokens,
    session: Option<&'static str>,
) -> impl Fn() -> Ready<io::Result<Endpoint>> + Send + Sync + 'static {
    move || {
        ready(tokens.next().map(|(token, lifetime)| {
            let endpoint = Endpoint::new(&address, token).expiring_in(lifetime);
            match session {
                Some(session) => endpoint.session(session),
                None => endpoint,
            }
        }))
    }
}

fn databricks(address: String, tokens: Tokens) -> SparkDriverBuilder {
    let provider = move || {
        let given = tokens.next().map_err(|error| Error::new(ErrorKind::Connect, error.to_string()));
        ready(given.and_then(|(token, lifetime)| Ok(AccessToken::new(token)?.expiring_in(lifetime))))
    };
    let workspace = Databricks::workspace(address).token_provider(provider);
    workspace.cluster("0301-123456-abcd1234").builder().unwrap()
}

/// There is no module for this service: users bring a connector of their own.
fn dataproc(gateway: u16, tokens: Tokens) -> SparkDriverBuilder {
    let upgraded = Upgraded::by(gateway, move || tokens.next().map(|(token, _)| token));
    let few = RetryPolicy { max_retries: 2, ..RetryPolicy::default() };
    let remote = "sc://dataproc.invalid".parse().unwrap();
    let channel = Channel::builder(remote).retry_policy(few).connector(upgraded).build().unwrap();
    SparkDriver::factory_builder("Dataproc", move || ready(Ok(Session::new(&channel))))
}

fn rows(range: Range<i64>) -> Exchange {
    execute().answer([numbers(range)])
}

#[tokio::test]
async fn the_token_is_asked_for_once_and_travels_where_the_service_looks_for_it() {
    for cloud in CLOUDS {
        let service = Service::start(cloud, "s3cret==", [("s3cret==", HOUR)], [rows(0..3)]).await;
        let drv = service.driver().build().unwrap();
        assert_eq!(service.read(&drv).await.unwrap(), [(0,), (1,), (2,)], "{cloud:?}");
        soon(drv.close()).await.unwrap();
        for request in service.fake.requests() {
            let (aws, authorization) = match cloud {
                Cloud::Databricks => (None, Some("Bearer s3cret==")),
                Cloud::Dataproc => (None, None),
                Cloud::EmrOnEc2 => (Some("s3cret=="), Some("s-1")),
                _ => (Some("s3cret=="), None),
            };
            assert_eq!(request.header("x-aws-proxy-auth"), aws, "{cloud:?} {}", request.rpc);
            assert_eq!(request.header("authorization"), authorization, "{cloud:?} {}", request.rpc);
        }
        assert_eq!(service.asked(), 1, "{cloud:?}");
        service.fake.finish();
    }
}

/// The stream ends, or its connection, and what is left is to be had with the other token only.
#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_a_result_is_replaced_and_no_row_and_no_session_is_lost() {
    for cloud in CLOUDS {
        let script = [
            execute().send(batch(&numbers(0..2))).stall("changing").end(),
            reattach_from(Some("r1")).answer([numbers(2..4)]),
            rows(7..8),
        ];
        let service = Service::start(cloud, "first", [("first", HOUR), ("second", HOUR)], script).await;
        let drv = service.driver().pool_size(1).build().unwrap();
        let mut rows = query_stream::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT id FROM t"));
        assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)), "{cloud:?}");
        service.change_token("second");
        service.fake.release("changing");
        let rest: Vec<(i64,)> = soon(rows.try_collect()).await.unwrap();
        assert_eq!(rest, [(1,), (2,), (3,)], "{cloud:?}");
        assert_eq!(service.read(&drv).await.unwrap(), [(7,)], "{cloud:?}");
        assert_eq!(service.asked(), 2, "{cloud:?}");
        assert_eq!(service.sessions().len(), 1, "{cloud:?}");
        service.fake.finish();
    }
}

#[tokio::test]
async fn a_token_that_has_ended_is_asked_for_again_before_it_is_sent_and_the_session_stays() {
    for cloud in CLOUDS {
        let script = [rows(0..1), rows(0..1)];
        let service = Service::start(cloud, "good", [("good", Duration::ZERO)], script).await;
        let drv = service.driver().pool_size(1).build().unwrap();
        assert_eq!(service.read(&drv).await.unwrap(), [(0,)], "{cloud:?}");
        let asked = service.asked();
        service.change_token("good");
        // A call that may be repeated meets the end of the connection, if that is what ends with the token.
        soon(Client::new(drv.clone()).ping()).await.unwrap();
        assert_eq!(service.read(&drv).await.unwrap(), [(0,)], "{cloud:?}");
        assert!(service.asked() > asked, "{cloud:?}");
        assert_eq!(service.sessions().len(), 1, "{cloud:?}");
        service.fake.finish();
    }
}

#[tokio::test]
async fn a_service_that_refuses_every_token_or_gives_none_is_one_error_that_shows_none() {
    for cloud in CLOUDS {
        let (kind, refused) = match cloud {
            Cloud::Dataproc => (lakeorm::ErrorKind::Connect, "401 Unauthorized"),
            _ => (lakeorm::ErrorKind::Unauthenticated, "refuses the token"),
        };
        for (tokens, told) in [(vec![("wr0ng", HOUR)], refused), (vec![], "the session is not ready")] {
            let service = Service::start(cloud, "right", tokens, []).await;
            let drv = service.driver().acquire_timeout(Duration::from_secs(5)).build().unwrap();
            let error = service.read(&drv).await.unwrap_err();
            assert_eq!(error.kind(), kind, "{cloud:?}: {error}");
            let text = every_text(&error);
            assert!(text.contains(told) && !text.contains("wr0ng"), "{cloud:?}: {text}");
            service.fake.finish_anywhere();
        }
    }
}

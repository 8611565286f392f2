//! How an end-to-end test finds the engine it runs against.

use std::env;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use uuid::Uuid;

use crate::trace;

mod ability;

pub use ability::Ability;
use ability::Kind;

/// The engine that the test command has started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    kind: Kind,
    /// Its connection string.
    pub remote: String,
    /// A directory in which tables may be written; it is removed with the engine.
    pub dir: PathBuf,
}

/// A Spark that was started with `spark.connect.authenticate.token`.
#[derive(Clone, PartialEq, Eq)]
pub struct Guarded {
    /// Its connection string, without the token.
    pub remote: String,
    /// The token that it wants.
    pub token: String,
}

/// Without the token.
impl fmt::Debug for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guarded").field("remote", &self.remote).finish_non_exhaustive()
    }
}

/// A server that speaks as S3 does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objects {
    /// Its address.
    pub endpoint: String,
    /// The scheme under which the engine reads its buckets.
    pub scheme: &'static str,
}

/// Servers that speak as the object stores of other clouds do. Each has a bucket or container `lake`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clouds {
    /// The address of an account of Azure Blob Storage.
    pub azure: String,
    /// The account's key.
    pub azure_key: String,
    /// The query of a plain request that may do everything there.
    pub azure_signature: String,
    /// The address of Google Cloud Storage.
    pub gcs: String,
    /// The JSON of a service account, which names that address.
    pub gcs_key: String,
}

impl Guarded {
    /// Where it listens.
    ///
    /// # Panics
    ///
    /// If the connection string holds more than host and port.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without its server must fail")]
    pub fn address(&self) -> SocketAddr {
        let port = self.remote.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        SocketAddr::from((Ipv4Addr::LOCALHOST, port.expect("a connection string of host and port")))
    }
}

impl Engine {
    /// The engine that the variables `LAKEORM_ENGINE`, `LAKEORM_REMOTE` and `LAKEORM_ENGINE_DIR` describe.
    ///
    /// # Panics
    ///
    /// When a variable is missing or wrong: a test that needs an engine must fail without one.
    #[must_use]
    pub fn from_env() -> Self {
        trace::print_if_asked();
        match Self::from_variables(|name| env::var(name).ok()) {
            Ok(engine) => engine,
            #[expect(
                clippy::panic,
                reason = "a test without its engine must fail, and this is where it says why"
            )]
            Err(missing) => panic!("{missing}; run `cargo xtask test sail` (or spark35, spark41, spark43)"),
        }
    }

    /// The server beside it that wants a token; only the newest Spark has one.
    ///
    /// # Panics
    ///
    /// When the test command started none although this engine has one.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without its server must fail")]
    pub fn guarded(&self) -> Option<Guarded> {
        (self.kind == Kind::GUARDED).then(|| {
            let variable =
                |name: &str| env::var(name).expect("a server with a token: run `cargo xtask test spark43`");
            // A token to `127.0.0.1` would go over TLS.
            let remote = variable("LAKEORM_GUARDED").replace("127.0.0.1", "localhost");
            Guarded { remote, token: variable("LAKEORM_GUARDED_TOKEN") }
        })
    }

    /// The server beside it that ends a session after two seconds without a call, whatever runs in it; only Sail, which
    /// does so, has one.
    ///
    /// # Panics
    ///
    /// When the test command started none although this engine has one.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without its server must fail")]
    pub fn forgetful(&self) -> Option<Self> {
        (!self.has(Ability::SharedTables)).then(|| {
            let variable =
                |name: &str| env::var(name).expect("a server that forgets: run `cargo xtask test sail`");
            let (remote, dir) = (variable("LAKEORM_FORGETFUL"), variable("LAKEORM_FORGETFUL_DIR").into());
            Self { kind: self.kind, remote, dir }
        })
    }

    /// A server that speaks as S3 does, from which the engine reads the bucket `lake`.
    ///
    /// # Panics
    ///
    /// When the test command started none although this engine has one.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without its server must fail")]
    pub fn objects(&self) -> Option<Objects> {
        self.has(Ability::Objects).then(|| {
            let endpoint =
                env::var("LAKEORM_S3").expect("an S3 server: run `cargo xtask test sail` or `spark41`");
            // Spark's reader of S3 has a scheme of its own.
            let scheme = if self.has(Ability::SharedTables) { "s3a" } else { "s3" };
            Objects { endpoint, scheme }
        })
    }

    /// Servers that speak as Azure Blob Storage and Google Cloud Storage do, from which the engine reads.
    ///
    /// # Panics
    ///
    /// When the test command started none although this engine has them.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without its server must fail")]
    pub fn clouds(&self) -> Option<Clouds> {
        self.has(Ability::Clouds).then(|| {
            let variable =
                |name: &str| env::var(name).expect("object stores of clouds: run `cargo xtask test sail`");
            Clouds {
                azure: variable("LAKEORM_AZURE"),
                azure_key: variable("LAKEORM_AZURE_KEY"),
                azure_signature: variable("LAKEORM_AZURE_SIGNATURE"),
                gcs: variable("LAKEORM_S3"),
                gcs_key: variable("LAKEORM_GCS_KEY"),
            }
        })
    }

    /// PySpark's own client.
    ///
    /// # Panics
    ///
    /// When the test command brought none, as it does for Sail and Spark 4.1, whose version it is.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without the client must fail")]
    pub fn pyspark(&self) -> Command {
        let variable =
            |name: &str| env::var(name).expect("PySpark's client: run `cargo xtask test spark41` or `sail`");
        let mut python = Command::new(variable("LAKEORM_PYSPARK"));
        python.env("PYTHONPATH", variable("LAKEORM_PYSPARK_PATH"));
        python
    }

    /// Where it listens.
    ///
    /// # Panics
    ///
    /// If the connection string holds more than host and port.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test without its engine must fail")]
    pub fn address(&self) -> SocketAddr {
        let authority =
            self.remote.strip_prefix("sc://").and_then(|rest| rest.trim_end_matches('/').parse().ok());
        authority.expect("a connection string of host and port")
    }

    /// Whether it can do this. Tests ask for what they need, and never which engine it is.
    #[must_use]
    pub fn has(&self, ability: Ability) -> bool {
        self.kind.has(ability)
    }

    /// The same engine, reached at `address`.
    #[must_use]
    pub fn behind(&self, address: SocketAddr) -> Self {
        Self { remote: format!("sc://{address}"), ..self.clone() }
    }

    /// The same engine, whose drivers share this session, which they do not end.
    #[must_use]
    pub fn in_session(&self, id: Uuid) -> Self {
        Self { remote: format!("{}/;session_id={id}", self.remote.trim_end_matches('/')), ..self.clone() }
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let given = |name: &str| variable(name).ok_or_else(|| format!("{name} is not set"));
        let name = given("LAKEORM_ENGINE")?;
        Ok(Self {
            kind: Kind::parse(&name).ok_or_else(|| format!("LAKEORM_ENGINE={name} is no engine"))?,
            remote: given("LAKEORM_REMOTE")?,
            dir: given("LAKEORM_ENGINE_DIR")?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(engine: &'static str) -> impl Fn(&str) -> Option<String> {
        move |name| match name {
            "LAKEORM_ENGINE" => Some(engine.to_owned()),
            "LAKEORM_REMOTE" => Some("sc://127.0.0.1:1".to_owned()),
            "LAKEORM_ENGINE_DIR" => Some("dir".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn the_variables_describe_the_engine() {
        let engine = Engine::from_variables(variables("spark-4.3-plain")).unwrap();
        assert_eq!(engine.kind, Kind::GUARDED);
        assert_eq!(engine.remote, "sc://127.0.0.1:1");
        assert_eq!(engine.dir, PathBuf::from("dir"));
    }

    #[test]
    fn a_missing_or_unknown_engine_is_told() {
        let missing = Engine::from_variables(|_| None).unwrap_err();
        assert_eq!(missing, "LAKEORM_ENGINE is not set");
        let unknown = Engine::from_variables(variables("flink")).unwrap_err();
        assert_eq!(unknown, "LAKEORM_ENGINE=flink is no engine");
    }
}

//! Databricks: workspaces, credentials and compute.
//!
//! Databricks speaks Spark Connect at the workspace's own address. This module makes a [`SparkDriverBuilder`] of the
//! names that its console and its tools use. Everything else is the [`SparkDriver`] as it is for every server, waiting
//! for a cluster that is starting ([`ClusterWait`](crate::spark::ClusterWait)) included.
//!
//! ```no_run
//! use lakeorm::databricks::Databricks;
//!
//! # async fn run(token: String) -> lakeorm::Result<()> {
//! let drv = Databricks::workspace("https://dbc-a1b2345c-d6e7.cloud.databricks.com")
//!     .token(token)
//!     .cluster("0301-123456-abcd1234")
//!     .builder()?
//!     .pool_size(4)
//!     .on_cluster_state(|cluster| eprintln!("the cluster is {}", cluster.state()))
//!     .build()?;
//! drv.exec("OPTIMIZE events").await?;
//! # Ok(()) }
//! ```
//!
//! Clusters need Databricks Runtime 14.3 LTS or later. On serverless compute, with the `DATABRICKS_*` variables set:
//!
//! ```no_run
//! use lakeorm::databricks::Databricks;
//!
//! # fn run() -> lakeorm::Result<()> {
//! let drv = Databricks::from_env()?.serverless().build()?;
//! # Ok(()) }
//! ```
//!
//! A program keeps one driver and shares it: `examples/service.rs` of the repository is such a service.
//!
//! # Unity Catalog
//!
//! A table's name may have three parts: `#[lake(table = "main.shop.orders")]`. A name of two parts, `shop.orders`, goes
//! below the catalog of [`Delta::catalog`](crate::dialect::Delta::catalog) if there is one, and else into that of the
//! session.
//!
//! Databricks documents these privileges: `USE CATALOG`, `USE SCHEMA` and `SELECT` to read, `MODIFY` too to write, and
//! `CREATE TABLE` on the schema for a migration that creates the table.
//!
//! # What this rests on
//!
//! The forms of addresses, the names of environment variables and headers, the token endpoints and their forms are
//! those that Databricks and Microsoft document. How a cluster that is being started answers is not documented; the
//! forms seen in the field are known ([`ServerError::cluster_state`](crate::ServerError::cluster_state)). All of it is
//! tested against servers that behave as documented; none of it was tried on a live workspace.
//!
//! The runtimes 14.3 LTS and 15.4 LTS are built on Spark 3.5, but give sessions ids of their own. `try_cast` and
//! `frame.col("*")` are refused where the runtime would misread them; whatever else frames have of Spark 4.0, the
//! runtime itself accepts or refuses. 13.3 LTS is not supported: after a broken connection it cannot send the rest of
//! an answer (`ReattachExecute`).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::spark::{SparkDriver, SparkDriverBuilder, TokenProvider};

mod credential;
mod environment;
#[cfg(feature = "databricks-oauth")]
mod oauth;
mod workspace;

#[cfg(feature = "databricks-oauth")]
pub use oauth::ClientCredentials;

use credential::Credential;
use environment::Environment;
use workspace::Workspace;

/// Serverless compute ends a session after ten minutes without a call.
const SERVERLESS_IDLE_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Databricks knows a user by the token. The name beside it is arbitrary, and must be given: otherwise it is taken from
/// `USER`, which containers lack.
const USER_ID: &str = "lakeorm";

/// The options of a connection to Databricks: a workspace, one credential, and a cluster or serverless compute.
///
/// Mistakes are reported by [`Databricks::builder`] and [`Databricks::build`]. The connection is always over TLS.
#[derive(Clone)]
#[must_use = "options do nothing until `builder` or `build`"]
pub struct Databricks {
    workspace: String,
    workspace_id: Option<String>,
    credentials: Vec<Credential>,
    compute: Vec<Compute>,
    /// What stands for the options that are not given.
    environment: Environment,
}

/// The compute that runs the queries.
#[derive(Debug, Clone)]
enum Compute {
    Cluster(String),
    Serverless,
}

impl Databricks {
    /// The workspace with this address, as its URL in the browser or as the bare host:
    ///
    /// | cloud | host |
    /// |---|---|
    /// | AWS | `dbc-a1b2345c-d6e7.cloud.databricks.com`, also `….cloud.databricks.us` and `….cloud.databricks.mil` |
    /// | Azure | `adb-5555555555555555.19.azuredatabricks.net`, also `….databricks.azure.us` and `….databricks.azure.cn` |
    /// | Google Cloud | `1234567890123456.7.gcp.databricks.com` |
    ///
    /// A closing slash is passed over, and `?o=…` is the workspace's id. A URL of your own, such as
    /// `https://acme.databricks.com/?o=1234567890123456`, needs it, there or as
    /// [`workspace_id`](Self::workspace_id). For tests against a server of one's own there is
    /// `http://localhost:15002`, the only address that is not reached over TLS and may have a port.
    pub fn workspace(address: impl Into<String>) -> Self {
        Self {
            workspace: address.into(),
            workspace_id: None,
            credentials: Vec::new(),
            compute: Vec::new(),
            environment: Environment::default(),
        }
    }

    /// The workspace's id, the digits behind `?o=` in its URL. It is sent with every call to the compute, in the header
    /// `x-databricks-org-id`, and needed where the address does not name the workspace. One that contradicts the name of
    /// the host is refused.
    ///
    /// ```no_run
    /// use lakeorm::databricks::Databricks;
    ///
    /// # fn run(token: String) -> lakeorm::Result<()> {
    /// let workspace = Databricks::workspace("https://acme.databricks.com").workspace_id("1234567890123456");
    /// let drv = workspace.token(token).serverless().build()?;
    /// # Ok(()) }
    /// ```
    pub fn workspace_id(mut self, id: impl Into<String>) -> Self {
        self.workspace_id = Some(id.into());
        self
    }

    /// The options of the environment, in the variables that Databricks' own tools read:
    ///
    /// | variable | meaning |
    /// |---|---|
    /// | `DATABRICKS_HOST` | the workspace |
    /// | `DATABRICKS_WORKSPACE_ID` | its id, for a URL of your own |
    /// | `DATABRICKS_TOKEN` | a personal access token |
    /// | `DATABRICKS_CLIENT_ID`, `DATABRICKS_CLIENT_SECRET` | a service principal, with the feature `databricks-oauth` |
    /// | `DATABRICKS_AUTH_TYPE` | `pat` for the token, `oauth-m2m` for the service principal, where both are set |
    /// | `DATABRICKS_CLUSTER_ID` | the cluster |
    /// | `DATABRICKS_SERVERLESS_COMPUTE_ID` | `auto` for serverless compute; the cluster is then passed over |
    ///
    /// An empty variable counts as unset. What is given in code replaces what the environment has: a credential given
    /// in code replaces all variables about credentials, and a compute given in code both variables about compute.
    ///
    /// Profiles are not read: neither `~/.databrickscfg` nor `DATABRICKS_CONFIG_PROFILE`.
    ///
    /// ```no_run
    /// use lakeorm::Client;
    /// use lakeorm::databricks::Databricks;
    ///
    /// # fn run() -> lakeorm::Result<()> {
    /// // DATABRICKS_HOST, DATABRICKS_TOKEN and DATABRICKS_CLUSTER_ID are set.
    /// let db = Client::new(Databricks::from_env()?.build()?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) if `DATABRICKS_HOST` is not set. The other variables are checked by
    /// [`builder`](Self::builder), as far as they are needed. It refuses a service principal without its id or its
    /// secret, without the feature `databricks-oauth`, or beside a token while `DATABRICKS_AUTH_TYPE` is not set; a
    /// `DATABRICKS_AUTH_TYPE` other than the two above; and a `DATABRICKS_SERVERLESS_COMPUTE_ID` that is not `auto`.
    /// The error names the variable.
    pub fn from_env() -> Result<Self> {
        environment::read(|variable| std::env::var(variable).ok())
    }

    /// Authenticates with a personal access token.
    pub fn token(self, token: impl Into<String>) -> Self {
        self.credential(Credential::Token(token.into()))
    }

    /// Authenticates as a service principal of Databricks: OAuth, machine to machine. Tokens come from the workspace's
    /// own endpoint, `https://<host>/oidc/v1/token`, and are renewed ahead of their end without losing a session.
    ///
    /// It is refused at a host that does not name the workspace, such as a URL of your own: there, and for another
    /// endpoint, such as that of an account, give a [`ClientCredentials`] to [`Databricks::token_provider`].
    #[cfg(feature = "databricks-oauth")]
    pub fn oauth(self, client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        self.credential(Credential::OAuth { id: client_id.into(), secret: client_secret.into() })
    }

    /// Authenticates as a service principal of Microsoft Entra ID, at an Azure workspace. Tokens come from
    /// `https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token`, or the endpoint of the workspace's own cloud.
    #[cfg(feature = "databricks-oauth")]
    pub fn azure_service_principal(
        self,
        tenant: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Self {
        let (tenant, id, secret) = (tenant.into(), client_id.into(), client_secret.into());
        self.credential(Credential::Entra { tenant, id, secret })
    }

    /// Authenticates with the tokens of `provider`.
    ///
    /// For a user who has logged in (`databricks auth login`), the command line tool has them:
    ///
    /// ```no_run
    /// use lakeorm::databricks::Databricks;
    /// use lakeorm::spark::CommandToken;
    ///
    /// # fn run() -> lakeorm::Result<()> {
    /// let host = "https://dbc-a1b2345c-d6e7.cloud.databricks.com";
    /// let tokens = CommandToken::new("databricks").arg("auth").arg("token").arg("--host").arg(host);
    /// let drv = Databricks::workspace(host).token_provider(tokens).serverless().build()?;
    /// # Ok(()) }
    /// ```
    pub fn token_provider(self, provider: impl TokenProvider) -> Self {
        self.credential(Credential::Provider(Arc::new(provider)))
    }

    /// Runs on the cluster with this id, such as `0301-123456-abcd1234`. It stands in the cluster's URL and under its
    /// tags.
    pub fn cluster(mut self, id: impl Into<String>) -> Self {
        self.compute.push(Compute::Cluster(id.into()));
        self
    }

    /// Runs on serverless compute, which Databricks provides for each session.
    pub fn serverless(mut self) -> Self {
        self.compute.push(Compute::Serverless);
        self
    }

    /// The driver with its other options at their defaults.
    ///
    /// # Errors
    ///
    /// As [`builder`](Self::builder).
    pub fn build(self) -> Result<SparkDriver> {
        self.builder()?.build()
    }

    /// A builder of the driver, for the options that every server has: the size of the pool, confs of the sessions, how to
    /// wait for a cluster.
    ///
    /// Two defaults are larger than elsewhere, because a gateway makes a session's compute with its first call:
    /// `connect_timeout` is 60 s and `acquire_timeout` 90 s. For serverless compute, which ends a session that was idle
    /// for ten minutes, `idle_timeout` is 5 minutes.
    ///
    /// # Errors
    ///
    /// [`Config`](ErrorKind::Config) if the address is not that of a workspace, the cluster's id does not have the form of
    /// one, there is not exactly one credential and one compute, or a variable of [`from_env`](Self::from_env) that is
    /// needed is wrong. The error says what to set.
    #[doc(alias = "driver")]
    pub fn builder(self) -> Result<SparkDriverBuilder> {
        let Self { workspace, workspace_id, credentials, compute, environment } = self;
        let workspace =
            Workspace::parse(&workspace, workspace_id.as_deref().or_else(|| environment.workspace_id()))?;
        let credentials = given_or(credentials, || environment.credential())?;
        let credential = only(credentials, "credential", CREDENTIALS)?.at(&workspace)?;
        let compute = given_or(compute, || environment.compute())?;
        let compute = only(compute, "compute", "`cluster(id)` or `serverless()`")?;
        let mut remote = format!("sc://{};user_id={USER_ID}", workspace.remote());
        if let Some(id) = &workspace.id {
            remote.push_str(&format!(";x-databricks-org-id={id}"));
        }
        if let Compute::Cluster(id) = &compute {
            remote.push_str(&format!(";x-databricks-cluster-id={}", checked_cluster_id(id)?));
        }
        let driver = SparkDriver::builder(remote).for_hosted_compute().token_provider(credential);
        Ok(match compute {
            Compute::Cluster(_) => driver,
            Compute::Serverless => {
                driver.session_id_header("x-databricks-session-id").idle_timeout(SERVERLESS_IDLE_TIMEOUT)
            }
        })
    }

    fn credential(mut self, credential: Credential) -> Self {
        self.credentials.push(credential);
        self
    }
}

#[cfg(feature = "databricks-oauth")]
const CREDENTIALS: &str = "`token(…)`, `oauth(…)`, `azure_service_principal(…)` or `token_provider(…)`";
#[cfg(not(feature = "databricks-oauth"))]
const CREDENTIALS: &str = "`token(…)` or `token_provider(…)`";

/// What was given in code, or else what the environment has.
fn given_or<T>(given: Vec<T>, of_environment: impl FnOnce() -> Result<Option<T>>) -> Result<Vec<T>> {
    match given.is_empty() {
        true => Ok(of_environment()?.into_iter().collect()),
        false => Ok(given),
    }
}

/// The one thing that was given.
fn only<T>(mut given: Vec<T>, what: &str, ways: &str) -> Result<T> {
    match (given.pop(), given.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => Err(wrong(format!("Databricks needs a {what}: give it one with {ways}"))),
        (Some(_), others) => {
            Err(wrong(format!("Databricks takes one {what} and got {}: keep one of {ways}", others + 1)))
        }
    }
}

/// Four digits, six digits and a name, with hyphens between.
fn checked_cluster_id(id: &str) -> Result<&str> {
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let name = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match id.split('-').collect::<Vec<_>>().as_slice() {
        [date, time, rest] if digits(date, 4) && digits(time, 6) && name(rest) => Ok(id),
        _ => Err(wrong(
            "the cluster's id does not look like `0301-123456-abcd1234`: take it from the cluster's URL, after \
             `/compute/clusters/`",
        )),
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, message.into())
}

/// Shows no secret, and not the address either, which may hold one if it was mixed up with a connection string.
impl fmt::Debug for Databricks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Databricks")
            .field("credentials", &self.credentials)
            .field("compute", &self.compute)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

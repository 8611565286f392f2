//! The environment: the variables of Databricks' own tools.

use std::collections::BTreeMap;
use std::fmt;

use super::credential::Credential;
use super::{CREDENTIALS, Compute, Databricks, wrong};
use crate::error::{Error, Result};

const HOST: &str = "DATABRICKS_HOST";
const WORKSPACE_ID: &str = "DATABRICKS_WORKSPACE_ID";
const AUTH_TYPE: &str = "DATABRICKS_AUTH_TYPE";
const TOKEN: &str = "DATABRICKS_TOKEN";
const CLIENT_ID: &str = "DATABRICKS_CLIENT_ID";
const CLIENT_SECRET: &str = "DATABRICKS_CLIENT_SECRET";
const CLUSTER_ID: &str = "DATABRICKS_CLUSTER_ID";
const SERVERLESS: &str = "DATABRICKS_SERVERLESS_COMPUTE_ID";

/// The variables that are set. Those that are given in code are not judged, so that no combination is wrong before that.
#[derive(Clone, Default)]
pub(super) struct Environment(BTreeMap<&'static str, String>);

/// Reads the variables through `lookup`.
pub(super) fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Databricks> {
    let variables = [HOST, WORKSPACE_ID, AUTH_TYPE, TOKEN, CLIENT_ID, CLIENT_SECRET, CLUSTER_ID, SERVERLESS];
    let set = |variable| Some((variable, lookup(variable).filter(|value| !value.is_empty())?));
    let environment = Environment(variables.into_iter().filter_map(set).collect());
    let Some(host) = environment.get(HOST) else {
        return Err(wrong("`DATABRICKS_HOST` is not set: give it the workspace's URL"));
    };
    let databricks = Databricks::workspace(host);
    Ok(Databricks { environment, ..databricks })
}

impl Environment {
    fn get(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(String::as_str)
    }

    /// The id of the workspace.
    pub(super) fn workspace_id(&self) -> Option<&str> {
        self.get(WORKSPACE_ID)
    }

    /// The credential, if there is one.
    pub(super) fn credential(&self) -> Result<Option<Credential>> {
        let is_client_named = [CLIENT_ID, CLIENT_SECRET].iter().any(|part| self.0.contains_key(part));
        match (self.get(AUTH_TYPE), self.get(TOKEN), is_client_named) {
            (Some("pat"), Some(token), _) | (None, Some(token), false) => {
                Ok(Some(Credential::Token(token.to_owned())))
            }
            (Some("pat"), None, _) => Err(unset(TOKEN, "`DATABRICKS_AUTH_TYPE` is `pat`")),
            (Some("oauth-m2m"), ..) | (None, None, true) => self.service_principal().map(Some),
            (Some(_), ..) => Err(wrong(format!(
                "`DATABRICKS_AUTH_TYPE` is neither `pat` nor `oauth-m2m`, the kinds that are read from the environment: \
                 give the credential in code, with {CREDENTIALS}"
            ))),
            (None, Some(_), true) => Err(wrong(format!(
                "`DATABRICKS_TOKEN` is set beside `DATABRICKS_CLIENT_ID` or `DATABRICKS_CLIENT_SECRET`: unset the one or \
                 the others, set `DATABRICKS_AUTH_TYPE` to `pat` or `oauth-m2m`, or give the credential in code, with \
                 {CREDENTIALS}"
            ))),
            (None, None, false) => Ok(None),
        }
    }

    fn service_principal(&self) -> Result<Credential> {
        match (self.get(CLIENT_ID), self.get(CLIENT_SECRET)) {
            (Some(id), Some(secret)) => oauth(id, secret),
            (_, None) => Err(unset(CLIENT_SECRET, "a service principal has an id and a secret")),
            (None, _) => Err(unset(CLIENT_ID, "a service principal has an id and a secret")),
        }
    }

    /// The compute, if there is some.
    pub(super) fn compute(&self) -> Result<Option<Compute>> {
        match (self.get(SERVERLESS), self.get(CLUSTER_ID)) {
            (Some("auto"), _) => Ok(Some(Compute::Serverless)),
            (Some(_), _) => {
                Err(wrong("`DATABRICKS_SERVERLESS_COMPUTE_ID` is not `auto`, the only value it takes"))
            }
            (None, cluster) => Ok(cluster.map(|cluster| Compute::Cluster(cluster.to_owned()))),
        }
    }
}

fn unset(variable: &str, why: &str) -> Error {
    wrong(format!(
        "`{variable}` is not set, and {why}: set it, or give the credential in code, with {CREDENTIALS}"
    ))
}

#[cfg(feature = "databricks-oauth")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature this is an error")]
fn oauth(id: &str, secret: &str) -> Result<Credential> {
    Ok(Credential::OAuth { id: id.to_owned(), secret: secret.to_owned() })
}

#[cfg(not(feature = "databricks-oauth"))]
fn oauth(_: &str, _: &str) -> Result<Credential> {
    Err(wrong(format!(
        "`DATABRICKS_CLIENT_ID` asks for OAuth, which this build lacks: enable the feature `databricks-oauth`, or give \
         another credential in code, with {CREDENTIALS}"
    )))
}

/// Names the variables that are set, and shows no value.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

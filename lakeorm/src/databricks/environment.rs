//! The environment: the variables of Databricks' own tools.

use super::{Databricks, wrong};
use crate::error::Result;

/// Reads the variables through `lookup`.
pub(super) fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Databricks> {
    let set = |variable: &str| lookup(variable).filter(|value| !value.is_empty());
    let Some(host) = set("DATABRICKS_HOST") else {
        return Err(wrong("`DATABRICKS_HOST` is not set: give it the workspace's URL"));
    };
    let mut databricks = Databricks::workspace(host);
    if let Some(token) = set("DATABRICKS_TOKEN") {
        databricks = databricks.token(token);
    }
    databricks = match (set("DATABRICKS_CLIENT_ID"), set("DATABRICKS_CLIENT_SECRET")) {
        (Some(id), Some(secret)) => service_principal(databricks, id, secret)?,
        (None, None) => databricks,
        (Some(_), None) => {
            return Err(wrong("`DATABRICKS_CLIENT_ID` needs `DATABRICKS_CLIENT_SECRET` beside it"));
        }
        (None, Some(_)) => {
            return Err(wrong("`DATABRICKS_CLIENT_SECRET` needs `DATABRICKS_CLIENT_ID` beside it"));
        }
    };
    Ok(match (set("DATABRICKS_SERVERLESS_COMPUTE_ID"), set("DATABRICKS_CLUSTER_ID")) {
        (Some(auto), _) if auto == "auto" => databricks.serverless(),
        (Some(_), _) => {
            return Err(wrong("`DATABRICKS_SERVERLESS_COMPUTE_ID` is not `auto`, the only value it takes"));
        }
        (None, Some(cluster)) => databricks.cluster(cluster),
        (None, None) => databricks,
    })
}

#[cfg(feature = "databricks-oauth")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature this is an error")]
fn service_principal(databricks: Databricks, id: String, secret: String) -> Result<Databricks> {
    Ok(databricks.oauth(id, secret))
}

#[cfg(not(feature = "databricks-oauth"))]
fn service_principal(_: Databricks, _: String, _: String) -> Result<Databricks> {
    Err(wrong(
        "`DATABRICKS_CLIENT_ID` asks for OAuth, which this build lacks: enable the feature `databricks-oauth`, or set \
         `DATABRICKS_TOKEN` instead",
    ))
}

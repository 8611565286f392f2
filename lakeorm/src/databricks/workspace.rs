//! The address of a workspace.

use super::wrong;
use crate::error::Result;

/// The address of a workspace, which has the form of its cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Workspace {
    pub(super) host: String,
    pub(super) cloud: Cloud,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cloud {
    Aws,
    /// With the host that issues tokens.
    Azure(&'static str),
    Google,
    /// A server on this machine with its port, over plain HTTP.
    Local(u16),
}

/// The domains that workspaces are under.
const DOMAINS: [(&str, Cloud); 7] = [
    ("cloud.databricks.com", Cloud::Aws),
    ("cloud.databricks.us", Cloud::Aws),
    ("cloud.databricks.mil", Cloud::Aws),
    ("azuredatabricks.net", Cloud::Azure("login.microsoftonline.com")),
    ("databricks.azure.us", Cloud::Azure("login.microsoftonline.us")),
    ("databricks.azure.cn", Cloud::Azure("login.chinacloudapi.cn")),
    ("gcp.databricks.com", Cloud::Google),
];

const FORMS: &str = "give the workspace's URL, such as `https://dbc-a1b2345c-d6e7.cloud.databricks.com` (AWS), \
                     `https://adb-5555555555555555.19.azuredatabricks.net` (Azure) or \
                     `https://1234567890123456.7.gcp.databricks.com` (Google Cloud)";

impl Workspace {
    /// No error repeats the text: in the wrong place there may be a token in it.
    pub(super) fn parse(address: &str) -> Result<Self> {
        let address = address.trim();
        let (scheme, rest) = match address.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("https".to_owned(), address),
        };
        match scheme.as_str() {
            "https" => Self::of_databricks(rest),
            "http" => local(rest),
            "sc" => Err(wrong(format!("a connection string goes to `SparkDriver::remote`; here {FORMS}"))),
            _ => Err(wrong(format!("the workspace is not an `https` address: {FORMS}"))),
        }
    }

    fn of_databricks(rest: &str) -> Result<Self> {
        let host = authority(rest)?.trim_end_matches(":443").to_ascii_lowercase();
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if host.is_empty() || !host.bytes().all(legal) {
            return Err(wrong(format!("the workspace's host is missing or invalid: {FORMS}")));
        }
        let found = DOMAINS.iter().find_map(|(domain, cloud)| {
            Some((host.strip_suffix(domain)?.strip_suffix('.')?.to_owned(), *cloud))
        });
        let Some((name, cloud)) = found else {
            return Err(wrong(format!("the host is not in a domain of Databricks: {FORMS}")));
        };
        if name == "accounts" {
            return Err(wrong(format!("the host is the account console, which has no compute: {FORMS}")));
        }
        if name.split('.').any(str::is_empty) {
            return Err(wrong(format!("the workspace's host is missing or invalid: {FORMS}")));
        }
        if matches!(cloud, Cloud::Azure(_)) && !is_azure_name(&name) {
            return Err(wrong(
                "an address of Azure has the form `adb-<workspace id>.<number>.azuredatabricks.net`; one of a region \
                 does not name the workspace",
            ));
        }
        Ok(Self { host, cloud })
    }

    /// The text after `sc://`, up to the first of the other parameters.
    pub(super) fn remote(&self) -> String {
        match self.cloud {
            Cloud::Local(port) => format!("{}:{port}/", self.host),
            _ => format!("{}:443/;use_ssl=true", self.host),
        }
    }

    /// The URL without a path.
    #[cfg_attr(
        not(feature = "databricks-oauth"),
        expect(dead_code, reason = "tokens are fetched with the feature")
    )]
    pub(super) fn url(&self) -> String {
        match self.cloud {
            Cloud::Local(port) => format!("http://{}:{port}", self.host),
            _ => format!("https://{}", self.host),
        }
    }
}

/// The host and the port of the text after the scheme. After them comes only what a workspace's URL has: a slash,
/// `?o=…`.
fn authority(rest: &str) -> Result<&str> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    let query = behind.strip_prefix('/').unwrap_or(behind);
    let id = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !query.is_empty() && !query.strip_prefix("?o=").is_some_and(id) {
        return Err(wrong(format!("the workspace's URL must end after the host: {FORMS}")));
    }
    if authority.contains('@') {
        return Err(wrong(format!("the workspace's URL must not name a user or a password: {FORMS}")));
    }
    Ok(authority)
}

fn local(rest: &str) -> Result<Workspace> {
    let port = authority(rest)?.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    match port {
        Some(port) => Ok(Workspace { host: "localhost".to_owned(), cloud: Cloud::Local(port) }),
        None => Err(wrong(format!("only `http://localhost:<port>` may go without TLS: {FORMS}"))),
    }
}

/// `adb-` and the workspace's id, then a number.
fn is_azure_name(name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.strip_prefix("adb-")
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(id, shard)| number(id) && number(shard))
}

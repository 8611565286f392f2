//! The address of a workspace.

use super::wrong;
use crate::error::Result;

/// The address of a workspace, which has the form of its cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Workspace {
    pub(super) host: String,
    pub(super) cloud: Cloud,
    /// The number that names the workspace where the host does not.
    pub(super) id: Option<String>,
    /// Whether the host names the workspace, in contrast to a region or a URL of the customer's own.
    pub(super) is_named: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cloud {
    Aws,
    /// With the host that issues tokens.
    Azure(&'static str),
    Google,
    /// A URL of the customer's own, of which the cloud is not known.
    Custom,
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

/// The domain of URLs of the customer's own.
const CUSTOM: (&str, Cloud) = ("databricks.com", Cloud::Custom);

/// Where an id is given beside the address.
const GIVEN: &str = "in `workspace_id(…)` or `DATABRICKS_WORKSPACE_ID`";

/// What to do about an address that does not name the workspace.
const GIVE_ID: &str = "give the workspace's id with `workspace_id(…)`, or keep `?o=…` at the end of its URL";

const FORMS: &str = "give the workspace's URL, such as `https://dbc-a1b2345c-d6e7.cloud.databricks.com` (AWS), \
                     `https://adb-5555555555555555.19.azuredatabricks.net` (Azure) or \
                     `https://1234567890123456.7.gcp.databricks.com` (Google Cloud)";

impl Workspace {
    /// The workspace at an address, with an id that was given beside it. No error repeats the text: in the wrong place
    /// there may be a token in it.
    pub(super) fn parse(address: &str, id: Option<&str>) -> Result<Self> {
        let address = address.trim();
        let (scheme, rest) = match address.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("https".to_owned(), address),
        };
        match scheme.as_str() {
            "https" => Self::of_databricks(rest, id),
            "http" => local(rest, id),
            "sc" => Err(wrong(format!("a connection string goes to `SparkDriver::remote`; here {FORMS}"))),
            _ => Err(wrong(format!("the workspace is not an `https` address: {FORMS}"))),
        }
    }

    fn of_databricks(rest: &str, id: Option<&str>) -> Result<Self> {
        let (authority, told) = authority(rest)?;
        let id = only_id(told, id)?;
        let place = if told.is_some() { "behind `?o=` in the workspace's URL" } else { GIVEN };
        let host = authority.trim_end_matches(":443").to_ascii_lowercase();
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if host.is_empty() || !host.bytes().all(legal) {
            return Err(wrong(format!("the workspace's host is missing or invalid: {FORMS}")));
        }
        let found = DOMAINS.into_iter().chain([CUSTOM]).find_map(|(domain, cloud)| {
            Some((host.strip_suffix(domain)?.strip_suffix('.')?.to_owned(), cloud))
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
        let named = named_id(&name, cloud);
        if named.is_some_and(|named| id.as_deref().is_some_and(|id| id != named)) {
            return Err(wrong(format!(
                "the workspace's id {place} is not the one in the name of the host: remove the id, or give the other \
                 workspace's URL"
            )));
        }
        let is_named = named.is_some() || matches!(cloud, Cloud::Aws | Cloud::Google);
        match cloud {
            Cloud::Azure(_) if id.is_none() && !is_named => Err(wrong(format!(
                "an address of Azure has the form `adb-<workspace id>.<number>.azuredatabricks.net`; one of a region or \
                 of your own does not name the workspace: {GIVE_ID}"
            ))),
            Cloud::Custom if id.is_none() => Err(wrong(format!(
                "the host is a URL of your own, which does not name the workspace: {GIVE_ID}; or {FORMS}"
            ))),
            _ => Ok(Self { host, cloud, id, is_named }),
        }
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

/// The host and the port of the text after the scheme, and the workspace's id. After them comes only what a workspace's
/// URL has: a slash, `?o=…`.
fn authority(rest: &str) -> Result<(&str, Option<&str>)> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    let query = behind.strip_prefix('/').unwrap_or(behind);
    let id = query.strip_prefix("?o=");
    if !query.is_empty() && !id.is_some_and(|id| id.is_empty() || is_number(id)) {
        return Err(wrong(format!("the workspace's URL must end after the host: {FORMS}")));
    }
    if authority.contains('@') {
        return Err(wrong(format!("the workspace's URL must not name a user or a password: {FORMS}")));
    }
    Ok((authority, id.filter(|id| !id.is_empty())))
}

/// The id that the address tells, or the one that was given beside it.
fn only_id(told: Option<&str>, given: Option<&str>) -> Result<Option<String>> {
    match (told, given) {
        (_, Some(given)) if !is_number(given) => Err(wrong(format!(
            "the workspace's id {GIVEN} is not a number: take the one behind `?o=` in the workspace's URL"
        ))),
        (Some(told), Some(given)) if told != given => Err(wrong(format!(
            "the id behind `?o=` in the workspace's URL is not the one {GIVEN}: remove the wrong one"
        ))),
        _ => Ok(given.or(told).map(str::to_owned)),
    }
}

fn local(rest: &str, id: Option<&str>) -> Result<Workspace> {
    let (authority, told) = authority(rest)?;
    let port = authority.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    match port {
        Some(port) => {
            let (host, cloud, id) = ("localhost".to_owned(), Cloud::Local(port), only_id(told, id)?);
            Ok(Workspace { host, cloud, id, is_named: true })
        }
        None => Err(wrong(format!("only `http://localhost:<port>` may go without TLS: {FORMS}"))),
    }
}

/// The workspace's id in the name before the domain, where a number follows it.
fn named_id(name: &str, cloud: Cloud) -> Option<&str> {
    let name = match cloud {
        Cloud::Azure(_) => name.strip_prefix("adb-")?,
        Cloud::Google => name,
        _ => return None,
    };
    let (id, shard) = name.split_once('.')?;
    (is_number(id) && is_number(shard)).then_some(id)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

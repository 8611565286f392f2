//! The credentials of a workspace.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::{AccessToken, TokenProvider};

#[cfg(feature = "databricks-oauth")]
use super::oauth::ClientCredentials;
#[cfg(feature = "databricks-oauth")]
use super::workspace::Cloud;
use super::workspace::Workspace;
use super::wrong;
use crate::error::Result;

/// A credential.
#[derive(Clone)]
pub(super) enum Credential {
    Token(String),
    Provider(Arc<dyn TokenProvider>),
    #[cfg(feature = "databricks-oauth")]
    OAuth {
        id: String,
        secret: String,
    },
    #[cfg(feature = "databricks-oauth")]
    Entra {
        tenant: String,
        id: String,
        secret: String,
    },
}

/// The application that Azure Databricks is in Microsoft Entra ID, in every tenant.
#[cfg(feature = "databricks-oauth")]
const AZURE_DATABRICKS: &str = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";

impl Credential {
    /// The token provider for `workspace`.
    #[cfg_attr(
        not(feature = "databricks-oauth"),
        expect(unused_variables, reason = "endpoints belong to the feature")
    )]
    pub(super) fn at(self, workspace: &Workspace) -> Result<Tokens> {
        Ok(Tokens(match self {
            Self::Token(token) => {
                let token = AccessToken::new(token).map_err(|error| wrong(error.to_string()))?;
                let token = token.expiring_in(Duration::MAX);
                Arc::new(move || std::future::ready(Ok(token.clone())))
            }
            Self::Provider(provider) => provider,
            #[cfg(feature = "databricks-oauth")]
            Self::OAuth { .. } if !workspace.is_named => {
                return Err(wrong(
                    "`oauth(…)` and `DATABRICKS_CLIENT_ID` take tokens from the workspace's host, and this host does not \
                     name the workspace: give the workspace's own URL, or a `ClientCredentials` of the endpoint to \
                     `token_provider(…)`",
                ));
            }
            #[cfg(feature = "databricks-oauth")]
            Self::OAuth { id, secret } => {
                let endpoint = format!("{}/oidc/v1/token", workspace.url());
                Arc::new(ClientCredentials::new(&endpoint, id, secret)?.scope("all-apis"))
            }
            #[cfg(feature = "databricks-oauth")]
            Self::Entra { tenant, id, secret } => Arc::new(entra(workspace, &tenant, id, secret)?),
        }))
    }
}

#[cfg(feature = "databricks-oauth")]
fn entra(workspace: &Workspace, tenant: &str, id: String, secret: String) -> Result<ClientCredentials> {
    let Cloud::Azure(login) = workspace.cloud else {
        return Err(wrong(
            "a service principal of Microsoft Entra ID is known to Azure workspaces only: use `oauth(…)`",
        ));
    };
    // The tenant's id, or one of its domains.
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if tenant.is_empty() || !tenant.bytes().all(legal) {
        return Err(wrong("give the tenant by its id or by one of its domains"));
    }
    let endpoint = format!("https://{login}/{tenant}/oauth2/v2.0/token");
    let credentials = ClientCredentials::new(&endpoint, id, secret)?;
    Ok(credentials.scope(format!("{AZURE_DATABRICKS}/.default")).secret_in_body())
}

/// The token provider.
pub(super) struct Tokens(Arc<dyn TokenProvider>);

impl TokenProvider for Tokens {
    fn token(&self) -> BoxFuture<'_, spark_connect::Result<AccessToken>> {
        self.0.token().boxed()
    }
}

/// Names the kind, and nothing of what is in it.
impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(redacted)",
            Self::Provider(_) => "Provider",
            #[cfg(feature = "databricks-oauth")]
            Self::OAuth { .. } => "OAuth(redacted)",
            #[cfg(feature = "databricks-oauth")]
            Self::Entra { .. } => "Entra(redacted)",
        })
    }
}

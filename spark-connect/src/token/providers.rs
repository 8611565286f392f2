//! Providers for the usual places of a token.

use std::fs::{self, File};
use std::path::PathBuf;
use std::{fmt, io};

use futures_core::future::BoxFuture;
use futures_util::FutureExt;

use super::{AccessToken, TokenProvider, blocking, is_too_long, read_bounded};
use crate::error::{Error, ErrorKind, Result};

/// One token for ever, such as a personal access token.
#[derive(Debug, Clone)]
pub struct StaticToken(AccessToken);

impl StaticToken {
    /// The token `secret`, without the word `Bearer` before it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unauthenticated`] if the secret is empty or a header cannot carry it.
    pub fn new(secret: impl Into<String>) -> Result<Self> {
        Ok(Self(AccessToken::new(secret)?.expiring_in(std::time::Duration::MAX)))
    }
}

impl TokenProvider for StaticToken {
    fn token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        std::future::ready(Ok(self.0.clone())).boxed()
    }
}

/// The token in an environment variable, read with every call.
#[derive(Debug, Clone)]
pub struct EnvToken {
    variable: String,
}

impl EnvToken {
    /// The token that the variable of this name holds.
    pub fn new(variable: impl Into<String>) -> Self {
        Self { variable: variable.into() }
    }

    fn read(&self) -> Result<AccessToken> {
        // Lossy on purpose: what is not Unicode is then refused as no header can carry it.
        match std::env::var_os(&self.variable) {
            Some(value) => AccessToken::new(value.to_string_lossy()).map_err(|error| self.failed(&error)),
            None => Err(self.failed(&"it is not set")),
        }
    }

    fn failed(&self, why: &dyn fmt::Display) -> Error {
        let message = format!("the environment variable {} gives no token: {why}", self.variable);
        Error::new(ErrorKind::Unauthenticated, message)
    }
}

impl TokenProvider for EnvToken {
    fn token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        std::future::ready(self.read()).boxed()
    }
}

/// The token in a file, read with every call, so that a file that is replaced (a secret that Kubernetes mounts) is
/// seen at once. White space around the token is cut off. It must be a regular file of at most 64 KiB.
#[derive(Debug, Clone)]
pub struct FileToken {
    path: PathBuf,
}

impl FileToken {
    /// The token that the file at `path` holds.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn read(&self) -> Result<AccessToken> {
        let failed = |why: &dyn fmt::Display| {
            let message = format!("the file {} gives no token: {why}", self.path.display());
            Error::new(ErrorKind::Unauthenticated, message)
        };
        // Lossy on purpose: what is not Unicode is then refused as no header can carry it.
        let bytes = self.bytes().map_err(|error| failed(&error))?;
        if is_too_long(&bytes) {
            return Err(failed(&"it is longer than 64 KiB"));
        }
        AccessToken::new(String::from_utf8_lossy(&bytes).trim()).map_err(|error| failed(&error))
    }

    /// A pipe is not opened, which would wait for somebody to write.
    fn bytes(&self) -> io::Result<Vec<u8>> {
        match fs::metadata(&self.path)?.is_file() {
            true => read_bounded(File::open(&self.path)?),
            false => Err(io::Error::other("it is not a regular file")),
        }
    }
}

impl TokenProvider for FileToken {
    fn token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        let file = self.clone();
        blocking(move || file.read())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_regular_file_or_longer_than_any_token_is_refused() {
        let path = std::env::temp_dir().join(format!("lakeorm-token-{}", uuid::Uuid::new_v4()));
        let pipe = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(pipe.success());
        let piped = FileToken::new(&path).token().await.unwrap_err();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "s3cret".repeat(11_000)).unwrap();
        let long = FileToken::new(&path).token().await.unwrap_err();
        fs::remove_file(&path).unwrap();
        let endless = FileToken::new("/dev/zero").token().await.unwrap_err();
        for (error, told) in [
            (piped, "it is not a regular file"),
            (long, "it is longer than 64 KiB"),
            (endless, "it is not a regular file"),
        ] {
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert!(error.to_string().ends_with(told), "{error}");
        }
    }
}

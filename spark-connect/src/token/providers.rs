//! Providers for the usual places of a token.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::{fmt, io, thread};

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::{AccessToken, TokenProvider, is_too_long, read_bounded};
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
    /// Where the thread that reads the file takes its questions from, once there is one.
    questions: Arc<Mutex<Option<mpsc::Sender<Question>>>>,
}

type Question = oneshot::Sender<Result<AccessToken>>;

impl FileToken {
    /// The token that the file at `path` holds.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), questions: Arc::default() }
    }

    /// Asks the thread that reads the file. There is one, of its own: a runtime that is dropped waits for its threads, and
    /// the calls on a file system that hangs would fill any number of them.
    fn ask(&self) -> io::Result<oneshot::Receiver<Result<AccessToken>>> {
        let (question, answer) = oneshot::channel();
        let mut questions = self.questions.lock().unwrap_or_else(PoisonError::into_inner);
        let unasked = match questions.as_ref() {
            Some(reader) => reader.send(question).err().map(|mpsc::SendError(question)| question),
            None => Some(question),
        };
        if let Some(question) = unasked {
            let (reader, asked) = mpsc::channel::<Question>();
            let path = self.path.clone();
            thread::Builder::new().name("lakeorm-token".to_owned()).spawn(move || {
                for question in asked.iter().filter(|question| !question.is_closed()) {
                    drop(question.send(read(&path)));
                }
            })?;
            // It fails only where the thread has ended, which drops the question.
            drop(reader.send(question));
            *questions = Some(reader);
        }
        Ok(answer)
    }
}

fn read(path: &Path) -> Result<AccessToken> {
    // Lossy on purpose: what is not Unicode is then refused as no header can carry it.
    let bytes = bytes(path).map_err(|error| failed(path, &error))?;
    if is_too_long(&bytes) {
        return Err(failed(path, &"it is longer than 64 KiB"));
    }
    AccessToken::new(String::from_utf8_lossy(&bytes).trim()).map_err(|error| failed(path, &error))
}

/// A pipe is not opened, which would wait for somebody to write.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    match fs::metadata(path)?.is_file() {
        true => read_bounded(File::open(path)?),
        false => Err(io::Error::other("it is not a regular file")),
    }
}

fn failed(path: &Path, why: &dyn fmt::Display) -> Error {
    let message = format!("the file {} gives no token: {why}", path.display());
    Error::new(ErrorKind::Unauthenticated, message)
}

impl TokenProvider for FileToken {
    fn token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        async move {
            let answer = self.ask().map_err(|error| failed(&self.path, &error))?;
            answer.await.unwrap_or_else(|_| Err(failed(&self.path, &"the thread that reads it panicked")))
        }
        .boxed()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::remote::Token;

    /// Kubernetes mounts a secret as a link into a directory, which is a link too, and swaps that one.
    #[tokio::test]
    async fn a_link_to_a_file_is_followed_also_where_it_was_swapped_since() {
        let mount = std::env::temp_dir().join(format!("lakeorm-token-{}", uuid::Uuid::new_v4()));
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, mount.join(name)).unwrap();
        for secret in ["first", "second"] {
            fs::create_dir_all(mount.join(secret)).unwrap();
            fs::write(mount.join(secret).join("token"), format!("{secret}\n")).unwrap();
        }
        link("first", "..data");
        link("..data/token", "token");
        let file = FileToken::new(mount.join("token"));
        assert_eq!(file.token().await.unwrap().token, Token::parse("token", "first").unwrap());
        link("second", "..data_tmp");
        fs::rename(mount.join("..data_tmp"), mount.join("..data")).unwrap();
        assert_eq!(file.token().await.unwrap().token, Token::parse("token", "second").unwrap());
        fs::remove_dir_all(mount).unwrap();
    }

    #[tokio::test]
    async fn questions_that_a_file_system_does_not_answer_wait_in_one_thread() {
        let path = std::env::temp_dir().join(format!("lakeorm-token-{}", uuid::Uuid::new_v4()));
        fs::write(&path, "s3cret").unwrap();
        let file = FileToken::new(&path);
        let (hanging, asked) = mpsc::channel();
        *file.questions.lock().unwrap() = Some(hanging);
        let copy = file.clone();
        let mut waiting = [file.token(), copy.token()];
        for answer in &mut waiting {
            assert!(futures_util::poll!(answer).is_pending());
        }
        assert_eq!(asked.try_iter().count(), 2);
        // A thread that ended is followed by another one.
        drop(asked);
        let expected = Token::parse("token", "s3cret").unwrap();
        assert_eq!(file.token().await.unwrap().token, expected);
        fs::remove_file(&path).unwrap();
    }

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

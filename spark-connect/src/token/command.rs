//! A token that a program prints.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{fmt, io, thread};

use futures_core::future::BoxFuture;
use futures_util::FutureExt;

use super::{AccessToken, TokenProvider};
use crate::clock::Runtime;
use crate::error::{Error, ErrorKind, Result};

/// How long the program may take; a provider may take a minute.
const LIMIT: Duration = Duration::from_secs(50);

/// How often it is looked whether the program has ended.
const LOOK: Duration = Duration::from_millis(20);

/// How long a token is used, unless [`CommandToken::used_for`] says otherwise.
const USED_FOR: Duration = Duration::from_secs(10 * 60);

/// The token that a program prints, such as the command line tool of a cloud. White space around it is cut off. The
/// program runs without a shell; what it says on standard error is not shown, since nobody knows what stands there.
///
/// ```
/// use std::time::Duration;
/// use spark_connect::token::CommandToken;
///
/// let provider = CommandToken::new("gcloud").arg("auth").arg("print-access-token").used_for(Duration::from_secs(1800));
/// ```
#[derive(Clone)]
pub struct CommandToken {
    program: OsString,
    arguments: Vec<OsString>,
    used_for: Duration,
}

impl CommandToken {
    /// The token that `program` prints.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self { program: program.as_ref().to_owned(), arguments: Vec::new(), used_for: USED_FOR }
    }

    /// Hands the program one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// How long a token is used before the program runs again; shorter than it is good for. Default ten minutes.
    #[must_use]
    pub fn used_for(mut self, duration: Duration) -> Self {
        self.used_for = duration;
        self
    }

    fn run(&self) -> Result<AccessToken> {
        let failed = |why: &dyn fmt::Display| {
            let message = format!("the program {} gives no token: {why}", self.program.to_string_lossy());
            Error::new(ErrorKind::Unauthenticated, message)
        };
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        let stdout = child.stdout.take();
        // A program that prints much would wait for a reader.
        let reader = thread::spawn(move || {
            let mut printed = Vec::new();
            let read = stdout.map(|mut stdout| stdout.read_to_end(&mut printed)).transpose();
            read.map(|_| printed)
        });
        match ended(&mut child).map_err(|error| failed(&error))? {
            Some(status) if status.success() => {}
            Some(status) => return Err(failed(&format_args!("it failed ({status})"))),
            None => return Err(failed(&format_args!("it did not end within {LIMIT:?}"))),
        }
        let printed = match reader.join() {
            Ok(printed) => printed.map_err(|error| failed(&error))?,
            Err(_) => return Err(failed(&"what it printed could not be read")),
        };
        let token = AccessToken::new(String::from_utf8_lossy(&printed).trim());
        token.map(|token| token.expiring_in(self.used_for)).map_err(|error| failed(&error))
    }
}

/// Waits until the program has ended, and ends it after a while.
fn ended(child: &mut Child) -> io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() >= LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

impl TokenProvider for CommandToken {
    fn token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        let command = self.clone();
        async move {
            Runtime::current()?;
            let printed = tokio::task::spawn_blocking(move || command.run()).await;
            printed.unwrap_or_else(|error| Err(Error::new(ErrorKind::Unauthenticated, error.to_string())))
        }
        .boxed()
    }
}

/// Without the arguments, among which a secret may be.
impl fmt::Debug for CommandToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandToken")
            .field("program", &self.program)
            .field("used_for", &self.used_for)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> CommandToken {
        CommandToken::new("sh").arg("-c").arg(script)
    }

    #[tokio::test]
    async fn what_a_program_prints_is_the_token() {
        let token = shell("echo s3cret").token().await.unwrap();
        assert_eq!(token.token.bearer().as_bytes(), b"Bearer s3cret");
    }

    #[tokio::test]
    async fn a_program_that_fails_or_prints_nothing_gives_no_token_and_its_words_are_not_shown() {
        for (command, told) in [
            (shell("echo s3cret; echo s3cret >&2; exit 3"), "it failed (exit status: 3)"),
            (shell("true"), "is empty"),
            (CommandToken::new("/no/such/program"), "No such file"),
        ] {
            let error = command.token().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert!(error.to_string().contains(told), "{error}");
            assert!(!format!("{error:?} {command:?}").contains("s3cret"), "{error:?}");
        }
    }
}

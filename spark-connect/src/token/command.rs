//! A token that a program prints.

use std::ffi::{OsStr, OsString};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{fmt, io, thread};

use futures_core::future::BoxFuture;

use super::{AccessToken, TokenProvider, blocking, is_too_long, printed, read_bounded};
use crate::error::{Error, ErrorKind, Result};

/// How long the program may take; a provider may take a minute.
const LIMIT: Duration = Duration::from_secs(50);

/// How long what an ended program printed may take to arrive, at least.
const GRACE: Duration = Duration::from_secs(1);

/// How often it is looked whether the program has ended.
const LOOK: Duration = Duration::from_millis(20);

/// How long a token is used, unless [`CommandToken::used_for`] says otherwise.
const USED_FOR: Duration = Duration::from_secs(10 * 60);

/// The token that a program prints, such as the command line tool of a cloud. White space around it is cut off. The
/// program runs without a shell; what it says on standard error is not shown, since nobody knows what stands there.
///
/// Of a JSON object, as `databricks auth token` and `az account get-access-token` print it, the token is its `access_token`
/// or `accessToken`, which is used no longer than its `expiry`, `expires_on` or `expires_in` says.
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

    /// How long a token is used before the program runs again. Make it shorter than the token's lifetime, unless the
    /// program prints when the token expires. Default ten minutes.
    #[must_use]
    pub fn used_for(mut self, duration: Duration) -> Self {
        self.used_for = duration;
        self
    }

    fn run(&self, limit: Duration) -> Result<AccessToken> {
        let failed = |why: &dyn fmt::Display| {
            let message = format!("the program {} gives no token: {why}", self.program.to_string_lossy());
            Error::new(ErrorKind::Unauthenticated, message)
        };
        let begun = Instant::now();
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        let printed =
            child.stdout.take().map(read).ok_or_else(|| failed(&"its standard output cannot be read"))?;
        let status = ended(&mut child, begun, limit).map_err(|error| failed(&error))?;
        // A program that this one left running may hold its output open for as long as it likes.
        let patience = match status {
            Some(status) if status.success() => limit.saturating_sub(begun.elapsed()).max(GRACE),
            Some(_) => GRACE,
            None => Duration::ZERO,
        };
        let printed = printed.recv_timeout(patience);
        match (status, printed) {
            (None, _) => Err(failed(&format_args!("it did not end within {limit:?}"))),
            (_, Ok(Ok(printed))) if is_too_long(&printed) => Err(failed(&"its output is longer than 64 KiB")),
            (Some(status), _) if !status.success() => Err(failed(&format_args!("it failed ({status})"))),
            (_, Ok(Ok(printed))) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let (token, left) =
                    printed::token(&String::from_utf8_lossy(&printed), now).map_err(|why| failed(&why))?;
                let used_for = left.map_or(self.used_for, |left| left.min(self.used_for));
                AccessToken::new(token)
                    .map(|token| token.expiring_in(used_for))
                    .map_err(|error| failed(&error))
            }
            (_, Ok(Err(error))) => Err(failed(&error)),
            (_, Err(_)) => Err(failed(&format_args!(
                "it ended and left its output open for more than {limit:?}: redirect the output of the processes that it \
                 starts"
            ))),
        }
    }
}

/// Reads what is printed from a thread of its own: a program that prints much would wait for a reader. The thread ends with
/// whoever holds the output open.
fn read(stdout: ChildStdout) -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (sender, printed) = mpsc::channel();
    thread::spawn(move || {
        // It fails only where nobody waits for it any more.
        let _ = sender.send(read_bounded(stdout));
    });
    printed
}

/// Waits until the program has ended, and ends it once `limit` has passed since it `begun`.
fn ended(child: &mut Child, begun: Instant, limit: Duration) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() >= limit {
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
        blocking(move || command.run(LIMIT))
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
    async fn json_of_several_lines_is_read_and_what_is_no_token_is_not_sent() {
        let printing = |json: &str| CommandToken::new("printf").arg("%s").arg(json);
        let json = "{\n  \"access_token\": \"s3cret\",\n  \"expires_in\": 60\n}\n";
        let token = printing(json).token().await.unwrap();
        assert_eq!(token.token.bearer().as_bytes(), b"Bearer s3cret");
        let is_usable_in =
            |seconds| token.is_usable(tokio::time::Instant::now() + Duration::from_secs(seconds));
        assert!(is_usable_in(30) && !is_usable_in(61));
        let error = printing("{\"token\": \"s3cret\"}").token().await.unwrap_err();
        assert!(error.to_string().contains("it prints JSON without an `access_token`"), "{error}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }

    #[tokio::test]
    async fn a_program_that_fails_or_prints_nothing_gives_no_token_and_its_words_are_not_shown() {
        for (command, told) in [
            (shell("echo s3cret; echo s3cret >&2; exit 3"), "it failed (exit status: 3)"),
            (shell("true"), "is empty"),
            (shell("yes s3cret"), "is longer than 64 KiB"),
            (CommandToken::new("/no/such/program"), "No such file"),
        ] {
            let error = command.token().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
            assert!(error.to_string().contains(told), "{error}");
            assert!(!format!("{error:?} {command:?}").contains("s3cret"), "{error:?}");
        }
    }

    #[test]
    fn a_runtime_that_ends_does_not_wait_for_a_program() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let begun = Instant::now();
        let command = shell("sleep 20");
        let mut asking = command.token();
        runtime.block_on(async { assert!(futures_util::poll!(&mut asking).is_pending()) });
        drop((asking, runtime));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    #[test]
    fn what_a_program_leaves_running_is_waited_for_no_longer_than_the_program() {
        let limit = Duration::from_secs(2);
        for (script, told) in
            [("echo s3cret; sleep 20 &", "2s: redirect the output"), ("sleep 20", "did not end")]
        {
            let begun = Instant::now();
            let error = shell(script).run(limit).unwrap_err();
            assert!(error.to_string().contains(told), "{error}");
            assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        }
        let begun = Instant::now();
        let error = shell("sleep 20 & exit 3").run(LIMIT).unwrap_err();
        assert!(error.to_string().contains("it failed (exit status: 3)"), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}

//! A network of its own for a server that listens on every interface and cannot be told otherwise.
//!
//! The server runs in a network namespace that has a loopback interface and nothing else. A socket in the file system
//! reaches across: a forwarder inside hands on what arrives there to the server, and one outside what arrives on the
//! same port of the outer loopback interface. Both end with the server.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{During, Failure, Outcome};
use crate::process::output;

/// Brings the loopback interface up, starts the forwarder inside, and becomes the server, whose process id stays that
/// of the shell. Python is here for the engines anyway; the program `ip` need not be.
const BEGIN: &str = r#"
python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH22x", b"lo", 1))' || exit 1
"$1" forward "$2" "$3" "$$" </dev/null &
shift 3
exec "$@"
"#;

/// The command that runs `server`, which serves on `port`, in a namespace of its own and keeps its socket in `run`.
pub(super) fn around(server: &Command, port: u16, run: &Path) -> Outcome<Command> {
    let mut enclosed = Command::new("unshare");
    enclosed.args(options()?).args(["sh", "-c", BEGIN, "sh"]);
    enclosed.arg(this_program()?).arg(socket(run)).arg(port.to_string());
    enclosed.arg(server.get_program()).args(server.get_args());
    for (name, value) in server.get_envs() {
        match value {
            Some(value) => enclosed.env(name, value),
            None => enclosed.env_remove(name),
        };
    }
    if let Some(directory) = server.get_current_dir() {
        enclosed.current_dir(directory);
    }
    Ok(enclosed)
}

/// Starts the forwarder on this side. It ends with the process `server`.
pub(super) fn forward(port: u16, run: &Path, server: u32) -> Outcome {
    Command::new(this_program()?)
        .arg("forward")
        .arg(port.to_string())
        .arg(socket(run))
        .arg(server.to_string())
        .stdin(Stdio::null())
        // It outlives `engine up`, and whoever reads what that prints waits for the end of the pipe.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .during("starting a forwarder")?;
    Ok(())
}

/// What `unshare` has to be told here: who is not root becomes so in a user namespace.
fn options() -> Outcome<&'static [&'static str]> {
    let ways: [&[&str]; 2] = [&["--net", "--"], &["--map-root-user", "--net", "--"]];
    let mut failure = None;
    for way in ways {
        match output(Command::new("unshare").args(way).arg("true"), "unshare") {
            Ok(_) => return Ok(way),
            Err(failed) => failure = Some(failed),
        }
    }
    let failure = failure.map(|failure| failure.to_string()).unwrap_or_default();
    Err(Failure::new(format!(
        "Spark 3.5 listens on every interface, so it is started in a network namespace of its own, which wants Linux \
         and either root or user namespaces:\n  {failure}"
    )))
}

fn socket(run: &Path) -> PathBuf {
    run.join("server.sock")
}

fn this_program() -> Outcome<PathBuf> {
    std::env::current_exe().during("looking for this program")
}

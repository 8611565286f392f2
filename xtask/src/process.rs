//! Starting, watching and stopping a server process.

use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{During, Failure, Outcome};
use crate::progress::note;

/// How long a process may take to end after SIGTERM before it gets SIGKILL.
const GRACE: Duration = Duration::from_secs(20);

/// How long a process may take to be gone after SIGKILL.
const LAST_GRACE: Duration = Duration::from_secs(5);

/// A port on the loopback interface that was free a moment ago.
pub(crate) fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).during("looking for a free port")?;
    Ok(listener.local_addr().during("looking for a free port")?.port())
}

/// Whether something listens on a port of the loopback interface.
pub(crate) fn is_taken(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err()
}

/// Runs a command to its end and gives its standard output; its standard error goes into the failure.
pub(crate) fn output(command: &mut Command, what: &str) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output().during(what)?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        let told = if told.trim().is_empty() { String::from_utf8_lossy(&output.stdout) } else { told };
        return Err(Failure::new(format!("{what} failed ({}):\n{}", output.status, last_lines(&told, 20))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Starts a server whose output goes to `log`. It gets a process group of its own: an interrupt typed at the
/// terminal is not for it.
pub(crate) fn spawn(command: &mut Command, log: &Path) -> Outcome<Child> {
    keep_previous(log)?;
    let out = File::create(log).during(log.display())?;
    let err = out.try_clone().during(log.display())?;
    let program = command.get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0)
        .spawn()
        .during(format_args!("starting {program}"))
}

/// Renames the log of the run before, so that its text is still there after the next start.
fn keep_previous(log: &Path) -> Outcome {
    if log.exists() {
        fs::rename(log, log.with_extension("log.1")).during(log.display())?;
    }
    Ok(())
}

/// The command line of a process, words separated by spaces; none if there is no such process or it has ended
/// and only waits to be collected.
pub(crate) fn command_line(pid: u32) -> Option<String> {
    if !Path::new("/proc/self").exists() {
        let told = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output().ok()?;
        return words(&told.stdout);
    }
    // It is empty for a moment whenever a process replaces its program.
    for _ in 0..40 {
        let line = words(&fs::read(format!("/proc/{pid}/cmdline")).ok()?);
        if line.is_some() || has_ended(pid) {
            return line;
        }
        thread::sleep(Duration::from_millis(5));
    }
    None
}

fn words(line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line).replace('\0', " ").trim().to_owned();
    (!line.is_empty()).then_some(line)
}

/// Whether a process is a zombie. Its state is the letter after its name, and the name, in parentheses, may hold
/// anything.
fn has_ended(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_none_or(|(_, state)| state.starts_with('Z'))
}

/// Whether process `pid` runs and is the one meant: process ids are used again, so its command line must hold
/// `mark`.
pub(crate) fn is_running(pid: u32, mark: &str) -> bool {
    command_line(pid).is_some_and(|line| line.contains(mark))
}

/// Stops a process and waits until it is gone: SIGTERM, and SIGKILL if that is not enough.
pub(crate) fn stop(pid: u32, mark: &str) -> Outcome {
    for (name, grace) in [("TERM", GRACE), ("KILL", LAST_GRACE)] {
        if !is_running(pid, mark) {
            return Ok(());
        }
        signal(name, &pid.to_string())?;
        if wait_until(grace, || !is_running(pid, mark)) {
            return Ok(());
        }
        note(format_args!("  process {pid} did not end within {} s of SIG{name}", grace.as_secs()));
    }
    Err(Failure::new(format!("process {pid} could not be stopped")))
}

/// Kills the process group that `leader` leads.
pub(crate) fn kill_group(leader: u32) -> Outcome {
    signal("KILL", &format!("-{leader}"))
}

/// Sends a signal with the shell's own `kill`, which is there where no such program is installed.
fn signal(name: &str, target: &str) -> Outcome {
    Command::new("sh")
        .args(["-c", "kill -s \"$0\" -- \"$1\"", name, target])
        .stderr(Stdio::null())
        .status()
        .during(format_args!("sending SIG{name}"))?;
    Ok(())
}

/// Asks `condition` again and again for at most `limit`; whether it came true.
pub(crate) fn wait_until(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if begun.elapsed() >= limit {
            return false;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The last lines of a text, for a failure message.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(count);
    lines.iter().skip(skipped).map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

/// Ends a process group when this process ends in any way, killed included.
///
/// A small shell holds the other end of a pipe. A line on it means that the group ended in good order; an end
/// without one means that this process is gone.
#[derive(Debug)]
pub(crate) struct Lifeline {
    shell: Child,
    pipe: Option<ChildStdin>,
}

/// What the shell does: wait for the line, else end the group `$0` and make sure of it.
const WATCH: &str = r#"
read -r released && exit 0
kill -s TERM -- "$0"
for second in 1 2 3 4 5 6 7 8 9 10; do
    kill -s 0 -- "$0" || exit 0
    sleep 1
done
kill -s KILL -- "$0"
"#;

impl Lifeline {
    /// Ties the process group that `leader` leads to this process.
    pub(crate) fn tie(leader: u32) -> Outcome<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", WATCH, &format!("-{leader}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .during("starting a watch")?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    /// Lets go of the group.
    pub(crate) fn release(mut self) {
        if let Some(mut pipe) = self.pipe.take() {
            writeln!(pipe, "released").ok();
        }
        self.shell.wait().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Child {
        Command::new("sleep").arg("61").process_group(0).spawn().unwrap()
    }

    #[test]
    fn a_process_is_known_by_its_command_line() {
        let mut child = sleeper();
        assert!(is_running(child.id(), "sleep 61"));
        assert!(!is_running(child.id(), "sleep 62"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_running(child.id(), "sleep 61"));
    }

    #[test]
    fn stopping_waits_until_the_process_is_gone_and_can_be_repeated() {
        let mut child = sleeper();
        stop(child.id(), "sleep 61").unwrap();
        assert_eq!(command_line(child.id()), None);
        stop(child.id(), "sleep 61").unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_process_is_ended_when_its_lifeline_breaks() {
        let mut child = sleeper();
        let mut lifeline = Lifeline::tie(child.id()).unwrap();
        drop(lifeline.pipe.take());
        assert!(!child.wait().unwrap().success());
        assert!(lifeline.shell.wait().unwrap().success());
    }

    #[test]
    fn a_released_process_goes_on() {
        let mut child = sleeper();
        Lifeline::tie(child.id()).unwrap().release();
        assert!(is_running(child.id(), "sleep 61"));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_failed_command_tells_its_last_words() {
        let failure =
            output(Command::new("sh").args(["-c", "echo no such thing >&2; exit 3"]), "asking").unwrap_err();
        assert_eq!(failure.to_string(), "asking failed (exit status: 3):\n    no such thing");
    }
}

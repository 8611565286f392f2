//! The server's process.

use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use lakeorm_tests::engine::Engine;

/// Its id now.
pub(crate) fn process() -> u32 {
    known_process().unwrap()
}

/// Its id, unless it is just being written anew.
fn known_process() -> Option<u32> {
    let file = env::var_os("LAKEORM_ENGINE_PROCESS").expect("run by `cargo xtask faults`");
    fs::read_to_string(file).unwrap().trim().parse().ok()
}

/// Sends it a signal, by name.
pub(crate) fn signal(name: &str) {
    let sent =
        Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &process().to_string()]).status();
    assert!(sent.unwrap().success());
}

/// Waits until another process than `old` serves.
pub(crate) fn wait_for_another(engine: &Engine, old: u32) {
    let begun = Instant::now();
    while known_process().is_none_or(|process| process == old)
        || TcpStream::connect(engine.address()).is_err()
    {
        assert!(begun.elapsed() < Duration::from_secs(120), "the server was not started again");
        thread::sleep(Duration::from_millis(50));
    }
}

//! A server beside an engine, which keeps objects.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command};
use std::time::Duration;

use crate::cache::Cache;
use crate::failure::{During, Failure, Outcome};
use crate::process::{Lifeline, free_port, kill_group, last_lines, spawn, wait_until};
use crate::progress::step;

/// How long a server may take to listen, and then to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that ends with this value.
#[derive(Debug)]
pub(crate) struct Service {
    /// What it is called in messages, `S3 server`.
    name: &'static str,
    port: u16,
    child: Child,
    lifeline: Option<Lifeline>,
}

impl Service {
    /// Runs the command for a port, and waits until it listens there. `label` names its log.
    pub(crate) fn start(
        name: &'static str,
        label: &str,
        cache: &Cache,
        command: impl FnOnce(u16) -> Command,
    ) -> Outcome<Self> {
        step(&format!("starting the {name}"), || {
            let (port, log) = (free_port()?, cache.log(label)?);
            let child = spawn(&mut command(port), &log)?;
            let mut service = Self { name, port, child, lifeline: None };
            service.lifeline = Some(Lifeline::tie(service.child.id())?);
            if service.listens() {
                return Ok(service);
            }
            let end = last_lines(&fs::read_to_string(&log).unwrap_or_default(), 20);
            Err(Failure::new(format!("the {name} does not listen; the end of {}:\n{end}", log.display())))
        })
    }

    /// Waits until it listens, for as long as its process is there.
    fn listens(&mut self) -> bool {
        let mut lives = true;
        let is_decided = wait_until(PATIENCE, || {
            lives = matches!(self.child.try_wait(), Ok(None));
            !lives || connect(self.port).is_ok()
        });
        lives && is_decided
    }

    /// Its address.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Makes what is at the path, a bucket or a container.
    pub(crate) fn create(&self, what: &str, path: &str) -> Outcome {
        let Self { name, port, .. } = self;
        let asking = format!("asking the {name} for a {what}");
        let mut server = connect(*port).during(&asking)?;
        server.set_read_timeout(Some(PATIENCE)).during(&asking)?;
        let request = format!(
            "PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        server.write_all(request.as_bytes()).during(&asking)?;
        let mut answer = String::new();
        server.read_to_string(&mut answer).during(&asking)?;
        match ["HTTP/1.1 200", "HTTP/1.1 201"].iter().any(|made| answer.starts_with(made)) {
            true => Ok(()),
            false => Err(Failure::new(format!("the {name} could not create the {what}: {answer}"))),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        kill_group(self.child.id()).ok();
        self.child.wait().ok();
        if let Some(lifeline) = self.lifeline.take() {
            lifeline.release();
        }
    }
}

fn connect(port: u16) -> std::io::Result<TcpStream> {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::process::command_line;

    /// A service whose process is another's, and the listener that stands for it.
    fn standing_for(child: &mut Command) -> (TcpListener, Service) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = std::env::temp_dir().join(format!("lakeorm-xtask-{}-{port}.log", std::process::id()));
        let child = spawn(child, &log).unwrap();
        fs::remove_file(log).unwrap();
        (listener, Service { name: "store", port, child, lifeline: None })
    }

    #[test]
    fn a_bucket_is_there_once_the_server_says_so() {
        let (listener, service) = standing_for(Command::new("sleep").arg("61"));
        let answers = std::thread::spawn(move || {
            ["200 OK", "201 Created", "403 Forbidden"].map(|status| {
                let (mut client, _) = listener.accept().unwrap();
                let mut request = [0; 512];
                let length = client.read(&mut request).unwrap();
                write!(client, "HTTP/1.1 {status}\r\n\r\n").unwrap();
                String::from_utf8_lossy(&request[..length]).lines().next().unwrap().to_owned()
            })
        });
        service.create("bucket", "/lake").unwrap();
        service.create("bucket", "/lake").unwrap();
        let refused = service.create("bucket", "/lake?signed").unwrap_err().to_string();
        assert_eq!(refused.trim_end(), "the store could not create the bucket: HTTP/1.1 403 Forbidden");
        let asked = answers.join().unwrap();
        assert_eq!(asked, ["PUT /lake HTTP/1.1", "PUT /lake HTTP/1.1", "PUT /lake?signed HTTP/1.1"]);
    }

    #[test]
    fn a_server_ends_with_its_value() {
        let (_listener, mut service) = standing_for(Command::new("sleep").arg("61"));
        assert!(service.listens());
        let process = service.child.id();
        drop(service);
        assert_eq!(command_line(process), None);
    }

    #[test]
    fn a_server_that_has_ended_is_not_taken_for_another_on_its_port() {
        let (_listener, mut service) = standing_for(&mut Command::new("true"));
        service.child.wait().unwrap();
        assert!(!service.listens());
    }
}

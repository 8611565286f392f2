//! A server that speaks as S3 does, from the Python package `moto`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::time::Duration;

use crate::cache::Cache;
use crate::engine::Engine;
use crate::failure::{During, Failure, Outcome};
use crate::process::{Lifeline, free_port, is_taken, kill_group, spawn, wait_until};
use crate::progress::step;
use crate::python::Venv;

const MOTO: &str = "5.2.5";

/// The bucket that is there.
const BUCKET: &str = "lake";

/// The server takes any key.
const KEY: &str = "test";

const REGION: &str = "us-east-1";

/// How long it may take to listen.
const START: Duration = Duration::from_secs(60);

/// A server that ends with this value.
#[derive(Debug)]
pub(crate) struct Objects {
    child: Child,
    lifeline: Option<Lifeline>,
    /// Its address, `http://127.0.0.1:1234`.
    pub(crate) endpoint: String,
}

impl Objects {
    /// Starts one for an engine that reads S3.
    pub(crate) fn beside(engine: Engine, cache: &Cache) -> Outcome<Option<Self>> {
        if !engine.reads_s3() {
            return Ok(None);
        }
        let venv = Self::install(cache)?;
        step("starting an S3 server", || Self::start(cache, &venv)).map(Some)
    }

    /// Its Python, installed unless it is there.
    pub(crate) fn install(cache: &Cache) -> Outcome<Venv> {
        let what = "installing an S3 server (about 120 MB)";
        let entry = cache.entry(&format!("moto-{MOTO}"), what, |entry| {
            Venv::create(entry, &["--no-compile", &format!("moto[s3,server]=={MOTO}")]).map(|_| ())
        })?;
        Ok(Venv::at(&entry))
    }

    fn start(cache: &Cache, venv: &Venv) -> Outcome<Self> {
        let port = free_port()?;
        let mut moto = venv.python();
        moto.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
        let log = cache.log("s3")?;
        let child = spawn(&mut moto, &log)?;
        let lifeline = Some(Lifeline::tie(child.id())?);
        let objects = Self { child, lifeline, endpoint: format!("http://127.0.0.1:{port}") };
        if !wait_until(START, || is_taken(port)) {
            return Err(Failure::new(format!("the S3 server does not listen; its log is {}", log.display())));
        }
        make_bucket(port)?;
        Ok(objects)
    }

    /// What `engine` has to know to read from it: Sail by variables of its environment, Spark by confs of `s3a`.
    pub(crate) fn confs(&self, engine: Engine) -> [(&'static str, &str); 5] {
        match engine {
            Engine::Sail => [
                ("AWS_ENDPOINT", &self.endpoint),
                ("AWS_ALLOW_HTTP", "true"),
                ("AWS_ACCESS_KEY_ID", KEY),
                ("AWS_SECRET_ACCESS_KEY", KEY),
                ("AWS_REGION", REGION),
            ],
            Engine::Spark(_) => [
                ("spark.hadoop.fs.s3a.endpoint", &self.endpoint),
                ("spark.hadoop.fs.s3a.path.style.access", "true"),
                ("spark.hadoop.fs.s3a.access.key", KEY),
                ("spark.hadoop.fs.s3a.secret.key", KEY),
                ("spark.hadoop.fs.s3a.endpoint.region", REGION),
            ],
        }
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        kill_group(self.child.id()).ok();
        self.child.wait().ok();
        if let Some(lifeline) = self.lifeline.take() {
            lifeline.release();
        }
    }
}

fn make_bucket(port: u16) -> Outcome {
    let mut server = TcpStream::connect(("127.0.0.1", port)).during("asking for a bucket")?;
    let request = format!(
        "PUT /{BUCKET} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    server.write_all(request.as_bytes()).during("asking for a bucket")?;
    let mut answer = String::new();
    server.read_to_string(&mut answer).during("asking for a bucket")?;
    match answer.starts_with("HTTP/1.1 200") {
        true => Ok(()),
        false => Err(Failure::new(format!("the S3 server makes no bucket: {answer}"))),
    }
}

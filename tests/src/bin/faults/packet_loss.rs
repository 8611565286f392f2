//! A network that loses every packet, between two namespaces that the case makes and takes away again.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query, query_stream};
use lakeorm_tests::engine::Engine;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::figure;

/// No error within this time is a failure.
const BOUND: Duration = Duration::from_secs(60);

/// The server's end: it makes the network, has the client run in its namespace, loses packets and stops losing them.
/// It wants root, and `ip` and `tc`.
pub(crate) async fn packet_loss(engine: &Engine) {
    let network = Network::start();
    forward(network.server, engine.address()).await;
    let mut client = network.client();
    client.heard("ready");
    network.lose(true);
    client.say("lost");
    client.heard("gave up");
    network.lose(false);
    client.say("back");
    client.heard("done");
}

/// The client's end.
pub(crate) async fn client(engine: &Engine) {
    let drv = engine.builder().build().unwrap();
    let db = Client::new(drv.clone());
    assert_eq!(one(&drv).await.unwrap(), 1);
    let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM range(0, 200000000, 1, 200)"));
    assert!(rows.try_next().await.unwrap().is_some());
    say("ready");
    heard("lost").await;
    let begun = Instant::now();
    let timed = async |error: lakeorm::Error, what: &str| {
        let after = begun.elapsed();
        figure(what, format!("{:?} after {after:.1?}: {error}", error.kind()));
        assert!(after < BOUND, "{after:?}");
    };
    let reading = async {
        let error = loop {
            match rows.try_next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("a result without its rest"),
                Err(error) => break error,
            }
        };
        timed(error, "packet loss, in the middle of a result").await;
    };
    let asking = async { timed(one(&drv).await.unwrap_err(), "packet loss, a query that begins").await };
    tokio::time::timeout(BOUND, async { tokio::join!(reading, asking) }).await.expect("errors in time");
    say("gave up");
    heard("back").await;
    let begun = Instant::now();
    assert_eq!(one(&drv).await.unwrap(), 1);
    figure("the next query, once the network is back", format!("{:.1?}", begun.elapsed()));
    say("done");
}

async fn one(drv: &SparkDriver) -> lakeorm::Result<i32> {
    Ok(query::<(i32,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1")).await?[0].0)
}

#[expect(clippy::print_stdout, reason = "how the two ends speak to each other")]
fn say(word: &str) {
    println!("> {word}");
}

async fn heard(word: &'static str) {
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    assert_eq!(line.await.unwrap().unwrap().trim(), word);
}

/// Lets the namespace of the client reach the engine, which listens on the loopback interface only.
async fn forward(at: SocketAddr, engine: SocketAddr) {
    let listener = TcpListener::bind(at).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut server = TcpStream::connect(engine).await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
}

/// A namespace for the client and a pair of interfaces between it and this one.
struct Network {
    namespace: String,
    here: String,
    there: String,
    server: SocketAddr,
}

impl Network {
    fn start() -> Self {
        let id = std::process::id();
        let (namespace, here, there) = (format!("lakeorm-{id}"), format!("lk{id}a"), format!("lk{id}b"));
        let net = format!("10.231.{}", id % 250);
        let server = format!("{net}.1:15002").parse().unwrap();
        let network = Self { namespace, here, there, server };
        let Self { namespace, here, there, .. } = &network;
        run(&format!("ip netns add {namespace}"));
        run(&format!("ip link add {here} type veth peer name {there} netns {namespace}"));
        run(&format!("ip addr add {net}.1/30 dev {here}"));
        run(&format!("ip link set {here} up"));
        run(&format!("ip -n {namespace} addr add {net}.2/30 dev {there}"));
        run(&format!("ip -n {namespace} link set {there} up"));
        run(&format!("ip -n {namespace} link set lo up"));
        network
    }

    /// A queue without room drops every packet, in both directions.
    fn lose(&self, all: bool) {
        let Self { namespace, here, there, .. } = self;
        let (verb, queue) = if all { ("add", "root pfifo limit 0") } else { ("del", "root") };
        run(&format!("tc qdisc {verb} dev {here} {queue}"));
        run(&format!("tc -n {namespace} qdisc {verb} dev {there} {queue}"));
    }

    fn client(&self) -> Peer {
        let mut process = Command::new("ip")
            .args(["netns", "exec", &self.namespace])
            .arg(std::env::current_exe().unwrap())
            .arg("packet-loss-client")
            .env("LAKEORM_REMOTE", format!("sc://{}", self.server))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (ask, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Peer { process, ask, answers: BufReader::new(answers) }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // What was never made cannot be taken away.
        let _ = Command::new("ip").args(["link", "del", &self.here]).status();
        let _ = Command::new("ip").args(["netns", "del", &self.namespace]).status();
    }
}

struct Peer {
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn say(&mut self, word: &str) {
        writeln!(self.ask, "{word}").unwrap();
    }

    /// Waits for the word, and prints the figures before it.
    #[expect(clippy::print_stdout, reason = "the figures are what the program is run for")]
    fn heard(&mut self, word: &str) {
        loop {
            let mut line = String::new();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the client ended before it said {word}");
            match line.strip_prefix("> ") {
                Some(said) => return assert_eq!(said.trim(), word),
                None => print!("{line}"),
            }
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(command: &str) {
    let mut words = command.split(' ');
    let status = Command::new(words.next().unwrap()).args(words).status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "`{command}` failed: this case wants root, `ip` and `tc`"
    );
}

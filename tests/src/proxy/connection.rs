//! One connection through the proxy.

use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use uuid::Uuid;

use super::{Fault, Shared};

/// How much is passed on at once.
const PIECE: usize = 16 * 1024;

/// Passes bytes both ways until one side ends or a fault does.
pub(super) async fn pass(
    mut client: TcpStream,
    shared: &Shared,
    mut struck: watch::Receiver<Option<Fault>>,
) -> io::Result<()> {
    let mut server = TcpStream::connect(shared.server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let fault = until_struck(&mut client, &mut server, shared, &mut struck).await?;
    match fault {
        Some(Fault::Cut) => {
            shared.cuts.fetch_add(1, Ordering::Relaxed);
            client.set_zero_linger()?;
            server.set_zero_linger()
        }
        Some(Fault::Swallow) => swallow(client, server).await,
        Some(Fault::HalfClose) => half_close(client, server).await,
        // A stall is over by itself.
        Some(Fault::Stall) | None => Ok(()),
    }
}

/// Passes bytes until a fault ends that, which is told, or one side does.
async fn until_struck(
    client: &mut TcpStream,
    server: &mut TcpStream,
    shared: &Shared,
    struck: &mut watch::Receiver<Option<Fault>>,
) -> io::Result<Option<Fault>> {
    // Borrowed halves: owned ones end the stream when they are dropped, before a reset can.
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let deaf = AtomicBool::new(false);
    let mut asking = pin!(ask(&mut from_client, &mut to_server, shared, &deaf));
    let mut answering = pin!(answer(&mut from_server, &mut to_client, shared, &deaf));
    loop {
        tokio::select! {
            biased;
            _ = struck.changed() => match *struck.borrow_and_update() {
                Some(Fault::Stall) => {}
                fault => return Ok(fault),
            },
            ended = &mut asking => return ended.map(|()| None),
            ended = &mut answering => return ended,
        }
        // Nothing is polled meanwhile, so nothing passes.
        released(shared).await;
    }
}

/// Ends what goes to the client, and passes on what it sends until it ends too.
async fn half_close(mut client: TcpStream, mut server: TcpStream) -> io::Result<()> {
    client.shutdown().await?;
    let (mut from_server, mut to_server) = server.split();
    let mut nobody = sink();
    let asking = async {
        copy(&mut client, &mut to_server).await?;
        to_server.shutdown().await
    };
    let (asked, answered) = tokio::join!(asking, copy(&mut from_server, &mut nobody));
    answered.and(asked)
}

/// Takes in what both sides send until the client ends. It is not told if the server does.
async fn swallow(mut client: TcpStream, mut server: TcpStream) -> io::Result<()> {
    let (mut one, mut other) = (sink(), sink());
    let answering = async {
        let _ = copy(&mut server, &mut other).await;
        std::future::pending().await
    };
    tokio::select! {
        asked = copy(&mut client, &mut one) => asked.map(drop),
        never = answering => never,
    }
}

async fn released(shared: &Shared) {
    // The sender is in `shared`, so the wait cannot fail.
    let _ = shared.released.subscribe().wait_for(|released| *released).await;
}

async fn ask(
    from_client: &mut ReadHalf<'_>,
    to_server: &mut WriteHalf<'_>,
    shared: &Shared,
    deaf: &AtomicBool,
) -> io::Result<()> {
    let mut heard = Vec::new();
    let mut buffer = vec![0; PIECE];
    loop {
        let read = from_client.read(&mut buffer).await?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
        // Before the server has it, so that no answer is faster.
        if shared.faults.unanswered.is_some_and(|text| holds(bytes, text))
            && !shared.unanswered.swap(true, Ordering::Relaxed)
        {
            deaf.store(true, Ordering::Relaxed);
        }
        to_server.write_all(bytes).await?;
        if shared.faults.mark.is_some_and(|text| holds(bytes, text)) {
            shared.marked.send_replace(true);
        }
        if heard.len() < PIECE && shared.session.get().is_none() {
            heard.extend_from_slice(bytes);
            if let Some(id) = first_id(&heard) {
                // Another connection may have been faster; its session is as good.
                let _ = shared.session.set(id);
            }
        }
    }
}

/// Passes on what the server sends, up to the first fault that ends that.
async fn answer(
    from_server: &mut ReadHalf<'_>,
    to_client: &mut WriteHalf<'_>,
    shared: &Shared,
    deaf: &AtomicBool,
) -> io::Result<Option<Fault>> {
    let mut places = shared.faults.places.iter().copied().peekable();
    let mut buffer = vec![0; PIECE];
    let mut passed = 0;
    loop {
        while let Some((_, fault)) = places.next_if(|(place, _)| passed >= *place) {
            match fault {
                Fault::Stall => released(shared).await,
                fault => return Ok(Some(fault)),
            }
        }
        let room = places.peek().map_or(PIECE, |(place, _)| PIECE.min(place - passed));
        let Some(free) = buffer.get_mut(..room) else { return Ok(None) };
        let read = from_server.read(free).await?;
        let Some(bytes) = free.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
        if deaf.load(Ordering::Relaxed) {
            continue;
        }
        to_client.write_all(bytes).await?;
        passed += read;
        if let Some(wait) = shared.faults.pace {
            tokio::time::sleep(wait).await;
        }
    }
}

/// Whether the text stands in one piece of what was read.
fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The first UUID that stands as text in `bytes`.
fn first_id(bytes: &[u8]) -> Option<Uuid> {
    let texts = bytes.windows(36).filter_map(|text| std::str::from_utf8(text).ok());
    texts.filter_map(|text| text.parse().ok()).next()
}

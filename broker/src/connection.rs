//! One client connection: requests are taken in order, and answered in that order.
//!
//! A client may send ahead. Produce requests then reach the core one after another without waiting
//! for each other's commit, so one fsync serves many; every other request is handled when its
//! turn to be answered has come. At most [`REQUESTS_IN_FLIGHT_MAX`] wait; after that the connection
//! is not read, and TCP holds the client back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::debug;

use crate::api::{self, Answer, Context, Waiting};
use crate::clients::Client;
use crate::frame;
use crate::hooks::{Retelling, Told};

/// Requests of one connection that are taken and not answered.
const REQUESTS_IN_FLIGHT_MAX: usize = 64;

/// A client that does not take its answer for this long is cut off, for the answer occupies memory; sooner if others need
/// the room (see `clients`).
const WRITE_WAIT: Duration = Duration::from_secs(20);

/// An answer that is due, and the lie that replaces it. A broker without mutants has no lie.
type Pending = (Answer, Option<Retelling>);

/// Serves one client until it leaves or breaks the protocol.
pub(crate) async fn serve(
    stream: TcpStream,
    (client, known): (SocketAddr, Client),
    context: Arc<Context>,
) {
    // Answers are whole messages: waiting to fill a packet only adds latency. Failing to set it
    // harms nothing else.
    let _ = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    let (line, turn) = mpsc::channel(REQUESTS_IN_FLIGHT_MAX);
    let reading = read_requests(reader, (client, &known), context, line);
    let writing = write_answers(writer, (client, &known), turn);
    tokio::pin!(reading, writing);
    let serving = async {
        tokio::select! {
        // What was taken is still answered: a client may half-close, and acks=0 records must not be
        // lost.
        () = &mut reading => writing.await,
        () = &mut writing => {}
        }
    };
    tokio::select! {
        () = serving => {}
        () = known.closed() => {}
    }
}

async fn read_requests(
    reader: OwnedReadHalf,
    (client, known): (SocketAddr, &Client),
    context: Arc<Context>,
    line: mpsc::Sender<Pending>,
) {
    let mut reader = BufReader::new(reader);
    let waiting = Waiting::default();
    loop {
        let frame = match frame::read(
            &mut reader,
            &context.budget,
            context.config.limits.request_bytes,
            known,
        )
        .await
        {
            Ok(Some(frame)) => frame,
            Ok(None) => return,
            Err(error) => {
                debug!(%client, %error, "no further request");
                return;
            }
        };
        // Room in line first: an answer that nobody could wait for must not begin.
        let Ok(place) = line.reserve().await else {
            return;
        };
        let retelling = context.hooks.question_came(&frame);
        place.send((api::begin(&context, frame, &waiting).await, retelling));
    }
}

async fn write_answers(
    mut writer: OwnedWriteHalf,
    (client, known): (SocketAddr, &Client),
    mut turn: mpsc::Receiver<Pending>,
) {
    while let Some((answer, retelling)) = turn.recv().await {
        let reply = match answer.await {
            Ok(Some(reply)) => reply,
            Ok(None) => {
                known.is_answered();
                continue;
            }
            Err(reason) => {
                debug!(%client, %reason, "connection closed");
                return;
            }
        };
        let honest = reply.bytes.clone();
        let told = match retelling {
            None => Told::at_once(honest),
            Some(retelling) => retelling(honest),
        };
        if !told.delay.is_zero() {
            tokio::time::sleep(told.delay).await;
        }
        known.writes();
        match timeout(
            WRITE_WAIT,
            writer.write_all(&told.bytes.unwrap_or_default()),
        )
        .await
        {
            Ok(Ok(())) => known.is_answered(),
            Ok(Err(error)) => {
                debug!(%client, %error, "answer not delivered");
                return;
            }
            Err(_) => {
                debug!(%client, "answer not taken within {WRITE_WAIT:?}");
                return;
            }
        }
        if told.closes {
            debug!(%client, "connection closed instead of an answer");
            return;
        }
    }
}

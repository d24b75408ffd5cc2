//! The trial of the switch: one link is diverted, a message is taken out of a real connection while what it hears goes
//! on, and the message arrives when the cut ends.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::link::{End, Link};
use crate::network::{Diversion, Network, NetworkError, PROBE_PORT};
use crate::node::Node;
use crate::wire::Treatment;

/// Beside the probe's port.
const PORT: u16 = PROBE_PORT + 1;

/// How long a message may take that should arrive.
const ARRIVAL_LIMIT: Duration = Duration::from_secs(2);

/// How long silence is listened to.
const SILENCE: Duration = Duration::from_millis(50);

/// Cuts the messages of one direction for a moment; the text is what was seen.
pub(super) fn trial(network: &Arc<Network>, one: Node, other: Node) -> Result<String, String> {
    if let Some(why) = network.no_switch() {
        return Err(why.to_owned());
    }
    let text = |error: NetworkError| error.to_string();
    let (mut near, mut far) = connect(network, one, other)?;
    let link = Link::new(one, other);
    let treatment = Treatment::MessageCut { reset: false };
    let diversion = Diversion::new(network.clone(), vec![link], treatment, 0);
    diversion.begin().map_err(text)?;
    near.write_all(b"vanishes")
        .map_err(|error| error.to_string())?;
    if heard(&mut far, SILENCE) {
        return Err(format!(
            "a message passed over {link}, which was cut for messages"
        ));
    }
    far.write_all(b"passes")
        .map_err(|error| error.to_string())?;
    if !heard(&mut near, ARRIVAL_LIMIT) {
        return Err(format!(
            "no message passed against {link}, which was cut for messages of one direction"
        ));
    }
    let stripped = diversion.counters().map_err(text)?.get("stripped");
    if stripped == 0 {
        return Err(format!("the switch saw no message on {link}"));
    }
    let healed = Instant::now();
    diversion.heal().map_err(text)?;
    if !heard(&mut far, ARRIVAL_LIMIT) {
        return Err(format!("no message arrived over {link} after the heal"));
    }
    let late_ms = healed.elapsed().as_millis();
    Ok(format!(
        "{link}: {stripped} messages taken out; heard again {late_ms} ms after the heal"
    ))
}

fn connect(network: &Network, one: Node, other: Node) -> Result<(TcpStream, TcpStream), String> {
    let at = (network.address(other), PORT);
    let inside = |node: Node| {
        network
            .resident(End::Node(node))
            .map_err(|error| error.to_string())
    };
    let listener = inside(other)?.run(move |_| TcpListener::bind(at));
    let io = |error: io::Error| format!("a connection from {one} to {other}: {error}");
    let listener = listener.map_err(|error| error.to_string())?.map_err(io)?;
    let near = inside(one)?.run(move |_| TcpStream::connect_timeout(&at.into(), ARRIVAL_LIMIT));
    let near = near.map_err(|error| error.to_string())?.map_err(io)?;
    let (far, _) = listener.accept().map_err(io)?;
    Ok((near, far))
}

/// Whether anything arrives within this time.
fn heard(stream: &mut TcpStream, limit: Duration) -> bool {
    let waits = stream.set_read_timeout(Some(limit));
    waits.is_ok() && stream.read(&mut [0; 64]).is_ok_and(|length| length > 0)
}

//! Raw Kafka requests to one named node, over a separate connection.
//!
//! librdkafka chooses its node and retries, and a probe must do neither. The connection's time-out bounds every wait.
//! After any failure the connection is closed, and the next call connects again.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{RequestHeader, ResponseHeader};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes};

/// The largest accepted answer. A longer one is an error of the node.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Why a raw request has no readable answer.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Refused, reset, unreachable.
    #[error("connection: {0}")]
    Connection(std::io::Error),
    /// No answer within the time-out.
    #[error("no answer within {0} ms")]
    TimedOut(u128),
    /// The answer could not be read as the API's response.
    #[error("answer not understood: {0}")]
    Malformed(String),
}

impl From<std::io::Error> for WireError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{TimedOut, WouldBlock};
        if matches!(error.kind(), TimedOut | WouldBlock) {
            WireError::TimedOut(0)
        } else {
            WireError::Connection(error)
        }
    }
}

/// A connection to one node. It connects when necessary.
pub struct Wire {
    address: SocketAddr,
    timeout: Duration,
    stream: Option<TcpStream>,
    correlation: i32,
}

impl Wire {
    /// A connection to `address`. Each of its calls ends within `timeout`.
    pub fn new(address: SocketAddr, timeout: Duration) -> Self {
        Wire {
            address,
            timeout,
            stream: None,
            correlation: 0,
        }
    }

    /// Sends one request in the given version and reads its answer.
    ///
    /// # Errors
    /// If the node cannot be reached, does not answer within the time-out, or sends an unexpected answer. The
    /// connection is closed then.
    pub fn call<R: Request>(
        &mut self,
        request: &R,
        version: i16,
    ) -> Result<R::Response, WireError> {
        let began = Instant::now();
        let answer = self.exchange(request, version, began + self.timeout);
        if answer.is_err() {
            self.stream = None;
        }
        answer.map_err(|error| match error {
            WireError::TimedOut(_) => WireError::TimedOut(self.timeout.as_millis()),
            other => other,
        })
    }

    fn exchange<R: Request>(
        &mut self,
        request: &R,
        version: i16,
        deadline: Instant,
    ) -> Result<R::Response, WireError> {
        self.correlation = self.correlation.wrapping_add(1);
        let frame = encode(request, version, self.correlation)?;
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect_timeout(&self.address, left(deadline)?)?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.set_write_timeout(Some(left(deadline)?))?;
        stream.write_all(&frame)?;
        let mut length = [0; 4];
        read_exact(&mut stream, &mut length, deadline)?;
        let length = usize::try_from(i32::from_be_bytes(length))
            .ok()
            .filter(|length| (4..=ANSWER_BYTES_MAX).contains(length))
            .ok_or_else(|| WireError::Malformed("the answer's length is impossible".into()))?;
        let mut body = vec![0; length];
        read_exact(&mut stream, &mut body, deadline)?;
        self.stream = Some(stream);
        let mut body = Bytes::from(body);
        let malformed = |error: anyhow::Error| WireError::Malformed(error.to_string());
        let header = ResponseHeader::decode(&mut body, R::Response::header_version(version))
            .map_err(malformed)?;
        if header.correlation_id != self.correlation {
            return Err(WireError::Malformed("an answer to another request".into()));
        }
        R::Response::decode(&mut body, version).map_err(malformed)
    }
}

fn encode<R: Request + Encodable + HeaderVersion>(
    request: &R,
    version: i16,
    correlation: i32,
) -> Result<BytesMut, WireError> {
    let malformed = |error: anyhow::Error| WireError::Malformed(error.to_string());
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation)
        .with_client_id(Some(StrBytes::from_static_str("jepsen-probe")));
    let mut frame = BytesMut::new();
    frame.put_i32(0);
    header
        .encode(&mut frame, R::header_version(version))
        .map_err(malformed)?;
    request.encode(&mut frame, version).map_err(malformed)?;
    let length = i32::try_from(frame.len() - 4)
        .map_err(|_| WireError::Malformed("the request is too long".into()))?;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    Ok(frame)
}

fn left(deadline: Instant) -> Result<Duration, WireError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(WireError::TimedOut(0))
    } else {
        Ok(left)
    }
}

/// `read_exact` with one deadline for all of it. A peer that sends one byte at a time must not block a probe forever.
fn read_exact(
    stream: &mut TcpStream,
    mut into: &mut [u8],
    deadline: Instant,
) -> Result<(), WireError> {
    while !into.is_empty() {
        stream.set_read_timeout(Some(left(deadline)?))?;
        match stream.read(into) {
            Ok(0) => return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()),
            Ok(n) => into = &mut into[n..],
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

//! Host and port, as one string in a file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Host and port, written `host:port` (`[::1]:9092` for IPv6).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port, above 0.
    pub port: u16,
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(out, "[{}]:{}", self.host, self.port)
        } else {
            write!(out, "{}:{}", self.host, self.port)
        }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Address, String> {
        text.parse()
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Address, String> {
        let advice = || {
            format!("{text:?} is not an address: write host:port, for example \"127.0.0.1:9092\"")
        };
        let (host, port) = text.rsplit_once(':').ok_or_else(advice)?;
        let port: u16 = port.parse().map_err(|_| advice())?;
        let host = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(host);
        if host.is_empty() || port == 0 {
            return Err(advice());
        }
        Ok(Address {
            host: host.to_owned(),
            port,
        })
    }
}

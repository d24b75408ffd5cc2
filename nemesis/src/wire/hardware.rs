//! The hardware addresses of the private network: of each end, of nobody, and of the switch for each link.
//!
//! A sender's neighbour entry for a receiver has one of three values: the receiver's own address, one that no
//! interface has (a cut), or one that belongs to the switch and names the link.

use super::frame::HardwareAddress;
use crate::address;
use crate::link::{End, Link};

/// Locally administered, and no real vendor's.
const PREFIX: [u8; 2] = [0x02, 0x77];

/// Marks the addresses of the switch.
const SWITCH: u8 = 0xfe;

/// Where the switch's frames come from. With the sender's own address the bridge would learn that the sender is behind
/// the switch, and lose its other links.
pub(crate) const OF_SWITCH: HardwareAddress = [PREFIX[0], PREFIX[1], SWITCH, 0, 0, 0];

/// The last byte of an end's IP address.
fn host(end: End) -> u8 {
    address::private(end).octets()[3]
}

/// An end's own address.
pub(crate) fn of(end: End) -> HardwareAddress {
    of_host(host(end))
}

fn of_host(host: u8) -> HardwareAddress {
    [PREFIX[0], PREFIX[1], 0, 0, 0, host]
}

/// An address of the same kind that no interface has.
pub(crate) fn nobody(end: End) -> HardwareAddress {
    [PREFIX[0], PREFIX[1], 0xff, 0xff, 0xff, host(end)]
}

/// The host parts of a link's two ends: its name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hosts {
    from: u8,
    to: u8,
}

impl Hosts {
    pub(crate) fn of(link: Link) -> Hosts {
        let (from, to) = (host(link.from), host(link.to));
        Hosts { from, to }
    }

    /// The link to which an address of the switch belongs.
    pub(crate) fn behind(address: HardwareAddress) -> Option<Hosts> {
        match address {
            [first, second, SWITCH, 0, from, to] if [first, second] == PREFIX && from != 0 => {
                Some(Hosts { from, to })
            }
            _ => None,
        }
    }

    /// The switch's address for this link.
    pub(crate) fn diverted(self) -> HardwareAddress {
        [PREFIX[0], PREFIX[1], SWITCH, 0, self.from, self.to]
    }

    pub(crate) fn sender(self) -> HardwareAddress {
        of_host(self.from)
    }

    pub(crate) fn receiver(self) -> HardwareAddress {
        of_host(self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Nodes;

    #[test]
    fn every_address_has_one_meaning() {
        let nine = Nodes::new(9).expect("possible");
        let mut all: Vec<HardwareAddress> = End::all(nine)
            .flat_map(|end| [of(end), nobody(end)])
            .collect();
        all.push(OF_SWITCH);
        for link in Link::all(nine) {
            let hosts = Hosts::of(link);
            assert_eq!(Hosts::behind(hosts.diverted()), Some(hosts));
            assert_eq!(
                (hosts.sender(), hosts.receiver()),
                (of(link.from), of(link.to))
            );
            all.push(hosts.diverted());
        }
        assert!(
            all[..21]
                .iter()
                .all(|address| Hosts::behind(*address).is_none())
        );
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}

//! The wire that the kernel provides: a bridge, a veth pair for each node, fixed hardware
//! addresses, and permanent neighbour entries instead of ARP.
//!
//! A one-way cut sets the sender's neighbour entry of the receiver to a hardware address that
//! no interface owns: its packets leave and are lost without an error, as in a real cut. A blackhole
//! route would be wrong, because the sender's own socket would fail at once. A diverted link's entry is an
//! address behind the switch's port.

use std::os::fd::AsRawFd;

use netlink_packet_route::link::LinkMessage;
use netlink_packet_route::neighbour::{NeighbourFlags, NeighbourState};
use rtnetlink::{Handle, LinkBridge, LinkUnspec, LinkVeth};

use super::{NetworkError, PREFIX_BITS, refused};
use crate::address;
use crate::link::{End, Link};
use crate::node::{Node, Nodes};
use crate::sandbox::resident::{Resident, add_address, quieten_ipv6, raise_loopback};
use crate::wire::{HardwareAddress, hardware};

/// The bridge's name in the sandbox's own namespace.
const BRIDGE: &str = "bridge0";

/// The switch's port of the bridge, and the interface behind it.
const SWITCH_PORT: (&str, &str) = ("sw0", "sw1");

/// A node's interface in its namespace.
const INTERFACE: &str = "eth0";

/// The interface of each end, by the kernel's index in that end's namespace.
#[derive(Debug)]
pub(super) struct Bridge {
    nodes: Nodes,
    interfaces: Vec<u32>,
}

impl Bridge {
    /// Joins the namespaces of the residents, which are in the order of [`End::all`].
    pub(super) fn build(nodes: Nodes, residents: &[Resident]) -> Result<Bridge, NetworkError> {
        let harness = &residents[End::Clients.position(nodes)];
        let bridge = harness.run(|inside| inside.netlink(make_bridge))?;
        let bridge = bridge.map_err(refused("make the bridge"))?;
        let mut interfaces = Vec::new();
        for node in nodes {
            let resident = &residents[End::Node(node).position(nodes)];
            let namespace = resident
                .namespace()
                .map(AsRawFd::as_raw_fd)
                .ok_or(NetworkError::Gone)?;
            harness
                .run(move |inside| {
                    inside.netlink(async |handle| join(&handle, node, bridge, namespace).await)
                })?
                .map_err(refused(format!("join {node} to the bridge")))?;
            let interface = resident
                .run(move |inside| inside.netlink(async |handle| settle(&handle, node).await))?
                .map_err(refused(format!("set up the interface of {node}")))?;
            interfaces.push(interface);
        }
        interfaces.push(bridge);
        let bridge = Bridge { nodes, interfaces };
        for link in Link::all(nodes) {
            bridge.restore(&residents[link.from.position(nodes)], link)?;
        }
        Ok(bridge)
    }

    /// Packets of this link are lost from now on.
    pub(super) fn cut(&self, sender: &Resident, link: Link) -> Result<(), NetworkError> {
        self.point(sender, link, hardware::nobody(link.to))
            .map_err(|error| step_of(error, "cut", link))
    }

    /// Packets of this link reach the switch from now on.
    pub(super) fn divert(&self, sender: &Resident, link: Link) -> Result<(), NetworkError> {
        let address = hardware::Hosts::of(link).diverted();
        self.point(sender, link, address)
            .map_err(|error| step_of(error, "divert", link))
    }

    /// Packets of this link arrive from now on.
    pub(super) fn restore(&self, sender: &Resident, link: Link) -> Result<(), NetworkError> {
        self.point(sender, link, hardware::of(link.to))
            .map_err(|error| step_of(error, "restore", link))
    }

    fn point(
        &self,
        sender: &Resident,
        link: Link,
        hardware: HardwareAddress,
    ) -> Result<(), NetworkError> {
        let interface = self.interfaces[link.from.position(self.nodes)];
        sender
            .run(move |inside| {
                inside.netlink(async |handle| {
                    handle
                        .neighbours()
                        .add(interface, address::private(link.to).into())
                        .link_layer_address(&hardware)
                        .replace()
                        .execute()
                        .await
                })
            })?
            .map_err(refused("set a neighbour entry"))
    }
}

fn step_of(error: NetworkError, verb: &str, link: Link) -> NetworkError {
    match error {
        NetworkError::Refused { source, .. } => NetworkError::Refused {
            step: format!("{verb} {link}"),
            source,
        },
        other => other,
    }
}

/// In the harness's namespace: loopback, the bridge, its address.
async fn make_bridge(handle: Handle) -> Result<u32, rtnetlink::Error> {
    quieten_ipv6();
    raise_loopback(&handle).await?;
    let own = hardware::of(End::Clients);
    let message = LinkBridge::new(BRIDGE).address(own.to_vec()).up().build();
    handle.link().add(message).execute().await?;
    let bridge = index_of(&handle, BRIDGE).await?;
    add_address(&handle, bridge, address::private(End::Clients), PREFIX_BITS).await?;
    Ok(bridge)
}

/// In the harness's namespace: a veth pair, one end on the bridge, the other moved to the node.
async fn join(
    handle: &Handle,
    node: Node,
    bridge: u32,
    namespace: i32,
) -> Result<(), rtnetlink::Error> {
    let near = format!("to-{node}");
    handle
        .link()
        .add(LinkVeth::new(&near, INTERFACE).build())
        .execute()
        .await?;
    let near = index_of(handle, &near).await?;
    let far = index_of(handle, INTERFACE).await?;
    set(
        handle,
        LinkUnspec::new_with_index(far)
            .setns_by_fd(namespace)
            .build(),
    )
    .await?;
    set(
        handle,
        LinkUnspec::new_with_index(near)
            .controller(bridge)
            .up()
            .build(),
    )
    .await
}

/// In the node's namespace: loopback, the interface's addresses, up.
async fn settle(handle: &Handle, node: Node) -> Result<u32, rtnetlink::Error> {
    raise_loopback(handle).await?;
    let own = hardware::of(End::Node(node));
    let interface = index_of(handle, INTERFACE).await?;
    set(
        handle,
        LinkUnspec::new_with_index(interface)
            .address(own.to_vec())
            .build(),
    )
    .await?;
    set(handle, LinkUnspec::new_with_index(interface).up().build()).await?;
    add_address(
        handle,
        interface,
        address::private(End::Node(node)),
        PREFIX_BITS,
    )
    .await?;
    Ok(interface)
}

/// In the harness's namespace: a port of the bridge for the switch, to which the bridge sends what is addressed to it
/// without asking every node. Returns the interface on which the switch listens.
pub(super) fn add_port(nodes: Nodes, harness: &Resident) -> Result<u32, NetworkError> {
    let addresses: Vec<HardwareAddress> = Link::all(nodes)
        .into_iter()
        .map(|link| hardware::Hosts::of(link).diverted())
        .collect();
    harness
        .run(move |inside| inside.netlink(async |handle| make_port(&handle, &addresses).await))?
        .map_err(refused("make the port of the switch"))
}

async fn make_port(
    handle: &Handle,
    addresses: &[HardwareAddress],
) -> Result<u32, rtnetlink::Error> {
    let (port, inside) = SWITCH_PORT;
    let pair = LinkVeth::new(port, inside).build();
    handle.link().add(pair).execute().await?;
    let bridge = index_of(handle, BRIDGE).await?;
    let port = index_of(handle, port).await?;
    let inside = index_of(handle, inside).await?;
    let joined = LinkUnspec::new_with_index(port)
        .controller(bridge)
        .up()
        .build();
    set(handle, joined).await?;
    set(handle, LinkUnspec::new_with_index(inside).up().build()).await?;
    for address in addresses {
        // The flag names the bridge's own table, and not that of the port. A permanent entry would be an address of the
        // bridge itself, to which frames are delivered instead of being sent on.
        handle
            .neighbours()
            .add_bridge(port, address)
            .flags(NeighbourFlags::Controller)
            .state(NeighbourState::Noarp)
            .replace()
            .execute()
            .await?;
    }
    Ok(inside)
}

async fn set(handle: &Handle, message: LinkMessage) -> Result<(), rtnetlink::Error> {
    handle.link().set(message).execute().await
}

async fn index_of(handle: &Handle, name: &str) -> Result<u32, rtnetlink::Error> {
    use futures::TryStreamExt;
    let mut found = handle.link().get().match_name(name.to_owned()).execute();
    let message = found.try_next().await?;
    message
        .map(|message| message.header.index)
        .ok_or(rtnetlink::Error::RequestFailed)
}

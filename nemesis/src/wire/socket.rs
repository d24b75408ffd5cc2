//! The switch's packet socket: reads and sends whole frames on one interface, with the kernel's offload header in front
//! of each, so that frames of up to 64 KiB pass and checksums may stay unfinished.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, setsockopt, socket,
    sockopt,
};
use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::write;

use super::frame::Frame;

/// `PACKET_VNET_HDR` of Linux, which the libc crate lacks.
const OFFLOAD_HEADER: libc::c_int = 15;

/// More than the largest frame with its headers.
const FRAME_BYTES_MAX: usize = 128 * 1024;

/// Asked of the kernel, which gives as much as the machine permits.
const BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// How long a frame may wait for room in the send buffer.
const SEND_ATTEMPTS: usize = 3;

/// A packet socket that is bound to one interface.
#[derive(Debug)]
pub(super) struct PacketSocket {
    descriptor: OwnedFd,
}

/// Where frames are read into.
pub(super) struct Buffer(Vec<u8>);

impl Buffer {
    pub(super) fn new() -> Buffer {
        Buffer(vec![0; FRAME_BYTES_MAX])
    }
}

impl PacketSocket {
    /// Opens it in the network namespace of the caller's thread.
    pub(super) fn open(interface: u32) -> io::Result<PacketSocket> {
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        // Without a protocol nothing arrives before it is bound.
        let descriptor = socket(AddressFamily::Packet, SockType::Raw, flags, None)?;
        let socket = PacketSocket { descriptor };
        socket.switch_on(OFFLOAD_HEADER)?;
        socket.switch_on(libc::PACKET_IGNORE_OUTGOING)?;
        setsockopt(&socket.descriptor, sockopt::ReceiveTimestampns, &true)?;
        setsockopt(&socket.descriptor, sockopt::RcvBuf, &BUFFER_BYTES)?;
        setsockopt(&socket.descriptor, sockopt::SndBuf, &BUFFER_BYTES)?;
        socket.bind(interface)?;
        Ok(socket)
    }

    fn switch_on(&self, option: libc::c_int) -> io::Result<()> {
        let on: libc::c_int = 1;
        let length = size_of_val(&on) as libc::socklen_t;
        // SAFETY: the option is an int, and the kernel reads `length` bytes of it.
        let result = unsafe {
            let value = (&raw const on).cast();
            libc::setsockopt(
                self.descriptor.as_raw_fd(),
                libc::SOL_PACKET,
                option,
                value,
                length,
            )
        };
        Ok(Errno::result(result).map(drop)?)
    }

    fn bind(&self, interface: u32) -> io::Result<()> {
        // SAFETY: all zeros is a valid address of this type.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
        address.sll_ifindex = i32::try_from(interface).map_err(io::Error::other)?;
        let length = size_of_val(&address) as libc::socklen_t;
        // SAFETY: the address lives through the call, and has the length that is stated.
        let result = unsafe {
            libc::bind(
                self.descriptor.as_raw_fd(),
                (&raw const address).cast(),
                length,
            )
        };
        Ok(Errno::result(result).map(drop)?)
    }

    /// The next frame, and how long ago the kernel took it; nothing if there is none.
    pub(super) fn receive(&self, buffer: &mut Buffer) -> io::Result<Option<(Frame, Duration)>> {
        loop {
            let mut into = [IoSliceMut::new(&mut buffer.0)];
            let mut control = nix::cmsg_space!(TimeSpec);
            let received = recvmsg::<()>(
                self.descriptor.as_raw_fd(),
                &mut into,
                Some(&mut control),
                MsgFlags::empty(),
            );
            let (length, taken) = match received {
                Ok(message) => {
                    let taken = message.cmsgs()?.find_map(|one| match one {
                        ControlMessageOwned::ScmTimestampns(at) => Some(Duration::from(at)),
                        _ => None,
                    });
                    (message.bytes, taken)
                }
                Err(Errno::EAGAIN) => return Ok(None),
                Err(Errno::EINTR) => continue,
                Err(errno) => return Err(errno.into()),
            };
            let now = clock_gettime(ClockId::CLOCK_REALTIME).map(Duration::from)?;
            let waited = taken.map_or(Duration::ZERO, |taken| now.saturating_sub(taken));
            if let Some(frame) = Frame::read(&buffer.0[..length]) {
                return Ok(Some((frame, waited)));
            }
        }
    }

    /// Sends a frame; whether the kernel took it.
    pub(super) fn send(&self, frame: &Frame) -> bool {
        for _ in 0..SEND_ATTEMPTS {
            match write(&self.descriptor, frame.bytes()) {
                Ok(_) => return true,
                Err(Errno::EINTR) => {}
                Err(Errno::EAGAIN | Errno::ENOBUFS) => std::thread::yield_now(),
                Err(_) => return false,
            }
        }
        false
    }

    /// Frames that the kernel dropped since the last question, because the switch was too slow.
    pub(super) fn dropped(&self) -> io::Result<u64> {
        let mut statistics = libc::tpacket_stats {
            tp_packets: 0,
            tp_drops: 0,
        };
        let mut length = size_of_val(&statistics) as libc::socklen_t;
        // SAFETY: the kernel writes at most `length` bytes into the value, which lives through the call.
        let result = unsafe {
            libc::getsockopt(
                self.descriptor.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut statistics).cast(),
                &raw mut length,
            )
        };
        Errno::result(result)?;
        Ok(u64::from(statistics.tp_drops))
    }
}

impl AsFd for PacketSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

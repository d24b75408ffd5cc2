//! Who is on the other end of a link: a challenge each way, answered with a keyed hash, and a tag on every frame after.
//!
//! Both sides know the cluster's secret and send a nonce that was never used before. Each proves that it knows the
//! secret by a keyed hash (BLAKE3) of the same transcript: protocol version, purpose, both nodes' ids, both nonces.
//! The key is derived from secret and cluster id, so a node of another cluster fails like a stranger. What is proved
//! differs by direction, so a proof cannot be sent back to its maker; and it contains the nonce of the other side, so
//! a recorded one is worth nothing.
//!
//! After the proofs each direction has a key of its own and counts its frames; a frame that was altered, repeated,
//! left out or inserted ends the connection. Nothing is encrypted: who can read the wire can read records.

use blake3::{Hash, Hasher};

use super::frames::{Introduction, Kind, Nonce, WireError};
use crate::config::ClusterSecret;

/// Bytes of a tag or a proof.
pub(crate) const TAG_BYTES: usize = blake3::OUT_LEN;

/// Separates these keys from every other use of the secret.
const CONTEXT: &str = "jepsen reference broker 2026-11 links between nodes";

/// The two ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The one that connected.
    Dialler,
    /// The one that was connected to.
    Acceptor,
}

impl End {
    fn proof_label(self) -> &'static [u8] {
        match self {
            End::Dialler => b"proof of the dialler",
            End::Acceptor => b"proof of the acceptor",
        }
    }

    fn frames_label(self) -> &'static [u8] {
        match self {
            End::Dialler => b"frames of the dialler",
            End::Acceptor => b"frames of the acceptor",
        }
    }
}

/// What the members of a cluster share. `Debug` does not show it.
#[derive(Clone)]
pub(crate) struct LinkKey([u8; blake3::KEY_LEN]);

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("LinkKey(not shown)")
    }
}

impl LinkKey {
    /// The key of a cluster; what is wrong with the secret otherwise.
    pub(crate) fn new(secret: &ClusterSecret, cluster: &str) -> Result<LinkKey, &'static str> {
        let mut hasher = Hasher::new_derive_key(CONTEXT);
        // The secret has a fixed length, so no other pair yields the same bytes.
        hasher.update(secret.bytes()?);
        hasher.update(cluster.as_bytes());
        Ok(LinkKey(*hasher.finalize().as_bytes()))
    }

    fn hash(&self, label: &[u8], transcript: &Transcript) -> Hash {
        let mut hasher = Hasher::new_keyed(&self.0);
        // A label is followed by bytes of a fixed length, and no label is the beginning of another.
        hasher.update(label);
        hasher.update(&transcript.0);
        hasher.finalize()
    }

    /// What `end` sends to prove that it knows the secret.
    pub(crate) fn proof(&self, end: End, transcript: &Transcript) -> [u8; TAG_BYTES] {
        *self.hash(end.proof_label(), transcript).as_bytes()
    }

    /// Whether `proof` came from `end`. Takes the same time whatever it is.
    pub(crate) fn proves(&self, end: End, transcript: &Transcript, proof: [u8; TAG_BYTES]) -> bool {
        self.hash(end.proof_label(), transcript) == Hash::from_bytes(proof)
    }

    /// What `end` writes its frames with, and what the other one reads them with.
    pub(crate) fn frames(&self, end: End, transcript: &Transcript) -> Tags {
        Tags {
            key: *self.hash(end.frames_label(), transcript).as_bytes(),
            next: 0,
        }
    }
}

/// Everything that both sides said in the open, in a form of fixed length.
#[derive(Clone, Debug)]
pub(crate) struct Transcript(Vec<u8>);

impl Transcript {
    /// From the dialler's introduction and the acceptor's nonce.
    pub(crate) fn new(introduction: &Introduction, acceptor: &Nonce) -> Transcript {
        let mut bytes = introduction.encode();
        bytes.extend_from_slice(acceptor);
        Transcript(bytes)
    }
}

/// The tags of one direction's frames, in order. `Debug` does not show the key.
pub(crate) struct Tags {
    key: [u8; blake3::KEY_LEN],
    next: u64,
}

impl std::fmt::Debug for Tags {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Tags")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

impl Tags {
    /// The tag of the next frame.
    pub(crate) fn next(&mut self, kind: Kind, payload: &[u8]) -> Hash {
        let mut hasher = Hasher::new_keyed(&self.key);
        hasher.update(&self.next.to_be_bytes());
        hasher.update(&[kind as u8]);
        hasher.update(payload);
        // 2^64 frames are more than a connection can carry.
        self.next = self.next.wrapping_add(1);
        hasher.finalize()
    }

    /// Checks the tag of the next frame.
    ///
    /// # Errors
    /// If the frame is not the one that the other side sent next.
    pub(crate) fn check(
        &mut self,
        kind: Kind,
        payload: &[u8],
        tag: [u8; TAG_BYTES],
    ) -> Result<(), WireError> {
        if self.next(kind, payload) == Hash::from_bytes(tag) {
            Ok(())
        } else {
            Err(WireError::Tag)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::frames::NONCE_BYTES;
    use crate::peers::wire::Purpose;

    fn key(byte: u8, cluster: &str) -> LinkKey {
        let mut bytes = [byte; 32];
        bytes[0] = 1;
        LinkKey::new(&ClusterSecret::new(bytes), cluster).expect("a secret")
    }

    fn introduction() -> Introduction {
        Introduction {
            purpose: Purpose::Control,
            from: 1,
            to: 2,
            nonce: [7; NONCE_BYTES],
        }
    }

    #[test]
    fn a_proof_holds_for_one_connection_one_direction_and_one_cluster() {
        let (mine, said) = (key(9, "a"), introduction());
        let transcript = Transcript::new(&said, &[8; NONCE_BYTES]);
        let proof = mine.proof(End::Dialler, &transcript);
        assert!(mine.proves(End::Dialler, &transcript, proof));
        assert!(
            !mine.proves(End::Acceptor, &transcript, proof),
            "sent back to its maker"
        );
        let later = Transcript::new(&said, &[9; NONCE_BYTES]);
        assert!(!mine.proves(End::Dialler, &later, proof), "a recorded one");
        for other in [
            Introduction { from: 3, ..said },
            Introduction { to: 3, ..said },
            Introduction {
                purpose: Purpose::Append,
                ..said
            },
        ] {
            let other = Transcript::new(&other, &[8; NONCE_BYTES]);
            assert!(!mine.proves(End::Dialler, &other, proof));
        }
        assert!(!key(10, "a").proves(End::Dialler, &transcript, proof));
        assert!(!key(9, "b").proves(End::Dialler, &transcript, proof));
    }

    #[test]
    fn frames_are_taken_once_in_order_unaltered_and_in_their_direction() {
        let transcript = Transcript::new(&introduction(), &[8; NONCE_BYTES]);
        let ends = |end| key(9, "a").frames(end, &transcript);
        let mut writer = ends(End::Dialler);
        let first = *writer.next(Kind::Raft, b"one").as_bytes();
        let second = *writer.next(Kind::Raft, b"two").as_bytes();
        let mut reader = ends(End::Dialler);
        assert!(reader.check(Kind::Raft, b"one", first).is_ok());
        assert!(reader.check(Kind::Raft, b"two", second).is_ok());
        assert!(
            ends(End::Dialler)
                .check(Kind::Raft, b"two", second)
                .is_err()
        );
        assert!(ends(End::Dialler).check(Kind::Raft, b"One", first).is_err());
        assert!(ends(End::Dialler).check(Kind::Ping, b"one", first).is_err());
        assert!(
            ends(End::Acceptor)
                .check(Kind::Raft, b"one", first)
                .is_err()
        );
        let mut twice = ends(End::Dialler);
        assert!(twice.check(Kind::Raft, b"one", first).is_ok());
        assert!(twice.check(Kind::Raft, b"one", first).is_err());
    }
}

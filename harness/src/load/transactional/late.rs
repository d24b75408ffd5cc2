//! A request that arrives late: the end of a transaction, sent once more on a connection of its own while the next one is open.
//!
//! A network can do that to every client that sends a request again after it got no answer: the first copy waits in a
//! connection that the client has closed, and the system sends it again until it gets through (Linux after 0.2, 0.6, 1.4, 3.0 s
//! and so on). TCP orders nothing between two connections. Here the delay is on the client's side, so that it is exact: the bytes are
//! those of the first copy, and a node cannot tell the difference.

use checkers::history::Ending;

use super::producer::{Attempt, LateEnd, Session, TransactionalProducer};
use super::transaction::{Open, noted};
use crate::kafka::questions::NoAnswer;
use crate::kafka::questions::groups::Key;
use crate::kafka::questions::transactions;

impl TransactionalProducer<'_> {
    /// Lets the late copy arrive at the coordinator. It is noted among the requests of the transaction that is open now;
    /// its answer is nobody's.
    pub(in crate::load) fn arrives_late(
        &mut self,
        open: &mut Open,
        session: &Session,
        late: LateEnd,
    ) {
        let Some((node, mut wire)) = self.another_way((&session.id, Key::Transaction)) else {
            return;
        };
        let what = match late.ending {
            Ending::Commit => "late-commit",
            Ending::Abort => "late-abort",
        };
        let called = self.load.recorder.now();
        let sender = (session.id.as_str(), late.producer);
        let answer = transactions::end(&mut wire, self.protocol, sender, late.ending);
        let is_answered = !matches!(answer, Err(NoAnswer::Wire(_)));
        let attempt = Attempt {
            node,
            called,
            returned: is_answered.then(|| self.load.recorder.now()),
            error: answer.err().map(|error| error.to_string().into()),
        };
        open.note(noted(what, attempt));
    }
}

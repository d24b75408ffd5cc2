//! Experiments: the commands that run scenarios, each a policy over a [session](crate::session), and what they conclude
//! from many runs.
//!
//! | part | what it asks |
//! |---|---|
//! | [`run`] | is it valid? |
//! | [`incident`] | would the verification of a real incident have found its defects? |
//! | [`calibrate`] | which check finds which deliberate bug, and how fast? |
//! | [`qualify`], [`merge`] | may this build be released? |
//! | [`mod@bench`] | how fast is it, beside others? |
//! | [`figures`] | what did each kind of fault do, over stored runs? |

pub mod bench;
pub mod calibrate;
pub mod figures;
pub mod incident;
pub mod merge;
pub mod qualify;
pub mod run;

//! Experiments: the commands that run scenarios. Each is a policy over a [session](crate::session), with conclusions
//! from many runs.
//!
//! | part | question |
//! |---|---|
//! | [`run`] | is it valid? |
//! | [`incident`] | would the verification of a real incident have found its defects? |
//! | [`calibrate`] | which check finds which planted bug, and how fast? |
//! | [`qualify`], [`merge`] | may this build be released? |
//! | [`mod@bench`] | how fast is it, compared with others? |
//! | [`museum`] | which bugs that shipped does it find, and is it silent on the releases without them? |
//! | [`upgrade`] | is a cluster valid while it is upgraded? |
//! | [`figures`] | what was the effect of each kind of fault, over stored runs? |

pub mod bench;
pub mod calibrate;
pub mod figures;
pub mod incident;
pub mod merge;
pub mod museum;
pub mod qualify;
pub mod run;
pub mod upgrade;

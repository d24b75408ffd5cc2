//! Sentences for findings about finalized features.

use checkers::verdict::Finding;

use super::authorities::LIMIT;
use super::{Words, against, exceeded};
use crate::format::{length_ms, untrusted};

/// What finalized features are.
const FEATURES: &str = "KIP-584: finalized features";

/// The words for a finding of this family, or nothing.
pub(super) fn words(finding: &Finding) -> Option<Words> {
    Some(match finding {
        Finding::FeatureDiffers {
            feature,
            levels,
            length_ms: took,
            limit_ms: limit,
        } => {
            let of_node = |(node, level): &(String, i16)| format!("{} {level}", untrusted(node));
            let levels: Vec<String> = levels.iter().map(of_node).collect();
            Words::of(
                "Nodes differ in a feature",
                "All nodes use the same level of each feature.",
                LIMIT,
            )
            .seen(format!(
                "For {} the nodes stated different levels of {}: {}.",
                length_ms(*took),
                untrusted(feature),
                levels.join(", ")
            ))
            .therefore(exceeded(*limit, "No node was paused, cut off or stopped"))
            .detail(against(*took, *limit))
        }
        Finding::FeatureChanged {
            feature,
            before,
            after,
        } => Words::of(
            "Feature changed by itself",
            "The level of a feature changes only when an upgrade is made final.",
            FEATURES,
        )
        .seen(format!(
            "All nodes stated {} {before}, and later {after}.",
            untrusted(feature)
        ))
        .therefore("Nothing was made final in between.")
        .detail(format!("{} {before} to {after}", untrusted(feature))),
        Finding::FeatureNotAsStated {
            feature,
            before,
            after,
            stated,
            kept,
        } => Words::of(
            "Upgrade left another feature level",
            "An upgrade that is made final leaves the feature levels that the target states.",
            "KIP-584: finalized features; [upgrade.features] of the target's file",
        )
        .seen(format!(
            "{} was {before} before the upgrade was made final, and {after} afterwards.",
            untrusted(feature)
        ))
        .therefore(match kept {
            true => {
                "The target states that the level is kept: nobody asked for another one.".to_owned()
            }
            false => format!("The target states {stated}."),
        })
        .detail(format!("{} {before} to {after}", untrusted(feature))),
        _ => return None,
    })
}

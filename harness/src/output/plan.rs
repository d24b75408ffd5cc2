//! A case's fault plan as text, for `--plan`.

use nemesis::plan::Plan;

use super::visible;

/// The name of the case, what else is known in its first line, and one line for each window.
pub fn text(name: &str, more: &str, plan: &Plan) -> String {
    let mut plan = plan.clone();
    for window in &mut plan.windows {
        // The ids of a stored plan are whatever its file says.
        window.id = visible(&window.id).into_owned();
    }
    format!("{}  {}\n{plan}", visible(name), visible(more))
}

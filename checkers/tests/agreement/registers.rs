//! Several registers, used together at random.

use checkers::linearizability::models::{
    MultiRegister, MultiRegisterAction, MultiRegisterState, RegisterStep,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use super::Random;

impl Random for MultiRegister<u32, u32> {
    fn call(random: &mut ChaCha8Rng, _: u32) -> MultiRegisterAction<u32, u32> {
        let steps = random.random_range(1..=3);
        MultiRegisterAction::new((0..steps).map(|_| {
            let key = random.random_range(0..3);
            if random.random() {
                RegisterStep::Read(key, None)
            } else {
                RegisterStep::Write(key, random.random_range(0..4))
            }
        }))
    }

    fn crashed(call: &MultiRegisterAction<u32, u32>) -> MultiRegisterAction<u32, u32> {
        call.clone()
    }

    fn answered(
        state: &MultiRegisterState<u32, u32>,
        call: &MultiRegisterAction<u32, u32>,
    ) -> Option<MultiRegisterAction<u32, u32>> {
        let mut state = state.clone();
        Some(MultiRegisterAction::new(call.steps.iter().map(|step| {
            if let RegisterStep::Write(key, value) = step {
                state.insert(*key, Some(*value));
            }
            match step {
                RegisterStep::Read(key, _) => {
                    let held = state.get(key).copied().flatten().unwrap_or(0);
                    RegisterStep::Read(*key, Some(held))
                }
                write => write.clone(),
            }
        })))
    }

    fn falsify(random: &mut ChaCha8Rng, action: &mut MultiRegisterAction<u32, u32>) {
        let mut steps = action.steps.to_vec();
        let at = random.random_range(0..steps.len());
        let (RegisterStep::Read(_, Some(value)) | RegisterStep::Write(_, value)) = &mut steps[at]
        else {
            return;
        };
        *value = random.random_range(0..5);
        *action = MultiRegisterAction::new(steps);
    }
}

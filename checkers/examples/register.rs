//! A register that several clients use at once: is there an order of their calls that explains every answer?

use checkers::linearizability::models::{
    Register,
    RegisterAction::{Read, Write},
};
use checkers::linearizability::{Malformed, Operation, SearchOptions, check};
use checkers::verdict::Validity;

#[expect(clippy::print_stdout, reason = "an example prints what it found")]
fn main() -> Result<(), Malformed> {
    // Client, called, returned, action.
    let mut history = vec![
        Operation::new(0, 0, 10, Write(1)),
        Operation::new(1, 5, 25, Write(2)),
        // The answer got lost: this write may take effect at any time after its call, or never.
        Operation::crashed(3, 12, Write(3)),
        Operation::new(2, 30, 40, Read(Some(2))),
        Operation::new(2, 50, 60, Read(Some(3))),
    ];
    let register = Register::new(0);
    let report = check(&register, &history, &SearchOptions::default())?;
    println!("with a lost answer: {}", report.validity.word());
    assert_eq!(report.validity, Validity::Valid);

    // Nobody wrote 2 again after 3 was read.
    history.push(Operation::new(2, 70, 80, Read(Some(2))));
    let report = check(&register, &history, &SearchOptions::default())?;
    println!("with a stale read: {}", report.validity.word());
    assert_eq!(report.validity, Validity::Invalid);
    if let Some(failure) = report.failure {
        println!(
            "  operation {} has no place in any order",
            failure.operation
        );
        println!("  the register could hold {:?} there", failure.states);
        println!(
            "  these operations alone have no order: {:?}",
            failure.sub_history.operations
        );
    }
    Ok(())
}

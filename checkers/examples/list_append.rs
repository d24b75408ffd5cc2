//! Transactions over lists, in Jepsen's notation: which consistency models does a lost update rule out?

use std::error::Error;

use checkers::edn;
use checkers::transactions::{ConsistencyModel, TransactionOptions, judge_list_append};
use checkers::verdict::Validity;

/// Both transactions read the same list, and both append to it.
const HISTORY: &str = "
    {:process 0, :type :invoke, :f :txn, :value [[:r :x nil] [:append :x 1]]}
    {:process 1, :type :invoke, :f :txn, :value [[:r :x nil] [:append :x 2]]}
    {:process 0, :type :ok,     :f :txn, :value [[:r :x []]  [:append :x 1]]}
    {:process 1, :type :ok,     :f :txn, :value [[:r :x []]  [:append :x 2]]}
    {:process 2, :type :invoke, :f :txn, :value [[:r :x nil]]}
    {:process 2, :type :ok,     :f :txn, :value [[:r :x [1 2]]]}
";

#[expect(clippy::print_stdout, reason = "an example prints what it found")]
fn main() -> Result<(), Box<dyn Error>> {
    let operations = edn::operations(edn::entries(HISTORY)?)?;
    let verdict = judge_list_append(&operations, &TransactionOptions::default())?;
    println!("strict serializability: {}", verdict.validity.word());
    for line in verdict.lines() {
        println!("  {line}");
    }
    assert_eq!(verdict.validity, Validity::Invalid);

    let expected = ConsistencyModel::ReadCommitted;
    println!("{expected}: {}", verdict.under(expected).word());
    assert_eq!(verdict.under(expected), Validity::Valid);
    Ok(())
}

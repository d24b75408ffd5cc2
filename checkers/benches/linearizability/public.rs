//! The public histories that peers publish their times on, where they are found.

use std::path::{Path, PathBuf};

use checkers::foreign::ForeignHistory;
use checkers::linearizability::SearchOptions;

use crate::meter::{measure, row};

/// Measures every etcd log and every kv history; prints sum and median of each kind.
#[allow(clippy::print_stdout, reason = "a benchmark prints")]
pub(crate) fn measure_all(options: &SearchOptions) {
    #[allow(clippy::disallowed_methods, reason = "says where the files are")]
    let named = std::env::var_os("JEPSEN_HISTORIES").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/histories");
    let Some(root) = named.into_iter().chain([beside]).find(|path| path.is_dir()) else {
        println!("the public histories are not here: JEPSEN_HISTORIES names them");
        return;
    };
    for folder in ["porcupine-etcd", "porcupine-kv"] {
        let mut all = Vec::new();
        for path in files(&root.join(folder)) {
            #[allow(clippy::disallowed_methods, reason = "a benchmark reads files")]
            let text = std::fs::read_to_string(&path).expect("a readable file");
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let history = ForeignHistory::read(&name, &text, None).expect("a history");
            let operations = history.judge(options).expect("well formed").operations;
            let measured = measure(|| {
                history.judge(options).expect("well formed");
            });
            all.push(measured.ms);
            row(&name, operations, &measured);
        }
        all.sort_by(f64::total_cmp);
        let (sum, median) = (
            all.iter().sum::<f64>(),
            all.get(all.len() / 2).unwrap_or(&0.0),
        );
        println!("{folder}: {sum:.4} ms in sum, median {median:.4}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

//! What programs do to files and names, drawn, on a disk that then loses power, beside a model of what must come back.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use nemesis::disk::Durability;
use nemesis::sandbox::Isolation;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Bench, read};
use crate::support::enter_or_skip;

/// What a disk holds: names and contents.
type Tree = BTreeMap<String, Vec<u8>>;

fn tree(bench: &Bench) -> Tree {
    let entries = std::fs::read_dir(bench.path("")).expect("listed");
    let named = entries.map(|entry| {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name");
        (name, read(&entry.path()))
    });
    named.collect()
}

/// Names with the contents of their files.
fn named<'a>(names: &BTreeMap<String, usize>, content: impl Fn(usize) -> &'a Vec<u8>) -> Tree {
    let each = |(name, number): (&String, &usize)| (name.clone(), content(*number).clone());
    names.iter().map(each).collect()
}

/// Draws what programs do, remembers by itself what must be durable, and compares after cuts.
pub(super) fn any() {
    let _entered = enter_or_skip(Isolation::Network);
    for seed in 0..25 {
        let mut draw = ChaCha8Rng::seed_from_u64(seed);
        let bench = Bench::new(Durability::Journal);
        // The names of files, and what was written and synced of each.
        let mut now: BTreeMap<String, usize> = BTreeMap::new();
        let mut durable = now.clone();
        let mut contents: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        let mut said = Vec::new();
        for _ in 0..draw.random_range(1..60) {
            let name = format!("f{}", draw.random_range(0..5));
            let path = bench.path(&name);
            match draw.random_range(0..8) {
                0..4 => {
                    let file = OpenOptions::new()
                        .write(true)
                        .create(true)
                        .truncate(false)
                        .open(&path)
                        .expect("open");
                    let number = *now.entry(name.clone()).or_insert_with(|| {
                        contents.push((Vec::new(), Vec::new()));
                        contents.len() - 1
                    });
                    let (at, length) = (draw.random_range(0..9_000), draw.random_range(1..9_000));
                    let byte = draw.random_range(1..=255);
                    file.write_all_at(&vec![byte; length], at as u64)
                        .expect("written");
                    let content = &mut contents[number].0;
                    content.resize(content.len().max(at + length), 0);
                    content[at..at + length].fill(byte);
                    said.push(format!("write {name} {at}+{length}"));
                    if draw.random_range(0..3) == 0 {
                        file.sync_data().expect("synced");
                        contents[number].1 = contents[number].0.clone();
                        durable = now.clone();
                        said.push(format!("sync {name}"));
                    }
                }
                4..6 if now.contains_key(&name) => {
                    let to = format!("f{}", draw.random_range(0..5));
                    std::fs::rename(&path, bench.path(&to)).expect("renamed");
                    let number = now.remove(&name).expect("there");
                    now.insert(to.clone(), number);
                    said.push(format!("rename {name} {to}"));
                }
                6 if now.contains_key(&name) => {
                    std::fs::remove_file(&path).expect("removed");
                    now.remove(&name);
                    said.push(format!("remove {name}"));
                }
                7 => {
                    bench.sync_root();
                    durable = now.clone();
                    said.push("sync names".to_owned());
                }
                _ => {}
            }
        }
        assert!(
            tree(&bench) == named(&now, |number| &contents[number].0),
            "seed {seed}: {said:?}"
        );
        bench.disk().cut(None).expect("cut");
        assert!(
            tree(&bench) == named(&durable, |number| &contents[number].1),
            "seed {seed} after the cut: {said:?}"
        );
    }
}

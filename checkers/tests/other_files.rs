//! Files that are no history, or none of the kind that is asked for: what is said of them.

use checkers::foreign::{ForeignOptions, ModelName, judge, judge_by};
use checkers::linearizability::SearchOptions;
use checkers::transactions::ConsistencyModel;

/// Files that are no histories are named, ahead of what they look like by chance.
#[test]
fn other_files_are_named() {
    let utf_16: Vec<u8> = "{:process 0}".bytes().flat_map(|byte| [byte, 0]).collect();
    let tar = [
        b"history.edn".to_vec(),
        vec![0; 246],
        b"ustar".to_vec(),
        vec![0; 250],
    ]
    .concat();
    let cases: [(&[u8], &str); 16] = [
        (b"JEPSEN\0\0\x01\0\0\x01\x01", "test.jepsen"),
        (b"\xfd7zXZ\0\0\x04", "xz data"),
        (b"\x04\x22\x4d\x18aaaa", "lz4 data"),
        (b"\xff\x06\0\0sNaPpY", "snappy data"),
        (b"\x82SNAPPY\0\0\0\0\x01", "snappy data of Java"),
        (b"BZh91AY", "bzip2 data"),
        (b"\x1f\x9d\x90", "compress data"),
        (b"\x5d\0\0\x80\0", "lzma data"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7z archive"),
        (b"PK\x03\x04\0\0", "zip archive"),
        (&tar, "tar archive"),
        (&utf_16, "UTF-16"),
        (&[0; 100], "zeros"),
        (b"\xc4\xff\0\x01", "fressian"),
        (b"{:valid? true, :count 3}", "results.edn"),
        (
            b"{:name \"etcd\", :history [{:process 0}]}",
            "a whole test of Jepsen",
        ),
    ];
    for (bytes, what) in cases {
        for model in [None, Some(ModelName::Register), Some(ModelName::ListAppend)] {
            let error = judge("x", bytes, model, &SearchOptions::default())
                .expect_err(what)
                .to_string();
            assert!(error.contains(what), "{what}: {error}");
        }
    }
}

/// `--expect` is of transactions. A history of other operations is no recorded run because of that.
#[test]
fn a_consistency_model_is_refused_for_what_has_no_transactions() {
    let register = "{:process 0, :type :invoke, :f :write, :value 1}\n\
                    {:process 0, :type :ok, :f :write, :value 1}\n";
    let options = ForeignOptions::default().expecting(Some(ConsistencyModel::Serializable));
    let error = judge_by("x", register.as_bytes(), None, &options).expect_err("no transactions");
    assert!(
        error
            .to_string()
            .contains("this history has no transactions"),
        "{error}"
    );
}

//! What is counted as not understood, and that every line of this version is understood.

use super::*;

fn read(lines: &[&str]) -> Unknown {
    let mut unknown = Unknown::default();
    for line in lines {
        let event = serde_json::from_str(line).expect("an event");
        unknown.read(line, &event);
    }
    unknown
}

fn names(map: &BTreeMap<String, u64>) -> Vec<(&str, u64)> {
    map.iter().map(|(name, n)| (name.as_str(), *n)).collect()
}

#[test]
fn what_is_not_known_is_counted_by_its_name() {
    let unknown = read(&[
        r#"{"i":0,"t":1,"type":"comet","tail":"long"}"#,
        r#"{"i":0,"t":1,"type":"comet"}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"dance","shoes":[2,{"a":"}]"}]}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"dance"}"#,
        r#"{"i":0,"t":1,"called":0,"type":"observation","node":"n1","probe":"smell"}"#,
        r#"{"i":0,"t":1,"type":"late","mood":["b\"ad",{"x":1}],"who":"n1","by_ms":3}"#,
    ]);
    assert_eq!(names(&unknown.types), [("comet", 2)]);
    assert_eq!(names(&unknown.functions), [("dance", 2)]);
    assert_eq!(names(&unknown.probes), [("smell", 1)]);
    assert_eq!(names(&unknown.fields), [("late.mood", 1)]);
    assert_eq!(unknown.count(), 6);
}

/// Whoever adds a field to a type adds it to the table: whatever this version writes, it understands.
#[test]
fn what_this_version_writes_is_known() {
    let lines = [
        r#"{"i":0,"t":1,"type":"invoke","worker":3,"f":"append","topic":"t","partition":1,"values":["a"],"acks":"1","idempotent":true}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":3,"f":"append","error":"e","records":[{"offset":4,"outcome":"ok","error":"e","persisted":"not"}],"node":"n2"}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":4,"f":"poll","assigned":[{"topic":"t","partition":1,"position":40}],"isolation":"read_committed","phase":"final"}"#,
        r#"{"i":0,"t":1,"type":"fail","worker":4,"f":"poll","error":"x","records":[["t",1,41,"3"]]}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":5,"f":"end-offset","topic":"t","partition":1,"isolation":"read_uncommitted","node":"n1"}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":5,"f":"end-offset","offset":43,"epoch":2,"node":"n2"}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":9,"f":"read","node":"n3","topic":"t","partition":1,"position":0,"phase":"final"}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":9,"f":"read","records":[],"next":43,"high_watermark":43,"log_start_offset":0,"error":null}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":9,"f":"create-topic","node":"n3","topic":"t","partitions":1,"phase":"x"}"#,
        r#"{"i":0,"t":1,"type":"info","worker":9,"f":"describe-topic","partitions":1}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":9,"f":"delete-records","node":"n3","topic":"t","partition":1,"offset":3}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":9,"f":"delete-records","low_watermark":3}"#,
        r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"metadata","node":"n1","answered":true,"error":"e","brokers":[1],"partitions":[["t",1,2,2]]}"#,
        r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"quorum","node":"n1","answered":true,"leader":2,"epoch":7,"voters":[1]}"#,
        r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"produce","node":"","answered":true,"sequence":2}"#,
        r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"delivery","node":"","answered":true,"sequences":[2]}"#,
        r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"process","node":"","answered":true,"resident_bytes":1,"cpu_ms":2,"descriptors":3}"#,
        r#"{"i":0,"t":1,"called":1,"type":"fault","id":"k","kind":"x","phase":"begun","targets":[],"links":[["a","b"]],"role":"l","role_held":true,"affects_leader":true,"evidence":"e"}"#,
        r#"{"i":0,"t":1,"type":"topic","name":"t","id":"x","partitions":2,"what":"created"}"#,
        r#"{"i":0,"t":1,"type":"node","node":"n2","what":"exited","expected":true,"status":"s"}"#,
        r#"{"i":0,"t":1,"type":"late","who":"h","by_ms":1,"over_ms":2,"cpu_pressure":0.7,"io_pressure":0.1}"#,
        r#"{"i":0,"t":1,"type":"shortage","since":1,"free_bytes":2}"#,
        r#"{"i":0,"t":1,"type":"phase","phase":"load"}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"find-coordinator","node":"n1","of":"group","key":"g"}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"find-coordinator","coordinator":"n2"}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"join","group":"g","member":"m1","instance":"i","topics":["t"],"reason":"rebalance","node":"n1"}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"join","generation":3,"member":"m1","leader":"m1","protocol":"range","members":[{"member":"m1","instance":"i","topics":["t"]}]}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"sync","group":"g","generation":3,"member":"m1","assignments":[{"member":"m1","partitions":[["t",0]]}],"node":"n1"}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"sync","partitions":[["t",0]]}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"heartbeat","group":"g","generation":3,"member":"m1","node":"n1"}"#,
        r#"{"i":0,"t":1,"type":"fail","worker":1,"f":"heartbeat","error":"UNKNOWN_MEMBER_ID","ok_before":12,"last_ok":1}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"leave","group":"g","members":["m1"],"node":"n1"}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"leave","errors":["UNKNOWN_MEMBER_ID"]}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"commit-offsets","group":"g","generation":3,"member":"m1","offsets":[{"topic":"t","partition":0,"offset":4,"token":"1-1"}],"node":"n1"}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"commit-offsets","offsets":[{"outcome":"ok"},{"outcome":"fail","error":"ILLEGAL_GENERATION"}]}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"fetch-offsets","group":"g","partitions":[["t",0]],"require_stable":true,"member":"m1","node":"n1","phase":"final"}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"fetch-offsets","offsets":[{"topic":"t","partition":0,"offset":4,"token":"1-1"},{"topic":"t","partition":1,"offset":-1,"error":"UNSTABLE_OFFSET_COMMIT"}]}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"deliver","group":"g","member":"m1","generation":3,"assigned":[{"topic":"t","partition":0,"position":4}],"isolation":"read_committed"}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"deliver","records":[["t",0,4,"3-17"]]}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"init-producer","transactional_id":"x1","timeout_ms":5000,"node":"n1"}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"init-producer","producer_id":17,"epoch":2}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"transaction","transactional_id":"x1","producer_id":17,"epoch":2,"group":"g","member":"m1","generation":3,"topics":["out"]}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"transaction","sends":[{"topic":"out","partition":0,"value":"0:4:3-17","called":5,"returned":6,"outcome":"ok","offset":9},{"topic":"out","partition":1,"value":"0:5:3-18","outcome":"info","error":"_MSG_TIMED_OUT"}],"offsets":[{"topic":"t","partition":0,"offset":6,"token":"1-2"}],"wanted":"commit","end_sent":7,"requests":[{"what":"commit","called":7,"returned":8,"error":"CONCURRENT_TRANSACTIONS","node":"n1"}]}"#,
        r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"raw-read","node":"n1","topic":"out","partition":0,"position":0,"isolation":"read_committed","phase":"final"}"#,
        r#"{"i":0,"t":1,"type":"ok","worker":1,"f":"raw-read","records":[[0,"0:4:3-17",17,2,true,null],[1,null,17,2,true,"commit"]],"next":2,"high_watermark":2,"last_stable_offset":2,"log_start_offset":0,"aborted":[[17,0]]}"#,
        r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"coordinator","node":"n1","answered":true,"of":"transaction","key":"x1","coordinator":"n2"}"#,
        r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"group","node":"n1","answered":true,"group":"g","state":"Stable","members":["m1"]}"#,
        r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"transactions","node":"n1","answered":true,"transactions":[{"transactional_id":"x1","producer_id":17,"state":"Ongoing","open_ms":120}]}"#,
        r#"{"i":0,"t":1,"called":1,"type":"observation","probe":"producers","node":"n1","answered":true,"topic":"out","partition":0,"producers":[{"producer_id":17,"epoch":2,"open_from":12}]}"#,
    ];
    assert!(read(&lines).is_empty(), "{:?}", read(&lines));
    // What is read is what is written: a field that this version writes and this list lacks is found here.
    for line in lines {
        let event: Event = serde_json::from_str(line).expect("an event");
        let written = crate::history::jsonl::line(&event);
        assert!(read(&[&written]).is_empty(), "{written}");
    }
}

#[test]
fn a_flood_of_names_is_bounded() {
    let mut unknown = Unknown::default();
    for n in 0..1_000 {
        let line = format!(r#"{{"i":0,"t":1,"type":"x{n}"}}"#);
        unknown.read(&line, &serde_json::from_str(&line).expect("an event"));
    }
    assert_eq!((unknown.types.len(), unknown.more), (100, 900));
}

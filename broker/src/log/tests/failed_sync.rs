//! A sync that failed once: the node ends, and the next one must not trust the page cache.

use super::*;

/// Writes groups until the disk fails, at each of the first syncs; the node starts again, and what it then has is kept by a
/// power loss.
#[test]
fn what_a_failed_sync_left_in_the_page_cache_is_written_again() {
    let mut cut_short = 0;
    for before in 0..12 {
        let disk = SimulatedDisk::default();
        let (mut writer, _) = open(&disk).unwrap();
        for number in 1..=before {
            writer
                .write(&[group(number, number..number + 1, 1)])
                .unwrap();
        }
        disk.fail_syncs(true);
        let failed = writer.write(&[group(before + 1, before + 1..before + 4, 1)]);
        assert!(failed.is_err(), "after {before}");
        drop(writer);
        disk.fail_syncs(false);
        disk.crash(Survival::Everything, &mut StdRng::seed_from_u64(0));
        let (mut writer, found) = open(&disk).unwrap();
        let next = found.entries.len() as u64 + 1;
        cut_short += u64::from(next <= before + 3);
        writer.write(&[group(1, next..next + 2, 2)]).unwrap();
        drop(writer);
        disk.crash(Survival::Synced, &mut StdRng::seed_from_u64(0));
        let (_, again) = open(&disk).unwrap();
        let expected = [terms(&found), vec![2, 2]].concat();
        assert_eq!(terms(&again), expected, "after {before}");
    }
    // Where a segment had to be closed first, the group did not come to be written.
    assert!(
        cut_short < 12,
        "no group was found after its sync had failed"
    );
}

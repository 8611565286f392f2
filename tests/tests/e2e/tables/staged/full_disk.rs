//! A disk that is full: a small file system, which a process of its own has for its staged files.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

use lakeorm::ErrorKind;
use lakeorm_tests::files;

use super::{Reading, Staging, count};
use crate::tables::one_of;

type Row = Reading<9>;

/// The variable that tells the test's program that it is the other process.
const INSIDE: &str = "LAKEORM_TEST_FULL_DISK";

/// Mounts over the directory, in a namespace of this process, and becomes the program.
const MOUNTED: &str = r#"mount -t tmpfs -o size=128k none "$1" && shift && exec "$@""#;

const TEST: &str = "tables::staged::full_disk::a_full_disk_is_one_error_that_says_so_and_nothing_is_left";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_one_error_that_says_so_and_nothing_is_left() {
    let staging = Staging::new("full_disk");
    if std::env::var_os(INSIDE).is_some() {
        return fill(&staging).await;
    }
    let mut child = Command::new("unshare");
    // Who is not root becomes so in a user namespace.
    let namespaces = if fs::metadata("/proc/self").unwrap().uid() == 0 { "-m" } else { "-rm" };
    child.args([namespaces, "sh", "-c", MOUNTED, "sh"]).arg(&staging.directory);
    child.arg(std::env::current_exe().unwrap()).args(["--exact", TEST]).env(INSIDE, "yes");
    let ended = child.output().expect("the program `unshare`");
    let said = [ended.stdout, ended.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
}

async fn fill(staging: &Staging) {
    for (format, db) in one_of(1, staging.backend()).await {
        let table = Row::table(format, &db).await;
        let readings: Vec<Row> = (0..20_000).map(|at| Row::new(at * 7919 % 99_991, at * at)).collect();
        let batch = 1000.try_into().unwrap();
        let insert = db.insert(&readings).staged().part_size(16 << 10).batch_size(batch);
        let error = insert.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Staging, "{error}");
        assert!(error.to_string().contains("No space left on device"), "{error}");
        assert_eq!(count(&db, &table).await, 0, "{format:?}");
        assert_eq!(files(&staging.directory), Vec::<PathBuf>::new(), "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

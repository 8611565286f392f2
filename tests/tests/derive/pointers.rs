//! Types that point to a value are columns of the value, both ways.

use std::rc::Rc;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset};
use lakeorm::encode::record_batch;
use lakeorm::{LakeRow, LakeTable, RowBatch};

use crate::written::same;

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Inner {
    count: Box<i64>,
    name: Option<Arc<str>>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Pointers {
    boxed: Box<i64>,
    inner: Arc<Inner>,
    maybe: Option<Box<Inner>>,
    list: Arc<Vec<Arc<Inner>>>,
}

#[test]
fn what_is_written_behind_a_pointer_is_read_behind_one() {
    let inner = |name: Option<&str>| Inner { count: Box::new(7), name: name.map(Arc::from) };
    let row = |maybe: Option<Inner>| Pointers {
        boxed: Box::new(-1),
        inner: Arc::new(inner(Some("a"))),
        maybe: maybe.map(Box::new),
        list: Arc::new(vec![Arc::new(inner(None)), Arc::new(inner(Some("b")))]),
    };
    same(&[row(None), row(Some(inner(None)))]);
}

#[test]
fn a_list_of_pointers_to_pairs_is_a_map_as_one_of_pairs_is() {
    type Boxed<K, V> = Box<(K, V)>;
    type Shared<K, V> = Arc<(K, V)>;
    #[derive(Debug, PartialEq, LakeRow, LakeTable)]
    struct Row {
        boxed: Vec<Boxed<String, i64>>,
        shared: Arc<Vec<Shared<i32, Option<bool>>>>,
        maybe: Vec<Option<Boxed<i32, bool>>>,
    }
    let types = <Row as lakeorm::ToLiteral>::data_type().to_string();
    assert_eq!(
        types,
        "STRUCT<boxed: MAP<STRING, BIGINT> NOT NULL, shared: MAP<INT, BOOLEAN> NOT NULL, maybe: ARRAY<STRUCT<_1: INT NOT \
         NULL, _2: BOOLEAN NOT NULL>> NOT NULL>"
    );
    let row = Row {
        boxed: vec![Box::new(("b".to_owned(), 1)), Box::new(("a".to_owned(), 2))],
        shared: Arc::new(vec![Arc::new((1, None))]),
        maybe: vec![None, Some(Box::new((1, true)))],
    };
    same(&[row]);
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
struct Local {
    text: Rc<str>,
    bytes: Rc<[u8]>,
    inner: Rc<Inner>,
}

#[test]
fn a_row_that_cannot_be_sent_is_read_from_its_batch() {
    let local = |text: &str| Local {
        text: text.into(),
        bytes: Rc::from(text.as_bytes()),
        inner: Rc::new(Inner { count: Box::new(1), name: None }),
    };
    let batch = RowBatch::new(record_batch(&[local("a"), local("")]).unwrap(), 0).unwrap();
    let found: Vec<Local> = batch.rows().unwrap().map(Result::unwrap).collect();
    assert_eq!(found, [local("a"), local("")]);
}

#[test]
fn an_instant_of_any_offset_is_read_at_utc() {
    #[derive(Debug, PartialEq, LakeRow, LakeTable)]
    struct Row {
        at: DateTime<FixedOffset>,
    }
    let at: DateTime<FixedOffset> = "2026-03-01T12:00:00+05:30".parse().unwrap();
    let batch = record_batch(&[Row { at }]).unwrap();
    let found: Vec<Row> = RowBatch::new(batch, 0).unwrap().to_vec().unwrap();
    assert_eq!(found, [Row { at }]);
    assert_eq!(found[0].at.to_rfc3339(), "2026-03-01T06:30:00+00:00");
}

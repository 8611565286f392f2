//! The calls in groups, each of which is one query where it can be.

use super::*;

/// One row: texts, a day, an instant, an array, a map.
const ONE: &str = "SELECT 1 AS id, 'Ada' AS word, 'Ada Lovelace' AS text, DATE'2024-02-29' AS day, \
                   TIMESTAMP'2024-02-29 13:14:15.678901' AS at, array(3, 1, CAST(NULL AS INT), 2) AS xs, \
                   map('a', 1, 'b', 2) AS m, 'http://spark.apache.org/path?query=1' AS url";

pub(super) struct Group {
    frame: DataFrame,
    /// The call that the frame itself makes.
    pub(super) beneath: Option<Column>,
    pub(super) how: How,
    pub(super) calls: Vec<Call>,
}

/// The way in which a frame is made of the calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Columns of its rows.
    Select,
    /// One row for all of its rows.
    Aggregate,
    /// A row for each kind, and one for all.
    Rollup,
    /// The rows that one call makes, as structs.
    Generate,
    /// The keys of groups.
    Key,
}

impl How {
    /// Whether several calls stand in one query.
    pub(super) fn is_of_several(self) -> bool {
        matches!(self, Self::Select | Self::Aggregate | Self::Rollup)
    }
}

impl Group {
    fn new(frame: &DataFrame, how: How, calls: Vec<Call>) -> Self {
        Self { frame: frame.clone(), beneath: None, how, calls }
    }

    /// A frame of one column: an array of what the calls give.
    pub(super) fn asked(&self, calls: &[Call]) -> DataFrame {
        let columns = calls.iter().map(|call| &call.column);
        let texts = || array(columns.clone().map(|column| column.cast("string"))).alias("texts");
        let frame = &self.frame;
        match self.how {
            How::Select => frame.select([texts(), col("id")]).order_by(["id"]).select(["texts"]),
            How::Aggregate => frame.agg([texts()]),
            How::Rollup => frame.rollup(["k"]).agg([texts()]).select(["texts"]).order_by(["texts"]),
            How::Generate => frame.select(columns.clone()).select([array([struct_(["*"]).cast("string")])]),
            How::Key => frame
                .group_by(columns.clone().map(|column| column.alias("key")))
                .agg([count("*")])
                .select([array([col("key").cast("string")])]),
        }
    }
}

pub(super) fn all(drv: &SparkDriver) -> Vec<Group> {
    let (one, five) = (drv.sql(ONE), drv.sql(crate::dataframe::FIVE));
    let mut groups = vec![
        Group::new(&one, How::Select, bitmap::calls()),
        Group::new(&one, How::Select, collection::calls()),
        Group::new(&one, How::Select, collection::vectors()),
        Group::new(&one, How::Select, condition::calls()),
        Group::new(&one, How::Select, context::calls()),
        Group::new(&one, How::Select, geometry::calls()),
        Group::new(&one, How::Select, hash::calls()),
        Group::new(&one, How::Select, json::calls()),
        Group::new(&one, How::Select, json::variants()),
        Group::new(&one, How::Select, math::calls()),
        Group::new(&one, How::Select, text::calls()),
        Group::new(&one, How::Select, time::of_days()),
        Group::new(&one, How::Select, time::of_instants()),
        Group::new(&one, How::Select, time::of_intervals()),
        Group::new(&one, How::Select, time::of_times()),
        Group::new(&one, How::Select, time::partitions()),
        Group::new(&five, How::Select, window::calls()),
        Group::new(&five, How::Aggregate, aggregate::calls()),
        Group::new(&five, How::Aggregate, bitmap::aggregates()),
        Group::new(&five, How::Aggregate, json::aggregates()),
        Group::new(&five, How::Aggregate, sketch::calls()),
        Group::new(&five, How::Aggregate, sketch::of_tuples()),
        Group::new(&five, How::Rollup, aggregate::of_groups()),
        Group::new(&one, How::Generate, collection::generators()),
        Group::new(&one, How::Key, time::windows()),
    ];
    let in_window = [lakeorm::spark::functions::window("at", "10 minutes").alias("window"), col("id")];
    let windows = one.group_by(in_window).agg([count("*")]);
    groups.push(Group::new(&windows, How::Select, time::of_windows()));
    for (sketch, calls) in sketch::merging() {
        let sketches = five.group_by(["k"]).agg([sketch.clone().alias("sketch")]);
        groups.push(Group { beneath: Some(sketch), ..Group::new(&sketches, How::Aggregate, calls) });
    }
    groups
}

use lakeorm::spark::{DataFrame, JoinType};

fn joined(orders: DataFrame, users: DataFrame) -> DataFrame {
    orders.join(&users, 1, JoinType::Inner)
}

fn main() {}

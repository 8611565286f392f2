//! What has to grow for a column of one type to become one of another.

use spark_connect::DataType;

use super::Dialect;

/// The parts that grow, each by its path below the column and with its new type. The path to the column itself is empty.
pub(crate) type Growing<'t> = Vec<(Vec<&'t str>, &'t DataType)>;

/// The parts of a column that grow, where its types differ in nothing else.
pub(crate) fn growing<'t>(
    dialect: &dyn Dialect,
    from: &'t DataType,
    to: &'t DataType,
) -> Option<Growing<'t>> {
    let mut parts = Vec::new();
    grow(dialect, &[], from, to, &mut parts).then_some(parts)
}

/// Whether the types differ in nothing but what may grow, of which the parts are noted.
fn grow<'t>(
    dialect: &dyn Dialect,
    path: &[&'t str],
    from: &'t DataType,
    to: &'t DataType,
    parts: &mut Growing<'t>,
) -> bool {
    let below = |name: &'t str| -> Vec<&'t str> { path.iter().copied().chain([name]).collect() };
    match (from, to) {
        _ if (path.is_empty() || dialect.widens_inside()) && dialect.widens(from, to) => {
            parts.push((path.to_vec(), to));
            true
        }
        (DataType::Array { element: from, .. }, DataType::Array { element: to, .. }) => {
            grow(dialect, &below("element"), from, to, parts)
        }
        // Keys keep their type in Iceberg.
        (DataType::Map { key, value: from, .. }, DataType::Map { key: same, value: to, .. }) => {
            is_same(key, same) && grow(dialect, &below("value"), from, to, parts)
        }
        (DataType::Struct(from), DataType::Struct(to)) => {
            from.len() == to.len()
                && from.iter().zip(to).all(|(from, to)| {
                    from.name == to.name
                        && grow(dialect, &below(&from.name), &from.data_type, &to.data_type, parts)
                })
        }
        _ => is_same(from, to),
    }
}

/// Whether they are the same but for what may be NULL in them.
fn is_same(one: &DataType, other: &DataType) -> bool {
    one.clone().nullable() == other.clone().nullable()
}

//! stub
pub(crate) fn expression(_: &super::Literal) -> crate::proto::Expression { crate::proto::Expression::default() }

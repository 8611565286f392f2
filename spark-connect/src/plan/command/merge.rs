//! A table changed by the rows of a relation.

use crate::plan::{Column, IntoCondition, IntoValue, PlanError, Sending};
use crate::proto;
use crate::proto::expression::ExprType;
use crate::proto::merge_action::{ActionType, Assignment};

/// An action of a merge on a row: `MergeAction::update_all()`, and only where a condition holds if it has one.
///
/// ```
/// use spark_connect::MergeAction;
/// use spark_connect::functions::col;
///
/// let newer = MergeAction::update([("amount", col("s.amount"))]).only_if(col("s.at").gt(col("t.at")));
/// ```
#[derive(Debug, Clone)]
pub struct MergeAction {
    kind: ActionType,
    condition: Option<Column>,
    assignments: Vec<(Column, Column)>,
}

impl MergeAction {
    fn new(kind: ActionType) -> Self {
        Self { kind, condition: None, assignments: Vec::new() }
    }

    fn assigning<K: Into<String>, V: IntoValue>(
        kind: ActionType,
        assignments: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let assignments = assignments.into_iter();
        let assignments = assignments.map(|(name, value)| (Column::named(name), value.into_value()));
        Self { assignments: assignments.collect(), ..Self::new(kind) }
    }

    /// Deletes the row of the table.
    #[must_use]
    pub fn delete() -> Self {
        Self::new(ActionType::Delete)
    }

    /// Sets every column of the row to the column of that name in the source, which has to have all columns of the
    /// table: also the `_ingest_id` of one that lakeorm made. Otherwise name the columns in [`update`](Self::update).
    #[must_use]
    pub fn update_all() -> Self {
        Self::new(ActionType::UpdateStar)
    }

    /// Sets these columns of the row.
    #[must_use]
    pub fn update<K: Into<String>, V: IntoValue>(assignments: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::assigning(ActionType::Update, assignments)
    }

    /// Inserts the row of the source, which has to have all columns of the table: also the `_ingest_id` of one that
    /// lakeorm made. Otherwise name the columns in [`insert`](Self::insert).
    #[must_use]
    pub fn insert_all() -> Self {
        Self::new(ActionType::InsertStar)
    }

    /// Inserts a row with these columns.
    #[must_use]
    pub fn insert<K: Into<String>, V: IntoValue>(assignments: impl IntoIterator<Item = (K, V)>) -> Self {
        Self::assigning(ActionType::Insert, assignments)
    }

    /// Does so where the condition, an expression or SQL, holds.
    #[must_use]
    #[track_caller]
    pub fn only_if(self, condition: impl IntoCondition) -> Self {
        Self { condition: Some(condition.into_condition()), ..self }
    }

    fn inserts(&self) -> bool {
        matches!(self.kind, ActionType::Insert | ActionType::InsertStar)
    }

    fn to_proto(&self, sending: Sending) -> proto::Expression {
        let assignment = |(key, value): &(Column, Column)| Assignment {
            key: Some(key.to_proto(sending)),
            value: Some(value.to_proto(sending)),
        };
        let action = proto::MergeAction {
            action_type: self.kind.into(),
            condition: self.condition.as_ref().map(|condition| Box::new(condition.to_proto(sending))),
            assignments: self.assignments.iter().map(assignment).collect(),
        };
        proto::Expression { expr_type: Some(ExprType::MergeAction(Box::new(action))), common: None }
    }
}

/// A merge into a table.
#[derive(Debug, Clone)]
pub(crate) struct Merge {
    pub(crate) table: String,
    pub(crate) on: Column,
    pub(crate) matched: Vec<MergeAction>,
    pub(crate) not_matched: Vec<MergeAction>,
    pub(crate) not_matched_by_source: Vec<MergeAction>,
    pub(crate) evolve: bool,
}

impl Merge {
    fn actions(&self) -> impl Iterator<Item = &MergeAction> {
        self.matched.iter().chain(&self.not_matched).chain(&self.not_matched_by_source)
    }

    pub(super) fn columns(&self) -> Vec<&Column> {
        let mut columns = vec![&self.on];
        for action in self.actions() {
            columns.extend(&action.condition);
            columns.extend(action.assignments.iter().flat_map(|(key, value)| [key, value]));
        }
        columns
    }

    pub(super) fn mistake(&self) -> Option<PlanError> {
        let elsewhere = self.matched.iter().chain(&self.not_matched_by_source);
        if self.actions().next().is_none() {
            return Some(PlanError::new(
                "a merge does nothing without an action: add `when_matched` or another",
            ));
        }
        if elsewhere.clone().any(MergeAction::inserts) {
            return Some(PlanError::new("a merge inserts rows that have no match: `when_not_matched`"));
        }
        if !self.not_matched.iter().all(MergeAction::inserts) {
            return Some(PlanError::new(
                "where a row of the source has no match, a merge can only insert it",
            ));
        }
        None
    }

    pub(super) fn to_proto(
        &self,
        source: Option<proto::Relation>,
        sending: Sending,
    ) -> proto::MergeIntoTableCommand {
        let actions =
            |actions: &[MergeAction]| actions.iter().map(|action| action.to_proto(sending)).collect();
        proto::MergeIntoTableCommand {
            target_table_name: self.table.clone(),
            source_table_plan: source,
            merge_condition: Some(self.on.to_proto(sending)),
            match_actions: actions(&self.matched),
            not_matched_actions: actions(&self.not_matched),
            not_matched_by_source_actions: actions(&self.not_matched_by_source),
            with_schema_evolution: self.evolve,
        }
    }
}

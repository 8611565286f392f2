//! The position at which a result is resumed, and the order of its responses.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;

use super::ResponseType;
use crate::proto::ExecutePlanResponse;

/// The number of responses that are remembered by their ids: more than any server keeps to send again. Where a server
/// says at which row a response starts (`start_offset`), that is checked as well.
const MAX_REMEMBERED_IDS: usize = 1 << 14;

/// At most this many ids are looked through one by one, which is cheaper than a table of them.
const LINEAR_SEARCH_LIMIT: usize = 16;

/// The responses that were handed on, and what may follow them.
#[derive(Default)]
pub(super) struct Delivered {
    last: Option<String>,
    before: Option<String>,
    /// Whether rows came in a response without an id, so that nothing can be asked for after them.
    unnamed: bool,
    expected: Expected,
    hasher: RandomState,
    /// The hashes of the remembered responses' ids; the oldest go first.
    order: VecDeque<u64>,
    /// Their positions, where there are more than a few.
    positions: HashMap<u64, u64>,
    next: u64,
}

/// The next response that leaves no gap.
#[derive(Default)]
enum Expected {
    /// The next one.
    #[default]
    Next,
    /// The first of a resumed stream: the next one, or one that is known if all after it come again.
    Resumed,
    /// One in a row of responses that come again: the one at this position.
    Repeated(u64),
    /// The first of the operation, if the server drops responses.
    First,
    /// The one with this id, which has been handed on already.
    Known(String),
}

/// Whether a response is the next one.
#[derive(Debug, PartialEq)]
pub(super) enum ResponseOrder {
    /// It is the next one.
    New,
    /// It has been handed on already.
    Old,
    /// Responses before it are missing, or it comes a second time.
    Wrong(&'static str),
    /// The server dropped what comes before it.
    Dropped,
}

const REPEATED: &str = "the server sent a response of the result again";
const UNNAMED: &str = "the server resumed the result with a response that has no id";

impl Delivered {
    /// Whether anything of the operation was handed on under an id.
    pub(super) fn is_empty(&self) -> bool {
        self.last.is_none() && !self.unnamed
    }

    /// Whether the rest of the result can be asked for.
    pub(super) fn can_resume(&self) -> bool {
        !self.unnamed
    }

    /// The last response that the server may forget.
    pub(super) fn releasable(&self, drops_responses: bool) -> Option<String> {
        if drops_responses { self.before.clone() } else { self.last.clone() }
    }

    /// The response to resume after: the last one, or the one before it where what comes next has to be checked.
    pub(super) fn resume_after(&mut self, drops_responses: bool) -> Option<String> {
        match &self.last {
            Some(last) if drops_responses => {
                self.expected = Expected::Known(last.clone());
                self.before.clone()
            }
            Some(last) => {
                self.expected = Expected::Resumed;
                Some(last.clone())
            }
            None => {
                self.expected = Expected::First;
                None
            }
        }
    }

    /// The order of `response` in the result.
    pub(super) fn order(&mut self, response: &ExecutePlanResponse, drops_responses: bool) -> ResponseOrder {
        match std::mem::take(&mut self.expected) {
            Expected::Known(id) => match response.response_id == id {
                true => ResponseOrder::Old,
                false => ResponseOrder::Dropped,
            },
            // The first response of such a server tells the schema.
            Expected::First
                if drops_responses
                    && response.schema.is_empty()
                    && matches!(response.response_type, Some(ResponseType::ArrowBatch(_))) =>
            {
                ResponseOrder::Dropped
            }
            Expected::First | Expected::Next => self.order_of_next(response),
            Expected::Resumed => self.order_of_resumed(response),
            Expected::Repeated(position) => self.order_of_repeated(response, position),
        }
    }

    fn order_of_next(&self, response: &ExecutePlanResponse) -> ResponseOrder {
        match (self.known(response), carries(response)) {
            (None, _) => ResponseOrder::New,
            (Some(_), Carries::Rows) => ResponseOrder::Wrong(REPEATED),
            (Some(_), Carries::TheEnd) => ResponseOrder::New,
            (Some(_), Carries::Nothing) => ResponseOrder::Old,
        }
    }

    fn order_of_resumed(&mut self, response: &ExecutePlanResponse) -> ResponseOrder {
        if response.response_id.is_empty() {
            if has_rows(response) {
                return ResponseOrder::Wrong(UNNAMED);
            }
            self.expected = Expected::Resumed;
            return ResponseOrder::New;
        }
        match self.known(response) {
            Some(position) => {
                self.expect(position + 1);
                ResponseOrder::Old
            }
            None => ResponseOrder::New,
        }
    }

    fn order_of_repeated(&mut self, response: &ExecutePlanResponse, expected: u64) -> ResponseOrder {
        match self.known(response) {
            Some(position) if position == expected => {
                self.expect(position + 1);
                ResponseOrder::Old
            }
            _ if carries(response) == Carries::Nothing => {
                self.expected = Expected::Repeated(expected);
                ResponseOrder::Old
            }
            _ => ResponseOrder::Wrong(REPEATED),
        }
    }

    /// All that was handed on from `position` to the last has to come again before anything new does.
    fn expect(&mut self, position: u64) {
        self.expected = if position < self.next { Expected::Repeated(position) } else { Expected::Next };
    }

    fn known(&self, response: &ExecutePlanResponse) -> Option<u64> {
        match response.response_id.is_empty() {
            true => None,
            false => self.position_of(self.hasher.hash_one(&response.response_id)),
        }
    }

    fn position_of(&self, hash: u64) -> Option<u64> {
        if self.order.len() > LINEAR_SEARCH_LIMIT {
            return self.positions.get(&hash).copied();
        }
        // The last one stands right before the next.
        (0..self.next)
            .rev()
            .zip(self.order.iter().rev())
            .find(|(_, known)| **known == hash)
            .map(|(position, _)| position)
    }

    /// Takes note of a response that is handed on.
    pub(super) fn note(&mut self, response: &ExecutePlanResponse) {
        if response.response_id.is_empty() {
            self.unnamed |= has_rows(response);
            return;
        }
        self.unnamed = false;
        self.before = self.last.replace(response.response_id.clone());
        let hash = self.hasher.hash_one(&response.response_id);
        self.order.push_back(hash);
        self.next += 1;
        match self.order.len() {
            ..=LINEAR_SEARCH_LIMIT => return,
            // From here on by the table.
            len if len == LINEAR_SEARCH_LIMIT + 1 => {
                self.positions.extend(self.order.iter().copied().zip(0..self.next));
            }
            _ => _ = self.positions.insert(hash, self.next - 1),
        }
        if self.order.len() > MAX_REMEMBERED_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.positions.remove(&oldest);
        }
    }
}

/// The content that would be doubled if a response were handed on twice.
#[derive(PartialEq)]
enum Carries {
    Nothing,
    Rows,
    TheEnd,
}

fn carries(response: &ExecutePlanResponse) -> Carries {
    match &response.response_type {
        None | Some(ResponseType::ExecutionProgress(_)) => Carries::Nothing,
        Some(ResponseType::ResultComplete(_)) => Carries::TheEnd,
        Some(_) => Carries::Rows,
    }
}

fn has_rows(response: &ExecutePlanResponse) -> bool {
    carries(response) == Carries::Rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_responses_the_latest_are_known_and_the_oldest_forgotten() {
        let named =
            |number: usize| ExecutePlanResponse { response_id: format!("r{number}"), ..Default::default() };
        let mut delivered = Delivered::default();
        (0..MAX_REMEMBERED_IDS + 3).for_each(|number| delivered.note(&named(number)));
        let known = [2, 3, MAX_REMEMBERED_IDS + 2].map(|number| delivered.known(&named(number)));
        assert_eq!(known, [None, Some(3), Some(16_386)]);
        assert_eq!(delivered.order.len(), MAX_REMEMBERED_IDS);
        assert_eq!(delivered.positions.len(), MAX_REMEMBERED_IDS);
    }
}

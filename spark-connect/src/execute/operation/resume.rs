//! Where a result is taken up again, and whether what comes then is what has to come.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;

use super::ResponseType;
use crate::proto::ExecutePlanResponse;

/// How many responses are remembered by their ids: more than any server keeps to send again. Where a server says at
/// which row a response starts (`start_offset`), that is checked as well.
const MAX_REMEMBERED_IDS: usize = 1 << 14;

/// Up to so many ids are looked through one by one, which is cheaper than a table of them.
const LINEAR_SEARCH_LIMIT: usize = 16;

/// The responses that were handed on, and what may follow them.
#[derive(Default)]
pub(super) struct Delivered {
    last: Option<String>,
    before: Option<String>,
    /// Whether rows came in a response without an id, so that nothing can be asked for behind them.
    unnamed: bool,
    expected: Expected,
    hasher: RandomState,
    /// The hashes of the remembered responses' ids; the oldest go first.
    order: VecDeque<u64>,
    /// Their places, where there are more than a few.
    places: HashMap<u64, u64>,
    next: u64,
}

/// What the next response has to be so that none is missing before it.
#[derive(Default)]
enum Expected {
    /// The next one.
    #[default]
    Next,
    /// The first of a stream that was taken up: the next one, or one that is known if all behind it come again.
    Resumed,
    /// One in a row of responses that come again: the one at this place.
    Repeated(u64),
    /// The first of the operation, if the server drops responses.
    First,
    /// The one with this id, which has been handed on already.
    Known(String),
}

/// What to make of a response.
#[derive(Debug, PartialEq)]
pub(super) enum Place {
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
const UNNAMED: &str = "the server took a result up with a response that has no id";

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

    /// The response to resume behind: the last one, or the one before it where what comes next has to be checked.
    pub(super) fn resume_behind(&mut self, drops_responses: bool) -> Option<String> {
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

    /// Where `response` stands in the result.
    pub(super) fn place(&mut self, response: &ExecutePlanResponse, drops_responses: bool) -> Place {
        match std::mem::take(&mut self.expected) {
            Expected::Known(id) => match response.response_id == id {
                true => Place::Old,
                false => Place::Dropped,
            },
            // The first response of such a server tells the schema.
            Expected::First
                if drops_responses
                    && response.schema.is_empty()
                    && matches!(response.response_type, Some(ResponseType::ArrowBatch(_))) =>
            {
                Place::Dropped
            }
            Expected::First | Expected::Next => self.place_of_next(response),
            Expected::Resumed => self.place_of_resumed(response),
            Expected::Repeated(place) => self.place_of_repeated(response, place),
        }
    }

    fn place_of_next(&self, response: &ExecutePlanResponse) -> Place {
        match (self.known(response), carries(response)) {
            (None, _) => Place::New,
            (Some(_), Carries::Rows) => Place::Wrong(REPEATED),
            (Some(_), Carries::TheEnd) => Place::New,
            (Some(_), Carries::Nothing) => Place::Old,
        }
    }

    fn place_of_resumed(&mut self, response: &ExecutePlanResponse) -> Place {
        if response.response_id.is_empty() {
            if has_rows(response) {
                return Place::Wrong(UNNAMED);
            }
            self.expected = Expected::Resumed;
            return Place::New;
        }
        match self.known(response) {
            Some(place) => {
                self.expect(place + 1);
                Place::Old
            }
            None => Place::New,
        }
    }

    fn place_of_repeated(&mut self, response: &ExecutePlanResponse, expected: u64) -> Place {
        match self.known(response) {
            Some(place) if place == expected => {
                self.expect(place + 1);
                Place::Old
            }
            _ if carries(response) == Carries::Nothing => {
                self.expected = Expected::Repeated(expected);
                Place::Old
            }
            _ => Place::Wrong(REPEATED),
        }
    }

    /// All that was handed on from `place` to the last has to come again before anything new does.
    fn expect(&mut self, place: u64) {
        self.expected = if place < self.next { Expected::Repeated(place) } else { Expected::Next };
    }

    fn known(&self, response: &ExecutePlanResponse) -> Option<u64> {
        match response.response_id.is_empty() {
            true => None,
            false => self.place_of_id(self.hasher.hash_one(&response.response_id)),
        }
    }

    fn place_of_id(&self, hash: u64) -> Option<u64> {
        if self.order.len() > LINEAR_SEARCH_LIMIT {
            return self.places.get(&hash).copied();
        }
        // The last one stands right before the next.
        (0..self.next)
            .rev()
            .zip(self.order.iter().rev())
            .find(|(_, known)| **known == hash)
            .map(|(place, _)| place)
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
                self.places.extend(self.order.iter().copied().zip(0..self.next));
            }
            _ => _ = self.places.insert(hash, self.next - 1),
        }
        if self.order.len() > MAX_REMEMBERED_IDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.places.remove(&oldest);
        }
    }
}

/// What would be doubled if a response were handed on twice.
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

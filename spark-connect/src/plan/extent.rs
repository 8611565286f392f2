//! The depth and size of a part of a plan, its session, and its first mistake.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::Misread;
use crate::sql::SqlError;

/// The maximum levels of a plan, expressions included. Sail's stack bears some two hundred, Spark's parser of messages
/// five hundred, and Spark's analyser a hundred of some kinds.
pub(super) const MAX_DEPTH: u32 = 150;

/// The maximum filters on one path that stay apart beside those levels, although they could be sent as one: a server finds
/// cached rows again, and columns that a frame has dropped, only where each filter is sent as it was built.
const MAX_FILTERS: u32 = 32;

/// The maximum levels and filters that stay apart, together. Spark's analyser was seen to resolve 60, and to give up at
/// 100. [`MAX_DEPTH`] counts expressions as levels; Spark's analyser does not.
const MAX_APART: u32 = 60;

/// The maximum relations and expressions of a plan when it is written out. A frame that is used twice is sent twice.
pub(super) const MAX_PARTS: u32 = 1 << 18;

/// The facts that every part of a plan keeps about itself and the parts in it.
#[derive(Clone, Default)]
pub(super) struct Extent {
    pub(super) depth: u32,
    pub(super) parts: u32,
    /// The filters on one path that stay apart and are counted as no level.
    filters: u32,
    pub(super) effects: bool,
    /// Whether an expression calls a function that acts outside of the server.
    pub(super) acts: bool,
    pub(super) owner: Option<Owner>,
    origin: Option<Origin>,
    mistake: Option<PlanError>,
    /// What is in it that Spark before 4.0 takes for something else without an error.
    misread: Vec<Misread>,
    /// The first thing in it that Spark before 4.0 does not know, as the refusal there.
    newer: Option<PlanError>,
}

impl Extent {
    /// Of a part over others. One that `is_level` nests what is in it one level deeper.
    pub(super) fn over<'e>(parts: impl IntoIterator<Item = &'e Self>, is_level: bool) -> Self {
        let mut whole = Self { parts: 1, ..Self::default() };
        for part in parts {
            whole.depth = whole.depth.max(part.depth);
            whole.parts = whole.parts.saturating_add(part.parts);
            whole.filters = whole.filters.max(part.filters);
            whole.effects |= part.effects;
            whole.acts |= part.acts;
            whole.note(part.mistake.clone());
            whole.note_misread(part.misread.iter().copied());
            whole.note_newer(part.newer.clone());
            whole.belong_as(part);
        }
        whole.depth = whole.depth.saturating_add(u32::from(is_level));
        if whole.depth > MAX_DEPTH {
            whole.note(Some(PlanError::new(format!(
                "the plan nests more than {MAX_DEPTH} levels deep, which servers do not survive: give several columns \
                 to one `with_columns` or `select`, read several files by one `load([path, path])`, unite frames in \
                 pairs and then the pairs, or store intermediate rows with `checkpoint` or in a table"
            ))));
        }
        if whole.parts > MAX_PARTS {
            whole.note(Some(PlanError::new(format!(
                "the plan has more than {MAX_PARTS} relations and expressions when it is written out, since a frame \
                 that is used twice is sent twice: store frames that are used often with `checkpoint` or in a table"
            ))));
        }
        whole
    }

    /// Keeps the first mistake.
    pub(super) fn note(&mut self, mistake: Option<PlanError>) {
        if self.mistake.is_none() {
            self.mistake = mistake;
        }
    }

    /// Keeps what Spark before 4.0 would misread, each once.
    pub(super) fn note_misread(&mut self, parts: impl IntoIterator<Item = Misread>) {
        for part in parts {
            if !self.misread.contains(&part) {
                self.misread.push(part);
            }
        }
    }

    pub(super) fn misread(&self) -> &[Misread] {
        &self.misread
    }

    /// Keeps the first thing that Spark before 4.0 does not know.
    pub(super) fn note_newer(&mut self, refusal: Option<PlanError>) {
        if self.newer.is_none() {
            self.newer = refusal;
        }
    }

    pub(super) fn newer(&self) -> Option<&PlanError> {
        self.newer.as_ref()
    }

    /// Keeps a filter that could be sent as one with its input apart from it, if there is room. What is below it decides
    /// that alone, so that a frame is sent inside of another as it is sent by itself, unless columns of the other
    /// name a filter in it, or the other nests too deep.
    pub(super) fn try_keep_filter_apart(&mut self) -> bool {
        let has_room = self.filters < MAX_FILTERS && self.depth.saturating_add(self.filters) < MAX_APART;
        self.filters += u32::from(has_room);
        has_room
    }

    /// Sets the origin and the session that it belongs to.
    pub(super) fn belong(&mut self, origin: Option<Origin>, owner: Option<Owner>) {
        self.belong_as(&Self { origin, owner, ..Self::default() });
    }

    /// Takes on the origin and the session of `other`.
    pub(super) fn belong_as(&mut self, other: &Self) {
        let is_one_session = match (&self.owner, &other.owner) {
            (Some(own), Some(owner)) if own.key == owner.key => true,
            (Some(_), Some(_)) => {
                return self.note(Some(PlanError::new(
                    "frames of two sessions are in one plan, and neither session knows what is in the other: make both \
                     with the same session",
                )));
            }
            _ => false,
        };
        let is_one_origin = is_one_session || self.origin.is_none() || other.origin.is_none();
        if !is_one_origin && self.origin != other.origin {
            return self.note(Some(PlanError::new(
                "frames of two drivers, or of a driver and a session of another, are in one plan, or one driver is to \
                 run the frame of another, which may be two servers: make all of it with the same driver",
            )));
        }
        self.owner = self.owner.take().or_else(|| other.owner.clone());
        self.origin = self.origin.or(other.origin);
    }

    pub(super) fn is_refused(&self) -> bool {
        self.mistake.is_some()
    }

    pub(super) fn check(&self) -> Result<(), PlanError> {
        self.mistake.clone().map_or(Ok(()), Err)
    }
}

/// The maker of a part of a plan, and so which server it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A pool, by a number that no other has.
    Pool(u64),
    /// A session that is of no pool, by its key.
    Session(usize),
}

/// The session that a part of a plan belongs to, and what keeps it. A plan does nothing with it.
#[derive(Clone)]
pub(crate) struct Owner {
    key: usize,
    kept: Arc<dyn Any + Send + Sync>,
}

impl Owner {
    /// Owners with the same key are the same session.
    pub(crate) fn new(key: usize, kept: Arc<dyn Any + Send + Sync>) -> Self {
        Self { key, kept }
    }

    pub(crate) fn kept(&self) -> &(dyn Any + Send + Sync) {
        &*self.kept
    }
}

/// The mistake in a plan that was built. It names methods and arguments, and holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanError(Arc<str>);

impl PlanError {
    pub(crate) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self(message.into().into())
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PlanError {}

impl From<SqlError> for PlanError {
    fn from(error: SqlError) -> Self {
        match std::error::Error::source(&error) {
            Some(source) => Self::new(format!("{error}: {source}")),
            None => Self::new(error.to_string()),
        }
    }
}

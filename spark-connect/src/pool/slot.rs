//! One slot, with the item in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::idle::Idle;
use super::slots::SlotsInner;
use super::wait::WaitBudget;
use crate::error::Result;

/// The item goes to the next borrower.
const KEEP: u8 = 0;
/// The item is retired.
const RETIRE: u8 = 1;
/// The item is lost.
const DISCARD: u8 = 2;

/// A borrowed item, with the slot that it occupies. Dropping it gives both back, once.
pub(crate) struct Slot<S: Send + 'static> {
    item: Option<S>,
    opened: Instant,
    /// The fate of the item when the slot comes back.
    fate: AtomicU8,
    pub(super) shared: Arc<SlotsInner<S>>,
    permit: Option<OwnedSemaphorePermit>,
}

impl<S: Send + 'static> Slot<S> {
    pub(super) fn empty(shared: Arc<SlotsInner<S>>, permit: OwnedSemaphorePermit) -> Self {
        shared.in_use.fetch_add(1, Ordering::AcqRel);
        Self { item: None, opened: Instant::now(), fate: AtomicU8::new(KEEP), shared, permit: Some(permit) }
    }

    pub(super) fn filled_from_idle(mut self) -> Result<Self, Self> {
        match self.shared.take_idle() {
            Some(idle) => {
                self.item = Some(idle.item);
                self.opened = idle.opened;
                Ok(self)
            }
            None => Err(self),
        }
    }

    pub(super) async fn filled_by_opening(mut self, budget: WaitBudget) -> Result<Self> {
        self.item = Some(self.shared.lifecycle.open(budget).await?);
        self.opened = Instant::now();
        Ok(self)
    }

    /// The slot without its item, which is lost.
    pub(super) fn emptied(mut self) -> Self {
        if let Some(item) = self.item.take() {
            self.shared.lifecycle.discard(item);
        }
        self
    }

    /// The borrowed item.
    pub(crate) fn item(&self) -> Option<&S> {
        self.item.as_ref()
    }

    /// When the borrowed item was opened.
    pub(super) fn opened(&self) -> Instant {
        self.opened
    }

    /// Has the item retired instead of handed to the next borrower.
    pub(crate) fn taint(&self) {
        self.fate.fetch_max(RETIRE, Ordering::AcqRel);
    }

    /// Has the item, which is lost already, dropped.
    pub(crate) fn discard(&self) {
        self.fate.fetch_max(DISCARD, Ordering::AcqRel);
    }
}

impl<S: Send + 'static> Drop for Slot<S> {
    fn drop(&mut self) {
        let shared = &self.shared;
        shared.in_use.fetch_sub(1, Ordering::AcqRel);
        let surplus = shared
            .surplus
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |surplus| surplus.checked_sub(1));
        if let Some(item) = self.item.take() {
            match *self.fate.get_mut() {
                DISCARD => shared.lifecycle.discard(item),
                KEEP if surplus.is_err() && !shared.permits.is_closed() => {
                    shared.keep(Idle { item, opened: self.opened, since: Instant::now() });
                }
                _ => shared.lifecycle.retire(item),
            }
        }
        shared.tell_status();
        // Last, so that whoever waits for the slot finds the item idle.
        if let Some(permit) = self.permit.take()
            && surplus.is_ok()
        {
            permit.forget();
        }
    }
}

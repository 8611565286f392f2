//! Rules about ends that are not the result's own: a timeout, a drop, a closed driver.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{Instant, timeout as within};

use super::results::{all, same_rows};
use super::{Check, Fault, HEAD_START, Subject};
use crate::driver::{BatchStream, Driver};
use crate::error::ErrorKind;
use crate::source::Read;

/// The timeout that is asked for.
pub(super) const TIMEOUT: Duration = Duration::from_millis(300);

pub(super) async fn timeout(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let begun = Instant::now();
    let reading = all(driver, subject.endless().timeout(TIMEOUT));
    let Ok(ended) = within(TIMEOUT.saturating_add(subject.promptness()), reading).await else {
        return Fault::broken(format!("with a timeout of {TIMEOUT:?} it was still running much later"));
    };
    match ended {
        Ok(_) => return Fault::broken("the endless query ended without an error"),
        Err(error) if error.kind() != ErrorKind::Timeout => {
            return Fault::broken(format!("the error has the kind {:?}: {error}", error.kind()));
        }
        Err(_) if begun.elapsed() < TIMEOUT => {
            return Fault::broken(format!("it ended after {:?}, before its timeout", begun.elapsed()));
        }
        Err(_) => {}
    }
    serves(subject, driver).await
}

pub(super) async fn dropped_result(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let mut batches = driver.read(Read::all(subject.large().0));
    match batches.next().await {
        Some(batch) => drop(batch?),
        None => return Fault::broken("the large result has no batch"),
    }
    drop(batches);
    serves(subject, driver).await
}

pub(super) async fn dropped_query(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    drop(running(subject, driver).await?);
    serves(subject, driver).await
}

pub(super) async fn closed(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    driver.close().await?;
    match all(driver, subject.small().source).await {
        Err(error) if error.kind() == ErrorKind::Closed => {}
        Err(error) => return Fault::broken(format!("the error has the kind {:?}: {error}", error.kind())),
        Ok(_) => return Fault::broken("a query ran on the closed driver"),
    }
    match driver.close().await {
        Ok(()) => Ok(()),
        Err(error) => Fault::broken(format!("closing it a second time failed: {error}")),
    }
}

pub(super) async fn closing(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let mut batches = running(subject, driver).await?;
    let bound = subject.close_bound();
    match within(bound, driver.close()).await {
        Ok(closed) => closed?,
        Err(_) => return Fault::broken(format!("closing did not end within {bound:?} while a query ran")),
    }
    match within(subject.promptness(), batches.next()).await {
        Ok(Some(Err(_))) => Ok(()),
        Ok(Some(Ok(_))) => Fault::broken("the query gave a batch after the driver was closed"),
        Ok(None) => Fault::broken("the query that was stopped looks complete"),
        Err(_) => Fault::broken("the query was still running after the driver was closed"),
    }
}

/// The endless query, under way.
async fn running(subject: &dyn Subject, driver: &dyn Driver) -> Result<BatchStream, Fault> {
    let mut batches = driver.read(Read::all(subject.endless()));
    match within(HEAD_START, batches.next()).await {
        Err(_) => Ok(batches),
        Ok(Some(Err(error))) => Err(error.into()),
        Ok(_) => Fault::broken("the endless query gave something at once"),
    }
}

/// The only slot of the driver is free: the next query is served, and soon.
pub(super) async fn serves(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let known = subject.small();
    match within(subject.promptness(), all(driver, known.source)).await {
        Ok(Ok(batches)) => same_rows(&batches, &known.rows),
        Ok(Err(error)) => Fault::broken(format!("the next query failed: {error}")),
        Err(_) => Fault::broken(format!("the next query was still waiting after {:?}", subject.promptness())),
    }
}

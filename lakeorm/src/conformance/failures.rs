//! Rules about failures.

use futures_util::StreamExt;

use super::results::all;
use super::{Check, Fault, Subject};
use crate::driver::Driver;
use crate::error::ErrorKind;
use crate::source::{Read, Source};

pub(super) async fn ends(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let mut batches = driver.read(Read::all(subject.failing()));
    loop {
        match batches.next().await {
            Some(Ok(_)) => {}
            Some(Err(_)) => break,
            None => return Fault::broken("the failing query ended without an error"),
        }
    }
    match batches.next().await {
        None => Ok(()),
        Some(Ok(_)) => Fault::broken("a batch came after the error"),
        Some(Err(_)) => Fault::broken("another error came after the error"),
    }
}

pub(super) async fn kinds(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    fails_as(driver, "the failing query", subject.failing(), ErrorKind::Server).await?;
    let unmarked = subject.small().source.bind(7_i64);
    fails_as(driver, "a value that no marker takes", unmarked, ErrorKind::InvalidStatement).await?;
    for failure in subject.failures() {
        let driver = failure.driver.as_deref().unwrap_or(driver);
        fails_as(driver, &failure.what, failure.source, failure.kind).await?;
    }
    Ok(())
}

async fn fails_as(driver: &dyn Driver, what: &str, source: Source, kind: ErrorKind) -> Check {
    match all(driver, source).await {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => {
            Fault::broken(format!("{what} has the kind {:?} and not {kind:?}: {error}", error.kind()))
        }
        Ok(_) => Fault::broken(format!("{what} ended without an error")),
    }
}

//! Rules about failures.

use futures_util::StreamExt;

use super::results::all;
use super::statements::fails_as;
use super::{Check, Fault, Subject};
use crate::driver::Driver;
use crate::error::ErrorKind;
use crate::source::Read;

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
    fails_as("the failing query", all(driver, subject.failing()).await, ErrorKind::Server)?;
    let unmarked = subject.small().source.bind(7_i64);
    fails_as("a value that no marker takes", all(driver, unmarked).await, ErrorKind::InvalidStatement)?;
    for failure in subject.failures() {
        let driver = failure.driver.as_deref().unwrap_or(driver);
        fails_as(&failure.what, all(driver, failure.source).await, failure.kind)?;
    }
    Ok(())
}

pub(super) async fn missing_table(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let without = || Fault::NotChecked("the subject has no query of a table that is not there".to_owned());
    let missing = subject.missing_table().ok_or_else(without)?;
    match all(driver, missing).await {
        Err(error) if error.is_table_not_found() => Ok(()),
        Err(error) => {
            Fault::broken(format!("`is_table_not_found` does not hold (see `Error::with_server`): {error}"))
        }
        Ok(_) => Fault::broken("the query of the table that is not there ended without an error"),
    }
}

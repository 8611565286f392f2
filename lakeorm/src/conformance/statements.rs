//! Rules about statements that are executed, and about what a driver says that it can.

use futures_core::future::BoxFuture;
use spark_connect::Outcome;
use tokio::time::{Instant, sleep, timeout as within};

use super::endings::{TIMEOUT, serves};
use super::results::{effect_of, has_run};
use super::{Check, Fault, HEAD_START, Subject};
use crate::command::Command;
use crate::driver::{Capability, Driver};
use crate::error::{Error, ErrorKind, Result};
use crate::source::Source;

pub(super) async fn capable(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let listed = driver.capabilities().await?;
    let executed = driver.exec(command(subject.failing())?).await;
    agrees(driver, Capability::Exec, listed.has(Capability::Exec), executed.err())?;
    let pinged = driver.ping().await;
    if let (true, Err(error)) = (listed.has(Capability::Ping), &pinged) {
        return Fault::broken(format!("ping failed: {error}"));
    }
    agrees(driver, Capability::Ping, listed.has(Capability::Ping), pinged.err())
}

/// A listed capability is not refused as unsupported; another one is, by an error that names it and the driver.
pub(super) fn agrees(
    driver: &dyn Driver,
    capability: Capability,
    listed: bool,
    error: Option<Error>,
) -> Check {
    let unsupported = error.filter(|error| error.kind() == ErrorKind::Unsupported);
    match (listed, unsupported) {
        (true, None) => Ok(()),
        (true, Some(error)) => Fault::broken(format!("{capability} is listed and refused: {error}")),
        (false, None) => Fault::broken(format!("{capability} is not listed and not refused as unsupported")),
        (false, Some(error)) => {
            let text = error.to_string();
            let names_both = text.contains(driver.name()) && text.contains(capability.name());
            match names_both {
                true => Ok(()),
                false => {
                    Fault::broken(format!("the error does not name the driver and {capability}: {text}"))
                }
            }
        }
    }
}

pub(super) async fn lazy(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let effect = effect_with_exec(subject, driver).await?;
    let before = subject.effects().await?;
    let unpolled = driver.exec(effect);
    sleep(HEAD_START).await;
    drop(unpolled);
    has_run(subject, before, 0).await
}

pub(super) async fn once(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let effect = effect_with_exec(subject, driver).await?;
    let before = subject.effects().await?;
    driver.exec(effect).await?;
    has_run(subject, before, 1).await
}

pub(super) async fn kinds(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    executes(driver).await?;
    let failing = command(subject.failing())?;
    fails_as("the failing statement", driver.exec(failing).await, ErrorKind::Server)?;
    for failure in subject.failing_statements() {
        let driver = failure.driver.as_deref().unwrap_or(driver);
        fails_as(&failure.what, driver.exec(command(failure.source)?).await, failure.kind)?;
    }
    let effect = command(effect_of(subject)?)?.bind(7_i64);
    let before = subject.effects().await?;
    fails_as("a value that no marker takes", driver.exec(effect).await, ErrorKind::InvalidStatement)?;
    has_run(subject, before, 0).await
}

pub(super) async fn timeout(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    executes(driver).await?;
    let begun = Instant::now();
    let executing = driver.exec(command(subject.endless())?.with_timeout(TIMEOUT));
    let Ok(ended) = within(TIMEOUT.saturating_add(subject.promptness()), executing).await else {
        return Fault::broken(format!("with a timeout of {TIMEOUT:?} it was still running much later"));
    };
    fails_as("the endless statement", ended, ErrorKind::Timeout)?;
    if begun.elapsed() < TIMEOUT {
        return Fault::broken(format!("it ended after {:?}, before its timeout", begun.elapsed()));
    }
    serves(subject, driver).await
}

pub(super) async fn dropped(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    executes(driver).await?;
    drop(running(subject, driver).await?);
    serves(subject, driver).await
}

pub(super) async fn closed(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    let effect = effect_with_exec(subject, driver).await?;
    let pings = driver.capabilities().await?.has(Capability::Ping);
    let before = subject.effects().await?;
    driver.close().await?;
    fails_as("a statement on the closed driver", driver.exec(effect).await, ErrorKind::Closed)?;
    if pings {
        fails_as("a ping of the closed driver", driver.ping().await, ErrorKind::Closed)?;
    }
    has_run(subject, before, 0).await
}

pub(super) async fn closing(subject: &dyn Subject, driver: &dyn Driver) -> Check {
    executes(driver).await?;
    let executing = running(subject, driver).await?;
    let bound = subject.close_bound();
    match within(bound, driver.close()).await {
        Ok(closed) => closed?,
        Err(_) => {
            return Fault::broken(format!("closing did not end within {bound:?} while a statement ran"));
        }
    }
    match within(subject.promptness(), executing).await {
        Ok(Err(_)) => Ok(()),
        Ok(Ok(_)) => Fault::broken("the statement that was stopped looks complete"),
        Err(_) => Fault::broken("the statement was still running after the driver was closed"),
    }
}

/// The endless statement, under way.
async fn running<'d>(
    subject: &dyn Subject,
    driver: &'d dyn Driver,
) -> Result<BoxFuture<'d, Result<Outcome>>, Fault> {
    let mut executing = driver.exec(command(subject.endless())?);
    match within(HEAD_START, &mut executing).await {
        Err(_) => Ok(executing),
        Ok(Err(error)) => Err(error.into()),
        Ok(Ok(_)) => Fault::broken("the endless statement ended at once"),
    }
}

async fn executes(driver: &dyn Driver) -> Check {
    match driver.capabilities().await?.has(Capability::Exec) {
        true => Ok(()),
        false => Err(Fault::NotChecked("the driver executes no statements".to_owned())),
    }
}

async fn effect_with_exec(subject: &dyn Subject, driver: &dyn Driver) -> Result<Command, Fault> {
    executes(driver).await?;
    command(effect_of(subject)?)
}

/// The statement of `source`, to be executed instead of read.
pub(super) fn command(source: Source) -> Result<Command, Fault> {
    match Command::of(source) {
        Some(command) => Ok(command),
        None => Err(Fault::NotChecked("the subject gives a table where SQL is executed".to_owned())),
    }
}

pub(super) fn fails_as<T>(what: &str, ended: Result<T>, kind: ErrorKind) -> Check {
    match ended {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => {
            Fault::broken(format!("{what} has the kind {:?} and not {kind:?}: {error}", error.kind()))
        }
        Ok(_) => Fault::broken(format!("{what} ended without an error")),
    }
}

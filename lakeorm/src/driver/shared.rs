//! A pointer to a driver is a driver.

use std::sync::Arc;

use futures_core::future::BoxFuture;
use spark_connect::Outcome;

use super::{BatchStream, Capabilities, Driver, Execution, ExecutionPlan, PoolStatus, TableSupport};
use crate::command::Command;
use crate::error::Result;
use crate::source::Read;

macro_rules! driver_behind {
    ($($pointer:ident),*) => {$(
        impl<D: Driver + ?Sized> Driver for $pointer<D> {
            forward! {
                fn name(&self) -> &str;
                fn read(&self, read: Read) -> BatchStream;
                fn exec(&self, command: Command) -> BoxFuture<'_, Result<Outcome>>;
                fn execute(&self, plan: ExecutionPlan) -> BoxFuture<'_, Result<Execution<'_>>>;
                fn lease(&self) -> BoxFuture<'_, Result<Option<Arc<dyn Driver>>>>;
                fn takes_confs(&self) -> bool;
                fn table_support(&self) -> BoxFuture<'_, Result<TableSupport>>;
                fn capabilities(&self) -> BoxFuture<'_, Result<Capabilities>>;
                fn ping(&self) -> BoxFuture<'_, Result<()>>;
                fn status(&self) -> PoolStatus;
                fn close(&self) -> BoxFuture<'_, Result<()>>;
            }
        }
    )*};
}

driver_behind!(Arc, Box);

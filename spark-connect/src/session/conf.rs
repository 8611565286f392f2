//! Session confs.

use std::collections::BTreeMap;

use super::Session;
use crate::error::status::Failure;
use crate::error::{Error, ErrorKind, Result};
use crate::proto::config_request::operation::OpType;
use crate::proto::{self, config_request};
use crate::rpc::PROBE_CONF;

impl Session {
    /// Sets confs of the session.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Server`] if the server refuses one: Spark names the key in the message parameters of the error
    ///   (`CANNOT_MODIFY_STATIC_CONFIG`, `INVALID_CONF_VALUE`).
    /// - The [errors of every call](ErrorKind#errors-of-every-call).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have set the confs.
    pub async fn set_confs<K: Into<String>, V: Into<String>>(
        &self,
        confs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        let op_type = self.noted(set(confs));
        self.config(&op_type).await?;
        self.note_taken(&op_type);
        // A session that was not opened has something to lose from here on.
        if self.rpc.profile().recreates_lost_sessions() {
            self.rpc.retrying(|| self.rpc.place_sentinel()).await?;
        }
        Ok(())
    }

    /// The values of those `keys` that are set or have a default.
    ///
    /// Values are display text, and servers write the same conf differently (`128MB`, `134217728b`).
    ///
    /// # Errors
    ///
    /// The [errors of every call](ErrorKind#errors-of-every-call). A key that the server does not know is not an error.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn confs<K: Into<String>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<BTreeMap<String, String>> {
        let keys = keys.into_iter().map(Into::into).collect();
        let response = self.config(&OpType::GetOption(config_request::GetOption { keys })).await?;
        Ok(response.pairs.into_iter().filter_map(|pair| Some((pair.key, pair.value?))).collect())
    }

    /// Resets confs of the session to what they are in a new one.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Server`] if the server refuses one.
    /// - The [errors of every call](ErrorKind#errors-of-every-call).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have reset the confs.
    pub async fn unset_confs<K: Into<String>>(&self, keys: impl IntoIterator<Item = K>) -> Result<()> {
        let keys: Vec<String> = keys.into_iter().map(Into::into).collect();
        // The value in a new session is not known here.
        keys.iter().for_each(|key| self.binding.note_conf(key, None));
        self.config(&OpType::Unset(config_request::Unset { keys })).await?;
        Ok(())
    }

    /// Makes the first call of the session: sets `confs`, and finds out whether a Spark Connect server answers.
    ///
    /// Until a Spark Connect server has answered on the channel, there is only one attempt, so that a wrong address
    /// shows at once. After that the address is known to be right, and opening a session is safe to repeat: if a
    /// connection has died or a server restarts, the call is retried.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Connect`] if nothing answers, or not in Spark Connect.
    /// - [`ErrorKind::Unauthenticated`] if the token is refused.
    /// - [`ErrorKind::Server`] if a conf is refused.
    /// - The [errors of every call](ErrorKind#errors-of-every-call), as [`ErrorKind::Timeout`] where a connection takes
    ///   too long and [`ErrorKind::ClusterNotReady`] while the cluster is being started.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have made the session.
    pub async fn open(&self, confs: &BTreeMap<String, String>) -> Result<()> {
        if self.channel().has_answered() {
            return self.rpc.retrying(|| self.try_open(confs)).await;
        }
        self.try_open(confs).await.map_err(|failure| self.no_server(failure.error))
    }

    /// One attempt, without a judgement about the address.
    pub(crate) async fn try_open(&self, confs: &BTreeMap<String, String>) -> Result<(), Failure> {
        let op_type = match confs.is_empty() {
            false => self.noted(set(confs.clone())),
            true => OpType::GetOption(config_request::GetOption { keys: vec![PROBE_CONF.to_owned()] }),
        };
        self.rpc.config(&op_type).await?;
        self.note_taken(&op_type);
        if self.rpc.profile().recreates_lost_sessions() {
            self.rpc.place_sentinel().await?;
        }
        Ok(())
    }

    /// On the first call of a channel a broken connection, or an answer that is none, says something about the address.
    pub(crate) fn no_server(&self, error: Error) -> Error {
        match error.kind() {
            // A gateway or a server that starts may be behind it, and the text says which.
            ErrorKind::Unavailable => error
                .with_context("no Spark Connect server has answered yet (check host and port)")
                .seen_as(ErrorKind::Connect),
            ErrorKind::Unsupported | ErrorKind::Protocol => {
                let authority = self.channel().authority();
                let message =
                    format!("what answers at {authority} does not speak Spark Connect: check host and port");
                Error::new(ErrorKind::Connect, message).with_source(error)
            }
            _ => error,
        }
    }

    /// The request to set confs, of which each may have been set from here on, and none is known to be.
    fn noted(&self, confs: config_request::Set) -> OpType {
        confs.pairs.iter().for_each(|conf| self.binding.note_conf(&conf.key, None));
        OpType::Set(confs)
    }

    /// Takes note of confs that the server has set.
    fn note_taken(&self, op_type: &OpType) {
        if let OpType::Set(confs) = op_type {
            confs.pairs.iter().for_each(|conf| self.binding.note_conf(&conf.key, conf.value.as_deref()));
        }
    }

    /// Makes a short call that changes nothing.
    pub(crate) async fn probe(&self) -> Result<()> {
        self.confs([PROBE_CONF]).await.map(drop)
    }

    async fn config(&self, op_type: &OpType) -> Result<proto::ConfigResponse> {
        self.rpc.retrying(|| self.rpc.config(op_type)).await
    }
}

fn set<K: Into<String>, V: Into<String>>(confs: impl IntoIterator<Item = (K, V)>) -> config_request::Set {
    let pair = |(key, value): (K, V)| proto::KeyValue { key: key.into(), value: Some(value.into()) };
    config_request::Set { pairs: confs.into_iter().map(pair).collect(), silent: None }
}

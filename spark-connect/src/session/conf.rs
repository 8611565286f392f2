//! Session confs.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Session;
use crate::error::status::Failure;
use crate::error::{Error, ErrorKind, Result, ServerError};
use crate::proto::KeyValue;
use crate::rpc::PROBE_CONF;

impl Session {
    /// Sets confs of the session.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Server`] if the server refuses one: Spark names the key in the message parameters of the error
    ///   (`CANNOT_MODIFY_STATIC_CONFIG`, `INVALID_CONF_VALUE`). The values are left out of it.
    /// - The [errors of every call](ErrorKind#errors-of-every-call).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have set the confs.
    pub async fn set_confs<K: Into<String>, V: Into<String>>(
        &self,
        confs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        let pairs = pairs(confs);
        self.note_possible(&pairs);
        let set = self.rpc.retrying(|| self.rpc.set_confs(&pairs)).await;
        let sent = pairs.iter().filter_map(|pair| Some((pair.key.as_str(), pair.value.as_deref()?)));
        set.map_err(|error| without(error, sent))?;
        self.note_taken(&pairs);
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
        let keys: Vec<String> = keys.into_iter().map(Into::into).collect();
        let pairs = self.rpc.retrying(|| self.rpc.confs(keys.clone())).await?;
        Ok(pairs.into_iter().filter_map(|pair| Some((pair.key, pair.value?))).collect())
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
        keys.iter().for_each(|key| self.note_conf(key, None));
        self.rpc.retrying(|| self.rpc.unset(keys.clone())).await
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
        let opened = match self.channel().has_answered() {
            true => self.rpc.retrying(|| self.try_open(confs)).await,
            false => self.try_open(confs).await.map_err(|failure| self.no_server(failure.error)),
        };
        let sent = confs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        opened.map_err(|error| without(error, sent))
    }

    /// One attempt, without a judgement about the address.
    pub(crate) async fn try_open(&self, confs: &BTreeMap<String, String>) -> Result<(), Failure> {
        if confs.is_empty() {
            self.rpc.confs(vec![PROBE_CONF.to_owned()]).await?;
            // Until here there was nothing to lose.
            return self.rpc.check_sentinel().await;
        }
        let pairs = pairs(confs.clone());
        self.note_possible(&pairs);
        self.rpc.set_confs(&pairs).await?;
        self.note_taken(&pairs);
        Ok(())
    }

    /// The error of a call that opens a session, or looks for it, and was not answered within `timeout`. Such a call may be
    /// repeated, so this is as good as no connection.
    pub(crate) fn no_answer(&self, timeout: Duration) -> Error {
        let authority = self.channel().authority();
        Error::unreached(format!(
            "no Spark Connect server answered at {authority} within {timeout:?} (`connect_timeout`)"
        ))
    }

    /// On the first call of a channel a broken connection, or an answer that is none, says something about the address.
    pub(crate) fn no_server(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Unavailable if error.server().is_some_and(ServerError::is_throttled) => error,
            // A gateway or a server that starts may be behind it, and the text says which.
            ErrorKind::Unavailable => error
                .with_context("no Spark Connect server has answered yet (check host and port)")
                .seen_as(ErrorKind::Connect),
            ErrorKind::Unsupported | ErrorKind::Protocol => {
                let authority = self.channel().authority();
                let message =
                    format!("what answers at {authority} does not speak Spark Connect: check host and port");
                Error::new(ErrorKind::Connect, message).with_source(error).not_repeatable()
            }
            _ => error,
        }
    }

    /// Takes note of confs of which each may be set from here on, and none is known to be.
    fn note_possible(&self, confs: &[KeyValue]) {
        confs.iter().for_each(|conf| self.note_conf(&conf.key, None));
    }

    /// Takes note of confs that the server has set.
    fn note_taken(&self, confs: &[KeyValue]) {
        confs.iter().for_each(|conf| self.note_conf(&conf.key, conf.value.as_deref()));
    }

    /// Makes a short call that changes nothing.
    pub(crate) async fn probe(&self) -> Result<()> {
        self.confs([PROBE_CONF]).await.map(drop)
    }
}

/// The error without the values of confs: one may be a secret, and a server repeats the one that it refuses.
fn without<'c>(error: Error, confs: impl Iterator<Item = (&'c str, &'c str)>) -> Error {
    match error.kind() {
        // Nothing was sent, and a value is vast.
        ErrorKind::TooLarge => error,
        _ => error.redacting_confs(confs),
    }
}

fn pairs<K: Into<String>, V: Into<String>>(confs: impl IntoIterator<Item = (K, V)>) -> Vec<KeyValue> {
    let pair = |(key, value): (K, V)| KeyValue { key: key.into(), value: Some(value.into()) };
    confs.into_iter().map(pair).collect()
}

//! What breaks on the way to a real server: the connection, the session, the time that the caller allows.

mod abandoned;
mod ended;
mod large;
mod network;
mod sessions;
mod stopping;

//! What breaks on the way to a real server: the connection, the session, the patience of the caller.

mod abandoned;
mod ended;
mod large;
mod network;
mod sessions;
mod stopping;
mod storms;

//! What a log may have of an error.

use std::error::Error as _;

/// Everything that is printed of an error and of those below it, with what its server said.
pub fn printed(error: &lakeorm::Error) -> String {
    let mut told = format!("{error} {error:?} {:?}", error.message_parameters());
    error.query_contexts().iter().for_each(|context| told.push_str(&context.fragment));
    let mut next = error.source();
    while let Some(source) = next {
        told.push_str(&format!(" {source} {source:?}"));
        next = source.source();
    }
    if let Some(server) = error.server() {
        told.push_str(&format!(" {} {:?}", server.message(), server.causes()));
    }
    told
}

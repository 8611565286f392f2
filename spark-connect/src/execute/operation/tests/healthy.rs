//! Streams that served for long: their end is the first failure again.

use super::*;

const HEALTHY: Duration = Duration::from_secs(10);

/// What becomes of a result whose streams break one after the other, each after so long and behind these responses, of
/// which none is one of the result.
async fn breaking(
    streams: usize,
    open_for: Duration,
    told: impl Fn(usize) -> Vec<ExecutePlanResponse>,
    way: fn() -> Failure,
) -> (Result<Vec<String>>, usize) {
    let broken = |number| Ok(told(number).into_iter().map(Ok).chain([Err(way())]).collect());
    let answers = (0..streams).map(broken).chain([rest(0, 1)]).collect();
    let (mut query, log) = operation(ReadOnly, answers);
    let script = Arc::get_mut(&mut query.rpc).unwrap();
    (script.profile, script.slow) = (own(), open_for);
    let ended = ids(query).await;
    (ended, log.sleeps())
}

fn heard(number: usize) -> Vec<ExecutePlanResponse> {
    vec![progress(&format!("p{number}"))]
}

fn unheard(_: usize) -> Vec<ExecutePlanResponse> {
    Vec::new()
}

fn lost() -> Failure {
    failure(Remedy::Retry)
}

fn away() -> Failure {
    failure(Remedy::ReattachBriefly)
}

/// The ids of what arrived but for those of progress.
fn rows(ids: Vec<String>) -> Vec<String> {
    ids.into_iter().filter(|id| !id.starts_with('p')).collect()
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_served_for_ten_seconds_renews_the_retries_and_the_waits_for_a_router() {
    for way in [lost as fn() -> Failure, away] {
        let (ended, waits) = breaking(40, HEALTHY, heard, way).await;
        assert_eq!((rows(ended.unwrap()), waits), (vec!["r0".to_owned()], 40));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_broke_sooner_or_brought_nothing_renews_neither() {
    for (way, retries) in [(lost as fn() -> Failure, 15), (away, 8)] {
        let sooner = HEALTHY - Duration::from_millis(10);
        let (ended, waits) = breaking(retries + 1, sooner, heard, way).await;
        assert_eq!((ended.unwrap_err().kind(), waits), (ErrorKind::Unavailable, retries));
        let (ended, waits) = breaking(retries + 1, HEALTHY, unheard, way).await;
        assert_eq!((ended.unwrap_err().kind(), waits), (ErrorKind::Unavailable, retries));
    }
}

/// The server took the token of a stream that it kept open.
#[tokio::test(start_paused = true)]
async fn after_a_stream_of_ten_seconds_another_token_may_be_refused_anew() {
    let ended = || {
        let server = ServerError { message: "the token has expired".into(), ..Default::default() };
        let error = Error::new(ErrorKind::Unauthenticated, "refused").with_server(server);
        Failure { remedy: Remedy::Retry, ..Failure::fatal(error) }
    };
    for (open_for, is_tried_again) in [(HEALTHY, true), (HEALTHY - Duration::from_millis(10), false)] {
        let (ended, waits) = breaking(3, open_for, unheard, ended).await;
        assert_eq!(ended.map_err(|error| error.kind()).is_ok(), is_tried_again, "{open_for:?}");
        assert_eq!(waits, if is_tried_again { 3 } else { 1 });
    }
}

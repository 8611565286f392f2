//! TLS: whom the client trusts, what it shows, and an error that says what to change.

use std::time::{Duration, Instant};

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query};
use lakeorm_tests::fake::{Fake, execute};
use lakeorm_tests::tls::{Authority, Front, Identity, TlsFront, Valid};
use lakeorm_tests::trace::Trace;
use spark_connect::{Channel, Error, ErrorKind, Session, Tls};

use crate::setup::{all, counted, every_text, numbers, select, soon};

const CA: &str = "give its CA with `Tls::ca`";

/// A fake server that no TLS front stands before yet.
async fn fake() -> Fake {
    Fake::start([execute().answer([numbers(0..3)])]).await
}

async fn before(fake: &Fake, front: Front<'_>) -> TlsFront {
    TlsFront::start(fake.authority().parse().unwrap(), front).await
}

fn session(front: &TlsFront, tls: Tls) -> Session {
    let remote = format!("sc://{}/;use_ssl=true", front.address());
    Session::new(&Channel::builder(remote.parse().unwrap()).tls(tls).build().unwrap())
}

/// A certificate for the address that the tests use.
fn local(authority: &Authority) -> Identity {
    authority.issue(&["127.0.0.1", "localhost"], Valid::Now)
}

fn trusting(authority: &Authority) -> Tls {
    Tls::new().ca(authority.pem()).system_roots(false)
}

async fn works(session: &Session) {
    assert_eq!(all(select(session)).await.unwrap(), counted(0..3));
}

/// What a call that would be tried again for minutes, and a query, say at once.
async fn refused(session: &Session) -> Error {
    let begun = Instant::now();
    let error = soon(session.confs(["a"])).await.unwrap_err();
    let of_a_query = all(select(session)).await.unwrap_err();
    let of_the_first = soon(session.open(&Default::default())).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    for error in [&error, &of_a_query, &of_the_first] {
        assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
    }
    assert!(!error.is_retryable() && !of_the_first.is_retryable(), "{error:?}");
    // The clock that an expired certificate is held against goes on between the calls.
    let words = |error: &Error| error.to_string().replace(|letter: char| letter.is_ascii_digit(), "");
    assert_eq!(words(&error), words(&of_the_first));
    assert!(words(&of_a_query).starts_with(&words(&error)), "{of_a_query}");
    error
}

#[tokio::test]
async fn a_server_of_an_authority_of_ones_own_is_reached() {
    let authority = Authority::new("ours");
    let identity = local(&authority);
    let another = Authority::new("another");
    for tls in [
        trusting(&authority),
        Tls::new().ca(authority.pem()),
        Tls::new().ca(another.pem()).ca(authority.pem()),
        Tls::new().ca(another.pem() + &authority.pem()).system_roots(false),
    ] {
        let fake = fake().await;
        let front = before(&fake, Front::showing(&identity)).await;
        let session = session(&front, tls);
        works(&session).await;
        assert_eq!(front.connections(), 1);
        assert_eq!(session.channel().breaks(), 0);
        fake.finish();
    }
}

#[tokio::test]
async fn a_driver_takes_the_same_options() {
    let authority = Authority::new("ours");
    let identity = local(&authority);
    let fake = fake().await;
    let front = before(&fake, Front::showing(&identity)).await;
    let remote = format!("sc://{}/;token=t", front.address());
    let drv = SparkDriver::builder(&remote).tls(trusting(&authority)).build().unwrap();
    let rows = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap();
    assert_eq!(rows, [(0,), (1,), (2,)]);
    let drv = SparkDriver::builder(&remote).build().unwrap();
    let error = soon(query::<(i64,)>(&Client::new(drv.clone()), drv.from_sql("SELECT 1"))).await.unwrap_err();
    assert_eq!(error.kind(), lakeorm::ErrorKind::Connect);
    assert!(every_text(&error).contains(CA), "{error:?}");
    fake.finish();
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_told() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let identity = local(&theirs);
    let fake = fake().await;
    let front = before(&fake, Front::showing(&identity)).await;
    let told = format!(
        "cannot connect to {0}: the certificate of {0} is not signed by a CA that this client trusts; {CA}",
        front.address()
    );
    for tls in [Tls::new(), trusting(&ours)] {
        let error = refused(&session(&front, tls)).await;
        assert!(error.to_string().starts_with(&told), "{error}");
    }
    fake.finish_anywhere();
}

#[tokio::test]
async fn a_certificate_for_another_name_is_told_with_the_names_it_has() {
    let authority = Authority::new("ours");
    let identity = authority.issue(&["spark.example.com", "*.lake.example.com", "10.0.0.7"], Valid::Now);
    let fake = fake().await;
    let front = before(&fake, Front::showing(&identity)).await;
    let error = refused(&session(&front, trusting(&authority))).await;
    let told = "is for spark.example.com, *.lake.example.com, 10.0.0.7 and not for 127.0.0.1; connect to one of its \
                names, or give one with `Tls::server_name`";
    assert!(error.to_string().contains(told), "{error}");
    for name in ["spark.example.com", "a.lake.example.com", "10.0.0.7"] {
        let session = session(&front, trusting(&authority).server_name(name));
        soon(session.confs(["a"])).await.unwrap();
    }
    fake.finish_anywhere();
}

#[tokio::test]
async fn a_certificate_out_of_its_time_is_told() {
    let authority = Authority::new("ours");
    for (valid, told) in [(Valid::Until2020, "has expired"), (Valid::From3000, "is not valid yet")] {
        let identity = authority.issue(&["127.0.0.1"], valid);
        let fake = fake().await;
        let front = before(&fake, Front::showing(&identity)).await;
        let error = refused(&session(&front, trusting(&authority))).await;
        let told = format!("the certificate of {} {told}", front.address());
        assert!(error.to_string().contains(&told), "{error}");
        fake.finish_anywhere();
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_and_a_missing_or_wrong_one_is_told() {
    let (servers, clients, strangers) =
        (Authority::new("servers"), Authority::new("clients"), Authority::new("strangers"));
    let identity = local(&servers);
    let known = clients.issue(&["me"], Valid::Now);
    let stranger = strangers.issue(&["me"], Valid::Now);
    let expired = clients.issue(&["me"], Valid::Until2020);
    for tls12 in [false, true] {
        let fake = fake().await;
        let front = before(&fake, Front { identity: &identity, clients: Some(&clients), tls12 }).await;
        let showing = |client: &Identity| {
            let tls = trusting(&servers);
            session(&front, tls.client_certificate(client.certificate.as_str(), client.key.as_str()))
        };
        works(&showing(&known)).await;

        let missing = refused(&session(&front, trusting(&servers))).await;
        assert!(missing.to_string().contains("give one with `Tls::client_certificate`"), "{missing}");
        for (client, alert) in [(&stranger, "UnknownCA"), (&expired, "CertificateExpired")] {
            let error = refused(&showing(client)).await;
            let told = format!("the server refuses the client certificate ({alert})");
            assert!(error.to_string().contains(&told), "{error}");
        }
        fake.finish_anywhere();
    }
}

#[tokio::test]
async fn a_server_without_tls_is_told_where_tls_is_wanted() {
    let fake = Fake::start([]).await;
    for (parameter, told) in
        [("token=s3cret", "so leave out `token`"), ("use_ssl=true", "leave out `use_ssl=true`")]
    {
        let remote = format!("sc://{}/;{parameter}", fake.authority());
        let session = Session::new(&Channel::builder(remote.parse().unwrap()).build().unwrap());
        let error = refused(&session).await;
        assert!(error.to_string().contains("the server does not speak TLS: "), "{error}");
        assert!(error.to_string().contains(told), "{error}");
    }
    assert!(fake.requests().is_empty());
    fake.finish();
}

#[tokio::test]
async fn a_server_that_speaks_tls_only_is_told_where_none_is_used() {
    let authority = Authority::new("ours");
    let identity = local(&authority);
    let fake = Fake::start([]).await;
    for tls12 in [false, true] {
        let front = before(&fake, Front { identity: &identity, clients: None, tls12 }).await;
        let remote = format!("sc://{}", front.address());
        let session = Session::new(&Channel::builder(remote.parse().unwrap()).build().unwrap());
        let error = refused(&session).await;
        let told = "the server speaks TLS only: add `use_ssl=true` to the connection string";
        assert!(error.to_string().contains(told), "{error}");
    }
    assert!(fake.requests().is_empty());
    fake.finish();
}

#[tokio::test]
async fn what_is_no_certificate_and_no_key_is_refused_before_anything_is_sent() {
    let authority = Authority::new("ours");
    let (one, two) = (local(&authority), local(&authority));
    let cases: [(Tls, &str); 7] = [
        (Tls::new().ca("nonsense"), "the CA holds no certificate in PEM"),
        (Tls::new().ca("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"), "the CA is not PEM"),
        (Tls::new().ca_file("no/such/file"), "the CA cannot be read from no/such/file"),
        (Tls::new().system_roots(false), "no certificate authority is trusted"),
        (
            trusting(&authority).client_certificate(one.certificate.as_str(), "s3cret"),
            "the client's key holds no private key",
        ),
        (
            trusting(&authority).client_certificate(one.certificate.as_str(), two.key.as_str()),
            "the client certificate and its key do not fit together",
        ),
        (trusting(&authority).server_name("a b"), "the server's name is not valid in a certificate"),
    ];
    for (tls, told) in cases {
        let remote = "sc://spark.example.com/;use_ssl=true".parse().unwrap();
        let error = Channel::builder(remote).tls(tls).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption);
        assert!(error.to_string().starts_with(&format!("TLS cannot be set up: {told}")), "{error}");
        assert!(!every_text(&error).contains("s3cret"), "{error:?}");
    }
}

#[tokio::test]
async fn certificates_for_a_channel_in_the_clear_are_refused_before_anything_is_sent() {
    let authority = Authority::new("ours");
    for keys in ["", "/;token=t", "/;use_ssl=false", "/;user_id=ada"] {
        let remote = format!("sc://localhost:15300{keys}").parse().unwrap();
        let error = Channel::builder(remote).tls(trusting(&authority)).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption, "{keys}");
        let told = "certificates are given with `tls`, and the connection string does not ask for TLS";
        assert!(error.to_string().starts_with(told), "{error}");
        assert!(error.to_string().ends_with("`sc://localhost:15300/;use_ssl=true`"), "{error}");
    }
    let over_tls = "sc://spark.example.com/;token=t".parse().unwrap();
    Channel::builder(over_tls).tls(trusting(&authority)).build().unwrap();
}

#[tokio::test]
async fn a_host_that_no_certificate_holds_is_a_wrong_remote() {
    let authority = Authority::new("ours");
    let remote = || format!("sc://{}.example.com/;use_ssl=true", "a".repeat(64)).parse().unwrap();
    let error = Channel::builder(remote()).tls(trusting(&authority)).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRemote);
    let told = "TLS cannot be set up: the host of the connection string is not valid in a certificate";
    assert!(error.to_string().starts_with(told), "{error}");
    let named = trusting(&authority).server_name("spark.example.com");
    assert!(Channel::builder(remote()).tls(named).build().is_ok());
}

#[tokio::test]
async fn certificates_and_keys_are_read_from_files_too_and_show_nowhere() {
    let dir = std::env::temp_dir().join(format!("lakeorm-tls-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&dir).unwrap();
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let (identity, client) = (local(&servers), clients.issue(&["me"], Valid::Now));
    for (name, pem) in [("ca", &servers.pem()), ("me", &client.certificate), ("key", &client.key)] {
        std::fs::write(dir.join(name), pem).unwrap();
    }
    let trace = Trace::start();
    let fake = fake().await;
    let front = before(&fake, Front { identity: &identity, clients: Some(&clients), tls12: false }).await;
    let tls = Tls::new().ca_file(dir.join("ca")).client_certificate_files(dir.join("me"), dir.join("key"));
    let shown = format!("{tls:?}");
    works(&session(&front, tls)).await;
    std::fs::remove_dir_all(&dir).unwrap();
    let secret = client.key.lines().nth(1).unwrap();
    assert!(!shown.contains(secret));
    trace.assert_holds_none_of(&[secret]);
    fake.finish();
}

use super::workspace::Cloud;
use super::*;

const AWS: &str = "dbc-a1b2345c-d6e7.cloud.databricks.com";
const AZURE: &str = "adb-5555555555555555.19.azuredatabricks.net";
const GOOGLE: &str = "1234567890123456.7.gcp.databricks.com";
const CLUSTER: &str = "0301-123456-abcd1234";
const SECRET: &str = "dapi-very-secret-0123456789";

fn given() -> Databricks {
    Databricks::workspace(AWS).token(SECRET).cluster(CLUSTER)
}

fn refused(databricks: Databricks) -> String {
    let error = databricks.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    assert!(!format!("{error} {error:?}").contains(SECRET));
    error.to_string()
}

#[test]
fn every_form_of_a_workspaces_address_names_its_host_and_cloud() {
    for (host, cloud) in [
        (AWS, Cloud::Aws),
        ("cust-success.cloud.databricks.us", Cloud::Aws),
        (AZURE, Cloud::Azure("login.microsoftonline.com")),
        ("adb-5.1.databricks.azure.us", Cloud::Azure("login.microsoftonline.us")),
        ("adb-5.1.databricks.azure.cn", Cloud::Azure("login.chinacloudapi.cn")),
        (GOOGLE, Cloud::Google),
    ] {
        // Its first number, which is the id where the host has it.
        let mut numbers = host.split(|letter: char| !letter.is_ascii_digit());
        let id = numbers.find(|number| !number.is_empty()).unwrap_or("5");
        for address in [
            host.to_owned(),
            format!("https://{host}"),
            format!("https://{host}/"),
            format!(" HTTPS://{}/?o={id} ", host.to_ascii_uppercase()),
            format!("https://{host}?o={id}"),
            format!("{host}:443"),
        ] {
            let workspace = Workspace::parse(&address, None).unwrap();
            assert_eq!((workspace.host.as_str(), workspace.cloud), (host, cloud), "{address}");
            assert_eq!(workspace.remote(), format!("{host}:443/;use_ssl=true"));
        }
    }
    assert_eq!(Workspace::parse("http://localhost:7077/", None).unwrap().remote(), "localhost:7077/");
}

#[test]
fn an_id_names_the_workspace_where_the_host_does_not() {
    for host in ["acme.databricks.com", "westus.azuredatabricks.net", "acme.azuredatabricks.net", AWS] {
        let with_id = format!("https://{host}/?o=6280049833385130");
        for (address, id) in [
            (with_id.as_str(), None),
            (host, Some("6280049833385130")),
            (with_id.as_str(), Some("6280049833385130")),
        ] {
            let workspace = Workspace::parse(address, id).unwrap();
            assert_eq!(workspace.id.as_deref(), Some("6280049833385130"), "{address}");
            assert_eq!(workspace.remote(), format!("{host}:443/;use_ssl=true"));
        }
    }
    assert_eq!(Workspace::parse("https://dbc.cloud.databricks.com/?o=", None).unwrap().id, None);
    let custom = || Databricks::workspace("https://acme.databricks.com/?o=5").token(SECRET).serverless();
    custom().build().unwrap();
    assert!(refused(custom().workspace_id("7")).contains("is not the one in `workspace_id(…)`"));
    assert!(refused(custom().workspace_id("5;token=t")).contains("is not a number"));
    let unnamed = refused(Databricks::workspace("acme.databricks.com").token(SECRET).serverless());
    assert!(unnamed.contains("give the workspace's id with `workspace_id(…)`"), "{unnamed}");
}

#[test]
fn an_id_that_contradicts_the_name_of_the_host_is_refused() {
    for (host, id) in [(AZURE, "5555555555555555"), (GOOGLE, "1234567890123456")] {
        let given = |id: &str| Databricks::workspace(host).workspace_id(id).token(SECRET).serverless();
        given(id).build().unwrap();
        let told = refused(given("7"));
        assert!(
            told.contains("id in `workspace_id(…)` or `DATABRICKS_WORKSPACE_ID` is not the one in"),
            "{told}"
        );
        let variables =
            [("DATABRICKS_HOST", host), ("DATABRICKS_WORKSPACE_ID", "7"), ("DATABRICKS_TOKEN", SECRET)];
        assert_eq!(refused(environment(&variables).unwrap().serverless()), told);
        let told = refused(Databricks::workspace(format!("{host}/?o=7")).token(SECRET).serverless());
        assert!(told.contains("id behind `?o=` in the workspace's URL is not the one in"), "{told}");
    }
}

#[test]
fn another_address_is_an_error_that_shows_the_right_form_and_not_the_text() {
    for (address, said) in [
        ("", "is missing or invalid"),
        ("https://", "is missing or invalid"),
        ("spark.example.com", "not in a domain of Databricks"),
        ("databricks.com/?o=5", "not in a domain of Databricks"),
        ("evilcloud.databricks.us", "not in a domain of Databricks"),
        ("acme.databricks.com", "a URL of your own, which does not name the workspace"),
        ("cloud.databricks.com", "a URL of your own, which does not name the workspace"),
        ("databricks.com.evil.example/?o=5", "not in a domain of Databricks"),
        ("https://accounts.cloud.databricks.com", "the account console"),
        ("westus.azuredatabricks.net", "`adb-<workspace id>.<number>.azuredatabricks.net`"),
        ("https://dapi-very-secret-0123456789@dbc.cloud.databricks.com", "must not name a user"),
        ("https://dbc.cloud.databricks.com/sql/1.0/warehouses/1", "must end after the host"),
        ("https://dbc.cloud.databricks.com/?o=5#setting", "must end after the host"),
        ("dbc.cloud.databricks.com:8443", "is missing or invalid"),
        ("sc://dbc.cloud.databricks.com:443/;token=dapi-very-secret-0123456789", "`SparkDriver::remote`"),
        ("http://dbc.cloud.databricks.com", "only `http://localhost:<port>`"),
        ("http://127.0.0.1:8080", "only `http://localhost:<port>`"),
        ("..cloud.databricks.com", "is missing or invalid"),
        ("ftp://dbc.cloud.databricks.com", "not an `https` address"),
    ] {
        let error = refused(Databricks::workspace(address).token("t").serverless());
        assert!(error.contains(said), "{address}: {error}");
        assert!(
            error.contains("dbc-a1b2345c-d6e7.cloud.databricks.com") || error.contains("adb-"),
            "{error}"
        );
    }
}

#[test]
fn exactly_one_credential_and_one_compute_are_wanted() {
    assert!(given().build().is_ok());
    let none = refused(Databricks::workspace(AWS).serverless());
    assert!(none.starts_with("Databricks needs a credential: give it one with `token(…)`"), "{none}");
    let two = refused(given().token("other"));
    assert!(two.starts_with("Databricks takes one credential and got 2: keep one of `token(…)`"), "{two}");
    let none = refused(Databricks::workspace(AWS).token(SECRET));
    assert!(none.contains("needs a compute: give it one with `cluster(id)` or `serverless()`"), "{none}");
    assert!(refused(given().serverless()).contains("takes one compute and got 2"));
    assert!(refused(Databricks::workspace(AWS).token("").serverless()).contains("is empty"));
}

#[test]
fn a_clone_is_given_what_the_others_are_not() {
    let workspace = Databricks::workspace(AWS).token_provider(|| async { unreachable!("nothing is sent") });
    assert!(refused(workspace.clone()).contains("needs a compute"));
    assert!(workspace.clone().serverless().build().is_ok());
    assert!(workspace.cluster(CLUSTER).build().is_ok());
}

#[test]
fn a_cluster_id_has_its_form() {
    for id in [
        "",
        "abc",
        "0301-123456",
        "301-123456-a",
        "0301-12345-a",
        "0301-123456-",
        "0301-123456-a;b=c",
        "0-1-2-3",
    ] {
        let error = refused(Databricks::workspace(AWS).token(SECRET).cluster(id));
        assert!(error.contains("`0301-123456-abcd1234`"), "{error}");
    }
}

#[test]
fn serverless_sessions_end_before_the_server_ends_them() {
    let limits = |databricks: Databricks| format!("{:?}", databricks.token(SECRET).builder().unwrap());
    let serverless = limits(Databricks::workspace(AWS).serverless());
    assert!(serverless.contains("idle_timeout: 300s"), "{serverless}");
    let cluster = limits(Databricks::workspace(AWS).cluster(CLUSTER));
    assert!(cluster.contains("idle_timeout: 600s"), "{cluster}");
}

#[test]
fn no_secret_shows_in_debug() {
    let shown = format!("{:?} {:?}", given(), given().builder().unwrap());
    assert!(!shown.contains(SECRET) && shown.contains("Token(redacted)"), "{shown}");
    assert!(shown.contains(&format!("{AWS}:443")), "{shown}");
}

fn environment(variables: &[(&str, &str)]) -> Result<Databricks> {
    environment::read(|wanted| {
        let found = variables.iter().find(|(variable, _)| *variable == wanted);
        found.map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn the_environment_is_read_by_the_names_of_databricks_own_tools() {
    let host = ("DATABRICKS_HOST", "https://dbc-a1b2345c-d6e7.cloud.databricks.com/");
    let token = ("DATABRICKS_TOKEN", SECRET);
    let cluster = ("DATABRICKS_CLUSTER_ID", CLUSTER);
    let serverless = ("DATABRICKS_SERVERLESS_COMPUTE_ID", "auto");
    let compute =
        |variables: &[_]| format!("{:?}", environment(variables).unwrap().environment.compute().unwrap());
    assert_eq!(compute(&[host, token, cluster]), format!("Some(Cluster({CLUSTER:?}))"));
    assert_eq!(compute(&[host, token, cluster, serverless]), "Some(Serverless)");
    assert_eq!(compute(&[host, token, ("DATABRICKS_CLUSTER_ID", "")]), "None");
    assert!(environment(&[host, token, cluster]).unwrap().build().is_ok());
    let custom = ("DATABRICKS_HOST", "https://acme.databricks.com");
    let id = ("DATABRICKS_WORKSPACE_ID", "6280049833385130");
    assert!(environment(&[custom, id, token, cluster]).unwrap().build().is_ok());
    let error = environment(&[token, cluster]).unwrap_err();
    assert!(error.to_string().contains("`DATABRICKS_HOST` is not set"), "{error}");
}

const IN_ENVIRONMENT: (&str, &str) = ("DATABRICKS_HOST", AWS);

#[test]
fn a_wrong_variable_is_named_once_it_is_needed() {
    let host = IN_ENVIRONMENT;
    let token = ("DATABRICKS_TOKEN", SECRET);
    let (id, secret) = (("DATABRICKS_CLIENT_ID", "id"), ("DATABRICKS_CLIENT_SECRET", SECRET));
    let kind = |kind| ("DATABRICKS_AUTH_TYPE", kind);
    for (variables, named) in [
        (&[host, id][..], "`DATABRICKS_CLIENT_SECRET` is not set"),
        (&[host, secret], "`DATABRICKS_CLIENT_ID` is not set"),
        (&[host, token, kind("oauth-m2m")], "`DATABRICKS_CLIENT_SECRET` is not set"),
        (&[host, id, secret, kind("pat")], "`DATABRICKS_TOKEN` is not set"),
        (&[host, id, kind("databricks-cli")], "`DATABRICKS_AUTH_TYPE` is neither `pat` nor `oauth-m2m`"),
        (&[host, token, id, secret], "`DATABRICKS_TOKEN` is set beside `DATABRICKS_CLIENT_ID`"),
        (&[host, token, id], "`DATABRICKS_TOKEN` is set beside `DATABRICKS_CLIENT_ID`"),
        (&[host], "Databricks needs a credential"),
    ] {
        let databricks = || environment(variables).unwrap().serverless();
        assert!(refused(databricks()).contains(named), "{named}: {}", refused(databricks()));
        databricks().token("another").build().unwrap();
    }
    let compute = ("DATABRICKS_SERVERLESS_COMPUTE_ID", "7");
    let databricks = || environment(&[host, token, compute]).unwrap();
    assert!(refused(databricks()).contains("`DATABRICKS_SERVERLESS_COMPUTE_ID` is not `auto`"));
    databricks().cluster(CLUSTER).build().unwrap();
}

#[test]
fn the_kind_of_credential_in_the_environment_decides_between_two() {
    let variables = [
        IN_ENVIRONMENT,
        ("DATABRICKS_TOKEN", SECRET),
        ("DATABRICKS_CLIENT_ID", "id"),
        ("DATABRICKS_CLIENT_SECRET", SECRET),
        ("DATABRICKS_AUTH_TYPE", "pat"),
    ];
    let databricks = environment(&variables).unwrap();
    assert!(
        matches!(databricks.environment.credential(), Ok(Some(Credential::Token(token))) if token == SECRET)
    );
    databricks.serverless().build().unwrap();
}

#[cfg(not(feature = "databricks-oauth"))]
#[test]
fn a_service_principal_in_the_environment_needs_the_feature() {
    let variables =
        [("DATABRICKS_HOST", AWS), ("DATABRICKS_CLIENT_ID", "id"), ("DATABRICKS_CLIENT_SECRET", SECRET)];
    let databricks = || environment(&variables).unwrap().serverless();
    assert!(refused(databricks()).contains("feature `databricks-oauth`"));
    databricks().token("another").build().unwrap();
}

#[cfg(feature = "databricks-oauth")]
#[test]
fn a_service_principal_asks_the_endpoint_of_its_kind() {
    let at = |address: &str, credential: Credential| {
        credential
            .at(&Workspace::parse(address, None).unwrap())
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    let (id, secret) = (|| "id".to_owned(), || SECRET.to_owned());
    let entra = |tenant: &str| Credential::Entra { tenant: tenant.to_owned(), id: id(), secret: secret() };
    assert_eq!(at(AWS, Credential::OAuth { id: id(), secret: secret() }), Ok(()));
    assert_eq!(at(AZURE, entra("contoso.onmicrosoft.com")), Ok(()));
    for host in ["acme.databricks.com/?o=5", "westus.azuredatabricks.net/?o=5"] {
        let told = at(host, Credential::OAuth { id: id(), secret: secret() }).unwrap_err();
        assert!(told.contains("this host does not name the workspace"), "{told}");
        assert!(told.contains("a `ClientCredentials`") && !told.contains(SECRET), "{told}");
    }
    assert_eq!(at("westus.azuredatabricks.net/?o=5", entra("contoso.onmicrosoft.com")), Ok(()));
    assert!(at(AWS, entra("contoso")).unwrap_err().contains("Azure workspaces only"));
    let told = "give the tenant by its id or by one of its domains";
    assert_eq!(at(AZURE, entra("a/b")), Err(told.to_owned()));
    let variables =
        [("DATABRICKS_HOST", AWS), ("DATABRICKS_CLIENT_ID", "id"), ("DATABRICKS_CLIENT_SECRET", SECRET)];
    let databricks = environment(&variables).unwrap();
    let shown = format!("{databricks:?} {:?}", databricks.environment.credential());
    assert!(shown.contains("OAuth(redacted)") && shown.contains("DATABRICKS_CLIENT_SECRET"), "{shown}");
    assert!(!shown.contains(SECRET), "{shown}");
    databricks.serverless().build().unwrap();
    let both = [&variables[..], &[("DATABRICKS_TOKEN", "t"), ("DATABRICKS_AUTH_TYPE", "oauth-m2m")]].concat();
    let chosen = environment(&both).unwrap().environment.credential();
    assert!(matches!(chosen, Ok(Some(Credential::OAuth { .. }))), "{chosen:?}");
}

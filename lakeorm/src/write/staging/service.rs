//! The services that store objects, and their options.

use std::sync::Arc;
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
use std::time::Duration;

use object_store::ObjectStore;

use super::address::wrong;
use super::failed;
use crate::error::{Error, Result};

/// Where options come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Source {
    /// By their names in capitals. It holds more than options: those that a service does not have are passed over.
    Environment,
    /// Those that a service does not have are refused.
    Options,
}

/// Where SDKs of AWS take the address from, for those that want another one than the region's.
const S3_ENDPOINTS: [&str; 3] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];

/// The store of a service.
pub(super) fn cloud(
    address: &str,
    mut options: Vec<(String, String)>,
    source: Source,
) -> Result<Arc<dyn ObjectStore>> {
    let service = service(address)?;
    if service == "s3" && source == Source::Environment {
        check_endpoint(address, &options)?;
    }
    if service == "s3" {
        // Not every service has DeleteObjects, and a key that was not asked for in its answer is a panic. The last one
        // counts.
        options.push(("aws_disable_bulk_delete".to_owned(), "true".to_owned()));
    }
    let built = build(service, address, options, source).ok_or_else(|| feature_is_off(address, service))?;
    built.map_err(|error| {
        let error = failed("an option or environment variable is missing or wrong", &error);
        wrong(address, &error.to_string())
    })
}

/// Checks that the address of S3 is one of the kind that the environment wants, which the region alone does not give.
fn check_endpoint(address: &str, variables: &[(String, String)]) -> Result<()> {
    let wanted = variables.iter().find(|(name, value)| {
        ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"].contains(&name.as_str())
            && value.eq_ignore_ascii_case("true")
    });
    let is_given = variables.iter().any(|(name, _)| S3_ENDPOINTS.contains(&name.as_str()));
    match wanted {
        Some((name, _)) if !is_given => Err(wrong(
            address,
            &format!(
                "{name} is set, and such an endpoint is not chosen by itself: give its address in AWS_ENDPOINT_URL_S3 \
                 (https://s3-fips.us-east-1.amazonaws.com, https://s3.dualstack.us-east-1.amazonaws.com)"
            ),
        )),
        _ => Ok(()),
    }
}

/// The service of an address, which has the name of its feature.
pub(super) fn service(address: &str) -> Result<&'static str> {
    let scheme = address.split_once("://").map_or(address, |(scheme, _)| scheme);
    match scheme {
        "s3" | "s3a" => Ok("s3"),
        "gs" => Ok("gcs"),
        "az" | "abfs" | "abfss" | "adl" => Ok("azure"),
        _ => Err(wrong(address, "expected one of file://, memory://, s3://, s3a://, gs://, az://, abfss://")),
    }
}

fn feature_is_off(address: &str, service: &str) -> Error {
    wrong(address, &format!("it needs the feature `{service}` of lakeorm"))
}

/// A service that does not answer is an error within some minutes: a part may take minutes, and is sent again after one
/// that was not stored. One that is busy says so for as long; the time is the limit, and not the number.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
fn retry() -> object_store::RetryConfig {
    object_store::RetryConfig {
        backoff: object_store::BackoffConfig {
            init_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(20),
            base: 2.0,
        },
        max_retries: 360,
        retry_timeout: Duration::from_secs(180),
    }
}

/// The HTTP client is ours, and has its settings.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
fn not_supported(key: &str) -> object_store::Error {
    let source =
        format!("the option '{key}' of the HTTP client is not supported; use HTTPS_PROXY for a proxy").into();
    object_store::Error::Generic { store: "HTTP", source }
}

/// In a header, which most credentials get into, it is a panic of the signer.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
fn has_control(name: &str) -> object_store::Error {
    let source = format!("'{name}' has a line break or another control character: remove it").into();
    object_store::Error::Generic { store: "HTTP", source }
}

/// Whether the value has a control character where it may not. JSON may have line breaks.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
fn is_broken(key: &str, value: &str) -> bool {
    let is_json = key.ends_with("service_account_key");
    value.chars().any(|letter| letter.is_control() && !(is_json && letter.is_whitespace()))
}

/// Nothing where the feature of the service is not on.
#[allow(
    unused_variables,
    clippy::match_single_binding,
    clippy::needless_pass_by_value,
    reason = "by feature"
)]
fn build(
    service: &str,
    address: &str,
    options: Vec<(String, String)>,
    source: Source,
) -> Option<object_store::Result<Arc<dyn ObjectStore>>> {
    #[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
    use super::connector::Connector;
    /// The builder with the address, the options that it knows, and our TLS.
    #[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
    macro_rules! built {
        ($service:ident, $builder:ident, $key:ident) => {{
            let mut builder = object_store::$service::$builder::new()
                .with_url(address)
                .with_http_connector(Connector)
                .with_retry(retry())
                // Google's allows it by default.
                .with_config(
                    object_store::$service::$key::Client(object_store::ClientConfigKey::AllowHttp),
                    "false",
                );
            for (name, value) in options {
                let key = match source {
                    Source::Environment => name.to_ascii_lowercase(),
                    Source::Options => name.clone(),
                };
                match key.parse() {
                    Ok(object_store::$service::$key::Client(of_client))
                        if of_client != object_store::ClientConfigKey::AllowHttp =>
                    {
                        if source == Source::Options {
                            return Some(Err(not_supported(&name)));
                        }
                    }
                    Ok(_) if is_broken(&key, &value) => return Some(Err(has_control(&name))),
                    Ok(key) => builder = builder.with_config(key, value),
                    Err(_) if source == Source::Environment => {}
                    Err(error) => return Some(Err(error)),
                }
            }
            Some(builder.build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>))
        }};
    }
    match service {
        #[cfg(feature = "s3")]
        "s3" => built!(aws, AmazonS3Builder, AmazonS3ConfigKey),
        #[cfg(feature = "gcs")]
        "gcs" => built!(gcp, GoogleCloudStorageBuilder, GoogleConfigKey),
        #[cfg(feature = "azure")]
        "azure" => built!(azure, MicrosoftAzureBuilder, AzureConfigKey),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(feature = "s3")]
    use crate::error::ErrorKind;
    #[cfg(feature = "s3")]
    use crate::write::Backend;

    #[cfg(feature = "s3")]
    fn in_environment<const N: usize>(url: &str, variables: [(&str, &str); N]) -> Result<Backend> {
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Backend::in_environment(url, owned.into_iter())
    }

    #[test]
    #[cfg(feature = "s3")]
    fn an_option_that_a_service_does_not_have_is_refused_and_one_of_the_environment_passed_over() {
        let misspelt = [("aws_region", "eu-west-1"), ("aws_endpiont", "http://s3cret:9000")];
        let error = Backend::parse_with("s3://bucket/lake", misspelt).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("'aws_endpiont' is not valid"), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
        in_environment("s3://bucket/lake", [("AWS_ENDPIONT", "http://s3cret:9000")]).unwrap();
    }

    #[test]
    #[cfg(feature = "s3")]
    fn an_option_of_the_http_client_that_would_do_nothing_is_refused() {
        for option in ["proxy_url", "timeout", "allow_invalid_certificates", "user_agent"] {
            let error =
                Backend::parse_with("s3://bucket/lake", [(option, "s3cret")]).unwrap_err().to_string();
            assert!(error.contains(&format!("'{option}' of the HTTP client is not supported")), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        Backend::parse_with("s3://bucket/lake", [("allow_http", "yes")]).unwrap();
        in_environment("s3://bucket/lake", [("AWS_PROXY_URL", "http://proxy")]).unwrap();
    }

    #[test]
    fn a_service_whose_feature_is_off_names_it() {
        for (address, feature) in [
            ("s3://bucket", "s3"),
            ("s3a://bucket", "s3"),
            ("gs://bucket", "gcs"),
            ("az://container", "azure"),
            ("abfss://container@account.dfs.core.windows.net", "azure"),
        ] {
            let error = feature_is_off(address, service(address).unwrap()).to_string();
            let told = format!("{address} cannot be used: it needs the feature `{feature}`");
            assert!(error.contains(&told), "{error}");
        }
    }

    #[test]
    #[cfg(all(feature = "s3", feature = "gcs", feature = "azure"))]
    fn an_option_with_a_control_character_is_refused_by_its_name_and_not_its_value() {
        for (url, variable) in [
            ("s3://bucket", "AWS_ACCESS_KEY_ID"),
            ("s3://bucket", "AWS_SESSION_TOKEN"),
            ("s3://bucket", "AWS_REGION"),
            ("gs://bucket", "GOOGLE_SERVICE_ACCOUNT"),
            ("az://container", "AZURE_STORAGE_TOKEN"),
        ] {
            for broken in ["s3cret\n", "s3\rcret", "s3\0cret", "s3cret\u{7f}"] {
                let option = variable.to_ascii_lowercase();
                let by_option = Backend::parse_with(url, [(&option, broken)]).unwrap_err();
                let by_variable = in_environment(url, [(variable, broken)]).unwrap_err();
                for (error, name) in [(by_option, option.as_str()), (by_variable, variable)] {
                    assert_eq!(error.kind(), ErrorKind::Config);
                    let told = format!("{error}");
                    assert!(
                        told.contains(&format!("'{name}' has a line break or another control")),
                        "{told}"
                    );
                    assert!(!told.contains("s3") || !told.contains("cret"), "{told}");
                }
            }
        }
        // JSON has line breaks, and what is no option of the service may have any.
        let error = in_environment("gs://bucket", [("GOOGLE_SERVICE_ACCOUNT_KEY", "{\n}")]).unwrap_err();
        assert!(!error.to_string().contains("control character"), "{error}");
        in_environment("s3://bucket", [("AWS_PROMPT", "a\nb")]).unwrap();
    }

    #[test]
    #[cfg(feature = "s3")]
    fn only_time_limits_how_often_a_busy_service_is_asked() {
        let retry = retry();
        assert!(
            retry.backoff.init_backoff * u32::try_from(retry.max_retries).unwrap() >= retry.retry_timeout
        );
        assert_eq!(retry.retry_timeout, Duration::from_secs(180));
    }

    #[test]
    #[cfg(feature = "s3")]
    fn an_empty_variable_counts_as_none() {
        let empty = ["AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_SKIP_SIGNATURE"];
        for variable in empty {
            in_environment("s3://bucket", [(variable, "")]).unwrap();
        }
        in_environment("s3://bucket", [("AWS_ACCESS_KEY_ID", "half")]).unwrap_err();
    }

    #[test]
    #[cfg(feature = "s3")]
    fn an_endpoint_of_another_kind_than_the_environment_wants_is_refused() {
        for variable in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"] {
            for endpoint in [("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL_S3", "")] {
                let error = in_environment("s3://bucket", [(variable, "True"), endpoint]).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Config);
                let told = error.to_string();
                assert!(told.contains(variable) && told.contains("in AWS_ENDPOINT_URL_S3"), "{told}");
            }
            in_environment("s3://bucket", [(variable, "false")]).unwrap();
            let given = ("AWS_ENDPOINT_URL_S3", "https://s3-fips.us-east-1.amazonaws.com");
            in_environment("s3://bucket", [(variable, "true"), given]).unwrap();
        }
    }
}

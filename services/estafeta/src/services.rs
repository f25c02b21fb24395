//! The company's internal services, as the settings name them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use backends::{Address, Backends, Encoder, PATIENCE};
use handover::Plans;
use secrecy::SecretString;

use crate::failure::Failure;
use crate::settings::Settings;

/// Where the internal services of `settings` are, with their credentials.
///
/// # Errors
/// When a credential cannot be read, or is for no service.
pub(crate) fn addresses(settings: &Settings) -> Result<Vec<Address>, Failure> {
    let known = |name: &str| settings.backend.iter().any(|at| at.name == name);
    if let Some(stray) = settings.backend_token.iter().find(|token| !known(&token.name)) {
        let name = &stray.name;
        return Err(Failure::Given(format!("there is a token for `{name}` and no address; give --backend {name}=URL")));
    }
    let mut addresses = Vec::new();
    for at in &settings.backend {
        let file = settings.backend_token.iter().find(|token| token.name == at.name);
        let token = file.map(|token| token_in(&token.path, "the token of a service")).transpose()?;
        addresses.push(Address { name: at.name.clone(), url: at.url.clone(), token });
    }
    Ok(addresses)
}

fn token_in(path: &Path, what: &'static str) -> Result<SecretString, Failure> {
    let token = fs::read_to_string(path).map_err(Failure::reading(what, path))?;
    Ok(SecretString::from(token.trim().to_owned()))
}

/// The sentence encoder of `settings`, if they name one.
///
/// # Errors
/// When its address is none, its token cannot be read, or something of it is given without its address.
pub(crate) fn encoder(settings: &Settings) -> Result<Option<Encoder>, Failure> {
    let Settings { encoder, encoder_model, encoder_token, encoder_ms, .. } = settings;
    let Some(url) = encoder else {
        if encoder_model.is_some() || encoder_token.is_some() || encoder_ms.is_some() {
            return Err(Failure::Given(
                "something is said of an encoder and not where it is; give --encoder URL".to_owned(),
            ));
        }
        return Ok(None);
    };
    let token = encoder_token.as_deref().map(|path| token_in(path, "the token of the encoder")).transpose()?;
    let patience = encoder_ms.map_or(PATIENCE, Duration::from_millis);
    Ok(Some(Encoder::at(url, encoder_model.clone(), token, patience)?))
}

/// The services at `addresses`; which of those that `plans` want are not among them is logged once. Inside of a Tokio
/// runtime.
///
/// # Errors
/// When an address is none.
pub(crate) fn connected(addresses: Vec<Address>, plans: &Plans) -> Result<Backends, Failure> {
    let missing = missing(&addresses, plans);
    if !missing.is_empty() {
        let services = missing.into_iter().collect::<Vec<_>>().join(", ");
        tracing::info!(services, "a person does what these services are for; --backend SERVICE=URL says where one is");
    }
    Ok(Backends::at(addresses)?)
}

/// The services that scenarios of `plans` want and `addresses` do not have.
fn missing(addresses: &[Address], plans: &Plans) -> BTreeSet<String> {
    let known = |name: &str| addresses.iter().any(|at| at.name == name);
    let all = plans.all();
    let wanted = all.iter().flat_map(|plan| plan.scenarios()).map(|scenario| scenario.service.clone());
    wanted.filter(|service| !known(service)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(backend: &str, token: &str) -> Settings {
        let text = format!("backend = [{backend}]\nbackend-token = [{token}]");
        toml::from_str(&text).expect("these are settings")
    }

    #[tokio::test]
    async fn a_service_has_one_address_and_its_token_stands_in_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("orders.token");
        fs::write(&file, "s3cret\n").unwrap();
        let token = format!("\"orders={}\"", file.display());
        let both = settings("\"orders=grpc://127.0.0.1:7000\", \"offers=https://offers/perform\"", &token);
        let named = |settings: &Settings| connected(addresses(settings)?, &Plans::default());
        let found = named(&both).unwrap();
        assert_eq!(found.names().collect::<Vec<_>>(), ["offers", "orders"]);
        assert!(!format!("{found:?}{both:?}").contains("s3cret"));
        for (backend, token, why) in [
            ("\"orders=ftp://orders\"", "", "scheme"),
            ("\"orders=orders\"", "", "scheme"),
            ("\"a=http://a\", \"a=http://b\"", "", "two addresses"),
            ("", "\"orders=/none\"", "no address"),
            ("\"orders=http://orders\"", "\"orders=/none/such\"", "cannot read the token"),
        ] {
            let failure = named(&settings(backend, token)).unwrap_err().to_string();
            assert!(failure.contains(why), "{failure}");
        }
    }

    #[test]
    fn each_service_that_nobody_gave_is_named_once() {
        let plans = Plans::default();
        plans.put(plan::Plan::parse("demo.toml", plan::DEMO).unwrap());
        let all = |services: &[&str]| services.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        assert_eq!(missing(&[], &plans), all(&["offers", "orders"]));
        let given = addresses(&settings("\"offers=grpc://offers:7000\"", "")).unwrap();
        assert_eq!(missing(&given, &plans), all(&["orders"]));
    }

    #[tokio::test]
    async fn an_encoder_has_an_address_and_nothing_is_said_of_one_without() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("encoder.token");
        fs::write(&file, "s3cret\n").unwrap();
        let given = |text: &str| encoder(&toml::from_str::<Settings>(text).expect("these are settings"));
        assert!(given("").unwrap().is_none());
        let token = format!("encoder-token = '{}'", file.display());
        let whole =
            given(&format!("encoder = 'http://127.0.0.1:1'\nencoder-model = 'small'\nencoder-ms = 50\n{token}"));
        assert!(!format!("{:?}", whole.unwrap().expect("it is one")).contains("s3cret"));
        for (text, why) in [
            ("encoder-ms = 50", "give --encoder URL"),
            ("encoder = 'encoder:80'", "scheme"),
            ("encoder = 'http://e'\nencoder-token = '/none/such'", "cannot read the token"),
        ] {
            let failure = given(text).expect_err(why).to_string();
            assert!(failure.contains(why), "{failure}");
        }
    }
}

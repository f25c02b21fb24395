//! The company's internal services, as the settings name them.

use std::fs;

use backends::{Address, Backends};
use handover::Plans;
use secrecy::SecretString;

use crate::failure::Failure;
use crate::settings::Settings;

/// The internal services of `settings`, with their credentials; inside of a Tokio runtime.
///
/// # Errors
/// When an address is none, a credential cannot be read, or is for no service.
pub(crate) fn named(settings: &Settings, plans: &Plans) -> Result<Backends, Failure> {
    let known = |name: &str| settings.backend.iter().any(|at| at.name == name);
    if let Some(stray) = settings.backend_token.iter().find(|token| !known(&token.name)) {
        let name = &stray.name;
        return Err(Failure::Given(format!("there is a token for `{name}` and no address; give --backend {name}=URL")));
    }
    let mut addresses = Vec::new();
    for at in &settings.backend {
        let file = settings.backend_token.iter().find(|token| token.name == at.name);
        let token = match file.map(|token| &token.path) {
            Some(path) => {
                let token = fs::read_to_string(path).map_err(Failure::reading("the token of a service", path))?;
                Some(SecretString::from(token.trim().to_owned()))
            }
            None => None,
        };
        addresses.push(Address { name: at.name.clone(), url: at.url.clone(), token });
    }
    let all = plans.all();
    let wanted = all.iter().flat_map(|plan| plan.scenarios());
    for scenario in wanted.filter(|scenario| !known(&scenario.service)) {
        let (scenario, service) = (&scenario.id, &scenario.service);
        tracing::warn!(scenario, service, "its service is nowhere: a person does it until one is given by --backend");
    }
    Ok(Backends::at(addresses)?)
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
        let found = named(&both, &Plans::default()).unwrap();
        assert_eq!(found.names().collect::<Vec<_>>(), ["offers", "orders"]);
        assert!(!format!("{found:?}{both:?}").contains("s3cret"));
        for (backend, token, why) in [
            ("\"orders=ftp://orders\"", "", "scheme"),
            ("\"orders=orders\"", "", "scheme"),
            ("\"a=http://a\", \"a=http://b\"", "", "two addresses"),
            ("", "\"orders=/none\"", "no address"),
            ("\"orders=http://orders\"", "\"orders=/none/such\"", "cannot read the token"),
        ] {
            let failure = named(&settings(backend, token), &Plans::default()).unwrap_err().to_string();
            assert!(failure.contains(why), "{failure}");
        }
    }
}

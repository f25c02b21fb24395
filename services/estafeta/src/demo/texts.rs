//! What is asked and said in the demonstration, from the resource files beside this crate.

use std::collections::BTreeMap;

use knowledge::Article;
use serde::Deserialize;

use crate::failure::Failure;

const REQUESTS: &str = include_str!("../../demo/requests.toml");
const KNOWLEDGE: &str = include_str!("../../demo/knowledge.toml");

/// A request with everything that is said about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    /// Its name in the script.
    pub(crate) id: String,
    /// The client, as the organization refers to them.
    pub(crate) client: String,
    /// `ru` or `en`.
    pub(crate) language: knowledge::Language,
    /// How it came in, such as `chat`.
    pub(crate) channel: String,
    /// The request in the client's words.
    pub(crate) text: String,
    /// The client's name and phone, known to lines 0 and 1 only.
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) phone: String,
    /// What the service desk makes of it.
    #[serde(default)]
    pub(crate) category: String,
    #[serde(default)]
    pub(crate) product: String,
    #[serde(default)]
    pub(crate) environment: String,
    /// `low`, `medium` or `high`.
    #[serde(default)]
    pub(crate) impact: String,
    #[serde(default)]
    pub(crate) urgency: String,
    /// `negative`, `neutral` or `positive`.
    #[serde(default)]
    pub(crate) mood: String,
    /// The zone of responsibility chosen.
    #[serde(default)]
    pub(crate) zone: String,
    /// What else is said, by what it is.
    #[serde(default)]
    pub(crate) says: BTreeMap<String, String>,
}

impl Request {
    /// What is said as `what`.
    pub(crate) fn says(&self, what: &str) -> Result<String, Failure> {
        let said = self.says.get(what).cloned();
        said.ok_or_else(|| Failure::Given(format!("the demonstration's request `{}` does not say `{what}`", self.id)))
    }
}

#[derive(Deserialize)]
struct Requests {
    requests: Vec<Request>,
}

#[derive(Deserialize)]
struct Articles {
    articles: Vec<Article>,
}

/// Every request of the demonstration.
pub(crate) fn requests() -> Result<Vec<Request>, Failure> {
    let read: Result<Requests, _> = toml::from_str(REQUESTS);
    read.map(|read| read.requests).map_err(|error| Failure::Given(format!("demo/requests.toml: {error}")))
}

/// The request `id`.
pub(crate) fn find<'a>(requests: &'a [Request], id: &str) -> Result<&'a Request, Failure> {
    let found = requests.iter().find(|request| request.id == id);
    found.ok_or_else(|| Failure::Given(format!("the demonstration has no request `{id}`")))
}

/// The knowledge of the demonstration.
pub(crate) fn knowledge() -> Result<Vec<Article>, Failure> {
    let read: Result<Articles, _> = toml::from_str(KNOWLEDGE);
    read.map(|read| read.articles).map_err(|error| Failure::Given(format!("demo/knowledge.toml: {error}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::demo::script::CAST;

    #[test]
    fn every_request_is_played_once_and_is_there() {
        let written: Vec<String> = requests().unwrap().into_iter().map(|request| request.id).collect();
        let played: Vec<&str> = CAST.iter().map(|script| script.request).collect();
        assert_eq!(written.iter().map(String::as_str).collect::<BTreeSet<_>>(), played.iter().copied().collect());
        assert_eq!(played.len(), written.len());
    }

    #[test]
    fn the_knowledge_can_be_read_and_its_ids_are_unique() {
        let articles = knowledge().unwrap();
        let ids: BTreeSet<&str> = articles.iter().map(|article| article.id.as_str()).collect();
        assert_eq!(ids.len(), articles.len());
    }
}

//! The public methods: those whose proto has a `google.api.http` annotation, and where each is served.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use http::Method as Verb;
use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
};
use ticket::Line;

use crate::{
    GatewayError,
    template::{PathCut, Template},
};

/// Paths that the gateway answers itself, by their first segment.
const OWN: [&str; 4] = ["openapi.json", "healthz", "metrics", "lines"];

/// A method that the web may call.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) descriptor: MethodDescriptor,
    /// Its path in gRPC, `/estafeta.ticket.v1.TicketService/GetTicket`.
    pub(crate) path: String,
    /// The one line that serves it; `None` when every line does.
    pub(crate) home: Option<Line>,
    /// Bound to GET, so that it changes nothing.
    pub(crate) reads: bool,
}

impl Method {
    /// The line that answers when the caller chose `chosen`; `None` when that line does not serve it.
    pub(crate) fn line(&self, chosen: Option<Line>) -> Option<Line> {
        match (self.home, chosen) {
            (Some(home), Some(chosen)) => (home == chosen).then_some(home),
            (Some(home), None) => Some(home),
            (None, chosen) => Some(chosen.unwrap_or(Line::OWNER)),
        }
    }

    pub(crate) fn streams(&self) -> bool {
        self.descriptor.is_server_streaming()
    }
}

/// What of a request fills the message, beside the path.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// The query fills what the path does not; there is no body.
    None,
    /// The body is the message, but for what the path fills.
    Whole,
    /// The body is this field; the query fills the rest.
    Field(FieldDescriptor),
}

/// One annotation: a way by which REST reaches a method.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) verb: Verb,
    pub(crate) template: Template,
    pub(crate) body: Body,
    pub(crate) method: Arc<Method>,
}

/// Every public method and the ways to it.
#[derive(Debug)]
pub(crate) struct Methods {
    by_path: HashMap<String, Arc<Method>>,
    /// The more exact first.
    routes: Vec<Route>,
}

/// What [`Methods::find`] found.
pub(crate) enum Found<'a> {
    /// A route, and the fields that the path fills, still percent-encoded.
    Route(&'a Route, Vec<(&'a str, String)>),
    /// The path is known, with these methods only.
    OtherVerbs(String),
    /// Nothing.
    Nothing,
}

impl Methods {
    /// Reads the annotations of every service in `pool`.
    pub(crate) fn of(pool: &DescriptorPool) -> Result<Self, GatewayError> {
        let http = pool
            .get_extension_by_name("google.api.http")
            .ok_or_else(|| GatewayError::Descriptors("google.api.http is not among them".to_owned()))?;
        let mut methods = Self { by_path: HashMap::new(), routes: Vec::new() };
        for descriptor in pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()) {
            let options = descriptor.options();
            if !options.has_extension(&http) {
                continue;
            }
            let value = options.get_extension(&http);
            let Some(rule) = value.as_message() else { continue };
            methods.add(&descriptor, rule)?;
        }
        methods.routes.sort_by(|one, other| one.template.order(&other.template));
        methods.without_twins()
    }

    fn add(&mut self, descriptor: &MethodDescriptor, rule: &DynamicMessage) -> Result<(), GatewayError> {
        let unsupported =
            |what: &str| GatewayError::Unsupported { method: descriptor.full_name().to_owned(), what: what.to_owned() };
        if descriptor.is_client_streaming() {
            return Err(unsupported("a stream of requests"));
        }
        let mut rules = vec![rule.clone()];
        if let Some(more) = rule.get_field_by_name("additional_bindings") {
            rules.extend(more.as_list().unwrap_or_default().iter().filter_map(|one| one.as_message().cloned()));
        }
        let bound = rules.iter().map(|rule| bound(descriptor, rule)).collect::<Result<Vec<_>, _>>()?;
        let service = descriptor.parent_service();
        let method = Arc::new(Method {
            descriptor: descriptor.clone(),
            path: format!("/{}/{}", service.full_name(), descriptor.name()),
            home: home(service.package_name())
                .ok_or_else(|| GatewayError::NoLine { service: service.full_name().to_owned() })?,
            reads: bound.iter().any(|(verb, _, _)| verb == Verb::GET),
        });
        if method.streams() && bound.iter().any(|(verb, _, _)| verb != Verb::GET) {
            return Err(unsupported("a stream that is not bound to get"));
        }
        self.by_path.insert(method.path.clone(), method.clone());
        self.routes.extend(bound.into_iter().map(|(verb, template, body)| Route {
            verb,
            template,
            body,
            method: method.clone(),
        }));
        Ok(())
    }

    /// Refuses two routes that the same request would fit.
    fn without_twins(self) -> Result<Self, GatewayError> {
        let mut seen = HashMap::new();
        for route in &self.routes {
            let name = route.method.descriptor.full_name().to_owned();
            match seen.entry((route.verb.clone(), route.template.shape())) {
                Entry::Vacant(place) => _ = place.insert(name),
                Entry::Occupied(first) => {
                    let (verb, shape) = first.key();
                    return Err(GatewayError::SameRoute {
                        route: format!("{verb} {shape}"),
                        first: first.get().clone(),
                        second: name,
                    });
                }
            }
        }
        Ok(self)
    }

    /// The method at a path of gRPC.
    pub(crate) fn at(&self, path: &str) -> Option<&Arc<Method>> {
        self.by_path.get(path)
    }

    /// The way that a REST request takes to the line `chosen`, or to whichever line serves it.
    pub(crate) fn find(&self, verb: &Verb, path: &str, chosen: Option<Line>) -> Found<'_> {
        let path = PathCut::of(path);
        let mut verbs: Vec<&str> = Vec::new();
        for route in self.routes.iter().filter(|route| route.method.line(chosen).is_some()) {
            let Some(filled) = route.template.matches(&path) else { continue };
            if route.verb == *verb {
                return Found::Route(route, filled);
            }
            verbs.push(route.verb.as_str());
        }
        verbs.sort_unstable();
        verbs.dedup();
        if verbs.is_empty() { Found::Nothing } else { Found::OtherVerbs(verbs.join(", ")) }
    }

    pub(crate) fn routes(&self) -> &[Route] {
        &self.routes
    }
}

/// One rule, taken apart and checked against the request message.
fn bound(method: &MethodDescriptor, rule: &DynamicMessage) -> Result<(Verb, Template, Body), GatewayError> {
    let unsupported = |what: String| GatewayError::Unsupported { method: method.full_name().to_owned(), what };
    let text = |field: &str| {
        rule.get_field_by_name(field)
            .and_then(|value| value.as_str().map(str::to_owned))
            .filter(|text| !text.is_empty())
    };
    let pattern = [
        ("get", Verb::GET),
        ("put", Verb::PUT),
        ("post", Verb::POST),
        ("delete", Verb::DELETE),
        ("patch", Verb::PATCH),
    ]
    .into_iter()
    .find_map(|(field, verb)| Some((verb, text(field)?)));
    let Some((verb, path)) = pattern else {
        return Err(unsupported("a rule without get, put, post, delete or patch".to_owned()));
    };
    if text("response_body").is_some() {
        return Err(unsupported("response_body".to_owned()));
    }
    let template = Template::parse(&path).map_err(|fault| GatewayError::Template {
        method: method.full_name().to_owned(),
        template: path.clone(),
        fault,
    })?;
    if template.first().is_none_or(|first| OWN.contains(&first) || first.contains('.')) {
        return Err(unsupported(format!("the path {path}, which belongs to the gateway or to gRPC")));
    }
    let input = method.input();
    for field in template.fields() {
        match field_path(&input, field).as_deref() {
            Some([.., last]) if !last.is_list() && !last.is_map() && !matches!(last.kind(), Kind::Message(_)) => {}
            Some(_) | None => return Err(unsupported(format!("the path field `{field}`, which is no single value"))),
        }
    }
    let body = match text("body") {
        None => Body::None,
        Some(_) if verb == Verb::GET || verb == Verb::DELETE => {
            return Err(unsupported(format!("a body with {verb}")));
        }
        Some(all) if all == "*" => Body::Whole,
        Some(field) => Body::Field(
            input.get_field_by_name(&field).ok_or_else(|| unsupported(format!("the body field `{field}`")))?,
        ),
    };
    Ok((verb, template, body))
}

/// Who serves the services of a package: `Some(None)` is every line, `None` is nobody who could be called.
fn home(package: &str) -> Option<Option<Line>> {
    match package.strip_prefix("estafeta.")?.split('.').next()? {
        "ticket" | "handover" | "queue" | "trends" => Some(None),
        "vendor" => Some(Some(Line::Vendor)),
        name => {
            let number: u8 = name.strip_prefix("line")?.parse().ok()?;
            Line::ALL.into_iter().find(|line| line.number() == number).map(Some)
        }
    }
}

/// The fields along `path` (`a.b`), by proto or JSON names.
pub(crate) fn field_path(message: &MessageDescriptor, path: &str) -> Option<Vec<FieldDescriptor>> {
    let mut at = Some(message.clone());
    path.split('.')
        .map(|name| {
            let inside = at.take()?;
            let field = inside.get_field_by_name(name).or_else(|| inside.get_field_by_json_name(name))?;
            if let (Kind::Message(next), false) = (field.kind(), field.cardinality() == Cardinality::Repeated) {
                at = Some(next);
            }
            Some(field)
        })
        .collect()
}

//! The contracts as the descriptors tell them: RPCs with their comments, access rules and routes.

use std::collections::HashMap;

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, FileDescriptor, MessageDescriptor, MethodDescriptor,
    ServiceDescriptor, Value,
};

/// What begins a part of an RPC's comment.
const PARTS: [&str; 3] = ["When:", "Retry:", "Reasons:"];

/// The contracts of this build, without what they import from others.
pub(crate) struct Contracts {
    pool: DescriptorPool,
    comments: HashMap<(String, Vec<i32>), String>,
}

/// One RPC.
pub(crate) struct Rpc {
    /// `estafeta.line1.v1.ServiceDeskService/Register`.
    pub(crate) path: String,
    /// What it takes and gives.
    pub(crate) method: MethodDescriptor,
    /// What is written above it.
    pub(crate) comment: String,
    /// Its access rule, such as `AGENT SUPERVISOR any_line`; none when it has none.
    pub(crate) access: Option<String>,
    /// Its route, such as `GET /v1/tickets/{ticket_id}`; none when it is not for the web.
    pub(crate) route: Option<String>,
}

impl Contracts {
    /// Reads them.
    pub(crate) fn read() -> Self {
        let pool = DescriptorPool::decode(proto::DESCRIPTORS).expect("the descriptors were made when this was built");
        let comments = pool.files().flat_map(|file| comments_of(&file)).collect();
        Self { pool, comments }
    }

    /// Every RPC.
    pub(crate) fn rpcs(&self) -> Vec<Rpc> {
        let methods = self.services().into_iter().flat_map(|service| service.methods().collect::<Vec<_>>());
        methods
            .map(|method| Rpc {
                path: format!("{}/{}", method.parent_service().full_name(), method.name()),
                comment: self.comment(&method.parent_service().parent_file(), method.path()),
                access: self.option(&method, "estafeta.access.v1.access").map(|rule| access(&rule)),
                route: self.option(&method, "google.api.http").map(|rule| route(&rule)),
                method,
            })
            .collect()
    }

    /// Every service.
    pub(crate) fn services(&self) -> Vec<ServiceDescriptor> {
        self.pool.services().filter(|service| ours(service.full_name())).collect()
    }

    /// Every message, those within others too.
    pub(crate) fn messages(&self) -> Vec<MessageDescriptor> {
        self.pool.all_messages().filter(|message| ours(message.full_name())).collect()
    }

    /// Every enum, those within messages too.
    pub(crate) fn enums(&self) -> Vec<EnumDescriptor> {
        self.pool.all_enums().filter(|of| ours(of.full_name())).collect()
    }

    /// What is written above the thing at `path` of `file`.
    pub(crate) fn comment(&self, file: &FileDescriptor, path: &[i32]) -> String {
        self.comments.get(&(file.name().to_owned(), path.to_vec())).cloned().unwrap_or_default()
    }

    fn option(&self, method: &MethodDescriptor, name: &str) -> Option<DynamicMessage> {
        let option = self.pool.get_extension_by_name(name).expect("the option is among what is imported");
        let options = method.options();
        match options.has_extension(&option).then(|| options.get_extension(&option).into_owned())? {
            Value::Message(rule) => Some(rule),
            other => panic!("{name} is no message but {other:?}"),
        }
    }
}

impl Rpc {
    /// What its comment says after `part`, such as `Retry:`, on one line; none when it does not say.
    pub(crate) fn says(&self, part: &str) -> Option<String> {
        let mut lines = self.comment.lines().skip_while(|line| !line.starts_with(part));
        let first = lines.next()?.trim_start_matches(part).trim().to_owned();
        let rest = lines.take_while(|line| !PARTS.iter().any(|part| line.starts_with(part)));
        Some(rest.fold(first, |all, line| format!("{all} {line}")))
    }

    /// The reasons its comment names, without their prefix.
    pub(crate) fn reasons(&self) -> Vec<String> {
        names_in(&self.says("Reasons:").unwrap_or_default())
    }

    /// Whether it changes nothing, told by the name it has.
    pub(crate) fn reads(&self) -> bool {
        ["Get", "List", "Search", "Watch", "Explain"].iter().any(|verb| self.method.name().starts_with(verb))
    }
}

/// The words of a text that are written as reasons are, such as `TICKET_NOT_FOUND`.
pub(crate) fn names_in(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    let named = words.filter(|word| word.len() > 3 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
    named.map(str::to_owned).collect()
}

fn ours(name: &str) -> bool {
    name.starts_with("estafeta.")
}

fn comments_of(file: &FileDescriptor) -> Vec<((String, Vec<i32>), String)> {
    let Some(source) = file.file_descriptor_proto().source_code_info.clone() else { return Vec::new() };
    let commented = source.location.into_iter().filter_map(|location| {
        let lines: Vec<&str> = location.leading_comments.as_deref()?.lines().map(str::trim).collect();
        Some(((file.name().to_owned(), location.path.clone()), lines.join("\n").trim().to_owned()))
    });
    commented.collect()
}

fn access(rule: &DynamicMessage) -> String {
    let rule: proto::access::Access = rule.transcode_to().expect("the option is an access rule");
    let mut words: Vec<&str> = rule.allow().map(|role| role.as_str_name().trim_start_matches("ROLE_")).collect();
    let proto::access::Access { allow: _, reaches_client, any_line } = rule;
    words.extend(reaches_client.then_some("reaches_client"));
    words.extend(any_line.then_some("any_line"));
    words.join(" ")
}

fn route(rule: &DynamicMessage) -> String {
    let mut words = Vec::new();
    for (field, value) in rule.fields() {
        match (field.name(), value) {
            ("body", Value::String(body)) => words.push(format!("body {body}")),
            (verb, Value::String(path)) => words.insert(0, format!("{} {path}", verb.to_uppercase())),
            (other, _) => panic!("a route with `{other}`: teach this test to read it"),
        }
    }
    words.join(" ")
}

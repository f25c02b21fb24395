//! Everybody who can call: one caller of each kind.

use estafeta::people;
use jiff::SignedDuration;
use plan::Plan;
use rpc::access::AccessTable;
use rpc::{Caller, Channel, Role, ServiceName};
use tests::Stage;
use ticket::{Clock, Line};

/// One caller of each kind, for the organization of `plan`: six kinds of people, an agent and a service of each line.
pub(crate) fn everybody(plan: &Plan) -> Vec<Caller> {
    let of =
        |subject: &str, role| Caller { subject: subject.to_owned(), organization: plan.organization().clone(), role };
    let vendor = plan.vendors().next().expect("the plans of the project have vendors").id.clone();
    let mut all = vec![
        people::client(plan, tests::people::CLIENT),
        people::supervisor(plan),
        people::knowledge_editor(plan),
        of("administrator", Role::Administrator),
        of(&vendor.clone(), Role::Partner { vendor }),
    ];
    all.extend(Line::ALL.map(|line| people::agent(plan, line)));
    let services = Line::ALL.map(ServiceName::Line).into_iter().chain([ServiceName::Gateway]);
    all.extend(services.map(|name| of(name.name(), Role::Service { name })));
    all
}

/// The way to `line` for `caller`, with a token of the key that may vouch for such a one.
pub(crate) fn way(stage: &Stage, line: Line, caller: &Caller) -> Channel {
    let Role::Service { name } = caller.role else { return stage.suite.as_caller(line, caller) };
    let signer = stage.suite.keys().signer(name.key()).expect("a suite opens every key");
    let token = signer.token(caller, stage.clock.now(), SignedDuration::from_hours(24));
    rpc::as_caller(stage.suite.channel(line), token)
}

/// Those of `callers` whom the rule of `path` lets in at `line`.
pub(crate) fn allowed<'c>(callers: &'c [Caller], path: &str, line: Line) -> Vec<&'c Caller> {
    callers.iter().filter(|caller| AccessTable::contracts().check(path, Some(line), caller).is_ok()).collect()
}

/// The line for which `caller` speaks; line 1 for whoever speaks for none.
pub(crate) fn speaks_for(caller: &Caller) -> Line {
    caller.role.line().unwrap_or(Line::OWNER)
}

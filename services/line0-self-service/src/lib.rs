//! Line 0, self-service: answers at once from knowledge, tells how a request stands, or says honestly that it can't
//! and hands over.
//!
//! **Invariant:** a request is never left in silence: it is answered and closed here, waits for the client until a
//! deadline, or is on its way to line 1.
//!
//! [`rules`](self) say what line 0 adds to the protocol, `work` is what clients ask of it: `heard` and `pasted` tell what
//! kind of message it is, `think` decides, `ask` does it; `meant` tells whether a scenario of the plan is meant, `scenario`
//! goes through it with the client, `perform` calls the internal service, `outcome` tells what came of it. `articles` is `KnowledgeService`, over the `shelf` of each organization; `writing` is
//! `ArticleService`, and `kept` has what both write; `asked` gathers what is
//! answered badly, and proposes articles; `learned` is what solved requests teach; `expertise` puts on the shelf what line 3 publishes. Nobody hands to line 0, so it has no `intake`.

mod article_wire;
mod articles;
mod ask;
mod asked;
mod asking;
mod expertise;
mod forward;
mod heard;
mod kept;
mod learned;
mod meant;
mod outcome;
mod own;
mod pasted;
mod perform;
mod rules;
mod scenario;
mod shelf;
mod standing;
mod think;
mod work;
mod writing;

use std::sync::Arc;

use backends::Backends;
use handover::{Desk, Setup, decision_service, line_service};
use proto::line0::article_service_server::ArticleServiceServer;
use proto::line0::knowledge_service_server::KnowledgeServiceServer;
use proto::line0::self_service_service_server::SelfServiceServiceServer;
use rpc::{Service, Stack, tuned};
use tally::Tally;

/// Line 0 over this database, with the company's internal services.
#[must_use]
pub fn desk(setup: Setup, backends: Backends) -> Desk {
    Desk::new(Arc::new(rules::SelfService { backends, tally: Tally::default() }), setup)
}

/// Line 0 as a service.
#[must_use]
pub fn service(desk: &Desk, stack: Stack) -> Service {
    let limits = stack.limits;
    let shelves = shelf::Shelves::new(desk.clone());
    let work = work::Work { desk: desk.clone(), shelves: shelves.clone() };
    let articles = articles::Articles { desk: desk.clone(), shelves };
    let service = tally::add(desk, line_service(desk, stack), limits);
    known::add_expertise(desk, service, Arc::new(expertise::Library), limits)
        .add(decision_service(desk, limits))
        .add(tuned!(SelfServiceServiceServer::new(work), limits))
        .add(tuned!(KnowledgeServiceServer::new(articles), limits))
        .add(tuned!(ArticleServiceServer::new(writing::Writing(desk.clone())), limits))
        .build()
}

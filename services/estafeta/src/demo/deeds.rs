//! What clients and agents do in the demonstration: each step by the RPC that does it.

use proto::handover::{self as hand, outcome::Standing};
use proto::ticket::{Channel, Custody, Impact, Language, Mood, State, Urgency};
use proto::{line1, line2, line3, vendor};
use rpc::{Limits, tuned};
use ticket::Line;

use crate::demo::play::{LOOK_EVERY, LOOKS_MAX, Player, client};
use crate::failure::Failure;

macro_rules! service_desk {
    ($channel:expr) => {
        client!(line1::service_desk_service_client::ServiceDeskServiceClient, $channel)
    };
}

macro_rules! custodian {
    ($channel:expr) => {
        client!(hand::custodian_service_client::CustodianServiceClient, $channel)
    };
}

impl Player<'_> {
    pub(super) async fn register(&mut self) -> Result<(), Failure> {
        let language = match self.request.language {
            knowledge::Language::Russian => Language::Russian,
            knowledge::Language::English => Language::English,
        };
        let request = line1::RegisterRequest {
            request_id: self.request_id(),
            client: self.request.client.clone(),
            contact: Some(self.contact()),
            channel: self.channel()? as i32,
            text: self.request.text.clone(),
            language: language as i32,
            ..line1::RegisterRequest::default()
        };
        let answer = service_desk!(self.at(Line::ServiceDesk)).register(request).await?.into_inner();
        self.ticket = id_of(answer.ticket);
        Ok(())
    }

    /// Sets what line 1 understood, and works the checklist; its last step is the one that is not as expected.
    pub(super) async fn triage(&mut self) -> Result<(), Failure> {
        let request = line1::TriageRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            category: self.request.category.clone(),
            impact: self.impact()? as i32,
            urgency: self.urgency()? as i32,
            mood: self.mood()? as i32,
            product: self.request.product.clone(),
            environment: self.request.environment.clone(),
            kind: 0,
            expected_version: 0,
        };
        let mut desk = service_desk!(self.at(Line::ServiceDesk));
        let steps = desk.triage(request).await?.into_inner().checklist;
        let last = steps.len().saturating_sub(1);
        for (index, step) in steps.into_iter().enumerate() {
            let seen = self.request.says.get("seen").cloned().filter(|_| index == last);
            let result = if seen.is_some() { line2::StepResult::Failed } else { line2::StepResult::Passed };
            let outcome =
                line2::StepOutcome { step: step.step, result: result as i32, note: seen.unwrap_or(step.expected) };
            let request = line1::RecordStepRequest {
                request_id: self.request_id(),
                ticket_id: self.ticket.clone(),
                outcome: Some(outcome.clone()),
                expected_version: 0,
            };
            desk.record_step(request).await?;
            self.checklist.push(outcome);
        }
        Ok(())
    }

    pub(super) async fn hello(&mut self) -> Result<(), Failure> {
        let request = line1::WriteToClientRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            text: self.says("hello")?,
            clarification_id: String::new(),
            expected_version: 0,
        };
        service_desk!(self.at(Line::ServiceDesk)).write_to_client(request).await?;
        Ok(())
    }

    pub(super) async fn escalate_incomplete(&mut self) -> Result<(), Failure> {
        let whole = self.technical_evidence("zone")?;
        // The checklist's run line 1 adds by itself.
        let evidence = line2::Evidence { product: String::new(), environment: String::new(), ..whole };
        let outcome = self.escalate_to_technical(evidence).await?;
        let declined = outcome.declined.clone().unwrap_or_default();
        self.expect(outcome.standing() == Standing::Declined, || {
            format!("line 2 has {:?} a handover without evidence", outcome.standing())
        });
        for field in ["product", "environment"] {
            self.expect(declined.missing.iter().any(|missing| missing == field), || {
                format!("line 2 does not ask for `{field}`")
            });
        }
        self.until_held(Line::ServiceDesk).await
    }

    pub(super) async fn pass_to_technical(&mut self, zone: &str) -> Result<(), Failure> {
        let evidence = self.technical_evidence(zone)?;
        self.zone.clone_from(&evidence.zone);
        let outcome = self.escalate_to_technical(evidence).await?;
        self.taken_over(&outcome, Line::Technical).await
    }

    async fn escalate_to_technical(&mut self, evidence: line2::Evidence) -> Result<hand::Outcome, Failure> {
        let request = line1::EscalateRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            evidence: Some(line1::escalate_request::Evidence::Technical(evidence)),
            expected_version: 0,
        };
        let mut desk = service_desk!(self.at(Line::ServiceDesk));
        // A busy machine may answer before the other line has; the same request then tells what has become of it.
        for _ in 0..LOOKS_MAX {
            let outcome = desk.escalate(request.clone()).await?.into_inner().outcome.unwrap_or_default();
            if outcome.standing() != Standing::Pending {
                return Ok(outcome);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(Failure::Late("line 2's answer".to_owned()))
    }

    fn technical_evidence(&mut self, zone: &str) -> Result<line2::Evidence, Failure> {
        Ok(line2::Evidence {
            category: self.request.category.clone(),
            impact: self.impact()? as i32,
            urgency: self.urgency()? as i32,
            mood: self.mood()? as i32,
            product: self.request.product.clone(),
            environment: self.request.environment.clone(),
            checklist: self.checklist.clone(),
            answers_tried: self.request.says.get("answer_tried").cloned().into_iter().collect(),
            zone: if zone == "zone" { self.request.zone.clone() } else { self.request.says(zone)? },
            zone_reason: self.request.says(&format!("{zone}_reason"))?,
            client_availability: self.request.says.get("availability").cloned().unwrap_or_default(),
        })
    }

    pub(super) async fn diagnose(&mut self) -> Result<(), Failure> {
        self.stands_in_queue(Line::Technical).await?;
        let assign = hand::AssignRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            zone: String::new(),
            assignee: self.agent(Line::Technical).subject,
            expected_version: 0,
        };
        custodian!(self.at(Line::Technical)).assign(assign).await?;
        let finding = line3::Finding { tried: self.says("tried")?, result: self.says("found")?, ruled_out: true };
        let request = line2::DiagnoseRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            finding: Some(finding.clone()),
            expected_version: 0,
        };
        client!(line2::technical_service_client::TechnicalServiceClient, self.at(Line::Technical))
            .diagnose(request)
            .await?;
        self.findings.push(finding);
        Ok(())
    }

    /// `line` asks the client; line 1 puts the question, the client answers, and `line` goes on.
    pub(super) async fn clarify(&mut self, line: Line) -> Result<(), Failure> {
        let request = hand::AskClientRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            question: self.says("question")?,
            within_hours: 0,
            expected_version: 0,
        };
        custodian!(self.at(line)).ask_client(request).await?;
        self.put_to_client(line).await?;
        let open = |ticket: &proto::ticket::Ticket| ticket.custody() == Custody::Held && ticket.state() == State::Open;
        self.until(line, "the answer's arrival", open).await
    }

    /// Line 1 puts a question of `line` to the client, who answers.
    pub(super) async fn put_to_client(&mut self, line: Line) -> Result<(), Failure> {
        let clarification_id = self.until_asked(line).await?;
        let put = line1::WriteToClientRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            text: self.says("question_put")?,
            clarification_id: clarification_id.clone(),
            expected_version: 0,
        };
        service_desk!(self.at(Line::ServiceDesk)).write_to_client(put).await?;
        let reply = line1::ReplyRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            text: self.says("answer")?,
            clarification_id,
        };
        service_desk!(self.as_client(Line::ServiceDesk)).reply(reply).await?;
        Ok(())
    }

    pub(super) async fn progress(&mut self, line: Line) -> Result<(), Failure> {
        let (request_id, ticket_id, text) = (self.request_id(), self.ticket.clone(), self.says("progress")?);
        let request = hand::CustodianServiceReportProgressRequest { request_id, ticket_id, text, expected_version: 0 };
        custodian!(self.at(line)).report_progress(request).await?;
        Ok(())
    }

    pub(super) async fn return_wrong_zone(&mut self) -> Result<(), Failure> {
        let request = hand::CustodianServiceReturnRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            reason: hand::ReturnReason::WrongZone as i32,
            asked_for: self.says("asked_for")?,
            expected_version: 0,
        };
        let answer = custodian!(self.at(Line::Technical)).r#return(request).await?.into_inner();
        self.taken_over(&answer.outcome.unwrap_or_default(), Line::ServiceDesk).await
    }

    pub(super) async fn pass_to_expert(&mut self) -> Result<(), Failure> {
        let evidence = line3::Evidence {
            findings: self.findings.clone(),
            steps_to_reproduce: self.says("reproduction")?,
            attachments: vec![],
            sessions: vec![],
            workaround: self.request.says.get("workaround").cloned().unwrap_or_default(),
            why_not_here: self.says("why_not_here")?,
        };
        let request = line2::EscalateRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            evidence: Some(line2::escalate_request::Evidence::Expert(evidence)),
            expected_version: 0,
        };
        let mut technical = client!(line2::technical_service_client::TechnicalServiceClient, self.at(Line::Technical));
        let answer = technical.escalate(request).await?.into_inner();
        self.taken_over(&answer.outcome.unwrap_or_default(), Line::Expert).await
    }

    pub(super) async fn research(&mut self) -> Result<(), Failure> {
        let mut expert = client!(line3::expert_service_client::ExpertServiceClient, self.at(Line::Expert));
        let cause = line3::RecordRootCauseRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            cause: self.says("cause")?,
            method: self.says("method")?,
            expected_version: 0,
        };
        expert.record_root_cause(cause).await?;
        let steps = self.says("actions")?.lines().map(str::to_owned).collect();
        let (request_id, ticket_id) = (self.request_id(), self.ticket.clone());
        let actions = line3::PlanActionsRequest { request_id, ticket_id, steps, expected_version: 0 };
        expert.plan_actions(actions).await?;
        Ok(())
    }

    pub(super) async fn pass_to_vendor(&mut self, from: Line) -> Result<(), Failure> {
        let evidence = vendor::Evidence {
            vendor: self.says("vendor")?,
            vendor_product: self.says("vendor_product")?,
            version: self.says("version")?,
            contract: self.says("contract")?,
            hypothesis: self.says("hypothesis")?,
            reproduction: self.says("reproduction")?,
            business_impact: self.says("business_impact")?,
            asked: self.says("asked")?,
        };
        let (request_id, ticket_id) = (self.request_id(), self.ticket.clone());
        let outcome = if from == Line::Expert {
            let evidence = Some(line3::escalate_request::Evidence::Vendor(evidence));
            let request = line3::EscalateRequest { request_id, ticket_id, evidence, expected_version: 0 };
            let mut expert = client!(line3::expert_service_client::ExpertServiceClient, self.at(from));
            expert.escalate(request).await?.into_inner().outcome
        } else {
            let evidence = Some(line2::escalate_request::Evidence::Vendor(evidence));
            let request = line2::EscalateRequest { request_id, ticket_id, evidence, expected_version: 0 };
            let mut technical = client!(line2::technical_service_client::TechnicalServiceClient, self.at(from));
            technical.escalate(request).await?.into_inner().outcome
        };
        // The vendor may be done before anybody looks whether the bridge had it.
        let standing = outcome.unwrap_or_default().standing();
        self.expect(standing != Standing::Declined, || "the bridge declined it".to_owned());
        Ok(())
    }

    pub(super) async fn resolve(&mut self, line: Line) -> Result<(), Failure> {
        let request = hand::CustodianServiceResolveRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            root_cause: self.says("root_cause")?,
            done: self.says("done")?,
            workaround: self.request.says.contains_key("is_workaround"),
            how_to_verify: self.says("how_to_verify")?,
            knowledge: self.request.says.get("knowledge").cloned().unwrap_or_default(),
            steps_to_verify: Vec::new(),
            expected_version: 0,
        };
        custodian!(self.at(line)).resolve(request).await?;
        self.until_solved().await
    }

    pub(super) async fn confirm(&mut self) -> Result<(), Failure> {
        let request = line1::ConfirmRequest { request_id: self.request_id(), ticket_id: self.ticket.clone() };
        service_desk!(self.as_client(Line::ServiceDesk)).confirm(request).await?;
        Ok(())
    }

    pub(super) async fn reopen(&mut self) -> Result<(), Failure> {
        let request = line1::ReopenRequest {
            request_id: self.request_id(),
            ticket_id: self.ticket.clone(),
            text: self.says("reopen")?,
        };
        service_desk!(self.as_client(Line::ServiceDesk)).reopen(request).await?;
        Ok(())
    }

    /// Waits until `to` has what it accepted, or will; a handover that was declined is a fault of the script.
    async fn taken_over(&self, outcome: &hand::Outcome, to: Line) -> Result<(), Failure> {
        match (outcome.standing(), &outcome.declined) {
            (Standing::Declined, Some(declined)) => {
                Err(Failure::Given(format!("{to} declined: {:?} {:?}", declined.cause(), declined.missing)))
            }
            _ => self.until_held(to).await,
        }
    }

    pub(super) fn contact(&self) -> line1::Contact {
        let (name, phone) = (self.request.name.clone(), self.request.phone.clone());
        line1::Contact { name, phone, ..line1::Contact::default() }
    }

    pub(super) fn channel(&self) -> Result<Channel, Failure> {
        named("CHANNEL", &self.request.channel, Channel::from_str_name)
    }

    fn impact(&self) -> Result<Impact, Failure> {
        named("IMPACT", &self.request.impact, Impact::from_str_name)
    }

    fn urgency(&self) -> Result<Urgency, Failure> {
        named("URGENCY", &self.request.urgency, Urgency::from_str_name)
    }

    fn mood(&self) -> Result<Mood, Failure> {
        named("MOOD", &self.request.mood, Mood::from_str_name)
    }
}

/// The value `word` of the enum whose names start with `prefix`.
fn named<T>(prefix: &str, word: &str, of: impl Fn(&str) -> Option<T>) -> Result<T, Failure> {
    let name = format!("{prefix}_{}", word.to_uppercase().replace('-', "_"));
    of(&name).ok_or_else(|| Failure::Given(format!("the demonstration says `{word}`, which is no {prefix}")))
}

pub(super) fn id_of(ticket: Option<proto::ticket::Ticket>) -> String {
    ticket.and_then(|ticket| ticket.facts).map(|facts| facts.ticket_id).unwrap_or_default()
}

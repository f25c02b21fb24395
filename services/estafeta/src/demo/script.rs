//! Who does what in the demonstration, and where each ticket must end.

use ticket::Line::{self, Expert, SelfService, ServiceDesk, Technical, Vendor};

/// One ticket: what is done, and where it went.
pub(crate) struct Script {
    /// The request, by its id in `demo/requests.toml`.
    pub(crate) request: &'static str,
    /// What is done, one after the other.
    pub(crate) steps: &'static [Step],
    /// Who must have held it, one after the other. It must be closed in the end.
    pub(crate) journey: &'static [Line],
}

/// Something that a client, an agent or a vendor does. What is said stands with the request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// The client asks line 0, which answers.
    Answered,
    /// The client asks line 0, which hands over.
    HandedOver,
    /// The client asks for something that line 0 does by itself; it asks back for this field.
    AskedFor(&'static str),
    /// The client says this, and line 0 asks for this field next: the same once more where what was said does not fit.
    Gives(&'static str, &'static str),
    /// The client says yes, and an internal service does it.
    Agrees,
    /// The client asks line 0 how the request stands, which it tells by itself.
    AsksHowItStands,
    /// The client comes back after an answer: it did not help, a person please.
    PersonPlease,
    /// An agent of line 1 registers a call.
    Register,
    /// An agent of line 1 sets category, impact, urgency and mood, and works the checklist.
    Triage,
    /// An agent of line 1 writes to the client: `hello`.
    Hello,
    /// Line 1 hands up without the product and the environment; line 2 must decline and name both.
    EscalateIncomplete,
    /// Line 1 hands up to line 2, to the request's zone or, if it says `wrong_zone`, first there.
    ToTechnical,
    /// The same, to the wrong zone.
    ToWrongZone,
    /// An agent of line 2 finds it in the queue, takes it and records what was found.
    Diagnose,
    /// The line holds it until the client can be reached, and goes on.
    Hold(Line),
    /// Line 2 plans a visit, the client agrees, an engineer goes there.
    Visit,
    /// Line 3 writes a runbook, somebody of line 2 tries it, and it is published to the lines below.
    WriteRunbook,
    /// Neighbours call about the same; line 1 makes it a mass incident and solves it for all at once.
    SolveForAll,
    /// Line 2 or 3 asks the client through line 1, who relays; the client replies, and the custodian has the answer.
    Clarify(Line),
    /// A line tells line 1 how it goes.
    Progress(Line),
    /// Line 2 returns it for a wrong zone.
    ReturnWrongZone,
    /// Line 2 hands up to line 3.
    ToExpert,
    /// An expert records the root cause and the plan of action.
    Research,
    /// Line 2 or 3 hands to the vendor.
    ToVendor(Line),
    /// The vendor asks for information, and the bridge's agent gives it.
    InformVendor,
    /// The vendor solves it; it comes home to line 1.
    VendorSolves,
    /// The vendor turns it down; it comes back to the line.
    VendorRejects(Line),
    /// A line says what solved it; it comes home to line 1.
    Resolve(Line),
    /// The client confirms, which closes it.
    Confirm,
    /// The client says that it does not work after all.
    Reopen,
}

use Step::{
    Agrees, Answered, AskedFor, AsksHowItStands, Clarify, Confirm, Diagnose, EscalateIncomplete, Gives, HandedOver,
    Hello, Hold, InformVendor, PersonPlease, Progress, Register, Reopen, Research, Resolve, ReturnWrongZone,
    SolveForAll, ToExpert, ToTechnical, ToVendor, ToWrongZone, Triage, VendorRejects, VendorSolves, Visit,
    WriteRunbook,
};

/// The whole demonstration.
pub(crate) const CAST: &[Script] = &[
    Script { request: "no-money-no-internet", steps: &[Answered], journey: &[SelfService] },
    Script { request: "wifi-password", steps: &[Answered], journey: &[SelfService] },
    Script { request: "promised-payment", steps: &[Answered], journey: &[SelfService] },
    Script { request: "router-lights", steps: &[Answered], journey: &[SelfService] },
    Script { request: "cabinet-password-en", steps: &[Answered], journey: &[SelfService] },
    Script {
        request: "sim-card",
        steps: &[
            AskedFor("format"),
            Gives("format", "count"),
            Gives("too_many", "count"),
            Gives("count", "day"),
            Gives("day", "confirmation"),
            Agrees,
        ],
        journey: &[SelfService],
    },
    Script { request: "own-offer", steps: &[AskedFor("confirmation"), Agrees], journey: &[SelfService] },
    Script {
        request: "moving-house",
        steps: &[HandedOver, Triage, Hello, Resolve(ServiceDesk), Confirm],
        journey: &[SelfService, ServiceDesk],
    },
    Script {
        request: "person-please",
        steps: &[Answered, PersonPlease, Triage, Hello, Resolve(ServiceDesk), Confirm],
        journey: &[SelfService, ServiceDesk],
    },
    Script {
        request: "invoice-copy-en",
        steps: &[Register, Triage, Resolve(ServiceDesk), Confirm],
        journey: &[ServiceDesk],
    },
    Script {
        request: "reopened-printer-en",
        steps: &[Register, Triage, Resolve(ServiceDesk), Confirm, Reopen, Hello, Resolve(ServiceDesk), Confirm],
        journey: &[ServiceDesk],
    },
    Script { request: "yard-dark", steps: &[Register, Triage, SolveForAll, Confirm], journey: &[ServiceDesk] },
    Script {
        request: "slow-evenings",
        steps: &[
            HandedOver,
            Triage,
            ToTechnical,
            AsksHowItStands,
            Diagnose,
            Hold(Technical),
            Progress(Technical),
            Resolve(Technical),
            Hello,
            Confirm,
        ],
        journey: &[SelfService, ServiceDesk, Technical, ServiceDesk],
    },
    Script {
        request: "charged-twice",
        steps: &[Register, Triage, EscalateIncomplete, ToTechnical, Diagnose, Resolve(Technical), Confirm],
        journey: &[ServiceDesk, Technical, ServiceDesk],
    },
    Script {
        request: "mail-or-network",
        steps: &[Register, Triage, ToWrongZone, ReturnWrongZone, ToTechnical, Diagnose, Resolve(Technical), Confirm],
        journey: &[ServiceDesk, Technical, ServiceDesk, Technical, ServiceDesk],
    },
    Script {
        request: "vpn-second-factor-en",
        steps: &[Register, Triage, ToTechnical, Diagnose, Clarify(Technical), Resolve(Technical), Confirm],
        journey: &[ServiceDesk, Technical, ServiceDesk],
    },
    Script {
        request: "routes-flap",
        steps: &[
            HandedOver,
            Triage,
            ToTechnical,
            Diagnose,
            ToExpert,
            Research,
            WriteRunbook,
            Progress(Expert),
            Resolve(Expert),
            Hello,
            Confirm,
        ],
        journey: &[SelfService, ServiceDesk, Technical, Expert, ServiceDesk],
    },
    Script {
        request: "office-drops",
        steps: &[
            HandedOver,
            Triage,
            Hello,
            EscalateIncomplete,
            ToTechnical,
            Diagnose,
            Visit,
            Clarify(Technical),
            ToExpert,
            Research,
            ToVendor(Expert),
            VendorSolves,
            Hello,
            Confirm,
        ],
        journey: &[SelfService, ServiceDesk, Technical, Expert, Vendor, ServiceDesk],
    },
    Script {
        request: "gateway-timeouts",
        steps: &[
            HandedOver,
            Triage,
            EscalateIncomplete,
            ToWrongZone,
            ReturnWrongZone,
            ToTechnical,
            Diagnose,
            Clarify(Technical),
            ToExpert,
            Research,
            ToVendor(Expert),
            InformVendor,
            VendorSolves,
            Confirm,
        ],
        journey: &[SelfService, ServiceDesk, Technical, ServiceDesk, Technical, Expert, Vendor, ServiceDesk],
    },
    Script {
        request: "old-switch",
        steps: &[
            Register,
            Triage,
            ToTechnical,
            Diagnose,
            ToExpert,
            Research,
            ToVendor(Expert),
            VendorRejects(Expert),
            Resolve(Expert),
            Confirm,
        ],
        journey: &[ServiceDesk, Technical, Expert, Vendor, Expert, ServiceDesk],
    },
    Script {
        request: "terminal-certificate-en",
        steps: &[Register, Triage, ToTechnical, Diagnose, ToVendor(Technical), VendorSolves, Confirm],
        journey: &[ServiceDesk, Technical, Vendor, ServiceDesk],
    },
];

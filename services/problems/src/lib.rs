//! Problems: what is behind many tickets, how it is found out, and what is done about it (ITIL 4, problem management).
//!
//! **Invariant:** no I/O, no plan, no gRPC. A problem is resolved by the last step of its plan and by nothing else, and
//! never without a root cause. Who may do what, and who is told, is the caller's to say.

mod plan;
mod problem;

pub use plan::{Plan, Step, StepState};
pub use problem::{CAUSES_MAX, Cause, Method, Problem, Solution, WrongProblem};
pub use ticket::event::ProblemStage as Stage;

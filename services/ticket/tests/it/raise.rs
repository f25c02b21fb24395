//! What raises a priority, and how causes go together.

use proptest::prelude::*;
use ticket::raise::RAISES_MAX;
use ticket::{Priority, Raise, RaiseCause};

use crate::facts;

fn raise(cause: RaiseCause, steps: u8) -> Raise {
    Raise { cause, steps, ru: "почему".to_owned(), en: "why".to_owned() }
}

fn cause() -> impl Strategy<Value = RaiseCause> {
    prop_oneof![
        (0..30_u8).prop_map(|id| RaiseCause::Rule { id: id.to_string() }),
        Just(RaiseCause::Mood),
        (0..3_u8).prop_map(|id| RaiseCause::Mass { incident: id.to_string() }),
        Just(RaiseCause::ForceMajeure { profile: "storm".to_owned() }),
    ]
}

proptest! {
    /// Whatever comes and goes: the priority is the matrix's, raised by the strongest cause that is there, and nothing
    /// else; and the list stays short.
    #[test]
    fn the_strongest_cause_counts_and_no_more(
        steps in prop::collection::vec((cause(), 0..6_u8, any::<bool>()), 0..60),
        matrix in prop::sample::select(Priority::ALL),
    ) {
        let mut facts = facts();
        let mut there: Vec<(RaiseCause, u8)> = Vec::new();
        for (cause, strength, comes) in steps {
            let known = there.iter().any(|(known, _)| *known == cause);
            if comes && (known || there.len() < RAISES_MAX) {
                there.retain(|(known, _)| *known != cause);
                there.push((cause.clone(), strength));
            } else if !comes {
                there.retain(|(known, _)| *known != cause);
            }
            if comes {
                facts.raise(raise(cause, strength));
            } else {
                prop_assert_eq!(facts.lower(&cause), known);
            }
            facts.reckon(matrix);
            let mut expected = matrix;
            for _ in 0..there.iter().map(|(_, steps)| *steps).max().unwrap_or(0) {
                expected = match expected {
                    Priority::Low => Priority::Medium,
                    Priority::Medium => Priority::High,
                    Priority::High | Priority::Critical => Priority::Critical,
                };
            }
            prop_assert_eq!(facts.priority, expected);
            prop_assert!(facts.raises.len() <= RAISES_MAX);
        }
    }
}

#[test]
fn the_same_said_twice_is_no_change() {
    let mut facts = facts();
    assert!(facts.raise(raise(RaiseCause::Mood, 1)));
    assert!(!facts.raise(raise(RaiseCause::Mood, 1)));
    assert!(facts.raise(raise(RaiseCause::Mood, 2)));
    assert_eq!(facts.raises.len(), 1);
}

//! Which person gets a ticket: a total function of what is known about those who could.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use plan::Strategy;

/// Somebody who could get a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: String,
    /// Whether their calendar says that they work now.
    pub works: bool,
    /// Whether they said that they are away.
    pub away: bool,
    /// Whether they speak the ticket's language.
    pub speaks: bool,
    /// The sum of their levels of the skills that are asked for; none when they lack one.
    pub levels: Option<u32>,
    /// How many tickets they have in hand.
    pub load: u64,
    /// How many they may have, from 1.
    pub load_max: u32,
    /// When they were last given one, in microseconds since 1970; 0 for never.
    pub turn: i64,
}

/// Why somebody cannot get a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    /// They said that they are away.
    Away,
    /// Their calendar says that they do not work now.
    NotWorking,
    /// They do not speak the client's language.
    Language,
    /// They lack a skill that is asked for, or its level.
    Skills,
    /// They have as many tickets as they may have.
    Full,
}

impl Lack {
    /// Its name in events and refusals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::NotWorking => "not-working",
            Self::Language => "language",
            Self::Skills => "skills",
            Self::Full => "full",
        }
    }
}

impl Candidate {
    /// The first thing by which they cannot get the ticket; none when they can.
    #[must_use]
    pub fn lacks(&self) -> Option<Lack> {
        if self.away {
            Some(Lack::Away)
        } else if !self.works {
            Some(Lack::NotWorking)
        } else if !self.speaks {
            Some(Lack::Language)
        } else if self.levels.is_none() {
            Some(Lack::Skills)
        } else if self.load >= u64::from(self.load_max) {
            Some(Lack::Full)
        } else {
            None
        }
    }

    /// What they have in hand as a part of the room they have, in millionths.
    fn fullness(&self) -> u64 {
        self.load.saturating_mul(1_000_000) / u64::from(self.load_max.max(1))
    }
}

/// The candidate that `strategy` gives the ticket to, and among how many; else how many lack what. Equal ones are told
/// apart by whose turn is longest ago, then by their ids, so that the choice can be repeated.
///
/// # Errors
/// The lacks, each with how many have it; none of them for a strategy by which people take tickets themselves.
pub fn choose(strategy: Strategy, candidates: &[Candidate]) -> Result<(&Candidate, usize), BTreeMap<Lack, usize>> {
    let mut lacks = BTreeMap::new();
    let mut free = Vec::new();
    if strategy != Strategy::Manual {
        for candidate in candidates {
            match candidate.lacks() {
                None => free.push(candidate),
                Some(lack) => *lacks.entry(lack).or_default() += 1,
            }
        }
    }
    let chosen = match strategy {
        Strategy::Manual => None,
        Strategy::LeastLoaded => free.iter().min_by_key(|one| (one.fullness(), one.turn, &one.person)),
        Strategy::RoundRobin => free.iter().min_by_key(|one| (one.turn, &one.person)),
        Strategy::SkillFirst => {
            free.iter().min_by_key(|one| (Reverse(one.levels), one.fullness(), one.turn, &one.person))
        }
    };
    chosen.map(|one| (*one, free.len())).ok_or(lacks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn anybody() -> impl proptest::strategy::Strategy<Value = Candidate> {
        let known = ("[a-e]", any::<[bool; 3]>(), proptest::option::of(0_u32..12), 0_u64..6, 1_u32..6, 0_i64..4);
        proptest::strategy::Strategy::prop_map(
            known,
            |(person, [works, away, speaks], levels, load, load_max, turn)| Candidate {
                person,
                works,
                away,
                speaks,
                levels,
                load,
                load_max,
                turn,
            },
        )
    }

    proptest! {
        #[test]
        fn whoever_is_chosen_can_take_it_and_nobody_is_passed_over(
            all in proptest::collection::vec(anybody(), 0..8),
            which in 0_usize..4,
        ) {
            let strategy = plan::Strategy::ALL[which];
            let free: Vec<&Candidate> = all.iter().filter(|one| one.lacks().is_none()).collect();
            match choose(strategy, &all) {
                Ok((chosen, among)) => {
                    prop_assert!(strategy != plan::Strategy::Manual);
                    prop_assert!(chosen.lacks().is_none());
                    prop_assert_eq!(among, free.len());
                    for other in &free {
                        match strategy {
                            plan::Strategy::Manual => {}
                            plan::Strategy::LeastLoaded => prop_assert!(chosen.fullness() <= other.fullness()),
                            plan::Strategy::RoundRobin => prop_assert!(chosen.turn <= other.turn),
                            plan::Strategy::SkillFirst => prop_assert!(chosen.levels >= other.levels),
                        }
                    }
                }
                Err(lacks) if strategy == plan::Strategy::Manual => prop_assert!(lacks.is_empty()),
                Err(lacks) => {
                    prop_assert!(free.is_empty());
                    prop_assert_eq!(lacks.values().sum::<usize>(), all.len());
                }
            }
        }

        #[test]
        fn the_order_in_which_people_are_known_does_not_matter(
            mut all in proptest::collection::vec(anybody(), 1..8),
            which in 0_usize..4,
        ) {
            // Nobody is there twice.
            all.sort_by(|a, b| a.person.cmp(&b.person));
            all.dedup_by(|a, b| a.person == b.person);
            let mut turned = all.clone();
            turned.reverse();
            let name = |chosen: Result<(&Candidate, usize), _>| chosen.map(|(one, among)| (one.person.clone(), among));
            let strategy = plan::Strategy::ALL[which];
            prop_assert_eq!(name(choose(strategy, &all)), name(choose(strategy, &turned)));
        }
    }
}

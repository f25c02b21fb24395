//! The watch against weeks of which it is known what was an incident. The figures are printed; the full measure is
//! `estafeta eval --set mass`.

use mass::simulation::{Told, Volume, run};

const LEAST: u32 = 5;

#[test]
fn incidents_are_noticed_in_quiet_and_busy_organizations_and_little_else() {
    for (volume, seed) in [(Volume::Quiet, 1), (Volume::Middling, 2), (Volume::Brisk, 3)] {
        let score = run(volume, seed);
        println!("{volume:?}: precision {:.2}, recall {:.2}", score.precision(), score.recall(LEAST));
        println!("  noticed {:?} of {:?}", score.noticed, score.counts);
        println!("  told {:?}", score.told);
        assert!(score.recall(LEAST) >= 0.8, "{volume:?} recall: {score:?}");
        assert!(score.precision() >= 0.8, "{volume:?} precision: {score:?}");
    }
}

#[test]
fn an_announced_mailing_is_a_wave_and_no_incident() {
    let score = run(Volume::Middling, 4);
    assert!(score.told.contains(&Told::Wave), "{score:?}");
    assert!(!score.told.contains(&Told::WaveAsIncident), "{score:?}");
}

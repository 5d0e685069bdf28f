//! Random workflows in a bad world come out as in a good one.

use crate::seeds::check;
use tiphys_sim::generate::{Taste, workflow};
use tiphys_sim::simulation::{Mischief, simulate};
use tiphys_sim::world::Faults;

fn same_as_in_a_good_world(seed: u64, mischief: Mischief) -> Result<(usize, usize), String> {
    let frozen = workflow(seed, Taste::ALL)?;
    let good = simulate(&frozen, Faults::NONE, Mischief::None, seed)
        .map_err(|error| format!("in a good world: {error}"))?;
    let bad = simulate(&frozen, Faults::MANY, mischief, seed ^ 0x5eed)?;
    match good.outcome.difference(&bad.outcome) {
        None => Ok((bad.starts, bad.crashes)),
        Some(difference) => Err(format!("good and bad world differ at {difference}")),
    }
}

#[test]
fn faults_change_nothing() {
    check("faults_change_nothing", |seed| same_as_in_a_good_world(seed, Mischief::None));
}

#[test]
fn interruptions_change_nothing() {
    check("interruptions_change_nothing", |seed| same_as_in_a_good_world(seed, Mischief::Interruptions));
}

#[test]
fn usurpers_change_nothing() {
    check("usurpers_change_nothing", |seed| same_as_in_a_good_world(seed, Mischief::Usurpers));
}

/// Steps that ran are Lost then, so that the outcome may differ; but there is one, and no promise is broken.
#[test]
fn power_cuts_break_no_promise() {
    check("power_cuts_break_no_promise", |seed| {
        let frozen = workflow(seed, Taste::ALL)?;
        let trial = simulate(&frozen, Faults::MANY, Mischief::PowerCuts, seed)?;
        Ok((trial.starts, trial.crashes))
    });
}

/// The same of runs that somebody stops, perhaps more than once, while engines die.
#[test]
fn stops_break_no_promise() {
    check("stops_break_no_promise", |seed| {
        let frozen = workflow(seed, Taste::ALL)?;
        let trial = simulate(&frozen, Faults::MANY, Mischief::Stops, seed)?;
        Ok((trial.starts, trial.crashes))
    });
}

#[test]
fn the_same_seed_gives_the_same_run() {
    check("the_same_seed_gives_the_same_run", |seed| {
        if seed % 10 > 0 {
            return Ok((0, 0));
        }
        let frozen = workflow(seed, Taste::ALL)?;
        let trial = || simulate(&frozen, Faults::MANY, Mischief::None, seed);
        let (first, second) = (trial()?, trial()?);
        let same = first.outcome == second.outcome
            && (first.starts, first.crashes) == (second.starts, second.crashes);
        if same { Ok((first.starts, first.crashes)) } else { Err("two runs of one seed differ".to_owned()) }
    });
}

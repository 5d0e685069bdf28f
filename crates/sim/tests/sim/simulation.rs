//! Random workflows in a bad world come out as in a good one.

use crate::seeds::check;
use tiphys_engine::Frozen;
use tiphys_sim::generate::{Taste, workflow, workflow_called};
use tiphys_sim::simulation::{Mischief, simulate, simulate_all};
use tiphys_sim::world::Faults;

/// How many runs share a world.
const RUNS: u64 = 4;

fn same_as_in_a_good_world(
    all: &[Frozen],
    seed: u64,
    good: Mischief,
    bad: Mischief,
) -> Result<(usize, usize), String> {
    let good =
        simulate_all(all, Faults::NONE, good, seed).map_err(|error| format!("in a good world: {error}"))?;
    let bad = simulate_all(all, Faults::MANY, bad, seed ^ 0x5eed)?;
    match good.difference(&bad) {
        None => Ok((bad.starts, bad.crashes)),
        Some(difference) => Err(format!("good and bad world differ at {difference}")),
    }
}

fn alone(seed: u64, mischief: Mischief) -> Result<(usize, usize), String> {
    same_as_in_a_good_world(&[workflow(seed, Taste::STEADY)?], seed, Mischief::None, mischief)
}

/// Runs that share an engine, locks, and everything that goes wrong. What is remembered would be shared, too, and who
/// comes first is chance.
fn together(seed: u64, taste: Taste) -> Result<Vec<Frozen>, String> {
    let taste = Taste { memos: false, ..taste };
    (0..RUNS).map(|number| workflow_called(&format!("demo-{number}"), seed * RUNS + number, taste)).collect()
}

#[test]
fn faults_change_nothing() {
    check("faults_change_nothing", |seed| alone(seed, Mischief::None));
}

#[test]
fn interruptions_change_nothing() {
    check("interruptions_change_nothing", |seed| alone(seed, Mischief::Interruptions));
}

#[test]
fn usurpers_change_nothing() {
    check("usurpers_change_nothing", |seed| alone(seed, Mischief::Usurpers));
}

/// Who is held and goes on comes to what it comes to.
#[test]
fn holds_change_nothing() {
    check("holds_change_nothing", |seed| alone(seed, Mischief::Holds));
}

/// What is retried by hand, perhaps twice, while engines die.
#[test]
fn retries_by_hand_come_to_the_same() {
    check("retries_by_hand_come_to_the_same", |seed| {
        // Whether the last result of a run is remembered when its engine is killed in that moment is chance.
        let all = [workflow(seed, Taste { mendable: true, memos: false, ..Taste::STEADY })?];
        let twice = Mischief::Retries(2);
        same_as_in_a_good_world(&all, seed, twice, twice)
    });
}

/// Runs that fight for locks in a bad world come to what they come to in a good one.
#[test]
fn faults_change_nothing_among_runs_that_share_locks() {
    check("faults_change_nothing_among_runs_that_share_locks", |seed| {
        let mischief = match seed % 4 {
            0 => Mischief::Usurpers,
            1 => Mischief::Holds,
            _ => Mischief::None,
        };
        same_as_in_a_good_world(&together(seed, Taste::STEADY)?, seed, Mischief::None, mischief)
    });
}

/// Steps that ran are Lost then, so that the outcome may differ; but there is one, and no promise is broken.
#[test]
fn power_cuts_break_no_promise() {
    check("power_cuts_break_no_promise", |seed| no_promise_is_broken(seed, Mischief::PowerCuts));
}

/// The same of runs that somebody stops, perhaps more than once, while engines die.
#[test]
fn stops_break_no_promise() {
    check("stops_break_no_promise", |seed| no_promise_is_broken(seed, Mischief::Stops));
}

/// The same of runs that fail now and then because time is up, and are retried.
#[test]
fn deadlines_break_no_promise() {
    check("deadlines_break_no_promise", |seed| no_promise_is_broken(seed, Mischief::Retries(2)));
}

/// Every second seed plays with several runs, which wait for each other.
fn no_promise_is_broken(seed: u64, mischief: Mischief) -> Result<(usize, usize), String> {
    let trial = match seed % 2 {
        0 => simulate(&workflow(seed, Taste::WILD)?, Faults::MANY, mischief, seed)?,
        _ => simulate_all(&together(seed, Taste::WILD)?, Faults::MANY, mischief, seed)?,
    };
    Ok((trial.starts, trial.crashes))
}

#[test]
fn the_same_seed_gives_the_same_run() {
    check("the_same_seed_gives_the_same_run", |seed| {
        if seed % 10 > 0 {
            return Ok((0, 0));
        }
        let all = together(seed, Taste::WILD)?;
        let trial = || simulate_all(&all, Faults::MANY, Mischief::Stops, seed);
        let (first, second) = (trial()?, trial()?);
        let same = first.outcomes == second.outcomes
            && (first.starts, first.crashes) == (second.starts, second.crashes);
        if same { Ok((first.starts, first.crashes)) } else { Err("two runs of one seed differ".to_owned()) }
    });
}

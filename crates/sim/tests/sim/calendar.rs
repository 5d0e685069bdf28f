//! Schedules keep their promises while engines die and are away (CR-067 to CR-073, CR-111, CR-112, CR-130, CR-131).

use crate::seeds::check;
use tiphys_sim::calendar::{Weather, play, schedule};

/// Whoever takes over does what is left to be done, and nothing twice: every instant has its run, as if nobody had died.
/// With Forbid it is chance whether the end of a run was noticed in time for the next.
#[test]
fn deaths_change_no_schedule() {
    check("deaths_change_no_schedule", |seed| {
        let spec = schedule(seed);
        let good = play(&spec, Weather::Good, seed).map_err(|error| format!("in good weather: {error}"))?;
        let bad = play(&spec, Weather::Deaths, seed)?;
        let is_chance = spec["concurrencyPolicy"] == "Forbid" || spec["stopStrategy"].is_object();
        match good.dues == bad.dues || is_chance {
            true => Ok((bad.dues.len(), bad.deaths)),
            false => Err(format!("{} runs in good weather, {} in bad", good.dues.len(), bad.dues.len())),
        }
    });
}

/// What was missed is made up for within its deadline, once, and the policies hold.
#[test]
fn outages_break_no_promise_of_a_schedule() {
    check("outages_break_no_promise_of_a_schedule", |seed| {
        let chronicle = play(&schedule(seed), Weather::Outages, seed)?;
        Ok((chronicle.dues.len(), chronicle.deaths))
    });
}

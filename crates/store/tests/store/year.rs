//! A generated year of runs.

use std::time::Duration;

use tiphys_store::State;

use crate::days::{Plan, cost, day};

const DAYS: i64 = 365;

/// With limits of history and an age of the archive, the last month of a year costs what the fourth did.
#[test]
fn a_year_of_runs_stays_as_small_and_as_quick_as_a_season() {
    let folder = tempfile::tempdir().unwrap();
    let state = State::open(folder.path()).unwrap();
    let plan = Plan::default();
    let mut costs = Vec::new();
    for number in 0..DAYS {
        day(&state, &plan, number);
        if number % 30 == 5 && number > 100 {
            costs.push(cost(&state));
        }
    }
    let (first, last) = (&costs[0], &costs[costs.len() - 1]);
    println!("a season: {first:?}, a year: {last:?}, of {} runs", DAYS * (plan.often + 1));
    assert_eq!(last.archived, first.archived, "{costs:?}");
    assert!(last.bytes <= first.bytes + first.bytes / 10, "{costs:?}");
    // Wide, because other programs run beside this one; a list that is walked takes four times as long after a year.
    assert!(last.pages <= first.pages * 3 + Duration::from_millis(2), "{costs:?}");
}

//! Lives a year with a store and tells what it costs, month by month from the second on: one JSON object a line.
//!
//!     year_of_runs FOLDER RUNS_A_DAY
//!
//! History limits and the age of the archive are what a team would set; see [`days`].

#[path = "../tests/store/days.rs"]
mod days;

use std::path::Path;

use days::{Plan, cost, day};
use tiphys_store::State;

/// The days of the months of an ordinary year.
const MONTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, runs] = arguments.as_slice() else {
        eprintln!("usage: year_of_runs FOLDER RUNS_A_DAY");
        std::process::exit(2);
    };
    let state = State::open(Path::new(folder)).expect("the folder can be made");
    let often = runs.parse().expect("a count is a whole number");
    let plan = Plan { often, kept: [("often", 1_000), ("nightly", 100)] };
    let mut today = 0;
    for (month, days) in (1..).zip(MONTHS) {
        for number in today..today + days {
            day(&state, &plan, number);
        }
        today += days;
        // The pages that are timed are full ones, and the pipeline of the night needs fifty days for its first.
        if month == 1 {
            continue;
        }
        let cost = cost(&state);
        println!(
            "{{\"month\":{month},\"runs\":{},\"archived\":{},\"bytes\":{},\"pages_ms\":{}}}",
            today * (plan.often + 1),
            cost.archived,
            cost.bytes,
            cost.pages.as_secs_f64() * 1e3
        );
    }
}

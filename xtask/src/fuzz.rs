//! `cargo xtask fuzz`: the random tests again and again, with other numbers each time.
//!
//! CI gives each of them a fraction of a second; here they run until the time is over. Random tests choose
//! their own numbers and print those of a failure; the simulator gets seeds that nobody tried before.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::workspace::{self, Workspace};

/// Minutes, if nobody says how many.
const MINUTES: u64 = 10;

/// Cases of one random test in one round.
const CASES: u32 = 10_000;

/// Cases of a test each of whose cases is a loop that may fill what one value may take.
const CASES_OF_LOOPS: u32 = 1_000;

/// Seeds of one test of the simulator in one round.
const SEEDS: u32 = 100;

/// A target: what it throws at whom, how often in one round, and how cargo runs it.
struct Target {
    what: &'static str,
    cases: u32,
    arguments: &'static [&'static str],
}

const fn target(what: &'static str, cases: u32, arguments: &'static [&'static str]) -> Target {
    Target { what, cases, arguments }
}

/// A round of all of them takes minutes.
const TARGETS: &[Target] = &[
    target(
        "texts, expressions, conditions, depends, items",
        CASES,
        &["-p", "tiphys-expr", "--lib", "--", "never_panic"],
    ),
    target("paths", CASES, &["-p", "tiphys-expr", "--test", "hostile", "--", "paths_never_panic"]),
    target(
        "accumulators",
        CASES_OF_LOOPS,
        &["-p", "tiphys-expr", "--test", "hostile", "--", "accumulators_never_panic"],
    ),
    target("YAML and cut manifests", CASES, &["-p", "tiphys-spec", "--test", "hostile", "--", "survived"]),
    target("archives and keys", CASES, &["-p", "tiphys-artifact", "--test", "artifact", "--", "random"]),
    target(
        "invariants of random workflows",
        SEEDS,
        &["-p", "tiphys-sim", "--test", "sim", "--", "properties"],
    ),
    target("the engine and the model", SEEDS, &["-p", "tiphys-sim", "--test", "sim", "--", "model"]),
    target(
        "random workflows in a bad world",
        SEEDS,
        &["-p", "tiphys-sim", "--test", "sim", "--", "simulation"],
    ),
    target("schedules in a bad world", SEEDS, &["-p", "tiphys-sim", "--test", "sim", "--", "calendar"]),
];

/// Runs every target in turn until the time is over; the first failure ends it.
pub fn run(workspace: &Workspace, options: &[String]) -> Result<bool, String> {
    let time = Duration::from_secs(60 * minutes(options)?);
    let began = Instant::now();
    let fresh = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut rounds = 0;
    while began.elapsed() < time {
        for Target { what, cases, arguments } in TARGETS {
            if began.elapsed() >= time {
                break;
            }
            let target_began = Instant::now();
            // Seeds of one round do not meet those of the next.
            let first = (fresh + rounds * 1_000_003).to_string();
            let output = workspace::cargo()
                .args(["test", "--quiet", "--locked"])
                .args(*arguments)
                .env("PROPTEST_CASES", cases.to_string())
                .env("TIPHYS_SIM_FIRST_SEED", &first)
                .env("TIPHYS_SIM_SEEDS", cases.to_string())
                .current_dir(&workspace.root)
                .output()
                .map_err(|error| format!("cannot run cargo: {error}"))?;
            if !output.status.success() {
                println!(
                    "{}{}",
                    String::from_utf8_lossy(&output.stdout),
                    String::from_utf8_lossy(&output.stderr)
                );
                println!("fuzz: {what} failed after {} s", began.elapsed().as_secs());
                return Ok(false);
            }
            println!("fuzz: {what}: {} s", target_began.elapsed().as_secs());
        }
        rounds += 1;
        println!("fuzz: {rounds} rounds in {} s, nothing found", began.elapsed().as_secs());
    }
    Ok(true)
}

fn minutes(options: &[String]) -> Result<u64, String> {
    match options {
        [] => Ok(MINUTES),
        [flag, number] if flag == "--minutes" => {
            number.parse().map_err(|_| format!("`{number}` is not a number of minutes"))
        }
        _ => Err("the only option is `--minutes N`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{MINUTES, minutes};

    #[test]
    fn the_time_is_given_in_minutes() {
        let given =
            |words: &[&str]| minutes(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(given(&[]), Ok(MINUTES));
        assert_eq!(given(&["--minutes", "60"]), Ok(60));
        assert!(given(&["--minutes", "long"]).is_err());
        assert!(given(&["60"]).is_err());
    }
}

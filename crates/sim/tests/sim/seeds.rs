//! Many seeds, one after the other. `TIPHYS_SIM_SEEDS=10000` tries more, `TIPHYS_SIM_SEED=17` repeats one,
//! `TIPHYS_SIM_FIRST_SEED=5000` begins elsewhere.

/// How many seeds each test tries by itself.
const SEEDS: u64 = 100;

/// Tries seeds; a trial answers two numbers to be summed up. A failure says how it can be repeated.
#[track_caller]
pub fn check(what: &str, mut trial: impl FnMut(u64) -> Result<(usize, usize), String>) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("TIPHYS_SIM_SEED") {
        Some(seed) => seed..seed + 1,
        None => {
            let first = number("TIPHYS_SIM_FIRST_SEED").unwrap_or(0);
            first..first + number("TIPHYS_SIM_SEEDS").unwrap_or(SEEDS)
        }
    };
    let (mut steps, mut crashes) = (0, 0);
    for seed in seeds.clone() {
        match trial(seed) {
            Ok((stepped, crashed)) => {
                steps += stepped;
                crashes += crashed;
            }
            Err(reason) => panic!(
                "{what}, seed {seed}: {reason}\n\
                 repeat with TIPHYS_SIM_SEED={seed} cargo test -p tiphys-sim {what}"
            ),
        }
    }
    println!("{what}: {} seeds, {steps} steps, {crashes} deaths of an engine", seeds.end - seeds.start);
}

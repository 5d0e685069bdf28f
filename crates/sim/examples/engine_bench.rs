//! Prints how fast the engine alone is: one line of JSON for each shape and size.
//!
//! `engine_bench [SIZE…]`; without sizes, 1,000 to 1,000,000 nodes.

use tiphys_sim::bench::{Measured, Shape, exponent, measure};

fn main() -> Result<(), String> {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 10_000, 100_000, 1_000_000] } else { sizes };
    for shape in Shape::ALL {
        let mut before: Option<Measured> = None;
        for size in &sizes {
            let measured = measure(shape, *size)?;
            let mut line = measured.json();
            if let Some(before) = &before {
                line["exponent"] = exponent(before, &measured).into();
            }
            println!("{line}");
            before = Some(measured);
        }
    }
    Ok(())
}

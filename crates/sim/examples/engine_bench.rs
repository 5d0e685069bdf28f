//! Prints how fast the engine alone is: one line of JSON for each shape and size.
//!
//! `engine_bench [SHAPE…] [SIZE…]`; without shapes the plain ones, without sizes 1,000 to 1,000,000 nodes.

use tiphys_sim::bench::{Measured, Shape, exponent, measure};

fn main() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let sizes: Vec<usize> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 10_000, 100_000, 1_000_000] } else { sizes };
    let shapes: Vec<Shape> = words.iter().filter_map(|word| Shape::named(word)).collect();
    let shapes = if shapes.is_empty() { Shape::PLAIN.to_vec() } else { shapes };
    for shape in shapes {
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

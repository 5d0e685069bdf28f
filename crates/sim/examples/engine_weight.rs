//! Prints what the state of a run weighs: one line of JSON for each shape and size.
//!
//! `engine_weight [SIZE…]`; without sizes, 100,000 nodes. Counted is what is asked of the allocator, so that memory
//! which others gave back does not blur it; that is why it is a program of its own.

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use tiphys_sim::bench::{Shape, weigh};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn live() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

fn main() -> Result<(), String> {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|size| size.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![100_000] } else { sizes };
    for shape in Shape::PLAIN {
        for size in &sizes {
            let bytes = weigh(shape, *size, &live)?;
            println!(
                "{}",
                serde_json::json!({"shape": shape.name(), "nodes": size, "bytes_per_node": bytes})
            );
        }
    }
    Ok(())
}

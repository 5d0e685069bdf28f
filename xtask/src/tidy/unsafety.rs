//! `unsafe` stays in the rooms where the kernel's calls leave no other way.

use super::{Finding, Room};
use crate::workspace::Workspace;

/// Rooms that may contain `unsafe`; every other crate inherits `unsafe_code = "deny"` untouched.
const ROOMS: &[&str] = &["tiphys-executor", "tiphys-runner"];

/// Breaches in product code and tests alike.
pub fn check(workspace: &Workspace, rooms: &[Room]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for room in rooms.iter().filter(|room| !ROOMS.contains(&room.package.name.as_str())) {
        for file in &room.files {
            for token in file.tokens.iter().filter(|token| token.is_word("unsafe")) {
                findings.push(Finding {
                    law: "unsafe",
                    place: format!("{}:{}", workspace.shown(&file.path), token.line),
                    message: format!("only {} may use `unsafe`", ROOMS.join(" and ")),
                });
            }
        }
    }
    findings
}

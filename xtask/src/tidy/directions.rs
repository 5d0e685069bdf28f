//! Who may use whom (`ARCHITECTURE.md` §3), and which outside libraries belong to one room only.

use super::{Finding, Room};
use crate::workspace::{Package, Workspace};

/// What each room may use of ours in its product code. A room that is not listed has no place yet.
pub const MAY_USE: &[(&str, &[&str])] = &[
    ("tiphys-expr", &[]),
    ("tiphys-spec", &[]),
    ("tiphys-engine", &["tiphys-spec", "tiphys-expr"]),
    ("tiphys-store", &[]),
    ("tiphys-artifact", &["tiphys-spec"]),
    ("tiphys-executor", &["tiphys-spec", "tiphys-expr", "tiphys-artifact"]),
    ("tiphys-runner", &["tiphys-spec", "tiphys-executor"]),
    (
        "tiphys-controller",
        &[
            "tiphys-engine",
            "tiphys-store",
            "tiphys-runner",
            "tiphys-spec",
            // Conditions of http templates and transformations of data are judged where the answer arrives.
            "tiphys-expr",
            // Artifacts that go with a run are deleted by those who store them.
            "tiphys-artifact",
        ],
    ),
    (
        "tiphys-server",
        &[
            "tiphys-controller",
            "tiphys-engine",
            "tiphys-store",
            "tiphys-artifact",
            "tiphys-spec",
            // Who may do what is an expression in Argo's settings.
            "tiphys-expr",
            // The server starts its own runner and reads the logs that it keeps.
            "tiphys-runner",
        ],
    ),
    ("tiphys-kube", &["tiphys-controller", "tiphys-runner", "tiphys-engine", "tiphys-spec"]),
    (
        "tiphys-cli",
        &[
            "tiphys-expr",
            "tiphys-spec",
            "tiphys-engine",
            "tiphys-store",
            "tiphys-artifact",
            "tiphys-executor",
            "tiphys-runner",
            "tiphys-controller",
            "tiphys-server",
            "tiphys-kube",
        ],
    ),
    (
        "tiphys-sim",
        &[
            "tiphys-engine",
            "tiphys-controller",
            "tiphys-store",
            "tiphys-spec",
            "tiphys-expr",
            "tiphys-runner",
        ],
    ),
    ("xtask", &[]),
];

/// Rooms without I/O, clocks or chance.
pub const PURE: &[&str] = &["tiphys-expr", "tiphys-spec", "tiphys-engine"];

/// The outside libraries of the pure rooms. A new one is a design decision: it must do no I/O, read
/// no clock and take its seed as an argument.
const PURE_LIBRARIES: &[&str] = &[
    "annotate-snippets",
    "base64",
    "blake3",
    "globset",
    "granit-parser",
    "hmac",
    "indexmap",
    "jiff",
    "regex",
    "regex-syntax",
    "semver",
    "serde",
    "serde-saphyr",
    "serde_json",
    "sha1",
    "sha2",
    "smol_str",
    "strsim",
    "thiserror",
    "unicode-width",
    "uuid",
];

/// Outside libraries that belong to one room (the beginning of a name suffices), with the reason.
const ONE_ROOM: &[(&str, &str, &str)] = &[
    ("rusqlite", "tiphys-store", "SQL lives in the store"),
    ("tokio-postgres", "tiphys-store", "SQL lives in the store"),
    ("mysql_async", "tiphys-store", "SQL lives in the store"),
    ("kube", "tiphys-kube", "Kubernetes clients live in kube"),
    ("k8s-openapi", "tiphys-kube", "Kubernetes clients live in kube"),
    ("opendal", "tiphys-artifact", "cloud storage lives in artifact"),
    ("aws-sdk", "tiphys-artifact", "cloud storage lives in artifact"),
    ("granit-parser", "tiphys-spec", "one reader of YAML"),
];

/// Libraries that no room may use, with the reason.
const BANNED: &[(&str, &str)] = &[
    ("serde_yaml", "unmaintained; `spec` reads YAML, `serde-saphyr` writes it"),
    ("serde_yml", "unsound; `spec` reads YAML, `serde-saphyr` writes it"),
    ("openssl", "TLS is rustls with ring"),
    ("native-tls", "TLS is rustls with ring"),
    ("chrono", "time is jiff"),
];

/// Breaches in the dependency sections of every `Cargo.toml`.
pub fn check(workspace: &Workspace) -> Vec<Finding> {
    let ours: Vec<&str> = workspace.packages.iter().map(|package| package.name.as_str()).collect();
    let mut findings = Vec::new();
    for package in &workspace.packages {
        let place = workspace.shown(&package.dir.join("Cargo.toml"));
        for message in complaints(package, &ours) {
            findings.push(Finding { law: "direction", place: place.clone(), message });
        }
    }
    findings
}

/// Dependencies that no source of their package names.
pub fn unused(workspace: &Workspace, rooms: &[Room]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for room in rooms {
        for dependency in &room.package.dependencies {
            let name = dependency.used_as.replace('-', "_");
            let named = room.files.iter().flat_map(|file| &file.tokens).any(|token| token.is_word(&name));
            if !named {
                findings.push(Finding {
                    law: "unused",
                    place: workspace.shown(&room.package.dir.join("Cargo.toml")),
                    message: format!("nothing here uses `{}`", dependency.name),
                });
            }
        }
    }
    findings
}

fn complaints(package: &Package, ours: &[&str]) -> Vec<String> {
    let name = package.name.as_str();
    let Some((_, allowed)) = MAY_USE.iter().find(|(room, _)| *room == name) else {
        return vec![format!("`{name}` has no place in ARCHITECTURE.md §3; give it one here and there")];
    };
    let mut complaints = Vec::new();
    for dependency in &package.dependencies {
        let used = dependency.name.as_str();
        if let Some((_, reason)) = BANNED.iter().find(|(banned, _)| *banned == used) {
            complaints.push(format!("`{used}` is banned: {reason}"));
        }
        if dependency.tests_only {
            continue;
        }
        if ours.contains(&used) && !allowed.contains(&used) {
            complaints.push(format!("`{name}` may not depend on `{used}`"));
        }
        if PURE.contains(&name) && !ours.contains(&used) && !PURE_LIBRARIES.contains(&used) {
            complaints.push(format!("`{used}` is not on the list of pure libraries"));
        }
        for (library, room, reason) in ONE_ROOM {
            if used.starts_with(library) && name != *room && name != "xtask" {
                complaints.push(format!("`{used}` belongs to `{room}` only: {reason}"));
            }
        }
    }
    complaints
}

//! `cargo xtask up`: the whole product from a checkout: pages, binary, a server with examples, and its link.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::pages;
use crate::workspace::{Profile, Workspace};

/// What a newcomer finds in the server: quick, and needing nothing but this machine.
const EXAMPLES: [&str; 4] = ["hello", "dag", "loops", "steps"];

/// Builds the pages and the binary, starts the server and serves until it is interrupted.
///
/// Options go to `tiphys server`, except `--no-examples`.
pub fn run(workspace: &Workspace, options: &[String]) -> Result<bool, String> {
    pages::install(&workspace.root)?;
    pages::build(workspace)?;
    // The server embeds the pages when it is compiled, so it comes after them.
    let binary = workspace.binary(Profile::Dev)?;
    let wants_examples = !options.iter().any(|option| option == "--no-examples");
    let options = options.iter().filter(|option| *option != "--no-examples");
    let mut server = Command::new(&binary)
        .arg("server")
        .args(options)
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", binary.display()))?;
    if wants_examples {
        run_examples(workspace, &binary);
    }
    let status = server.wait().map_err(|error| format!("cannot wait for the server: {error}"))?;
    Ok(status.success())
}

/// Runs the examples beside the server, in the state that it shows; one that cannot run is no reason to stop.
fn run_examples(workspace: &Workspace, binary: &Path) {
    for example in EXAMPLES {
        let file = workspace.root.join("examples").join(format!("{example}.yaml"));
        let status = Command::new(binary)
            .arg("run")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !status.is_ok_and(|status| status.success()) {
            eprintln!("the example {example} did not succeed here");
        }
    }
}

//! Hera from PyPI, unmodified, against a server of ours.
//!
//! Needs a Python that has it: `python3 -m pip install hera`, into a virtual environment named by this variable, or
//! into the usual place. Without it nothing is tried, and that is said.

use crate::torture::Victim;
use std::path::Path;
use std::process::Command;

/// The Python to use.
const PYTHON: &str = "TIPHYS_TEST_PYTHON";

pub fn run(folder: &Path) {
    let python = std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned());
    let known = Command::new(&python).args(["-c", "import hera.workflows"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        println!(
            "skipped: Hera is not tried: `{python}` has no module `hera` ({PYTHON} names another Python)"
        );
        return;
    }
    let victim = Victim::start(&folder.join("hera"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hera/every_method.py");
    let tried = Command::new(python).arg(script).arg(format!("http://{}", victim.address)).output().unwrap();
    let said = String::from_utf8_lossy(&tried.stdout);
    assert!(tried.status.success(), "{said}{}", String::from_utf8_lossy(&tried.stderr));
    print!("{said}");
    victim.kill();
}

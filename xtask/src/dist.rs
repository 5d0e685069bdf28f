//! `cargo xtask dist`: one static file that runs on any Linux of this architecture.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::workspace::Workspace;

/// The compiler for C that knows the small C library, under the names that distributions give it.
const C_COMPILERS: [&str; 2] = ["musl-gcc", "x86_64-linux-musl-gcc"];

/// Builds the file, checks that it needs nothing, and says where it is. Why not, if it cannot be made here.
pub fn run(workspace: &Workspace) -> Result<bool, String> {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let c_compiler = needs(&target)?;
    let root = &workspace.root;
    let built = Command::new(env!("CARGO"))
        .args(["build", "--profile", "dist", "--locked", "--package", "tiphys-cli", "--target", &target])
        .current_dir(root)
        .env(format!("CC_{}", target.replace('-', "_")), c_compiler)
        .env(format!("CARGO_TARGET_{}_LINKER", target.replace('-', "_").to_uppercase()), c_compiler)
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !built.success() {
        return Err("the static build failed; what cargo said above tells why".to_owned());
    }
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let made = folder.join(&target).join("dist/tiphys");
    let bytes = fs::read(&made).map_err(|error| format!("cannot read {}: {error}", made.display()))?;
    if asks_for_an_interpreter(&bytes) {
        return Err(format!("{} is not static: it asks for an interpreter", made.display()));
    }
    let name = format!("tiphys-{}-linux-{}", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    let place = folder.join("dist").join(name);
    let copy = fs::create_dir_all(folder.join("dist")).and_then(|()| fs::copy(&made, &place));
    copy.map_err(|error| format!("cannot write {}: {error}", place.display()))?;
    println!("{}: {:.1} MB, static", place.display(), bytes.len() as f64 / 1e6);
    Ok(true)
}

/// The compiler for C, if everything is there that a static build takes.
fn needs(target: &str) -> Result<&'static str, String> {
    let found = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = found.map_err(|error| format!("cannot start rustc: {error}"))?.stdout;
    let sysroot = String::from_utf8_lossy(&sysroot).trim().to_owned();
    let library = Path::new(&sysroot).join("lib/rustlib").join(target);
    if !library.is_dir() {
        let added = Command::new("rustup").args(["target", "add", target]).status();
        if !added.is_ok_and(|status| status.success()) || !library.is_dir() {
            return Err(format!(
                "no static file can be made here: Rust's library for {target} is missing and cannot be fetched; \
                 `rustup target add {target}` brings it where there is a network"
            ));
        }
    }
    let works = |name: &&&str| {
        let tried = Command::new(name).arg("--version").output();
        tried.is_ok_and(|output| output.status.success())
    };
    C_COMPILERS.iter().find(works).copied().ok_or_else(|| {
        "no static file can be made here: SQLite and ring are C, which takes musl-gcc (Debian: musl-tools)".to_owned()
    })
}

/// Whether a program of the usual form (ELF, 64 bits, little end first) wants another one to load it.
fn asks_for_an_interpreter(bytes: &[u8]) -> bool {
    const INTERPRETER: u32 = 3;
    let number = |at: usize, size: usize| {
        let part = bytes.get(at..at + size).unwrap_or_default();
        part.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte))
    };
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        // Not what was built for; nothing can be said for it.
        return true;
    }
    let (table, size, count) = (number(32, 8), number(54, 2), number(56, 2));
    (0..count).any(|at| number(table + at * size, 4) == INTERPRETER as usize)
}

#[cfg(test)]
mod tests {
    use super::asks_for_an_interpreter;

    #[test]
    fn a_program_of_this_machine_asks_for_an_interpreter() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(asks_for_an_interpreter(&own));
        let mut none = vec![0; 64];
        none[..6].copy_from_slice(b"\x7fELF\x02\x01");
        assert!(!asks_for_an_interpreter(&none));
        assert!(asks_for_an_interpreter(b"text"));
    }
}

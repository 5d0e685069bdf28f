//! `cargo xtask dist`: one static file that runs on any Linux of this architecture.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::pages;
use crate::workspace::{self, Workspace};

/// The compiler for C that knows the small C library, under the names that distributions give it.
const C_COMPILERS: [&str; 2] = ["musl-gcc", "x86_64-linux-musl-gcc"];

/// How a static file is made here.
struct Way {
    target: String,
    /// What the build is told beside that.
    variables: Vec<(String, String)>,
    /// What whoever uses the file should know.
    notice: Option<String>,
}

/// Builds the file, checks that it needs nothing, and says where it is.
pub fn run(workspace: &Workspace) -> Result<bool, String> {
    let way = way()?;
    let root = &workspace.root;
    // The server embeds the pages when it is compiled, so they come before it.
    let unbuilt = pages::install(root).and_then(|()| pages::build(workspace)).err();
    let built = workspace::cargo()
        .args(["build", "--profile", "dist", "--locked", "--package", "tiphys-cli", "--target", &way.target])
        .current_dir(root)
        .envs(way.variables)
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !built.success() {
        return Err("the static build failed; what cargo said above tells why".to_owned());
    }
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let made = folder.join(&way.target).join("dist/tiphys");
    let bytes = fs::read(&made).map_err(|error| format!("cannot read {}: {error}", made.display()))?;
    if asks_for_an_interpreter(&bytes) {
        return Err(format!("{} is not static: it asks for an interpreter", made.display()));
    }
    let name = format!("tiphys-{}-linux-{}", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH);
    let place = folder.join("dist").join(name);
    let copy = fs::create_dir_all(folder.join("dist")).and_then(|()| fs::copy(&made, &place));
    copy.map_err(|error| format!("cannot write {}: {error}", place.display()))?;
    println!("{}: {:.1} MB, static", place.display(), bytes.len() as f64 / 1e6);
    if let Some(reason) = unbuilt {
        println!("Its web pages are those that were there before, or plain ones: {reason}");
    }
    if let Some(notice) = way.notice {
        println!("{notice}");
    }
    Ok(true)
}

/// With the small C library where the toolchain has it, else with the usual one.
fn way() -> Result<Way, String> {
    let musl = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let lacks = if !has_library(&musl)? {
        format!("Rust's library for it (`rustup target add {musl}`)")
    } else if let Some(compiler) = c_compiler() {
        let variables = [
            format!("CC_{}", musl.replace('-', "_")),
            format!("CARGO_TARGET_{}_LINKER", musl.replace('-', "_").to_uppercase()),
        ];
        let variables = variables.into_iter().map(|variable| (variable, compiler.to_owned())).collect();
        return Ok(Way { target: musl, variables, notice: None });
    } else {
        "musl-gcc, because SQLite and ring are C (Debian: musl-tools)".to_owned()
    };
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    if !has_library(&target)? {
        return Err(format!(
            "no static file can be made here: there is no {target}, and of musl is missing {lacks}"
        ));
    }
    let notice = format!(
        "Made with glibc: where names of other machines are looked up, it asks the glibc of the machine it runs on.\n\
         With musl it would need none; missing here is {lacks}."
    );
    // Named with its target, so that what runs during the build is made as usual.
    let variables = vec![("RUSTFLAGS".to_owned(), "-C target-feature=+crt-static".to_owned())];
    Ok(Way { target, variables, notice: Some(notice) })
}

/// Whether Rust's own library is here for a target.
fn has_library(target: &str) -> Result<bool, String> {
    let found = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = found.map_err(|error| format!("cannot start rustc: {error}"))?.stdout;
    let sysroot = String::from_utf8_lossy(&sysroot).trim().to_owned();
    Ok(Path::new(&sysroot).join("lib/rustlib").join(target).join("lib").is_dir())
}

/// The compiler for C with the small C library, if one works here.
fn c_compiler() -> Option<&'static str> {
    let works = |name: &&&str| {
        let tried = Command::new(name).arg("--version").output();
        tried.is_ok_and(|output| output.status.success())
    };
    C_COMPILERS.iter().find(works).copied()
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

//! Packs the web pages into the binary: those of `ui/dist` if they were built, otherwise the plain ones.
//!
//! A build never runs npm. `ui/dist` is part of the checkout, even while it is empty, so that cargo notices when
//! pages are built or thrown away.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> io::Result<()> {
    let here = PathBuf::from(env("CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(env("OUT_DIR"));
    let built = here.join("../../ui/dist/pages");
    let plain = here.join("plain");
    println!("cargo::rerun-if-changed=../../ui/dist");
    println!("cargo::rerun-if-changed=plain");
    println!("cargo::rerun-if-changed=build.rs");
    let folder = if built.join("index.html").is_file() { built } else { plain };
    let mut files = Vec::new();
    gather(&folder, &folder, &mut files)?;
    // One order on every machine.
    files.sort();
    let mut table = String::from("&[\n");
    for (number, name) in files.iter().enumerate() {
        let packed = out.join(format!("page-{number}.gz"));
        pack(&folder.join(name), &packed)?;
        let packed = packed.display().to_string();
        writeln!(table, "    File {{ name: {name:?}, packed: include_bytes!({packed:?}) }},")
            .map_err(io::Error::other)?;
    }
    table.push_str("]\n");
    std::fs::write(out.join("pages.rs"), table)
}

fn env(name: &str) -> std::ffi::OsString {
    std::env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name} for build scripts"))
}

/// Names of all files below `folder`, relative to `root`, with slashes.
fn gather(root: &Path, folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            gather(root, &path, files)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
            files.push(parts.join("/"));
        }
    }
    Ok(())
}

fn pack(from: &Path, to: &Path) -> io::Result<()> {
    let mut packer = GzEncoder::new(std::fs::File::create(to)?, Compression::best());
    packer.write_all(&std::fs::read(from)?)?;
    packer.finish()?;
    Ok(())
}

//! What cargo knows about this workspace: packages, their dependencies and targets.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The workspace that automation works on.
pub struct Workspace {
    pub root: PathBuf,
    pub packages: Vec<Package>,
}

/// How the binary is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Dev,
    /// As the tests of all crates have it: together they choose more features of what crates share than the binary alone,
    /// and built by itself after them most of it would be compiled once more.
    Tested,
    Release,
}

/// One crate of the workspace.
pub struct Package {
    pub name: String,
    pub dir: PathBuf,
    pub dependencies: Vec<Dependency>,
    pub targets: Vec<Target>,
}

/// A dependency as written in a `Cargo.toml`.
pub struct Dependency {
    pub name: String,
    /// What the sources call it.
    pub used_as: String,
    pub tests_only: bool,
}

/// A compilation root: `src/lib.rs`, a binary, an integration test, a bench, an example.
pub struct Target {
    pub source: PathBuf,
    pub tests_only: bool,
}

impl Workspace {
    /// Reads the workspace around this program's own source.
    pub fn ours() -> Result<Workspace, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask has no parent folder")?;
        Workspace::read(root)
    }

    /// Reads the workspace in `root` by asking cargo; needs no network.
    pub fn read(root: &Path) -> Result<Workspace, String> {
        let metadata = cargo_metadata(root, &["--no-deps"])?;
        let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
        Ok(Workspace {
            root: root.to_owned(),
            packages: packages.iter().map(package).collect::<Option<_>>().ok_or("unreadable metadata")?,
        })
    }

    /// The path relative to the root, for messages.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// The folder with the recorded truth, if it lies beside this checkout.
    pub fn corpus(&self) -> Option<PathBuf> {
        let corpus = self.root.parent()?.join("shared/corpus");
        corpus.join("index.json").is_file().then_some(corpus)
    }

    /// Where builds go; honours `CARGO_TARGET_DIR` as cargo does.
    pub fn target_dir(&self) -> PathBuf {
        match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => self.root.join(dir),
            None => self.root.join("target"),
        }
    }

    /// Builds the binary and answers where it is.
    pub fn binary(&self, profile: Profile) -> Result<PathBuf, String> {
        let (options, folder): (&[&str], _) = match profile {
            Profile::Dev => (&["build", "--package", "tiphys-cli"], "debug"),
            Profile::Tested => (&["test", "--workspace", "--no-run"], "debug"),
            Profile::Release => (&["build", "--package", "tiphys-cli", "--release"], "release"),
        };
        let status = cargo()
            .args(options)
            .args(["--quiet", "--locked"])
            .current_dir(&self.root)
            .status()
            .map_err(|error| format!("cannot run cargo: {error}"))?;
        match status.success() {
            true => Ok(self.target_dir().join(folder).join("tiphys")),
            false => Err("the binary does not build".to_owned()),
        }
    }
}

/// Cargo, to be called as by hand: without what the cargo that runs this program told it of its own package. Scripts that
/// build C ask for some of these variables, and whatever stands upon them would be compiled anew after each change of hands.
pub fn cargo() -> Command {
    let mut cargo = Command::new("cargo");
    for name in
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|name| is_told(name))
    {
        cargo.env_remove(name);
    }
    cargo
}

/// Whether cargo sets the variable for a program that it runs.
fn is_told(variable: &str) -> bool {
    const OTHERS: [&str; 4] = ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"];
    let of_package = ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|begin| variable.starts_with(begin));
    of_package || OTHERS.contains(&variable)
}

/// Runs `cargo metadata` in `root`.
pub fn cargo_metadata(root: &Path, options: &[&str]) -> Result<Value, String> {
    let output = cargo()
        .args(["metadata", "--format-version", "1", "--offline"])
        .args(options)
        .current_dir(root)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
}

fn package(value: &Value) -> Option<Package> {
    let dependencies = value["dependencies"].as_array()?;
    let targets = value["targets"].as_array()?;
    Some(Package {
        name: value["name"].as_str()?.to_owned(),
        dir: Path::new(value["manifest_path"].as_str()?).parent()?.to_owned(),
        dependencies: dependencies.iter().map(dependency).collect::<Option<_>>()?,
        targets: targets.iter().map(target).collect::<Option<_>>()?,
    })
}

fn dependency(value: &Value) -> Option<Dependency> {
    let name = value["name"].as_str()?;
    let used_as = value["rename"].as_str().unwrap_or(name).to_owned();
    Some(Dependency { name: name.to_owned(), used_as, tests_only: value["kind"] == "dev" })
}

fn target(value: &Value) -> Option<Target> {
    let kinds = value["kind"].as_array()?;
    Some(Target {
        source: PathBuf::from(value["src_path"].as_str()?),
        tests_only: kinds.iter().all(|kind| kind == "test" || kind == "bench" || kind == "example"),
    })
}

#[cfg(test)]
mod tests {
    use super::cargo;

    /// These tests are run by cargo themselves, so it has told them of their package.
    #[test]
    fn cargo_is_called_as_by_hand() {
        let removed: Vec<String> = cargo()
            .get_envs()
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| name.to_string_lossy().into_owned())
            .collect();
        for told in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION_PRE"] {
            assert!(removed.iter().any(|name| name == told), "{told} is not among {removed:?}");
        }
        for wish in ["CARGO_TARGET_DIR", "CARGO_INCREMENTAL", "CARGO_HOME", "PATH"] {
            assert!(!removed.iter().any(|name| name == wish), "{wish} is whoever's wish who runs it");
        }
    }
}

//! Images without images: what an image would have contributed when steps run as processes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::{Glob, GlobBuilder, GlobMatcher};
use serde::Deserialize;
use serde_json::Value;
use tiphys_executor::contract::ImageFile;

/// What one image contributes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// As in an image's configuration; becomes the command.
    pub entrypoint: Vec<String>,
    /// Becomes the arguments when there are none.
    pub cmd: Vec<String>,
    /// The directory to start in.
    pub working_dir: Option<String>,
    /// Environment below the container's own.
    pub env: BTreeMap<String, String>,
    /// Files put into the step's root.
    pub files: Vec<ImageFile>,
}

/// A list of patterns; the first that matches an image reference as written wins.
#[derive(Clone, Debug)]
pub struct ImageMap {
    /// Every run has this map, so it is shared: a copy of its patterns takes more than all else of a small run.
    entries: Arc<Vec<(GlobMatcher, Image)>>,
}

/// Why an image map cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("image map `{file}`: {reason}")]
pub struct ImageMapError {
    /// The file.
    pub file: String,
    /// What is wrong with it, and where.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    images: Vec<Entry>,
}

/// What Argo's controller is told of an image.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Said {
    entrypoint: Vec<String>,
    cmd: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Entry {
    r#match: String,
    #[serde(default)]
    entrypoint: Vec<String>,
    #[serde(default)]
    cmd: Vec<String>,
    working_dir: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    files: Vec<FileEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    path: String,
    from: PathBuf,
}

/// Commands that well-known images start when a manifest gives none.
const BUILT_IN: [(&str, &str); 8] = [
    ("{busybox,*/busybox}{,:*,@*}", "sh"),
    ("{alpine,*/alpine}{,:*,@*}", "/bin/sh"),
    ("{debian,*/debian}{,:*,@*}", "bash"),
    ("{ubuntu,*/ubuntu}{,:*,@*}", "/bin/bash"),
    ("{bash,*/bash}{,:*,@*}", "bash"),
    ("{fedora,*/fedora}{,:*,@*}", "/bin/bash"),
    ("{python,*/python}{,:*,@*}", "python3"),
    ("{perl,*/perl}{,:*,@*}", "perl"),
];

/// Where programs of a machine are looked for.
const PATH: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Images of tool chains: the command that they start when a manifest gives none, and the folders in which their programs
/// lie before the usual ones.
const TOOL_CHAINS: [(&str, &str, &[&str]); 6] = [
    ("{golang,*/golang}{,:*,@*}", "bash", &["/go/bin", "/usr/local/go/bin"]),
    ("{rust,*/rust}{,:*,@*}", "bash", &["/usr/local/cargo/bin"]),
    ("{ruby,*/ruby}{,:*,@*}", "irb", &["/usr/local/bundle/bin"]),
    ("{julia,*/julia}{,:*,@*}", "julia", &["/usr/local/julia/bin"]),
    ("{eclipse-temurin,*/eclipse-temurin}{,:*,@*}", "jshell", &["/opt/java/openjdk/bin"]),
    ("{*/miniconda3,*/anaconda3}{,:*,@*}", "/bin/bash", &["/opt/conda/bin"]),
];

/// The `PATH` of a tool chain's image, where this machine has one of its folders.
fn path_with(folders: &[&str], is_here: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
    if !folders.iter().any(|folder| is_here(folder)) {
        return BTreeMap::new();
    }
    let path: Vec<&str> = folders.iter().chain(&PATH).copied().collect();
    BTreeMap::from([("PATH".to_owned(), path.join(":"))])
}

/// Images of Python call it `python`, many machines only `python3`: scripts for the former find the latter.
fn python() -> Vec<ImageFile> {
    let found =
        |name: &str| PATH.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.exists());
    let python3 = if found("python").is_some() { None } else { found("python3") };
    // Where a link leads to, since only that file is shown in its place.
    let from = python3.and_then(|link| std::fs::canonicalize(link).ok());
    from.map(|from| ImageFile { path: "/usr/local/bin/python".to_owned(), from }).into_iter().collect()
}

impl Default for ImageMap {
    fn default() -> Self {
        let plain = BUILT_IN.iter().map(|(pattern, command)| {
            let files = if *command == "python3" { python() } else { Vec::new() };
            (*pattern, Image { cmd: vec![(*command).to_owned()], files, ..Image::default() })
        });
        let chains = TOOL_CHAINS.iter().map(|(pattern, command, folders)| {
            let env = path_with(folders, |folder| Path::new(folder).is_dir());
            (*pattern, Image { cmd: vec![(*command).to_owned()], env, ..Image::default() })
        });
        let entries = plain.chain(chains).filter_map(|(pattern, image)| {
            // With or without a tag: the empty alternative is meant.
            let pattern = GlobBuilder::new(pattern).empty_alternates(true).build().ok()?;
            Some((pattern.compile_matcher(), image))
        });
        ImageMap { entries: Arc::new(entries.collect()) }
    }
}

impl ImageMap {
    /// What is known of an image.
    pub fn find(&self, reference: &str) -> Option<&Image> {
        self.entries.iter().find(|(pattern, _)| pattern.is_match(reference)).map(|(_, image)| image)
    }

    /// Puts the entries of a file before those known so far. Relative `from` paths are relative to the file.
    pub fn load(&mut self, file: &Path) -> Result<(), ImageMapError> {
        let broken = |reason: String| ImageMapError { file: file.display().to_string(), reason };
        let text = std::fs::read_to_string(file).map_err(|error| broken(error.to_string()))?;
        let parsed: File = serde_saphyr::from_str(&text).map_err(|error| broken(error.to_string()))?;
        let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        let folder = std::fs::canonicalize(folder).map_err(|error| broken(error.to_string()))?;
        self.put(parsed.images, &folder).map_err(broken)
    }

    /// Puts the entries of settings before those known so far: a list as in a file, or, as Argo's controller has it, a
    /// map from images to `entrypoint` and `cmd` (OB-417). Relative `from` paths are relative to the folder.
    pub fn add(&mut self, images: &Value, folder: &Path) -> Result<(), String> {
        let wrong = |error: serde_json::Error| error.to_string();
        let entries = match images {
            Value::Null => Vec::new(),
            Value::Object(images) => {
                let named = images.iter().map(|(image, said)| {
                    let said = Said::deserialize(said).map_err(|error| format!("`{image}`: {error}"))?;
                    let (entrypoint, cmd) = (said.entrypoint, said.cmd);
                    Ok(Entry { r#match: globset::escape(image), entrypoint, cmd, ..Entry::default() })
                });
                named.collect::<Result<Vec<Entry>, String>>()?
            }
            images => Vec::deserialize(images).map_err(wrong)?,
        };
        self.put(entries, folder)
    }

    fn put(&mut self, images: Vec<Entry>, folder: &Path) -> Result<(), String> {
        let mut entries = Vec::with_capacity(images.len() + self.entries.len());
        for entry in images {
            let pattern =
                Glob::new(&entry.r#match).map_err(|error| format!("pattern `{}`: {error}", entry.r#match))?;
            let mut files = Vec::new();
            for file in entry.files {
                let from = folder.join(&file.from);
                if !from.exists() {
                    // A tool that this machine lacks is missed only by a step that calls it.
                    continue;
                }
                files.push(ImageFile { path: file.path, from });
            }
            let image = Image {
                entrypoint: entry.entrypoint,
                cmd: entry.cmd,
                working_dir: entry.working_dir,
                env: entry.env,
                files,
            };
            entries.push((pattern.compile_matcher(), image));
        }
        entries.extend(self.entries.iter().cloned());
        self.entries = Arc::new(entries);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OB-417, K8S-179.
    #[test]
    fn settings_say_it_as_a_list_or_as_argo_does() {
        let mut map = ImageMap::default();
        let argo =
            serde_json::json!({ "example.org/a[1]:v1": { "entrypoint": ["/tool"], "cmd": ["--help"] } });
        map.add(&argo, Path::new(".")).unwrap();
        let ours = serde_json::json!([{ "match": "example.org/b:*", "cmd": ["sh"], "env": { "LANG": "C" } }]);
        map.add(&ours, Path::new(".")).unwrap();
        assert_eq!(map.find("example.org/a[1]:v1").unwrap().entrypoint, ["/tool"]);
        assert_eq!(map.find("example.org/a1:v1"), None);
        assert_eq!(map.find("example.org/b:x").unwrap().cmd, ["sh"]);
        let wrong = map.add(&serde_json::json!({ "a": { "entripoint": [] } }), Path::new(".")).unwrap_err();
        assert!(wrong.starts_with("`a`: unknown field `entripoint`"), "{wrong}");
        assert!(map.add(&serde_json::json!("busybox"), Path::new(".")).is_err());
    }

    #[test]
    fn well_known_images_have_a_command() {
        let map = ImageMap::default();
        let command = |reference: &str| map.find(reference).map(|image| image.cmd.join(" "));
        assert_eq!(command("busybox").as_deref(), Some("sh"));
        assert_eq!(command("docker.io/library/alpine:3.20").as_deref(), Some("/bin/sh"));
        assert_eq!(command("python:alpine3.6").as_deref(), Some("python3"));
        assert_eq!(command("example.org/tool:1"), None);
        assert!(map.find("busybox").unwrap().files.is_empty());
        let python = PATH.iter().any(|folder| Path::new(folder).join("python").exists());
        let stands_in =
            map.find("python:3.9").unwrap().files.iter().any(|file| file.path.ends_with("bin/python"));
        assert!(python || stands_in, "steps of Python's images find a `python`");
    }

    #[test]
    fn programs_of_a_tool_chain_are_found_where_its_image_has_them() {
        let path = |folder: &str| path_with(TOOL_CHAINS[0].2, |here| here == folder).remove("PATH");
        let path_of_image = path("/usr/local/go/bin").unwrap();
        assert!(path_of_image.starts_with("/go/bin:/usr/local/go/bin:/usr/local/sbin:"), "{path_of_image}");
        assert_eq!(path("/usr/local/cargo/bin"), None, "a machine without it keeps its own PATH");
        assert_eq!(ImageMap::default().find("golang:1.22").unwrap().cmd, ["bash"]);
    }

    #[test]
    fn a_file_comes_before_what_is_built_in() {
        let folder = std::env::temp_dir().join(format!("tiphys-images-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("map.yaml");
        std::fs::write(&file, "images:\n  - match: \"busybox*\"\n    cmd: [other]\n    workingDir: /work\n")
            .unwrap();
        let mut map = ImageMap::default();
        map.load(&file).unwrap();
        assert_eq!(map.find("busybox:1").unwrap().cmd, ["other"]);
        std::fs::write(&file, "images:\n  - mach: x\n").unwrap();
        let message = map.load(&file).unwrap_err().to_string();
        assert!(message.contains("mach"), "{message}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

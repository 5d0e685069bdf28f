//! From a container request to something the kernel can execute.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::contract::ContainerRequest;

/// Exit code of Argo's wrapper when it cannot run the command (EX-409).
pub(crate) const CANNOT_RUN: i32 = 64;

/// Where programs are looked for when the container says nothing.
pub(crate) const PATH_DEFAULT: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A command ready to be executed.
#[derive(Debug)]
pub(crate) struct Program {
    pub file: CString,
    pub args: Vec<CString>,
    pub env: Vec<CString>,
    pub dir: CString,
}

/// What surrounds a container's own words.
pub(crate) struct Setting<'a> {
    /// Where it starts.
    pub dir: &'a Path,
    /// Variables it gets unless it names them itself.
    pub env: &'a [(&'a str, &'a str)],
    /// Path of the file that holds its script.
    pub script: Option<&'a Path>,
    /// Programs shown under a path where they are not (image-map files without a sandbox), as (path, real path).
    pub aliases: &'a [(String, std::path::PathBuf)],
}

impl Program {
    /// Looks the program up and lays out its words. The error is worded as Argo words it.
    pub(crate) fn prepare(container: &ContainerRequest, setting: &Setting<'_>) -> Result<Program, String> {
        let own = |name: &str| {
            container.env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
        };
        let given = |name: &str| setting.env.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let search = own("PATH").or_else(|| given("PATH")).unwrap_or(PATH_DEFAULT);
        if let Some(reason) = &container.refused {
            return Err(reason.clone());
        }
        let Some(name) = container.command.first() else { return Err("the container has no command".into()) };
        let file = match setting.aliases.iter().find(|(path, _)| path == name) {
            Some((_, real)) => real.as_os_str().as_bytes().to_vec(),
            None => look_up(name, search, setting.dir)?,
        };
        let script = setting.script.map(|path| path.as_os_str().as_bytes());
        let words = container.command.iter().chain(&container.args).map(String::as_bytes).chain(script);
        let env = setting
            .env
            .iter()
            .filter(|(name, _)| own(name).is_none())
            .map(|(name, value)| format!("{name}={value}"))
            .chain(container.env.iter().map(|(name, value)| format!("{name}={value}")));
        Ok(Program {
            file: text(&file)?,
            args: words.map(text).collect::<Result<_, _>>()?,
            env: env.map(|pair| text(pair.as_bytes())).collect::<Result<_, _>>()?,
            dir: text(setting.dir.as_os_str().as_bytes())?,
        })
    }
}

fn text(bytes: &[u8]) -> Result<CString, String> {
    CString::new(bytes)
        .map_err(|_| "failed to start command: an argument or variable contains a NUL byte".into())
}

/// Finds a program as a shell does: a name with a slash is a path, another is searched for.
fn look_up(name: &str, search: &str, dir: &Path) -> Result<Vec<u8>, String> {
    let fail = |reason: &str| Err(format!("failed to find name in PATH: exec: \"{name}\": {reason}"));
    if name.contains('/') {
        let path = dir.join(name);
        return match judge(&path) {
            Verdict::Program => Ok(path.as_os_str().as_bytes().to_vec()),
            Verdict::Missing(reason) => fail(&format!("stat {name}: {reason}")),
            Verdict::Folder => fail("is a directory"),
            Verdict::NotAllowed => fail("permission denied"),
        };
    }
    for folder in search.split(':') {
        let path = dir.join(folder).join(name);
        if matches!(judge(&path), Verdict::Program) {
            return Ok(path.as_os_str().as_bytes().to_vec());
        }
    }
    fail("executable file not found in $PATH")
}

enum Verdict {
    Program,
    Folder,
    NotAllowed,
    Missing(String),
}

fn judge(path: &Path) -> Verdict {
    use std::os::unix::fs::PermissionsExt;
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Verdict::Folder,
        Ok(metadata) if metadata.permissions().mode() & 0o111 == 0 => Verdict::NotAllowed,
        Ok(_) => Verdict::Program,
        Err(error) => Verdict::Missing(reason(&error)),
    }
}

/// An error of the system in the words of C (`no such file or directory`), which are Argo's, too.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

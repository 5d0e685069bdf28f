//! The options of `cargo xtask conformance`.

use std::path::PathBuf;

/// How the command was called.
#[derive(Debug)]
pub struct Options {
    areas: Vec<String>,
    /// A finished binary to judge instead of building one.
    pub binary: Option<PathBuf>,
    /// Runs at once.
    pub jobs: usize,
    /// Only cases whose id contains this text; nothing is recorded then.
    pub filter: Option<String>,
    /// Judge the development binary, which the tests have built already, and believe what they replayed with it.
    pub dev: bool,
    /// `sandbox` or `none` instead of the default.
    pub isolation: Option<String>,
    /// Leave out manifests that sleep for long.
    pub quick: bool,
    /// Fail when a number fell instead of recording risen ones.
    pub check: bool,
    /// How many misses to print per area.
    pub misses: usize,
}

const HELP: &str = "options: --area NAME (repeatable), --binary PATH, --jobs N, --filter TEXT, --misses N, --dev, --quick, --check, --isolation NAME";

impl Options {
    /// Reads the arguments; `areas` are the names that `--area` knows.
    pub fn parse(arguments: &[String], areas: &[(&str, &str)]) -> Result<Options, String> {
        let mut options = Options {
            areas: Vec::new(),
            binary: None,
            jobs: 2,
            filter: None,
            dev: false,
            isolation: None,
            quick: false,
            check: false,
            misses: 10,
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or(format!("{argument} needs a value; {HELP}"));
            let number =
                |text: &String| text.parse::<usize>().map_err(|_| format!("`{text}` is not a number"));
            match argument.as_str() {
                "--area" => {
                    let name = value()?;
                    if !areas.iter().any(|(known, _)| known == name) {
                        let names: Vec<&str> = areas.iter().map(|(name, _)| *name).collect();
                        return Err(format!("no area `{name}`; there are {}", names.join(", ")));
                    }
                    options.areas.push(name.clone());
                }
                "--binary" => {
                    let path = PathBuf::from(value()?);
                    options.binary =
                        Some(path.canonicalize().map_err(|e| format!("{}: {e}", path.display()))?);
                }
                "--jobs" => options.jobs = number(value()?)?.max(1),
                "--misses" => options.misses = number(value()?)?,
                "--filter" => options.filter = Some(value()?.clone()),
                "--isolation" => options.isolation = Some(value()?.clone()),
                "--dev" => options.dev = true,
                "--quick" => options.quick = true,
                "--check" => options.check = true,
                other => return Err(format!("unknown option `{other}`; {HELP}")),
            }
        }
        Ok(options)
    }

    /// Whether the area was asked for.
    pub fn has(&self, area: &str) -> bool {
        self.areas.is_empty() || self.areas.iter().any(|name| name == area)
    }

    /// Whether everything was asked for, so that the page can be written anew.
    pub fn is_complete(&self) -> bool {
        self.areas.is_empty() && self.filter.is_none() && self.isolation.is_none()
    }
}

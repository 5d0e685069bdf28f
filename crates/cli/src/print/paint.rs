//! Colours and signs, where the terminal and the user want them.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

/// How text is decorated.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    colour: bool,
    unicode: bool,
}

impl Paint {
    /// For what goes to standard output.
    pub fn stdout() -> Paint {
        Paint::for_terminal(std::io::stdout().is_terminal())
    }

    /// For what goes to standard error.
    pub fn stderr() -> Paint {
        Paint::for_terminal(std::io::stderr().is_terminal())
    }

    /// No colours, whatever the terminal.
    pub fn plain() -> Paint {
        Paint { colour: false, unicode: is_utf8() }
    }

    /// Colours and all signs, whatever the terminal: for those who read Argo's output. `NO_COLOR` and a dumb terminal
    /// still say no (CLI-024).
    pub fn always() -> Paint {
        Paint { unicode: true, ..Paint::for_terminal(true) }
    }

    /// With all signs, whatever the locale.
    pub fn unicode(self) -> Paint {
        Paint { unicode: true, ..self }
    }

    /// Without signs that are not ASCII.
    pub fn ascii(self) -> Paint {
        Paint { unicode: false, ..self }
    }

    fn for_terminal(terminal: bool) -> Paint {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Paint { colour: terminal && !set("NO_COLOR") && !dumb, unicode: is_utf8() }
    }

    pub fn is_coloured(self) -> bool {
        self.colour
    }

    pub fn is_unicode(self) -> bool {
        self.unicode
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub fn good(self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub fn bad(self, text: &str) -> String {
        self.wrap("31", text)
    }

    pub fn warn(self, text: &str) -> String {
        self.wrap("33", text)
    }

    pub fn active(self, text: &str) -> String {
        self.wrap("36", text)
    }

    pub fn underlined(self, text: &str) -> String {
        self.wrap("4", text)
    }

    /// The colour of the terminal itself; the escape sequence keeps columns of Argo's tables aligned (CLI-024).
    pub fn usual(self, text: &str) -> String {
        self.wrap("39", text)
    }

    /// One of six colours, the same for the same key, and the one that Argo gives it (CLI-034).
    pub fn by_key(self, key: &str, text: &str) -> String {
        const COLOURS: [&str; 6] = ["32", "33", "34", "35", "36", "37"];
        let sum = key.chars().fold(0_u32, |sum, letter| sum.wrapping_add(u32::from(letter)));
        self.wrap(COLOURS[sum as usize % COLOURS.len()], text)
    }

    /// The sign of a phase (CLI-064).
    pub fn sign(self, phase: &str) -> String {
        let (unicode, ascii) = match phase {
            "Pending" => ("◷", "."),
            "Running" => ("●", "*"),
            "Succeeded" => ("✔", "+"),
            "Skipped" | "Omitted" => ("○", "o"),
            "Failed" => ("✖", "x"),
            "Error" => ("⚠", "!"),
            "Suspended" => ("ǁ", "="),
            _ => ("·", "-"),
        };
        self.phase(phase, if self.unicode { unicode } else { ascii })
    }

    /// A text in the colour of a phase.
    pub fn phase(self, phase: &str, text: &str) -> String {
        match phase {
            "Pending" => self.warn(text),
            "Running" | "Suspended" => self.active(text),
            "Succeeded" => self.good(text),
            "Failed" | "Error" => self.bad(text),
            "Skipped" | "Omitted" => self.usual(text),
            _ => self.dim(text),
        }
    }
}

/// Whether standard output is a terminal.
pub fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// How wide the terminal is that standard output is shown on, if it is one.
pub fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then_some(size.ws_col.into())
}

fn is_utf8() -> bool {
    // The first of these that is set decides, as in the C library.
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    set.is_none_or(|value| value.to_ascii_uppercase().replace('-', "").contains("UTF8"))
}

/// Writes to standard output, or ends the program.
pub fn to_stdout(text: &(impl AsRef<[u8]> + ?Sized)) {
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(text.as_ref()).and_then(|()| out.flush()) {
        stdout_is_lost(&error);
    }
}

/// Ends the program because what it prints arrives nowhere: quietly when the reader is gone, else with words.
pub fn stdout_is_lost(error: &std::io::Error) -> ! {
    if error.kind() != std::io::ErrorKind::BrokenPipe {
        to_stderr(&format!(
            "error: cannot write to standard output: {error}\nhelp: what was printed so far is not all\n"
        ));
    }
    std::process::exit(1);
}

/// Why something that was mentioned arrived nowhere.
static UNMENTIONED: OnceLock<String> = OnceLock::new();

/// Writes to standard output while a run goes on, which it does also when nobody reads of it.
pub fn mention(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    if let Some(error) = written.err().filter(|error| error.kind() != std::io::ErrorKind::BrokenPipe) {
        UNMENTIONED.get_or_init(|| error.to_string());
    }
}

/// Why something that was [mentioned](mention) arrived nowhere, if so and if it is not that the reader is gone.
pub fn unmentioned() -> Option<&'static str> {
    UNMENTIONED.get().map(String::as_str)
}

/// Writes to standard error; if nobody listens, nobody misses it.
pub fn to_stderr(text: &str) {
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
}

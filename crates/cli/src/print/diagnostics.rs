//! Mistakes in manifests, for people and for programs.

use super::paint::{Paint, to_stderr};
use crate::load::Texts;
use tiphys_spec::{Diagnostic, Style};

/// Prints diagnostics to standard error, each with an excerpt of its file when a person reads it.
pub fn print_diagnostics(diagnostics: &[Diagnostic], texts: &Texts) {
    let paint = Paint::stderr();
    let style = if paint.is_coloured() { Style::Coloured } else { Style::Plain };
    for diagnostic in diagnostics {
        let text = texts.get(&diagnostic.file).map(String::as_str);
        to_stderr(&format!("{}\n\n", diagnostic.render(text, style)));
    }
}

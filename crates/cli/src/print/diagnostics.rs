//! Mistakes in manifests, for people and for programs.

use super::paint::{Paint, to_stderr};
use crate::load::Texts;
use tiphys_spec::{Diagnostic, Style};

/// Puts diagnostics in the order in which people read the files.
pub fn in_order(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| {
        (&a.file, a.place.line, a.place.column).cmp(&(&b.file, b.place.line, b.place.column))
    });
}

/// Prints diagnostics to standard error, each with an excerpt of its file when a person reads it.
pub fn print_diagnostics(diagnostics: &[Diagnostic], texts: &Texts) {
    let paint = Paint::stderr();
    let style = if paint.is_coloured() { Style::Coloured } else { Style::Plain };
    for diagnostic in diagnostics {
        let text = texts.get(&diagnostic.file).map(String::as_str);
        to_stderr(&format!("{}\n\n", diagnostic.render(text, style)));
    }
}

//! Cuts what stands in brackets into keys, numbers, scripts and what separates them.

use super::stop::{self, Stop};
use crate::go;

#[derive(Debug)]
pub(super) enum Piece {
    /// A bound of a range that is left out.
    Nothing,
    Number(i64),
    /// A key in its quotes, a script in its parentheses, or what is neither.
    Text(String),
    Colon,
    Comma,
}

/// The pieces of a subscript; complaints quote the whole token.
pub(super) fn pieces(subscript: &str, token: &str) -> Result<Vec<Piece>, Stop> {
    let mut cutter = Cutter { token, ..Cutter::default() };
    for (at, character) in subscript.char_indices() {
        cutter.buffer.push(character);
        match character {
            ' ' if !cutter.is_open() => cutter.trim(),
            '(' if cutter.quote.is_none() => cutter.parentheses += 1,
            // Closes a script even in quotes.
            ')' => cutter.close()?,
            '\'' | '"' => cutter.quote(character)?,
            ':' if !cutter.is_open() => cutter.colon(at)?,
            ',' if !cutter.is_open() => cutter.comma(),
            _ => {}
        }
    }
    if !cutter.buffer.is_empty() {
        let last = number_or_text(&cutter.buffer);
        cutter.pieces.push(last);
    }
    Ok(cutter.pieces)
}

/// The pieces without what separates them; where two colons meet, something was left out.
pub(super) fn arguments(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut arguments = Vec::with_capacity(pieces.len());
    let mut after_colon = false;
    for piece in pieces {
        let is_colon = matches!(piece, Piece::Colon);
        match piece {
            Piece::Colon if after_colon => arguments.push(Piece::Nothing),
            Piece::Colon | Piece::Comma => {}
            other => arguments.push(other),
        }
        after_colon = is_colon;
    }
    arguments
}

/// What stands between two quotes of the same kind.
pub(super) fn quoted_key(text: &str) -> Option<&str> {
    unquoted(text, '\'').or_else(|| unquoted(text, '"'))
}

pub(super) fn unquoted(text: &str, quote: char) -> Option<&str> {
    text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote))
}

/// Whether a text is a script in parentheses that are not empty.
pub(super) fn is_script(text: &str) -> bool {
    text.len() > 2 && text.starts_with('(') && text.ends_with(')')
}

fn number_or_text(text: &str) -> Piece {
    go::atoi(text).map_or_else(|_| Piece::Text(text.to_owned()), Piece::Number)
}

#[derive(Default)]
struct Cutter<'t> {
    token: &'t str,
    pieces: Vec<Piece>,
    /// What has been read of a piece, with the character that is looked at.
    buffer: String,
    /// Parentheses opened less those closed.
    parentheses: i64,
    quote: Option<char>,
}

impl Cutter<'_> {
    fn is_open(&self) -> bool {
        self.quote.is_some() || self.parentheses != 0
    }

    fn trim(&mut self) {
        let blanks = self.buffer.len() - self.buffer.trim_start().len();
        self.buffer.drain(..blanks);
        self.buffer.truncate(self.buffer.trim_end().len());
    }

    fn close(&mut self) -> Result<(), Stop> {
        self.parentheses -= 1;
        if self.parentheses != 0 {
            return Ok(());
        }
        let script = std::mem::take(&mut self.buffer);
        if !is_script(&script) {
            return Err(stop::expression(&format!("invalid format '{script}'")));
        }
        self.pieces.push(Piece::Text(script));
        Ok(())
    }

    fn quote(&mut self, quote: char) -> Result<(), Stop> {
        if self.quote.is_some_and(|open| open != quote) || self.parentheses != 0 {
            return Ok(());
        }
        let before = &self.buffer[..self.buffer.len() - 1];
        if let Some(unescaped) = before.strip_suffix('\\') {
            self.buffer.truncate(unescaped.len());
            self.buffer.push(quote);
            return Ok(());
        }
        if self.quote.take().is_some() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.buffer)));
            return Ok(());
        }
        self.quote = Some(quote);
        if before.is_empty() { Ok(()) } else { Err(stop::malformed(self.token)) }
    }

    fn colon(&mut self, at: usize) -> Result<(), Stop> {
        match &self.buffer[..self.buffer.len() - 1] {
            "" if at == 0 => self.pieces.push(Piece::Nothing),
            "" => {}
            bound => {
                let number = go::atoi(bound).map_err(|_| stop::malformed(self.token))?;
                self.pieces.push(Piece::Number(number));
            }
        }
        self.pieces.push(Piece::Colon);
        self.buffer.clear();
        Ok(())
    }

    fn comma(&mut self) {
        let argument = &self.buffer[..self.buffer.len() - 1];
        if !argument.is_empty() {
            self.pieces.push(number_or_text(argument));
        }
        self.pieces.push(Piece::Comma);
        self.buffer.clear();
    }
}

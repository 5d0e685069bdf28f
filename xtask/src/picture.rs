//! `cargo xtask picture`: what a run looks like, recorded from the real binary.
//!
//! Runs an example under a pseudo-terminal (`script` of util-linux), plays the recorded bytes into a small
//! screen, and draws what stands on it at the end as an SVG. Nobody edits the picture by hand, so it
//! cannot flatter.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::workspace::{Profile, Workspace};

const FILE: &str = "docs/run.svg";
const EXAMPLE: &str = "examples/fan-out.yaml";
const COLUMNS: usize = 96;
const ROWS: usize = 60;

const CELL_WIDTH: f64 = 8.4;
const LINE_HEIGHT: f64 = 18.0;
const MARGIN: f64 = 18.0;
const BAR: f64 = 26.0;

/// Records the run and writes the picture.
pub fn run(workspace: &Workspace) -> Result<bool, String> {
    let binary = workspace.binary(Profile::Release)?;
    let state = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let recorded = record(workspace, &binary, state.path())?;
    let mut screen = Screen::new(COLUMNS, ROWS);
    screen.play(&recorded);
    let picture = draw(&format!("$ tiphys run {EXAMPLE}"), &screen);
    let path = workspace.root.join(FILE);
    std::fs::write(&path, picture).map_err(|error| format!("{FILE}: {error}"))?;
    println!("wrote {FILE}");
    Ok(true)
}

/// Everything that the binary wrote to its terminal.
fn record(workspace: &Workspace, binary: &Path, state: &Path) -> Result<Vec<u8>, String> {
    let call =
        format!("stty cols {COLUMNS} rows {ROWS}; exec '{}' run {EXAMPLE} --name fan-out", binary.display());
    let output = Command::new("script")
        .args(["-q", "-e", "-c", &call, "/dev/null"])
        .current_dir(&workspace.root)
        .env("TIPHYS_STATE_DIR", state)
        .env("TERM", "xterm-256color")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run script: {error}"))?;
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("the recorded run failed: {}", String::from_utf8_lossy(&output.stdout))),
    }
}

/// How a character looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Style {
    /// One of the sixteen colours; none is the terminal's own.
    colour: Option<u8>,
    bold: bool,
    dim: bool,
}

#[derive(Debug, Clone, Copy)]
struct Glyph {
    character: char,
    style: Style,
}

const BLANK: Glyph = Glyph { character: ' ', style: Style { colour: None, bold: false, dim: false } };

/// As much of a terminal as a line-oriented program needs.
struct Screen {
    columns: usize,
    lines: Vec<Vec<Glyph>>,
    row: usize,
    column: usize,
    style: Style,
}

impl Screen {
    fn new(columns: usize, rows: usize) -> Screen {
        let lines = vec![vec![BLANK; columns]; rows];
        Screen { columns, lines, row: 0, column: 0, style: Style::default() }
    }

    fn play(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let mut rest = text.as_ref();
        while let Some(first) = rest.chars().next() {
            rest = &rest[first.len_utf8()..];
            match first {
                '\x1b' => rest = self.escape(rest),
                '\r' => self.column = 0,
                '\n' => self.line_feed(),
                '\x08' => self.column = self.column.saturating_sub(1),
                _ if first.is_control() => {}
                _ => self.put(first),
            }
        }
    }

    /// Obeys the sequence after an ESC and returns what follows it.
    fn escape<'a>(&mut self, rest: &'a str) -> &'a str {
        let Some(body) = rest.strip_prefix('[') else {
            return rest.strip_prefix(['(', ')', ']']).unwrap_or(rest).get(1..).unwrap_or_default();
        };
        let end = body.find(|c: char| ('@'..='~').contains(&c)).unwrap_or(body.len());
        let numbers: Vec<usize> = body[..end].split(';').map(|number| number.parse().unwrap_or(0)).collect();
        let count = numbers[0].max(1);
        match body[end..].chars().next() {
            Some('A') => self.row = self.row.saturating_sub(count),
            Some('B') => self.row = (self.row + count).min(self.lines.len() - 1),
            Some('C') => self.column = (self.column + count).min(self.columns - 1),
            Some('D') => self.column = self.column.saturating_sub(count),
            Some('E') => (self.row, self.column) = ((self.row + count).min(self.lines.len() - 1), 0),
            Some('F') => (self.row, self.column) = (self.row.saturating_sub(count), 0),
            Some('G') => self.column = (count - 1).min(self.columns - 1),
            Some('H') => {
                self.row = (count - 1).min(self.lines.len() - 1);
                self.column = numbers.get(1).map_or(0, |column| column.max(&1) - 1).min(self.columns - 1);
            }
            Some('J') => self.erase_below(numbers[0]),
            Some('K') => self.erase_line(numbers[0]),
            Some('m') => numbers.iter().for_each(|number| self.restyle(*number)),
            _ => {}
        }
        body.get(end + 1..).unwrap_or_default()
    }

    fn restyle(&mut self, number: usize) {
        match number {
            0 => self.style = Style::default(),
            1 => self.style.bold = true,
            2 => self.style.dim = true,
            22 => (self.style.bold, self.style.dim) = (false, false),
            30..=37 => self.style.colour = Some((number - 30) as u8),
            90..=97 => self.style.colour = Some((number - 82) as u8),
            39 => self.style.colour = None,
            _ => {}
        }
    }

    fn erase_below(&mut self, mode: usize) {
        if mode == 0 {
            self.erase_line(0);
        }
        let first = if mode == 0 { self.row + 1 } else { 0 };
        self.lines[first..].iter_mut().for_each(|line| line.fill(BLANK));
    }

    fn erase_line(&mut self, mode: usize) {
        let (column, line) = (self.column.min(self.columns), &mut self.lines[self.row]);
        match mode {
            0 => line[column..].fill(BLANK),
            1 => line[..column].fill(BLANK),
            _ => line.fill(BLANK),
        }
    }

    fn line_feed(&mut self) {
        if self.row + 1 == self.lines.len() {
            self.lines.remove(0);
            self.lines.push(vec![BLANK; self.columns]);
        } else {
            self.row += 1;
        }
    }

    fn put(&mut self, character: char) {
        if self.column == self.columns {
            self.column = 0;
            self.line_feed();
        }
        self.lines[self.row][self.column] = Glyph { character, style: self.style };
        self.column += 1;
    }

    /// The lines down to the last one that shows something.
    fn visible(&self) -> &[Vec<Glyph>] {
        let last = self.lines.iter().rposition(|line| line.iter().any(|glyph| glyph.character != ' '));
        &self.lines[..last.map_or(0, |last| last + 1)]
    }
}

/// Draws the command and the screen below it.
fn draw(command: &str, screen: &Screen) -> String {
    let lines = screen.visible();
    let width = MARGIN * 2.0 + CELL_WIDTH * screen.columns as f64;
    let height = BAR + MARGIN * 1.5 + LINE_HEIGHT * (lines.len() + 1) as f64;
    let mut svg = String::new();
    let mut push = |text: String| writeln!(svg, "{text}").expect("writing to a string cannot fail");
    push(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" \
         aria-label=\"a run in a terminal\">"
    ));
    push(format!("<rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"8\" fill=\"#14181f\"/>"));
    for (at, colour) in ["#e0605a", "#e0b04c", "#58b368"].iter().enumerate() {
        push(format!("<circle cx=\"{}\" cy=\"16\" r=\"5\" fill=\"{colour}\"/>", 20 + at * 18));
    }
    push(
        "<g font-family=\"ui-monospace,Menlo,Consolas,monospace\" font-size=\"14\" xml:space=\"preserve\">"
            .to_owned(),
    );
    let baseline = |line: usize| BAR + MARGIN + LINE_HEIGHT * line as f64;
    push(format!(
        "<text x=\"{MARGIN}\" y=\"{:.0}\" fill=\"#8b98a9\">{}</text>",
        baseline(0),
        escaped(command)
    ));
    for (at, line) in lines.iter().enumerate() {
        for (column, text, style) in spans(line) {
            push(format!(
                "<text x=\"{:.1}\" y=\"{:.0}\" fill=\"{}\"{}>{}</text>",
                MARGIN + CELL_WIDTH * column as f64,
                baseline(at + 1),
                colour(style),
                if style.bold { " font-weight=\"bold\"" } else { "" },
                escaped(&text)
            ));
        }
    }
    push("</g>\n</svg>".to_owned());
    svg
}

/// Runs of equally styled characters with the column where each begins; blank ends are left out.
fn spans(line: &[Glyph]) -> Vec<(usize, String, Style)> {
    let mut spans: Vec<(usize, String, Style)> = Vec::new();
    for (column, glyph) in line.iter().enumerate() {
        match spans.last_mut() {
            Some((_, text, style)) if *style == glyph.style => text.push(glyph.character),
            _ => spans.push((column, glyph.character.to_string(), glyph.style)),
        }
    }
    spans.retain(|(_, text, _)| !text.trim().is_empty());
    spans.into_iter().map(|(column, text, style)| (column, text.trim_end().to_owned(), style)).collect()
}

fn colour(style: Style) -> &'static str {
    match style.colour.map(|colour| colour % 8) {
        Some(1) => "#ef7670",
        Some(2) => "#7bd88f",
        Some(3) => "#f0c674",
        Some(4) => "#7aa6f0",
        Some(5) => "#c39af0",
        Some(6) => "#6fd0d8",
        Some(0) if style.colour != Some(0) => "#8b98a9",
        _ if style.dim => "#8b98a9",
        _ => "#dde4ee",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{Screen, draw};

    fn shown(bytes: &str) -> Vec<String> {
        let mut screen = Screen::new(10, 4);
        screen.play(bytes.as_bytes());
        let text = |line: &Vec<super::Glyph>| line.iter().map(|glyph| glyph.character).collect::<String>();
        screen.visible().iter().map(|line| text(line).trim_end().to_owned()).collect()
    }

    #[test]
    fn what_was_drawn_over_is_gone() {
        assert_eq!(shown("one\r\ntwo\r\n\x1b[2A\x1b[2Kuno\r\n"), ["uno", "two"]);
        assert_eq!(shown("abc\r\x1b[1Cx\x1b[K"), ["ax"]);
        assert_eq!(shown("a\r\nb\x1b[1F\x1b[Jc"), ["c"]);
    }

    #[test]
    fn the_screen_wraps_and_scrolls() {
        assert_eq!(shown("0123456789ab"), ["0123456789", "ab"]);
        assert_eq!(shown("1\r\n2\r\n3\r\n4\r\n5"), ["2", "3", "4", "5"]);
    }

    #[test]
    fn unfinished_sequences_do_no_harm() {
        for bytes in ["\x1b", "\x1b[", "\x1b[9", "\x1b(", "\x1b[99A\x1b[99;99H\x1b[99B"] {
            shown(bytes);
        }
    }

    #[test]
    fn styles_become_colours() {
        let mut screen = Screen::new(20, 2);
        screen.play("\x1b[32;1mgood\x1b[0m <plain>".as_bytes());
        let picture = draw("$ x", &screen);
        assert!(picture.contains("fill=\"#7bd88f\" font-weight=\"bold\">good</text>"), "{picture}");
        assert!(picture.contains("&lt;plain&gt;"));
    }
}

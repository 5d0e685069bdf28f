//! Tables for people: columns padded with blanks.

use super::text::{clean, elide, width};

/// Rows with their columns aligned, so many blanks between them. Escape sequences in cells take no width.
pub fn table(rows: &[Vec<String>], gap: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| bare(cell)).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, wide) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(wide + gap - bare(cell)));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The same, with the last column cut so that rows fit a terminal of this width; it keeps a few columns at least.
pub fn table_within(mut rows: Vec<Vec<String>>, gap: usize, columns: usize) -> String {
    const LAST_MIN: usize = 12;
    let last = rows.iter().map(Vec::len).max().unwrap_or(0).saturating_sub(1);
    let widest =
        |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| bare(cell)).max().unwrap_or(0);
    let before: usize = (0..last).map(|at| widest(at) + gap).sum();
    let room = columns.saturating_sub(before).max(LAST_MIN);
    for cell in rows.iter_mut().filter_map(|row| row.get_mut(last)) {
        if bare(cell) > room {
            *cell = elide(&clean(cell.as_bytes()), room);
        }
    }
    table(&rows, gap)
}

/// The width of a cell without its colours.
fn bare(cell: &str) -> usize {
    if cell.contains('\x1b') { width(&clean(cell.as_bytes())) } else { width(cell) }
}

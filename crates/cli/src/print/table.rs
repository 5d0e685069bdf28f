//! Tables for people: columns padded with blanks.

use super::text::width;

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

/// The width of a cell without its colours.
fn bare(cell: &str) -> usize {
    if cell.contains('\x1b') { width(&super::text::clean(cell.as_bytes())) } else { width(cell) }
}

//! Tables for people: columns padded with blanks.

use super::text::{clean, elide, width};

/// Rows with their columns aligned, so many blanks between them. Escape sequences in cells take no width.
pub fn table(rows: &[Vec<String>], gap: usize) -> String {
    let widths: Vec<usize> = (0..count(rows)).map(|column| widest(rows, column)).collect();
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

/// Least width that a column is cut to.
const CUT_MIN: usize = 12;

/// The same, fitted to a terminal of this width: of the columns `spare`, as many are left out in their order as it takes;
/// then the first and the last are cut, which keep a few columns at least.
pub fn table_fitted(mut rows: Vec<Vec<String>>, gap: usize, columns: usize, spare: &[usize]) -> String {
    let mut left: Vec<usize> = (0..count(&rows)).collect();
    let mut spare = spare.iter();
    let before = |rows: &[Vec<String>]| -> usize {
        (0..count(rows).saturating_sub(1)).map(|at| widest(rows, at) + gap).sum()
    };
    let needed =
        |rows: &[Vec<String>]| before(rows) + widest(rows, count(rows).saturating_sub(1)).min(CUT_MIN);
    while needed(&rows) > columns
        && let Some(column) = spare.next()
    {
        if let Some(at) = left.iter().position(|kept| kept == column) {
            left.remove(at);
            for row in rows.iter_mut().filter(|row| row.len() > at) {
                row.remove(at);
            }
        }
    }
    let others = needed(&rows).saturating_sub(widest(&rows, 0));
    cut(&mut rows, 0, columns.saturating_sub(others));
    let last = count(&rows).saturating_sub(1);
    let room = columns.saturating_sub(before(&rows));
    cut(&mut rows, last, room);
    table(&rows, gap)
}

/// Cuts what is too wide for a column.
fn cut(rows: &mut [Vec<String>], column: usize, room: usize) {
    let room = room.max(CUT_MIN);
    for cell in rows.iter_mut().filter_map(|row| row.get_mut(column)) {
        if bare(cell) > room {
            *cell = elide(&clean(cell.as_bytes()), room);
        }
    }
}

fn count(rows: &[Vec<String>]) -> usize {
    rows.iter().map(Vec::len).max().unwrap_or(0)
}

fn widest(rows: &[Vec<String>], column: usize) -> usize {
    rows.iter().filter_map(|row| row.get(column)).map(|cell| bare(cell)).max().unwrap_or(0)
}

/// The width of a cell without its colours.
fn bare(cell: &str) -> usize {
    if cell.contains('\x1b') { width(&clean(cell.as_bytes())) } else { width(cell) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_gets_less() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = vec![
            row(["STEP", "TEMPLATE", "POD", "MESSAGE"]),
            vec![String::new()],
            row(["\x1b[32m✔\x1b[0m build", "compile-everything", "build-17", "exit code 1"]),
        ];
        let lines = |columns: usize| -> Vec<String> {
            let text = table_fitted(rows.clone(), 2, columns, &[1, 2]);
            text.lines().map(|line| clean(line.as_bytes())).collect()
        };
        assert_eq!(lines(80)[2], "✔ build  compile-everything  build-17  exit code 1");
        assert_eq!(lines(40)[2], "✔ build  build-17  exit code 1");
        assert_eq!(lines(22), ["STEP     MESSAGE", "", "✔ build  exit code 1"]);
        // It never becomes too narrow to read.
        assert_eq!(lines(4)[2], "✔ build  exit code 1");
    }
}

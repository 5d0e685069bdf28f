//! What people see: colours, widths, tables, trees.

mod answer;
mod diagnostics;
mod end;
mod get;
mod lines;
mod live;
mod model;
mod outline;
mod paint;
mod program;
mod table;
mod text;
mod time;

pub use answer::print_answer;
pub use diagnostics::{in_order, print_diagnostics};
pub use end::{End, end};
pub use get::{GetStyle, get, has_tree, service_account, status_words};
pub use lines::Lines;
pub use live::{Live, Screen};
pub use outline::print_outline;
pub use paint::{Paint, columns, is_terminal, mention, stdout_is_lost, to_stderr, to_stdout, unmentioned};
pub use table::{table, table_fitted};
pub use text::clean_line;
pub use time::{age, duration, duration_us, instant, long_duration, utc};

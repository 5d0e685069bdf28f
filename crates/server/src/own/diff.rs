//! What changed from one text to another, by lines.

use serde_json::{Value, json};

/// Most pairs of lines that are compared; texts that differ in more are told as wholly replaced.
const PAIRS_MAX: usize = 4_000_000;

/// The lines of both texts in order, each with what became of it: `same`, `removed` or `added`.
pub(crate) fn lines(before: &str, after: &str) -> Vec<Value> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let tail =
        old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(old, new)| old == new).count();
    let (middle_old, middle_new) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut told: Vec<Value> = old[..head].iter().map(|line| tell("same", line)).collect();
    told.extend(changed(middle_old, middle_new));
    told.extend(old[old.len() - tail..].iter().map(|line| tell("same", line)));
    told
}

fn tell(what: &str, line: &str) -> Value {
    json!({ "change": what, "text": line })
}

/// The lines between what both texts begin and end with.
fn changed(old: &[&str], new: &[&str]) -> Vec<Value> {
    let removed = |lines: &[&str]| lines.iter().map(|line| tell("removed", line)).collect::<Vec<_>>();
    let added = |lines: &[&str]| lines.iter().map(|line| tell("added", line)).collect::<Vec<_>>();
    if old.len().saturating_mul(new.len()) > PAIRS_MAX {
        return [removed(old), added(new)].concat();
    }
    // How many lines the ends of both have in common, from each pair of places on.
    let width = new.len() + 1;
    let mut common = vec![0_u32; (old.len() + 1) * width];
    for (i, old_line) in old.iter().enumerate().rev() {
        for (j, new_line) in new.iter().enumerate().rev() {
            common[i * width + j] = match old_line == new_line {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut told = Vec::new();
    while i < old.len() && j < new.len() {
        if old[i] == new[j] {
            told.push(tell("same", old[i]));
            (i, j) = (i + 1, j + 1);
        } else if common[(i + 1) * width + j] >= common[i * width + j + 1] {
            told.push(tell("removed", old[i]));
            i += 1;
        } else {
            told.push(tell("added", new[j]));
            j += 1;
        }
    }
    told.extend(removed(&old[i..]));
    told.extend(added(&new[j..]));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The difference with a sign before each line.
    fn told(before: &str, after: &str) -> String {
        let sign = |line: &Value| match line["change"].as_str().unwrap() {
            "removed" => '-',
            "added" => '+',
            _ => ' ',
        };
        lines(before, after)
            .iter()
            .map(|line| format!("{}{}\n", sign(line), line["text"].as_str().unwrap()))
            .collect()
    }

    #[test]
    fn only_what_changed_is_told_as_changed() {
        assert_eq!(told("a\nb\nc\nd\n", "a\nc\nx\nd\n"), " a\n-b\n c\n+x\n d\n");
        assert_eq!(told("", "a\n"), "+a\n");
        assert_eq!(told("a\n", ""), "-a\n");
        assert_eq!(told("a\na\n", "a\n"), " a\n-a\n");
        assert_eq!(told("same\n", "same\n"), " same\n");
    }

    #[test]
    fn very_different_texts_are_told_as_replaced() {
        let (before, after) = ("a\n".repeat(3_000), "b\n".repeat(3_000));
        let told = lines(&before, &after);
        assert_eq!(
            (told.len(), &told[0]["change"], &told[3_000]["change"]),
            (6_000, &json!("removed"), &json!("added"))
        );
    }
}

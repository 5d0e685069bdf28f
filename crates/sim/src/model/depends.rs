//! What `depends` says, for the reference model: a grammar of its own.

use super::{Model, Node};

/// `depends`, read from left to right: `||` binds less than `&&`, `!` most (EX-152 to EX-159).
pub(super) struct Depends<'a> {
    pub(super) model: &'a Model,
    pub(super) dag: &'a str,
    pub(super) text: &'a [u8],
    pub(super) at: usize,
}

impl Depends<'_> {
    pub(super) fn any(&mut self) -> bool {
        let mut holds = self.all();
        while self.eat(b"||") {
            holds |= self.all();
        }
        holds
    }

    fn all(&mut self) -> bool {
        let mut holds = self.one();
        while self.eat(b"&&") {
            holds &= self.one();
        }
        holds
    }

    fn one(&mut self) -> bool {
        if self.eat(b"!") {
            return !self.one();
        }
        let (task, result) = (self.word(), if self.eat(b".") { self.word() } else { String::new() });
        let name = format!("{}.{task}", self.dag);
        let Some(node) = self.model.nodes.get(&name) else { return false };
        let members = || -> Vec<&Node> {
            if node.kind != "TaskGroup" {
                return Vec::new();
            }
            let members = node.children.iter().map(|child| &self.model.nodes[child]);
            members.filter(|member| !member.late).collect()
        };
        match result.as_str() {
            "" => matches!(node.phase.as_str(), "Succeeded" | "Skipped"),
            "Errored" => node.phase == "Error",
            "AnySucceeded" => members().iter().any(|member| member.phase == "Succeeded"),
            "AllFailed" => !members().is_empty() && members().iter().all(|member| member.phase == "Failed"),
            phase => node.phase == phase,
        }
    }

    fn eat(&mut self, word: &[u8]) -> bool {
        while self.text.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        let found = self.text[self.at..].starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn word(&mut self) -> String {
        let rest = &self.text[self.at..];
        let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(rest.len());
        self.at += end;
        String::from_utf8_lossy(&rest[..end]).into_owned()
    }
}

/// The tasks that a `depends` mentions, in the order of their names: Argo visits them in any.
pub(super) fn needs(depends: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in depends.split([' ', '&', '|', '!', '(', ')']).filter(|word| !word.is_empty()) {
        let task = word.split('.').next().unwrap_or_default().to_owned();
        if !found.contains(&task) {
            found.push(task);
        }
    }
    found.sort();
    found
}

//! Which names are known where, and the texts that mention others (`VA-120` to `VA-129`).

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::Regex;
use serde::Serialize;
use serde_json::Value;
use tiphys_expr as expr;
use tiphys_spec as spec;

use super::Checker;
use super::site::Site;

/// What stands for a value that is not known yet.
pub(super) const PLACEHOLDER: &str = "__argo__internal__placeholder-0";

/// Names known at some point.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    known: BTreeSet<String>,
    /// Any member of an item is known.
    pub any_item: bool,
    /// Any global output parameter is known: one has a name made of tags.
    pub any_parameter: bool,
    /// Any global output artifact is known.
    pub any_artifact: bool,
    /// Beginnings of names of which nobody can say whether they are known: what would give them is missing,
    /// and that is reported.
    doubtful: BTreeSet<String>,
}

impl Names {
    pub(super) fn add(&mut self, name: impl Into<String>) {
        self.known.insert(name.into());
    }

    /// The inputs of an inline body, which are known in the step or task that it is a part of, and nowhere else.
    pub(super) fn of_inline(task: &spec::Task) -> Names {
        let mut names = Names::default();
        for input in task.inline.iter().flat_map(|inline| &inline.inputs.parameters) {
            names.add(format!("inputs.parameters.{}", input.name));
        }
        names
    }

    /// Lets every name with a beginning pass.
    pub(super) fn doubt(&mut self, beginning: String) {
        self.doubtful.insert(beginning);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.known.contains(name) || self.doubtful.iter().any(|beginning| name.starts_with(beginning))
    }

    /// All names with a beginning, without it.
    pub(super) fn below<'n>(&'n self, prefix: &'n str) -> impl Iterator<Item = &'n str> {
        self.known
            .range(prefix.to_owned()..)
            .take_while(move |name| name.starts_with(prefix))
            .map(move |name| &name[prefix.len()..])
    }
}

/// Beginnings of the names that are looked at; all others are left for someone else (`TP-320`).
const LOOKED_AT: [&str; 7] = ["item.", "steps.", "inputs.", "outputs.", "pod.", "workflow.", "tasks."];

/// Beginnings of names that come when it runs, or may (`TP-322`).
const NEVER_REPORTED: [&str; 5] =
    ["workflow.creationTimestamp", "workflow.scheduledTime", "workflow.duration", "tasks.name", "steps.name"];

impl Checker<'_> {
    /// Reports the unknown names in an object.
    ///
    /// The object is read as its JSON text, as Argo does: a tag may end where the structure has
    /// braces (`TP-002`). `words` come before the message.
    pub(super) fn resolve(&mut self, site: &Site, words: &str, scopes: &[&Names], object: &impl Serialize) {
        let value = serde_json::to_value(object).unwrap_or(Value::Null);
        self.closed(site, words, &value);
        if self.names_are_the_steps {
            return;
        }
        let text = go_json(&value);
        let mut rest = text.as_str();
        while let Some(start) = rest.find("{{") {
            let inner = &rest[start + 2..];
            let Some(end) = inner.find("}}") else { break };
            let tag = &inner[..end];
            rest = &inner[end + 2..];
            if !tag.starts_with('=') && !self.is_known(tag, scopes) {
                let message = format!("{words} failed to resolve {{{{{tag}}}}}");
                // The text ended before the tag did: it goes on in the JSON around it.
                if let Some(open) = until_quote(tag) {
                    let at = self.at_text(site, &value, &format!("{{{{{open}"));
                    let help = format!(
                        "the tag `{{{{{open}` is not closed, and takes in what follows it in the document: end it with `}}}}`"
                    );
                    self.error_with_help(&at, "open-tag", message, Some(help));
                    continue;
                }
                let at = self.at_text(site, &value, &format!("{{{{{tag}}}}}"));
                let help = self.similar_name(tag.trim(), scopes);
                self.error_with_help(&at, "unknown-name", message, help);
            }
        }
    }

    /// Every tag of an object must end somewhere, if only at the braces of its structure.
    pub(super) fn closed(&mut self, site: &Site, words: &str, value: &Value) {
        let text = go_json(value);
        let mut rest = text.as_str();
        while let Some(start) = rest.find("{{") {
            match rest[start + 2..].find("}}") {
                Some(end) => rest = &rest[start + 2 + end + 2..],
                None => {
                    let message = format!(
                        "{words} Cannot find end tag=\"}}}}\" in the template={} starting from {}",
                        expr::go_quote(&text),
                        expr::go_quote(&rest[start + 2..])
                    );
                    let needle: String = rest[start..].chars().take(8).collect();
                    let at = self.at_text(site, value, &needle);
                    if !self.is_blamed(&at) {
                        let help = Some("close the tag with `}}`".to_owned());
                        self.error_with_help(&at, "open-tag", message, help);
                    }
                    return;
                }
            }
        }
    }

    fn is_known(&self, tag: &str, scopes: &[&Names]) -> bool {
        let name = tag.trim();
        if !LOOKED_AT.iter().any(|prefix| name.starts_with(prefix)) {
            return true;
        }
        if scopes.iter().any(|scope| scope.has(name)) || self.globals.has(name) {
            return true;
        }
        name.starts_with("item.") && scopes.iter().any(|scope| scope.any_item)
            || name.starts_with("workflow.outputs.parameters.")
                && scopes.iter().any(|scope| scope.any_parameter)
            || name.starts_with("workflow.outputs.artifacts.")
                && (self.globals.any_artifact || scopes.iter().any(|scope| scope.any_artifact))
            || name.starts_with("outputs.")
            || NEVER_REPORTED.iter().any(|beginning| name.starts_with(beginning))
            || self.parameters_come_later && name.starts_with("workflow.parameters")
    }

    fn similar_name(&self, name: &str, scopes: &[&Names]) -> Option<String> {
        if self.findings.len() >= super::SUGGESTIONS_MAX {
            return None;
        }
        let family = &name[..name.find('.').map_or(0, |dot| dot + 1)];
        let wanted = &name[family.len()..];
        let known = scopes.iter().flat_map(|scope| scope.below(family)).chain(self.globals.below(family));
        // All parameters as one value are not what somebody meant who names one.
        let known =
            known.filter(|known| wanted.strip_prefix(*known).is_none_or(|rest| !rest.starts_with('.')));
        let found = tiphys_spec::similar(wanted, known)?;
        Some(format!("did you mean `{{{{{family}{found}}}}}`?"))
    }

    /// The site of the text within `value` that holds `needle`, or the site itself.
    fn at_text(&self, site: &Site, value: &Value, needle: &str) -> Site {
        let mut at = site.clone();
        if !site.is_fixed() && find_text(value, needle, &mut at) { at } else { site.clone() }
    }
}

/// Whether some tag of a text is the name of a variable, as Argo knows them: words of letters and digits with dots.
pub(super) fn has_variable(text: &str) -> bool {
    static VARIABLE: OnceLock<Option<Regex>> = OnceLock::new();
    let variable = VARIABLE.get_or_init(|| Regex::new(r"\{\{[-a-zA-Z0-9]+(\.[-a-zA-Z0-9_]+)*\}\}").ok());
    variable.as_ref().is_some_and(|variable| variable.is_match(text))
}

/// What is before the first quote that ends a text of JSON, if there is one.
fn until_quote(json: &str) -> Option<&str> {
    let mut is_escaped = false;
    let quote = json.bytes().position(|byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    quote.map(|quote| &json[..quote])
}

/// A value as Go writes it: the characters of HTML are escaped.
fn go_json(value: &Value) -> String {
    expr::escape_html_json(&value.to_string())
}

/// Walks to the first text that holds `needle`.
fn find_text(value: &Value, needle: &str, at: &mut Site) -> bool {
    match value {
        Value::String(text) => text.contains(needle),
        Value::Array(elements) => elements.iter().enumerate().any(|(index, element)| {
            let mut below = at.index(index);
            let found = find_text(element, needle, &mut below);
            if found {
                *at = below;
            }
            found
        }),
        Value::Object(members) => members.iter().any(|(name, member)| {
            let mut below = at.field(name);
            let found = name.contains(needle) || find_text(member, needle, &mut below);
            if found {
                *at = below;
            }
            found
        }),
        _ => false,
    }
}

/// Replaces the tags for which something is given, everywhere in a value; leaves all others.
pub(super) fn replace(value: &mut Value, values: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(replaced) = replace_text(text, values) {
                *text = replaced;
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(|element| replace(element, values)),
        Value::Object(members) => members.values_mut().for_each(|member| replace(member, values)),
        _ => {}
    }
}

fn replace_text(text: &str, values: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut rest = text;
    let mut result = String::new();
    let mut changed = false;
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start + 2..].find("}}") else { break };
        let end = start + 2 + length + 2;
        let tag = &rest[start + 2..end - 2];
        match values(tag) {
            Some(value) => {
                result.push_str(&rest[..start]);
                result.push_str(&value);
                changed = true;
            }
            None => result.push_str(&rest[..end]),
        }
        rest = &rest[end..];
    }
    result.push_str(rest);
    changed.then_some(result)
}

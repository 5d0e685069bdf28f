//! Selectors: by label with Kubernetes' grammar, by field with Argo's few fields.

use crate::fault::Fault;
use crate::limits;
use crate::wire::names;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;
use tiphys_engine::FieldSelector;
use tiphys_expr::time::Zone;
use tiphys_store::LabelTerm;

/// One requirement on labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    Plain(LabelTerm),
    /// The label is a whole number above, or below, this one.
    Beyond {
        key: String,
        than: i64,
        above: bool,
    },
}

/// All requirements of a label selector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Labels(pub(crate) Vec<Term>);

/// Labels of Argo's that change while a workflow runs.
const OF_STATE: [&str; 5] = ["phase", "completed", "workflow-archiving-status", "actor", "action"];

/// A label query as a person writes it, for faces that look at labels themselves.
#[derive(Clone, Debug, Default)]
pub struct LabelQuery(Labels);

impl LabelQuery {
    /// Reads Kubernetes' grammar: `app=web,tier!=db,env in (a,b),!old`. The error is in Argo's words.
    pub fn parse(text: &str) -> Result<LabelQuery, String> {
        Labels::parse(text).map(LabelQuery).map_err(|fault| fault.message)
    }

    /// Whether labels, as a map of texts, fulfil it.
    pub fn matches(&self, labels: &Value) -> bool {
        self.0.matches(labels)
    }
}

impl Labels {
    pub(crate) fn parse(text: &str) -> Result<Labels, Fault> {
        let mut reader = Reader { tokens: tokens(text), at: 0 };
        let mut terms = Vec::new();
        if reader.peek() == &Token::End {
            return Ok(Labels(terms));
        }
        loop {
            match reader.peek().clone() {
                Token::Word(_) | Token::Sign("!") => {
                    let term = reader.term().map_err(|why| unparsable(&why))?;
                    if !terms.contains(&term) {
                        terms.push(term);
                    }
                    if terms.len() > limits::LABEL_TERMS_MAX {
                        let most = limits::LABEL_TERMS_MAX;
                        return Err(Fault::invalid(format!(
                            "a label selector takes at most {most} requirements"
                        )));
                    }
                }
                Token::End => return Ok(Labels(terms)),
                other => {
                    return Err(Fault::invalid(format!(
                        "found '{}', expected: !, identifier, or 'end of string'",
                        other.text()
                    )));
                }
            }
            match reader.next() {
                Token::End => return Ok(Labels(terms)),
                Token::Sign(",") => match reader.peek() {
                    Token::Word(_) | Token::Sign("!") => {}
                    other => {
                        return Err(Fault::invalid(format!(
                            "found '{}', expected: identifier after ','",
                            other.text()
                        )));
                    }
                },
                other => {
                    return Err(Fault::invalid(format!(
                        "found '{}', expected: ',' or 'end of string'",
                        other.text()
                    )));
                }
            }
        }
    }

    /// Whether labels, as a map of texts, fulfil all requirements.
    pub(crate) fn matches(&self, labels: &Value) -> bool {
        let label = |key: &str| labels.get(key).and_then(Value::as_str);
        self.0.iter().all(|term| match term {
            Term::Plain(LabelTerm::In(key, values)) => {
                label(key).is_some_and(|value| values.iter().any(|wanted| wanted == value))
            }
            Term::Plain(LabelTerm::NotIn(key, values)) => {
                !label(key).is_some_and(|value| values.iter().any(|wanted| wanted == value))
            }
            Term::Plain(LabelTerm::Exists(key)) => label(key).is_some(),
            Term::Plain(LabelTerm::Absent(key)) => label(key).is_none(),
            Term::Beyond { key, than, above } => label(key)
                .and_then(|value| value.parse::<i64>().ok())
                .is_some_and(|value| if *above { value > *than } else { value < *than }),
        })
    }

    /// Whether labels may have fulfilled all requirements before: those on labels that change while a workflow runs say
    /// nothing about that.
    pub(crate) fn may_have_matched(&self, labels: &Value) -> bool {
        let changes = |term: &&Term| {
            let (Term::Plain(
                LabelTerm::In(key, _)
                | LabelTerm::NotIn(key, _)
                | LabelTerm::Exists(key)
                | LabelTerm::Absent(key),
            )
            | Term::Beyond { key, .. }) = term;
            key.strip_prefix("workflows.argoproj.io/").is_some_and(|name| OF_STATE.contains(&name))
        };
        let lasting = self.0.iter().filter(|term| !changes(term)).cloned().collect();
        Labels(lasting).matches(labels)
    }

    /// The requirements that the store can judge; whether these are all.
    pub(crate) fn plain(&self) -> (Vec<LabelTerm>, bool) {
        let plain = self.0.iter().filter_map(|term| match term {
            Term::Plain(term) => Some(term.clone()),
            Term::Beyond { .. } => None,
        });
        (plain.collect(), !self.0.iter().any(|term| matches!(term, Term::Beyond { .. })))
    }
}

fn unparsable(why: &str) -> Fault {
    Fault::invalid(format!("unable to parse requirement: {why}"))
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(&'static str),
    End,
}

impl Token {
    fn operator(&self) -> Option<&'static str> {
        match self {
            Token::Sign(">") => Some("gt"),
            Token::Sign("<") => Some("lt"),
            Token::Sign(sign @ ("=" | "==" | "!=" | "!")) => Some(sign),
            Token::Word(word) if word == "in" => Some("in"),
            Token::Word(word) if word == "notin" => Some("notin"),
            _ => None,
        }
    }

    fn text(&self) -> &str {
        match self {
            Token::Word(word) => word,
            Token::Sign(sign) => sign,
            Token::End => "",
        }
    }
}

fn tokens(text: &str) -> Vec<Token> {
    const SIGNS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let is_end = |char: char| char.is_whitespace() || "=!(),><".contains(char);
            let end = rest.find(is_end).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    tokens
}

/// The operator of a selector's first term, as Kubernetes calls it.
pub(crate) fn operator(text: &str) -> &'static str {
    tokens(text).iter().find_map(Token::operator).unwrap_or("exists")
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn term(&mut self) -> Result<Term, String> {
        let absent = self.peek() == &Token::Sign("!");
        if absent {
            self.next();
        }
        let key = match self.next() {
            Token::Word(word) => word,
            other => return Err(format!("found '{}', expected: identifier", other.text())),
        };
        check_key(&key)?;
        if absent {
            return Ok(Term::Plain(LabelTerm::Absent(key)));
        }
        match self.peek() {
            Token::End | Token::Sign(",") => return Ok(Term::Plain(LabelTerm::Exists(key))),
            _ => {}
        }
        match self.next() {
            Token::Sign("=" | "==") => {
                let values = vec![self.exact()?];
                check_values(&key, &values)?;
                Ok(Term::Plain(LabelTerm::In(key, values)))
            }
            Token::Sign("!=") => {
                let values = vec![self.exact()?];
                check_values(&key, &values)?;
                Ok(Term::Plain(LabelTerm::NotIn(key, values)))
            }
            Token::Sign(sign @ (">" | "<")) => {
                let value = self.exact()?;
                let than = value.parse().map_err(|_| {
                    format!(
                        "values[0]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an \
                         integer"
                    )
                })?;
                check_values(&key, &[value])?;
                Ok(Term::Beyond { key, than, above: sign == ">" })
            }
            Token::Word(word) if word == "in" => Ok(Term::Plain(LabelTerm::In(key.clone(), self.set(&key)?))),
            Token::Word(word) if word == "notin" => {
                Ok(Term::Plain(LabelTerm::NotIn(key.clone(), self.set(&key)?)))
            }
            other => Err(format!("found '{}', expected: in, notin, =, ==, !=, gt, lt", other.text())),
        }
    }

    fn exact(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::End | Token::Sign(",") => Ok(String::new()),
            _ => match self.next() {
                Token::Word(word) => Ok(word),
                other => Err(format!("found '{}', expected: identifier", other.text())),
            },
        }
    }

    /// The values of a set, in order and once each.
    fn set(&mut self, key: &str) -> Result<Vec<String>, String> {
        let values: Vec<String> = self.listed()?.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        check_values(key, &values)?;
        Ok(values)
    }

    fn listed(&mut self) -> Result<Vec<String>, String> {
        match self.next() {
            Token::Sign("(") => {}
            other => return Err(format!("found '{}' expected: '('", other.text())),
        }
        let mut values = Vec::new();
        loop {
            match self.next() {
                Token::Word(word) => {
                    values.push(word);
                    match self.next() {
                        Token::Sign(",") => {}
                        Token::Sign(")") => return Ok(values),
                        other => return Err(format!("found '{}', expected: ',' or ')'", other.text())),
                    }
                }
                Token::Sign(",") => values.push(String::new()),
                Token::Sign(")") => {
                    values.push(String::new());
                    return Ok(values);
                }
                other => return Err(format!("found '{}', expected: ',', ')' or identifier", other.text())),
            }
        }
    }
}

fn check_key(key: &str) -> Result<(), String> {
    match names::key_flaw(key) {
        Some(why) => Err(format!("<nil>: Invalid value: \"{key}\": {why}")),
        None => Ok(()),
    }
}

fn check_values(key: &str, values: &[String]) -> Result<(), String> {
    let flaws: Vec<String> = values
        .iter()
        .enumerate()
        .filter_map(|(at, value)| {
            let why = names::value_flaw(value)?;
            Some(format!("values[{at}][{key}]: Invalid value: \"{value}\": {why}"))
        })
        .collect();
    match flaws.as_slice() {
        [] => Ok(()),
        [one] => Err(one.clone()),
        many => Err(format!("[{}]", many.join(", "))),
    }
}

/// The requirements of a field selector on lists of workflows (API-123).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) namespace: Option<String>,
    pub(crate) not_namespace: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) not_name: Option<String>,
    pub(crate) started_from: Option<i64>,
    pub(crate) started_until: Option<i64>,
    pub(crate) show_remaining: bool,
}

impl Fields {
    pub(crate) fn parse(text: &str) -> Result<Fields, Fault> {
        let mut fields = Fields::default();
        for term in text.split(',').filter(|term| !term.is_empty()) {
            fields.take(term)?;
        }
        Ok(fields)
    }

    fn take(&mut self, term: &str) -> Result<(), Fault> {
        let unsupported = || Fault::invalid(format!("unsupported requirement {term}"));
        let (key, sign, value) = split(term).ok_or_else(unsupported)?;
        let slot = match (key, sign) {
            ("metadata.namespace", "=") => &mut self.namespace,
            ("metadata.namespace", "!=") => &mut self.not_namespace,
            ("metadata.name", "=") => &mut self.name,
            ("metadata.name", "!=") => &mut self.not_name,
            ("spec.startedAt", ">") => {
                self.started_from = Some(from(value)?);
                return Ok(());
            }
            ("spec.startedAt", "<") => {
                self.started_until = Some(until(value)?);
                return Ok(());
            }
            ("ext.showRemainingItemCount", "=") => {
                // One sign is that of the requirement, a second one is part of the value.
                let value = &term[key.len() + 1..];
                self.show_remaining = match value {
                    "1" | "t" | "T" | "TRUE" | "true" | "True" => true,
                    "0" | "f" | "F" | "FALSE" | "false" | "False" => false,
                    _ => {
                        return Err(Fault::invalid(format!(
                            "strconv.ParseBool: parsing \"{value}\": invalid syntax"
                        )));
                    }
                };
                return Ok(());
            }
            _ => return Err(unsupported()),
        };
        *slot = Some(value.to_owned()).filter(|value| !value.is_empty());
        Ok(())
    }
}

/// A time of a parameter, in microseconds. What is none is told in Go's words.
pub(crate) fn time(text: &str) -> Result<i64, Fault> {
    let read = tiphys_expr::time::parse("2006-01-02T15:04:05Z07:00", text, &Arc::new(Zone::Utc));
    read.map(|time| time.instant.as_microsecond()).map_err(Fault::invalid)
}

/// Argo knows the times of workflows in whole seconds, and compares these.
const SECOND: i64 = 1_000_000;

/// The first moment whose second is not before a time, in microseconds.
pub(crate) fn from(text: &str) -> Result<i64, Fault> {
    let time = time(text)?;
    Ok(time.saturating_add((-time).rem_euclid(SECOND)))
}

/// The last moment whose second is not after a time, in microseconds.
pub(crate) fn until(text: &str) -> Result<i64, Fault> {
    let time = time(text)?;
    Ok(time.saturating_add(SECOND - 1 - time.rem_euclid(SECOND)))
}

fn split(term: &str) -> Option<(&str, &str, &str)> {
    let at = term.find(['=', '!', '>', '<'])?;
    let (key, rest) = term.split_at(at);
    for (sign, known) in [("==", "="), ("!=", "!="), ("=", "="), (">", ">"), ("<", "<")] {
        if let Some(value) = rest.strip_prefix(sign) {
            return Some((key, known, value));
        }
    }
    None
}

/// A field selector over plain objects: only some fields, as the store of Kubernetes allows.
pub(crate) fn by_fields(text: &str, known: &[&str]) -> Result<FieldSelector, Fault> {
    let selector = FieldSelector::parse(text).map_err(Fault::invalid)?;
    match selector.terms().iter().find(|term| !known.contains(&&*term.field)) {
        Some(term) => Err(Fault::invalid(format!("field label not supported: {}", term.field))),
        None => Ok(selector),
    }
}

/// Whether a document fulfils a selector over its texts.
pub(crate) fn has_fields(document: &Value, selector: &FieldSelector) -> bool {
    selector.matches(|path| {
        let pointer = format!("/{}", path.replace('.', "/"));
        document.pointer(&pointer).and_then(Value::as_str).map(str::to_owned)
    })
}

#[cfg(test)]
mod tests;

//! Names: which are allowed, and what is said of those that are not (`VA-020` to `VA-030`).

use super::Checker;
use super::beyond::Body;
use super::site::Site;
use tiphys_spec as spec;

/// Which names a list wants.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// Letters, digits and dashes, beginning with a letter or digit.
    Template,
    /// Letters, digits, dashes and underscores.
    Parameter,
}

/// Longest name of a template, step or task.
const TEMPLATE_NAME_MAX: usize = 128;

impl Alphabet {
    /// What is wrong with a name, in Argo's words.
    pub(super) fn complaint(self, name: &str) -> Option<&'static str> {
        let allowed =
            |c: char| c.is_ascii_alphanumeric() || c == '-' || self == Alphabet::Parameter && c == '_';
        match self {
            Alphabet::Template if name.len() > TEMPLATE_NAME_MAX => {
                Some("must be no more than 128 characters")
            }
            Alphabet::Template if !name.chars().all(allowed) || name.starts_with('-') => Some(
                "name must consist of alpha-numeric characters or '-', and must start with an alpha-numeric \
                 character (e.g. My-name1-2, 123-NAME)",
            ),
            Alphabet::Parameter if !name.chars().all(allowed) => Some(
                "Parameter/Artifact name must consist of alpha-numeric characters, '_' or '-' e.g. my_param_1, \
                 MY-PARAM-1",
            ),
            _ => None,
        }
    }
}

impl Checker<'_> {
    /// Checks the names of a list. `words` is how Argo calls the list, `site` where it stands.
    pub(super) fn names<'n>(
        &mut self,
        site: &Site,
        words: &str,
        alphabet: Alphabet,
        names: impl Iterator<Item = &'n str>,
    ) {
        self.names_in_order(site, words, alphabet, names.enumerate());
    }

    /// The same of a list that Argo has put in another order: each name with its place in the document. Argo counts by
    /// its own order.
    pub(super) fn names_in_order<'n>(
        &mut self,
        site: &Site,
        words: &str,
        alphabet: Alphabet,
        names: impl Iterator<Item = (usize, &'n str)>,
    ) {
        let mut seen = std::collections::BTreeSet::new();
        for (index, (place, name)) in names.enumerate() {
            let at = site.index(place);
            if name.is_empty() {
                self.error(&at, "missing-name", format!("{words}[{index}].name is required"));
            } else if let Some(complaint) = alphabet.complaint(name) {
                let message = format!("{words}[{index}].name: '{name}' is invalid: {complaint}");
                self.error(&at.field("name"), "bad-name", message);
            } else if !seen.insert(name) && !self.is_blamed(&at.field("name")) {
                let message = format!("{words}[{index}].name '{name}' is not unique");
                self.error(&at.field("name"), "doubled-name", message);
            }
        }
    }

    /// Templates whose pods get names that Kubernetes refuses, since capitals stay in them (EX-028). The root's pod has
    /// the name of its workflow, and the old format has no names of templates.
    pub(super) fn capitals(&mut self, body: &Body<'_>, metadata: Option<&spec::Metadata>) {
        let format =
            metadata.and_then(|metadata| metadata.annotations.get("workflows.argoproj.io/pod-name-format"));
        if format.is_some_and(|format| format == "v1") {
            return;
        }
        for (index, template) in body.spec.templates.iter().enumerate() {
            let name = &template.name;
            let is_root = *name == body.spec.entrypoint && template.retry_strategy.is_none();
            if !template.is_pod() || is_root || !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
                continue;
            }
            let message = format!("steps of `{name}` end in Error: no pod may have capitals in its name");
            let help = Some(format!("call it `{}`", name.to_ascii_lowercase()));
            self.warn(
                &body.site.field("templates").index(index).field("name"),
                "capital-name",
                message,
                help,
            );
        }
    }
}

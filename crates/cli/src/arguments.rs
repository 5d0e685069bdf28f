//! Flags that change a workflow before it is submitted, as in `argo submit`.

use clap::Args as ClapArgs;
use std::path::PathBuf;
use tiphys_spec as spec;

use crate::given::{Given, GivenValue};
use crate::load::text;
use crate::problem::problem;
use crate::remote::SubmitOptions;

/// What of a workflow the command line sets.
#[derive(ClapArgs, Debug, Default)]
pub struct Overrides {
    /// Give an argument of the workflow a value; may be repeated
    #[arg(short, long = "parameter", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Read argument values from a YAML or JSON map
    #[arg(short = 'f', long, value_name = "FILE")]
    parameter_file: Option<PathBuf>,
    /// Begin at this template instead of the manifest's
    #[arg(long, value_name = "TEMPLATE")]
    entrypoint: Option<String>,
    /// Name of the run; without it the manifest's, or one made after `generateName`
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Beginning of the name to make
    #[arg(long, value_name = "PREFIX", conflicts_with = "name")]
    generate_name: Option<String>,
    /// Labels to add
    #[arg(short, long, value_name = "KEY=VALUE,…")]
    labels: Vec<String>,
    /// Namespace, where the manifest names none
    #[arg(short, long, value_name = "NAME")]
    namespace: Option<String>,
    /// Larger ones get locks first
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    priority: Option<i64>,
    /// Whether a name of the manifest's own counts before a prefix that is given, as in Argo's verb (OB-395).
    #[arg(skip)]
    is_submit: bool,
}

impl Overrides {
    /// Those of `submit`.
    pub fn of_submit(options: &SubmitOptions, priority: Option<i64>) -> Overrides {
        let given = |text: &String| (!text.is_empty()).then(|| text.clone());
        Overrides {
            parameters: options.parameter.clone(),
            parameter_file: options.parameter_file.as_ref().map(PathBuf::from),
            entrypoint: given(&options.entrypoint),
            name: given(&options.name),
            generate_name: given(&options.generate_name),
            labels: given(&options.labels).into_iter().collect(),
            namespace: options.namespace.clone(),
            priority,
            is_submit: true,
        }
    }

    /// The namespace where the manifest names none.
    pub fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or("default")
    }

    /// The namespace, if one is named.
    pub fn named_namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Whether a name is given, which only one run can have.
    pub fn names_one(&self) -> bool {
        self.name.is_some()
    }

    /// What of it workflows must be able to take.
    pub fn given(&self) -> anyhow::Result<Given<'_>> {
        let entrypoint = self.entrypoint.as_deref();
        Ok(Given { parameters: self.parameters()?, entrypoint, ..Given::default() })
    }

    /// Sets in the workflow what was given.
    pub fn apply(&self, workflow: &mut spec::Workflow) -> anyhow::Result<()> {
        let metadata = &mut workflow.metadata;
        if let Some(prefix) = &self.generate_name {
            metadata.generate_name.clone_from(prefix);
            if !self.is_submit {
                metadata.name.clear();
            }
        }
        if let Some(name) = &self.name {
            metadata.name.clone_from(name);
        }
        if metadata.namespace.is_empty() {
            metadata.namespace = self.namespace().to_owned();
        }
        for pair in self.labels.iter().flat_map(|list| list.split(',')).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                problem(format!("`--labels {pair}` is not KEY=VALUE"), "for instance `-l team=red`")
            })?;
            metadata.labels.insert(key.to_owned(), value.to_owned());
        }
        if self.priority.is_some() {
            workflow.spec.priority = self.priority;
        }
        if let Some(entrypoint) = &self.entrypoint {
            workflow.spec.entrypoint.clone_from(entrypoint);
        }
        let given = self.parameters()?;
        // As in Argo, given ones come first and replace the declared ones whole (CLI-027).
        let declared = std::mem::take(&mut workflow.spec.arguments.parameters);
        let names: Vec<String> = given.iter().map(|given| given.name.clone()).collect();
        workflow.spec.arguments.parameters = given
            .into_iter()
            .map(|GivenValue { name, value, .. }| spec::Parameter {
                name,
                value: Some(value),
                ..spec::Parameter::default()
            })
            .chain(declared.into_iter().filter(|parameter| !names.contains(&parameter.name)))
            .collect();
        Ok(())
    }

    /// Values by name: those of the command line before those of the file; of equal names the last counts.
    fn parameters(&self) -> anyhow::Result<Vec<GivenValue>> {
        let mut given: Vec<GivenValue> = Vec::new();
        for pair in &self.parameters {
            let (name, value) = pair.split_once('=').ok_or_else(|| {
                problem(format!("`-p {pair}` is not NAME=VALUE"), "for instance `-p message=hello`")
            })?;
            match given.iter_mut().find(|known| known.name == name) {
                Some(known) => value.clone_into(&mut known.value),
                None => given.push(GivenValue::by_flag(name, value)),
            }
        }
        let Some(file) = &self.parameter_file else { return Ok(given) };
        let shown = file.display().to_string();
        let values = spec::parameter_values(&shown, &text(file)?).map_err(|error| {
            let help =
                error.help.clone().unwrap_or_else(|| "write one `name: value` on each line".to_owned());
            problem(error.to_string(), help)
        })?;
        for spec::ParameterValue { name, value, place } in values {
            if given.iter().all(|known| known.name != name) {
                given.push(GivenValue { name, value, stands: Some((shown.clone(), place)) });
            }
        }
        Ok(given)
    }
}

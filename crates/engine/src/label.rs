//! What Kubernetes takes as the value of a label.

/// Kubernetes' words for a value that is not made of what labels are made of.
pub(crate) const MADE_OF: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
     and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for \
     validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// Most bytes of a value.
const BYTES_MAX: usize = 63;

/// Why a value is none, in Kubernetes' words; none if it is one.
pub(crate) fn fault(value: &str) -> Option<String> {
    let mut faults = Vec::new();
    if value.len() > BYTES_MAX {
        faults.push(format!("must be no more than {BYTES_MAX} bytes"));
    }
    let edge = |c: char| c.is_ascii_alphanumeric();
    let is_well_made = value.is_empty()
        || value.starts_with(edge)
            && value.ends_with(edge)
            && value.chars().all(|c| edge(c) || matches!(c, '-' | '_' | '.'));
    if !is_well_made {
        faults.push(MADE_OF.to_owned());
    }
    (!faults.is_empty()).then(|| faults.join(";"))
}

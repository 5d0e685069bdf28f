//! Names: node identities, pod names and display names, exactly as Argo computes them (EX-020 to EX-028).

/// The 32-bit FNV-1a offset basis: the hash of nothing.
pub const FNV_OFFSET: u32 = 2_166_136_261;

const FNV_PRIME: u32 = 16_777_619;

/// Longest part of a pod name before the hash, in bytes (EX-027).
const POD_NAME_PREFIX_BYTES_MAX: usize = 253 - 10 - 1;

/// Continues a 32-bit FNV-1a hash; begin with [`FNV_OFFSET`].
///
/// The hash of a chain of parts equals the hash of the joined text, so a full node name need never exist.
pub fn fnv1a(start: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(start, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(FNV_PRIME))
}

/// The ID of the node `name` (EX-021).
pub fn node_id(workflow: &str, name: &str) -> String {
    if name == workflow {
        return workflow.to_owned();
    }
    format!("{workflow}-{}", fnv1a(FNV_OFFSET, name.as_bytes()))
}

/// The display name of the node `name` inside the boundary node named `boundary`, empty for none (EX-025).
pub fn display_name(boundary: &str, name: &str) -> String {
    if boundary.is_empty() {
        return name.to_owned();
    }
    let rest = name.strip_prefix(boundary).unwrap_or(name);
    strip_group(rest).to_owned()
}

/// Removes one leading `[<n>].` or `.`.
fn strip_group(name: &str) -> &str {
    if let Some(rest) = name.strip_prefix('.') {
        return rest;
    }
    let Some(inner) = name.strip_prefix('[') else { return name };
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    match inner[digits..].strip_prefix("].") {
        Some(rest) if digits > 0 => rest,
        _ => name,
    }
}

/// The pod name of a node in the current format (EX-027).
pub fn pod_name_v2(workflow: &str, node: &str, template: &str) -> String {
    if workflow == node {
        return workflow.to_owned();
    }
    let mut prefix = workflow.to_owned();
    if !template.is_empty() {
        prefix.push('-');
        prefix.push_str(template);
    }
    if prefix.len() > POD_NAME_PREFIX_BYTES_MAX {
        let end = (0..=POD_NAME_PREFIX_BYTES_MAX).rev().find(|end| prefix.is_char_boundary(*end));
        prefix.truncate(end.unwrap_or(0));
    }
    format!("{prefix}-{}", fnv1a(FNV_OFFSET, node.as_bytes()))
}

/// The pod name of a node in the old format: its ID.
pub fn pod_name_v1(workflow: &str, node: &str) -> String {
    node_id(workflow, node)
}

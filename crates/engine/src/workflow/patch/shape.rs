//! Whether a patch has the shape of a pod's spec, in the words of Go's decoder, which Argo passes on (EX-385).

use serde_json::{Map, Value};
use tiphys_expr as expr;

/// The fields of Kubernetes' types as far as processes can honour them, and those around them. A line that is not
/// indented names a type; after a field's name stands what it holds: `string`, `bool`, `int32`, `int64`, `any`, a list
/// `[]T`, a map `{string}`, a text with a type of its own `=T`, quantities by resource `ResourceList`, or a type. Of
/// a type without lines of its own is asked that it is an object.
const TYPES: &str = "\
PodSpec
  volumes []Volume, initContainers []Container, containers []Container, ephemeralContainers []EphemeralContainer
  restartPolicy =RestartPolicy, terminationGracePeriodSeconds int64, activeDeadlineSeconds int64, dnsPolicy =DNSPolicy
  nodeSelector {string}, serviceAccountName string, serviceAccount string, automountServiceAccountToken bool
  nodeName string, hostNetwork bool, hostPID bool, hostIPC bool, shareProcessNamespace bool
  securityContext PodSecurityContext, imagePullSecrets []LocalObjectReference, hostname string, subdomain string
  affinity Affinity, schedulerName string, tolerations []Toleration, hostAliases []HostAlias
  priorityClassName string, priority int32, dnsConfig PodDNSConfig, readinessGates []PodReadinessGate
  runtimeClassName string, enableServiceLinks bool, preemptionPolicy =PreemptionPolicy, overhead ResourceList
  topologySpreadConstraints []TopologySpreadConstraint, setHostnameAsFQDN bool, os PodOS, hostUsers bool
  schedulingGates []PodSchedulingGate, resourceClaims []PodResourceClaim, resources ResourceRequirements
Container
  name string, image string, command []string, args []string, workingDir string, ports []ContainerPort
  envFrom []EnvFromSource, env []EnvVar, resources ResourceRequirements, resizePolicy []ContainerResizePolicy
  restartPolicy =ContainerRestartPolicy, volumeMounts []VolumeMount, volumeDevices []VolumeDevice
  livenessProbe Probe, readinessProbe Probe, startupProbe Probe, lifecycle Lifecycle, terminationMessagePath string
  terminationMessagePolicy =TerminationMessagePolicy, imagePullPolicy =PullPolicy, securityContext SecurityContext
  stdin bool, stdinOnce bool, tty bool
ContainerPort
  name string, hostPort int32, containerPort int32, protocol =Protocol, hostIP string
EnvVar
  name string, value string, valueFrom EnvVarSource
EnvFromSource
  prefix string, configMapRef ConfigMapEnvSource, secretRef SecretEnvSource
ResourceRequirements
  limits ResourceList, requests ResourceList, claims []ResourceClaim
VolumeMount
  name string, readOnly bool, recursiveReadOnly =RecursiveReadOnlyMode, mountPath string, subPath string
  mountPropagation =MountPropagationMode, subPathExpr string
SecurityContext
  capabilities Capabilities, privileged bool, seLinuxOptions SELinuxOptions
  windowsOptions WindowsSecurityContextOptions, runAsUser int64, runAsGroup int64, runAsNonRoot bool
  readOnlyRootFilesystem bool, allowPrivilegeEscalation bool, procMount =ProcMountType
  seccompProfile SeccompProfile, appArmorProfile AppArmorProfile
PodSecurityContext
  seLinuxOptions SELinuxOptions, windowsOptions WindowsSecurityContextOptions, runAsUser int64, runAsGroup int64
  runAsNonRoot bool, supplementalGroups []int64, supplementalGroupsPolicy =SupplementalGroupsPolicy, fsGroup int64
  sysctls []Sysctl, fsGroupChangePolicy =PodFSGroupChangePolicy, seccompProfile SeccompProfile
  appArmorProfile AppArmorProfile, seLinuxChangePolicy =PodSELinuxChangePolicy
Volume
  name string, hostPath HostPathVolumeSource, emptyDir EmptyDirVolumeSource, secret SecretVolumeSource
  nfs NFSVolumeSource, persistentVolumeClaim PersistentVolumeClaimVolumeSource, configMap ConfigMapVolumeSource
  downwardAPI DownwardAPIVolumeSource, projected ProjectedVolumeSource, csi CSIVolumeSource
  ephemeral EphemeralVolumeSource, image ImageVolumeSource
HostPathVolumeSource
  path string, type =HostPathType
LocalObjectReference
  name string
Toleration
  key string, operator =TolerationOperator, value string, effect =TaintEffect, tolerationSeconds int64
HostAlias
  ip string, hostnames []string
";

/// What is not as in a pod's spec; the first such field, by the names of the fields.
pub(super) fn complaint(patch: &Value) -> Option<String> {
    let root = Place { of: None, path: String::new() };
    root.look_at(patch, "PodSpec")
}

/// Where in the patch something stands.
struct Place {
    /// The type whose field it is.
    of: Option<&'static str>,
    /// Names of fields, joined by dots.
    path: String,
}

impl Place {
    fn look_at(&self, value: &Value, wanted: &'static str) -> Option<String> {
        if let Some(element) = wanted.strip_prefix("[]") {
            return match value {
                Value::Array(items) => items.iter().find_map(|item| self.look_at(item, element)),
                _ => self.unless(value.is_null(), value, wanted),
            };
        }
        match (wanted, value) {
            (_, Value::Null) | ("any", _) => None,
            ("bool", Value::Bool(_)) => None,
            ("{string}", Value::Object(fields)) => {
                fields.values().find_map(|value| self.look_at(value, "string"))
            }
            ("ResourceList", Value::Object(quantities)) => quantities.values().find_map(quantity_complaint),
            ("int32", Value::Number(number)) => {
                self.unless(whole(number).is_some_and(|number| i32::try_from(number).is_ok()), value, wanted)
            }
            ("int64", Value::Number(number)) => self.unless(whole(number).is_some(), value, wanted),
            ("bool" | "int32" | "int64" | "{string}" | "ResourceList", _) => {
                self.unless(false, value, wanted)
            }
            (_, _) if wanted == "string" || wanted.starts_with('=') => {
                self.unless(value.is_string(), value, wanted)
            }
            (_, Value::Object(object)) => self.fields(object, wanted),
            (_, _) => self.unless(false, value, wanted),
        }
    }

    /// The members of an object, in the order in which Argo writes them: by name.
    fn fields(&self, object: &Map<String, Value>, of: &'static str) -> Option<String> {
        let mut members: Vec<(&String, &Value)> = object.iter().collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        members.into_iter().find_map(|(name, value)| {
            let wanted = field(of, name)?;
            let dot = if self.path.is_empty() { "" } else { "." };
            Place { of: Some(of), path: format!("{}{dot}{name}", self.path) }.look_at(value, wanted)
        })
    }

    fn unless(&self, fits: bool, found: &Value, wanted: &str) -> Option<String> {
        if fits {
            return None;
        }
        let place = match self.of {
            Some(of) => format!("struct field {of}.{}", self.path),
            None => "value".to_owned(),
        };
        let kind = kind(found, wanted);
        Some(format!("json: cannot unmarshal {kind} into Go {place} of type {}", go_type(wanted)))
    }
}

/// What a field of a type holds, if the table knows it.
fn field(of: &str, name: &str) -> Option<&'static str> {
    let mut lines = TYPES.lines().skip_while(|line| *line != of).skip(1);
    let own = lines.by_ref().take_while(|line| line.starts_with(' '));
    own.flat_map(|line| line.split(','))
        .find_map(|field| field.trim().split_once(' ').filter(|(known, _)| *known == name))
        .map(|(_, holds)| holds)
}

fn kind(found: &Value, wanted: &str) -> String {
    match found {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        // Go tells a number only where one was wanted.
        Value::Number(number) if wanted.starts_with("int") => format!("number {number}"),
        Value::Number(_) => "number".to_owned(),
        Value::String(_) => "string".to_owned(),
        Value::Array(_) => "array".to_owned(),
        Value::Object(_) => "object".to_owned(),
    }
}

fn go_type(wanted: &str) -> String {
    if let Some(element) = wanted.strip_prefix("[]") {
        return format!("[]{}", go_type(element));
    }
    match wanted {
        "string" | "bool" | "int32" | "int64" => wanted.to_owned(),
        "{string}" => "map[string]string".to_owned(),
        _ => format!("v1.{}", wanted.trim_start_matches('=')),
    }
}

/// A number that Go writes without a point.
fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let number = number.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15)?;
        Some(number as i64)
    })
}

/// A quantity is read from the text of whatever stands there.
fn quantity_complaint(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    expr::numbers::Quantity::parse(&text).err()
}

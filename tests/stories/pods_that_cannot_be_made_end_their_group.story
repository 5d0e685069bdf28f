# EX-028, EX-115, EX-134, EX-166, EX-385, EX-388: a pod that cannot be made for its patch, its time or its name is an error at once: its
# group ends before the next step is made.
manifest: |
  templates:
  - name: main
    dag:
      tasks:
      - {name: patch, template: by-patch}
      - {name: shape, template: by-shape}
      - {name: time, template: by-time}
      - {name: timeout, template: by-timeout}
      - {name: name, template: by-name}
      - {name: set, template: set}
  - {name: by-patch, steps: [[{name: a, template: unread, arguments: {parameters: [{name: p, value: "a: ["}]}}, {name: b, template: ok}]]}
  - {name: by-shape, steps: [[{name: a, template: patched, arguments: {parameters: [{name: p, value: "[1]"}]}}, {name: b, template: ok}]]}
  - {name: by-time, steps: [[{name: a, template: timed, arguments: {parameters: [{name: p, value: soon}]}}, {name: b, template: ok}]]}
  - {name: by-timeout, steps: [[{name: a, template: timeout, arguments: {parameters: [{name: p, value: soon}]}}, {name: b, template: ok}]]}
  - {name: by-name, steps: [[{name: a, template: Big}, {name: b, template: ok}]]}
  - name: unread
    inputs: {parameters: [{name: p}]}
    podSpecPatch: "{{inputs.parameters.p}}"
    container: {image: any}
  - name: patched
    inputs: {parameters: [{name: p}]}
    podSpecPatch: "containers: {{inputs.parameters.p}}"
    container: {image: any}
  - name: timed
    inputs: {parameters: [{name: p}]}
    activeDeadlineSeconds: "{{inputs.parameters.p}}"
    container: {image: any}
  - name: timeout
    inputs: {parameters: [{name: p}]}
    timeout: "{{inputs.parameters.p}}"
    container: {image: any}
  - {name: Big, container: {image: any}}
  - name: set
    podSpecPatch: "containers: 7"
    containerSet: {containers: [{name: main, image: any}]}
---
00:00  begin  -> workflow Failed
---
workflow           Failed
demo.name          Steps      Failed  step group deemed errored due to child demo.name[0].a error: Pod "demo-Big-2844030686" is invalid: metadata.name: Invalid value: "demo-Big-2844030686": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
demo.name[0].a     Pod        Error   Pod "demo-Big-2844030686" is invalid: metadata.name: Invalid value: "demo-Big-2844030686": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
demo.patch[0]      StepGroup  Error   step group deemed errored due to child demo.patch[0].a error: Error applying PodSpecPatch: Failed to convert the PodSpecPatch yaml to json: yaml: line 1: unclosed bracket '[' | children: demo.patch[0].a
demo.patch[0].a    Pod        Error   Error applying PodSpecPatch: Failed to convert the PodSpecPatch yaml to json: yaml: line 1: unclosed bracket '['
demo.shape[0].a    Pod        Error   Error applying PodSpecPatch: invalid podSpecPatch "containers: [1]": json: cannot unmarshal number into Go struct field PodSpec.containers of type v1.Container
demo.shape[0]      StepGroup  Error   step group deemed errored due to child demo.shape[0].a error: Error applying PodSpecPatch: invalid podSpecPatch "containers: [1]": json: cannot unmarshal number into Go struct field PodSpec.containers of type v1.Container | children: demo.shape[0].a
demo.time[0]       StepGroup  Error   step group deemed errored due to child demo.time[0].a error: value 'soon' cannot be resolved to an int | children: demo.time[0].a
demo.timeout[0]    StepGroup  Error   step group deemed errored due to child demo.timeout[0].a error: unable to parse soon as a duration: time: invalid duration "soon" | children: demo.timeout[0].a
demo.set           Pod        Error   task 'demo.set' errored: Error applying PodSpecPatch: invalid podSpecPatch "containers: 7": json: cannot unmarshal number into Go struct field PodSpec.containers of type []v1.Container
...

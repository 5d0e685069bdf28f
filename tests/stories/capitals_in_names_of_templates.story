# EX-028, EX-027: a pod whose name is none is never made; constructs, calls, the root's pod and names of version 1 may have capitals.
manifest: |
  entrypoint: Main
  templates:
  - name: Main
    dag: {tasks: [{name: a, template: Big}, {name: b, template: Call}, {name: c, template: Steps}]}
  - name: Big
    container: {image: any}
  - name: Call
    http: {url: "print=hello"}
  - name: Steps
    steps: [[{name: small, template: small}]]
  - name: small
    container: {image: any}
---
---
demo             DAG        Error
demo.a           Pod        Error      task 'demo.a' errored: Pod "demo-Big-1280837131" is invalid: metadata.name: Invalid value: "demo-Big-1280837131": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
demo.b           HTTP       Succeeded
demo.c           Steps      Succeeded
...

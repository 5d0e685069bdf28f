# EX-028, EX-251: a step's exit hook in capitals, as workflows of version 3 have them, ends in Error and breaks no group.
manifest: |
  entrypoint: main
  templates:
  - name: main
    steps: [[{name: a, template: ok, onExit: Tell}], [{name: b, template: ok, onExit: Retell}]]
  - {name: ok, container: {image: any}}
  - {name: Tell, container: {image: any}}
  - {name: Retell, retryStrategy: {limit: 0}, container: {image: any}}
---
---
workflow  Succeeded
demo                 Steps      Succeeded
demo[0]              StepGroup  Succeeded
demo[0].a            Pod        Succeeded
demo[0].a.onExit     Pod        Error      Pod "demo-Tell-391034752" is invalid: metadata.name: Invalid value: "demo-Tell-391034752": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
demo[1]              StepGroup  Succeeded
demo[1].b            Pod        Succeeded
demo[1].b.onExit     Retry      Error      Pod "demo-Retell-3949128315" is invalid: metadata.name: Invalid value: "demo-Retell-3949128315": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')
demo[1].b.onExit(0)  Pod        Error      Pod "demo-Retell-3949128315" is invalid: metadata.name: Invalid value: "demo-Retell-3949128315": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')

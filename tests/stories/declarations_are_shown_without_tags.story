# TP-047, TP-048, PA-031: tags are replaced in all of a template before it is entered, so in what a node shows of its
# inputs and outputs too: defaults, descriptions, choices. What only an attempt knows stays a tag in its wrapper.
manifest: |
  arguments: {parameters: [{name: g, value: a}]}
  templates:
  - name: main
    steps: [[{name: a, template: e, arguments: {parameters: [{name: m, value: mm}]}}]]
  - name: e
    retryStrategy: {limit: 1}
    inputs:
      parameters:
      - {name: m}
      - {name: k, default: "d-{{inputs.parameters.m}}-{{retries}}"}
      - {name: h, default: "{{workflow.parameters.g}}x", description: "of {{workflow.name}}", enum: ["{{workflow.parameters.g}}x"]}
    container: {image: cast, args: ["{{inputs.parameters.k}}"]}
    outputs:
      parameters:
      - {name: p, description: "by {{inputs.parameters.h}}", valueFrom: {path: "/{{inputs.parameters.m}}", default: "q-{{inputs.parameters.m}}"}}
---
00:00  begin                       -> start demo[0].a(0)
00:01  demo[0].a(0) exits 0 (p.p=v)  -> workflow Succeeded
---
demo[0].a     Retry  Succeeded | inputs in full: [{"name":"m","value":"mm"},{"name":"k","default":"d-mm-{{retries}}","value":"d-mm-{{retries}}"},{"name":"h","default":"ax","value":"ax","enum":["ax"],"description":"of demo"}]
demo[0].a(0)  Pod    Succeeded | inputs in full: [{"name":"m","value":"mm"},{"name":"k","default":"d-mm-0","value":"d-mm-0"},{"name":"h","default":"ax","value":"ax","enum":["ax"],"description":"of demo"}] | outputs in full: [{"name":"p","value":"v","valueFrom":{"path":"/mm","default":"q-mm"},"description":"by ax"}]
...

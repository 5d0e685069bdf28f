# PA-207, PA-231, PA-027: a key is a text like any other.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: t, arguments: {parameters: [{name: x, value: one}]}}]]
  - name: t
    inputs: {parameters: [{name: x}], artifacts: [{name: i, path: /i, s3: {key: "{{workflow.name}}/{{inputs.parameters.x}}/{{none}}"}}]}
    container: {image: any}
---
00:00  begin -> start demo[0].a
---
demo[0].a  Pod  Pending | artifacts: i demo/one/{{none}}
...

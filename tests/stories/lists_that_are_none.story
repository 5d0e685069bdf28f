# EX-193, EX-134: a text that is no list makes the group Error.
manifest: |
  templates:
  - name: main
    steps: [[{name: a, template: ok, withParam: "7"}]]
---
---
demo[0]  StepGroup  Error  withParam value could not be parsed as a JSON list: 7: json: cannot unmarshal number into Go value of type []v1alpha1.Item
...

# PA-029, EX-061, EX-726: a default is not enough.
manifest: |
  arguments: {parameters: [{name: p, default: x}]}
  templates: [{name: main, container: {image: cast}}]
---
00:00  begin -> workflow Failed
---
workflow  Failed  failed to set global parameters: either value or valueFrom must be specified in order to set global parameter p

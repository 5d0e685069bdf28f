# EX-007: the workflow says why the entrypoint's attempt could not be made, and the root node that it was not the step.
manifest: |
  templates:
  - name: main
    retryStrategy: {limit: 3}
    container: {image: cast, args: ['{{=nope ?? "d"}}']}
---
00:00  begin -> workflow Error, demo Error "Workflow operation error"

# EX-716, EX-071: the main part succeeded, the exit handler did not.
manifest: |
  onExit: fail
  templates: [{name: main, container: {image: any}}]
---
---
workflow     Failed  main: Error (exit code 1)
demo         Pod  Succeeded | children:
demo.onExit  Pod  Failed  main: Error (exit code 1) | flags: hooked | display: demo.onExit

# EX-071, EX-253: the workflow's failure stays, and the handler can read it.
manifest: |
  onExit: bye
  templates:
  - {name: main, container: {image: any, args: [exit=3]}}
  - {name: bye, container: {image: any, args: ["error={{workflow.status}}"]}}
---
---
workflow     Failed  main: Error (exit code 3)
demo         Pod  Failed  main: Error (exit code 3)
demo.onExit  Pod  Error   Failed

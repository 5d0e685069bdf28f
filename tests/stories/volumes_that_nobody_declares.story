# EX-115, EX-134, EX-166, EX-387: a pod that mounts what nobody declares is an error at once: its group ends before the next step is made.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: s, template: group}, {name: t, template: lost}, {name: p, template: patched}]}
  - name: group
    steps: [[{name: a, template: lost}, {name: b, template: ok}]]
  - name: lost
    volumes: [{name: w, emptyDir: {}}]
    container: {image: any, volumeMounts: [{name: w, mountPath: /w}, {name: v, mountPath: /v}]}
  - name: patched
    podSpecPatch: "volumes: [{name: v, emptyDir: {}}]"
    container: {image: any, volumeMounts: [{name: v, mountPath: /v}]}
---
00:00  begin           -> start demo.p, demo.s[0] Error, demo.t Error
00:01  demo.p exits 0  -> workflow Failed
---
workflow     Failed
demo         DAG        Failed
demo.s       Steps      Failed  step group deemed errored due to child demo.s[0].a error: volume 'v' not found in workflow spec
demo.s[0]    StepGroup  Error   step group deemed errored due to child demo.s[0].a error: volume 'v' not found in workflow spec | children: demo.s[0].a
demo.s[0].a  Pod        Error   volume 'v' not found in workflow spec
demo.t       Pod        Error   task 'demo.t' errored: volume 'v' not found in workflow spec
demo.p       Pod        Succeeded
...

# OB-070, PA-280, PA-281, PA-282, PA-284, PA-132, PA-133, PA-285, OB-141, OB-161, OB-166: what is to go with the end of the workflow goes, of pods only.
manifest: |
  artifactGC: {strategy: OnWorkflowDeletion}
  templates:
  - name: main
    steps:
    - [{name: a, template: make}, {name: b, inline: {container: {image: any}, outputs: {artifacts: [{name: o, path: /o, artifactGC: {strategy: OnWorkflowCompletion}}]}}}]
    outputs: {artifacts: [{name: all, from: "{{steps.a.outputs.artifacts.soon}}"}]}
  - name: make
    container: {image: any}
    outputs:
      artifacts:
      - {name: soon, path: /soon, artifactGC: {strategy: OnWorkflowCompletion}}
      - {name: later, path: /later}
      - {name: never, path: /never, artifactGC: {strategy: Never}}
---
00:00  begin                                                            -> start demo[0].a, start demo[0].b
00:01  demo[0].a exits 0 (a.soon=k/soon; a.later=k/later; a.never=k/never)  -> workflow Running
00:02  demo[0].b exits 0 (a.o=k/o)                                      -> workflow Succeeded
---
workflow   Succeeded | gc: done | conditions: PodRunning=False; Completed=True
demo       Steps  Succeeded | outputs: artifact all
demo[0].a  Pod  Succeeded | outputs: artifact soon (deleted); artifact later; artifact never
demo[0].b  Pod  Succeeded | outputs: artifact o (deleted)
...

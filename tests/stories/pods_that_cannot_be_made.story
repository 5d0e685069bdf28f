# EX-115, EX-134, EX-166, EX-387: an error of the template that is found when its pod is made is returned to whoever entered it.
manifest: |
  templates:
  - name: main
    dag: {tasks: [{name: s, template: group}, {name: t, template: ok}, {name: c, template: forgiving}, {name: r, template: tried}]}
  - name: group
    steps: [[{name: a, template: ok}, {name: b, template: ok}], [{name: never, template: ok}]]
  - name: forgiving
    steps: [[{name: a, template: ok, continueOn: {failed: true, error: true}}], [{name: never, template: ok}]]
  - name: tried
    retryStrategy: {limit: 3}
    container: {image: cast}
---
00:00  begin -> start demo.r(0), start demo.t, start demo.c[0].a, start demo.s[0].a, start demo.s[0].b
00:01  demo.s[0].b is unmade volume 'v' not found in workflow spec -> nothing
00:02  demo.s[0].a exits 0 -> demo.s[0] Error, demo.s Failed
00:03  demo.t is unmade volume 'v' not found in workflow spec -> demo.t Error
00:04  demo.c[0].a is unmade volume 'v' not found in workflow spec -> demo.c[0] Error, demo.c Failed
00:05  demo.r(0) is unmade volume 'v' not found in workflow spec -> demo.r Error, workflow Failed
---
demo.s       Steps      Failed  step group deemed errored due to child demo.s[0].b error: volume 'v' not found in workflow spec
demo.s[0]    StepGroup  Error   step group deemed errored due to child demo.s[0].b error: volume 'v' not found in workflow spec
demo.s[0].b  Pod        Error   volume 'v' not found in workflow spec
demo.t       Pod        Error   task 'demo.t' errored: volume 'v' not found in workflow spec
demo.c[0]    StepGroup  Error   step group deemed errored due to child demo.c[0].a error: volume 'v' not found in workflow spec
demo.r       Retry      Error   task 'demo.r' errored: volume 'v' not found in workflow spec
demo.r(0)    Pod        Error   volume 'v' not found in workflow spec
...

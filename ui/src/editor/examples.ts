// Beginnings that work without anything else, for servers that bring none.

const HELLO = `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  generateName: hello-
spec:
  entrypoint: main
  arguments:
    parameters:
      - name: who
        value: world
  templates:
    - name: main
      container:
        image: busybox
        command: [echo]
        args: ["hello {{workflow.parameters.who}}"]
`;

const DAG = `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  generateName: diamond-
spec:
  entrypoint: main
  templates:
    - name: main
      dag:
        tasks:
          - name: fetch
            template: work
          - name: left
            template: work
            dependencies: [fetch]
          - name: right
            template: work
            dependencies: [fetch]
            withItems: [one, two, three]
          - name: join
            template: work
            dependencies: [left, right]
    - name: work
      container:
        image: busybox
        command: [sh, -c]
        args: ["echo {{node.name}}; sleep 1"]
`;

const CRON = `apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata:
  name: every-morning
spec:
  schedules: ["0 7 * * *"]
  timezone: Europe/Berlin
  concurrencyPolicy: Forbid
  workflowSpec:
    entrypoint: main
    templates:
      - name: main
        container:
          image: busybox
          command: [date]
`;

const TEMPLATE = `apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata:
  name: greeter
spec:
  entrypoint: main
  arguments:
    parameters:
      - name: who
        description: Who is greeted
        value: world
      - name: tone
        enum: [friendly, formal]
        value: friendly
  templates:
    - name: main
      container:
        image: busybox
        command: [echo]
        args: ["{{workflow.parameters.tone}}: hello {{workflow.parameters.who}}"]
`;

const APPROVAL = `apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata:
  generateName: approval-
spec:
  entrypoint: main
  templates:
    - name: main
      steps:
        - - name: prepare
            template: say
        - - name: approve
            template: ask
        - - name: release
            template: say
    - name: say
      container:
        image: busybox
        command: [echo, done]
    - name: ask
      suspend: {}
`;

const WEBHOOK = `# What comes in at /api/v1/events/default/push begins a run.
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata:
  name: on-push
spec:
  entrypoint: main
  arguments:
    parameters:
      - name: ref
  templates:
    - name: main
      inputs:
        parameters:
          - name: ref
      container:
        image: busybox
        command: [echo]
        args: ["building {{inputs.parameters.ref}}"]
---
apiVersion: argoproj.io/v1alpha1
kind: WorkflowEventBinding
metadata:
  name: on-push
spec:
  event:
    selector: discriminator == "push" && payload.ref != ""
  submit:
    workflowTemplateRef:
      name: on-push
    arguments:
      parameters:
        - name: ref
          valueFrom:
            event: payload.ref
`;

export const EXAMPLES: { name: string; title?: string; text: string }[] = [
  { name: 'hello', title: 'Hello', text: HELLO },
  { name: 'dag', title: 'Steps that depend on each other', text: DAG },
  { name: 'approval', title: 'A step that waits for a person', text: APPROVAL },
  { name: 'template-library', title: 'A pipeline with parameters', text: TEMPLATE },
  { name: 'cron', title: 'A schedule', text: CRON },
  { name: 'webhook', title: 'A run for what comes in from outside', text: WEBHOOK },
];

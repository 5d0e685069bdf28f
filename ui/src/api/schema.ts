// Made by schema.mjs from the description of the interface; do not edit.

export interface Approval {
  namespace: string;
  run: string;
  node: string;
  nodeName: string;
  since: string;
  message?: string;
  parameters: Question[];
}

export interface ApprovalPage {
  items: Approval[];
}

export interface Delivery {
  id: string;
  at: string;
  namespace: string;
  discriminator: string;
  sender: string;
  status: 'received' | 'matched' | 'unmatched' | 'failed';
  results: DeliveryResult[];
  reason?: string;
  replayOf?: string;
  headers?: Record<string, string>;
  payload?: unknown;
}

export interface DeliveryPage {
  items: Delivery[];
  next?: string;
}

export interface DeliveryResult {
  binding: string;
  matched: boolean;
  failed?: boolean;
  reason?: string;
  run?: string;
}

export interface Diagnostic {
  severity: 'error' | 'warning';
  code: string;
  line: number;
  column: number;
  endLine?: number;
  endColumn?: number;
  path: string;
  message: string;
  help?: string;
  fix?: Fix;
}

export interface DiffLine {
  change: 'same' | 'removed' | 'added';
  text: string;
}

export interface Example {
  name: string;
  title: string;
  text: string;
}

export interface ExamplePage {
  items: Example[];
}

export interface Findings {
  diagnostics: Diagnostic[];
  objects: unknown[];
}

export interface Firing {
  at: string;
  outcome: 'run' | 'skipped' | 'missed' | 'failed';
  run?: string;
  reason?: string;
  onPurpose: boolean;
}

export interface Fix {
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
  text: string;
}

export interface JournalEntry {
  position: number;
  at: string;
  event: string;
  node?: string;
  nodeName?: string;
  text: string;
  data: unknown;
}

export interface JournalPage {
  items: JournalEntry[];
  next?: number;
}

export interface Lock {
  key: string;
  kind: 'mutex' | 'semaphore';
  limit: number;
  holders: LockHolder[];
  waiters: LockHolder[];
}

export interface LockHolder {
  namespace: string;
  run?: string;
  uid?: string;
  node?: string;
  step?: string;
  since?: string;
}

export interface LockPage {
  items: Lock[];
}

export interface LogHit {
  line: number;
}

export interface LogHits {
  items: LogHit[];
  more: boolean;
}

export interface LogLine {
  line: number;
  node: string;
  text: string;
  at?: string;
  stream?: string;
}

export interface LogRange {
  items: LogLine[];
  lines: number;
  open: boolean;
}

export interface NamePage {
  items: string[];
}

export interface Outline {
  workflow: string;
  namespace: string;
  parameters: unknown;
  tree: PlanBranch;
  hooks?: PlanBranch[];
  steps?: number;
  needs: unknown;
  cut?: boolean;
}

export interface Pipeline {
  kind: 'WorkflowTemplate' | 'ClusterWorkflowTemplate' | 'CronWorkflow';
  namespace: string;
  name: string;
  title?: string;
  folder: string;
  runs: RunRow[];
  running: number;
  successRate?: number;
  medianSeconds?: number;
  medianBefore?: number;
  schedules?: string[];
  timezone?: string;
  suspended?: boolean;
  nextAt?: string;
}

export interface PipelineName {
  kind: 'WorkflowTemplate' | 'ClusterWorkflowTemplate' | 'CronWorkflow';
  name: string;
}

export interface PipelinePage {
  items: Pipeline[];
}

export interface PlanBranch {
  name: string;
  template: string;
  kind: string;
  image?: string;
  group?: number;
  after?: string[];
  depends?: string;
  when?: string;
  loop?: PlanLoop;
  retry?: string;
  suspends?: string;
  daemon?: boolean;
  memoized?: boolean;
  locks?: string[];
  note?: string;
  hooks?: PlanBranch[];
  children?: PlanBranch[];
}

export interface PlanLoop {
  count?: number;
  over: string;
}

export interface Planned {
  kind: string;
  name: string;
  parameters: Question[];
  outline?: Outline;
  problem?: string;
}

export interface PlannedPage {
  items: Planned[];
}

export interface Question {
  name: string;
  value?: unknown;
  default?: unknown;
  description?: string;
  enum?: unknown[];
  valueFrom?: unknown;
}

export interface RunPage {
  items: RunRow[];
  next?: string;
  total?: number;
  phases?: Record<string, number>;
  position: string;
}

export interface RunRow {
  namespace: string;
  name: string;
  uid: string;
  phase: '' | 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Error' | 'Skipped' | 'Omitted' | 'Daemoned';
  message: string;
  progress: string;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  archived: boolean;
  suspended: boolean;
  waiting: boolean;
  pipeline?: PipelineName;
  by?: string;
  labels: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface Schedule {
  namespace: string;
  name: string;
  uid: string;
  schedules: string[];
  timezone: string;
  suspended: boolean;
  stopped: boolean;
  active: string[];
  succeeded: number;
  failed: number;
  next: string[];
  recent: Firing[];
  missed: Firing[];
  last?: string;
  specError?: string;
  submissionError?: string;
}

export interface SchedulePage {
  items: Schedule[];
}

export interface Stage {
  node: string;
  waitedMs: number;
  startingMs: number;
}

export interface StagePage {
  items: Stage[];
}

export interface StepCell {
  run: string;
  phase: '' | 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Error' | 'Skipped' | 'Omitted' | 'Daemoned';
  node: string;
  seconds?: number;
}

export interface StepGrid {
  runs: RunRow[];
  steps: StepRow[];
}

export interface StepRow {
  name: string;
  cells: StepCell[];
}

export interface TemplateDiff {
  from: number;
  to: number;
  lines: DiffLine[];
}

export interface TemplateVersion {
  version: number;
  at: string;
  by?: string;
  text: string;
}

export interface TemplateVersionPage {
  items: TemplateVersion[];
}

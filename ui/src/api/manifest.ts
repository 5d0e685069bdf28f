// Made by schema.mjs from the description of the interface; do not edit.

export interface AWSVolume {
  volumeID?: string;
  fsType?: string;
  partition?: number;
  readOnly?: boolean;
}

export interface ActiveWorkflow {
  name?: string;
  namespace?: string;
  uid?: string;
  kind?: string;
  apiVersion?: string;
  resourceVersion?: string;
}

export interface Affinity {
  nodeAffinity?: NodeAffinity;
  podAffinity?: PodAffinity;
  podAntiAffinity?: PodAffinity;
}

export interface ArchiveLocation {
  s3?: S3Artifact;
  git?: GitArtifact;
  http?: HTTPArtifact;
  artifactory?: ArtifactoryArtifact;
  hdfs?: HDFSArtifact;
  raw?: RawArtifact;
  oss?: OSSArtifact;
  gcs?: GCSArtifact;
  azure?: AzureArtifact;
  plugin?: PluginArtifact;
  archiveLogs?: boolean;
}

export interface ArchiveStrategy {
  none?: Nothing;
  tar?: TarStrategy;
  zip?: Nothing;
}

export interface Arguments {
  parameters?: Parameter[];
  artifacts?: Artifact[];
}

export interface Artifact {
  s3?: S3Artifact;
  git?: GitArtifact;
  http?: HTTPArtifact;
  artifactory?: ArtifactoryArtifact;
  hdfs?: HDFSArtifact;
  raw?: RawArtifact;
  oss?: OSSArtifact;
  gcs?: GCSArtifact;
  azure?: AzureArtifact;
  plugin?: PluginArtifact;
  archiveLogs?: boolean;
  name: string;
  path?: string;
  mode?: number;
  from?: string;
  fromExpression?: string;
  globalName?: string;
  archive?: ArchiveStrategy;
  optional?: boolean;
  subPath?: string;
  recurseMode?: boolean;
  artifactGC?: ArtifactGC;
  deleted?: boolean;
}

export interface ArtifactGC {
  strategy?: string;
  podMetadata?: Metadata;
  serviceAccountName?: string;
}

export interface ArtifactGCStatus {
  strategiesProcessed?: Record<string, boolean>;
  podsRecouped?: Record<string, boolean>;
  notSpecified?: boolean;
}

export interface ArtifactRepositoryRef {
  configMap?: string;
  key?: string;
}

export interface ArtifactoryArtifact {
  url?: string;
  usernameSecret?: SecretKeySelector;
  passwordSecret?: SecretKeySelector;
}

export interface AzureArtifact {
  endpoint?: string;
  container?: string;
  accountKeySecret?: SecretKeySelector;
  useSDKCreds?: boolean;
  blob?: string;
}

export interface AzureDiskVolume {
  diskName?: string;
  diskURI?: string;
  cachingMode?: string;
  fsType?: string;
  readOnly?: boolean;
  kind?: string;
}

export interface AzureFileVolume {
  secretName?: string;
  shareName?: string;
  readOnly?: boolean;
}

export interface Backoff {
  duration?: string;
  factor?: unknown;
  maxDuration?: string;
  cap?: string;
}

export interface BasicAuth {
  usernameSecret?: SecretKeySelector;
  passwordSecret?: SecretKeySelector;
}

export interface CSIVolume {
  driver: string;
  readOnly?: boolean;
  fsType?: string;
  volumeAttributes?: Record<string, string>;
  nodePublishSecretRef?: LocalObjectReference;
}

export interface Cache {
  configMap: ConfigMapKeySelectorOfCache;
}

export interface Capabilities {
  add?: string[];
  drop?: string[];
}

export interface CephFSVolume {
  monitors?: string[];
  path?: string;
  user?: string;
  secretFile?: string;
  secretRef?: LocalObjectReference;
  readOnly?: boolean;
}

export interface CinderVolume {
  volumeID?: string;
  fsType?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
}

export interface ClaimVolume {
  claimName: string;
  readOnly?: boolean;
}

export interface ClientCertAuth {
  clientCertSecret?: SecretKeySelector;
  clientKeySecret?: SecretKeySelector;
}

export interface ClusterTrustBundleProjection {
  name?: string;
  signerName?: string;
  labelSelector?: LabelSelector;
  optional?: boolean;
  path: string;
}

export interface ClusterWorkflowTemplate {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: WorkflowSpec;
}

export interface ConfigMapKeySelector {
  name?: string;
  key: string;
  optional?: boolean;
}

export interface ConfigMapKeySelectorOfCache {
  name?: string;
  key?: string;
  optional?: boolean;
}

export interface ConfigMapVolume {
  name?: string;
  items?: KeyToPath[];
  defaultMode?: number;
  optional?: boolean;
}

export interface Container {
  name?: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  ports?: ContainerPort[];
  envFrom?: EnvFromSource[];
  env?: EnvVar[];
  resources?: ResourceRequirements;
  resizePolicy?: ContainerResizePolicy[];
  restartPolicy?: string;
  restartPolicyRules?: ContainerRestartRule[];
  volumeMounts?: VolumeMount[];
  volumeDevices?: VolumeDevice[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
  lifecycle?: Lifecycle;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  imagePullPolicy?: string;
  securityContext?: SecurityContext;
  stdin?: boolean;
  stdinOnce?: boolean;
  tty?: boolean;
}

export interface ContainerNode {
  name?: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  ports?: ContainerPort[];
  envFrom?: EnvFromSource[];
  env?: EnvVar[];
  resources?: ResourceRequirements;
  resizePolicy?: ContainerResizePolicy[];
  restartPolicy?: string;
  restartPolicyRules?: ContainerRestartRule[];
  volumeMounts?: VolumeMount[];
  volumeDevices?: VolumeDevice[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
  lifecycle?: Lifecycle;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  imagePullPolicy?: string;
  securityContext?: SecurityContext;
  stdin?: boolean;
  stdinOnce?: boolean;
  tty?: boolean;
  dependencies?: string[];
}

export interface ContainerPort {
  name?: string;
  hostPort?: number;
  containerPort: number;
  protocol?: string;
  hostIP?: string;
}

export interface ContainerResizePolicy {
  resourceName?: string;
  restartPolicy?: string;
}

export interface ContainerRestartRule {
  action?: string;
  exitCodes?: ContainerRestartRuleOnExitCodes;
}

export interface ContainerRestartRuleOnExitCodes {
  operator?: string;
  values?: number[];
}

export interface ContainerSetRetryStrategy {
  duration?: string;
  retries?: unknown;
}

export interface ContainerSetTemplate {
  containers: ContainerNode[];
  volumeMounts?: VolumeMount[];
  retryStrategy?: ContainerSetRetryStrategy;
}

export interface ContinueOn {
  error?: boolean;
  failed?: boolean;
}

export interface Counter {
  value: string;
}

export interface CreateS3BucketOptions {
  objectLocking?: boolean;
}

export interface CronWorkflow {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: CronWorkflowSpec;
  status?: CronWorkflowStatus;
}

export interface CronWorkflowSpec {
  workflowSpec: WorkflowSpec;
  schedules?: string[];
  schedule?: string;
  concurrencyPolicy?: string;
  suspend?: boolean;
  startingDeadlineSeconds?: number;
  successfulJobsHistoryLimit?: number;
  failedJobsHistoryLimit?: number;
  timezone?: string;
  workflowMetadata?: ObjectMeta;
  stopStrategy?: StopStrategy;
  when?: string;
}

export interface CronWorkflowStatus {
  active?: ActiveWorkflow[];
  lastScheduledTime?: string;
  conditions?: StatusCondition[];
  succeeded?: number;
  failed?: number;
  phase?: string;
}

export interface DAGTask {
  name: string;
  template?: string;
  templateRef?: TemplateRef;
  inline?: Template;
  arguments?: Arguments;
  dependencies?: string[];
  depends?: string;
  withItems?: unknown[];
  withParam?: string;
  withSequence?: Sequence;
  when?: string;
  continueOn?: ContinueOn;
  onExit?: string;
  hooks?: Record<string, LifecycleHook>;
}

export interface DAGTemplate {
  target?: string;
  tasks: DAGTask[];
  failFast?: boolean;
}

export interface Data {
  source: DataSource;
  transformation: TransformationStep[];
}

export interface DataSource {
  artifactPaths?: Artifact;
}

export interface DownwardAPIFile {
  path: string;
  fieldRef?: ObjectFieldSelector;
  resourceFieldRef?: ResourceFieldSelector;
  mode?: number;
}

export interface DownwardAPIProjection {
  items?: DownwardAPIFile[];
}

export interface DownwardAPIVolume {
  items?: DownwardAPIFile[];
  defaultMode?: number;
}

export interface EmptyDirVolume {
  medium?: string;
  sizeLimit?: unknown;
}

export interface EnvFromSource {
  prefix?: string;
  configMapRef?: OptionalReference;
  secretRef?: OptionalReference;
}

export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: EnvVarSource;
}

export interface EnvVarSource {
  fieldRef?: ObjectFieldSelector;
  resourceFieldRef?: ResourceFieldSelector;
  configMapKeyRef?: ConfigMapKeySelector;
  secretKeyRef?: SecretKeySelector;
  fileKeyRef?: FileKeySelector;
}

export interface EphemeralVolume {
  volumeClaimTemplate?: PersistentVolumeClaim;
}

export interface ExecAction {
  command?: string[];
}

export interface ExecutorConfig {
  serviceAccountName?: string;
}

export interface ExecutorPlugin {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: PluginSpec;
}

export interface FCVolume {
  targetWWNs?: string[];
  lun?: number;
  fsType?: string;
  readOnly?: boolean;
  wwids?: string[];
}

export interface FileKeySelector {
  volumeName?: string;
  path?: string;
  key?: string;
  optional?: boolean;
}

export interface FlexVolume {
  driver?: string;
  fsType?: string;
  secretRef?: LocalObjectReference;
  readOnly?: boolean;
  options?: Record<string, string>;
}

export interface FlockerVolume {
  datasetName?: string;
  datasetUUID?: string;
}

export interface GCEVolume {
  pdName?: string;
  fsType?: string;
  partition?: number;
  readOnly?: boolean;
}

export interface GCSArtifact {
  bucket?: string;
  serviceAccountKeySecret?: SecretKeySelector;
  key?: string;
}

export interface GRPCAction {
  port: number;
  service?: string;
}

export interface Gauge {
  value: string;
  realtime?: boolean;
  operation?: string;
}

export interface GitArtifact {
  repo?: string;
  revision?: string;
  depth?: number;
  fetch?: string[];
  usernameSecret?: SecretKeySelector;
  passwordSecret?: SecretKeySelector;
  sshPrivateKeySecret?: SecretKeySelector;
  insecureIgnoreHostKey?: boolean;
  insecureSkipTLS?: boolean;
  disableSubmodules?: boolean;
  singleBranch?: boolean;
  branch?: string;
}

export interface GitRepoVolume {
  repository?: string;
  revision?: string;
  directory?: string;
}

export interface GlusterfsVolume {
  endpoints?: string;
  path?: string;
  readOnly?: boolean;
}

export interface HDFSArtifact {
  addresses?: string[];
  path?: string;
  force?: boolean;
  hdfsUser?: string;
  dataTransferProtection?: string;
  krbCCacheSecret?: SecretKeySelector;
  krbKeytabSecret?: SecretKeySelector;
  krbUsername?: string;
  krbRealm?: string;
  krbConfigConfigMap?: ConfigMapKeySelector;
  krbServicePrincipalName?: string;
}

export interface HTTP {
  method?: string;
  url: string;
  headers?: HTTPHeader[];
  timeoutSeconds?: number;
  successCondition?: string;
  body?: string;
  bodyFrom?: HTTPBodySource;
  insecureSkipVerify?: boolean;
}

export interface HTTPArtifact {
  url?: string;
  headers?: HTTPArtifactHeader[];
  auth?: HTTPAuth;
  saveStreamViaFile?: boolean;
}

export interface HTTPArtifactHeader {
  name?: string;
  value?: string;
}

export interface HTTPAuth {
  clientCert?: ClientCertAuth;
  oauth2?: OAuth2Auth;
  basicAuth?: BasicAuth;
}

export interface HTTPBodySource {
  bytes?: string;
}

export interface HTTPGetAction {
  path?: string;
  port: unknown;
  host?: string;
  scheme?: string;
  httpHeaders?: NameValue[];
}

export interface HTTPHeader {
  name: string;
  value?: string;
  valueFrom?: HTTPHeaderSource;
}

export interface HTTPHeaderSource {
  secretKeyRef?: SecretKeySelector;
}

export interface Histogram {
  value: string;
  buckets: number[];
}

export interface HostAlias {
  ip?: string;
  hostnames?: string[];
}

export interface HostPathVolume {
  path: string;
  type?: string;
}

export interface ISCSIVolume {
  targetPortal?: string;
  iqn?: string;
  lun?: number;
  iscsiInterface?: string;
  fsType?: string;
  readOnly?: boolean;
  portals?: string[];
  chapAuthDiscovery?: boolean;
  chapAuthSession?: boolean;
  secretRef?: LocalObjectReference;
  initiatorName?: string;
}

export interface ImageVolume {
  reference?: string;
  pullPolicy?: string;
}

export interface Inputs {
  parameters?: Parameter[];
  artifacts?: Artifact[];
}

export interface KeyToPath {
  key: string;
  path: string;
  mode?: number;
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  key?: string;
  operator?: string;
  values?: string[];
}

export interface LabelValueFrom {
  expression: string;
}

export interface Lifecycle {
  postStart?: LifecycleHandler;
  preStop?: LifecycleHandler;
  stopSignal?: string;
}

export interface LifecycleHandler {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  tcpSocket?: TCPSocketAction;
  sleep?: SleepAction;
}

export interface LifecycleHook {
  template?: string;
  arguments?: Arguments;
  templateRef?: TemplateRef;
  expression?: string;
}

export interface LocalObjectReference {
  name?: string;
}

export interface LockStatus {
  semaphore?: SemaphoreStatus;
  mutex?: MutexStatus;
}

export interface ManifestFrom {
  artifact: Artifact;
}

export interface MemoizationStatus {
  hit: boolean;
  key: string;
  cacheName: string;
}

export interface Memoize {
  key: string;
  cache: Cache;
  maxAge: string;
}

export interface Metadata {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface MetricLabel {
  key: string;
  value: string;
}

export interface Metrics {
  prometheus: Prometheus[];
}

export interface Mutex {
  name?: string;
  namespace?: string;
  database?: boolean;
}

export interface MutexHolding {
  mutex?: string;
  holder?: string;
}

export interface MutexStatus {
  holding?: MutexHolding[];
  waiting?: MutexHolding[];
}

export interface NFSVolume {
  server: string;
  path: string;
  readOnly?: boolean;
}

export interface NameValue {
  name?: string;
  value?: string;
}

export interface NodeAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[];
}

export interface NodeFlag {
  hooked?: boolean;
  retried?: boolean;
}

export interface NodeLockStatus {
  waiting?: string;
}

export interface NodeSelector {
  nodeSelectorTerms: NodeSelectorTerm[];
}

export interface NodeSelectorTerm {
  matchExpressions?: LabelSelectorRequirement[];
  matchFields?: LabelSelectorRequirement[];
}

export interface NodeStatus {
  id: string;
  name: string;
  displayName?: string;
  type: 'Pod' | 'Container' | 'Steps' | 'StepGroup' | 'DAG' | 'TaskGroup' | 'Retry' | 'Skipped' | 'Suspend' | 'HTTP' | 'Plugin';
  templateName?: string;
  templateRef?: TemplateRef;
  templateScope?: string;
  phase?: '' | 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Error' | 'Skipped' | 'Omitted' | 'Daemoned';
  boundaryID?: string;
  message?: string;
  startedAt?: string;
  finishedAt?: string;
  estimatedDuration?: number;
  progress?: string;
  resourcesDuration?: Record<string, number>;
  podIP?: string;
  daemoned?: boolean;
  nodeFlag?: NodeFlag;
  inputs?: Inputs;
  outputs?: Outputs;
  children?: string[];
  outboundNodes?: string[];
  hostNodeName?: string;
  memoizationStatus?: MemoizationStatus;
  synchronizationStatus?: NodeLockStatus;
  taskResultSynced?: boolean;
  failedPodRestarts?: number;
  restartingPodUID?: string;
}

export interface Nothing {
}

export interface OAuth2Auth {
  clientIDSecret?: SecretKeySelector;
  clientSecretSecret?: SecretKeySelector;
  tokenURLSecret?: SecretKeySelector;
  scopes?: string[];
  endpointParams?: OAuth2EndpointParam[];
}

export interface OAuth2EndpointParam {
  key?: string;
  value?: string;
}

export interface OSSArtifact {
  endpoint?: string;
  bucket?: string;
  accessKeySecret?: SecretKeySelector;
  secretKeySecret?: SecretKeySelector;
  createBucketIfNotPresent?: boolean;
  securityToken?: string;
  lifecycleRule?: OSSLifecycleRule;
  useSDKCreds?: boolean;
  key?: string;
}

export interface OSSLifecycleRule {
  markInfrequentAccessAfterDays?: number;
  markDeletionAfterDays?: number;
}

export interface ObjectFieldSelector {
  apiVersion?: string;
  fieldPath: string;
}

export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  selfLink?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: unknown[];
}

export interface OptionalReference {
  name?: string;
  optional?: boolean;
}

export interface Outputs {
  parameters?: Parameter[];
  artifacts?: Artifact[];
  result?: string;
  exitCode?: string;
}

export interface OwnerReference {
  apiVersion?: string;
  kind?: string;
  name?: string;
  uid?: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface Parameter {
  name: string;
  value?: unknown;
  default?: unknown;
  valueFrom?: ValueFrom;
  globalName?: string;
  enum?: unknown[];
  description?: unknown;
}

export interface PersistentVolumeClaim {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
  spec?: PersistentVolumeClaimSpec;
  status?: PersistentVolumeClaimStatus;
}

export interface PersistentVolumeClaimSpec {
  accessModes?: string[];
  selector?: LabelSelector;
  resources?: ResourceRequirements;
  volumeName?: string;
  storageClassName?: string;
  volumeMode?: string;
  dataSource?: TypedReference;
  dataSourceRef?: TypedReference;
  volumeAttributesClassName?: string;
}

export interface PersistentVolumeClaimStatus {
  phase?: string;
  accessModes?: string[];
  capacity?: Record<string, unknown>;
  conditions?: unknown[];
  allocatedResources?: Record<string, unknown>;
  allocatedResourceStatuses?: Record<string, string>;
  currentVolumeAttributesClassName?: string;
  modifyVolumeStatus?: unknown;
}

export interface PhotonVolume {
  pdID?: string;
  fsType?: string;
}

export interface PluginArtifact {
  name?: string;
  configuration?: string;
  connectionTimeoutSeconds?: number;
  key?: string;
}

export interface PluginSidecar {
  automountServiceAccountToken?: boolean;
  container: Container;
}

export interface PluginSpec {
  sidecar: PluginSidecar;
}

export interface PodAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
}

export interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  namespaces?: string[];
  topologyKey?: string;
  namespaceSelector?: LabelSelector;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
}

export interface PodCertificateProjection {
  signerName?: string;
  keyType?: string;
  maxExpirationSeconds?: number;
  credentialBundlePath?: string;
  keyPath?: string;
  certificateChainPath?: string;
  userAnnotations?: Record<string, string>;
}

export interface PodDNSConfig {
  nameservers?: string[];
  searches?: string[];
  options?: PodDNSConfigOption[];
}

export interface PodDNSConfigOption {
  name?: string;
  value?: string;
}

export interface PodDisruptionBudgetSpec {
  minAvailable?: unknown;
  selector?: LabelSelector;
  maxUnavailable?: unknown;
  unhealthyPodEvictionPolicy?: string;
}

export interface PodGC {
  strategy?: string;
  labelSelector?: LabelSelector;
  deleteDelayDuration?: string;
}

export interface PodResourceClaim {
  name: string;
  resourceClaimName?: string;
  resourceClaimTemplateName?: string;
}

export interface PodSecurityContext {
  seLinuxOptions?: SELinuxOptions;
  windowsOptions?: WindowsOptions;
  runAsUser?: number;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  supplementalGroups?: number[];
  supplementalGroupsPolicy?: string;
  fsGroup?: number;
  sysctls?: NameValue[];
  fsGroupChangePolicy?: string;
  seccompProfile?: Profile;
  appArmorProfile?: Profile;
  seLinuxChangePolicy?: string;
}

export interface PortworxVolume {
  volumeID?: string;
  fsType?: string;
  readOnly?: boolean;
}

export interface PreferredSchedulingTerm {
  weight?: number;
  preference?: NodeSelectorTerm;
}

export interface Probe {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  tcpSocket?: TCPSocketAction;
  initialDelaySeconds?: number;
  timeoutSeconds?: number;
  periodSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
  terminationGracePeriodSeconds?: number;
  grpc?: GRPCAction;
}

export interface Profile {
  type?: string;
  localhostProfile?: string;
}

export interface ProjectedVolume {
  sources?: VolumeProjection[];
  defaultMode?: number;
}

export interface Prometheus {
  name: string;
  labels?: MetricLabel[];
  help: string;
  when?: string;
  gauge?: Gauge;
  histogram?: Histogram;
  counter?: Counter;
}

export interface QuobyteVolume {
  registry?: string;
  volume?: string;
  readOnly?: boolean;
  user?: string;
  group?: string;
  tenant?: string;
}

export interface RBDVolume {
  monitors?: string[];
  image?: string;
  fsType?: string;
  pool?: string;
  user?: string;
  keyring?: string;
  secretRef?: LocalObjectReference;
  readOnly?: boolean;
}

export interface RawArtifact {
  data?: string;
}

export interface ResourceClaim {
  name: string;
  request?: string;
}

export interface ResourceFieldSelector {
  containerName?: string;
  resource: string;
  divisor?: unknown;
}

export interface ResourceRequirements {
  limits?: Record<string, unknown>;
  requests?: Record<string, unknown>;
  claims?: ResourceClaim[];
}

export interface ResourceTemplate {
  action: string;
  mergeStrategy?: string;
  manifest?: string;
  manifestFrom?: ManifestFrom;
  setOwnerReference?: boolean;
  successCondition?: string;
  failureCondition?: string;
  flags?: string[];
}

export interface RetryAffinity {
  nodeAntiAffinity?: Nothing;
}

export interface RetryStrategy {
  limit?: unknown;
  retryPolicy?: string;
  backoff?: Backoff;
  expression?: string;
  affinity?: RetryAffinity;
}

export interface S3Artifact {
  endpoint?: string;
  bucket?: string;
  region?: string;
  insecure?: boolean;
  accessKeySecret?: SecretKeySelector;
  secretKeySecret?: SecretKeySelector;
  sessionTokenSecret?: SecretKeySelector;
  roleARN?: string;
  useSDKCreds?: boolean;
  createBucketIfNotPresent?: CreateS3BucketOptions;
  encryptionOptions?: S3EncryptionOptions;
  caSecret?: SecretKeySelector;
  addressingStyle?: string;
  key?: string;
}

export interface S3EncryptionOptions {
  kmsKeyId?: string;
  kmsEncryptionContext?: string;
  enableEncryption?: boolean;
  serverSideCustomerKeySecret?: SecretKeySelector;
}

export interface SELinuxOptions {
  user?: string;
  role?: string;
  type?: string;
  level?: string;
}

export interface ScaleIOVolume {
  gateway?: string;
  system?: string;
  secretRef?: LocalObjectReference;
  sslEnabled?: boolean;
  protectionDomain?: string;
  storagePool?: string;
  storageMode?: string;
  volumeName?: string;
  fsType?: string;
  readOnly?: boolean;
}

export interface ScriptTemplate {
  name?: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  ports?: ContainerPort[];
  envFrom?: EnvFromSource[];
  env?: EnvVar[];
  resources?: ResourceRequirements;
  resizePolicy?: ContainerResizePolicy[];
  restartPolicy?: string;
  restartPolicyRules?: ContainerRestartRule[];
  volumeMounts?: VolumeMount[];
  volumeDevices?: VolumeDevice[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
  lifecycle?: Lifecycle;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  imagePullPolicy?: string;
  securityContext?: SecurityContext;
  stdin?: boolean;
  stdinOnce?: boolean;
  tty?: boolean;
  source?: string;
}

export interface SecretKeySelector {
  name?: string;
  key: string;
  optional?: boolean;
}

export interface SecretProjection {
  name?: string;
  items?: KeyToPath[];
  optional?: boolean;
}

export interface SecretVolume {
  secretName?: string;
  items?: KeyToPath[];
  defaultMode?: number;
  optional?: boolean;
}

export interface SecurityContext {
  capabilities?: Capabilities;
  privileged?: boolean;
  seLinuxOptions?: SELinuxOptions;
  windowsOptions?: WindowsOptions;
  runAsUser?: number;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  readOnlyRootFilesystem?: boolean;
  allowPrivilegeEscalation?: boolean;
  procMount?: string;
  seccompProfile?: Profile;
  appArmorProfile?: Profile;
}

export interface SemaphoreHolding {
  semaphore?: string;
  holders?: string[];
}

export interface SemaphoreRef {
  configMapKeyRef?: ConfigMapKeySelector;
  namespace?: string;
  database?: SyncDatabaseRef;
}

export interface SemaphoreStatus {
  holding?: SemaphoreHolding[];
  waiting?: SemaphoreHolding[];
}

export interface Sequence {
  count?: unknown;
  start?: unknown;
  end?: unknown;
  format?: string;
}

export interface ServiceAccountTokenProjection {
  audience?: string;
  expirationSeconds?: number;
  path: string;
}

export interface SleepAction {
  seconds?: number;
}

export interface StatusCondition {
  type?: string;
  status?: string;
  message?: string;
}

export interface StopStrategy {
  expression: string;
}

export interface StorageOSVolume {
  volumeName?: string;
  volumeNamespace?: string;
  fsType?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
}

export interface Supplied {
}

export interface SuspendTemplate {
  duration?: string;
}

export interface SyncDatabaseRef {
  key: string;
}

export interface Synchronization {
  semaphores?: SemaphoreRef[];
  mutexes?: Mutex[];
  semaphore?: SemaphoreRef;
  mutex?: Mutex;
}

export interface TCPSocketAction {
  port: unknown;
  host?: string;
}

export interface TTLStrategy {
  secondsAfterCompletion?: number;
  secondsAfterSuccess?: number;
  secondsAfterFailure?: number;
}

export interface TarStrategy {
  compressionLevel?: number;
}

export interface Template {
  name?: string;
  inputs?: Inputs;
  outputs?: Outputs;
  metadata?: Metadata;
  annotations?: Record<string, string>;
  nodeSelector?: Record<string, string>;
  affinity?: Affinity;
  tolerations?: Toleration[];
  schedulerName?: string;
  priorityClassName?: string;
  priority?: number;
  hostAliases?: HostAlias[];
  securityContext?: PodSecurityContext;
  podSpecPatch?: string;
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  executor?: ExecutorConfig;
  daemon?: boolean;
  volumes?: Volume[];
  initContainers?: UserContainer[];
  sidecars?: UserContainer[];
  container?: Container;
  script?: ScriptTemplate;
  containerSet?: ContainerSetTemplate;
  steps?: WorkflowStep[][];
  dag?: DAGTemplate;
  resource?: ResourceTemplate;
  suspend?: SuspendTemplate;
  data?: Data;
  http?: HTTP;
  plugin?: unknown;
  archiveLocation?: ArchiveLocation;
  activeDeadlineSeconds?: unknown;
  timeout?: string;
  pendingTimeout?: string;
  retryStrategy?: RetryStrategy;
  parallelism?: number;
  failFast?: boolean;
  metrics?: Metrics;
  synchronization?: Synchronization;
  memoize?: Memoize;
  podResources?: ResourceRequirements;
  resourceClaims?: PodResourceClaim[];
}

export interface TemplateRef {
  name?: string;
  template?: string;
  clusterScope?: boolean;
}

export interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

export interface TransformationStep {
  expression: string;
}

export interface TypedReference {
  apiGroup?: string;
  kind?: string;
  name?: string;
  namespace?: string;
}

export interface UserContainer {
  name?: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  ports?: ContainerPort[];
  envFrom?: EnvFromSource[];
  env?: EnvVar[];
  resources?: ResourceRequirements;
  resizePolicy?: ContainerResizePolicy[];
  restartPolicy?: string;
  restartPolicyRules?: ContainerRestartRule[];
  volumeMounts?: VolumeMount[];
  volumeDevices?: VolumeDevice[];
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
  lifecycle?: Lifecycle;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  imagePullPolicy?: string;
  securityContext?: SecurityContext;
  stdin?: boolean;
  stdinOnce?: boolean;
  tty?: boolean;
  mirrorVolumeMounts?: boolean;
}

export interface ValueFrom {
  path?: string;
  jsonPath?: string;
  jqFilter?: string;
  event?: string;
  parameter?: string;
  expression?: string;
  supplied?: Supplied;
  configMapKeyRef?: ConfigMapKeySelector;
  default?: unknown;
}

export interface Volume {
  name: string;
  hostPath?: HostPathVolume;
  emptyDir?: EmptyDirVolume;
  gcePersistentDisk?: GCEVolume;
  awsElasticBlockStore?: AWSVolume;
  gitRepo?: GitRepoVolume;
  secret?: SecretVolume;
  nfs?: NFSVolume;
  iscsi?: ISCSIVolume;
  glusterfs?: GlusterfsVolume;
  persistentVolumeClaim?: ClaimVolume;
  rbd?: RBDVolume;
  flexVolume?: FlexVolume;
  cinder?: CinderVolume;
  cephfs?: CephFSVolume;
  flocker?: FlockerVolume;
  downwardAPI?: DownwardAPIVolume;
  fc?: FCVolume;
  azureFile?: AzureFileVolume;
  configMap?: ConfigMapVolume;
  vsphereVolume?: VsphereVolume;
  quobyte?: QuobyteVolume;
  azureDisk?: AzureDiskVolume;
  photonPersistentDisk?: PhotonVolume;
  projected?: ProjectedVolume;
  portworxVolume?: PortworxVolume;
  scaleIO?: ScaleIOVolume;
  storageos?: StorageOSVolume;
  csi?: CSIVolume;
  ephemeral?: EphemeralVolume;
  image?: ImageVolume;
}

export interface VolumeClaimGC {
  strategy?: string;
}

export interface VolumeDevice {
  name: string;
  devicePath: string;
}

export interface VolumeMount {
  name: string;
  readOnly?: boolean;
  recursiveReadOnly?: string;
  mountPath: string;
  subPath?: string;
  mountPropagation?: string;
  subPathExpr?: string;
}

export interface VolumeProjection {
  secret?: SecretProjection;
  downwardAPI?: DownwardAPIProjection;
  configMap?: SecretProjection;
  serviceAccountToken?: ServiceAccountTokenProjection;
  clusterTrustBundle?: ClusterTrustBundleProjection;
  podCertificate?: PodCertificateProjection;
}

export interface VsphereVolume {
  volumePath?: string;
  fsType?: string;
  storagePolicyName?: string;
  storagePolicyID?: string;
}

export interface WeightedPodAffinityTerm {
  weight?: number;
  podAffinityTerm?: PodAffinityTerm;
}

export interface WindowsOptions {
  gmsaCredentialSpecName?: string;
  gmsaCredentialSpec?: string;
  runAsUserName?: string;
  hostProcess?: boolean;
}

export interface Workflow {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: WorkflowSpec;
  status?: WorkflowStatus;
}

export interface WorkflowLevelArtifactGC {
  strategy?: string;
  podMetadata?: Metadata;
  serviceAccountName?: string;
  forceFinalizerRemoval?: boolean;
  podSpecPatch?: string;
}

export interface WorkflowMetadata {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  labelsFrom?: Record<string, LabelValueFrom>;
}

export interface WorkflowSpec {
  templates?: Template[];
  entrypoint?: string;
  arguments?: Arguments;
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  executor?: ExecutorConfig;
  volumes?: Volume[];
  volumeClaimTemplates?: PersistentVolumeClaim[];
  parallelism?: number;
  artifactRepositoryRef?: ArtifactRepositoryRef;
  suspend?: boolean;
  nodeSelector?: Record<string, string>;
  affinity?: Affinity;
  tolerations?: Toleration[];
  imagePullSecrets?: LocalObjectReference[];
  hostNetwork?: boolean;
  dnsPolicy?: string;
  dnsConfig?: PodDNSConfig;
  onExit?: string;
  ttlStrategy?: TTLStrategy;
  activeDeadlineSeconds?: number;
  priority?: number;
  schedulerName?: string;
  podGC?: PodGC;
  podPriorityClassName?: string;
  podPriority?: number;
  hostAliases?: HostAlias[];
  securityContext?: PodSecurityContext;
  podSpecPatch?: string;
  podDisruptionBudget?: PodDisruptionBudgetSpec;
  metrics?: Metrics;
  shutdown?: string;
  workflowTemplateRef?: WorkflowTemplateRef;
  synchronization?: Synchronization;
  volumeClaimGC?: VolumeClaimGC;
  retryStrategy?: RetryStrategy;
  podMetadata?: Metadata;
  templateDefaults?: Template;
  archiveLogs?: boolean;
  hooks?: Record<string, LifecycleHook>;
  workflowMetadata?: WorkflowMetadata;
  artifactGC?: WorkflowLevelArtifactGC;
  executorPlugins?: ExecutorPlugin[];
  podResources?: ResourceRequirements;
  resourceClaims?: PodResourceClaim[];
}

export interface WorkflowStatus {
  phase?: '' | 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Error';
  message?: string;
  startedAt?: string;
  finishedAt?: string;
  estimatedDuration?: number;
  progress?: string;
  compressedNodes?: string;
  offloadNodeStatusVersion?: string;
  nodes?: Record<string, NodeStatus>;
  storedTemplates?: Record<string, Template>;
  storedWorkflowTemplateSpec?: WorkflowSpec;
  outputs?: Outputs;
  conditions?: StatusCondition[];
  resourcesDuration?: Record<string, number>;
  synchronization?: LockStatus;
  persistentVolumeClaims?: unknown[];
  artifactRepositoryRef?: unknown;
  artifactGCStatus?: ArtifactGCStatus;
  taskResultsCompletionStatus?: Record<string, boolean>;
}

export interface WorkflowStep {
  name: string;
  template?: string;
  templateRef?: TemplateRef;
  inline?: Template;
  arguments?: Arguments;
  withItems?: unknown[];
  withParam?: string;
  withSequence?: Sequence;
  when?: string;
  continueOn?: ContinueOn;
  onExit?: string;
  hooks?: Record<string, LifecycleHook>;
}

export interface WorkflowTemplate {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  spec: WorkflowSpec;
}

export interface WorkflowTemplateRef {
  name?: string;
  clusterScope?: boolean;
}

/** Names that other software may rely on: the API group and every label and annotation that kelt writes. */
export const GROUP = "kelt.dev";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;

export const LABEL = {
  /** Name of the Pipeline; on runs that have begun, the copies of specs that they follow, Jobs and Pods. */
  pipeline: `${GROUP}/pipeline`,
  /** Uid of the Pipeline; on runs. Those of an earlier Pipeline of the same name have another one. */
  pipelineUid: `${GROUP}/pipeline-uid`,
  /** Name of the PipelineRun, hashed when longer than a label value may be; on Jobs and Pods. */
  run: `${GROUP}/run`,
  /** Uid of the PipelineRun, or of the Connection that is tested; the selector of all Jobs and Pods of ours. */
  runUid: `${GROUP}/run-uid`,
  /** Node of the pipeline; on Jobs and Pods. */
  node: `${GROUP}/node`,
  /** Unit of a node that is packed into several Jobs; on Jobs and Pods. */
  unit: `${GROUP}/unit`,
  /** Attempt of the node, counted from 1; on Jobs and Pods. */
  attempt: `${GROUP}/attempt`,
  /** Name of the Connection that is tested, hashed when longer than a label value may be; on Jobs and Pods. */
  connection: `${GROUP}/connection`,
  /** What made a run: `schedule`; on the runs of slots. */
  trigger: `${GROUP}/trigger`,
  managedBy: "app.kubernetes.io/managed-by",
} as const;

/** Which part of an Indexed Job a Pod is; the Job controller's own label (Kubernetes 1.28). */
export const PART_LABEL = "batch.kubernetes.io/job-completion-index";

/** Uid of the Job that a Pod belongs to; the Job controller's own label (Kubernetes 1.27). */
export const CONTROLLER_LABEL = "batch.kubernetes.io/controller-uid";

export const ANNOTATION = {
  /** Of whose log `kubectl logs` speaks where a pod has several containers. */
  defaultContainer: "kubectl.kubernetes.io/default-container",
  /** On a Job: the operator's word that it made this very Job, for which run, node and attempt, and what its pods do. */
  seal: `${GROUP}/seal`,
  /** On a Connection: another value asks for another test. */
  testRequested: `${GROUP}/test-requested`,
  /** On the operator's Lease: base URL of the leader's listener for reports. */
  reportUrl: `${GROUP}/report-url`,
  /** On the copy of a spec: uid of the run that took it last. */
  takenBy: `${GROUP}/taken-by`,
} as const;

/** The value of {@link LABEL.trigger} on the run of a slot. */
export const BY_SCHEDULE = "schedule";

/** The value of {@link LABEL.managedBy} and the field manager of every write. */
export const MANAGER = "kelt";

/** The part of Kubernetes' ObjectMeta that kelt reads. Times are RFC 3339. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/**
 * Every reason that kelt writes into conditions, node states, events and metric labels, in one place: a reason is a
 * promise to programs. Reasons that Kubernetes gives (ImagePullBackOff, Unschedulable, OOMKilled) pass through.
 */
export const REASON = {
  // Pipeline: Ready and Stalled
  Valid: "The spec is sound: runs can begin.",
  InvalidSpec: "A field has a value that it cannot have.",
  InvalidGraph: "The nodes need each other in a circle.",
  UnknownReference: "A node names a node, a connection or a Connection resource that does not exist.",

  // Connection: Ready
  Reachable: "The test reached the system and it let the role in.",
  Testing: "A short Job tests the connection.",

  // PipelineRun: Succeeded=Unknown
  PipelineNotFound: "The Pipeline does not exist; the run waits a minute for it and then fails.",
  Suspended: "The Pipeline is suspended: the run begins when it is not any more.",
  Running: "Nodes are at work.",
  Cancelling: "The run was cancelled; live Jobs are being stopped.",
  TimingOut: "The run exceeded its timeout; live Jobs are being stopped.",

  // PipelineRun: Succeeded=True or False
  Succeeded: "Every node succeeded.",
  Failed: "At least one node failed.",
  Cancelled: "The run was stopped on request.",
  TimedOut: "The run or the node exceeded its timeout.",
  InvalidPipeline: "The Pipeline was not valid when the run should have begun.",

  // Nodes
  UpstreamFailed: "A node that this one needs did not succeed.",
  ConfigurationError: "The task says that the pipeline, a Secret or the project is wrong.",
  DataError: "The task says that the data is wrong, or a check of severity error failed.",
  TransientError: "The task says that a server or the network was in the way.",
  InvalidResult: "The task exited with 0 and left no valid result.",
  ExitCode: "The task exited with a code other than 0 and left no result.",
  AttemptTimedOut: "The attempt exceeded attemptTimeout.",
  StartTimedOut: "The attempt's pod did not start running within startTimeout.",
  NoPod: "The attempt's Job has made no pod for a while; its events say why.",
  JobSuspended: "The attempt's Job is suspended, by a queue or a person; it goes on when it is resumed.",
  JobLost: "The attempt's Job was deleted by somebody else before it finished.",
  JobFailed: "The Job failed and its pod left no exit code.",
  PodNotGone: "The attempt's pod was deleted and does not end: its node may be lost.",
  PodFailed: "The node ended the attempt's pod or would not take it.",
  NameConflict: "A Job of the attempt's name exists and does not belong to this run.",
  JobRefused: "The API server refused to create the Job.",
} as const;
export type Reason = keyof typeof REASON;

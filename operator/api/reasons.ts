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

  // Pipeline: Events, and status.schedule.lastMissed
  SlotMissed: "Slots of the schedule get no run: they are too late, or passed meanwhile.",
  SlotSkipped: "Slots of the schedule get no run, because of other runs.",
  SlotWaits: "A slot waits until no run of the Pipeline is at work.",
  RunReplaced: "A run is cancelled to make room for that of a later slot.",
  RunRefused: "The API server does not create the run of a slot; it is tried again.",
  TooLate: "The slot's run could not begin in time.",
  CaughtUp: "Later slots run in place of this one.",
  RunAtWork: "A run was at work when the slot came.",
  QueueFull: "As many slots wait as queueLimit allows.",
  Replaced: "A later slot takes the place of this one.",

  // PipelineRun: Succeeded=Unknown
  PipelineNotFound: "The Pipeline does not exist; the run waits a minute for it and then fails.",
  Suspended: "The Pipeline is suspended: the run begins when it is not any more. Of a slot: it passed meanwhile.",
  SpecNotStored:
    "The API server would not store the copy of the spec that the run is to follow; it is tried again for five minutes.",
  SpecUnreadable: "The API server does not show the copy of the spec that the run follows; the run waits for it.",
  Running: "Nodes are at work.",
  Cancelling: "The run was cancelled; live Jobs are being stopped.",
  TimingOut: "The run exceeded its timeout; live Jobs are being stopped.",

  // PipelineRun: Events alone
  StatusRefused: "The API server does not store the run's status: what it says is older than the run.",

  // PipelineRun: Succeeded=True or False
  Succeeded: "Every node succeeded.",
  Failed: "At least one node failed.",
  Cancelled: "The run was stopped on request.",
  TimedOut: "The run or the node exceeded its timeout.",
  InvalidParameters:
    "The run's parameters do not fit what the Pipeline declares, or what it makes of them is not valid.",
  InvalidPipeline: "The Pipeline was not valid when the run should have begun.",
  SpecLost: "The copy of the spec that the run followed was deleted or replaced by something else.",

  // Nodes
  ResultMissing:
    "The node names a result of another one, which has none: it failed, was skipped, or does not say such a thing.",
  UpstreamFailed: "A node that this one needs has failed, or was skipped because of a failure.",
  UpstreamSkipped: "A node that this one needs was skipped, and none has failed.",
  ConditionFalse: "The condition of the node's when was false.",
  ConditionError: "The condition of the node's when could not be evaluated.",
  RuleNotMet: "All nodes that this one needs have ended, and its triggerRule is not met.",
  ConfigurationError: "The task says that the pipeline, a Secret or the project is wrong.",
  DataError: "The task says that the data is wrong, or a check of severity error failed.",
  TransientError: "The task says that a server or the network was in the way.",
  InvalidResult: "The task exited with 0 and left no valid result.",
  ContainerCannotRun:
    "The container's command could not be run; the message has the kubelet's words. Tried again unless it never could be.",
  ExitCode: "The task exited with a code other than 0 and left no result.",
  AttemptTimedOut: "The attempt exceeded attemptTimeout.",
  StartTimedOut: "The attempt's pod did not start running within startTimeout.",
  NoPod: "The attempt's Job has made no pod for a while; its events say why.",
  JobSuspended: "The attempt's Job is suspended, by a queue or a person; it goes on when it is resumed.",
  JobLost: "The attempt's Job was deleted by somebody else before it finished.",
  JobFailed: "The Job failed and its pod left no exit code.",
  PodNotGone: "The attempt's pod was deleted and does not end: its node may be lost.",
  PodStopped: "The attempt's pod was deleted or evicted while it worked, and exited with 0 without a result.",
  PodEvicted: "The attempt's pod is being evicted while it works; the work is repeated, which costs no attempt.",
  EndedBadlyAfterResult: "A pod ended badly after its task had reported success, which counts.",
  ContainerNotEnded: "Another container of the attempt's pod lives on after the task, so that its Job cannot go on.",
  PodFailed: "The node ended the attempt's pod or would not take it.",
  QuotaExceeded: "A quota of the namespace has no room for the Job or its pod.",
  StartingAhead: "The node's pod is started while a node that it needs still works; it waits until it may begin.",
  AwaitingCommit: "Another node of the run looks up the commit of the same git project; this one gets the same.",
  CommitMoved:
    "A pod in the place of an evicted one found another commit than the run has; the next attempt gets the run's.",
  PackagesMoved:
    "Another node of the run, or a pod before this one, has chosen other versions of the project's packages; the next attempt gets those.",
  RunParallelism: "As many nodes of the run are at work as spec.parallelism allows.",
  NamespaceLimit: "As many nodes are at work in the namespace as the operator's installation allows.",
  NoCapacity: "No room was found for the node within capacityTimeout.",
  NameConflict: "A Job or run of that name exists that the operator did not make for it.",
  ForeignPod:
    "A pod of the attempt's Job does not run what the Job says, so it does not count: where a webhook changes every pod, set tasks.podCheck: owner.",
  ForeignJob:
    "A Job says that it is the run's or the Connection's, and the operator did not make it: it does not count.",
  JobRefused: "The API server refused to create the Job.",
} as const;
export type Reason = keyof typeof REASON;

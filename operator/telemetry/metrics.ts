import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { PipelineSeries } from "./pipeline-series.ts";

const RUN_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200];
const NODE_SECONDS = [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14_400];
const DELAY_SECONDS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400];
const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const QUEUE_SECONDS = [0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** Pipelines with series of their own where nothing else is said. */
export const PIPELINES_MAX = 1_000;

export interface MetricsOptions {
  readonly pipelinesMax?: number;
  /** Called once, when the first Pipeline gets no series of its own. */
  readonly full?: (max: number) => void;
}

/**
 * Every metric of the operator. Labels are bounded by what exists in the cluster (namespace, pipeline, node; at most so many, see
 * `pipeline-series.ts`) or by a fixed list; the name of a run is never a label. Queue and client metrics carry the names that Go controllers use, so that dashboards
 * made for those work.
 */
export function createMetrics({ pipelinesMax = PIPELINES_MAX, full = () => undefined }: MetricsOptions = {}) {
  const registry = new Registry();
  const registers = [registry];
  const pipeline = ["namespace", "pipeline"] as const;
  const node = ["namespace", "pipeline", "node"] as const;
  const pipelines = new PipelineSeries(pipelinesMax, full);
  const pipelinesTogether = new Gauge({
    name: "kelt_metrics_pipelines_together",
    help: "Pipelines beyond the bound, which are counted together as _other.",
    registers,
  });
  const scrapes: (() => void)[] = [() => pipelinesTogether.set(pipelines.others)];
  return {
    registry,
    /** Which Pipelines have series. */
    pipelines,
    /** Gauges that are read rather than counted are set by these functions, right before each scrape. */
    beforeScrape: (read: () => void) => void scrapes.push(read),
    /** The exposition text of every metric. */
    scrape: () => {
      for (const read of scrapes) read();
      return registry.metrics();
    },
    buildInfo: new Gauge({
      name: "kelt_build_info",
      help: "Always 1; the labels say what runs.",
      labelNames: ["version"],
      registers,
    }),
    runs: new Counter({
      name: "kelt_pipeline_runs_total",
      help: "Finished runs by result (succeeded, failed, cancelled).",
      labelNames: [...pipeline, "result"],
      registers,
    }),
    strayRuns: new Counter({
      name: "kelt_stray_runs_total",
      help: "Finished runs whose Pipeline does not exist, by result.",
      labelNames: ["result"],
      registers,
    }),
    runDuration: new Histogram({
      name: "kelt_pipeline_run_duration_seconds",
      help: "Time from a run's beginning to its end.",
      labelNames: [...pipeline, "result"],
      buckets: RUN_SECONDS,
      registers,
    }),
    lastSuccess: new Gauge({
      name: "kelt_pipeline_last_success_timestamp_seconds",
      help: "When a run of the pipeline last succeeded, from the Pipeline's status, so that it survives restarts.",
      labelNames: pipeline,
      registers,
    }),
    lastRun: new Gauge({
      name: "kelt_pipeline_last_run_timestamp_seconds",
      help: "When a run of the pipeline last reached its end.",
      labelNames: pipeline,
      registers,
    }),
    activeRuns: new Gauge({
      name: "kelt_runs_active",
      help: "Runs that have not finished.",
      labelNames: pipeline,
      registers,
    }),
    slots: new Counter({
      name: "kelt_schedule_slots_total",
      help: "Slots of schedules by what became of them (started, missed, skipped).",
      labelNames: [...pipeline, "result"],
      registers,
    }),
    slotDelay: new Histogram({
      name: "kelt_schedule_delay_seconds",
      help: "Time from a slot to the creation of its run; jitter and time in a queue are in it.",
      labelNames: pipeline,
      buckets: DELAY_SECONDS,
      registers,
    }),
    nextSlot: new Gauge({
      name: "kelt_schedule_next_timestamp_seconds",
      help: "When the next slot of the pipeline's schedule comes.",
      labelNames: pipeline,
      registers,
    }),
    health: new Gauge({
      name: "kelt_pipeline_health_ratio",
      help: "Shares from 0 to 1 by the latest runs that counted them: tests passed, models tested, sources fresh, columns described.",
      labelNames: [...pipeline, "kind"],
      registers,
    }),
    nodeDuration: new Histogram({
      name: "kelt_node_duration_seconds",
      help: "Time from the creation of a node's first Job to the node's end.",
      labelNames: [...node, "result"],
      buckets: NODE_SECONDS,
      registers,
    }),
    nodeRows: new Counter({
      name: "kelt_node_rows_total",
      help: "Rows that a node has written.",
      labelNames: node,
      registers,
    }),
    nodeBytes: new Counter({
      name: "kelt_node_bytes_total",
      help: "Bytes that a node has moved.",
      labelNames: node,
      registers,
    }),
    nodeRetries: new Counter({
      name: "kelt_node_retries_total",
      help: "Failed attempts of a node that were followed by another one, by reason.",
      labelNames: [...node, "reason"],
      registers,
    }),
    nodeBadEnds: new Counter({
      name: "kelt_node_bad_ends_total",
      help: "Pods that ended badly after their task had reported success; the success counts.",
      labelNames: node,
      registers,
    }),
    tests: new Counter({
      name: "kelt_test_results_total",
      help: "Checks by result (passed, warned, failed, errored).",
      labelNames: [...node, "result"],
      registers,
    }),
    dispatchLatency: new Histogram({
      name: "kelt_node_dispatch_latency_seconds",
      help: "Time from the event that made a node ready reaching the operator to the creation of the node's Job.",
      buckets: LATENCY_SECONDS,
      registers,
    }),
    reconciles: new Counter({
      name: "controller_runtime_reconcile_total",
      help: "Reconciles by controller and result (success, error, requeue_after).",
      labelNames: ["controller", "result"],
      registers,
    }),
    reconcileTime: new Histogram({
      name: "controller_runtime_reconcile_time_seconds",
      help: "Duration of a reconcile.",
      labelNames: ["controller"],
      buckets: LATENCY_SECONDS,
      registers,
    }),
    queueDepth: new Gauge({
      name: "workqueue_depth",
      help: "Keys that wait in the queue.",
      labelNames: ["name"],
      registers,
    }),
    queueAdds: new Counter({
      name: "workqueue_adds_total",
      help: "Keys added to the queue.",
      labelNames: ["name"],
      registers,
    }),
    queueRetries: new Counter({
      name: "workqueue_retries_total",
      help: "Keys added again after an error.",
      labelNames: ["name"],
      registers,
    }),
    queueTime: new Histogram({
      name: "workqueue_queue_duration_seconds",
      help: "Time a key waits in the queue.",
      labelNames: ["name"],
      buckets: QUEUE_SECONDS,
      registers,
    }),
    workTime: new Histogram({
      name: "workqueue_work_duration_seconds",
      help: "Time that the work on a key takes.",
      labelNames: ["name"],
      buckets: QUEUE_SECONDS,
      registers,
    }),
    longestRunning: new Gauge({
      name: "workqueue_longest_running_processor_seconds",
      help: "Age of the oldest work that has not ended.",
      labelNames: ["name"],
      registers,
    }),
    clientRequests: new Counter({
      name: "rest_client_requests_total",
      help: "Requests to the API server by verb, resource and code (error where no answer came).",
      labelNames: ["method", "resource", "code"],
      registers,
    }),
    clientTime: new Histogram({
      name: "rest_client_request_duration_seconds",
      help: "Duration of requests to the API server; a watch counts until its answer begins.",
      labelNames: ["method", "resource"],
      buckets: LATENCY_SECONDS,
      registers,
    }),
    relists: new Counter({
      name: "kelt_reflector_relists_total",
      help: "Full lists by kind; more than one per kind means that a watch could not go on.",
      labelNames: ["kind"],
      registers,
    }),
    watchFailures: new Counter({
      name: "kelt_reflector_failures_total",
      help: "Lists and watches that failed, by kind and reason.",
      labelNames: ["kind", "reason"],
      registers,
    }),
    unseen: new Gauge({
      name: "kelt_reflector_degraded",
      help: "Namespaces (1 for the whole cluster) whose objects of the kind cannot be seen now; /readyz says why.",
      labelNames: ["kind"],
      registers,
    }),
    unreadObjects: new Gauge({
      name: "kelt_objects_unread",
      help: "Objects that exist and that the operator passes over because it cannot read them, by kind; logs name them.",
      labelNames: ["kind"],
      registers,
    }),
    reportMessages: new Counter({
      name: "kelt_report_messages_total",
      help: "Messages of tasks by the status that answered them; none where the task went away.",
      labelNames: ["answer"],
      registers,
    }),
    reportPods: new Gauge({
      name: "kelt_report_pods",
      help: "Pods of which reports are kept in memory.",
      registers,
    }),
    reportBytes: new Gauge({
      name: "kelt_report_bytes",
      help: "Size of the reports that are kept in memory, at most 64 MiB.",
      registers,
    }),
    reportChannel: new Gauge({
      name: "kelt_report_channel_up",
      help: "1 while Jobs learn of the report channel; without it the operator hears of tasks only from the kubelet.",
      registers,
    }),
    leader: new Gauge({
      name: "leader_election_master_status",
      help: "1 while this replica leads.",
      labelNames: ["name"],
      registers,
    }),
  };
}
export type Metrics = ReturnType<typeof createMetrics>;

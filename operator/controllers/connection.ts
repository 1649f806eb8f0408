import type { Logger } from "pino";
import { ConnectionSpec, ConnectionStatus } from "#api/connection.ts";
import { connectionJobName, connectionJobOf } from "../job/connection-job.ts";
import type { TaskPodSettings } from "../job/job.ts";
import { ApiError, isAlreadyExists, isNotFound } from "../kube/api-error.ts";
import type { Clock } from "../kube/clock.ts";
import type { CustomObject } from "../kube/kinds.ts";
import type { Kube, NewObject } from "../kube/kube.ts";
import { parseKey } from "../kube/object-key.ts";
import type { OwnWrites } from "../kube/own-writes.ts";
import { type ConnectionFacts, decideConnection, requestedTest } from "../run/decide-connection.ts";
import { statusDiffers } from "../run/status.ts";
import type { Caches } from "./caches.ts";
import { jobFacts } from "./job-facts.ts";
import { GATE_RECHECK_MS, type Reconciled, type Reconciler } from "./loop.ts";
import { mergePatchOf } from "./merge-patch.ts";
import { ownerUid } from "./observe.ts";
import { podFacts } from "./pod-facts.ts";

export interface ConnectionControllerParts {
  readonly kube: Kube;
  readonly caches: Caches;
  readonly ownWritesIn: (namespace: string) => OwnWrites;
  readonly clock: Clock;
  readonly log: Logger;
  readonly taskPods: TaskPodSettings;
}

/** Reconciles Connections: a short Job tests each one when its spec changes or somebody asks. */
export class ConnectionController implements Reconciler {
  readonly name = "connection";
  readonly #parts: ConnectionControllerParts;

  constructor(parts: ConnectionControllerParts) {
    this.#parts = parts;
  }

  async reconcile(key: string): Promise<Reconciled> {
    const { caches, clock, ownWritesIn } = this.#parts;
    const gate = ownWritesIn(parseKey(key).namespace);
    // Runs and Pipelines of the same name have writes of their own.
    const writes = `connection ${key}`;
    if (!gate.caughtUp(writes)) return { wakeAt: clock.now() + GATE_RECHECK_MS };
    const connection = caches.connections.get(parseKey(key));
    if (connection === undefined || connection.metadata.deletionTimestamp !== undefined) {
      gate.forget(writes);
      return {};
    }
    const facts = this.#observe(connection);
    const decision = decideConnection(facts);
    if (!decision.createJob) {
      await this.#writeStatus(facts, decision.status, gate, writes);
      return { wakeAt: decision.wakeAt };
    }
    const refusal = await this.#createJob(facts);
    const after = refusal === undefined ? decision : decideConnection({ ...facts, refusal });
    await this.#writeStatus(facts, after.status, gate, writes);
    return { wakeAt: refusal === undefined ? undefined : after.wakeAt };
  }

  #observe({ metadata, spec, status }: CustomObject): ConnectionFacts {
    const { caches, clock } = this.#parts;
    const parsed = ConnectionSpec.safeParse(spec);
    const issue = parsed.error?.issues[0];
    const name = connectionJobName({ meta: metadata, token: requestedTest(metadata) });
    const job = caches.jobs
      .by("run", metadata.uid)
      .find((candidate) => candidate.metadata.name === name && ownerUid(candidate) === metadata.uid);
    const pods = caches.pods.by("run", metadata.uid).filter((pod) => ownerUid(pod) === job?.metadata.uid);
    return {
      now: clock.now(),
      meta: metadata,
      spec: parsed.success ? parsed.data : `spec.${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? ""}`,
      status: ConnectionStatus.safeParse(status ?? {}).data ?? {},
      test: {
        attempt: 1,
        ...(job === undefined ? {} : { job: jobFacts(job) }),
        pods: job === undefined ? [] : pods.map(podFacts),
      },
    };
  }

  /** Answers why the API server would not. Doing it twice does no harm: the Job's name says which test it is. */
  async #createJob({ meta, spec }: ConnectionFacts): Promise<ConnectionFacts["refusal"]> {
    if (typeof spec === "string") return undefined;
    const { kube, taskPods, log } = this.#parts;
    const job = connectionJobOf({ meta, spec, token: requestedTest(meta) }, taskPods);
    try {
      await kube.create("Job", meta.namespace, job as unknown as NewObject);
      log.info(
        { connection: `${meta.namespace}/${meta.name}`, job: job.metadata?.name },
        "a test of the connection began",
      );
      return undefined;
    } catch (error) {
      if (isAlreadyExists(error)) return undefined;
      const isServers = error instanceof ApiError && error.reason !== "NotLeading" && error.reason !== "NotGranted";
      if (isServers && [400, 403, 422].includes(error.status)) {
        return { message: error.message, final: error.status !== 403 };
      }
      throw error;
    }
  }

  async #writeStatus(
    { meta, status: before }: ConnectionFacts,
    after: ConnectionStatus,
    gate: OwnWrites,
    writes: string,
  ): Promise<void> {
    if (!statusDiffers(before, after)) return;
    const { namespace, name, resourceVersion } = meta;
    const patch = { status: mergePatchOf(before, after) };
    try {
      const stored = await this.#parts.kube.patch("Connection", { namespace, name }, patch, {
        subresource: "status",
        resourceVersion,
      });
      gate.wrote(writes, "Connection", stored.metadata.resourceVersion);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

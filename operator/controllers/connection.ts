import { ConnectionSpec, ConnectionStatus } from "#api/connection.ts";
import { connectionJobName, connectionJobOf } from "../job/connection-job.ts";
import type { TaskPodSettings } from "../job/job.ts";
import { isNotFound } from "../kube/api-error.ts";
import type { CustomObject } from "../kube/kinds.ts";
import { parseKey } from "../kube/object-key.ts";
import type { OwnWrites } from "../kube/own-writes.ts";
import { type ConnectionDecision, type ConnectionFacts, decideConnection } from "../run/decide-connection.ts";
import type { JobRefusal } from "../run/facts.ts";
import { statusDiffers } from "../run/status.ts";
import type { ControllerParts } from "./controller-parts.ts";
import { jobFacts } from "./job-facts.ts";
import { GATE_RECHECK_MS, type Reconciled, type Reconciler } from "./loop.ts";
import { mergePatchOf } from "./merge-patch.ts";
import { type Children, cachedChildren, liveChildren, ownerUid } from "./observe.ts";
import { createOwnedJob } from "./owned-job.ts";
import { podFacts } from "./pod-facts.ts";

export interface ConnectionControllerParts extends ControllerParts {
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
    const { facts, decision } = await this.#decide(connection);
    if (!decision.createJob) {
      await this.#writeStatus(facts, decision.status, gate, writes);
      return { wakeAt: decision.wakeAt };
    }
    const refusal = await this.#createJob(facts);
    const after = refusal === undefined ? decision : decideConnection({ ...facts, refusal });
    await this.#writeStatus(facts, after.status, gate, writes);
    return { wakeAt: refusal === undefined ? undefined : after.wakeAt };
  }

  /** Decides by the caches; a decision that follows from something not being there is made again by the API server's own word. */
  async #decide(connection: CustomObject): Promise<{ facts: ConnectionFacts; decision: ConnectionDecision }> {
    const cached = this.#observe(connection, cachedChildren(connection, this.#parts.caches));
    const decision = decideConnection(cached);
    if (decision.inferred !== true) return { facts: cached, decision };
    const facts = this.#observe(connection, await liveChildren(connection, this.#parts.kube));
    return { facts, decision: decideConnection(facts) };
  }

  #observe({ metadata, spec, status }: CustomObject, children: Children): ConnectionFacts {
    const parsed = ConnectionSpec.safeParse(spec);
    const issue = parsed.error?.issues[0];
    const stored = ConnectionStatus.safeParse(status ?? {}).data ?? {};
    const name = connectionJobName({ meta: metadata, number: stored.tests ?? 0 });
    const job = children.jobs.find(
      (candidate) => candidate.metadata.name === name && ownerUid(candidate) === metadata.uid,
    );
    const pods = children.pods.filter((pod) => ownerUid(pod) === job?.metadata.uid);
    return {
      now: this.#parts.clock.now(),
      meta: metadata,
      spec: parsed.success ? parsed.data : `spec.${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? ""}`,
      status: stored,
      test: {
        attempt: 1,
        ...(job === undefined ? {} : { job: jobFacts(job) }),
        pods: job === undefined ? [] : pods.map(podFacts),
      },
    };
  }

  /** Answers why the API server would not. */
  async #createJob({ meta, spec, status }: ConnectionFacts): Promise<JobRefusal | undefined> {
    if (typeof spec === "string") return undefined;
    const { kube, taskPods, log } = this.#parts;
    const { namespace, name, uid } = meta;
    const job = connectionJobOf({ meta, spec, number: status.tests ?? 0 }, taskPods);
    const made = await createOwnedJob(kube, { what: "connection", namespace, uid }, job);
    if ("refusal" in made) return made.refusal;
    log.info({ connection: `${namespace}/${name}`, job: made.job.metadata.name }, "a test of the connection began");
    return undefined;
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

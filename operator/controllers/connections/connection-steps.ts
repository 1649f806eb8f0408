import { ConnectionSpec, ConnectionStatus } from "#api/connection.ts";
import { connectionJobName, connectionJobOf } from "../../job/connection-job.ts";
import type { TaskPodSettings } from "../../job/job.ts";
import type { CustomObject, Job, Pod } from "../../kinds/objects.ts";
import { parseKey } from "../../kube/object-key.ts";
import { type ConnectionDecision, type ConnectionFacts, decideConnection } from "../../run/decide-connection.ts";
import type { JobRefusal } from "../../run/facts.ts";
import type { Children, PodCheck } from "../jobs/attempts.ts";
import { KnownJobs } from "../jobs/known-jobs.ts";
import { createOwnedJob } from "../jobs/owned-job.ts";
import type { Seal } from "../jobs/seal.ts";
import { Sightings, seenOf } from "../jobs/sightings.ts";
import { Strangers } from "../jobs/strangers.ts";
import type { EventWriter } from "../loop/event-writer.ts";
import { type Done, type Found, KindController, type Look, type Steps } from "../loop/kind-controller.ts";
import type { Reconciler } from "../loop/loop.ts";
import type { ControllerServices } from "../loop/services.ts";
import { StatusStore, type StatusWait, StatusWrites } from "../loop/status-store.ts";
import { cachedChildren, liveChildren } from "../runs/observe.ts";
import { observeTest, purposeOf } from "./connection-test.ts";

export interface ConnectionServices extends ControllerServices {
  readonly taskPods: TaskPodSettings;
  readonly events: EventWriter;
  readonly seal: Seal;
  readonly podCheck: PodCheck;
}

interface ConnectionFound extends Found {
  readonly connection: CustomObject;
}

interface ConnectionMemory {
  readonly known: KnownJobs;
  readonly strangers: Strangers;
  /** When it first saw what Jobs and Pods say. */
  readonly sightings: Sightings;
  readonly writes: StatusWrites;
}

/** Jobs and Pods as the API server has them; undefined before it was asked: the caches show them. */
type LiveTest = Children | undefined;
type ConnectionLook = Look<ConnectionFound, ConnectionMemory, LiveTest, ConnectionFacts, ConnectionDecision>;

/** Decides about Connections: a short Job tests each one when its spec changes or somebody asks. */
export function connectionController(services: ConnectionServices): Reconciler {
  return new KindController(new ConnectionSteps(services), services);
}

class ConnectionSteps
  implements Steps<ConnectionFound, ConnectionMemory, LiveTest, ConnectionFacts, ConnectionDecision>
{
  readonly name = "connection";
  readonly kind = "Connection";
  readonly #services: ConnectionServices;
  readonly #store: StatusStore<ConnectionStatus>;

  constructor(services: ConnectionServices) {
    this.#services = services;
    this.#store = new StatusStore(this.kind, services);
  }

  find(key: string): ConnectionFound | undefined {
    const connection = this.#services.caches.connections.get(parseKey(key));
    if (connection === undefined || connection.metadata.deletionTimestamp !== undefined) return undefined;
    return { uid: connection.metadata.uid, connection };
  }

  newMemory({ uid, connection }: ConnectionFound): ConnectionMemory {
    const { seal, log, events } = this.#services;
    const known = new KnownJobs({ namespace: connection.metadata.namespace, owner: uid }, seal);
    const strangers = new Strangers({ log, events });
    return { known, strangers, sightings: new Sightings(), writes: new StatusWrites() };
  }

  read(): LiveTest {
    return undefined;
  }

  observe({ connection }: ConnectionFound, memory: ConnectionMemory, live: LiveTest): ConnectionFacts {
    const { metadata, spec, status } = connection;
    const children = live ?? cachedChildren(connection, this.#services.caches);
    const parsed = ConnectionSpec.safeParse(spec);
    const issue = parsed.error?.issues[0];
    const stored = ConnectionStatus.safeParse(status ?? {}).data ?? {};
    const now = this.#services.clock.now();
    const seenIn = (object: Job | Pod) => seenOf(memory.sightings, object.metadata, now);
    const { test, foreign } = observeTest(metadata, stored, children, { ...this.#services, ...memory, seenIn });
    const { namespace, name, uid } = metadata;
    memory.strangers.report({ kind: "Connection", namespace, name, uid }, foreign);
    return {
      now,
      meta: metadata,
      spec: parsed.success ? parsed.data : `spec.${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? ""}`,
      status: stored,
      test,
    };
  }

  decide(facts: ConnectionFacts): ConnectionDecision {
    return decideConnection(facts);
  }

  /** A decision that follows from something not being there is made again by the API server's own word. */
  doubt({ found, sources, observed, decision }: ConnectionLook): (() => Promise<LiveTest>) | undefined {
    if (sources !== undefined || decision.restsOnAbsence !== true) return undefined;
    const name = connectionJobName({ meta: found.connection.metadata, number: observed.status.tests ?? 0 });
    return () => liveChildren(found.connection, this.#services.kube, [name]);
  }

  settle(): void {}

  async act({ memory, observed, decision }: ConnectionLook): Promise<Done<ConnectionDecision>> {
    if (!decision.createJob) return { decision, wakeAt: decision.wakeAt };
    const refusal = await this.#createJob(observed, memory.known);
    if (refusal === undefined) return { decision };
    const after = decideConnection({ ...observed, refusal });
    return { decision: after, wakeAt: after.wakeAt };
  }

  async store({ memory, observed, decision }: ConnectionLook): Promise<StatusWait> {
    const { meta, status: before } = observed;
    return await this.#store.write({ meta, before, after: decision.status, writes: memory.writes });
  }

  forget(): undefined {
    return undefined;
  }

  /** Answers why the API server would not. */
  async #createJob({ meta, spec, status }: ConnectionFacts, known: KnownJobs): Promise<JobRefusal | undefined> {
    if (typeof spec === "string") return undefined;
    const { kube, taskPods, log } = this.#services;
    const { namespace, name } = meta;
    const job = connectionJobOf({ meta, spec, number: status.tests ?? 0 }, taskPods);
    const made = await createOwnedJob(kube, namespace, { what: "connection", purpose: purposeOf(status), known, job });
    if ("refusal" in made) return made.refusal;
    log.info({ connection: `${namespace}/${name}`, job: made.job.metadata.name }, "a test of the connection began");
    return undefined;
  }
}

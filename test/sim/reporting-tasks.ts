import type { ReportOrder } from "#api/report.ts";
import { EXIT, type TaskResult } from "#api/task.ts";
import type { Clock, Random } from "../../operator/kube/clock.ts";
import type { PodReport, Reports } from "../../operator/report/reports.ts";
import type { FakeApi } from "../support/fake-cluster/fake-api.ts";
import type { StoredObject } from "../support/fake-cluster/fake-api-objects.ts";
import { attemptOf } from "../support/fake-cluster/fake-kubelet.ts";
import { FORGED_ROWS } from "./neighbour.ts";

/** How long a message may be under way, and how long after its process's beginning an operator is told everything again. */
const LATE_MS = 20_000;
const AGAIN_MS = 3_000;
/** How long a held task goes on asking when nobody answers. */
const UNREACHED_MS = 10_000;

/** What a held task may do next. */
interface Held {
  readonly go: () => void;
  readonly exit: (code: number) => void;
}

/** What one operator's process has heard. It is gone with the process. */
export class Inbox implements Reports {
  readonly channel = { urls: ["https://operator:8443"], certificate: "" };
  readonly #orders = new Map<string, ReportOrder>();
  #isHeard = false;
  readonly #clock: Clock;
  readonly #reports = new Map<string, PodReport>();
  /** Called when there is something to decide. */
  onWord: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(podUid: string): PodReport | undefined {
    return this.#reports.get(podUid);
  }

  order(podUid: string, order: ReportOrder): void {
    this.#orders.set(podUid, order);
  }

  heard(): boolean {
    return this.#isHeard;
  }

  hear(): void {
    this.#isHeard = true;
  }

  /** A held task asks what it is to do. */
  ask(podUid: string): ReportOrder {
    if (!this.#isHeard) this.onWord();
    this.#isHeard = true;
    return this.#orders.get(podUid) ?? "hold";
  }

  take(podUid: string, result: TaskResult): void {
    this.#isHeard = true;
    const at = this.#clock.now();
    const known = this.#reports.get(podUid);
    const first = { firstAt: at, at, held: false, items: [], itemsLeftOut: 0, result, resultAt: at };
    this.#reports.set(podUid, known ?? first);
    this.onWord();
  }
}

/**
 * Tasks that push their results, and a network that loses, delays and doubles what they say, lies, and carries it to any operator: one that
 * leads, stands by, or led until a moment ago. An operator that begins is told again by the tasks that still run.
 */
export class ReportingTasks {
  readonly #api: FakeApi;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lies: Random;
  readonly #inboxes = new Map<string, Inbox>();
  readonly #said = new Map<string, TaskResult>();
  readonly #wentListeners: ((pod: StoredObject) => void)[] = [];
  readonly #listeners: ((pod: StoredObject, result: TaskResult) => void)[] = [];

  /** `lies`: dice of their own, so that a seed means the same with and without them. */
  constructor(api: FakeApi, clock: Clock, random: Random, lies: Random) {
    this.#api = api;
    this.#clock = clock;
    this.#random = random;
    this.#lies = lies;
  }

  /** Who watches what tasks say, whoever hears it. */
  onSaid(listener: (pod: StoredObject, result: TaskResult) => void): void {
    this.#listeners.push(listener);
  }

  join(process: string): Inbox {
    const inbox = new Inbox(this.#clock);
    // Another run's tasks may have been heard.
    if (this.#random() < 0.8) inbox.hear();
    this.#inboxes.set(process, inbox);
    this.#clock.after(this.#random() * AGAIN_MS, () => this.#tellAgain(inbox));
    return inbox;
  }

  leave(process: string): void {
    this.#inboxes.delete(process);
  }

  /** Who watches which held tasks begin. */
  onWent(listener: (pod: StoredObject) => void): void {
    this.#wentListeners.push(listener);
  }

  /** The task of a held Job asks whoever it reaches until it is told to go, or has reached nobody for too long. */
  hold(pod: StoredObject, next: Held): void {
    const isCutOff = this.#random() < 0.1;
    let reachedAt = this.#clock.monotonic();
    const ask = () => {
      if (!this.#runs(pod.metadata.uid)) return;
      const order = isCutOff ? undefined : this.#orderOf(pod);
      if (order !== undefined) reachedAt = this.#clock.monotonic();
      const isLost = this.#clock.monotonic() - reachedAt > UNREACHED_MS;
      if (order === "go") this.#begin(pod, next);
      else if (order === "done" || order === "cancel") next.exit(143);
      else if (isLost) next.exit(EXIT.notReached);
      else this.#clock.after(20 + this.#random() * 300, ask);
    };
    ask();
  }

  #begin(pod: StoredObject, { go }: Held): void {
    for (const listener of this.#wentListeners) listener(pod);
    go();
  }

  /** What whoever is reached answers; nothing where the question or the answer is lost. */
  #orderOf({ metadata }: StoredObject): ReportOrder | undefined {
    if (this.#random() < 0.1) return undefined;
    const inboxes = [...this.#inboxes.values()];
    return inboxes[Math.floor(this.#random() * inboxes.length)]?.ask(metadata.uid);
  }

  /** The task of the pod says how it ended. */
  push(pod: StoredObject, result: TaskResult): void {
    const { uid } = pod.metadata;
    this.#said.set(uid, result);
    for (const listener of this.#listeners) listener(pod, result);
    if (this.#lies() < 0.3) this.#lie(pod, result);
    const dice = this.#random();
    if (dice < 0.15) return;
    this.#send(uid, result, dice < 0.3 ? LATE_MS : 20);
    if (dice > 0.8) this.#send(uid, result, LATE_MS);
  }

  /** A success that is not the pod's own, under its uid; or what it says, under the uid of another one. Nothing may follow from it. */
  #lie(pod: StoredObject, result: TaskResult): void {
    const success = { ...result, outcome: "succeeded" as const, rows: FORGED_ROWS };
    const isOther = (other: StoredObject) => JSON.stringify(attemptOf(other)) !== JSON.stringify(attemptOf(pod));
    const others = this.#api.storage.list("Pod").filter(isOther);
    const other = others[Math.floor(this.#lies() * others.length)];
    const lies = [
      { ...success, attempt: result.attempt + 1 },
      { ...success, node: other === undefined ? "elsewhere" : attemptOf(other).node, attempt: result.attempt + 7 },
      { ...success, run: "00000000-0000-4000-8000-ffffffffffff" },
      { ...success, part: 0 },
    ];
    const lie = lies[Math.floor(this.#lies() * lies.length)] ?? success;
    const isOfOther = other !== undefined && this.#lies() < 0.5;
    const uid = isOfOther ? other.metadata.uid : pod.metadata.uid;
    this.#clock.after(this.#lies() * AGAIN_MS, () => {
      for (const inbox of this.#inboxes.values()) inbox.take(uid, isOfOther ? { ...result, rows: FORGED_ROWS } : lie);
    });
  }

  #send(podUid: string, result: TaskResult, delayMaxMs: number): void {
    this.#clock.after(this.#random() * delayMaxMs, () => {
      const inboxes = [...this.#inboxes.values()];
      inboxes[Math.floor(this.#random() * inboxes.length)]?.take(podUid, result);
    });
  }

  #tellAgain(inbox: Inbox): void {
    for (const [podUid, result] of this.#said) if (this.#runs(podUid)) inbox.take(podUid, result);
  }

  #runs(podUid: string): boolean {
    const pod = this.#api.storage.list("Pod").find(({ metadata }) => metadata.uid === podUid);
    const { containerStatuses = [] } = (pod?.status ?? {}) as {
      containerStatuses?: { name: string; state?: { running?: object } }[];
    };
    return containerStatuses.some(({ name, state }) => name === "task" && state?.running !== undefined);
  }
}

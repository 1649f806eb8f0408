import type { Lease } from "../kinds/objects.ts";
import { isAlreadyExists, isConflict, isNotFound } from "./api-error.ts";
import type { Clock, Random } from "./clock.ts";
import type { Kube, ObjectKey } from "./kube.ts";
import { microTime } from "./micro-time.ts";

/*
 * | state    | what is true                                                     | what leaves it                              |
 * |----------|------------------------------------------------------------------|---------------------------------------------|
 * | standby  | somebody else may lead                                           | the lease is free, or stood still for its   |
 * |          |                                                                  | whole duration on our clock → leading       |
 * | leading  | our last renewal began less than `renewDeadlineMs` ago           | that time passes, or another holder → lost  |
 * | lost     | we led and may not any more: the process is to end               | never                                       |
 * | released | stop() was called; the lease is free when we had it              | never                                       |
 *
 * The clock of the holder is never believed: only how long the lease stood still in front of us counts.
 */

export interface LeaseSettings {
  readonly durationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

/** client-go's defaults: another replica takes over within 17 s of a leader's death. */
export const LEASE_SETTINGS: LeaseSettings = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

export interface LeaderElectorServices {
  readonly kube: Kube;
  readonly lease: ObjectKey;
  /** Different for each process, restarts included. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings?: LeaseSettings;
  /** What others are to know of this process while it leads: written with each claim. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly onLeading: () => void;
  /** Called once. The process must end: what it believes about the world may be another leader's past. */
  readonly onLost: (reason: string) => void;
  /** A try that failed; the next one follows. */
  readonly onError?: (error: unknown) => void;
}

type State = "standby" | "leading" | "lost" | "released";

/** Leads while it holds a Lease, so that of several replicas one acts. */
export class LeaderElector {
  readonly #services: LeaderElectorServices;
  readonly #settings: LeaseSettings;
  #state: State = "standby";
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** Of the lease that we hold or held. */
  #resourceVersion: string | undefined;
  #holderAnnotations: Readonly<Record<string, string>> = {};
  #seen: { readonly spec: string; readonly endsAt: number } | undefined;
  #cancelTry: () => void = () => undefined;
  #cancelDeadline: () => void = () => undefined;
  #trying: Promise<void> = Promise.resolve();

  constructor(services: LeaderElectorServices) {
    this.#services = services;
    this.#settings = services.settings ?? LEASE_SETTINGS;
  }

  start(): void {
    this.#try();
  }

  /** Gives the lease back when we have it, so that another replica leads at its next try. */
  async stop(): Promise<void> {
    if (this.#state === "lost" || this.#state === "released") return;
    this.#state = "released";
    this.#cancelTry();
    this.#cancelDeadline();
    await this.#trying;
    if (this.#resourceVersion !== undefined) await this.#release();
  }

  get leading(): boolean {
    return this.#state === "leading";
  }

  /** What the leader says of itself on the lease, as this process last read it: a standby reads it every two seconds. */
  get holderAnnotations(): Readonly<Record<string, string>> {
    return this.#holderAnnotations;
  }

  /** Asked before every write: false for a leader that was stopped or paused for too long, before any timer fires. */
  canWrite(): boolean {
    return this.leading && this.#sinceRenewal() < this.#settings.renewDeadlineMs;
  }

  #sinceRenewal(): number {
    return this.#services.clock.monotonic() - this.#renewedAt;
  }

  #try(): void {
    this.#trying = this.#attempt()
      .catch((error) => this.#services.onError?.(error))
      .then(() => this.#plan());
  }

  #plan(): void {
    if (this.#state !== "standby" && this.#state !== "leading") return;
    // Up to a fifth earlier, so that replicas do not ask all at once; a standby never sleeps past the end of the lease.
    const retryMs = this.#settings.retryMs * (1 - this.#services.random() / 5);
    const leftMs = this.#leaseLeftMs();
    const delayMs = this.#state === "standby" && leftMs > 0 ? Math.min(retryMs, leftMs) : retryMs;
    this.#cancelTry = this.#services.clock.after(delayMs, () => this.#try());
  }

  async #attempt(): Promise<void> {
    if (this.#state === "leading") await this.#renew();
    else await this.#acquire();
  }

  async #acquire(): Promise<void> {
    const lease = await this.#read();
    if (lease === undefined) return await this.#create();
    this.#holderAnnotations = lease.spec?.holderIdentity ? (lease.metadata.annotations ?? {}) : {};
    if (!this.#isFree(lease)) return;
    const leaseTransitions = (lease.spec?.leaseTransitions ?? 0) + 1;
    try {
      await this.#claim(lease.metadata.resourceVersion, { acquireTime: this.#now(), leaseTransitions });
    } catch (error) {
      // Another replica was faster.
      if (!isConflict(error)) throw error;
    }
  }

  #isFree({ spec = {} }: Lease): boolean {
    const holder = spec.holderIdentity ?? "";
    if (holder === "" || holder === this.#services.identity) return true;
    const found = JSON.stringify(spec);
    if (this.#seen?.spec !== found) {
      const durationMs = (spec.leaseDurationSeconds ?? this.#settings.durationMs / 1000) * 1000;
      this.#seen = { spec: found, endsAt: this.#services.clock.monotonic() + durationMs };
    }
    return this.#leaseLeftMs() === 0;
  }

  /** How long somebody else's lease lasts if it is not renewed. */
  #leaseLeftMs(): number {
    if (this.#seen === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#seen.endsAt - this.#services.clock.monotonic());
  }

  /** `sentAt` is when the write left: the others may count from any moment after it. */
  #lead(lease: Lease, sentAt: number): void {
    if (this.#state === "lost") return;
    this.#resourceVersion = lease.metadata.resourceVersion;
    this.#renewedAt = sentAt;
    if (this.#state === "released") return;
    this.#cancelDeadline();
    const leftMs = sentAt + this.#settings.renewDeadlineMs - this.#services.clock.monotonic();
    this.#cancelDeadline = this.#services.clock.after(leftMs, () =>
      this.#lose("the lease could not be renewed in time"),
    );
    if (this.#state === "leading") return;
    this.#state = "leading";
    this.#services.onLeading();
  }

  async #renew(): Promise<void> {
    try {
      await this.#claim(this.#resourceVersion);
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) await this.#sortOut();
      else throw error;
    }
  }

  /** The lease is not as we left it: a renewal whose answer was lost, a deletion, or another leader. */
  async #sortOut(): Promise<void> {
    const lease = await this.#read();
    if (lease === undefined) return await this.#create();
    if (lease.spec?.holderIdentity !== this.#services.identity) {
      return this.#lose(`another replica leads: ${lease.spec?.holderIdentity || "nobody yet"}`);
    }
    await this.#claim(lease.metadata.resourceVersion);
  }

  #lose(reason: string): void {
    if (this.#state !== "leading") return;
    this.#state = "lost";
    this.#cancelTry();
    this.#cancelDeadline();
    this.#services.onLost(reason);
  }

  async #release(): Promise<void> {
    try {
      await this.#patch({ holderIdentity: "", renewTime: this.#now() }, this.#resourceVersion);
    } catch (error) {
      // It then runs out by itself.
      this.#services.onError?.(error);
    }
  }

  async #read(): Promise<Lease | undefined> {
    try {
      return await this.#services.kube.get("Lease", this.#services.lease);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #create(): Promise<void> {
    const { namespace, name } = this.#services.lease;
    const sentAt = this.#services.clock.monotonic();
    const spec = { ...this.#tenure(), acquireTime: this.#now(), leaseTransitions: 0 };
    const { annotations = {} } = this.#services;
    try {
      this.#lead(
        await this.#services.kube.create("Lease", namespace, { metadata: { name, annotations }, spec }),
        sentAt,
      );
    } catch (error) {
      // Another replica was faster.
      if (!isAlreadyExists(error)) throw error;
    }
  }

  /** Writes that we hold the lease, provided that nobody wrote it since. */
  async #claim(resourceVersion: string | undefined, more: object = {}): Promise<void> {
    const sentAt = this.#services.clock.monotonic();
    this.#lead(await this.#patch({ ...this.#tenure(), ...more }, resourceVersion), sentAt);
  }

  #patch(spec: object, resourceVersion: string | undefined): Promise<Lease> {
    const precondition = resourceVersion === undefined ? {} : { resourceVersion };
    const { annotations = {} } = this.#services;
    return this.#services.kube.patch("Lease", this.#services.lease, { metadata: { annotations }, spec }, precondition);
  }

  #tenure(): { holderIdentity: string; leaseDurationSeconds: number; renewTime: string } {
    const leaseDurationSeconds = this.#settings.durationMs / 1000;
    return { holderIdentity: this.#services.identity, leaseDurationSeconds, renewTime: this.#now() };
  }

  #now(): string {
    return microTime(this.#services.clock.now());
  }
}

import type { Logger } from "pino";
import type { Clock } from "../kube/clock.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type ServerIdentity, serverIdentity } from "./certificate.ts";
import { Intake } from "./intake.ts";
import { ReportListener } from "./listener.ts";
import type { ReportStore } from "./report-store.ts";
import type { SenderCaches } from "./sender-attempt.ts";
import { Tokens } from "./tokens.ts";

export interface ChannelSettings {
  /** Where the listener listens; 0 for any free port. */
  readonly port: number;
  /** Hosts under which tasks reach it, in the order in which they ask: this pod, then the Service. */
  readonly hosts: readonly string[];
}

export interface ChannelServices {
  readonly settings: ChannelSettings;
  readonly store: ReportStore;
  readonly caches: SenderCaches;
  readonly wake: (run: string) => void;
  /** What the listener's key is derived from. */
  readonly sealKey: Uint8Array;
  /** The cluster's keys of service account tokens. */
  readonly readKeys: () => Promise<unknown>;
  readonly leads: () => boolean;
  readonly leaderUrl: () => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

const SWEEP_MS = 10_000;
const KEYS_RETRY_MS = 60_000;
/** A fault of the listener is reported at most as often. */
const FAULT_MS = 60_000;

/**
 * The way by which tasks tell the operator how they stand. While it cannot be opened, no Job learns of it, and everything works by
 * what the kubelet says.
 */
export class Channel {
  readonly #services: ChannelServices;
  readonly #identity: ServerIdentity;
  readonly #tokens: Tokens;
  readonly #intake: Intake;
  readonly #listener: ReportListener;
  readonly #timers = new Set<() => void>();
  #faultAt = Number.NEGATIVE_INFINITY;
  #hasWarned = false;

  constructor(services: ChannelServices) {
    this.#services = services;
    const { store, clock, metrics, readKeys } = services;
    this.#identity = serverIdentity(services.sealKey);
    this.#tokens = new Tokens({ readKeys, clock });
    this.#intake = new Intake(services);
    this.#listener = new ReportListener({
      ...services,
      identity: this.#identity,
      tokens: this.#tokens,
      intake: this.#intake,
      answered: (status) => metrics.reportMessages.inc({ answer: status === 0 ? "none" : String(status) }),
      failed: (error) => this.#tellFault(error),
    });
    metrics.reportChannel.set(0);
    metrics.beforeScrape(() => {
      metrics.reportPods.set(store.size);
      metrics.reportBytes.set(store.bytes);
    });
  }

  /** Listens, and lets Jobs know as soon as tokens can be checked. Never rejects: without the channel everything works, only later. */
  async start(): Promise<void> {
    const { settings, log } = this.#services;
    try {
      const port = await this.#listener.listen(settings.port);
      await this.#open(port);
      this.#every(SWEEP_MS, () => this.#sweep());
    } catch (error) {
      log.error(
        { port: settings.port, reason: reasonOf(error) },
        "the report channel is off: its port cannot be listened on",
      );
    }
  }

  /** Tasks ask another replica from now on. */
  async stop(): Promise<void> {
    this.#services.store.open(undefined);
    for (const cancel of this.#timers) cancel();
    this.#intake.stop();
    await this.#listener.close();
  }

  async #open(port: number): Promise<void> {
    const { settings, store, log, metrics } = this.#services;
    try {
      await this.#tokens.loadKeys();
    } catch (error) {
      const advice =
        "the report channel is off until the cluster's keys for tokens can be read: bind the ClusterRole system:service-account-issuer-discovery to the operator's ServiceAccount, or set reportChannel.enabled to false";
      if (!this.#hasWarned) log.warn({ reason: reasonOf(error) }, advice);
      this.#hasWarned = true;
      this.#after(KEYS_RETRY_MS, () => void this.#open(port));
      return;
    }
    const urls = settings.hosts.map((host) => baseUrl(host, port));
    store.open({ urls, certificate: this.#identity.certificate });
    metrics.reportChannel.set(1);
    log.info({ port, urls }, "the report channel is open");
  }

  #sweep(): void {
    this.#intake.sweep();
    this.#listener.sweep();
  }

  #tellFault(error: unknown): void {
    const { clock, log } = this.#services;
    if (clock.monotonic() - this.#faultAt < FAULT_MS) return;
    this.#faultAt = clock.monotonic();
    const stack = error instanceof Error ? error.stack : undefined;
    log.error({ reason: reasonOf(error), stack }, "the report channel has a fault");
  }

  #every(intervalMs: number, callback: () => void): void {
    this.#after(intervalMs, () => {
      callback();
      this.#every(intervalMs, callback);
    });
  }

  #after(delayMs: number, callback: () => void): void {
    const cancel = this.#services.clock.after(delayMs, () => {
      this.#timers.delete(cancel);
      callback();
    });
    this.#timers.add(cancel);
  }
}

/** The base URL of a listener; IPv6 addresses stand in brackets. */
export function baseUrl(host: string, port: number): string {
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

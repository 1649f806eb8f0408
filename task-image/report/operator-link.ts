import { REPORT_TOKEN_FILE, type ReportChannel, type ReportOrder } from "#api/report.ts";
import type { TaskResult } from "#api/task.ts";
import type { Log } from "../log.ts";
import type { Redactor } from "../redaction.ts";
import type { Speaker } from "../result.ts";
import type { ReportClient } from "./client.ts";
import { SYSTEM_CLOCK } from "./clock.ts";
import type { ItemStore } from "./item-store.ts";

/** The first message waits for the first item that is worked on: by then the first query is on its way. It waits no longer than this. */
const FIRST_MESSAGE_MS = 100;

export interface OperatorLinkOptions {
  readonly channel: ReportChannel;
  readonly store: ItemStore;
  readonly speaker: Speaker;
  readonly redactor: Redactor;
  readonly log: Pick<Log, "warn">;
  /** Another file than the one that the kubelet writes. */
  readonly tokenFile?: string | undefined;
}

/** The channel as the process uses it. Its code is imported when it is wanted, and whatever fails in it stays in it. */
export class OperatorLink {
  readonly #options: OperatorLinkOptions;
  #client: Promise<ReportClient | undefined> | undefined;
  #opened: ReportClient | undefined;
  #begin: (() => void) | undefined;

  constructor(options: OperatorLinkOptions) {
    this.#options = options;
  }

  /** Waits for the order to begin; `lost` where there was no way through. */
  async hold(signal: AbortSignal): Promise<Exclude<ReportOrder, "hold"> | "lost"> {
    const client = await this.#open();
    return client === undefined ? "lost" : await client.hold(signal);
  }

  /** The work has begun: says so soon. */
  begin(onOrder: (order: ReportOrder) => void): void {
    const cancel = SYSTEM_CLOCK.after(FIRST_MESSAGE_MS, () => this.#begin?.());
    this.#begin = () => {
      this.#begin = undefined;
      cancel();
      void this.#open().then((client) => client?.begin(onOrder));
    };
    if (this.#opened !== undefined) this.#begin();
  }

  /** Something has changed. */
  changed(): void {
    if (this.#begin !== undefined && this.#options.store.isWorking) this.#begin();
    this.#opened?.changed();
  }

  /** Says the result. Answers whether the operator has it. */
  async end(result: TaskResult): Promise<boolean> {
    this.#begin = undefined;
    const client = await this.#open();
    return client === undefined ? false : await client.end(result);
  }

  #open(): Promise<ReportClient | undefined> {
    this.#client ??= this.#load().catch((error: unknown) => {
      this.#options.log.warn(
        `the channel to the operator cannot be opened: ${(error as Error).message}. The work goes on`,
      );
      return undefined;
    });
    return this.#client;
  }

  async #load(): Promise<ReportClient> {
    const { channel, redactor, tokenFile = REPORT_TOKEN_FILE, ...rest } = this.#options;
    const [client, { createPost }] = await Promise.all([import("./client.ts"), import("./post.ts")]);
    const { certificate, urls } = channel;
    const epoch = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    const post = createPost({ certificate, tokenFile, redactor, clock: SYSTEM_CLOCK });
    this.#opened = new client.ReportClient({
      ...rest,
      urls,
      post,
      epoch,
      clock: SYSTEM_CLOCK,
      wallClock: Date.now,
      random: Math.random,
    });
    return this.#opened;
  }
}

import { createHash } from "node:crypto";
import type { Logger } from "pino";
import { API_VERSION, LABEL, MANAGER, type ObjectMeta } from "#api/metadata.ts";
import type { NodeReportStatus } from "#api/node-report.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { labelValue, nodeReportName } from "../../job/names.ts";
import type { CustomObject } from "../../kinds/objects.ts";
import { isAlreadyExists, isBadObject, isNotFound } from "../../kube/api-error.ts";
import type { Clock } from "../../kube/clock.ts";
import type { Kube, ObjectKey } from "../../kube/kube.ts";
import { formatKey } from "../../kube/object-key.ts";
import { hasFinished } from "../../run/decide.ts";
import type { Facts } from "../../run/facts.ts";
import { nodeReportPages, reportSources } from "../../run/node-report.ts";

export interface NodeReportWriterServices {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The least time between two writes of one run's reports. */
const INTERVAL_MS = 1_000;
const BACKOFF_MAX_MS = 60_000;
/** The first report of a node that works waits for so long: one that ends before has one write fewer. */
const FIRST_MS = 250;

interface Wanted {
  readonly version: string;
  /** Not before this time, monotonic ms. */
  readonly from: number;
  readonly pages: readonly NodeReportStatus[];
}

/** What is written of one run. */
interface RunReports {
  readonly run: ObjectMeta;
  readonly pipeline: string;
  /** The version of each node's report that was last asked for. */
  readonly versions: Map<string, string>;
  /** Nodes whose report is still to be written. */
  readonly wanted: Map<string, Wanted>;
  /** Digests of the pages that are stored, by node. */
  readonly stored: Map<string, readonly string[]>;
  /** Nodes of which a report was refused; each is logged once. */
  readonly refused: Set<string>;
  writtenAt: number;
  failures: number;
  underWay?: Promise<void> | undefined;
  cancel?: (() => void) | undefined;
}

/**
 * Writes NodeReports in the background, each run's at most once a second: nothing waits for them, nothing is decided by them, and one that
 * cannot be written stops nothing else, the reports of other nodes neither. The last state of a node is written whenever it came.
 */
export class NodeReportWriter {
  readonly #services: NodeReportWriterServices;
  readonly #runs = new Map<string, RunReports>();
  /** Runs of which nothing more can come, by uid of the run. */
  readonly #ended = new Map<string, string>();

  #isEnding = false;

  constructor(services: NodeReportWriterServices) {
    this.#services = services;
  }

  /** What the run's nodes have said by now; `nodes` as they are to be stored. */
  write(facts: Facts, nodes: PipelineRunStatus["nodes"]): void {
    const { meta, spec } = facts.run;
    const key = formatKey(meta);
    const isOver = hasFinished(facts);
    if (this.#ended.get(key) === meta.uid || (isOver && !this.#runs.has(key))) return;
    const sources = reportSources(facts, nodes);
    if (sources.length === 0 && !this.#runs.has(key)) return;
    const reports = this.#reportsOf(key, meta, spec.pipeline);
    for (const source of sources) {
      if (reports.versions.get(source.node) === source.version) continue;
      reports.versions.set(source.node, source.version);
      const pages = nodeReportPages(source, meta.uid);
      if (pages.length === 0) continue;
      const from = source.hasEnded ? Number.NEGATIVE_INFINITY : this.#firstAt(reports, source.node);
      reports.wanted.set(source.node, { version: source.version, from, pages });
    }
    this.#plan(reports);
    const isSilent = [...facts.attempts.values()].flat().every(({ pods }) => pods.every((pod) => pod.terminated));
    if (isOver && isSilent && reports.wanted.size === 0 && reports.underWay === undefined) this.#end(key, meta.uid);
  }

  /** When what a node at work says may be written. */
  #firstAt({ stored, wanted }: RunReports, node: string): number {
    if (stored.has(node)) return Number.NEGATIVE_INFINITY;
    return wanted.get(node)?.from ?? this.#services.clock.monotonic() + FIRST_MS;
  }

  /** The run is gone, and its reports go with it. */
  forget(key: string): void {
    this.#runs.get(key)?.cancel?.();
    this.#runs.delete(key);
    this.#ended.delete(key);
  }

  /** Writes what is still to be written, once, and begins nothing more. */
  async flush(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(
      [...this.#runs.values()].map(async (reports) => {
        reports.cancel?.();
        await reports.underWay;
        if (reports.wanted.size > 0) await this.#writeAll(reports);
      }),
    );
    this.#runs.clear();
  }

  #end(key: string, uid: string): void {
    this.#runs.delete(key);
    this.#ended.set(key, uid);
  }

  #reportsOf(key: string, run: ObjectMeta, pipeline: string): RunReports {
    const known = this.#runs.get(key);
    if (known?.run.uid === run.uid) return known;
    known?.cancel?.();
    const writtenAt = Number.NEGATIVE_INFINITY;
    const kept = { versions: new Map(), wanted: new Map(), stored: new Map(), refused: new Set<string>() };
    const made = { run, pipeline, ...kept, writtenAt, failures: 0 };
    this.#runs.set(key, made);
    return made;
  }

  #plan(reports: RunReports): void {
    if (this.#isEnding || reports.wanted.size === 0 || reports.underWay !== undefined || reports.cancel !== undefined)
      return;
    const { clock } = this.#services;
    const pauseMs = Math.min(BACKOFF_MAX_MS, INTERVAL_MS * 2 ** reports.failures);
    const begin = () => {
      reports.cancel = undefined;
      reports.underWay = this.#writeAll(reports).finally(() => {
        reports.underWay = undefined;
        if (this.#runs.get(formatKey(reports.run)) === reports) this.#plan(reports);
      });
    };
    const first = Math.min(...[...reports.wanted.values()].map(({ from }) => from));
    const leftMs = Math.max(reports.writtenAt + pauseMs, first) - clock.monotonic();
    if (leftMs <= 0) begin();
    else reports.cancel = clock.after(leftMs, begin);
  }

  /** Writes what is wanted, node by node. A report that is refused for what it says waits until its node says something else. */
  async #writeAll(reports: RunReports): Promise<void> {
    const now = this.#services.clock.monotonic();
    reports.writtenAt = now;
    const wanted = [...reports.wanted].filter(([, { from }]) => from <= now || this.#isEnding);
    for (const [node] of wanted) reports.wanted.delete(node);
    try {
      while (wanted.length > 0) {
        const [node, { pages }] = wanted[0] as (typeof wanted)[number];
        await this.#writeNode(reports, node, pages).catch((error: unknown) => this.#refused(reports, node, error));
        wanted.shift();
      }
      reports.failures = 0;
    } catch (error) {
      for (const [node, one] of wanted) if (!reports.wanted.has(node)) reports.wanted.set(node, one);
      this.#failed(reports, error);
    }
  }

  /** Throws what has nothing to do with the one report. */
  #refused({ run, refused }: RunReports, node: string, error: unknown): void {
    if (!isBadObject(error)) throw error;
    if (refused.has(node)) return;
    refused.add(node);
    this.#services.log.warn({ run: formatKey(run), node, reason: error.message }, "the report of a node was refused");
  }

  #failed(reports: RunReports, error: unknown): void {
    reports.failures += 1;
    if (reports.failures !== 1) return;
    const reason = error instanceof Error ? error.message : String(error);
    this.#services.log.warn({ run: formatKey(reports.run), reason }, "reports of nodes could not be written");
  }

  async #writeNode(reports: RunReports, node: string, pages: readonly NodeReportStatus[]): Promise<void> {
    const stored = reports.stored.get(node) ?? (await this.#found(reports, node, pages));
    if (stored === "better") return;
    const digests = pages.map(digestOf);
    for (const [i, page] of pages.entries()) {
      if (stored[i] === digests[i]) continue;
      if (stored[i] === undefined) await this.#create(reports, node, i + 1);
      await this.#writePage(reports, node, i + 1, page);
    }
    for (let page = pages.length + 1; page <= stored.length; page += 1) await this.#delete(reports, node, page);
    reports.stored.set(node, digests);
  }

  /** What another process has stored: how many pages, or that it knew more of this attempt. */
  async #found(
    reports: RunReports,
    node: string,
    pages: readonly NodeReportStatus[],
  ): Promise<readonly string[] | "better"> {
    const found = await this.#services.kube.get("NodeReport", keyOf(reports, node, 1)).catch(undefinedIfGone);
    if (found === undefined || !isOf(found, reports)) return [];
    const { attempt, total = 0, pages: count = 1 } = (found.status ?? {}) as NodeReportStatus;
    const [first] = pages;
    if (attempt === first?.attempt && total > (first?.total ?? 0) && first?.itemsLeftOut !== 0) return "better";
    return Array.from({ length: count }, () => "");
  }

  /** A page that an earlier run of the same name has left gives way: it would go with that run in a moment anyway. */
  async #writePage(reports: RunReports, node: string, page: number, status: NodeReportStatus): Promise<void> {
    const { kube } = this.#services;
    const key = keyOf(reports, node, page);
    const patch = () => kube.patch("NodeReport", key, { status }, { subresource: "status" });
    const stored = await patch().catch(undefinedIfGone);
    if (stored !== undefined && isOf(stored, reports)) return;
    if (stored !== undefined) {
      await kube
        .delete("NodeReport", key, { propagation: "Background", uid: stored.metadata.uid })
        .catch(undefinedIfGone);
    }
    await this.#create(reports, node, page);
    await patch();
  }

  async #create({ run, pipeline }: RunReports, node: string, page: number): Promise<void> {
    const { namespace, name, uid } = run;
    const labels = {
      [LABEL.managedBy]: MANAGER,
      [LABEL.pipeline]: labelValue(pipeline),
      [LABEL.run]: labelValue(name),
      [LABEL.runUid]: uid,
      [LABEL.node]: node,
    };
    const ownerReferences = [{ apiVersion: API_VERSION, kind: "PipelineRun", name, uid, controller: true }];
    const metadata = { name: nodeReportName(name, node, page), labels, ownerReferences };
    try {
      await this.#services.kube.create("NodeReport", namespace, { metadata, spec: { run: name, node, page } });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }

  async #delete(reports: RunReports, node: string, page: number): Promise<void> {
    const key = keyOf(reports, node, page);
    await this.#services.kube.delete("NodeReport", key, { propagation: "Background" }).catch(undefinedIfGone);
  }
}

function keyOf({ run }: RunReports, node: string, page: number): ObjectKey {
  return { namespace: run.namespace, name: nodeReportName(run.name, node, page) };
}

function isOf({ metadata }: CustomObject, { run }: RunReports): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === run.uid) === true;
}

function undefinedIfGone(error: unknown): undefined {
  if (!isNotFound(error)) throw error;
}

function digestOf(page: NodeReportStatus): string {
  return createHash("sha256").update(JSON.stringify(page)).digest("base64url");
}

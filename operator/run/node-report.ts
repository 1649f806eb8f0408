import {
  NODE_REPORT_BYTES_MAX,
  NODE_REPORT_ITEMS_MAX,
  NODE_REPORT_PAGES_MAX,
  type NodeReportItem,
  type NodeReportStatus,
} from "../api/node-report.ts";
import { unpackItems } from "../api/packed-items.ts";
import { ALL_UNIT, END_UNIT, PLAN_UNIT, splitUnitKey, unitKey } from "../api/packing.ts";
import type { NodeStatus, PipelineRunStatus } from "../api/pipeline-run.ts";
import { REPORT_ITEMS_MAX, type ReportItem } from "../api/report.ts";
import { readResult } from "./attempt/task-end.ts";
import type { Facts, PodFacts } from "./facts.ts";
import { TERMINAL } from "./node.ts";

/*
 * What is written of the items inside a node, from what its latest attempt's pods have said.
 *
 * | the pod                                   | its items are                                                         |
 * |-------------------------------------------|-----------------------------------------------------------------------|
 * | has pushed items and its result           | those                                                                 |
 * | has pushed items, and left others         | those, with the states that its termination message has               |
 * | has pushed nothing, and left some         | those, with a count of what did not fit into the termination message  |
 * | was replaced by another one that has some | forgotten                                                             |
 * | is one of several parts                   | put together: rows and bytes added, the least finished of the states  |
 * | is of a unit of a packed node             | in the place of those that the plan's Job has named                   |
 *
 * Items of a packed node whose units have ended without them, because something before them failed, are Skipped when the node has ended.
 */

/** An attempt of a node, or of a part of a packed one, whose pods have named items. */
interface Telling {
  /** The node, or the key of the part. */
  readonly key: string;
  readonly attempt: number;
  /** One a part of a fan-out. */
  readonly pods: readonly PodFacts[];
}

/** A node that has something to say of what lies inside it. */
export interface ReportSource {
  readonly node: string;
  readonly status: NodeStatus;
  readonly attempt: number;
  readonly hasEnded: boolean;
  /** One, or one for each part of a packed node, that of the plan first. */
  readonly tellings: readonly Telling[];
  /** Parts of a packed node have ended and nothing is known of what lies in them. */
  readonly hasLostParts: boolean;
  /** Another one wherever the pages are others. */
  readonly version: string;
}

/** What the latest attempt of each node has said whose pods have named items. */
export function reportSources(facts: Facts, nodes: PipelineRunStatus["nodes"] = {}): readonly ReportSource[] {
  const parts = Map.groupBy(Object.keys(nodes).filter(isPart), (key) => splitUnitKey(key).node);
  return Object.entries(nodes).flatMap(([node, status]) => {
    if (isPart(node)) return [];
    const keys = parts.get(node) ?? [node];
    const tellings = keys.flatMap((key) => tellingOf(key, facts) ?? []);
    if (tellings.length === 0) return [];
    const hasEnded = TERMINAL.includes(status.state);
    const heard = new Set(tellings.map(({ key }) => key));
    const hasLostParts = keys.some((key) => isPart(key) && hasItemsInside(key, nodes) && !heard.has(key));
    const said = tellings.map(({ key, attempt, pods }) => [key, attempt, pods.map(versionOf)]);
    const version = JSON.stringify([hasEnded, hasLostParts, said]);
    const attempt = Math.max(...tellings.map((each) => each.attempt));
    return [{ node, status, attempt, hasEnded, tellings, hasLostParts, version }];
  });
}

function isPart(key: string): boolean {
  return splitUnitKey(key).unit !== undefined;
}

/** Whether a part of a packed node has ended, and had items: what comes last has none, nor has a plan after which one Job does all. */
function hasItemsInside(key: string, nodes: NonNullable<PipelineRunStatus["nodes"]>): boolean {
  const { state } = nodes[key] ?? { state: "Pending" };
  const { node, unit } = splitUnitKey(key);
  if (unit === END_UNIT || (unit === PLAN_UNIT && nodes[unitKey(node, ALL_UNIT)] !== undefined)) return false;
  return state === "Succeeded" || state === "Failed";
}

function tellingOf(key: string, { attempts }: Facts): Telling | undefined {
  const found = attempts.get(key)?.findLast(({ pods }) => pods.some(hasItems));
  if (found === undefined) return undefined;
  const newest = new Map(found.pods.filter(hasItems).map((pod) => [pod.part, pod]));
  return { key, attempt: found.attempt, pods: [...newest.values()] };
}

function hasItems({ items, terminated }: PodFacts): boolean {
  return (items?.list.length ?? 0) > 0 || terminated?.message.includes('"items":') === true;
}

function versionOf({ name, items, terminated, pushed }: PodFacts): readonly unknown[] {
  return [name, items?.at, pushed?.at, terminated?.at];
}

/** The pages of a node's report; none where what looked like items is not. */
export function nodeReportPages(source: ReportSource, run: string): NodeReportStatus[] {
  const { status, attempt, hasEnded, hasLostParts } = source;
  const said = source.tellings.map(({ key, attempt: of, pods }) =>
    pods.map((pod) => itemsOf(pod, { run, node: key, attempt: of })),
  );
  const merged = new Map<string, ReportItem>();
  for (const each of said)
    for (const [key, item] of mergeParts(each.map(({ list }) => list))) {
      if (item.state !== "Pending" || !merged.has(key)) merged.set(key, item);
    }
  const isPacked = source.tellings.some(({ key }) => isPart(key));
  const all = [...merged.values()].map((item) => (isPacked && hasEnded && !hasLostParts ? unbuilt(item) : item));
  const items = all.slice(0, REPORT_ITEMS_MAX);
  if (items.length === 0) return [];
  const itemsLeftOut = said.flat().reduce((sum, { leftOut }) => sum + leftOut, all.length - items.length);
  const isLost = hasLostParts || said.flat().some(({ isLast }) => !isLast);
  const since = (hasEnded ? status.finished : status.attemptStarted) ?? status.started ?? "1970-01-01T00:00:00Z";
  const pages = Math.min(NODE_REPORT_PAGES_MAX, Math.ceil(items.length / NODE_REPORT_ITEMS_MAX));
  const shared = {
    observedGeneration: 1,
    conditions: [{ type: "Complete", ...completeness({ hasEnded, itemsLeftOut, isLost }), lastTransitionTime: since }],
    attempt,
    pages,
    total: items.length,
    counts: countsOf(items),
    itemsLeftOut,
  };
  return Array.from({ length: pages }, (_, page) => ({
    ...shared,
    items: fitting(items.slice(page * NODE_REPORT_ITEMS_MAX, (page + 1) * NODE_REPORT_ITEMS_MAX).map(writtenItem)),
  }));
}

/** An item that no unit has come to. */
function unbuilt(item: ReportItem): ReportItem {
  return item.state === "Pending" ? { ...item, state: "Skipped", message: "something before it failed" } : item;
}

/** How long messages may be, in characters: each is tried when the one before is too much. */
const MESSAGE_ROOMS = [512, 128, 0];
/** Bytes of JSON that one character takes at most: control characters are written as `\u0001`. */
const CHARACTER_BYTES_MAX = 6;
/** What an item takes beside its texts, at most. */
const ITEM_BYTES_MAX = 256;

/** The items of a page, with messages cut where they would be too much for one object. */
function fitting(items: readonly NodeReportItem[]): NodeReportItem[] {
  let fitted = [...items];
  for (const room of MESSAGE_ROOMS) {
    if (fits(fitted)) break;
    fitted = items.map(({ message, ...item }) => ({ ...item, ...cutMessage(message, room) }));
  }
  return fitted;
}

function fits(items: readonly NodeReportItem[]): boolean {
  const characters = items.reduce((sum, { name, message = "" }) => sum + name.length + message.length, 0);
  if (characters * CHARACTER_BYTES_MAX + items.length * ITEM_BYTES_MAX <= NODE_REPORT_BYTES_MAX) return true;
  return Buffer.byteLength(JSON.stringify(items)) <= NODE_REPORT_BYTES_MAX;
}

function cutMessage(message: string | undefined, room: number): Pick<NodeReportItem, "message"> {
  if (message === undefined || room === 0) return {};
  return { message: message.length <= room ? message : `${message.slice(0, room - 1)}…`.toWellFormed() };
}

interface Said {
  readonly list: readonly ReportItem[];
  readonly leftOut: number;
  /** Nothing follows. */
  readonly isLast: boolean;
}

function itemsOf(
  { items, pushed, terminated, part }: PodFacts,
  expected: { readonly run: string; readonly node: string; readonly attempt: number },
): Said {
  const known = { list: items?.list ?? [], leftOut: items?.leftOut ?? 0 };
  if (pushed !== undefined && known.list.length > 0) return { ...known, isLast: true };
  const ofPart = part === undefined ? expected : { ...expected, part };
  const result = readResult(terminated?.message ?? "", { ...ofPart, required: true });
  if (typeof result === "string") return { ...known, isLast: false };
  const left = unpackItems(result.items ?? "") ?? [];
  const all = new Map([...known.list, ...left].map((item) => [keyOf(item), item]));
  const total = left.length + (result.itemsLeftOut ?? 0);
  return { list: [...all.values()], leftOut: Math.max(0, total - all.size), isLast: true };
}

/** Whichever stands first here counts for an item of several parts. */
const LEAST_FINISHED: readonly ReportItem["state"][] = [
  "Failed",
  "Running",
  "Pending",
  "Warned",
  "Skipped",
  "Succeeded",
];

function mergeParts(parts: readonly (readonly ReportItem[])[]): ReadonlyMap<string, ReportItem> {
  const merged = new Map<string, ReportItem>();
  for (const item of parts.flat()) {
    const known = merged.get(keyOf(item));
    merged.set(keyOf(item), known === undefined ? item : together(known, item));
  }
  return merged;
}

function together(a: ReportItem, b: ReportItem): ReportItem {
  const [first, second] = LEAST_FINISHED.indexOf(a.state) <= LEAST_FINISHED.indexOf(b.state) ? [a, b] : [b, a];
  const sum = (field: "rows" | "bytes" | "failures") => {
    const values = [a[field], b[field]].filter((value) => value !== undefined);
    return values.length === 0
      ? {}
      : {
          [field]: Math.min(
            Number.MAX_SAFE_INTEGER,
            values.reduce((left, right) => left + right, 0),
          ),
        };
  };
  return { ...second, ...first, ...sum("rows"), ...sum("bytes"), ...sum("failures") };
}

function keyOf({ kind, name }: ReportItem): string {
  return `${kind} ${name}`;
}

function completeness(now: { readonly hasEnded: boolean; readonly itemsLeftOut: number; readonly isLost: boolean }) {
  const no = (reason: string, message: string) => ({ status: "False", reason, message }) as const;
  if (!now.hasEnded) return no("Reporting", "the node is at work");
  if (now.isLost) return no("Lost", "the attempt ended before its task had heard how all items ended");
  if (now.itemsLeftOut > 0) return no("ItemsLeftOut", `${now.itemsLeftOut} items are missing for want of room`);
  return { status: "True", reason: "Complete", message: "" } as const;
}

function countsOf(items: readonly ReportItem[]): NonNullable<NodeReportStatus["counts"]> {
  const of = (state: ReportItem["state"]) => items.filter((item) => item.state === state).length;
  return {
    pending: of("Pending"),
    running: of("Running"),
    succeeded: of("Succeeded"),
    warned: of("Warned"),
    failed: of("Failed"),
    skipped: of("Skipped"),
  };
}

function writtenItem({ seconds, ...item }: ReportItem): NodeReportItem {
  return { ...item, ...(seconds === undefined ? {} : { milliseconds: Math.round(seconds * 1000) }) };
}

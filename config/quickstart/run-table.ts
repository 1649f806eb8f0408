import { z } from "zod";
import { type NodeStatus, PipelineRunStatus } from "../../operator/api/pipeline-run.ts";
import { formatDuration } from "./lines.ts";

/** The part of a PipelineRun that is followed. */
export const FollowedRun = z.object({
  metadata: z.object({ name: z.string() }),
  status: PipelineRunStatus.pick({ conditions: true, progress: true, duration: true, nodes: true }).prefault({}),
});
export type FollowedRun = z.infer<typeof FollowedRun>;

const COLUMNS = ["NODE", "STATE", "ROWS", "SECONDS", "MESSAGE"] as const;

/** Whether the run has ended, and how: its Succeeded condition is True or False. */
export function outcomeOf(run: FollowedRun): { readonly succeeded: boolean; readonly message: string } | undefined {
  const condition = run.status.conditions?.find((candidate) => candidate.type === "Succeeded");
  if (!condition || condition.status === "Unknown") return undefined;
  return { succeeded: condition.status === "True", message: `${condition.reason}: ${condition.message}` };
}

/** The nodes of a run as aligned lines, those that began first on top; `now` in milliseconds. */
export function formatNodes(run: FollowedRun, now: number, width: number): string[] {
  const rows = Object.entries(run.status.nodes ?? {})
    .sort(([nameA, a], [nameB, b]) => beginning(a) - beginning(b) || nameA.localeCompare(nameB))
    .map(([name, node]) => cellsOf(name, node, now));
  const widths = COLUMNS.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [[...COLUMNS], ...rows].map((row) => alignRow(row, widths).trimEnd().slice(0, width));
}

function cellsOf(name: string, node: NodeStatus, now: number): string[] {
  const state = (node.attempt ?? 1) > 1 ? `${node.state} (attempt ${node.attempt})` : node.state;
  const rows = node.rows === undefined ? "" : node.rows.toLocaleString("en");
  return [name, state, rows, secondsOf(node, now), node.message ?? ""];
}

function secondsOf(node: NodeStatus, now: number): string {
  if (node.started === undefined) return "";
  const end = node.finished === undefined ? now : Date.parse(node.finished);
  return formatDuration(Math.max(0, end - Date.parse(node.started))).replace(/ s$/, "");
}

function alignRow(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 2 || column === 3 ? cell.padStart(width) : cell.padEnd(width);
    })
    .join("  ");
}

function beginning(node: NodeStatus): number {
  return node.started === undefined ? Number.POSITIVE_INFINITY : Date.parse(node.started);
}

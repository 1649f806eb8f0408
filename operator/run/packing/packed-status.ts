import { splitUnitKey, unitKey } from "../../api/packing.ts";
import type { NodeState, NodeStatus, PackedStatus, PipelineRunStatus } from "../../api/pipeline-run.ts";
import { cutAtWord } from "../../graph/listing.ts";
import { unitNames } from "./expand.ts";

/*
 * A packed node's parts as its stored status has them: a letter for the state of each, and details of those that are at work, wait for
 * their next attempt, or have failed. What is written and read again is the same.
 */

const LETTERS = { P: "Pending", S: "Succeeded", F: "Failed", K: "Skipped", C: "Cancelled" } as const;
/** One whose details say its state. */
const DETAILED = "D";
/** Failed units whose words are kept. */
const FAILED_MAX = 20;
const MESSAGE_MAX = 256;

type Nodes = Readonly<Record<string, NodeStatus>>;

/** The status with the parts of packed nodes as nodes. */
export function expandStatus(status: PipelineRunStatus): PipelineRunStatus {
  const { nodes } = status;
  if (nodes === undefined || Object.values(nodes).every(({ packed }) => packed === undefined)) return status;
  return {
    ...status,
    nodes: Object.fromEntries(
      Object.entries(nodes).flatMap(([name, node]) => {
        if (node.packed === undefined) return [[name, node]];
        const { states = "", units = {}, ...plan } = node.packed;
        const parts = unitNames(plan).map((unit, place) => {
          const letter = states[place] as keyof typeof LETTERS | undefined;
          const state: NodeState = (letter === undefined ? undefined : LETTERS[letter]) ?? "Pending";
          return [unitKey(name, unit), units[unit] ?? { state }] as const;
        });
        return [...parts, [name, { ...node, packed: plan }]];
      }),
    ),
  };
}

/** The nodes of a status as they are stored: the parts of a packed node are in its own status. */
export function packNodes(nodes: Nodes): Record<string, NodeStatus> {
  const parts = new Map<string, Map<string, NodeStatus>>();
  for (const [key, status] of Object.entries(nodes)) {
    const { node, unit } = splitUnitKey(key);
    if (unit === undefined) continue;
    const own = parts.get(node) ?? new Map<string, NodeStatus>();
    parts.set(node, own.set(unit, status));
  }
  return Object.fromEntries(
    Object.entries(nodes).flatMap(([name, status]) => {
      if (splitUnitKey(name).unit !== undefined) return [];
      const own = parts.get(name);
      return [[name, own === undefined ? status : { ...status, packed: packedOf(status.packed, own) }]];
    }),
  );
}

/** A whole status as it is stored. */
export function packStatus(status: PipelineRunStatus): PipelineRunStatus {
  return status.nodes === undefined ? status : { ...status, nodes: packNodes(status.nodes) };
}

function packedOf({ plan, alone }: PackedStatus = {}, parts: ReadonlyMap<string, NodeStatus>): PackedStatus {
  const said = { ...(plan === undefined ? {} : { plan }), ...(alone === undefined ? {} : { alone }) };
  const units: Record<string, NodeStatus> = {};
  let failed = 0;
  let states = "";
  for (const name of unitNames(said)) {
    const status = parts.get(name) ?? { state: "Pending" };
    const letter = Object.entries(LETTERS).find(([, state]) => state === status.state)?.[0];
    const isFailed = status.state === "Failed";
    states += letter ?? DETAILED;
    if (isFailed) failed += 1;
    const hasEnded = status.state === "Succeeded" || status.state === "Skipped" || status.state === "Cancelled";
    if (hasEnded || (isFailed && failed > FAILED_MAX) || isBare(status)) continue;
    units[name] = shortened(status);
  }
  return { ...said, states, ...(Object.keys(units).length === 0 ? {} : { units }) };
}

function isBare(status: NodeStatus): boolean {
  return status.state === "Pending" && Object.keys(status).length === 1;
}

function shortened({ message, packed: _, ...status }: NodeStatus): NodeStatus {
  return message === undefined ? status : { ...status, message: cutAtWord(message, MESSAGE_MAX) };
}

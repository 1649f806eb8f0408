import type { NodeStatus, PipelineRunStatus } from "../api/pipeline-run.ts";

/** How long messages may be. What a failed node says is kept longest. */
interface Room {
  readonly failed: number;
  readonly others: number;
  /** Whether less than everything else is kept too. */
  readonly bare?: true;
}

/** What goes first: each row is tried when the one before is too large. */
const ROOMS: readonly Room[] = [
  { failed: 1_024, others: 1_024 },
  { failed: 1_024, others: 128 },
  { failed: 512, others: 64 },
  { failed: 256, others: 64 },
  { failed: 128, others: 32 },
  { failed: 64, others: 0 },
  { failed: 0, others: 0, bare: true },
];

/** The status with as much of its messages as fits; nodes keep their states, attempts, reasons and counts in any case. */
export function fitStatus(status: PipelineRunStatus, bytesMax: number): PipelineRunStatus {
  let fitted = status;
  for (const room of ROOMS) {
    fitted = withRoom(status, room);
    if (Buffer.byteLength(JSON.stringify(fitted)) <= bytesMax) break;
  }
  return fitted;
}

function withRoom(status: PipelineRunStatus, room: Room): PipelineRunStatus {
  const nodes = Object.entries(status.nodes ?? {}).map(([name, node]) => [name, shortened(node, room)] as const);
  return { ...status, nodes: Object.fromEntries(nodes) };
}

function shortened(node: NodeStatus, { failed, others, bare }: Room): NodeStatus {
  const { message, ...rest } = node;
  const said = message === undefined ? undefined : cut(message, node.state === "Failed" ? failed : others);
  const kept = said === undefined || said === "" ? rest : { ...rest, message: said };
  if (bare !== true) return kept;
  const { attemptStarted: _, parts: __, reason, ...bone } = kept;
  return reason === undefined ? bone : { ...bone, reason: reason.replaceAll(/[^A-Za-z0-9]/g, "?") };
}

/** At most so many characters, and none of them half of one, which the API server would replace. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text.toWellFormed();
  return max === 0 ? "" : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…`.toWellFormed();
}

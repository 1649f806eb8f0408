/** What is laid out: boxes and who reads whom, by places in the list. */
export interface LayoutBox {
  readonly parents: readonly number[];
  readonly width: number;
  readonly height: number;
}

export interface Placed {
  /** Left and top of each box, in the order of the boxes. */
  readonly boxes: readonly { readonly x: number; readonly y: number }[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly from: number;
  readonly to: number;
  /** An SVG path from the right side of one box to the left side of another. */
  readonly path: string;
}

const GAP_X = 44;
const GAP_Y = 12;
/** What an edge takes on its way through a rank. */
const WAY = 10;
const SWEEPS = 8;
const PULLS = 6;
/** Ends of edges on a side of a box stand so far apart, where there is room. */
const SPREAD = 9;

/** A box, or a piece of an edge that is longer than one rank: so edges pass between boxes and bend between ranks alone. */
interface Cell {
  readonly box: number | undefined;
  readonly height: number;
  before: Cell[];
  after: Cell[];
  rank: number;
  order: number;
  y: number;
}

/**
 * Boxes in ranks from left to right: each behind all that it reads. Within a rank their order is that of the middle of their neighbours,
 * which leaves few crossings, and they are pulled towards these as far as there is room.
 */
export function layOut(boxes: readonly LayoutBox[]): Placed {
  if (boxes.length === 0) return { boxes: [], edges: [], width: 0, height: 0 };
  const ranks = ranksOf(boxes);
  const cells = boxes.map(({ height }, box): Cell => cellOf(box, height, ranks[box] ?? 0));
  const ways = new Map<number, Cell[]>();
  const chains = boxes.flatMap(({ parents }, to) =>
    parents.filter((from) => (ranks[from] ?? 0) < (ranks[to] ?? 0)).map((from) => chainOf(cells, ways, from, to)),
  );
  const columns = columnsOf([...cells, ...[...ways.values()].flat()]);
  untangle(columns);
  for (const column of columns) settle(column, 0);
  for (let pull = 0; pull < PULLS; pull += 1) pullTogether(columns, pull % 2 === 0);
  const top = Math.min(...columns.flatMap((column) => column.map(({ y }) => y)));
  for (const cell of columns.flat()) cell.y -= top;
  const lefts = leftsOf(columns, boxes);
  const at = cells.map((cell) => ({ x: lefts[cell.rank]?.x ?? 0, y: cell.y }));
  const last = lefts.at(-1);
  return {
    boxes: at,
    edges: chains.map(({ from, to, way }) => ({ from, to, path: pathOf(cells, way, { from, to, boxes, lefts }) })),
    width: last === undefined ? 0 : last.x + last.width,
    height: Math.max(...columns.flatMap((column) => column.map(({ y, height }) => y + height))),
  };
}

function cellOf(box: number | undefined, height: number, rank: number): Cell {
  return { box, height, before: [], after: [], rank, order: 0, y: 0 };
}

/** One more than the highest rank of what it reads; what reads nothing stands right before its first reader. Circles are cut where they close. */
function ranksOf(boxes: readonly LayoutBox[]): readonly number[] {
  const ranks = new Map<number, number>();
  const open = new Set<number>();
  const rankOf = (start: number): void => {
    const waiting = [start];
    for (let box = waiting.at(-1); box !== undefined; box = waiting.at(-1)) {
      open.add(box);
      const left = (boxes[box]?.parents ?? []).filter((parent) => !(ranks.has(parent) || open.has(parent)));
      if (left.length > 0) {
        waiting.push(...left.slice(0, 1));
        continue;
      }
      waiting.pop();
      ranks.set(box, Math.max(-1, ...(boxes[box]?.parents ?? []).map((parent) => ranks.get(parent) ?? -1)) + 1);
    }
  };
  for (const box of boxes.keys()) if (!ranks.has(box)) rankOf(box);
  const found = boxes.map((_, box) => ranks.get(box) ?? 0);
  const nearest = new Map<number, number>();
  for (const [box, { parents }] of boxes.entries()) {
    for (const parent of parents)
      nearest.set(parent, Math.min(nearest.get(parent) ?? Number.POSITIVE_INFINITY, found[box] ?? 0));
  }
  return boxes.map(({ parents }, box) =>
    parents.length === 0 && nearest.has(box) ? Math.max(0, (nearest.get(box) ?? 1) - 1) : (found[box] ?? 0),
  );
}

interface Chain {
  readonly from: number;
  readonly to: number;
  readonly way: readonly Cell[];
}

/** The long edges of one box take one way, which each leaves where its end is near. */
function chainOf(cells: readonly Cell[], ways: Map<number, Cell[]>, from: number, to: number): Chain {
  const [first, last] = [cells[from], cells[to]];
  if (first === undefined || last === undefined) return { from, to, way: [] };
  const way = ways.get(from) ?? [];
  ways.set(from, way);
  for (let rank = first.rank + way.length + 1; rank < last.rank; rank += 1) {
    const cell = cellOf(undefined, WAY, rank);
    join(way.at(-1) ?? first, cell);
    way.push(cell);
  }
  const own = way.slice(0, last.rank - first.rank - 1);
  join(own.at(-1) ?? first, last);
  return { from, to, way: own };
}

function join(before: Cell, after: Cell): void {
  before.after.push(after);
  after.before.push(before);
}

function columnsOf(cells: readonly Cell[]): Cell[][] {
  const columns: Cell[][] = [];
  for (const cell of cells) {
    columns[cell.rank] ??= [];
    columns[cell.rank]?.push(cell);
  }
  return Array.from(columns, (column) => column ?? []);
}

function untangle(columns: readonly Cell[][]): void {
  for (const column of columns) number(column);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const forward = sweep % 2 === 0;
    for (const column of forward ? columns : columns.toReversed()) {
      const middle = new Map(
        column.map((cell) => [cell, middleOf(forward ? cell.before : cell.after, cell.order)] as const),
      );
      column.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0) || a.order - b.order);
      number(column);
    }
  }
}

/** Orders are shares of the rank, so that long and short ranks compare. */
function number(column: readonly Cell[]): void {
  for (const [index, cell] of column.entries()) cell.order = (index + 0.5) / column.length;
}

function middleOf(neighbours: readonly Cell[], own: number): number {
  if (neighbours.length === 0) return own;
  return neighbours.reduce((sum, { order }) => sum + order, 0) / neighbours.length;
}

function settle(column: readonly Cell[], start: number): void {
  let y = start;
  for (const cell of column) {
    cell.y = y;
    y += cell.height + GAP_Y;
  }
}

function pullTogether(columns: readonly Cell[][], forward: boolean): void {
  for (const column of forward ? columns : columns.toReversed()) {
    const wanted = column.map((cell) => {
      const neighbours = forward ? cell.before : cell.after;
      if (neighbours.length === 0) return cell.y;
      const middles = neighbours.map(({ y, height }) => y + height / 2);
      return middles.reduce((sum, y) => sum + y, 0) / middles.length - cell.height / 2;
    });
    for (const [index, y] of placedNear(column, wanted).entries()) {
      const cell = column[index];
      if (cell !== undefined) cell.y = y;
    }
  }
}

/** Tops as near to what is wanted as the order and the gaps allow: neighbours that would overlap share the mean of what they want. */
function placedNear(column: readonly Cell[], wanted: readonly number[]): readonly number[] {
  const offsets: number[] = [];
  let offset = 0;
  for (const { height } of column) {
    offsets.push(offset);
    offset += height + GAP_Y;
  }
  const blocks: { sum: number; count: number }[] = [];
  for (const [index, y] of wanted.entries()) {
    let block = { sum: y - (offsets[index] ?? 0), count: 1 };
    for (
      let last = blocks.at(-1);
      last !== undefined && last.sum / last.count >= block.sum / block.count;
      last = blocks.at(-1)
    ) {
      blocks.pop();
      block = { sum: last.sum + block.sum, count: last.count + block.count };
    }
    blocks.push(block);
  }
  const bases = blocks.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count));
  return bases.map((base, index) => base + (offsets[index] ?? 0));
}

interface Left {
  readonly x: number;
  readonly width: number;
}

function leftsOf(columns: readonly Cell[][], boxes: readonly LayoutBox[]): readonly Left[] {
  let x = 0;
  return columns.map((column) => {
    const width = Math.max(0, ...column.map(({ box }) => (box === undefined ? 0 : (boxes[box]?.width ?? 0))));
    const left = { x, width };
    x += width + GAP_X;
    return left;
  });
}

interface Ends {
  readonly from: number;
  readonly to: number;
  readonly boxes: readonly LayoutBox[];
  readonly lefts: readonly Left[];
}

function pathOf(cells: readonly Cell[], way: readonly Cell[], { from, to, boxes, lefts }: Ends): string {
  const [first, last] = [cells[from], cells[to]];
  if (first === undefined || last === undefined) return "";
  let x = (lefts[first.rank]?.x ?? 0) + (boxes[from]?.width ?? 0);
  let y = first.y + first.height / 2 + portOf(first.after, way[0] ?? last, first.height);
  let path = `M${round(x)} ${round(y)}`;
  const bend = (left: number, target: number) => {
    const middle = (x + left) / 2;
    path +=
      y === target
        ? `H${round(left)}`
        : `C${round(middle)} ${round(y)} ${round(middle)} ${round(target)} ${round(left)} ${round(target)}`;
    [x, y] = [left, target];
  };
  for (const { rank, y: top, height } of way) {
    const left = lefts[rank] ?? { x: 0, width: 0 };
    bend(left.x, top + height / 2);
    x = left.x + left.width;
    path += `H${round(x)}`;
  }
  bend(lefts[last.rank]?.x ?? 0, last.y + last.height / 2 + portOf(last.before, way.at(-1) ?? first, last.height));
  return path;
}

/** How far from the middle of a side an edge ends: in the order of where the edges lead. */
function portOf(others: readonly Cell[], other: Cell, height: number): number {
  const order = others.toSorted((a, b) => a.y + a.height / 2 - (b.y + b.height / 2));
  const step = Math.min(SPREAD, (height - 12) / Math.max(1, others.length - 1));
  return (order.indexOf(other) - (others.length - 1) / 2) * step;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

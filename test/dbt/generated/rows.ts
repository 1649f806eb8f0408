import type { Draw } from "./draw.ts";

/** Groups of rows; one has what strings must survive. */
const GROUPS = ["red", "blue", "green's", 'a "b"', "ünï, c"];

/** One row of a source or a seed. */
export interface DrawnRow {
  readonly id: number;
  readonly grp: string | null;
  readonly amount: number | null;
  readonly at: string;
}

export function drawRows(draw: Draw, count: number): DrawnRow[] {
  return Array.from({ length: count }, (_, index) => drawRow(draw, index + 1, "2024-01"));
}

/** The same rows later: some have changed, some are gone, some are new. */
export function laterRows(draw: Draw, rows: readonly DrawnRow[]): DrawnRow[] {
  const kept = rows.filter(() => draw.chance(0.85));
  const changed = kept.map((row) => (draw.chance(0.3) ? drawRow(draw, row.id, "2024-02") : row));
  const added = Array.from({ length: draw.below(4) }, (_, index) => drawRow(draw, rows.length + index + 1, "2024-02"));
  return [...changed, ...added];
}

function drawRow(draw: Draw, id: number, month: string): DrawnRow {
  return {
    id,
    grp: draw.maybe(0.9, () => draw.one(GROUPS)) ?? null,
    amount: draw.maybe(0.9, () => draw.below(10_000) / 100) ?? null,
    at: `${month}-${String(1 + draw.below(28)).padStart(2, "0")} 12:00:00`,
  };
}

export function toCsv(rows: readonly DrawnRow[]): string {
  const cell = (value: string | number | null) => {
    const text = value === null ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = rows.map(({ id, grp, amount, at }) => [id, grp, amount, at].map(cell).join(","));
  return `${["id,grp,amount,at", ...lines].join("\n")}\n`;
}

/** `VALUES` of an INSERT. */
export function toSql(rows: readonly DrawnRow[]): string {
  const text = (value: string | null) => (value === null ? "NULL" : `'${value.replaceAll("'", "''")}'`);
  return rows.map(({ id, grp, amount, at }) => `(${id}, ${text(grp)}, ${amount ?? "NULL"}, ${text(at)})`).join(", ");
}

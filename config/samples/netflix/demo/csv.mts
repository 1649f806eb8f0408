/** A row by its columns. A cell without a value is empty. */
export type CsvRow = Readonly<Record<string, string | number | null>>;

/** Rows of the same columns as RFC 4180 writes them, below a header. */
export function csvText(rows: readonly CsvRow[]): string {
  const header = Object.keys(rows[0] ?? {});
  return [header, ...rows.map((row) => Object.values(row))].map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
}

function cell(value: string | number | null): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

import type { Random } from "../../../base/demo/store/random.mts";

export const bucket = "showcase";

/** A customer by the columns of the file. Nobody has told the shop what is null; an empty text was told. */
export type Customer = Readonly<{
  customer_no: string;
  name: string;
  street: string;
  postcode: string;
  city: string;
  born: string | null;
  newsletter: "true" | "false" | null;
  credit_limit: string | null;
  notes: string | null;
}>;

const CUSTOMERS = 600;
const YEARS = ["2023", "2024", "2025"];
const STREETS = ["Rue de l'Église", "Große Elbstraße", 'Haus "Am Markt"', "Calle Mayor; 2º izq.", "Ny Østergade", ""];
const PLACES = [
  ["01067", "Dresden"],
  ["00184", "Roma"],
  ["1050-121", "Lisboa"],
  ["13001", "Marseille"],
  ["00-001", "Warszawa"],
] as const;
const NOTES = ['says "no plastic"', "ring twice;\r\nthen wait", "gift card, 20 €", "日本語で連絡", "", "NULL", "N/A"];

export function makeCustomers(random: Random): readonly Customer[] {
  return Array.from({ length: CUSTOMERS }, (_, index) => {
    const [postcode, city] = random.pick(PLACES);
    return {
      customer_no: String(index + 1).padStart(5, "0"),
      name: `${random.firstName()} ${random.lastName()}`,
      street: random.pick(STREETS),
      postcode,
      city,
      born: random.chance(0.6)
        ? `${random.integer(1941, 2006)}-0${random.integer(1, 9)}-${random.integer(10, 28)}`
        : null,
      newsletter: random.chance(0.8) ? random.pick(["true", "false"]) : null,
      credit_limit: random.chance(0.3) ? `${random.integer(1, 20) * 50}.00` : null,
      notes: random.chance(0.25) ? random.pick(NOTES) : null,
    };
  });
}

/** A file of customers for each year. Semicolons part the cells, and the columns of the last file have another order. */
export function* objects(random: Random): Iterable<readonly [key: string, text: string]> {
  const customers = makeCustomers(random);
  const share = CUSTOMERS / YEARS.length;
  for (const [index, year] of YEARS.entries()) {
    const rows = customers.slice(index * share, (index + 1) * share);
    const columns = Object.keys(rows[0] ?? {}) as (keyof Customer)[];
    if (index === YEARS.length - 1) columns.reverse();
    const lines = [columns.join(";"), ...rows.map((row) => columns.map((column) => cell(row[column])).join(";"))];
    yield [`csv/customers-${year}.csv`, `${lines.join("\r\n")}\r\n`];
  }
}

/** A text stands in quotation marks, so that an empty one is told from none. */
function cell(value: string | null): string {
  return value === null ? "" : `"${value.replaceAll('"', '""')}"`;
}

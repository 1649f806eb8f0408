import { readFileSync } from "node:fs";

const PRODUCTS = JSON.parse(readFileSync(new URL("products.json", import.meta.url), "utf8")) as unknown[];
const REVIEWS = 500;
const REVIEWS_IN_PAGE = 120;
const TEXTS = ['the best "first flush"', "too bitter,\nsadly", "Très bon — merci !", "", "お茶がおいしい"];

/** What customers say of products: everything follows from the number of the review. */
function reviewOf(index: number): unknown {
  return {
    id: index + 1,
    sku: `TEA-${String(1 + ((index * 5) % 36)).padStart(3, "0")}`,
    customer: index % 9 === 0 ? null : { no: String(1 + ((index * 7) % 600)).padStart(5, "0") },
    stars: 1 + ((index * 7) % 5),
    text: TEXTS[index % TEXTS.length],
    written: new Date(Date.UTC(2025, 0, 1, 9) + index * 3_600_000).toISOString(),
  };
}

/** GET /v1/products?page=&size= and GET /v1/reviews?after=: a page of each, and where the next one begins. */
export function answer({ pathname, searchParams }: URL): string | undefined {
  if (pathname === "/v1/products") {
    const page = Number(searchParams.get("page") ?? 1);
    const size = Number(searchParams.get("size") ?? 10);
    return JSON.stringify({ page, total: PRODUCTS.length, items: PRODUCTS.slice((page - 1) * size, page * size) });
  }
  if (pathname !== "/v1/reviews") return undefined;
  const after = Number(searchParams.get("after") ?? 0);
  const end = Math.min(after + REVIEWS_IN_PAGE, REVIEWS);
  const reviews = Array.from({ length: end - after }, (_, index) => reviewOf(after + index));
  return JSON.stringify({ data: { reviews, next: end < REVIEWS ? String(end) : null } });
}

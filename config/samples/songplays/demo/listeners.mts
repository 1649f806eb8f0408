import type { Random } from "../../../base/demo/store/random.mts";

export interface Listener {
  readonly userId: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly gender: "F" | "M";
  readonly location: string;
  readonly userAgent: string;
  /** Milliseconds since 1970. */
  readonly registration: number;
  level: "free" | "paid";
}

const LISTENERS = 96;
const LOCATIONS = [
  "Lansing-East Lansing, MI",
  "San Francisco-Oakland-Hayward, CA",
  "Waterloo-Cedar Falls, IA",
  "Tampa, FL",
];
const AGENTS = [
  '"Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/36.0.1985.143 Safari/537.36"',
  "Mozilla/5.0 (X11; Linux x86_64; rv:31.0) Gecko/20100101 Firefox/31.0",
  '"Mozilla/5.0 (iPhone; CPU iPhone OS 7_1_2 like Mac OS X) AppleWebKit/537.51.2 Version/7.0 Mobile/11D257 Safari/9537.53"',
];
const YEAR = 31_536_000_000;

export function makeListeners(random: Random, before: number): readonly Listener[] {
  return Array.from({ length: LISTENERS }, (_, index) => ({
    userId: String(index + 2),
    firstName: random.firstName(),
    lastName: random.lastName(),
    gender: random.pick(["F", "M"]),
    location: random.pick(LOCATIONS),
    userAgent: random.pick(AGENTS),
    registration: before - random.integer(1, YEAR),
    level: random.chance(0.2) ? "paid" : "free",
  }));
}

/** An amount as a manifest may write it. */
export type Quantity = string | number;

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/, without a sign. */
export const QUANTITY = /^([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,2}|[numkMGTPE]|[KMGTPE]i)?$/;

const NANO = 1_000_000_000n;
const BINARY = { Ki: 1n, Mi: 2n, Gi: 3n, Ti: 4n, Pi: 5n, Ei: 6n } as const;
const DECIMAL = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 } as const;

/** Billionths of a quantity, rounded up as Kubernetes rounds what is finer. The schema has checked its shape. */
export function nanosOf(quantity: Quantity): bigint {
  const [, whole = "", fraction = "", suffix = ""] = /^([0-9]*)\.?([0-9]*)(.*)$/.exec(String(quantity)) ?? [];
  const digits = BigInt(`0${whole}${fraction}`);
  if (suffix in BINARY) return ceil(digits * NANO * 1024n ** BINARY[suffix as keyof typeof BINARY], fraction.length);
  const power = suffix in DECIMAL ? DECIMAL[suffix as keyof typeof DECIMAL] : Number(suffix.slice(1));
  return power >= 0
    ? ceil(digits * NANO * 10n ** BigInt(power), fraction.length)
    : ceil(digits * NANO, fraction.length - power);
}

/** The amount divided by a power of ten, rounded up. */
function ceil(amount: bigint, power: number): bigint {
  const divisor = 10n ** BigInt(power);
  return (amount + divisor - 1n) / divisor;
}

const MEBI = 1024n ** 2n * NANO;
const TEBI = 1024n ** 4n * NANO;

/** What is wrong with an amount of compute, in words; nothing where it is one that a machine can have. */
export function amountProblem(what: "cpu" | "memory" | "ephemeral-storage", quantity: Quantity): string | undefined {
  const nanos = nanosOf(quantity);
  const found = `found ${quantity}`;
  if (what === "cpu") {
    if (nanos % 1_000_000n !== 0n) return `expected whole thousandths of a processor such as 250m, ${found}`;
    return nanos > 1024n * NANO ? `expected at most 1024 processors, ${found}; 250m is a quarter of one` : undefined;
  }
  if (nanos % NANO !== 0n) return `expected whole bytes, ${found}; 64Mi is 64 mebibytes, and 64m is 0.064 bytes`;
  if (nanos > 0n && nanos < MEBI) return `expected at least 1Mi, ${found}; an amount without a unit counts bytes`;
  return nanos > 1024n * TEBI ? `expected at most 1Pi, ${found}` : undefined;
}

import type { Disk } from "../cluster/disk.ts";

/** A folder that the quick start fills, and the file system it lies on. */
export interface Place extends Disk {
  readonly folder: string;
}

/** The folders that the quick start fills. */
export interface Places {
  /** What was built, kept between starts. */
  readonly cache: Place;
  /** Go's caches of modules and of what was compiled. */
  readonly go: Place;
  /** Docker's images and containers; missing where they lie in a virtual machine. */
  readonly docker?: Place;
}

const GB = 1e9;

/**
 * Bytes that a start fills at the most, measured on amd64 with Kubernetes 1.34 and rounded up: Go's caches 4.2 GB for all programs,
 * our cache 1.1 GB and as much again while it is written, Docker's folder 4.1 GB with a node image that is built here.
 */
const NEEDED = {
  goForKubernetes: 4.5 * GB,
  goForTools: 1.5 * GB,
  cacheForKubernetes: 2 * GB,
  cacheForImages: 0.5 * GB,
  dockerForBuiltCluster: 5 * GB,
  dockerForPulledCluster: 3 * GB,
  dockerForImages: 1 * GB,
} as const;

/** What of a start takes room. */
export interface Fill {
  /** Go builds something, and Kubernetes is among it. */
  readonly build: "nothing" | "tools" | "kubernetes";
  /** A cluster is created, from an image that is pulled or built. */
  readonly cluster: "none" | "pulled" | "built";
}

/** One sentence for each file system that has less room than a start fills. */
export function lackingSpace(fill: Fill, { cache, go, docker }: Places): readonly string[] {
  const needs: readonly (readonly [Place | undefined, number])[] = [
    [go, { nothing: 0, tools: NEEDED.goForTools, kubernetes: NEEDED.goForKubernetes }[fill.build]],
    [cache, fill.build === "kubernetes" ? NEEDED.cacheForKubernetes : NEEDED.cacheForImages],
    [
      docker,
      {
        none: NEEDED.dockerForImages,
        pulled: NEEDED.dockerForPulledCluster,
        built: NEEDED.dockerForBuiltCluster,
      }[fill.cluster],
    ],
  ];
  const devices = new Map<number, { folders: string[]; needed: number; free: number }>();
  for (const [place, bytes] of needs) {
    if (place === undefined || bytes === 0) continue;
    const known = devices.get(place.device) ?? { folders: [], needed: 0, free: place.free };
    devices.set(place.device, {
      folders: [...known.folders, place.folder],
      needed: known.needed + bytes,
      free: Math.min(known.free, place.free),
    });
  }
  return [...devices.values()].filter(({ needed, free }) => free < needed).map(sentence);
}

function sentence({ folders, needed, free }: { folders: readonly string[]; needed: number; free: number }): string {
  return `the disk of ${folders.join(", ")} is too full: ${gigabytes(needed)} are needed, ${gigabytes(free)} are free; make room, or move Docker's data-root, GOCACHE or XDG_CACHE_HOME to a larger disk`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / GB).toFixed(1)} GB`;
}

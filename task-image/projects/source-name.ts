import type { ProjectSource } from "#api/project-source.ts";

/** What messages call a project's source: `ConfigMap films-models`, `folder dbt of PersistentVolumeClaim models`. */
export function nameOfSource({ configMap, configMaps = [], persistentVolumeClaim, image, git }: ProjectSource): string {
  if (configMap !== undefined) return `ConfigMap ${configMap}`;
  if (persistentVolumeClaim !== undefined) {
    const { claimName, path } = persistentVolumeClaim;
    return `${folderOf(path)}PersistentVolumeClaim ${claimName}`;
  }
  if (image !== undefined) return `${folderOf(image.path)}image ${image.reference}`;
  if (git !== undefined) return `${folderOf(git.path)}git repository ${git.url}`;
  return `ConfigMaps ${configMaps.join(", ")}`;
}

function folderOf(path: string | undefined): string {
  return path === undefined ? "" : `folder ${path} of `;
}

const KEY = "kelt-theme";

/** The theme that was chosen before, where the browser keeps such things; else that of the system. */
export function restoreTheme(): void {
  const kept = stored(() => localStorage.getItem(KEY));
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
}

export function switchTheme(): void {
  const { dataset } = document.documentElement;
  const isDark = (dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const theme = isDark ? "light" : "dark";
  dataset.theme = theme;
  stored(() => localStorage.setItem(KEY, theme));
}

/** A browser may keep nothing for a file. */
function stored<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

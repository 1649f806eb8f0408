/** Where a project gives names to selections. */
export const SELECTORS_FILE = "selectors.yml";

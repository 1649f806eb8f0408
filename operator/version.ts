/** The release, as package.json and the chart carry it; a tidy test holds the three together. */
export const VERSION = "0.1.0";
